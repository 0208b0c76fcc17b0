"""Conditions that are written: days, amounts, counts, texts, and whether anything is there."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from PySide6.QtCore import QDate, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCalendarWidget, QLabel, QToolButton

from opside_desktop.domain.datasets import Dataset
from opside_desktop.ui.kit.formats import ZoneChoice
from opside_desktop.ui.tables.filters.chips import Chip
from opside_desktop.ui.tables.rows.query import Condition, Op
from tests.ui.tables.menus import (
    chips,
    choose,
    close_menus,
    names,
    number_of,
    popup,
    settled,
    visible,
    words,
)


@pytest.fixture(autouse=True)
def no_menu_is_left():
    yield
    close_menus()


def ask(table, column, entry):
    """Choose an entry of a column from the menu that adds filters."""
    close_menus()
    table.filters.chips.open_menu()
    choose(choose(popup(), column), entry)
    close_menus()


def written(table):
    """The fields of the chip that is being written."""
    return [f for f in table.findChildren(object, "chipField") if f.isVisible()]


def write(table, *texts):
    fields = written(table)
    for field, text in zip(fields, texts, strict=True):
        field.selectAll()
        QTest.keyClicks(field, text)
        if not text:
            field.clear()
    QTest.keyClick(fields[-1], Qt.Key.Key_Return)


def edit(table, number=0):
    """Click on a chip's words."""
    shown = [chip for chip in table.findChildren(Chip) if chip.isVisible()]
    QTest.mouseClick(shown[number].findChild(QToolButton, "chipText"), Qt.MouseButton.LeftButton)


def day(number, hour=12):
    return datetime(2026, 11, number, hour, tzinfo=UTC)


async def test_days_are_written_as_they_are_shown(open_table, fill, until):
    for number in (1, 3, 5, 7):
        await fill.claims([number], created_at=day(number))
    table = await open_table()
    ask(table, "Posted", "From … to …")
    write(table, "3 Nov 2026", "2026-11-05")
    await until(lambda: settled(table) and names(table) == ["RMB-000005", "RMB-000003"])
    assert chips(table) == ["Posted: 3 Nov 2026 to 5 Nov 2026"]
    edit(table)
    assert [f.text() for f in written(table)] == ["3 Nov 2026", "5 Nov 2026"]
    write(table, "", "3 Nov 2026")
    await until(lambda: settled(table) and names(table) == ["RMB-000003", "RMB-000001"])
    assert chips(table) == ["Posted: until 3 Nov 2026"]
    edit(table)
    write(table, "9 Nov 2026", "5 Nov 2026")  # the wrong way round
    await until(lambda: chips(table) == ["Posted: 5 Nov 2026 to 9 Nov 2026"])


async def test_a_day_is_the_readers_own(open_table, fill, until):
    await fill.claims([1], created_at=day(3, hour=23))
    table = await open_table()
    table.formats.follow_marketplace("Asia/Tokyo")
    ask(table, "Posted", "From … to …")
    write(table, "4 Nov 2026", "4 Nov 2026")
    await until(lambda: settled(table) and table.model.rowCount() == 0)
    assert chips(table) == ["Posted: 4 Nov 2026"]
    table.formats.choose_zone(ZoneChoice.MARKETPLACE)
    await until(lambda: settled(table) and table.model.rowCount() == 1)


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles"])
async def test_days_go_to_the_ends_of_the_calendar(open_table, fill, until, zone):
    await fill.claims([1], created_at=day(3))
    table = await open_table()
    table.formats.follow_marketplace(zone)
    table.formats.choose_zone(ZoneChoice.MARKETPLACE)
    ask(table, "Posted", "From … to …")
    write(table, "0001-01-01", "9999-12-31")
    await until(lambda: chips(table) == ["Posted: 1 Jan 0001 to 31 Dec 9999"])
    await until(lambda: settled(table) and table.model.rowCount() == 1)


async def test_what_cannot_be_understood_says_what_would_be(open_table, fill):
    await fill.claims([1])
    table = await open_table()
    ask(table, "Posted", "From … to …")
    write(table, "soon", "")
    assert visible(table, "chipProblem").text().startswith("Write a day like ")
    QTest.keyClick(written(table)[0], Qt.Key.Key_Escape)
    assert written(table) == []
    assert chips(table) == []
    ask(table, "Amount", "From … to …")
    write(table, "much", "")
    assert visible(table, "chipProblem").text() == "Write a number."
    table.filters.chips.close_editor()


async def test_a_day_is_chosen_in_a_calendar(open_table, fill, until):
    await fill.claims([1], created_at=day(1))
    table = await open_table()
    ask(table, "Posted", "From … to …")
    QTest.mouseClick(visible(table, "openCalendar"), Qt.MouseButton.LeftButton)
    calendar = popup().findChild(QCalendarWidget)
    calendar.setSelectedDate(QDate(2026, 11, 2))
    calendar.activated.emit(QDate(2026, 11, 2))
    assert written(table)[0].text() == "2 Nov 2026"
    QTest.keyClick(written(table)[0], Qt.Key.Key_Return)
    await until(lambda: settled(table) and table.model.rowCount() == 0)


