"""Finding and narrowing: the find field, chips, menus, and what an empty answer offers."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QToolButton, QWidget

from opside_desktop.domain.datasets import Dataset
from opside_desktop.ui.tables.rows.query import Condition, Op
from tests.ui.tables.menus import (
    chips,
    choose,
    close_menus,
    names,
    press_menu_of_header,
    settled,
    visible,
)


@pytest.fixture(autouse=True)
def no_menu_is_left():
    """A menu that one test leaves open would swallow the clicks of the next."""
    yield
    close_menus()


def entries(popup):
    return [popup.entries.item(line) for line in range(popup.entries.count())]


def entry(popup, words):
    return next(item for item in entries(popup) if item.text() == words)


async def test_typing_into_find_narrows_the_rows_after_a_pause(open_table, fill, until):
    await fill.claims(range(30))
    table = await open_table()
    QTest.keyClicks(table.filters.find_field, "reason 2")
    await until(lambda: table.model.rowCount() == 11 and settled(table))
    assert table.filters.count.text() == "11 claims"
    assert names(table)[0] == "RMB-000002"


async def test_a_status_is_chosen_from_the_values_there_are_with_their_counts(
    open_table, fill, until, qtbot
):
    await fill.claims(range(9))
    table = await open_table()
    qtbot.mouseClick(table.findChild(QToolButton, "addFilter"), Qt.MouseButton.LeftButton)
    status = choose(QApplication.activePopupWidget(), "Status")
    await until(lambda: len(status.actions()) == 2)
    assert [a.text() for a in status.actions()] == ["Approved\t6", "Pending\t3"]
    choose(status, "Pending")
    await until(lambda: names(table) == ["RMB-000002", "RMB-000005", "RMB-000008"])
    assert chips(table) == ["Status is Pending"]
    choose(status, "Approved")
    await until(lambda: table.model.rowCount() == 9)
    assert chips(table) == ["Status is Approved or Pending"]


async def test_a_period_counts_days_in_the_readers_zone(open_table, fill, until, qtbot):
    await fill.claims(range(3))  # 20 November
    await fill.claims([7], created_at=None)
    table = await open_table()
    qtbot.mouseClick(table.findChild(QToolButton, "addFilter"), Qt.MouseButton.LeftButton)
    posted = choose(QApplication.activePopupWidget(), "Posted")
    choose(posted, "Last 7 days")
    await until(lambda: settled(table) and table.model.rowCount() == 3)
    assert chips(table) == ["Posted: last 7 days"]
    qtbot.mouseClick(table.findChild(QToolButton, "addFilter"), Qt.MouseButton.LeftButton)
    choose(choose(QApplication.activePopupWidget(), "Posted"), "Today")
    await until(lambda: settled(table) and table.model.rowCount() == 0)
    assert chips(table) == ["Posted: today"]


async def test_a_cell_offers_only_this_and_not_this(open_table, fill, until, qtbot, click_row):
    await fill.claims(range(6))
    table = await open_table()
    status = [c.field for c in table.spec.columns].index("status")

    def menu_of(row, column):
        close_menus()
        click_row(table, row, column)
        QTest.keyClick(table.view, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
        return QApplication.activePopupWidget()

    choose(menu_of(2, status), "Not this: Pending")
    await until(lambda: settled(table) and table.model.rowCount() == 4)
    assert chips(table) == ["Status is not Pending"]
    choose(menu_of(0, 0), "Only this: RMB-000000")
    await until(lambda: names(table) == ["RMB-000000"])
    assert chips(table) == ["Status is not Pending", "Claim is RMB-000000"]


async def test_a_chip_is_taken_away_by_its_cross(open_table, fill, until, qtbot):
    await fill.claims(range(6))
    table = await open_table()
    table.add_condition(Condition("status", Op.IS, ("pending",)))
    await until(lambda: settled(table) and table.model.rowCount() == 2)
    cross = table.findChild(QToolButton, "chipRemove")
    assert cross.accessibleName() == "Remove the filter: Status is Pending"
    qtbot.mouseClick(cross, Qt.MouseButton.LeftButton)
    await until(lambda: settled(table) and table.model.rowCount() == 6)
    assert chips(table) == []


async def test_a_text_condition_is_written_in_its_chip(open_table, fill, until, qtbot):
    await fill.claims(range(12))
    table = await open_table()
    qtbot.mouseClick(table.findChild(QToolButton, "addFilter"), Qt.MouseButton.LeftButton)
    choose(choose(QApplication.activePopupWidget(), "Why"), "Contains…")
    field = table.findChild(object, "chipField")
    QTest.keyClicks(field, "reason 1")
    QTest.keyClick(field, Qt.Key.Key_Return)
    await until(lambda: settled(table) and table.model.rowCount() == 3)
    assert chips(table) == ["Why contains “reason 1”"]
    qtbot.mouseClick(table.findChild(QToolButton, "chipText"), Qt.MouseButton.LeftButton)
    field = visible(table, "chipField")
    assert field.text() == "reason 1"
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert chips(table) == ["Why contains “reason 1”"]


async def test_a_filter_that_leaves_nothing_offers_the_way_back(open_table, fill, until, qtbot):
    await fill.orders(range(4))
    table = await open_table(Dataset.ORDERS)
    table.look_for("302")
    await until(lambda: settled(table))
    table.add_condition(Condition("fulfillment_channel", Op.IS, ("FBX",)))
    await until(lambda: settled(table) and table.model.rowCount() == 0)
    assert table.findChild(QLabel, "emptyTitle").text() == "No orders match."
    last = visible(table, "removeLast")
    assert last.text() == "Remove “Channel is FBX”"
    qtbot.mouseClick(last, Qt.MouseButton.LeftButton)
    await until(lambda: settled(table) and table.model.rowCount() == 4)
    table.add_condition(Condition("fulfillment_channel", Op.IS, ("FBA", "FBM")))
    QTest.keyClicks(table.filters.find_field, "nowhere")
    await until(lambda: settled(table) and table.model.rowCount() == 0)
    assert visible(table, "removeLast").text() == "Remove “Channel is FBA or FBM”"
    found = visible(table, "removeFind")
    assert found.text() == "Remove “302nowhere”"
    qtbot.mouseClick(found, Qt.MouseButton.LeftButton)
    await until(lambda: table.filters.find_field.text() == "" and settled(table))
    assert chips(table) == ["Channel is FBA or FBM"]
    table.look_for("nowhere")
    await until(lambda: settled(table) and table.model.rowCount() == 0)
    qtbot.mouseClick(visible(table, "clearAll"), Qt.MouseButton.LeftButton)
    await until(lambda: settled(table) and table.model.rowCount() == 4)
    assert table.filters.find_field.text() == ""


async def test_columns_are_hidden_moved_and_remembered(make_table, open_table, fill, saved, until):
    await fill.claims(range(3))
    table = await open_table()
    header = table.view.header
    choose(press_menu_of_header(table, "type"), "Hide this column")
    header.moveSection(header.visualIndex(3), 1)
    header.resizeSection(0, 301)
    choose(press_menu_of_header(table, "amount"), "Sort descending")
    await until(lambda: settled(table) and names(table)[0] == "RMB-000002")
    table.views.save()
    again = make_table()
    assert [c.field for c in again.visible_columns()][:3] == ["claim_id", "amount", "status"]
    assert "type" not in [c.field for c in again.visible_columns()]
    assert again.view.columnWidth(0) == 301
    again.show_rows()
    await until(lambda: settled(again))
    assert names(again)[0] == "RMB-000002"
    choose(press_menu_of_header(again, "claim_id"), "Reset columns")
    assert [c.field for c in again.visible_columns()][:3] == ["claim_id", "status", "type"]


@pytest.mark.parametrize("junk", ["text", 7, {"columns": [{"field": "nope"}, 3], "sort": [[1]]}])
async def test_a_spoilt_memory_harms_nobody(make_table, saved, junk):
    saved.value = junk
    table = make_table()
    assert [c.field for c in table.visible_columns()][:2] == ["claim_id", "status"]


async def test_the_column_chooser_finds_and_shows_a_hidden_column(open_table, fill, qtbot):
    await fill.claims(range(1))
    table = await open_table()
    qtbot.mouseClick(table.findChild(QToolButton, "chooseColumns"), Qt.MouseButton.LeftButton)
    popup = table.findChild(QWidget, "columnList")
    assert not entry(popup, "Claim").flags() & Qt.ItemFlag.ItemIsEnabled  # it names the row
    QTest.keyClicks(popup.search, "sync")
    assert [i.text() for i in entries(popup) if not i.isHidden()] == ["Dates", "Synced"]
    QTest.keyClick(popup.search, Qt.Key.Key_Return)
    assert "synced_at" in [c.field for c in table.visible_columns()]
    QTest.keyClick(popup.search, Qt.Key.Key_Return)
    assert "synced_at" not in [c.field for c in table.visible_columns()]
    QTest.keyClick(popup, Qt.Key.Key_Escape)
    assert not popup.isVisible()


async def test_every_control_has_a_name(open_table, fill, until):
    await fill.claims(range(2))
    table = await open_table()
    table.add_condition(Condition("status", Op.IS, ("approved",)))
    table.choose_first()
    table.details.open()
    await until(lambda: settled(table) and table.findChild(object, "detailsName") is not None)
    nameless = [
        widget
        for widget in table.findChildren(object)
        if widget.isWidgetType()
        and widget.focusPolicy() is not Qt.FocusPolicy.NoFocus
        and widget.isVisible()
        and not (widget.accessibleName() or getattr(widget, "text", str)())
    ]
    assert not nameless


async def test_clearing_takes_words_away_that_are_not_looked_for_yet(open_table, fill, until):
    await fill.claims(range(3))
    table = await open_table()
    field = table.findChild(QLineEdit, "find")
    QTest.keyClicks(field, "nothing like it")
    table.filters.clear()
    assert field.text() == ""
    table.filters.chips.add(Condition("status", Op.IS, ("pending",)))
    await until(lambda: settled(table) and table.model.rowCount() == 1)
    assert not table.views.query.search


async def test_the_cross_in_the_field_goes_with_the_words(open_table, fill, until):
    await fill.claims(range(3))
    table = await open_table()
    field = table.findChild(QLineEdit, "find")
    QTest.keyClicks(field, "nothing like it")
    buttons = {each.defaultAction().objectName(): each for each in field.findChildren(QToolButton)}
    cross = buttons["_q_qlineeditclearaction"]
    await until(lambda: cross.property("opacity") == 1 and not table.model.rowCount())
    table.filters.clear()
    assert field.text() == ""
    await until(lambda: cross.property("opacity") == 0)
