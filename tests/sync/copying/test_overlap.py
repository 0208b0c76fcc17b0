"""How much of the orders is read again."""

from datetime import timedelta

import pytest

from opside_desktop.sync.copying.orders import overlap


@pytest.mark.parametrize(
    ("per_day", "expected"),
    [
        (None, timedelta(hours=1)),
        (0, timedelta(days=30)),
        (3, timedelta(days=25)),
        (75, timedelta(days=1)),
        (100_000, timedelta(hours=1)),
    ],
)
def test_orders_are_read_again_as_far_as_one_page_reaches(per_day, expected):
    assert overlap(per_day) == expected
