"""Opens the program's window as a person would, and tells when it painted.

Prints the epoch seconds of the first painted frame and of the first painted frame that shows rows,
then closes the window. Arguments are the program's own.
"""

import time
from typing import Any

from PySide6.QtCore import QObject, QTimer

from opside_desktop.__main__ import main
from opside_desktop.ui.frame.main_window import MainWindow
from opside_desktop.ui.life import application


def _tell(what: str) -> None:
    print(f"{what} {time.time()}", flush=True)


def _shows_rows(table: Any) -> bool:
    """Whether the first row holds texts, not the marks of a row that is still being read."""
    model = table.model()
    if model is None or not model.rowCount():
        return False
    texts = {model.index(0, column).data() for column in range(model.columnCount())}
    return len(texts - {None, "", "…"}) > 2


class _PaintWatch(QObject):
    """Sees the paints of one table: a filter over the whole application would cost 20 ms."""

    def __init__(self, window: Any, table: Any) -> None:
        super().__init__(table)
        self._window = window
        self._table = table
        table.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: Any) -> bool:  # noqa: N802  # Qt's own name
        """Tell of the first paint with rows once it is done, and close the window."""
        if event.type().name == "Paint" and _shows_rows(self._table):
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self._done)
        return False

    def _done(self) -> None:
        _tell("rows")
        self._window.close()


class _Window(MainWindow):
    """The program's own window, which also tells when it painted."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.painted.connect(lambda: _tell("painted"))
        self.stack.currentChanged.connect(self._find_table)

    def _find_table(self, number: int) -> None:
        table = getattr(self.stack.widget(number), "table", None)
        if table is not None:
            _PaintWatch(self, table.view)


# The benchmark stands in for the window.
application.MainWindow = _Window  # type: ignore[attr-defined]
main()
