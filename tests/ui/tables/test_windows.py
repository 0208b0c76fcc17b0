"""The cache of a table's windows: what is kept, what is read next, and what was read for whom."""

from typing import NamedTuple

import pytest

from opside_desktop.store.reading.packed_ids import RowIds
from opside_desktop.ui.tables.rows.row_windows import (
    KEPT_WINDOWS,
    MOST_AT_ONCE,
    WINDOW,
    Windows,
    read_windows,
)


class Row(NamedTuple):
    row_id: int


def rows(start, stop):
    return [Row(n) for n in range(start, stop)]


def window(number):
    return rows(number * WINDOW, (number + 1) * WINDOW)


def of(count, **kept):
    """Windows of so many rows, whose ids are their places."""
    return Windows(RowIds.of(range(count)), **kept)


class Source:
    """Rows that are there unless their ids are among the gone."""

    def __init__(self, *gone):
        self._gone = gone

    async def rows(self, ids):
        return [None if one in self._gone else Row(one) for one in ids]


def test_a_row_is_found_at_its_place_and_none_where_nothing_was_read():
    windows = of(2 * WINDOW + 7, kept={1: window(1), 2: rows(2 * WINDOW, 2 * WINDOW + 7)})
    for number in (WINDOW, 2 * WINDOW - 1, 2 * WINDOW, 2 * WINDOW + 6):
        assert windows.row(number) == Row(number)
    assert windows.row(WINDOW - 1) is None
    assert windows.row(2 * WINDOW + 7) is None
    assert windows.numbers() == [1, 2]


def test_a_window_is_asked_for_once_until_it_came_or_was_given_up():
    windows = of(9 * WINDOW)
    windows.visible = (3, 3)
    assert windows.want(3 * WINDOW)
    assert not windows.want(4 * WINDOW - 1)
    assert windows.take_wanted() == [3]
    assert not windows.want(3 * WINDOW)
    assert windows.is_wanted(3)
    windows.put({3: window(3)})
    assert not windows.want(3 * WINDOW)
    assert not windows.is_wanted(3)
    assert windows.want(5 * WINDOW)
    windows.give_up()
    assert not windows.is_wanted(5)
    assert windows.want(5 * WINDOW)


def test_nothing_is_asked_for_while_only_the_first_rows_are_known():
    windows = Windows(None, {0: window(0)})
    assert not windows.want(3 * WINDOW)
    assert windows.take_wanted() == []
    assert windows.neighbours() == []


def test_the_newest_wanted_on_screen_are_read_and_what_was_scrolled_past_is_forgotten():
    windows = of(30 * WINDOW)
    windows.visible = (4, 4 + MOST_AT_ONCE)
    for number in (9, 4, 20, *range(5, 5 + MOST_AT_ONCE)):
        windows.want(number * WINDOW)
    assert windows.take_wanted() == list(range(5, 5 + MOST_AT_ONCE))
    assert windows.take_wanted() == []
    assert windows.want(9 * WINDOW)


def test_where_none_is_on_screen_the_newest_wanted_is_read():
    windows = of(30 * WINDOW)
    windows.visible = (0, 1)
    for number in (9, 20, 12):
        windows.want(number * WINDOW)
    assert windows.take_wanted() == [12]


def test_what_is_looked_at_longest_ago_makes_room():
    windows = of(99 * WINDOW)
    for number in range(KEPT_WINDOWS):
        windows.put({number: window(number)})
    windows.put({0: window(0)})
    windows.put({50: window(50)})
    assert windows.numbers() == [0, *range(2, KEPT_WINDOWS), 50]


@pytest.mark.parametrize(
    ("visible", "kept", "missing"),
    [
        ((3, 4), (3, 4), [5, 2]),
        ((0, 1), (0, 1), [2]),
        ((6, 7), (6, 7), [5]),
        ((5, 6), (5, 6), [7, 4]),
        ((3, 4), (2, 3, 4, 5), []),
        ((3, 4), (3, 4, 5), [2]),
    ],
)
def test_neighbours_are_what_lies_around_the_view_and_is_missing(visible, kept, missing):
    windows = of(7 * WINDOW + 1, kept={number: window(number) for number in kept})
    windows.visible = visible
    assert windows.neighbours() == missing


def test_neighbours_wait_for_what_is_on_screen():
    windows = of(9 * WINDOW)
    windows.visible = (3, 3)
    windows.want(3 * WINDOW)
    assert windows.neighbours() == []
    windows.take_wanted()
    assert windows.neighbours() == [4, 2]


def test_the_last_window_ends_with_the_last_row():
    exactly = of(7 * WINDOW, kept={6: window(6)})
    exactly.visible = (6, 6)
    assert exactly.neighbours() == [5]


def test_the_first_rows_are_held_against_the_ids():
    shown = Windows(None, {0: rows(0, 5)})
    assert shown.first_ids_are(RowIds.of(range(9)))
    assert shown.first_ids_are(RowIds.of(range(5)))
    assert not shown.first_ids_are(RowIds.of([0, 1, 9, 3, 4]))
    assert not shown.first_ids_are(RowIds.of([7, *range(9)]))
    assert not shown.first_ids_are(RowIds.of(range(4)))


async def test_each_window_gets_its_own_rows_wherever_the_short_last_one_stands():
    ids = RowIds.of(range(2 * WINDOW + 3))
    read = await read_windows(Source(), ids, [2, 0, 1])
    assert read == {2: rows(2 * WINDOW, 2 * WINDOW + 3), 0: window(0), 1: window(1)}


async def test_a_row_that_is_gone_leaves_its_place_empty():
    read = await read_windows(Source(WINDOW + 1), RowIds.of(range(2 * WINDOW)), [1])
    assert read[1][:3] == [Row(WINDOW), None, Row(WINDOW + 2)]
    assert len(read[1]) == WINDOW
    kept = of(2 * WINDOW, kept=read)
    assert kept.row(WINDOW + 1) is None
    assert kept.row(2 * WINDOW - 1) == Row(2 * WINDOW - 1)


async def test_nothing_is_read_of_no_windows():
    assert await read_windows(Source(), RowIds(), [0]) == {}
