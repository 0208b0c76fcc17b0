"""Which of the claims of version 0.1 are one event that Amazon worded anew, and which are two."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opside_desktop.claims.classes import EventClass
from opside_desktop.claims.doubles import (
    EarlierSync,
    OldClaim,
    Origin,
    earlier_readings,
    find_doubles,
    perhaps_double,
)

POSTED = datetime(2026, 11, 20, 10, tzinfo=UTC)
AMAZON = Origin(is_mock=False, mock_scenario=None)
SIMULATOR = Origin(is_mock=True, mock_scenario="simulator")


def started(n):
    """When the sync of a number began: a day after the one before."""
    return datetime(2026, 11, 21 + n, 8, tzinfo=UTC)


def sync(n, *, is_whole=True, since=None, origin=AMAZON):
    return EarlierSync(f"sync{n}", started(n), is_whole, since, origin)


class History:
    """Claims with the sync that brought each and the last that met it."""

    def __init__(self, *syncs):
        self.readings = earlier_readings(syncs)
        self.claims = []
        self.brought_by = {}

    def claim(self, name, brought, met=None, **fields):
        told_at = started(brought if met is None else met) + timedelta(seconds=30)
        same = {
            "claim_id": name,
            "event_class": EventClass.REFUND,
            "posted_at": POSTED,
            "day": POSTED.date(),
            "order_id": "A",
            "sku": "S",
            "quantity": 1,
            "currency": "USD",
            "amount": Decimal("-10.00"),
            "origin": AMAZON,
            "last_told_at": told_at,
        }
        self.claims.append(OldClaim(**{**same, **fields}))
        self.brought_by[name] = f"sync{brought}"

    @property
    def doubles(self):
        asked = {one.claim_id for one in perhaps_double(self.claims, self.readings)}
        known = {name: by for name, by in self.brought_by.items() if name in asked}
        found = find_doubles(self.claims, self.readings, known)
        assert found == find_doubles(self.claims[::-1], self.readings, self.brought_by)
        return found


def test_a_claim_that_came_when_one_that_agrees_was_no_longer_met_is_its_double():
    history = History(sync(1), sync(2))
    history.claim("old", 1)
    history.claim("new", 2)
    assert history.doubles == {"new": "old"}


def test_twins_of_one_reading_are_two():
    history = History(sync(1), sync(2))
    history.claim("one", 1)
    history.claim("other", 1)
    assert history.doubles == {}


def test_twins_that_are_both_worded_anew_stay_two():
    history = History(sync(1), sync(2))
    for name, brought in [("one", 1), ("other", 1), ("one again", 2), ("other again", 2)]:
        history.claim(name, brought)
    assert sorted(history.doubles.values()) == ["one", "other"]
    assert sorted(history.doubles) == ["one again", "other again"]


def test_of_two_that_agree_one_is_no_double_of_a_single_claim():
    history = History(sync(1), sync(2))
    history.claim("old", 1)
    history.claim("new", 2)
    history.claim("another", 2)
    assert len(history.doubles) == 1


def test_of_a_chain_of_three_the_oldest_stays():
    history = History(sync(1), sync(2), sync(3))
    history.claim("first", 1)
    history.claim("second", 2)
    history.claim("third", 3)
    assert history.doubles == {"second": "first", "third": "first"}


def test_a_claim_that_is_still_met_has_no_double():
    history = History(sync(1), sync(2))
    history.claim("old", 1, met=2)
    history.claim("new", 2)
    assert history.doubles == {}


def test_a_claim_that_a_later_reading_misses_first_is_paired_with_what_came_then():
    history = History(sync(1), sync(2), sync(3))
    history.claim("old", 1, met=2)
    history.claim("new", 3)
    assert history.doubles == {"new": "old"}


def test_what_an_interrupted_sync_and_the_one_that_went_on_brought_is_of_one_reading():
    history = History(sync(1), sync(2, is_whole=False), sync(3))
    history.claim("one", 2)
    history.claim("twin", 3)
    assert history.doubles == {}


def test_an_incomplete_reading_proves_nothing():
    history = History(sync(1), sync(2, is_whole=False))
    history.claim("old", 1)
    history.claim("new", 2)
    assert history.doubles == {}


@pytest.mark.parametrize(
    "other",
    [
        {"posted_at": POSTED + timedelta(seconds=1)},
        {"order_id": "B"},
        {"sku": "T"},
        {"currency": "CAD"},
        {"amount": Decimal("-10.01")},
        {"event_class": EventClass.GUARANTEE},
        {"day": None, "posted_at": None},
    ],
)
def test_claims_that_differ_are_two(other):
    history = History(sync(1), sync(2))
    history.claim("old", 1)
    history.claim("new", 2, **other)
    assert history.doubles == {}


@pytest.mark.parametrize(
    "other",
    [
        {"posted_at": POSTED + timedelta(microseconds=1)},
        {"posted_at": None},
        {"sku": None},
        {"order_id": None},
        {"quantity": 2},
    ],
)
def test_what_is_not_told_contradicts_nothing(other):
    history = History(sync(1), sync(2))
    history.claim("old", 1)
    history.claim("new", 2, **other)
    assert history.doubles == {"new": "old"}


def test_the_one_that_agrees_best_is_taken():
    history = History(sync(1), sync(2))
    history.claim("without", 1, sku=None)
    history.claim("with", 1)
    history.claim("new", 2)
    assert history.doubles == {"new": "with"}


def test_what_a_simulator_sent_is_no_double_of_what_amazon_did():
    history = History(sync(1), sync(2, origin=SIMULATOR))
    history.claim("old", 1)
    history.claim("new", 2, origin=SIMULATOR)
    assert history.doubles == {}


def test_a_sync_of_version_0_1_read_90_days_first_then_two_weeks_again():
    first, second, third = (
        reading.since
        for reading in earlier_readings(
            [sync(1), sync(2), sync(3, since=datetime(2026, 1, 1, tzinfo=UTC))]
        )
    )
    assert first == datetime(2026, 8, 24, tzinfo=UTC)
    assert second == datetime(2026, 11, 8, tzinfo=UTC)
    assert third == datetime(2026, 1, 1, tzinfo=UTC)


def test_a_claim_from_before_what_was_read_again_is_not_stale():
    history = History(sync(1), sync(2))
    history.claim(
        "old", 1, posted_at=POSTED - timedelta(days=30), day=(POSTED - timedelta(days=30)).date()
    )
    history.claim(
        "new", 2, posted_at=POSTED - timedelta(days=30), day=(POSTED - timedelta(days=30)).date()
    )
    assert history.doubles == {}


@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(0, 3), st.sampled_from("ST")), max_size=9),
    st.sets(st.integers(1, 4)),
)
def test_whatever_happened_something_of_everything_stays(claims, interrupted):
    history = History(*(sync(n, is_whole=n not in interrupted) for n in range(1, 5)))
    for number, (brought, later, sku) in enumerate(claims):
        history.claim(f"{number}", brought, met=min(4, brought + later), sku=sku)
    doubles = history.doubles
    by_id = {one.claim_id: one for one in history.claims}
    for newer, older in doubles.items():
        assert older not in doubles
        assert replace(by_id[newer], claim_id="", last_told_at=POSTED) == replace(
            by_id[older], claim_id="", last_told_at=POSTED
        )
        assert by_id[older].last_told_at < by_id[newer].last_told_at
    # As many stay as one reading brought at once.
    for sku in "ST":
        for n in range(1, 5):
            of_one = [b for b, _, other in claims if other == sku and b == n]
            stayed = [i for i, one in by_id.items() if one.sku == sku and i not in doubles]
            assert len(stayed) >= len(of_one)
