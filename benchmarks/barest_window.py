"""The lowest floor of a cold start: a bare PySide6 window with a table on Qt's own empty model.

Unlike `bare_window.py` it has no model in Python, so it never loads the names of Qt's namespace,
which every program with a model of its own needs. Prints the epoch seconds of the first paint.
"""

import sys
import time

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent, QStandardItemModel
from PySide6.QtWidgets import QApplication, QMainWindow, QTableView


class Table(QTableView):
    """A table that tells when it first painted."""

    painted = False

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  # Qt's own name
        """Paint, then report the first time."""
        super().paintEvent(event)
        if not self.painted:
            self.painted = True
            print(f"painted {time.time()}", flush=True)
            QTimer.singleShot(0, QApplication.quit)


app = QApplication(sys.argv)
window = QMainWindow()
table = Table()
table.setModel(QStandardItemModel(0, 11))
window.setCentralWidget(table)
window.resize(1200, 800)
window.show()
sys.exit(app.exec())
