"""The rows of a table: windows, order, and what happens while they change."""

import asyncio
import threading

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from opside_desktop.domain.datasets import Dataset
from opside_desktop.store.database import READERS
from opside_desktop.ui.kit.placeholders import Skeleton
from opside_desktop.ui.tables.timings import TableTimings

pytestmark = pytest.mark.parametrize("kind", ["sqlite", "postgresql"])


def shown(table, column=0, first=0, count=5):
    model = table.model
    rows = range(first, min(first + count, model.rowCount()))
    return [model.index(row, column).data() for row in rows]


def settled(table):
    return table.model.is_count_exact and not table.model.is_loading


async def test_the_model_keeps_qts_rules(open_table, fill, qtmodeltester, until):
    await fill.claims(range(450))
    table = await open_table()
    # It goes on watching: what the model tells while it changes is checked as well.
    qtmodeltester.check(table.model, force_py=True)
    table.sort_by("amount", descending=True)
    await until(lambda: settled(table) and shown(table, count=1) == ["RMB-000449"])
    table.view.scrollToBottom()
    await until(lambda: table.model.index(449, 0).data() == "RMB-000000")
    await fill.claims(range(450, 460))
    table.refresh()
    await until(lambda: settled(table) and table.model.rowCount() == 460)


async def test_rows_far_down_are_read_when_they_are_looked_at(open_table, fill, until):
    await fill.claims(range(3000))
    table = await open_table()
    assert table.model.rowCount() == 3000
    far = table.model.index(2500, 0)
    assert far.data() == "…"
    table.view.scrollTo(far)
    await until(lambda: far.data() == "RMB-002500")


async def test_rows_read_ahead_with_the_short_last_window_are_in_their_places(
    open_table, fill, until
):
    await fill.claims(range(650))
    table = await open_table()
    table.view.scrollTo(table.model.index(450, 0), table.view.ScrollHint.PositionAtTop)
    await until(lambda: table.model.index(450, 0).data() == "RMB-000450")
    await until(lambda: "…" not in shown(table, first=0, count=650))
    assert shown(table, first=0, count=650) == [f"RMB-{n:06d}" for n in range(650)]


async def test_rows_looked_at_long_ago_are_forgotten_and_come_back(open_table, fill, until):
    await fill.claims(range(6000))
    table = await open_table()
    for row in range(0, 6000, 200):
        index = table.model.index(row, 0)
        table.view.scrollTo(index, table.view.ScrollHint.PositionAtTop)
        await until(lambda index=index: index.data() != "…")
    first = table.model.index(0, 0)
    assert first.data() == "…"
    table.view.scrollToTop()
    await until(lambda: first.data() == "RMB-000000")


async def test_a_click_on_a_header_sorts_and_a_second_one_turns_it_round(
    open_table, fill, until, qtbot
):
    await fill.claims(range(20))
    table = await open_table()

    async def click(field, modifiers=Qt.KeyboardModifier.NoModifier):
        header = table.view.header
        number = [c.field for c in table.spec.columns].index(field)
        place = header.viewport().rect().center()
        place.setX(header.sectionViewportPosition(number) + 20)
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, modifiers, place)
        await until(lambda: settled(table))

    await click("amount")
    assert shown(table, count=2) == ["RMB-000000", "RMB-000001"]
    await click("amount")
    assert shown(table, count=2) == ["RMB-000019", "RMB-000018"]
    await click("status")
    await click("amount", Qt.KeyboardModifier.ShiftModifier)
    assert shown(table, count=3) == ["RMB-000000", "RMB-000001", "RMB-000003"]


async def test_the_keyboard_alone_sorts_and_opens_a_headers_menu(open_table, fill, until):
    await fill.claims(range(6))
    table = await open_table()
    header = table.view.header
    table.activateWindow()
    header.setFocus(Qt.FocusReason.TabFocusReason)
    assert header.hasFocus()
    for _ in range(3):
        QTest.keyClick(header, Qt.Key.Key_Right)
    QTest.keyClick(header, Qt.Key.Key_Return)
    await until(lambda: settled(table))
    QTest.keyClick(header, Qt.Key.Key_Return)
    await until(lambda: settled(table) and shown(table, count=1) == ["RMB-000005"])
    QTest.keyClick(header, Qt.Key.Key_Menu)
    menu = QApplication.activePopupWidget()
    assert "Hide this column" in [action.text() for action in menu.actions()]
    menu.close()


