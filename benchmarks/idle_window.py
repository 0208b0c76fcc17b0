"""An empty Qt window with a 10 ms timer, until its standard input ends: how late each beat was.

It runs beside a window that works, and tells what the machine alone makes of such a timer. Prints
one JSON line.
"""

import json
import sys
import threading

from PySide6.QtCore import QMetaObject, Qt
from PySide6.QtWidgets import QApplication, QMainWindow

from benchmarks.beats import Beats

app = QApplication(sys.argv)
window = QMainWindow()
window.resize(1200, 800)
window.show()
beats = Beats(window)


def _wait() -> None:
    sys.stdin.read()
    QMetaObject.invokeMethod(app, "quit", Qt.ConnectionType.QueuedConnection)


threading.Thread(target=_wait, daemon=True).start()
app.exec()
print(json.dumps({"late_ms": beats.late_ms}), flush=True)
