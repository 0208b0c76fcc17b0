"""Which stretches of time a sync asks for."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opside_desktop.sync.copying.windows import (
    Span,
    first_start,
    merged,
    midnight,
    upper_bound,
    windows,
    without,
)

NOON = datetime(2026, 11, 23, 12, 30, 15, 250_000, tzinfo=UTC)
ORIGIN = datetime(2026, 1, 1, tzinfo=UTC)

HOURS = st.integers(0, 24 * 40)


def hours(start, end):
    return Span(ORIGIN + timedelta(hours=start), ORIGIN + timedelta(hours=end))


SPANS = st.tuples(HOURS, HOURS).map(lambda pair: hours(min(pair), max(pair) + 1))


def covered(spans):
    """The hours that spans cover, each as often as it is covered."""
    return sorted(
        hour
        for span in spans
        for hour in range(
            int((span.start - ORIGIN).total_seconds()) // 3600,
            int((span.end - ORIGIN).total_seconds()) // 3600,
        )
    )


@given(SPANS, st.lists(SPANS, max_size=6), st.sampled_from([1, 15, 30]))
def test_windows_cover_what_is_not_finished_exactly_once(span, finished, days):
    planned = windows(span, finished, days)
    done = set(covered(finished))
    assert covered(planned) == [hour for hour in covered([span]) if hour not in done]
    assert planned == sorted(planned)
    for window in planned:
        assert window.end - window.start <= timedelta(days=days)


@given(SPANS, st.lists(SPANS, max_size=6), st.data())
def test_finishing_the_windows_in_any_order_ends_the_plan(span, finished, data):
    done = list(finished)
    rounds = 0
    while left := windows(span, done, 15):
        done = list(merged([*done, data.draw(st.sampled_from(left))]))
        rounds += 1
        assert rounds < 100
    assert without(span, done) == []


@given(SPANS, st.integers(1, 30), st.integers(0, 20))
def test_a_later_start_cuts_at_the_same_midnights(span, days, later):
    cuts = {window.end for window in windows(span, [], days)} - {span.end}
    shorter = Span(min(span.start + timedelta(days=later), span.end), span.end)
    assert {window.end for window in windows(shorter, [], days)} - {span.end} <= cuts
    assert all(cut == midnight(cut) for cut in cuts)


@given(SPANS)
def test_halving_a_window_comes_down_to_single_days(span):
    left = [span]
    while left:
        piece = left.pop()
        if piece.day is not None:
            assert piece.end - piece.start <= timedelta(days=1)
            continue
        first, second = piece.split()
        assert (first.start, first.end, second.end) == (piece.start, second.start, piece.end)
        assert first.start < first.end < second.end
        assert first.end == midnight(first.end)
        left += [first, second]


def test_a_day_is_split_by_the_hour_and_not_below():
    day = hours(0, 24)
    assert day.can_split
    assert day.split()[0] == hours(0, 12)
    assert not hours(3, 4).can_split


def test_a_first_sync_reaches_90_days_back_to_midnight_and_up_to_three_minutes_ago():
    assert first_start(NOON) == datetime(2026, 8, 25, tzinfo=UTC)
    assert upper_bound(NOON) == datetime(2026, 11, 23, 12, 27, 15, tzinfo=UTC)
    whole = Span(first_start(NOON), upper_bound(NOON))
    for day in range(30):
        span = Span(whole.start + timedelta(days=day), whole.end + timedelta(days=day))
        assert len(windows(span, [], 15)) <= 8
        assert len(windows(span, [], 30)) <= 5


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (hours(24, 48), "on 2 January 2026"),
        (hours(24, 96), "from 2 January 2026 to 4 January 2026"),
        (hours(26, 28), "on 2 January 2026 from 02:00 to 04:00 UTC"),
        (hours(36, 48), "on 2 January 2026 from 12:00 to 24:00 UTC"),
        (hours(24, 60), "from 2 January 2026 to 3 January 2026, 12:00 UTC"),
        (hours(36, 96), "from 2 January 2026, 12:00 to 4 January 2026"),
    ],
)
def test_a_stretch_is_named_as_people_name_it(span, words):
    assert span.in_words == words
