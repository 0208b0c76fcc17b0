"""Nothing is cut off: large texts, small screens, long names."""

from datetime import UTC, datetime

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import (
    QCheckBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QTableView,
    QWidget,
)

from opside_desktop.domain.accounts import Account, Endpoint
from opside_desktop.domain.ids import ExternalUserId, stored_user_id
from opside_desktop.domain.syncs import SyncStatus
from opside_desktop.ui.frame.main_window import Appearance, MainWindow
from opside_desktop.ui.frame.top_bar import TopBar
from opside_desktop.ui.kit.formats import Formats, ZoneChoice
from opside_desktop.ui.kit.window_state import WindowState
from opside_desktop.ui.program.shown_syncs import Freshness
from tests.ui.pages.test_history import write_runs
from tests.ui.settings.steps import is_active

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def large(theme):
    """Texts of twice their usual size."""
    theme.set_zoom(200)
    yield theme
    theme.set_zoom(100)


async def test_the_history_has_room_for_large_texts(
    open_window, signed_in, amazon, private_home, theme
):
    await write_runs(private_home, 2)
    signed_in(await amazon())
    opened = await open_window()
    opened.click("nav_syncs")
    await opened.until(lambda: opened.text("syncsCount") == "2 syncs")
    table = opened.find("syncsTable", QTableView)
    before = table.rowHeight(0), table.columnWidth(0), table.horizontalHeader().height()
    theme.set_zoom(200)
    try:
        after = table.rowHeight(0), table.columnWidth(0), table.horizontalHeader().height()
        assert after == tuple(2 * each for each in before)
    finally:
        theme.set_zoom(100)
    assert table.rowHeight(0) == before[0]


async def test_large_texts_leave_the_pages_their_icons_and_the_rows_their_room(open_window, large):
    demo = await open_window(demo=True)
    demo.window.resize(1280, 800)
    assert demo.window.navigation.width() < 200
    assert demo.find("nav_inventory").toolButtonStyle() is Qt.ToolButtonStyle.ToolButtonIconOnly


@pytest.mark.parametrize("zoom", [100, 200])
async def test_the_list_of_keys_fits_on_the_screen_and_scrolls(open_window, theme, zoom):
    theme.set_zoom(zoom)
    try:
        demo = await open_window(demo=True)
        demo.press(Qt.Key.Key_F1)
        screen = QGuiApplication.primaryScreen().availableGeometry()
        assert demo.dialog().height() <= screen.height()
        assert demo.dialog().width() <= screen.width()
        area = demo.find("shortcutsList", QScrollArea)
        bar = area.verticalScrollBar()
        await demo.until(lambda: bar.maximum() > 0)  # the screen is 800 pixels high and wide
        await demo.until(area.hasFocus)
        demo.press(Qt.Key.Key_PageDown)
        assert bar.value() > 0
        demo.press(Qt.Key.Key_Escape)
        assert demo.dialog() is None
    finally:
        theme.set_zoom(100)


async def test_settings_and_about_leave_room_for_their_title_bar_on_a_small_screen(
    open_window, large
):
    demo = await open_window(demo=True)
    screen = QGuiApplication.primaryScreen().availableGeometry()
    demo.press(Qt.Key.Key_Comma, CTRL)
    assert demo.dialog().objectName() == "settingsDialog"
    assert demo.dialog().height() <= screen.height() - 40
    demo.click("settingsClose")
    await demo.until(lambda: demo.dialog() is None)
    demo.click("version")
    assert demo.dialog().objectName() == "aboutDialog"
    assert demo.dialog().height() <= screen.height() - 40
    assert demo.dialog().width() < screen.width()


@pytest.mark.parametrize("zoom", [150, 200])
async def test_no_text_is_cut_off_in_a_dialog(open_window, signed_in, amazon, theme, zoom):
    """The screen of the tests is 800 pixels high and wide."""
    theme.set_zoom(zoom)
    try:
        signed_in(await amazon(faults="latency=0.2"))
        opened = await open_window()

        async def look_at(name, until=lambda: True):
            dialog = await opened.appears(name)
            await is_active(opened, dialog)
            await opened.until(until)
            kinds = QPushButton, QLabel, QCheckBox, QRadioButton, QLineEdit
            shown = [each for kind in kinds for each in dialog.findChildren(kind)]
            shown = [each for each in shown if each.isVisible() and each.text()]
            assert shown
            await opened.until(lambda: not [low for low in shown if is_low(low)])
            opened.press(Qt.Key.Key_Escape)
            await opened.until(lambda: opened.dialog() is None)
            await is_active(opened, opened.window)

        opened.click("syncNow")
        await opened.appears("stripCancel")
        opened.window.close()
        await look_at("closingDialog")
        await opened.until(lambda: opened.state("stripState") == "Done")
        opened.press(Qt.Key.Key_E, CTRL)
        await look_at("exportDialog")
        opened.click("nav_accounts")
        opened.click("connectAccount")
        await look_at("connectDialog")
        await opened.appears("deleteData")
        opened.click("deleteData")
        await look_at("deleteDialog", lambda: opened.text("delete_amazon_orders") == "250")
        opened.press(Qt.Key.Key_Comma, CTRL)
        await look_at("settingsDialog")
    finally:
        theme.set_zoom(100)


