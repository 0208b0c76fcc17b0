"""The keyboard returns to where it was, and never lands by itself on what deletes."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QPlainTextEdit, QPushButton, QToolButton

from opside_desktop.ui.tables.filters.chips import Chip
from opside_desktop.ui.tables.rows.query import Condition, Op
from tests.ui.tables.menus import popup

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
FILTERS = (
    Condition("status", Op.IS, ("approved",)),
    Condition("claim_id", Op.CONTAINS, ("R",)),
    Condition("amount", Op.AT_LEAST, (0,)),
)


@pytest.fixture
async def demo(open_window):
    """A window with rows."""
    opened = await open_window(demo=True)
    opened.click("syncNow")
    await opened.until(lambda: opened.state("stripState") == "Done")
    await opened.until(lambda: opened.text("count") == "37 claims")
    await opened.until(lambda: opened.find("recordsTable") is not None)
    return opened


def focused():
    """The name of what has the keyboard in the window itself."""
    control = QApplication.focusWidget()
    return None if control is None else control.objectName()


def is_danger():
    control = QApplication.focusWidget()
    return control is not None and control.property("kind") == "danger"


def table(opened):
    return opened.window.stack.currentWidget().table


def chip(opened, number, part="chipText"):
    found = [each for each in table(opened).findChildren(Chip) if each.isVisible()]
    return found[number].findChild(QToolButton, part)


async def put(opened, name):
    opened.find(name).setFocus()
    await has_keyboard(opened, name)


async def has_keyboard(opened, name):
    """Wait for a control to have the keyboard, in the active window.

    Without a screen, a window that must grow for a message is no longer the active one.
    """
    await opened.until(lambda: focused() == name or opened.window.activateWindow())


async def opens(opened):
    await opened.until(lambda: popup() is not None or opened.dialog() is not None)


async def closes(opened):
    """Press Esc until nothing is open."""
    while (shown := popup()) is not None:
        QTest.keyClick(shown, Qt.Key.Key_Escape)
    if (dialog := opened.dialog()) is not None:
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
    await opened.until(lambda: popup() is None and opened.dialog() is None)


@pytest.mark.parametrize(
    "name",
    [
        "zone", "themeMenu", "shortcutHelp", "settings", "version", "addFilter", "views",
        "chooseColumns", "tableMore",
    ],
)  # fmt: skip
async def test_after_a_popup_the_keyboard_is_on_what_opened_it(demo, name):
    await put(demo, name)
    demo.press(Qt.Key.Key_Space)
    await opens(demo)
    await closes(demo)
    await demo.until(lambda: focused() == name)


@pytest.mark.parametrize(
    ("key", "modifier"),
    [
        (Qt.Key.Key_F1, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Comma, CTRL),
        (Qt.Key.Key_E, CTRL),
        (Qt.Key.Key_G, CTRL),
        (Qt.Key.Key_F, CTRL | SHIFT),
        (Qt.Key.Key_Menu, Qt.KeyboardModifier.NoModifier),
    ],
)
async def test_after_a_popup_by_a_key_the_keyboard_is_on_the_rows(demo, key, modifier):
    await put(demo, "recordsTable")
    demo.press(key, modifier)
    await opens(demo)
    await closes(demo)
    await demo.until(lambda: focused() == "recordsTable")


@pytest.mark.parametrize("way", ["key", "mouse"])
@pytest.mark.parametrize("choice", ["theme_dark", "theme_light"])
async def test_after_a_theme_is_chosen_the_keyboard_is_on_its_button(demo, choice, way):
    await put(demo, "themeMenu")
    demo.press(Qt.Key.Key_Return)
    await opens(demo)
    menu = popup()
    [action] = [each for each in menu.actions() if each.objectName() == choice]
    if way == "mouse":
        place = menu.actionGeometry(action).center()
        QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=place)
    else:
        menu.setActiveAction(action)
        QTest.keyClick(menu, Qt.Key.Key_Return)
    await demo.until(lambda: popup() is None)
    await demo.until(lambda: focused() == "themeMenu")


async def test_the_list_of_accounts_gives_the_keyboard_back(demo, monkeypatch):
    await put(demo, "nav_claims")
    demo.window.top_bar.findChild(QMenu, "switcherMenu").popup(demo.window.pos())
    await opens(demo)
    await closes(demo)
    await demo.until(lambda: focused() == "nav_claims")


@pytest.mark.parametrize("number", range(len(FILTERS)))
async def test_a_chip_that_is_edited_or_given_up_has_the_keyboard_again(demo, number):
    for each in FILTERS:
        table(demo).add_condition(each)
    chip(demo, number).setFocus()
    demo.press(Qt.Key.Key_Space)
    await demo.until(lambda: popup() is not None or focused() != "chipText")
    if popup() is not None:
        await closes(demo)
    else:
        demo.press(Qt.Key.Key_Escape)
    await demo.until(lambda: chip(demo, number).hasFocus())


async def test_a_text_that_was_written_leaves_the_keyboard_on_its_chip(demo):
    for each in FILTERS:
        table(demo).add_condition(each)
    chip(demo, 1).setFocus()
    demo.press(Qt.Key.Key_Space)
    await demo.until(lambda: focused() == "chipField")
    QTest.keyClicks(QApplication.focusWidget(), "B")
    demo.press(Qt.Key.Key_Return)
    await demo.until(lambda: chip(demo, 1).text().endswith("“B”"))
    await demo.until(lambda: chip(demo, 1).hasFocus())


async def test_a_choice_that_takes_its_chip_away_leaves_the_keyboard_on_the_next(demo):
    for each in FILTERS:
        table(demo).add_condition(each)
    chip(demo, 0).setFocus()
    demo.press(Qt.Key.Key_Space)
    await demo.until(
        lambda: popup() is not None and popup().actions() and popup().actions()[0].isCheckable()
    )
    for action in popup().actions():
        if action.isChecked():
            action.trigger()
    await closes(demo)
    await demo.until(lambda: len(table(demo).model.query.conditions) == 2)
    await demo.until(lambda: focused() == "chipText")


async def test_removing_chip_after_chip_by_the_keyboard_ends_beside_them(demo):
    for each in FILTERS:
        table(demo).add_condition(each)
    chip(demo, 0, "chipRemove").setFocus()
    for left in (2, 1, 0):
        demo.press(Qt.Key.Key_Space)
        await demo.until(lambda left=left: len(table(demo).model.query.conditions) == left)
        await demo.until(lambda left=left: focused() == ("chipRemove" if left else "addFilter"))


async def test_a_filter_from_the_rows_gives_the_keyboard_back_to_the_rows(demo):
    await put(demo, "recordsTable")
    table(demo).filters.chips.write("claim_id", Op.CONTAINS)
    await demo.until(lambda: focused() == "chipField")
    demo.press(Qt.Key.Key_Escape)
    await demo.until(lambda: focused() == "recordsTable")


async def test_testing_a_connection_leaves_the_keyboard_where_it_is(demo):
    demo.click("nav_accounts")
    await demo.appears("testAccount")
    await put(demo, "testAccount")
    demo.press(Qt.Key.Key_Space)
    seen = set()
    await demo.until(lambda: seen.add(focused()) or (demo.outcome("permission") in ("ok", "error")))
    await demo.until(lambda: seen.add(focused()) or demo.outcome("inventory") in ("ok", "error"))
    assert seen == {"testAccount"}


async def test_rows_of_accounts_that_are_made_anew_keep_the_keyboard(
    open_window, signed_in, amazon
):
    """A sync that Amazon refuses changes the account's state, and with it all rows."""
    signed_in(await amazon(faults="revoked=1"))
    opened = await open_window()
    opened.click("nav_accounts")
    await opened.appears("testAccount")
    await put(opened, "testAccount")
    opened.press(Qt.Key.Key_S, CTRL | SHIFT)
    await opened.until(lambda: opened.state("accountState") == "Reconnect needed")
    await has_keyboard(opened, "testAccount")


