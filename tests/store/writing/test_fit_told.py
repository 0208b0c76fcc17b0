"""What is told of an event is made to fit, or refused by name; then both databases take it."""

from dataclasses import replace
from decimal import Decimal

import pytest

from opside_desktop.claims.identity.outcomes import WindowReading
from opside_desktop.domain.errors import BadData
from opside_desktop.domain.records import Money
from opside_desktop.store.writing.event_pages import write_events_page
from opside_desktop.store.writing.fit_records import fit_told
from tests.claims.event_memory import START, TX, at, told

GOOD = told(TX, "-10", at(0, 5), order="A", sku="S", ids=["T1"])


def with_(**fields):
    return replace(GOOD, reading=replace(GOOD.reading, **fields))


def test_what_fits_stays_the_very_same():
    assert fit_told(GOOD) == (GOOD, [])
    assert fit_told(GOOD)[0] is GOOD


@pytest.mark.parametrize(
    ("fields", "field", "stands"),
    [
        ({"sku": "S" * 256}, "sku", None),
        ({"order_id": "A\0"}, "order id", None),
        ({"description": "x\0y"}, "description", "xy"),
        ({"event_type": "E" * 300}, "event type", "E" * 255),
        ({"quantity": 2**40}, "quantity", None),
        ({"case_id": "C" * 256}, "case id", None),
    ],
)
async def test_a_field_that_does_not_fit_is_mended_and_named(db, run, fields, field, stands):
    fitted, mended = fit_told(with_(**fields))
    assert mended == [field]
    assert getattr(fitted.reading, next(iter(fields))) == stands
    await written(db, run, fitted)


@pytest.mark.parametrize(
    "fields",
    [
        {"transaction_ids": ("T" * 3000, "T1", "\ud800")},
        {"other_ids": ("O\0",)},
        {"status": "S" * 60},
        {"money": Money(amount=Decimal("-10.005"), currency="USD")},
    ],
)
async def test_what_nobody_sees_is_made_to_fit_without_a_word(db, run, fields):
    fitted, mended = fit_told(with_(**fields))
    assert mended == []
    assert await written(db, run, fitted) == 1
    # What is stored is what is told again.
    assert await written(db, run, fitted) == 0


@pytest.mark.parametrize("money", [Decimal(10**9), Decimal("NaN")])
def test_money_that_does_not_fit_is_refused(money):
    with pytest.raises(BadData, match="cannot be stored"):
        fit_told(with_(money=Money(amount=money, currency="USD")))


async def written(db, run, event):
    window = WindowReading(TX, START, at(9), at(99), read_before=False)
    rows = await write_events_page(
        db, run, [event], window, is_last=True, first_started_at=run.started_at
    )
    return rows.counted
