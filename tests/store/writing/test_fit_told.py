"""What does not fit into the database is cut, cleaned or left empty; money has to fit."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from opside_desktop.claims.readings import Reading
from opside_desktop.claims.sightings import Told
from opside_desktop.domain.claim_types import ClaimType
from opside_desktop.domain.errors import BadData
from opside_desktop.domain.records import Money
from opside_desktop.domain.sources import ClaimsSource
from opside_desktop.store.writing.fit_told import fit_told

READING = Reading(
    ClaimType.REFUND,
    Money(amount=Decimal("-10.00"), currency="USD"),
    "Refund of an order",
    order_id="902-1234567-1234567",
    sku="SKU-1",
    transaction_ids=("T1",),
    status="RELEASED",
)
TOLD = Told(
    source=ClaimsSource.TRANSACTIONS,
    reading=READING,
    posted_at=datetime(2026, 11, 3, 12, tzinfo=UTC),
    day=date(2026, 11, 3),
    event_list="transactions",
    payload={"transactionId": "T1"},
)


def test_what_fits_stays_as_it_is():
    told, cut = fit_told(TOLD)
    assert (told is TOLD, cut) == (True, [])


@pytest.mark.parametrize(
    ("fields", "right", "names"),
    [
        ({"description": "a\0b"}, {"description": "ab"}, ["description"]),
        ({"order_id": "9" * 300}, {"order_id": None}, ["order id", "order id"]),
        ({"event_type": "K" * 300}, {"event_type": "K" * 255}, ["event type"]),
        ({"quantity": 2**40}, {"quantity": None}, ["quantity"]),
        ({"status": "S" * 99}, {"status": "S" * 50}, []),
        ({"transaction_ids": ("T\0",)}, {"transaction_ids": ("T\N{REPLACEMENT CHARACTER}",)}, []),
    ],
)
def test_what_does_not_fit_is_changed_and_named(fields, right, names):
    told, cut = fit_told(replace(TOLD, reading=replace(READING, **fields)))
    assert told.reading == replace(READING, **right)
    assert [one.field for one in cut] == names


def test_money_that_does_not_fit_keeps_its_event_out():
    money = Money(amount=Decimal(10) ** 15, currency="USD")
    with pytest.raises(BadData):
        fit_told(replace(TOLD, reading=replace(READING, money=money)))
