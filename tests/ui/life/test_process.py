"""The window as a program of its own."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from tests.waiting import LIMIT_S, wait_until

HEAVY = (
    "sqlalchemy", "httpx", "keyring", "typer", "aiosqlite", "uvicorn", "rich", "qasync", "asyncio",
    "msgspec",
)  # fmt: skip


def test_the_frame_needs_none_of_the_slow_libraries():
    code = (
        "import sys; import opside_desktop.ui.life.application;"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=LIMIT_S, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_signal_closes_the_window_in_order(private_home):
    folder = private_home / "demo"
    process = subprocess.Popen(
        [sys.executable, "-m", "opside_desktop", "--demo"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ),
    )  # fmt: skip
    try:
        wait_until(lambda: (folder / "opside.db").exists() or process.poll() is not None)
        assert process.poll() is None, process.stderr.read()
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=LIMIT_S)
    finally:
        process.kill()
        process.wait(5)
    assert process.returncode == 0
    assert "Traceback" not in out + err
    assert not (folder / "opside.db-wal").exists()


def test_the_systems_wish_to_quit_closes_the_window_in_order(private_home):
    # Cmd+Q, the Dock, and the end of a session on Windows come as Qt's own event.
    code = (
        "from PySide6.QtCore import QTimer\n"
        "from opside_desktop.ui.life import application, shell\n"
        "settle = shell._settle\n"
        "def then_quit():\n"
        "    settle()\n"
        "    QTimer.singleShot(0, application.QApplication.instance().quit)\n"
        "shell._settle = then_quit\n"
        "from opside_desktop.launch import open_window\n"
        "print('ended with', open_window(demo=True, read_only=False, user=None))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    assert "Traceback" not in done.stderr
    assert done.stdout.strip() == "ended with 0"
    assert not (private_home / "demo" / "opside.db-wal").exists()


GOES_ON_HIDDEN = """
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QPushButton
from opside_desktop.ui.life import application, shell

settle = shell._settle

def window():
    [found] = [one for one in QApplication.topLevelWidgets() if one.objectName() == "mainWindow"]
    return found

def shown(name):
    return next((b for b in window().findChildren(QPushButton, name) if b.isVisible()), None)

def press(name):
    found = shown(name)
    if found is not None and found.isEnabled():
        print("pressed", name, flush=True)
        found.click()
        return True
    return False

def syncs():
    return shown("stripCancel") is not None or None

STEPS = [
    lambda: press("syncNow"),
    syncs,
    lambda: QApplication.instance().commitDataRequest.emit(None) is None,
] if LAST == "session" else [
    lambda: press("syncNow"),
    syncs,
    lambda: window().close() is False,
    lambda: press("closingGoOn"),
    lambda: not window().isVisible(),
    lambda: print("hidden", flush=True) is None,
    lambda: QApplication.instance().quit() is None,
    lambda: window().isVisible() and print("back", flush=True) is None,
    lambda: press(LAST),
]

def step():
    if STEPS and STEPS[0]():
        del STEPS[0]
    if STEPS:
        QTimer.singleShot(5, step)

def then_step():
    settle()
    QTimer.singleShot(0, step)

shell._settle = then_step
from opside_desktop.launch import open_window
print("ended with", open_window(demo=True, read_only=False, user=None))
"""


@pytest.mark.parametrize("last", ["closingGoOn", "closingStop"])
def test_a_hidden_window_asks_again_where_the_system_wants_the_program_to_quit(private_home, last):
    """And ends by itself in either case."""
    code = f"LAST = {last!r}\n{GOES_ON_HIDDEN}"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    assert "Traceback" not in done.stderr
    assert done.stdout.splitlines() == [
        "pressed syncNow",
        "pressed closingGoOn",
        "hidden",
        "back",
        f"pressed {last}",
        "ended with 0",
    ]
    with closing(sqlite3.connect(private_home / "demo" / "opside.db")) as file:
        [(status,)] = file.execute("SELECT status FROM sync_progress").fetchall()
    assert status == ("completed" if last == "closingGoOn" else "failed")


def test_the_end_of_the_session_asks_nothing_and_ends_the_sync_in_order(private_home):
    code = f"LAST = 'session'\n{GOES_ON_HIDDEN}"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    assert "Traceback" not in done.stderr
    assert done.stdout.splitlines() == ["pressed syncNow", "ended with 0"]
    with closing(sqlite3.connect(private_home / "demo" / "opside.db")) as file:
        [(status, code)] = file.execute(
            "SELECT status, json_extract(metadata, '$.errorCode') FROM sync_progress"
        ).fetchall()
    assert (status, code) == ("failed", "interrupted")
