"""Money that Amazon holds back, and claims that lists and sums leave out: found, and told apart."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPlainTextEdit, QToolButton

from opside_desktop.domain.claim_types import HiddenReason
from opside_desktop.domain.datasets import Dataset
from opside_desktop.store.schema import tables
from opside_desktop.ui.tables.rows.clipboard import CopyFormat
from opside_desktop.ui.tables.rows.query import Condition, Op, TableQuery
from tests.ui.tables.conftest import DAY, NOW, USER
from tests.ui.tables.menus import chips, choose, close_menus, fields, names, popup, settled

DUE = datetime(2026, 12, 3, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_menu_is_left():
    yield
    close_menus()


@pytest.fixture
async def hidden(fill):
    """Three claims that are shown, and one hidden for each reason."""
    await fill.claims(range(3))
    for n, reason in enumerate(HiddenReason, 3):
        await fill.claims([n], hidden_reason=reason.value, currency="EUR", status="approved")
    return fill


async def shows(until, table, *numbers):
    await until(lambda: settled(table) and names(table) == [f"RMB-{n:06d}" for n in numbers])


def show_view(table, qtbot, name):
    qtbot.mouseClick(table.findChild(QToolButton, "views"), Qt.MouseButton.LeftButton)
    choose(popup(), name)


async def test_a_table_leaves_hidden_claims_out_of_rows_count_and_sum(open_table, hidden, until):
    table = await open_table()
    await shows(until, table, 0, 1, 2)
    assert table.filters.count.text() == "3 claims"
    await until(lambda: table.footer.words.text() == "Sum: 3.30 EUR")
    table.look_for("Reason")
    await shows(until, table, 0, 1, 2)


async def test_the_filter_offers_each_reason_in_words(open_table, hidden, until, qtbot):
    table = await open_table()
    qtbot.mouseClick(table.findChild(QToolButton, "addFilter"), Qt.MouseButton.LeftButton)
    reasons = choose(QApplication.activePopupWidget(), "Hidden")
    await until(lambda: len(reasons.actions()) == 4)
    assert sorted(action.text() for action in reasons.actions()) == [
        "Double\t1",
        "Exactly 0.00\t1",
        "Unknown kind\t1",
        "not hidden\t3",
    ]
    choose(reasons, "Exactly 0.00")
    await shows(until, table, 4)
    assert chips(table) == ["Hidden is Exactly 0.00"]
    await until(lambda: table.footer.words.text() == "Sum with what is hidden: 4.10 EUR")
    table.add_condition(Condition("hidden_reason", Op.IS, ("double", None)))
    await shows(until, table, 0, 1, 2, 3)
    assert chips(table) == ["Hidden is Double or not hidden"]


async def test_the_view_of_hidden_claims_says_of_each_that_it_is_and_why(
    open_table, hidden, until, qtbot
):
    table = await open_table()
    show_view(table, qtbot, "Hidden")
    await shows(until, table, 3, 4, 5)
    assert chips(table) == ["Hidden"]
    assert "hidden_reason" in fields(table)
    index = table.model.index(0, 0)
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "RMB-000003, hidden"
    assert "the same money as another claim" in index.data(Qt.ItemDataRole.ToolTipRole)
    show_view(table, qtbot, "All claims")
    await shows(until, table, 0, 1, 2)
    assert "hidden_reason" not in fields(table)


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (3, "it is the same money as another claim."),
        (4, "its amount is exactly 0.00."),
        (5, "it is one of very many of a kind that this program does not know."),
    ],
)
async def test_the_details_say_why_a_claim_is_left_out(open_table, hidden, until, number, why):
    table = await open_table()
    filled = Condition("hidden_reason", Op.FILLED, ())
    one = Condition("claim_id", Op.IS, (f"RMB-{number:06d}",))
    table.show_rows(TableQuery(conditions=(filled, one)))
    await shows(until, table, number)
    table.choose_first()
    QTest.keyClick(table.view, Qt.Key.Key_Space)
    await until(lambda: notes(table) == [f"Lists and sums leave this row out: {why}"])


async def test_copied_hidden_claims_say_so(open_table, hidden, until):
    table = await open_table()
    table.add_condition(Condition("hidden_reason", Op.IS, ("double", None)))
    await shows(until, table, 0, 1, 2, 3)
    table.view.selectAll()
    for form in (CopyFormat.JSON, CopyFormat.TSV):
        QApplication.clipboard().setText("")
        table.copy_rows(form)
        await until(lambda: QApplication.clipboard().text())
        text = QApplication.clipboard().text()
        if form is CopyFormat.JSON:
            told = [row["hiddenReason"] for row in json.loads(text)]
        else:
            heading, *lines = text.split("\n")
            assert heading.endswith("\tHidden")
            told = [line.rsplit("\t", 1)[1] or None for line in lines]
        assert told == [None, None, None, "double"]


async def test_money_that_is_held_back_has_a_view_with_its_days(open_table, fill, until, qtbot):
    await fill.claims([0, 1], status="approved")
    await fill.claims([2], status="pending", matures_at=DUE)
    table = await open_table()
    show_view(table, qtbot, "Held back by Amazon")
    await shows(until, table, 2)
    assert "matures_at" in fields(table)
    number = [column.field for column in table.spec.columns].index
    assert table.model.index(0, number("matures_at")).data() == "3 Dec 2026 12:00"
    tip = table.model.index(0, number("status")).data(Qt.ItemDataRole.ToolTipRole)
    assert "Amazon means to release it on 3 December 2026." in tip


@pytest.mark.parametrize(
    ("due", "words"),
    [
        (DUE, "Amazon means to release it on 3 December 2026."),
        (
            NOW - timedelta(days=2),
            "Amazon meant to release it on 21 November 2026, and has not told yet that it did.",
        ),
        (None, "Amazon holds this money back and does not say until when."),
    ],
)
async def test_the_details_of_a_pending_claim_begin_with_its_day(
    open_table, fill, until, due, words
):
    await fill.claims([2], matures_at=due, sku="SKU-7", quantity=3)
    table = await open_table()
    table.choose_first()
    QTest.keyClick(table.view, Qt.Key.Key_Space)
    await until(lambda: notes(table) == [words])
    facts = [label.text() for label in table.details.panel.findChildren(QLabel, "fact")]
    assert "3" in facts
    assert ("Release due" in facts) is (due is not None)


async def test_the_details_tell_what_each_source_told(open_table, fill, until, db):
    await fill.claims([1], amount=Decimal("5.00"))
    await db.write(lambda connection: sightings(connection, "RMB-000001"))
    table = await open_table()
    table.choose_first()
    QTest.keyClick(table.view, Qt.Key.Key_Space)

    def told():
        return [label.text() for label in table.details.panel.findChildren(QLabel, "fact")]

    await until(lambda: told())
    assert "Released · posted 3 Nov 2026 · last read 23 Nov 2026 12:00" in told()
    assert "4.90 EUR · posted 4 Nov 2026 · last read 20 Nov 2026 12:00" in told()
    titles = [label.text() for label in table.details.panel.findChildren(QLabel)]
    assert {"Transactions", "Financial events (v0)", "Told by Amazon"} <= set(titles)


async def test_what_amazon_sent_of_stock_is_shown(open_table, fill, until):
    payload = {"inventorySummaries": [{"sellerSku": "SKU-0001", "weight": Decimal("1.10")}]}
    await fill.inventory([1], payload=payload)
    table = await open_table(Dataset.INVENTORY)
    table.choose_first()
    QTest.keyClick(table.view, Qt.Key.Key_Space)
    await until(lambda: table.findChild(QPlainTextEdit, "rawText"))
    assert '"weight": 1.10' in table.findChild(QPlainTextEdit, "rawText").toPlainText()


def notes(table):
    return [label.text() for label in table.details.panel.findChildren(QLabel, "detailsNote")]


def sightings(connection, claim_id):
    """One claim as both sources told it."""
    for number, (source, status, day, amount, read) in enumerate(
        [
            ("transactions", "RELEASED", 3, "5.00", NOW),
            ("events-v0", None, 4, "4.90", DAY),
        ]
    ):
        posted = datetime(2026, 11, day, 12, tzinfo=UTC)
        connection.execute(
            tables.event_sightings.insert(),
            {
                "user_id": USER,
                "id": number,
                "source": source,
                "class": "refund",
                "seconds": [posted.isoformat()],
                "posted_day": posted.date(),
                "currency": "EUR",
                "amount": Decimal(amount),
                "status": status,
                "was_deferred": False,
                "placed_by": "new",
                "event_list": source,
                "waited": 0,
                "is_mock": False,
                "last_read": read,
            },
        )
        connection.execute(
            tables.event_claims.insert(),
            {"user_id": USER, "sighting": number, "claim": claim_id},
        )