def is_low(text):
    """Whether a text has less height than it needs."""
    wraps = isinstance(text, QLabel) and text.wordWrap()
    needed = text.heightForWidth(text.width()) if wraps else text.sizeHint().height()
    return text.height() < needed - 1


async def test_keys_make_the_details_of_a_sync_wider_and_that_stays(
    open_window, signed_in, amazon, private_home
):
    await write_runs(private_home, 1)
    signed_in(await amazon())
    opened = await open_window()
    opened.click("nav_syncs")
    await opened.until(lambda: opened.text("syncsCount") == "1 sync")
    opened.press(Qt.Key.Key_Space)
    panel = await opened.appears("syncDetails")
    before = panel.width()
    opened.press(Qt.Key.Key_Left, CTRL | SHIFT)
    opened.press(Qt.Key.Key_Left, CTRL | SHIFT)
    wide = panel.width()
    assert wide > before
    opened.press(Qt.Key.Key_Right, CTRL | SHIFT)
    assert before < panel.width() < wide
    kept = panel.width()
    await open_window.close(opened)
    again = await open_window()
    await again.until(lambda: again.text("syncsCount") == "1 sync")
    again.press(Qt.Key.Key_Space)
    assert (await again.appears("syncDetails")).width() == kept


async def test_a_long_note_in_the_last_line_does_not_widen_the_window(open_window):
    demo = await open_window(demo=True)
    before = demo.window.minimumSizeHint().width()
    demo.window.status.show_note("The connection is not encrypted. " * 40)
    note = demo.find("readOnlyNote")
    assert note.accessibleName() == note.text()
    assert demo.window.minimumSizeHint().width() <= before


def test_a_first_window_leaves_room_for_the_systems_title_bar(qapp, theme, tmp_path):
    screen = QGuiApplication.primaryScreen().availableGeometry()
    assert screen.height() <= 800  # the screen of the tests is as small as the window is at first
    layout = WindowState(tmp_path / "window.json", qapp)
    window = MainWindow(
        Appearance(theme, Formats(qapp, ZoneChoice.UTC), layout), title="Opside Desktop"
    )
    try:
        assert window.height() <= screen.height() - 40
        assert window.width() <= screen.width()
        assert window.minimumHeight() <= window.height()
    finally:
        window.deleteLater()


@pytest.mark.parametrize(("number", "name"), [(1, "accountName"), (2, "switcher")])
def test_a_long_name_of_an_account_ends_in_dots_and_cuts_nothing_off(qapp, theme, number, name):
    long = "Miller & Sons " + "Trading Company " * 5
    ids = [ExternalUserId(str(each)) for each in range(number)]
    accounts = [
        Account(user_id=stored_user_id(each), external_user_id=each, display_name=long)
        for each in ids
    ]
    bar = TopBar(theme, Formats(qapp, ZoneChoice.UTC))
    try:
        endpoints = {each.user_id: Endpoint("https://amazon.invalid") for each in accounts}
        bar.show_accounts(accounts, endpoints, accounts[0].user_id)
        bar.show_freshness(Freshness(datetime(2026, 11, 2, tzinfo=UTC), None))
        bar.setFixedWidth(800)
        bar.show()
        shown = bar.findChild(QWidget, name)
        whole = shown.sizeHint().width()
        assert shown.width() < whole
        for beside in ("modeBadge", "freshness", "syncNow"):
            each = bar.findChild(QWidget, beside)
            assert each.width() >= each.sizeHint().width()
        # Where the text ends; the button's arrow stands behind it.
        arrow = 40 if name == "switcher" else 0
        last = QRect(shown.width() // 2, 0, shown.width() // 2 - arrow, shown.height())
        cut = picture(shown).copy(last)
        bar.setFixedWidth(1600)
        bar.layout().activate()
        assert shown.width() == whole  # no less than it needs, where there is room
        assert picture(shown).copy(last) != cut  # dots, not half a letter
    finally:
        bar.deleteLater()


def test_the_arrow_of_the_switcher_stands_behind_the_name_in_both_directions(qapp, theme):
    before = qapp.layoutDirection()
    ways = Qt.LayoutDirection
    try:
        for window, inside in (
            (ways.LeftToRight, ways.RightToLeft),
            (ways.RightToLeft, ways.LeftToRight),
        ):
            qapp.setLayoutDirection(window)
            bar = TopBar(theme, Formats(qapp, ZoneChoice.UTC))
            assert bar.findChild(QWidget, "switcher").layoutDirection() is inside
            bar.deleteLater()
    finally:
        qapp.setLayoutDirection(before)


def picture(widget):
    image = QImage(widget.size(), QImage.Format.Format_RGB32)
    widget.render(image)
    return image


async def test_large_texts_in_the_bar_end_in_dots_and_leave_the_age_of_the_data_whole(
    open_window, signed_in, amazon, large, private_home
):
    await write_runs(private_home, 1, status=SyncStatus.COMPLETED)
    await write_runs(private_home, 1, status=SyncStatus.FAILED, error="No.")
    signed_in(await amazon())
    opened = await open_window()
    opened.window.resize(1024, 640)
    await opened.appears("lastAttempt")
    age = opened.find("freshness")
    await opened.until(lambda: age.width() >= age.sizeHint().width())
