"""Steps that a person takes in the settings."""

import json
import socket
import sqlite3
from contextlib import closing
from urllib.parse import urlsplit

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QListWidget

from opside_desktop.settings.preferences import Server

CTRL = Qt.KeyboardModifier.ControlModifier


async def settings_of(opened, section="Database"):
    """Open the settings by their key and go to a section."""
    opened.press(Qt.Key.Key_Comma, CTRL)
    await is_active(opened, await opened.appears("settingsDialog"))
    go_to(opened, section)


async def is_active(opened, window):
    """Wait until keys arrive at a window."""
    await opened.until(lambda: window.isActiveWindow() or window.activateWindow())


def go_to(opened, section):
    found = opened.find("settingsSections", QListWidget)
    found.setCurrentItem(found.findItems(section, Qt.MatchFlag.MatchExactly)[0])


def listed(opened):
    """The sections that the list shows."""
    found = opened.find("settingsSections", QListWidget)
    rows = [row for row in range(found.count()) if not found.isRowHidden(row)]
    return [found.item(row).text() for row in rows]


def fill(opened, url):
    """Choose a server and fill the form from its address."""
    opened.click("databaseServer")
    parts = urlsplit(url)
    for name, text in {
        "serverHost": parts.hostname,
        "serverPort": str(parts.port),
        "serverDatabase": parts.path[1:],
        "serverUser": parts.username,
        "serverPassword": parts.password,
    }.items():
        opened.find(name, QLineEdit).clear()
        opened.type(name, text)


def result(opened):
    """What the line below the form says."""
    return opened.text("check_database")


async def outcome_of_test(opened):
    await opened.until(lambda: opened.dialog().tasks.is_idle)
    opened.click("databaseTest")
    await opened.until(lambda: opened.outcome("database") in ("ok", "warn", "error"))
    return result(opened)


async def used(opened):
    """Use the chosen database, and wait until the window works with it."""
    await opened.until(lambda: opened.dialog().tasks.is_idle)
    opened.click("databaseUse")
    await opened.until(lambda: opened.dialog() is None)
    await opened.until(lambda: opened.window.navigation.isEnabled())
    await is_active(opened, opened.window)


def server_of(url):
    parts = urlsplit(url)
    return Server(
        host=parts.hostname, port=parts.port, database=parts.path[1:], user=parts.username
    )


def stored_settings(home):
    return json.loads((home / "settings.json").read_text())


def dump(path):
    """All that an SQLite file holds."""
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def focused(opened):
    """The name of the control that has the keyboard in the dialog."""
    widget = opened.dialog().focusWidget()
    return widget.objectName() if widget is not None else ""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def switch_on(opened, port):
    await settings_of(opened, "Other programs")
    opened.find("servePort", QLineEdit).clear()
    opened.type("servePort", str(port))
    opened.click("serveSwitch")
