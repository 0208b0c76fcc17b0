"""Opens the program's window as a person would, and tells when it painted.

Prints the epoch seconds of the first painted frame and of the first painted frame that shows rows,
then closes the window. Arguments are the program's own.
"""

import time

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow, QTableView

from opside_desktop.__main__ import main
from opside_desktop.ui import application


def shows_rows(table: QTableView) -> bool:
    """Whether the first row holds texts, not the marks of a row that is still being read."""
    model = table.model()
    if model is None or not model.rowCount():
        return False
    texts = {model.index(0, column).data() for column in range(model.columnCount())}
    return len(texts - {None, "", "…"}) > 2


class PaintWatch(QObject):
    """Sees every paint of the application."""

    frame = False
    rows = False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Note the first paints; a single shot of 0 ms runs when the paint is done."""
        if event.type() is QEvent.Type.Paint and not self.rows:
            if not self.frame and isinstance(watched, QMainWindow):
                self.frame = True
                QTimer.singleShot(0, lambda: self.tell("painted"))
            table = watched.parent()
            is_viewport = isinstance(table, QTableView) and watched is table.viewport()
            if is_viewport and shows_rows(table):
                self.rows = True
                QTimer.singleShot(0, lambda: self.tell("rows"))
        return False

    def tell(self, what: str) -> None:
        """Print the moment, and close the window after the last one."""
        print(f"{what} {time.time()}", flush=True)
        if what == "rows":
            for window in QApplication.topLevelWidgets():
                window.close()


watch = PaintWatch()
make_application = application.make_application


def watched_application() -> QApplication:
    """Make the application as ever, and watch it."""
    app = make_application()
    app.installEventFilter(watch)
    return app


application.make_application = watched_application
main()
