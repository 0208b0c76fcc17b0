# ruff: noqa: N802  # Qt's own names; `override`, which would explain them, costs the floor 3 ms
"""The floor of a cold start: a bare PySide6 window with an empty table, timed to its first paint.

The table stands on a Python model with no rows, as every table of a Python program does. Prints
the epoch seconds of the first paint and ends.
"""

import sys
import time
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QTableView

_COLUMNS = 11
_Index = QModelIndex | QPersistentModelIndex


class Model(QAbstractTableModel):
    """No rows, eleven columns."""

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008  # as Qt has it
        """None."""
        return 0

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008  # as Qt has it
        """As many as the table of claims."""
        return _COLUMNS

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Nothing."""
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """A title."""
        return f"Column {section}" if role == Qt.ItemDataRole.DisplayRole else None


class Window(QMainWindow):
    """A window that tells when it first painted."""

    painted = False

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint, then report the first time."""
        super().paintEvent(event)
        if not self.painted:
            self.painted = True
            QTimer.singleShot(0, self.tell)

    def tell(self) -> None:
        """The children have painted as well by now."""
        print(f"painted {time.time()}", flush=True)
        QApplication.quit()


app = QApplication(sys.argv)
window = Window()
table = QTableView()
table.setModel(Model())
window.setCentralWidget(table)
window.resize(1200, 800)
window.show()
sys.exit(app.exec())