async def test_the_dialog_of_a_danger_is_closed_by_space_and_gives_the_keyboard_back(demo):
    name = "deleteData"
    demo.click("nav_accounts")
    await demo.appears(name)
    await put(demo, name)
    demo.press(Qt.Key.Key_Space)
    await demo.until(lambda: demo.dialog() is not None)
    await demo.until(lambda: demo.find("deleteConfirm").isEnabled())
    assert not is_danger()
    demo.press(Qt.Key.Key_Space)
    await demo.until(lambda: demo.dialog() is None)
    await demo.until(lambda: focused() == name)


async def test_no_dialog_begins_on_a_danger(demo):
    """Whatever opens a dialog: Space alone, or Enter alone, deletes nothing."""
    demo.click("nav_accounts")
    await demo.appears("deleteData")
    page = demo.window.stack.currentWidget()
    [account] = await demo.shell._program.connections.accounts()
    for open_dialog in (page.replace_secret, page.disconnect_account, page.delete_data):
        open_dialog(account)
        await demo.until(lambda: demo.dialog() is not None)
        dialog = demo.dialog()
        await demo.until(lambda dialog=dialog: dialog.isAncestorOf(QApplication.focusWidget()))
        assert not is_danger()
        defaults = [each for each in dialog.findChildren(QPushButton) if each.isDefault()]
        assert all(each.property("kind") != "danger" for each in defaults)
        dialog.reject()
        await demo.until(lambda: demo.dialog() is None)


