"""An event's way from Amazon's page to its row is counted, so that it stays as short as it is."""

from benchmarks.row_way import LIMITS, row_way


def test_an_event_passes_no_more_than_it_has_to_on_its_way_to_its_row():
    for way, limits in zip(row_way(), LIMITS, strict=True):
        assert all(way), "nothing was counted"
        for names, most in zip(way, limits, strict=True):
            assert len(names) <= most, names
