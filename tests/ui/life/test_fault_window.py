"""What a person without a terminal sees when the program cannot start."""

import os
import subprocess
import sys

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton

from opside_desktop.domain.errors import EnvironmentFault
from opside_desktop.ui.life.fault_window import FaultWindow, show_fault
from tests.waiting import LIMIT_S

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


STARTS = {
    "a console's": "exec {python} -X importtime -m opside_desktop",
    "none at all": "exec {python} -m opside_desktop >&- 2>&- <&-",
}


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell that closes outputs")
@pytest.mark.parametrize("start", STARTS)
def test_settings_that_cannot_be_used_end_the_program_with_a_window(private_home, start):
    """The window itself is not waited for, because nobody looks at the offscreen platform."""
    done = subprocess.run(
        ["sh", "-c", STARTS[start].format(python=f'"{sys.executable}"')],
        capture_output=True,
        encoding="utf-8",
        timeout=LIMIT_S,
        env={**os.environ, "OPSIDE_TIME_SCALE": "fast", "QT_QPA_PLATFORM": "offscreen"},
        check=False,
    )
    assert done.returncode == 2
    if start != "none at all":
        [said] = [line for line in done.stderr.splitlines() if "OPSIDE_TIME_SCALE" in line]
        assert said.endswith(".")
        assert "opside_desktop.ui.life.fault_window" in done.stderr
        assert "Traceback" not in done.stderr


def test_an_address_that_cannot_be_read_ends_the_program_without_its_password(private_home):
    done = subprocess.run(
        [sys.executable, "-m", "opside_desktop"],
        capture_output=True,
        encoding="utf-8",
        timeout=LIMIT_S,
        env={
            **os.environ,
            "OPSIDE_DATABASE_URL": "postgresql://u:hunter2@127.0.0.1:http/x",
            "QT_QPA_PLATFORM": "offscreen",
        },
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("OPSIDE_DATABASE_URL is not a database address")
    logs = [log.read_text() for log in private_home.rglob("*.log*")]
    assert "hunter2" not in "".join([done.stdout, done.stderr, *logs])