async def test_rows_with_the_keyboard_show_where_it_is(open_table, fill, until):
    await fill.claims(range(3))
    table = await open_table()
    table.activateWindow()
    table.filters.find_field.setFocus()
    table.view.setFocus(Qt.FocusReason.TabFocusReason)
    assert table.view.currentIndex().row() == 0
    assert table.selection.count == 0
    QTest.keyClick(table.view, Qt.Key.Key_Down)
    table.look_for("RMB-000000")
    await until(lambda: settled(table) and table.model.rowCount() == 1)
    assert table.view.currentIndex().data() == "RMB-000000"


async def test_a_choice_stays_with_its_rows_over_sort_filter_and_refresh(
    open_table, fill, until, click_row
):
    await fill.claims(range(50))
    table = await open_table()
    click_row(table, 3)
    QTest.keyClick(table.view, Qt.Key.Key_Right)
    QTest.keyClick(table.view, Qt.Key.Key_Right)
    table.sort_by("amount", descending=True)
    await until(lambda: settled(table))

    def chosen():
        rows = {index.row() for index in table.view.selectionModel().selectedRows()}
        return [table.model.index(row, 0).data() for row in sorted(rows)]

    assert chosen() == ["RMB-000003"]
    current = table.view.currentIndex()
    assert current.siblingAtColumn(0).data() == "RMB-000003"
    assert table.spec.columns[current.column()].field == "type"
    table.look_for("RMB-00000")
    await until(lambda: settled(table) and table.model.rowCount() == 10)
    assert chosen() == ["RMB-000003"]
    await fill.claims(range(50, 60))
    table.refresh()
    await until(lambda: settled(table))
    assert chosen() == ["RMB-000003"]


async def test_a_refresh_keeps_the_rows_under_the_eyes_where_they_are(open_table, fill, until):
    await fill.claims(range(400, 1300))
    table = await open_table()
    table.view.scrollTo(table.model.index(500, 0), table.view.ScrollHint.PositionAtTop)
    top = table.view.indexAt(table.view.rect().topLeft())
    await until(lambda: top.data() != "…")
    before, row = top.data(), top.row() + 400
    at_once = []
    table.model.modelReset.connect(lambda: at_once.append(table.model.index(row, 0).data()))
    await fill.claims(range(400))  # newer than all the others, so they come first
    table.refresh()
    await until(lambda: table.model.rowCount() == 1300 and settled(table))
    assert at_once == [before]
    assert table.view.indexAt(table.view.rect().topLeft()).data() == before


async def test_the_sum_of_chosen_rows_is_shown_for_each_currency(
    open_table, fill, until, click_row
):
    await fill.claims(range(8))
    table = await open_table()
    await until(lambda: table.footer.words.text() == "Sum: 18.60 EUR, 10.20 GBP")
    click_row(table, 1)
    await until(lambda: table.footer.words.text() == "1 selected, 1.10 EUR")
    table.view.selectAll()
    await until(lambda: table.footer.words.text() == "8 selected, 18.60 EUR, 10.20 GBP")


async def test_no_sum_of_other_rows_stands_below_the_first_rows(open_table, fill, until):
    await fill.claims(range(600))
    table = await open_table()
    await until(lambda: table.footer.words.text())
    sums = []
    table.model.count_changed.connect(
        lambda: sums.append((table.model.is_count_exact, table.footer.words.text()))
    )
    table.sort_by("amount", descending=True)
    await until(lambda: len(sums) == 2)
    assert sums[0] == (False, "")
    await until(lambda: table.footer.words.text().startswith("Sum: "))


async def test_very_many_chosen_rows_are_added_up_by_their_places(
    open_table, fill, until, click_row
):
    await fill.claims(range(8))
    table = await open_table(timings=TableTimings(by_position_from=3))
    click_row(table, 1)
    click_row(table, 5, modifiers=Qt.KeyboardModifier.ShiftModifier)
    await until(lambda: table.footer.words.text() == "5 selected, 12.40 EUR, 3.10 GBP")
    click_row(table, 3, modifiers=Qt.KeyboardModifier.ControlModifier)
    await until(lambda: table.footer.words.text() == "4 selected, 12.40 EUR")
    table.sort_by("amount", descending=True)
    await until(lambda: settled(table) and table.footer.words.text() == "4 selected, 12.40 EUR")


