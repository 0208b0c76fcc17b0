"""The settings: opened, found by search, gone through with the keyboard."""

import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QListWidget

from opside_desktop.ui.kit.theme import Role
from tests.ui.frame.test_frame import nameless
from tests.ui.settings.steps import fill, focused, go_to, is_active, listed, settings_of

SECTIONS = ("General", "Database", "Data", "Other programs", "New versions")


async def test_the_settings_open_by_key_and_by_click_and_name_every_control(open_window):
    opened = await open_window()
    await settings_of(opened, "General")
    for section in SECTIONS:
        go_to(opened, section)
        assert nameless(opened.dialog()) == [], section
    opened.press(Qt.Key.Key_Escape)
    assert opened.dialog() is None
    await is_active(opened, opened.window)
    opened.click("settings")
    await opened.appears("settingsDialog")
    opened.click("settingsClose")
    assert opened.dialog() is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("dark", ["General"]),
        ("time zone", ["General"]),
        ("PASSWORD", ["Database"]),
        ("sslmode", ["Database"]),
        ("copy", ["Data", "Other programs"]),
        ("log folder", ["Data"]),
        ("token", ["Other programs"]),
        ("  ", list(SECTIONS)),
    ],
)
async def test_a_search_leaves_the_sections_in_which_its_words_stand(open_window, text, found):
    opened = await open_window()
    await settings_of(opened, "General")
    opened.type("settingsSearch", text)
    assert listed(opened) == found
    opened.press(Qt.Key.Key_Down)
    assert opened.find("settingsSections").hasFocus()
    assert opened.find("settingsSections", QListWidget).currentItem().text() == found[0]


async def test_a_search_without_a_result_says_so_and_escape_takes_it_back(open_window):
    opened = await open_window()
    await settings_of(opened, "General")
    opened.type("settingsSearch", "unicorn")
    assert listed(opened) == []
    assert "unicorn" in opened.text("settingsNothing")
    opened.press(Qt.Key.Key_Escape)
    assert listed(opened) == list(SECTIONS)
    assert opened.dialog() is not None


async def test_theme_and_zone_are_those_of_the_status_line(open_window, theme, private_home):
    opened = await open_window(demo=True)
    await settings_of(opened, "General")
    zone = opened.find("settingsZone", QComboBox)
    zone.setCurrentIndex(zone.findText("UTC"))
    zone.activated.emit(zone.currentIndex())
    colours = opened.find("settingsTheme", QComboBox)
    colours.setCurrentIndex(colours.findText("Dark"))
    colours.activated.emit(colours.currentIndex())
    assert theme.color(Role.WINDOW).lightness() < 64
    assert opened.text("zone") == "UTC"
    assert opened.window.findChild(QAction, "theme_dark").isChecked()
    assert not opened.window.findChild(QAction, "theme_light").isChecked()
    opened.press(Qt.Key.Key_Escape)
    await open_window.close(opened)
    saved = json.loads((private_home / "demo" / "window.json").read_text())
    assert (saved["zone"], saved["theme"]) == ("utc", "dark")


@pytest.mark.parametrize("backwards", [False, True])
async def test_tab_goes_from_the_search_through_the_section_to_the_end(open_window, backwards):
    opened = await open_window()
    await settings_of(opened)
    opened.click("databaseServer")
    for name, text in {"serverHost": "h", "serverDatabase": "d", "serverUser": "u"}.items():
        opened.type(name, text)
    opened.find("settingsSearch").setFocus()
    expected = [
        "settingsSearch", "settingsSections", "databaseServer", "serverHost", "serverPort",
        "serverDatabase", "serverUser", "serverPassword", "serverShowPassword", "serverEncryption",
        "serverCertificate", "serverBrowse", "serverParameters", "databaseTest", "databaseUse",
        "settingsClose",
    ]  # fmt: skip
    seen = []
    for _ in expected:
        seen.append(focused(opened))
        opened.press(Qt.Key.Key_Backtab if backwards else Qt.Key.Key_Tab)
    assert focused(opened) == "settingsSearch"
    assert seen == ([expected[0], *reversed(expected[1:])] if backwards else expected)


async def test_enter_in_a_field_tests_and_keeps_the_keyboard_where_it_is(open_window, postgres_url):
    opened = await open_window()
    await settings_of(opened)
    fill(opened, postgres_url)
    opened.press(Qt.Key.Key_Return)
    await opened.until(lambda: opened.outcome("database") == "ok")
    assert focused(opened) == "serverPassword"
    opened.find("databaseTest").setFocus()
    opened.press(Qt.Key.Key_Return)
    await opened.until(lambda: opened.outcome("database") == "ok")
    assert focused(opened) == "databaseTest"