async def test_copying_from_the_raw_json_copies_the_json(demo):
    view = table(demo).view
    await put(demo, "recordsTable")
    view.setCurrentIndex(table(demo).model.index(0, 0))
    demo.press(Qt.Key.Key_Return)
    await demo.appears("rawFold")
    demo.find("rawFold").setChecked(True)
    text = demo.find("rawText", QPlainTextEdit)
    text.setFocus()
    text.selectAll()
    QGuiApplication.clipboard().setText("before")
    demo.press(Qt.Key.Key_C, CTRL)
    await demo.until(lambda: QGuiApplication.clipboard().text() == text.toPlainText())
    assert text.toPlainText().startswith("{")
    # And a fact of the panel that was chosen with the mouse.
    fact = next(
        each
        for each in table(demo).details.panel.findChildren(QLabel, "fact")
        if each.isVisible() and each.text()
    )
    fact.setFocus()
    fact.setSelection(0, len(fact.text()))
    demo.press(Qt.Key.Key_C, CTRL)
    await demo.until(lambda: QGuiApplication.clipboard().text() == fact.text())
    view.setFocus()
    demo.press(Qt.Key.Key_C, CTRL)
    assert QGuiApplication.clipboard().text() == view.currentIndex().data()


async def test_a_disabled_control_gets_the_keyboard_back(demo):
    """What is disabled while it works has it again afterwards, if nobody went on meanwhile."""
    button = demo.find("chooseColumns")
    button.setFocus()
    button.setEnabled(False)
    await demo.until(lambda: focused() not in (None, "chooseColumns"))
    button.setEnabled(True)
    await demo.until(lambda: focused() == "chooseColumns")
    button.setEnabled(False)
    await demo.until(lambda: focused() != "chooseColumns")
    await put(demo, "nav_orders")
    button.setEnabled(True)
    await demo.until(lambda: focused() == "nav_orders")


async def test_a_message_that_is_closed_by_the_keyboard_leaves_it_on_the_rows(demo):
    demo.window.report(ValueError("x"))
    await demo.appears("bannerClose")
    demo.find("bannerClose").setFocus()
    await has_keyboard(demo, "bannerClose")
    demo.press(Qt.Key.Key_Return)
    await demo.until(lambda: demo.find("banner") is None)
    await has_keyboard(demo, "recordsTable")
