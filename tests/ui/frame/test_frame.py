"""The frame around the pages."""

import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget

from opside_desktop.ui.kit.theme import Role, ThemeChoice

PAGES = ("claims", "inventory", "orders", "syncs", "accounts")
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def shown_page(opened):
    return opened.window.stack.currentWidget().objectName()


async def test_the_title_names_the_program(open_window):
    opened = await open_window()
    assert opened.window.windowTitle() == "Opside Desktop"


async def test_the_demo_says_in_its_title_and_badge_that_nothing_is_real(open_window):
    demo = await open_window(demo=True)
    assert demo.window.windowTitle().startswith("Opside Desktop")
    assert "sample data" in demo.window.windowTitle()
    assert demo.text("modeBadge") == "MOCK"
    assert demo.text("accountName") == "Sample seller"


async def test_the_frame_is_there_before_the_program_is_open(open_window):
    opened = await open_window(demo=True, wait=False)
    assert opened.window.isVisible()
    assert not opened.window.navigation.isEnabled()
    await opened.until(lambda: opened.window.navigation.isEnabled())


async def test_keys_and_clicks_lead_to_every_page(open_window):
    demo = await open_window(demo=True)
    for number, name in enumerate(PAGES):
        demo.press(Qt.Key(Qt.Key.Key_1 + number), CTRL)
        assert shown_page(demo) == f"{name}Page"
    for name in PAGES:
        demo.click(f"nav_{name}")
        assert shown_page(demo) == f"{name}Page"
        assert demo.find(f"nav_{name}").isChecked()


async def test_a_narrow_window_shows_only_the_icons_of_its_pages(open_window):
    demo = await open_window(demo=True)
    demo.window.resize(1200, 700)
    wide = demo.window.navigation.width()
    demo.window.resize(960, 700)
    assert demo.window.navigation.width() < wide / 2
    assert demo.find("nav_claims").accessibleName() == "Claims"


async def test_the_help_lists_every_key_that_works(open_window):
    demo = await open_window(demo=True)
    demo.click("nav_syncs")
    demo.press(Qt.Key.Key_F1)
    texts = [label.text() for label in demo.dialog().findChildren(QLabel)]
    for keys in ("Ctrl+1", "Ctrl+5", "Ctrl+Shift+S", "Ctrl+.", "F5  Ctrl+R", "Esc", "F1  ?"):
        assert keys in texts
    assert "Show the sync's details" in texts
    demo.click("closeShortcuts")
    assert demo.dialog() is None


async def test_a_theme_is_chosen_while_the_window_is_open_and_remembered(
    open_window, theme, private_home
):
    opened = await open_window(demo=True)
    opened.window.findChild(QAction, "theme_dark").trigger()
    image = opened.window.grab().toImage()
    assert image.pixelColor(image.width() - 3, 3) == theme.color(Role.SURFACE)
    assert theme.color(Role.WINDOW).lightness() < 64
    opened.window.findChild(QAction, "theme_light").trigger()
    assert theme.color(Role.WINDOW).lightness() > 192
    opened.window.findChild(QAction, "theme_dark").trigger()
    opened.window.close()
    saved = json.loads((private_home / "demo" / "window.json").read_text())
    assert saved["theme"] == ThemeChoice.DARK


def choose_zone(opened, choice):
    opened.click("zone")
    menu = QApplication.activePopupWidget()
    menu.findChild(QAction, f"zone_{choice}").trigger()
    menu.close()


async def test_times_are_shown_in_the_zone_chosen_and_stay_so(open_window, monkeypatch):
    monkeypatch.setattr("opside_desktop.ui.kit.formats.local_zone_name", lambda: "Europe/Berlin")
    first = await open_window(demo=True)
    assert first.text("zone") == "Europe/Berlin"
    choose_zone(first, "marketplace")
    assert first.text("zone") == "America/Los_Angeles"
    choose_zone(first, "utc")
    assert first.text("zone") == "UTC"
    await open_window.close(first)
    second = await open_window(demo=True)
    assert second.text("zone") == "UTC"
    choose_zone(second, "local")
    assert second.text("zone") == "Europe/Berlin"


async def test_the_page_and_the_size_come_back(open_window):
    first = await open_window(demo=True)
    first.click("nav_orders")
    first.window.resize(1111, 705)
    await open_window.close(first)
    second = await open_window(demo=True)
    assert shown_page(second) == "ordersPage"


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", "[" * 9000, '{"geometry": 7, "page": "no", "theme": []}']
)
async def test_a_damaged_layout_harms_nobody(open_window, private_home, text):
    folder = private_home / "demo"
    folder.mkdir(parents=True)
    (folder / "window.json").write_text(text)
    opened = await open_window(demo=True)
    assert shown_page(opened) == "claimsPage"