async def test_a_mock_row_says_so_and_figures_are_written_for_people(open_table, fill, run, until):
    await fill.claims([1], amount=-1234 - fill.make_claim(0).amount)
    table = await open_table()
    fields = [c.field for c in table.spec.columns]
    assert shown(table, fields.index("amount")) == ["−1,234.10 EUR"]
    assert shown(table, fields.index("created_at")) == ["20 Nov 2026 11:59"]
    posted = table.model.headerData(
        fields.index("created_at"), Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole
    )
    assert "UTC" in posted
    name = table.model.index(0, 0)
    assert name.data(Qt.ItemDataRole.AccessibleTextRole) == "RMB-000001"


async def test_an_empty_table_tells_what_to_do(open_table, fill, until, qtbot):
    table = await open_table()
    asked = []
    table.sync_asked.connect(lambda: asked.append("sync"))
    assert table.findChild(object, "emptyTitle").text() == "Nothing synced for Acme DE yet."
    qtbot.mouseClick(table.findChild(QPushButton, "emptySyncNow"), Qt.MouseButton.LeftButton)
    assert asked == ["sync"]


async def test_new_rows_wait_until_they_are_asked_for(open_table, fill, until, qtbot):
    await fill.claims(range(10, 20))
    table = await open_table()
    await fill.claims(range(3))
    table.announce_new(3)
    words = table.findChild(object, "newRowsWords")
    assert words.text() == "3 new rows."
    assert table.model.rowCount() == 10
    qtbot.mouseClick(table.findChild(QPushButton, "showNew"), Qt.MouseButton.LeftButton)
    await until(lambda: table.model.rowCount() == 13 and settled(table))
    assert not words.isVisible()
    assert shown(table, count=1) == ["RMB-000000"]


async def test_values_that_changed_are_shown_in_place(open_table, fill, until):
    await fill.claims(range(3))
    table = await open_table()
    status = [c.field for c in table.spec.columns].index("status")
    assert shown(table, status) == ["Approved", "Approved", "Pending"]
    await fill.claims([2], status="denied")
    table.model.reread()
    await until(lambda: shown(table, status)[2] == "Denied")


async def test_a_database_that_cannot_be_read_leaves_the_rows_and_offers_another_try(
    open_table, fill, until, db, qtbot
):
    await fill.claims(range(3))
    table = await open_table()

    def spoil(connection):
        connection.exec_driver_sql("ALTER TABLE amazon_claims RENAME TO gone")

    def mend(connection):
        connection.exec_driver_sql("ALTER TABLE gone RENAME TO amazon_claims")

    await db.write(spoil)
    table.refresh()
    await until(lambda: table.findChild(object, "tableBanner") is not None)
    assert table.model.rowCount() == 3
    await db.write(mend)
    qtbot.mouseClick(table.findChild(QPushButton, "tryAgain"), Qt.MouseButton.LeftButton)
    await until(lambda: settled(table) and table.findChild(object, "tableBanner") is None)
    await db.write(spoil)
    table.refresh()
    await until(lambda: table.findChild(object, "tableBanner") is not None)
    await db.write(mend)
    qtbot.mouseClick(table.findChild(object, "bannerClose"), Qt.MouseButton.LeftButton)
    await until(lambda: table.findChild(object, "tableBanner") is None)
    table.refresh()
    await until(lambda: settled(table))
    assert table.model.rowCount() == 3


async def test_a_slow_database_shows_grey_bars_first_and_then_the_rows(make_table, fill, until, db):
    await fill.claims(range(3))
    table = make_table()
    release = threading.Event()
    busy = [asyncio.create_task(db.read(lambda _: release.wait(10))) for _ in range(READERS)]
    table.show_rows()
    try:
        await until(lambda: table.findChild(Skeleton) is not None)
        assert table.findChild(Skeleton).isVisible()
        assert table.filters.count.text() == "Reading…"
    finally:
        release.set()
        await asyncio.gather(*busy)
    await until(lambda: table.model.rowCount() == 3 and table.view.isVisible())
    assert table.filters.count.text() == "3 claims"


async def test_inventory_and_orders_use_the_same_table(open_table, fill):
    await fill.inventory(range(3))
    await fill.orders(range(4))
    inventory = await open_table(Dataset.INVENTORY)
    orders = await open_table(Dataset.ORDERS)
    assert shown(inventory) == ["SKU-0000", "SKU-0001", "SKU-0002"]
    assert inventory.filters.count.text() == "3 SKUs"
    assert orders.filters.count.text() == "4 orders"
    assert shown(orders, count=1) == ["302-0000000"]
