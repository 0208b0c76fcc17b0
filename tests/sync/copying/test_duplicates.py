"""Duplicates are counted over a complete window, whatever pages it comes in."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from opside_desktop.amazon.pages import Page
from opside_desktop.sync.copying.claims import ClaimWindow, dated_rows
from opside_desktop.sync.copying.resume_state import HeldEvent, Scan, Search
from opside_desktop.sync.copying.undated import hold, release, undated_counts
from tests.claims.events import adjustment, fee_credit, order_event

EVENTS = [
    adjustment("WAREHOUSE_LOST", "1"),
    adjustment("WAREHOUSE_LOST", "2"),
    adjustment("WAREHOUSE_LOST", "1", posted="2026-10-01T10:00:01Z"),
    order_event("RefundEventList", "-3"),
    order_event("ShipmentEventList", "3"),
]


DAY = datetime(2026, 10, 1, tzinfo=UTC)


def a_window(days=15):
    return ClaimWindow(Scan(start=DAY, end=DAY + timedelta(days=days)))


def taken(window, records):
    """What a page of these records adds: events, claims, and what was told of the others."""
    page = window.take(Page(list(records)), False)
    return [event for event, _ in page.records], [claim for _, claim in page.records], page


def keys(pages):
    window = a_window()
    return Counter(event.event_key for page in pages for event in taken(window, page)[0])


@settings(deadline=None)  # a busy computer is no fault
@given(st.lists(st.sampled_from(EVENTS), max_size=12), st.data())
def test_keys_do_not_depend_on_pages_or_on_order(events, data):
    shuffled = data.draw(st.permutations(events))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(events)), max_size=4)))
    pages = [shuffled[a:b] for a, b in zip([0, *cuts], [*cuts, len(events)], strict=True)]
    found = keys(pages)
    assert found == keys([events])
    assert set(found.values()) <= {1}
    kept = [event for event in events if event.event_list != "ShipmentEventList"]
    assert sum(found.values()) == len(kept)


def test_one_more_twin_adds_a_key_and_keeps_the_others():
    duplicate = EVENTS[0]
    assert set(keys([[duplicate, duplicate]])) < set(keys([[duplicate], [duplicate, duplicate]]))


def test_a_page_that_came_before_adds_nothing():
    window = a_window()
    taken(window, EVENTS)
    again = window.take(Page(list(EVENTS)), True)
    assert (again.records, again.skipped) == ([], [])


def test_dateless_events_wait_until_their_day_is_known():
    credit = fee_credit("4.20")
    window = a_window()
    events, _, _ = taken(window, [credit, EVENTS[0], credit])
    assert [event.event_list for event in events] == ["AdjustmentEventList"]
    assert list(window.undated.values()) == [2]
    search = Search(DAY, DAY + timedelta(days=1), window.undated)
    rows = [event for event, _ in dated_rows(search, window.held).records]
    assert len({row.event_key for row in rows}) == 2
    within_a_day, _, _ = taken(a_window(days=1), [credit, credit])
    assert [row.event_key for row in within_a_day] == [row.event_key for row in rows]
    assert rows[0].payload == credit.payload
    found = undated_counts([credit, fee_credit("5")], window.held)
    assert found == {next(iter(window.undated)): 1}


def test_a_held_event_keeps_its_numbers_exact_and_its_status():
    credit = replace(fee_credit("0.10"), status="DEFERRED")
    assert release(hold(credit)) == credit


@pytest.mark.parametrize("name", ["TransactionStatus", "transactionStatus"])
def test_an_event_that_version_0_1_held_tells_its_status_in_its_payload(name):
    held = HeldEvent("ServiceFeeEventList", f'{{"{name}": "DEFERRED"}}')
    assert release(held).status == "DEFERRED"


def test_what_the_database_cannot_hold_is_skipped_alone():
    events, claims, page = taken(
        a_window(), [adjustment("WAREHOUSE_LOST", "99999999999"), EVENTS[0]]
    )
    assert len(claims) == len(events) == 1
    assert "digits" in page.skipped[0].why
    assert page.skipped[0].record == (
        "AdjustmentEventList WAREHOUSE_LOST (99999999999 USD, 2026-10-01T10:00:00Z)"
    )


def test_what_stands_beside_the_money_is_cut_or_left_empty_and_named():
    long = adjustment("X" * 300, "1")
    nul = order_event("RefundEventList", "-3")
    nul.payload["AmazonOrderId"] = "111-\0"
    events, claims, page = taken(a_window(), [long, nul])
    assert [claim.amount for claim in claims] == [1, -3]
    assert (events[0].event_type, claims[1].order_id) == ("X" * 255, None)
    assert "\0" not in claims[1].description
    assert {mended.field for mended in page.mended} == {"event type", "order id", "description"}
    assert page.skipped == []
