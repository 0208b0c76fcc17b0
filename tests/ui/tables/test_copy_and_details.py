"""Taking rows out by the clipboard, and looking into one row."""

import csv
import io
import json
from decimal import Decimal

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QToolButton,
)

from opside_desktop.domain.datasets import Dataset
from opside_desktop.ui.tables.rows.clipboard import CopyFormat


def clipboard():
    return QApplication.clipboard().text()


def settled(table):
    return table.model.is_count_exact and not table.model.is_loading


async def copied(table, until, form):
    QApplication.clipboard().setText("nothing yet")
    table.copy_rows(form)
    await until(lambda: clipboard() != "nothing yet")
    return clipboard()


async def test_one_row_copies_the_current_cell_exactly(open_table, fill, click_row):
    await fill.claims([5], amount=Decimal("-1234.50"))
    table = await open_table()
    amount = [c.field for c in table.spec.columns].index("amount")
    click_row(table, 0, amount)
    table.copy()
    assert clipboard() == "-1234.50"


async def test_several_rows_copy_what_is_shown_in_the_order_shown(
    open_table, fill, until, click_row
):
    await fill.claims(range(4))
    table = await open_table()
    table.columns.set_hidden("description", True)
    table.view.header.moveSection(table.view.header.visualIndex(3), 0)
    click_row(table, 1)
    click_row(table, 2, modifiers=Qt.KeyboardModifier.ShiftModifier)
    text = await copied(table, until, CopyFormat.CELLS)
    assert text.split("\n") == [
        "1.10\tEUR\tRMB-000001\tapproved\trefund\t302-0000001\t2026-11-20T11:59:00Z",
        "2.10\tEUR\tRMB-000002\tpending\tchargeback\t302-0000002\t2026-11-20T11:58:00Z",
    ]
    with_headers = await copied(table, until, CopyFormat.TSV)
    assert with_headers.split("\n")[0] == "Amount\tCurrency\tClaim\tStatus\tType\tOrder\tPosted"


async def test_csv_defuses_what_a_spreadsheet_would_run(open_table, fill, until, click_row):
    await fill.claims([1], description='=HYPERLINK("x"), "quoted"', amount=Decimal("-3.00"))
    table = await open_table()
    click_row(table, 0)
    rows = list(csv.DictReader(io.StringIO(await copied(table, until, CopyFormat.CSV))))
    assert rows[0]["Why"] == '\'=HYPERLINK("x"), "quoted"'
    assert rows[0]["Amount"] == "-3.00"


@pytest.mark.parametrize("form", [CopyFormat.CELLS, CopyFormat.TSV])
@pytest.mark.parametrize("formula", ["@SUM(A1)", " =1+1", "＝1+1"])
async def test_what_is_pasted_into_a_spreadsheet_is_no_formula(
    open_table, fill, until, click_row, form, formula
):
    await fill.claims([1, 2], description=formula, amount=Decimal("-3.00"))
    table = await open_table()
    table.view.selectAll()
    text = await copied(table, until, form)
    last = text.split("\n")[-1].split("\t")
    assert last[-1] == f"'{formula}"
    assert "-3.00" in last  # an amount below zero stays a number


async def test_markdown_is_a_table_whatever_the_cells_hold(open_table, fill, until, click_row):
    await fill.claims([1], description="a | b\\c\nd", amount=Decimal("1.10"))
    table = await open_table()
    table.view.header.hideSection(1)
    click_row(table, 0)
    lines = (await copied(table, until, CopyFormat.MARKDOWN)).split("\n")
    assert lines[0] == "| Claim | Type | Amount | Currency | Order | Posted | Why |"
    assert lines[1] == "|" + " --- |" * 7
    assert lines[2].endswith("| a \\| b\\\\c d |")
    assert len(lines) == 3


async def test_json_has_exact_numbers_and_says_what_is_mock(open_table, fill, until, click_row):
    await fill.claims([1], amount=Decimal("10.10"), order_id=None)
    table = await open_table()
    click_row(table, 0)
    text = await copied(table, until, CopyFormat.JSON)
    (row,) = json.loads(text, parse_float=Decimal)
    assert row["amount"] == Decimal("10.10")
    assert '"amount": 10.10' in text
    assert row["orderId"] is None
    assert row["isMock"] is False


