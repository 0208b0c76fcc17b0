"""What a window's pages bring of claims, and what of it waits until its day is known."""

from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec.structs import replace

from opside_desktop.amazon.pages import Page
from opside_desktop.claims.unknown import MOST_SHOWN, UnknownKinds
from opside_desktop.domain.claim_types import HiddenReason
from opside_desktop.sync.copying.claim_window import ClaimWindow, dated_rows
from opside_desktop.sync.copying.resume_state import HeldEvent, Scan, Search
from opside_desktop.sync.copying.undated import hold, release, undated_counts
from tests.claims.events import adjustment, event, fee_credit, order_event, usd

EVENTS = [
    adjustment("WAREHOUSE_LOST", "1"),
    adjustment("WAREHOUSE_LOST", "2"),
    adjustment("WAREHOUSE_LOST", "1", posted="2026-10-01T10:00:01Z"),
    order_event("RefundEventList", "-3"),
    order_event("ShipmentEventList", "3"),
]
DAY = datetime(2026, 10, 1, tzinfo=UTC)
SPARE = date(2026, 9, 21)


def a_window(days=15, unknown=None, **scan):
    window = Scan(start=DAY, end=DAY + timedelta(days=days), **scan)
    return ClaimWindow(window, unknown or UnknownKinds(), SPARE)


def take(window, records):
    return window.take(Page(list(records)), False)


def test_a_sale_is_no_claim():
    told = take(a_window(), EVENTS).records
    assert [one.reading.money.amount for one in told] == [1, 2, 1, -3]


def test_a_page_that_came_before_adds_nothing():
    window = a_window()
    take(window, EVENTS)
    again = window.take(Page(list(EVENTS)), True)
    assert (again.records, again.skipped) == ([], [])


def test_dateless_events_wait_until_their_day_is_known():
    credit = fee_credit("4.20")
    window = a_window()
    told = take(window, [credit, EVENTS[0], credit]).records
    assert [one.event_list for one in told] == ["AdjustmentEventList"]
    assert list(window.undated.values()) == [2]
    search = Search(DAY, DAY + timedelta(days=1), window.undated)
    rows = dated_rows(search, window.held).records
    assert [(row.day, row.posted_at) for row in rows] == 2 * [(DAY.date(), None)]
    assert take(a_window(days=1), [credit, credit]).records == rows
    assert rows[0].payload == credit.payload
    found = undated_counts([credit, fee_credit("5")], window.held)
    assert found == {next(iter(window.undated)): 1}


def unknown_events(count):
    return [event("NewEventList", Amount=usd(number + 1)) for number in range(count)]


def test_too_many_dateless_events_of_an_unknown_kind_are_hidden_and_not_searched_for():
    unknown = UnknownKinds()
    window = a_window(unknown=unknown)
    told = take(window, unknown_events(MOST_SHOWN + 3)).records
    assert sum(window.undated.values()) == MOST_SHOWN
    assert [(one.day, one.hidden) for one in told] == 3 * [(SPARE, HiddenReason.UNKNOWN)]
    window.begin()
    assert unknown.met == {}


def test_an_order_that_is_asked_for_singly_tells_no_day_of_what_has_no_date():
    window = a_window(days=1, order_id="902-1")
    assert [
        one.reading.money.amount for one in take(window, [fee_credit("4"), EVENTS[0]]).records
    ] == [1]
    assert window.undated == {}


def test_a_held_event_keeps_its_numbers_exact_and_its_status():
    credit = replace(fee_credit("0.10"), status="DEFERRED")
    assert release(hold(credit)) == credit


@pytest.mark.parametrize("name", ["TransactionStatus", "transactionStatus"])
def test_an_event_that_version_0_1_held_tells_its_status_in_its_payload(name):
    held = HeldEvent("ServiceFeeEventList", f'{{"{name}": "DEFERRED"}}')
    assert release(held).status == "DEFERRED"


def test_what_the_database_cannot_hold_is_skipped_alone():
    page = take(a_window(), [adjustment("WAREHOUSE_LOST", "99999999999"), EVENTS[0]])
    assert len(page.records) == 1
    assert "digits" in page.skipped[0].why
    assert page.skipped[0].record == (
        "AdjustmentEventList WAREHOUSE_LOST (99999999999 USD, 2026-10-01T10:00:00Z)"
    )


def test_what_stands_beside_the_money_is_cut_or_left_empty_and_named():
    long = adjustment("X" * 300, "1")
    nul = order_event("RefundEventList", "-3")
    nul.payload["AmazonOrderId"] = "111-\0"
    page = take(a_window(), [long, nul])
    first, second = (one.reading for one in page.records)
    assert (first.event_type, second.order_id) == ("X" * 255, None)
    assert "\0" not in second.description
    assert {mended.field for mended in page.mended} == {"event type", "order id", "description"}
    assert page.skipped == []
