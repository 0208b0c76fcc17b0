"""The floor of a cold start: a bare PySide6 window with an empty table, timed to its first paint.

Prints the epoch seconds of the first paint and ends.
"""

import sys
import time

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent, QStandardItemModel
from PySide6.QtWidgets import QApplication, QMainWindow, QTableView


class Table(QTableView):
    """A table that tells when it first painted."""

    painted = False

    def paintEvent(self, event: QPaintEvent) -> None:
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
