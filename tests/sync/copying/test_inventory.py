"""Several summaries of one SKU are one item; what lacks is judged, not believed."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec import structs

from opside_desktop.amazon.pages import Page
from opside_desktop.domain.records import InventorySummary, Quantities, Skipped
from opside_desktop.store.writing.inventory_rows import StoredStock
from opside_desktop.sync.copying.stock import StockSums, judge


def summary(sku, total, *, fnsku="X1", condition="NewItem", asin="B1", **quantities):
    told = {"available": total, "reserved": 1, "inbound": 2, "total": total and total + 3}
    told |= {"unfulfillable": 0, "researching": 0}
    return InventorySummary(
        sku=sku,
        asin=asin,
        fnsku=fnsku,
        product_name=None,
        condition=condition,
        quantities=Quantities(**(told | quantities)),
    )


def quantities(item):
    return (
        item.quantity_available,
        item.quantity_reserved,
        item.quantity_inbound,
        item.quantity_total,
    )


def test_summaries_are_summed_over_pages_and_named_after_the_largest():
    sums = StockSums()
    sums.take(Page([summary("A", 5, fnsku="X1"), summary("B", 1)]))
    items = sums.take(Page([summary("A", 9, fnsku="X2", condition="UsedGood", asin="B2")])).records
    (item,) = items
    assert (item.sku, quantities(item)) == ("A", (14, 2, 4, 20))
    assert (item.asin, item.fnsku, item.condition) == ("B2", "X2", "UsedGood")


def test_what_cannot_be_sold_is_summed_as_the_rest_is():
    sums = StockSums()
    sums.take(Page([summary("A", 5, unfulfillable=1, researching=4)]))
    [item] = sums.take(Page([summary("A", 9, fnsku="X2", unfulfillable=2)])).records
    assert (item.quantity_unfulfillable, item.quantity_researching) == (3, 4)
    assert quantities(item) == (14, 2, 4, 20)


def test_what_amazon_sent_is_kept_of_each_summary_digit_for_digit():
    sums = StockSums()
    first = b'{"sellerSku": "A", "weight": 1.10}'
    second = b'{"sellerSku": "A", "stores": ["\xff"]}'
    sums.take(Page([structs.replace(summary("A", 5), payload=first)]))
    told = structs.replace(summary("A", 5, fnsku="X2"), payload=second)
    [item] = sums.take(Page([told])).records
    assert item.payload == {
        "inventorySummaries": [
            {"sellerSku": "A", "weight": Decimal("1.10")},
            {"sellerSku": "A", "stores": ["\ufffd"]},
        ]
    }
    [item] = sums.take(Page([], [Skipped("A", "Unreadable.", "A")])).records
    assert item.payload is None


def test_a_tie_goes_to_the_first_fnsku_whatever_the_order():
    for order in (("X2", "X1"), ("X1", "X2")):
        items = StockSums().take(Page([summary("A", 5, fnsku=fnsku) for fnsku in order])).records
        assert items[-1].fnsku == "X1"


def test_summaries_of_two_products_count_both_although_they_tell_no_fnsku():
    shown = [summary("A", 5, fnsku=None, asin=asin) for asin in ("B1", "B2")]
    items = StockSums().take(Page(shown)).records
    assert items[0].quantity_available == 10


@pytest.mark.parametrize("fnsku", ["X1", None])
def test_a_summary_that_amazon_shows_twice_counts_once(fnsku):
    sums = StockSums()
    sums.take(Page([summary("A", 5, fnsku=fnsku)]))
    items = sums.take(Page([summary("A", 6, fnsku=fnsku)])).records
    assert items[0].quantity_available == 6


def test_an_sku_that_cannot_be_stored_is_skipped_alone():
    taken = StockSums().take(Page([summary("A\0", 2), summary("B", 1)]))
    assert [item.sku for item in taken.records] == ["B"]
    assert "NUL" in taken.skipped[0].why


def test_a_number_that_is_not_told_keeps_what_is_stored():
    sums = StockSums({"A": StoredStock(Quantities(3, 1, 1, 5, 0, 0))})
    items = sums.take(
        Page([summary("A", None, inbound=None), summary("NEW", 2, reserved=None)])
    ).records
    assert [quantities(item) for item in items] == [(3, 1, 1, 5), (2, None, 2, 5)]
    assert list(sums.lacking) == ["A", "NEW"]


def test_an_answer_without_what_cannot_be_sold_keeps_it_as_it_is_stored():
    sums = StockSums({"A": StoredStock(Quantities(3, 1, 1, 9, 3, 1))})
    items = sums.take(Page([summary("A", 4, unfulfillable=None), summary("B", 1)])).records
    assert [(one.quantity_unfulfillable, one.quantity_researching) for one in items] == [
        (3, 0),
        (0, 0),
    ]
    assert list(sums.lacking) == ["A"]


def test_a_number_that_is_too_large_keeps_what_is_stored():
    sums = StockSums({"A": StoredStock(Quantities(3, 1, 1, 5, 0, 0))})
    taken = sums.take(Page([summary("A", 4, available=2**40)]))
    assert quantities(taken.records[0]) == (3, 1, 2, 7)
    assert [one.field for one in taken.mended] == ["quantity available"]


def test_a_sum_of_which_a_part_is_not_known_keeps_what_is_stored_even_after_its_first_part():
    sums = StockSums({"A": StoredStock(Quantities(10, 1, 2, 13, 0, 0))})
    first = sums.take(Page([summary("A", 5)])).records
    assert quantities(first[0]) == (5, 1, 2, 8)
    second = sums.take(Page([summary("A", 5, fnsku="X2", available=None)])).records
    assert quantities(second[0]) == (10, 2, 4, 16)
    third = sums.take(Page([summary("A", 7, fnsku="X2")])).records
    assert quantities(third[0]) == (12, 2, 4, 18)
    assert not sums.lacking


def test_stock_of_which_something_could_not_be_read_keeps_what_is_stored():
    sums = StockSums({"A": StoredStock(Quantities(10, 1, 2, 13, 0, 0))})
    unread = [Skipped("A", "Unreadable.", "A"), Skipped("C", "Unreadable.", "C")]
    taken = sums.take(Page([summary("A", 5), summary("B", 1)], list(unread)))
    items = [(item.sku, item.quantity_available) for item in taken.records]
    assert items == [("A", 10), ("B", 1)]
    assert taken.skipped == unread
    assert sums.seen == {"A", "B", "C"}


def test_stock_that_was_stored_before_another_part_could_not_be_read_is_put_back():
    sums = StockSums({"A": StoredStock(Quantities(10, 1, 2, 13, 0, 0))})
    sums.take(Page([summary("A", 5)]))
    items = sums.take(Page([], [Skipped("A", "Unreadable.", "A")])).records
    assert [quantities(item) for item in items] == [(10, 1, 2, 13)]


def test_a_scan_that_begins_again_forgets_what_it_had():
    sums = StockSums()
    sums.take(Page([summary("A", 5), summary("B", None)], [Skipped("C", "Unreadable.", "C")]))
    sums.begin_again()
    items = sums.take(Page([summary("A", 6, fnsku="X2")])).records
    assert (items[0].quantity_available, sums.summaries, sums.seen) == (6, 1, {"A"})
    assert not sums.lacking


NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("gone", "of", "shown", "are_gone"),
    [
        (0, 0, 0, True),
        (0, 100, 100, True),
        (19, 25, 6, True),
        (20, 100, 80, True),
        (21, 100, 79, False),
        (20, 99, 79, False),
        (100, 100, 7, False),
        (1, 1, 0, False),
    ],
)
def test_too_many_that_are_gone_at_once_are_doubted(gone, of, shown, are_gone):
    verdict = judge(gone, of, shown=shown, short_since=None, now=NOW)
    assert verdict.are_gone is are_gone
    assert (verdict.short_since, verdict.warning is not None) == (
        None if are_gone else NOW,
        not are_gone,
    )


@pytest.mark.parametrize(
    ("since", "are_gone", "doubted_since"),
    [
        (NOW - timedelta(hours=24), True, None),
        (NOW - timedelta(hours=23, minutes=59), False, NOW - timedelta(hours=23, minutes=59)),
        (NOW + timedelta(days=3), False, NOW + timedelta(days=3)),
    ],
)
def test_what_is_found_again_a_day_later_is_believed(since, are_gone, doubted_since):
    verdict = judge(50, 100, shown=50, short_since=since, now=NOW)
    assert (verdict.are_gone, verdict.short_since) == (are_gone, doubted_since)
    assert verdict.warning.startswith("50 of 100 SKUs with stock were missing")


def test_a_full_answer_between_two_short_ones_begins_the_day_anew():
    assert judge(3, 100, shown=97, short_since=NOW, now=NOW).short_since is None