async def test_read_only_refuses_to_sync_and_says_why(open_window):
    opened = await open_window(demo=True, read_only=True)
    button = opened.find("syncNow")
    assert not button.isEnabled()
    assert "read-only" in button.toolTip()
    assert "read-only" in opened.text("readOnlyNote")
    opened.press(Qt.Key.Key_S, CTRL | SHIFT)
    opened.click("nav_syncs")
    await opened.until(lambda: opened.text("emptyTitle") == "No sync has run yet.")
    assert opened.find("syncFirst") is None


def nameless(root):
    """Controls that take the focus but that a screen reader could not name."""
    return [
        f"{type(each).__name__} {each.objectName()!r}"
        for each in root.findChildren(QWidget)
        if each.focusPolicy() & Qt.FocusPolicy.TabFocus
        and each.isVisibleTo(root)
        and not each.accessibleName()
        and not (isinstance(each, QAbstractButton) and each.text().strip())
        and not any(
            label.buddy() is each and label.text()
            for label in root.findChildren(QLabel)
            if label.buddy() is not None
        )
    ]


async def test_every_control_of_every_page_has_a_name(open_window):
    demo = await open_window(demo=True)
    for name in PAGES:
        demo.click(f"nav_{name}")
        assert nameless(demo.window) == [], name


async def test_every_control_of_the_dialogs_has_a_name(open_window):
    opened = await open_window()
    opened.click("connectFirst")
    dialog = await opened.appears("connectDialog")
    assert nameless(dialog) == []
    opened.type("connectName", "Acme")
    opened.click("connectNext")
    assert nameless(dialog) == []
    opened.press(Qt.Key.Key_Escape)
    opened.press(Qt.Key.Key_F1)
    assert nameless(opened.dialog()) == []


async def test_enter_presses_what_has_the_focus(open_window):
    opened = await open_window()
    opened.find("nav_orders").setFocus()
    opened.press(Qt.Key.Key_Return)
    assert opened.find("nav_orders").isChecked()
    opened.find("zone").setFocus()
    opened.press(Qt.Key.Key_Return)
    menu = QApplication.activePopupWidget()
    assert menu.objectName() == "zoneMenu"
    menu.close()
    opened.find("connectFirst").setFocus()
    opened.press(Qt.Key.Key_Return)
    await opened.appears("connectDialog")
    opened.type("connectName", "Acme")
    opened.find("connectCancel").setFocus()
    await opened.until(lambda: opened.find("connectCancel").hasFocus())
    opened.press(Qt.Key.Key_Return)
    assert opened.dialog() is None


def shown_name(widget):
    return widget.objectName() if widget is not None else ""


@pytest.mark.parametrize("backwards", [False, True])
async def test_tab_reaches_every_region_and_comes_round(open_window, backwards):
    demo = await open_window(demo=True)
    demo.click("syncNow")
    await demo.until(lambda: demo.text("count") == "37 claims")
    await demo.until(lambda: demo.is_idle)
    demo.window.stack.currentWidget().table.choose_first()
    demo.press(Qt.Key.Key_Space)
    await demo.appears("detailsName")
    start = demo.find("find")
    start.setFocus()
    reached = []
    for _ in range(60):
        demo.press(Qt.Key.Key_Tab, SHIFT if backwards else Qt.KeyboardModifier.NoModifier)
        reached.append(shown_name(QApplication.focusWidget()))
        if reached[-1] == "find":
            break
    else:
        pytest.fail(f"a trap: {reached}")
    assert any(name.startswith("nav_") for name in reached)
    wanted = {"syncNow", "addFilter", "chooseColumns", "tableHeader", "recordsTable"}
    wanted |= {"detailsName", "closeDetails", "rawFold", "stripDetails", "zone", "themeMenu"}
    assert wanted <= set(reached), wanted - set(reached)


async def test_a_key_goes_from_one_part_of_the_window_to_the_next(open_window):
    opened = await open_window(demo=True)
    opened.click("syncNow")
    await opened.until(lambda: opened.text("count") == "37 claims")
    await opened.until(lambda: opened.is_idle)
    window = opened.window
    parts = [window.top_bar, window.navigation, window.stack, window.strip, window.status]
    opened.find("syncNow").setFocus()

    def here():
        focused = QApplication.focusWidget()
        return next(n for n, part in enumerate(parts) if part.isAncestorOf(focused))

    reached = []
    for _ in parts:
        opened.press(Qt.Key.Key_F6)
        reached.append(here())
    assert reached == [1, 2, 3, 4, 0]
    opened.press(Qt.Key.Key_F6)
    opened.press(Qt.Key.Key_F6)
    assert shown_name(QApplication.focusWidget()) == "recordsTable"
    opened.press(Qt.Key.Key_F6, SHIFT)
    assert here() == 1