async def test_amounts_lie_between_limits_exactly(open_table, fill, until):
    for number, amount in enumerate(("-5.00", "0.99", "1.00", "1234.50", "1234.51")):
        await fill.claims([number], amount=Decimal(amount))
    table = await open_table()
    ask(table, "Amount", "From … to …")
    write(table, "1", "1,234.50")
    await until(lambda: settled(table) and names(table) == ["RMB-000002", "RMB-000003"])
    assert chips(table) == ["Amount is 1.00 to 1,234.50"]
    edit(table)
    write(table, "-5", "")
    await until(lambda: settled(table) and table.model.rowCount() == 5)
    assert chips(table) == ["Amount is at least −5.00"]
    edit(table)
    write(table, "", "0")
    await until(lambda: settled(table) and names(table) == ["RMB-000000"])
    assert chips(table) == ["Amount is at most 0.00"]


async def test_counts_lie_between_limits(open_table, fill, until):
    await fill.inventory(range(6))
    table = await open_table(Dataset.INVENTORY)
    ask(table, "Available", "From … to …")
    write(table, "2", "3.5")
    assert visible(table, "chipProblem").text() == "Write a whole number."
    write(table, "2", "3")
    await until(lambda: settled(table) and names(table) == ["SKU-0002", "SKU-0003"])
    assert chips(table) == ["Available is 2 to 3"]


async def test_what_is_empty_is_found_and_left_out(open_table, fill, until, click_row):
    await fill.claims([0], description="")
    await fill.claims([1], description=None)
    await fill.claims([2], created_at=None)
    table = await open_table()
    ask(table, "Why", "Is empty")
    await until(lambda: settled(table) and names(table) == ["RMB-000000", "RMB-000001"])
    ask(table, "Why", "Is not empty")
    await until(lambda: settled(table) and names(table) == ["RMB-000002"])
    assert chips(table) == ["Why is not empty"]
    click_row(table, 0, number_of(table, "created_at"))
    QTest.keyClick(table.view, Qt.Key.Key_Menu)
    choose(popup(), "Only where this is not empty")
    await until(lambda: settled(table) and table.model.rowCount() == 0)
    assert chips(table) == ["Why is not empty", "Posted is not empty"]


async def test_a_cell_of_a_date_offers_its_day(open_table, fill, until, click_row):
    for number in (1, 3, 5):
        await fill.claims([number], created_at=day(number))
    table = await open_table()
    click_row(table, 1, number_of(table, "created_at"))
    QTest.keyClick(table.view, Qt.Key.Key_Menu)
    choose(popup(), "From 3 Nov 2026 on")
    await until(lambda: settled(table) and names(table) == ["RMB-000005", "RMB-000003"])
    assert chips(table) == ["Posted: from 3 Nov 2026"]


async def test_a_chip_of_one_identifier_is_edited_as_text(open_table, fill, until):
    await fill.claims(range(3))
    table = await open_table()
    table.add_condition(Condition("claim_id", Op.IS, ("RMB-000001",)))
    await until(lambda: settled(table) and names(table) == ["RMB-000001"])
    edit(table)
    write(table, "RMB-000002")
    await until(lambda: settled(table) and names(table) == ["RMB-000002"])
    assert chips(table) == ["Claim is RMB-000002"]


async def test_chips_of_ready_made_conditions_are_edited_in_their_menu(open_table, fill, until):
    await fill.claims(range(3))
    table = await open_table()
    ask(table, "Posted", "Last 7 days")
    await until(lambda: settled(table) and chips(table) == ["Posted: last 7 days"])
    edit(table)
    assert "Last month" in words(popup())
    choose(popup(), "Last month")
    await until(lambda: settled(table) and table.model.rowCount() == 0)
    assert chips(table) == ["Posted: last month"]
    assert table.findChild(QLabel, "emptyTitle").text() == "No claims match."


async def test_values_are_offered_with_their_counts_while_a_text_is_written(
    open_table, fill, until
):
    await fill.claims([1, 2], description="Lost in a warehouse")
    await fill.claims([3], description="Lost on the way")
    await fill.claims([4], description="Refund")
    table = await open_table()
    ask(table, "Why", "Is…")
    (field,) = written(table)
    table.activateWindow()
    field.setFocus()
    await until(field.hasFocus)
    QTest.keyClicks(field, "lost")
    await until(lambda: field.completer() is not None and field.completer().popup().isVisible())
    offered = field.completer().popup()
    model = offered.model()
    assert [model.index(row, 0).data() for row in range(model.rowCount())] == [
        "Lost in a warehouse  (2)",
        "Lost on the way  (1)",
    ]
    QTest.keyClick(offered, Qt.Key.Key_Down)
    QTest.keyClick(offered, Qt.Key.Key_Return)
    assert field.text() == "Lost in a warehouse"
    QTest.keyClick(field, Qt.Key.Key_Return)
    await until(lambda: settled(table) and names(table) == ["RMB-000001", "RMB-000002"])


async def test_nothing_is_offered_that_does_not_fit(open_table, fill, until):
    await fill.claims([1], description="Lost in a warehouse")
    table = await open_table()
    ask(table, "Why", "Contains…")
    (field,) = written(table)
    QTest.keyClicks(field, "lost")
    await until(lambda: field.completer() is not None)
    QTest.keyClicks(field, " and found")
    await until(lambda: field.completer() is None)
    table.filters.chips.close_editor()
