"""Texts that are nobody's idea of a name: marks of keys, long ones, lines, other scripts."""

import pytest
from PySide6 import QtGui
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QToolButton

from opside_desktop.domain.datasets import Dataset
from opside_desktop.ui.tables.rows.query import Condition, Op
from tests.ui.tables.menus import (
    chips,
    choose,
    close_menus,
    number_of,
    popup,
    settled,
    visible,
    words,
)
from tests.waiting import turns

SKU = "A&B <b>bold</b> {0} %1"


@pytest.fixture(autouse=True)
def no_menu_is_left():
    yield
    close_menus()


async def test_an_ampersand_is_shown_and_marks_no_key(open_table, fill, until, click_row):
    await fill.inventory([1], sku=SKU)
    table = await open_table(Dataset.INVENTORY)
    click_row(table, 0, number_of(table, "sku"))
    QTest.keyClick(table.view, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
    assert f"Only this: {SKU.replace('&', '&&')}" in words(popup())
    choose(popup(), f"Not this: {SKU.replace('&', '&&')}")
    await until(lambda: settled(table) and table.model.rowCount() == 0)
    assert chips(table) == [f"SKU is not {SKU}"]
    chip = table.findChild(QToolButton, "chipText")
    assert "&&" in chip.text()
    assert chip.shortcut().isEmpty()
    remove = visible(table, "removeLast")
    assert remove.text() == f"Remove “SKU is not {SKU.replace('&', '&&')}”"
    assert remove.shortcut().isEmpty()


def as_shown(tip):
    """What a person reads in a tool tip."""
    if not QtGui.Qt.mightBeRichText(tip):
        return tip
    document = QtGui.QTextDocument()
    document.setHtml(tip)
    return document.toPlainText()


async def test_a_tag_in_a_name_is_read_as_it_is_in_tool_tips(open_table, fill, until):
    await fill.inventory([1], sku=SKU)
    table = await open_table(Dataset.INVENTORY)
    cell = table.model.index(0, number_of(table, "sku"))
    assert as_shown(cell.data(Qt.ItemDataRole.ToolTipRole)) == SKU
    table.add_condition(Condition("sku", Op.IS, (SKU,)))
    await until(lambda: settled(table))
    chip = table.findChild(QToolButton, "chipText")
    assert as_shown(chip.toolTip()) == f"Change this filter: SKU is {SKU}"
    table.choose_first()
    table.details.open()
    await until(lambda: table.findChild(QToolButton, "detailsName") is not None)
    assert as_shown(table.findChild(QToolButton, "detailsName").toolTip()) == f"Copy {SKU}"


async def test_a_link_with_an_ampersand_leads_to_what_it_names(open_table, fill, until):
    await fill.inventory([1], sku=SKU)
    await fill.orders([1])
    table = await open_table(Dataset.INVENTORY)
    table.choose_first()
    table.details.open()
    await until(lambda: table.findChild(QToolButton, "detailsName") is not None)
    name = table.findChild(QToolButton, "detailsName")
    assert name.shortcut().isEmpty()
    name.click()
    assert QApplication.clipboard().text() == SKU
    assert all(b.shortcut().isEmpty() for b in table.findChildren(QPushButton, "relatedLink"))


async def test_a_long_search_leaves_room_for_its_way_back(open_table, fill, until):
    await fill.claims(range(2))
    table = await open_table()
    table.look_for("long " * 60)
    await until(lambda: settled(table) and table.model.rowCount() == 0)
    assert visible(table, "removeFind").text().endswith("…”")
    assert table.minimumSizeHint().width() < 1000


async def test_lines_pasted_into_find_are_words(open_table, fill, until):
    await fill.claims([1], description="first second")
    await fill.claims([2], description="first")
    table = await open_table()
    QApplication.clipboard().setText("first\nsecond\r\n")
    table.filters.find_field.setFocus()
    QTest.keyClick(table.filters.find_field, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    await until(lambda: settled(table) and table.model.rowCount() == 1)


async def test_a_menu_closed_while_its_values_are_read_is_forgotten(open_table, fill, until):
    await fill.claims(range(9))
    table = await open_table()
    for _ in range(5):
        table.filters.chips.open_menu()
        choose(popup(), "Status")
        close_menus()
        await turns()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        await until(lambda: popup() is None)
        await turns(10)  # this platform closes what opens while another menu goes
    table.filters.chips.open_menu()
    status = choose(popup(), "Status")
    await until(lambda: len(status.actions()) == 2)


async def test_a_long_name_of_a_view_leaves_room_for_the_table(open_table, fill):
    await fill.claims(range(2))
    table = await open_table()
    name = "A very long & winding name of a view, sixty letters at most"
    table.filters.chips.add(Condition("status", Op.IS, ("pending",)))
    table.views.keep(name)
    shown = table.findChild(QToolButton, "views")
    assert shown.text().startswith("A very long && winding")
    assert shown.text().endswith("…")
    assert (shown.toolTip(), shown.accessibleName()) == (name, f"View: {name}")


@pytest.mark.parametrize(
    "text",
    [
        "שלום עולם",
        "株式会社オプサイド",
        "👩‍👩‍👧‍👦 family",
        "\u200b\u200d\ufeff",
        "a b\tc\nd",
        "e\u0301" * 50,
    ],
    ids=["hebrew", "cjk", "emoji", "zero-width", "lines", "combining"],
)
async def test_any_script_is_shown_found_and_copied(open_table, fill, until, click_row, text):
    await fill.inventory([1], product_name=text)
    table = await open_table(Dataset.INVENTORY)
    number = number_of(table, "product_name")
    click_row(table, 0, number)
    table.view.grab()
    table.copy()
    assert QApplication.clipboard().text() == text
    table.add_condition(Condition("product_name", Op.IS, (text,)))
    await until(lambda: settled(table) and len(chips(table)) == 1)
    assert table.model.rowCount() == 1
