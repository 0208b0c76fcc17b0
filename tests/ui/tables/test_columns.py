"""The columns of a table: frozen, moved, found by name, low rows, and the account's."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from opside_desktop.ui.kit.theme import ROW, ROW_COMPACT
from tests.ui.tables.menus import (
    chips,
    choose,
    close_menus,
    fields,
    names,
    number_of,
    popup,
    press_menu_of_header,
    settled,
    visible,
    words,
)

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture(autouse=True)
def no_menu_is_left():
    yield
    close_menus()


async def test_frozen_columns_stay_while_the_others_move(open_table, fill, qtbot, until):
    await fill.claims(range(30))
    table = await open_table()
    table.resize(600, 400)
    choose(press_menu_of_header(table, "status"), "Freeze the columns up to here")
    stays = visible(table, "frozenColumns")
    assert not stays.isColumnHidden(0)
    assert not stays.isColumnHidden(number_of(table, "status"))
    assert stays.isColumnHidden(number_of(table, "type"))
    table.view.horizontalScrollBar().setValue(200)
    assert stays.mapTo(table, QPoint(0, 0)).x() == table.view.mapTo(table, QPoint(0, 0)).x()
    table.view.verticalScrollBar().setValue(ROW * 3)
    assert stays.rowAt(0) == table.view.rowAt(0) == 3
    place = stays.visualRect(table.model.index(5, 0)).center()
    qtbot.mouseClick(stays.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert table.view.currentIndex().row() == 5
    assert table.view.hasFocus()
    assert table.view.horizontalScrollBar().value() == 200
    QTest.keyClick(table.view, Qt.Key.Key_Right)
    QTest.keyClick(table.view, Qt.Key.Key_Right)
    current = table.view.visualRect(table.view.currentIndex())
    assert table.view.currentIndex().column() == number_of(table, "type")
    assert current.left() >= stays.width()  # not below the frozen ones
    choose(press_menu_of_header(table, "claim_id"), "Unfreeze all columns")
    assert not stays.isVisible()


async def test_frozen_columns_are_resized_and_sorted_by_as_the_others(open_table, fill, until):
    await fill.claims(range(4))
    table = await open_table()
    table.columns.set_frozen(1)
    stays = visible(table, "frozenColumns")
    stays.header.resizeSection(0, 260)
    assert table.view.columnWidth(0) == 260
    place = QPoint(30, stays.header.height() // 2)
    QTest.mouseClick(stays.header.viewport(), Qt.MouseButton.LeftButton, pos=place)
    await until(lambda: settled(table) and table.model.query.sort[0].column == "claim_id")
    QTest.mouseClick(stays.header.viewport(), Qt.MouseButton.LeftButton, pos=place)
    await until(lambda: settled(table) and names(table)[0] == "RMB-000003")
    table.columns.set_hidden("status", True)
    table.columns.set_compact(True)
    assert stays.rowHeight(0) == table.view.rowHeight(0) == ROW_COMPACT


async def test_the_header_is_worked_by_the_keyboard_alone(open_table, fill, until):
    await fill.claims(range(4))
    table = await open_table()
    header = table.view.header
    header.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(header, Qt.Key.Key_Right)
    before = table.view.columnWidth(number_of(table, "status"))
    QTest.keyClick(header, Qt.Key.Key_Right, SHIFT)
    assert table.view.columnWidth(number_of(table, "status")) > before
    QTest.keyClick(header, Qt.Key.Key_Right, CONTROL)
    assert fields(table)[:3] == ["claim_id", "type", "status"]
    QTest.keyClick(header, Qt.Key.Key_Return)
    await until(lambda: settled(table) and table.model.query.sort[0].column == "status")
    QTest.keyClick(header, Qt.Key.Key_Right)
    QTest.keyClick(header, Qt.Key.Key_Return, SHIFT)
    await until(lambda: settled(table) and len(table.model.query.sort) == 2)
    assert [key.column for key in table.model.query.sort] == ["status", "amount"]
    choose(press_menu_of_header(table, "status"), "Do not sort by this any more")
    await until(lambda: settled(table) and len(table.model.query.sort) == 1)
    choose(press_menu_of_header(table, "status"), "Move left")
    assert fields(table)[:3] == ["claim_id", "status", "type"]


async def test_a_header_filters_by_its_menu(open_table, fill, until):
    await fill.claims(range(6))
    table = await open_table()
    choose(choose(press_menu_of_header(table, "amount"), "Filter"), "Money out")
    await until(lambda: settled(table) and table.model.rowCount() == 0)
    assert chips(table) == ["Amount: money out"]


async def test_a_column_is_gone_to_by_its_name_and_shown_if_hidden(open_table, fill, qtbot):
    await fill.claims(range(4))
    table = await open_table()
    table.resize(600, 400)
    qtbot.mouseClick(visible(table, "tableMore"), Qt.MouseButton.LeftButton)
    choose(popup(), "Go to a column…")
    found = popup()
    QTest.keyClicks(found.search, "why")
    QTest.keyClick(found.search, Qt.Key.Key_Return)
    number = number_of(table, "description")
    assert table.view.currentIndex().column() == number
    place = table.view.visualRect(table.view.currentIndex())
    assert place.left() >= 0
    assert place.right() <= table.view.viewport().width()
    qtbot.mouseClick(visible(table, "tableMore"), Qt.MouseButton.LeftButton)
    choose(popup(), "Go to a column…")
    found = popup()
    texts = [found.entries.item(line).text() for line in range(found.entries.count())]
    assert "Synced (hidden)" in texts
    QTest.keyClicks(found.search, "synced")
    QTest.keyClick(found.search, Qt.Key.Key_Return)
    assert "synced_at" in fields(table)


async def test_rows_are_made_low_by_the_tables_menu(open_table, fill, qtbot):
    await fill.claims(range(4))
    table = await open_table()
    qtbot.mouseClick(visible(table, "tableMore"), Qt.MouseButton.LeftButton)
    choose(popup(), "Compact rows")
    assert table.view.rowHeight(0) == ROW_COMPACT
    assert table.columns.layout.is_compact


async def test_larger_texts_make_rows_taller(open_table, fill, theme):
    await fill.claims(range(4))
    table = await open_table()
    try:
        theme.set_zoom(150)
        assert table.view.rowHeight(0) == ROW * 3 // 2
        assert table.footer.height() >= ROW * 3 // 2 or table.footer.minimumHeight() > ROW
    finally:
        theme.set_zoom(100)
    assert table.view.rowHeight(0) == ROW


async def test_everything_a_menu_offers_can_be_read(open_table, fill, click_row):
    await fill.claims(range(2))
    table = await open_table()
    click_row(table, 0)
    QTest.keyClick(table.view, Qt.Key.Key_Menu)
    texts = words(popup())
    assert texts[0] == "Details"
    assert "Column “Claim”" in texts
    copying = choose(popup(), "Copy rows")
    assert "As Markdown" in words(copying)
    close_menus()
    assert table.findChild(QWidget, "columnList") is None
