"""The day of an event without a date is found again by the key that version 0.1 gave it."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from opside_desktop.claims.undated_days import days_back, days_of_keys
from opside_desktop.claims.version_1_keys import event_key

DAYS = days_back(date(2026, 11, 20), date(2026, 8, 22))


def key(day, number, content="c"):
    return event_key(content, day=day.isoformat(), ordinal=number)


@given(st.dictionaries(st.sampled_from(DAYS), st.integers(1, 12)))
def test_each_key_tells_its_day_however_many_there_are(numbers):
    days = {key(day, n): day for day, count in numbers.items() for n in range(count)}
    others = [key(day, 0, "another") for day in DAYS[:3]]
    assert days_of_keys("c", DAYS, {*days, *others}) == days


def test_a_day_that_is_not_among_those_tried_is_not_made_up():
    assert days_of_keys("c", DAYS, {key(date(2026, 8, 21), 0)}) == {}


def test_days_go_back_to_the_oldest_one():
    assert days_back(date(2026, 3, 1), date(2026, 2, 27)) == [
        date(2026, 3, 1),
        date(2026, 2, 28),
        date(2026, 2, 27),
    ]
