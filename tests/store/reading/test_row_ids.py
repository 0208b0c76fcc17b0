"""Packed row ids behave as a list of them would, of both kinds."""

import random
from sys import byteorder
from uuid import UUID

import pytest

from opside_desktop.store.reading.packed_ids import RowIds


@pytest.fixture(params=["numbers", "keys"])
def make_ids(request):
    """Make the id that belongs to a number."""
    return (lambda n: n) if request.param == "numbers" else (lambda n: UUID(int=n * 2**60))


def test_they_read_as_a_list_does(make_ids):
    listed = [make_ids(n) for n in (7, 1, 256, 0, 2**40, 65536, 3)]
    ids = RowIds.of(listed)
    assert len(ids) == 7
    assert list(ids) == listed
    assert [ids[n] for n in range(-7, 7)] == listed + listed
    assert list(ids[2:5]) == listed[2:5]
    assert list(ids[::-2]) == listed[::-2]
    assert ids[:] is ids
    assert RowIds.join([ids[:3], RowIds(), ids[3:]]) == ids
    assert not RowIds.join([])
    with pytest.raises(IndexError):
        ids[7]


def test_each_is_found_where_it_stands_and_no_other(make_ids):
    # Small numbers are mostly zeros, which look alike across the borders of their neighbours.
    listed = [make_ids(n) for n in range(0, 70_000, 7)]
    ids = RowIds.of(listed)
    for place in (0, 1, 36, 37, 5000, 9999):
        assert ids.index(listed[place]) == place
    for absent in (1, 255, 65537, 2**50):
        with pytest.raises(ValueError, match="not among"):
            ids.index(make_ids(absent))


@pytest.mark.parametrize(
    ("make", "width"),
    [
        (lambda data: int.from_bytes(data, byteorder, signed=True), 8),
        (lambda data: UUID(bytes=data), 16),
    ],
)
def test_what_lies_across_the_border_of_two_ids_is_none(make, width):
    first = b"\1".ljust(width, b"\0")
    across = [make(first[::-1]), make(bytes(width)), make(first)]
    assert [RowIds.of(across).index(one) for one in across] == [0, 1, 2]
    with pytest.raises(ValueError, match="not among"):
        RowIds.of(across[:2]).index(across[2])
    # It begins at every byte behind the first, and only the last of them is its own.
    alike = [make(b"\0" + b"\1" * (width - 1)), make(b"\1" * width)]
    assert [RowIds.of(alike).index(one) for one in alike] == [0, 1]


def test_places_of_some_come_as_stretches(make_ids):
    ids = RowIds.of(make_ids(n) for n in range(1000))
    wanted = RowIds.of(make_ids(n) for n in [5, 7, 6, 500, 999, 2000, 0])
    assert ids.find(wanted) == [(0, 0), (5, 7), (500, 500), (999, 999)]
    assert ids.find(ids) == [(0, 999)]
    assert ids.find(RowIds()) == []
    assert RowIds().find(ids) == []


def test_places_of_very_many_are_found_in_passes(make_ids):
    numbers = list(range(250_000))
    random.Random(1).shuffle(numbers)
    mixed = RowIds.of(make_ids(n) for n in numbers)
    ids = RowIds.of(make_ids(n) for n in range(10, 250_020))
    assert ids.find(mixed) == [(0, 249_989)]
