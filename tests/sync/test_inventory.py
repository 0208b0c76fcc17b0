"""Several summaries of one SKU are one item."""

import pytest

from opside_desktop.amazon.pages import Page
from opside_desktop.domain.records import InventorySummary, Skipped
from opside_desktop.sync.inventory import StockSums


def summary(sku, total, *, fnsku="X1", condition="NewItem", asin="B1"):
    return InventorySummary(
        sku=sku,
        asin=asin,
        fnsku=fnsku,
        product_name=None,
        condition=condition,
        fulfillable=total,
        reserved=1,
        inbound=2,
        total=total + 3,
    )


def test_summaries_are_summed_over_pages_and_named_after_the_largest():
    sums = StockSums()
    sums.take(Page([summary("A", 5, fnsku="X1"), summary("B", 1)]))
    items, _ = sums.take(Page([summary("A", 9, fnsku="X2", condition="UsedGood", asin="B2")]))
    (item,) = items
    assert (item.sku, item.quantity_available, item.quantity_total) == ("A", 14, 20)
    assert (item.quantity_reserved, item.quantity_inbound) == (2, 4)
    assert (item.asin, item.fnsku, item.condition) == ("B2", "X2", "UsedGood")


def test_a_tie_goes_to_the_first_fnsku_whatever_the_order():
    for order in (("X2", "X1"), ("X1", "X2")):
        items, _ = StockSums().take(Page([summary("A", 5, fnsku=fnsku) for fnsku in order]))
        assert items[-1].fnsku == "X1"


@pytest.mark.parametrize("fnsku", ["X1", None])
def test_a_summary_that_amazon_shows_twice_counts_once(fnsku):
    sums = StockSums()
    sums.take(Page([summary("A", 5, fnsku=fnsku)]))
    items, _ = sums.take(Page([summary("A", 6, fnsku=fnsku)]))
    assert items[0].quantity_available == 6


def test_an_item_that_cannot_be_stored_is_skipped_alone():
    items, skipped = StockSums().take(Page([summary("A", 2**40), summary("B", 1)]))
    assert [item.sku for item in items] == ["B"]
    assert "too large" in skipped[0].why


def test_stock_of_which_something_could_not_be_read_is_neither_summed_nor_missing():
    sums = StockSums()
    items, skipped = sums.take(
        Page([summary("A", 5), summary("B", 1)], [Skipped("A", "Unreadable.", "A")])
    )
    assert [item.sku for item in items] == ["B"]
    assert len(skipped) == 1
    assert sums.seen == {"A", "B"}


def test_a_scan_with_a_nameless_record_says_nothing_of_what_is_missing():
    sums = StockSums()
    sums.take(Page([summary("A", 5)], [Skipped("a record without a name", "Unreadable.")]))
    assert sums.seen is None


def test_a_scan_that_showed_nothing_says_nothing_of_what_is_missing():
    sums = StockSums()
    sums.take(Page([]))
    assert sums.seen is None