async def test_many_chosen_rows_are_read_in_the_background(open_table, fill, until):
    await fill.claims(range(2500))
    table = await open_table()
    table.view.selectAll()
    text = await copied(table, until, CopyFormat.CELLS)
    lines = text.split("\n")
    assert len(lines) == 2500
    assert lines[2400].startswith("RMB-002400\t")
    assert table.footer.note.text() == "Copied 2,500 rows"


async def test_space_opens_the_details_and_they_follow_the_current_row(
    open_table, fill, until, click_row
):
    await fill.orders(range(3))
    await fill.claims(range(3))
    await fill.claim_with_event(1)
    table = await open_table()
    click_row(table, 0)
    QTest.keyClick(table.view, Qt.Key.Key_Space)

    def name():
        label = table.findChild(QToolButton, "detailsName")
        return label.text() if label is not None else ""

    await until(lambda: name() == "RMB-000000")
    QTest.keyClick(table.view, Qt.Key.Key_Down)
    await until(lambda: name() == "RMB-000001")
    facts = [label.text() for label in table.details.panel.findChildren(QLabel, "fact")]
    assert "Reason 1" in facts
    assert "1.10 EUR" in facts
    assert "Acme DE" in facts
    story = [facts.index("Order bought"), facts.index("Posted by Amazon")]
    assert story == sorted(story)
    fold = table.findChild(QToolButton, "rawFold")
    raw = table.findChild(QPlainTextEdit, "rawText")
    assert not raw.isVisible()
    fold.click()
    assert raw.isVisible()
    assert '"Amount": 1.10' in raw.toPlainText()
    followed = []
    table.link_followed.connect(lambda *to: followed.append(to))
    table.details.panel.findChildren(QPushButton, "relatedLink")[0].click()
    table.details.panel.findChildren(QPushButton, "relatedLink")[1].click()
    assert followed == [("orders", "302-0000001"), ("inventory", "SKU-0001")]
    assert table.details.close()
    assert not table.details.panel.isVisible()


async def test_a_panel_made_wider_opens_so_wide_again(open_table, fill, until):
    await fill.claims(range(2))
    table = await open_table()
    table.choose_first()
    table.details.open()
    handle = table.findChild(QSplitter).handle(1)
    before = table.details.panel.width()
    start = handle.rect().center()
    QTest.mousePress(handle, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(handle, start - QPoint(100, 0))
    QTest.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=start - QPoint(100, 0))
    wide = table.details.panel.width()
    assert wide > before + 50
    again = await open_table()
    again.choose_first()
    again.details.open()
    assert again.details.panel.width() == wide


async def test_an_identifier_is_copied_by_one_click(open_table, fill, until):
    await fill.orders([4])
    table = await open_table(Dataset.ORDERS)
    table.choose_first()
    table.details.open()
    await until(lambda: table.findChild(QToolButton, "detailsName") is not None)
    table.findChild(QToolButton, "detailsName").click()
    assert clipboard() == "302-0000004"
    related = [b.text() for b in table.details.panel.findChildren(QPushButton, "relatedLink")]
    assert related[0] == "SKU-0004"


async def test_a_row_that_is_gone_says_so(open_table, fill, until, db):
    await fill.claims(range(2))
    table = await open_table()
    await db.write(lambda c: c.exec_driver_sql("DELETE FROM amazon_claims"))
    table.choose_first()
    table.details.open()
    await until(lambda: table.findChild(QLabel, "detailsNote") is not None)
    assert "no longer" in table.findChild(QLabel, "detailsNote").text()


async def test_a_sku_leads_to_its_orders(open_table, fill, until):
    await fill.inventory([4])
    table = await open_table(Dataset.INVENTORY)
    table.choose_first()
    table.details.open()
    await until(lambda: table.findChild(QPushButton, "relatedLink") is not None)
    followed = []
    table.link_followed.connect(lambda *to: followed.append(to))
    table.findChild(QPushButton, "relatedLink").click()
    assert followed == [("orders", "SKU-0004")]


async def test_the_current_row_stays_in_sight_where_the_room_for_rows_shrinks(
    open_table, fill, until, click_row
):
    await fill.claims(range(60))
    table = await open_table()
    view = table.view
    last = view.rowAt(view.viewport().height() - 1) - 1  # the last that is seen whole
    click_row(table, last)
    before = view.viewport().height()
    table.states.announce("37 new rows.")  # as the bar of the details does, and a narrow window
    await until(lambda: view.viewport().height() < before)
    bottom = view.rowViewportPosition(last) + view.row_height
    assert bottom <= view.viewport().height()
