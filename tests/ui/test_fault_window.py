"""What a person without a terminal sees when the program cannot start."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton

from opside_desktop.domain.errors import EnvironmentFault
from opside_desktop.ui.fault_window import FaultWindow, show_fault

FAULT = EnvironmentFault(
    "The data folder cannot be used.", why="It belongs to another user.", fix="Choose another."
)


def test_the_fault_is_said_whole_and_can_be_copied(qtbot, theme):
    window = FaultWindow(FAULT)
    qtbot.addWidget(window)
    window.show()
    assert window.findChild(QLabel, "faultWhat").text() == "The data folder cannot be used."
    rest = window.findChild(QLabel, "faultRest").text()
    assert rest == "It belongs to another user. Choose another."
    window.findChild(QPushButton, "faultCopy").click()
    assert QGuiApplication.clipboard().text().startswith("The data folder cannot be used.\n")
    QTest.keyClick(window, Qt.Key.Key_Return)
    assert not window.isVisible()


def test_no_window_waits_where_nobody_looks(qapp):
    assert qapp.platformName() == "offscreen"
    show_fault(FAULT)
