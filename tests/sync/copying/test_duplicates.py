"""Duplicates are counted over a complete window, whatever pages it comes in."""

from collections import Counter
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from opside_desktop.sync.copying.duplicates import (
    DuplicateCount,
    dated_rows,
    hold,
    release,
    undated_counts,
)
from tests.claims.events import adjustment, fee_credit, order_event

EVENTS = [
    adjustment("WAREHOUSE_LOST", "1"),
    adjustment("WAREHOUSE_LOST", "2"),
    adjustment("WAREHOUSE_LOST", "1", posted="2026-10-01T10:00:01Z"),
    order_event("RefundEventList", "-3"),
    order_event("ShipmentEventList", "3"),
]


def keys(pages):
    duplicates = DuplicateCount(day=None)
    return Counter(row.event_key for page in pages for row in duplicates.take(page).events)


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


def test_dateless_events_wait_until_their_day_is_known():
    credit = fee_credit("4.20")
    duplicates = DuplicateCount(day=None)
    assert (
        duplicates.take([credit, EVENTS[0], credit]).events[0].event_list == "AdjustmentEventList"
    )
    assert list(duplicates.undated.values()) == [2]
    day = date(2026, 10, 1)
    rows = dated_rows(duplicates.undated, duplicates.held, day)
    assert len({row.event_key for row in rows.events}) == 2
    within_a_day = DuplicateCount(day=day).take([credit, credit])
    assert [row.event_key for row in within_a_day.events] == [row.event_key for row in rows.events]
    assert rows.events[0].payload == credit.payload
    assert undated_counts([credit, fee_credit("5")], duplicates.held) == {
        next(iter(duplicates.undated)): 1
    }


def test_a_held_event_keeps_its_numbers_exact():
    credit = fee_credit("0.10")
    assert release(hold(credit)) == credit


def test_what_the_database_cannot_hold_is_skipped_alone():
    rows = DuplicateCount(day=None).take([adjustment("WAREHOUSE_LOST", "99999999999"), EVENTS[0]])
    assert len(rows.claims) == len(rows.events) == 1
    assert "digits" in rows.skipped[0].why
    assert rows.skipped[0].record == (
        "AdjustmentEventList WAREHOUSE_LOST (99999999999 USD, 2026-10-01T10:00:00Z)"
    )


def test_what_stands_beside_the_money_is_cut_or_left_empty_and_named():
    long = adjustment("X" * 300, "1")
    nul = order_event("RefundEventList", "-3")
    nul.payload["AmazonOrderId"] = "111-\0"
    rows = DuplicateCount(day=None).take([long, nul])
    assert [claim.amount for claim in rows.claims] == [1, -3]
    assert (rows.events[0].event_type, rows.claims[1].order_id) == ("X" * 255, None)
    assert "\0" not in rows.claims[1].description
    assert {mended.field for mended in rows.mended} == {"event type", "order id", "description"}
    assert rows.skipped == []
