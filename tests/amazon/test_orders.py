"""From Amazon's JSON to our orders, whichever of the two APIs it comes from."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from msgspec.structs import replace

from opside_desktop.amazon.errors import PageTokenExpired, RefusedWithoutCause
from opside_desktop.domain.errors import AccessDenied
from opside_desktop.domain.records import Mended, Order, OrderItem

SEARCH = "/orders/2026-01-01/orders"
ORDERS = "/orders/v0/orders"
SELLERS = "/sellers/v1/marketplaceParticipations"
START, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 8, tzinfo=UTC)
US = "ATVPDKIKX0DER"


ORDER_2026 = {
    "orderId": "111-0000000-0000001",
    "orderAliases": [{"aliasId": "mine", "aliasType": "SELLER_ORDER_ID"}],
    "createdTime": "2026-11-02T03:04:05.678Z",
    "lastUpdatedTime": "2026-11-03T04:05:06.000Z",
    "salesChannel": {
        "channelName": "AMAZON",
        "marketplaceId": US,
        "marketplaceName": "Amazon.com",
    },
    "proceeds": {"grandTotal": {"amount": "31.50", "currencyCode": "USD"}},
    "fulfillment": {"fulfillmentStatus": "PARTIALLY_SHIPPED", "fulfilledBy": "MERCHANT"},
    "orderItems": [
        {
            "orderItemId": "1",
            "quantityOrdered": 2,
            "product": {"asin": "B01", "sellerSku": "MUG", "title": "Mug"},
            "proceeds": {
                "breakdowns": [
                    {"type": "TAX", "subtotal": {"amount": "1.50", "currencyCode": "USD"}},
                    {"type": "ITEM", "subtotal": {"amount": "20.00", "currencyCode": "USD"}},
                ]
            },
            "fulfillment": {"quantityFulfilled": 1, "quantityUnfulfilled": 1},
        },
        {"orderItemId": "2", "quantityOrdered": 1, "product": {"sellerSku": "CUP"}},
    ],
}

LINE = OrderItem(
    line_number=1,
    order_item_id="1",
    sku="MUG",
    asin="B01",
    title="Mug",
    quantity_ordered=2,
    quantity_shipped=1,
    price=Decimal("20.00"),
    currency="USD",
)
BARE_LINE = OrderItem(
    line_number=2,
    order_item_id="2",
    sku="CUP",
    asin=None,
    title=None,
    quantity_ordered=1,
    quantity_shipped=None,
    price=None,
    currency=None,
)
ORDER = Order(
    order_id="111-0000000-0000001",
    purchase_date=datetime(2026, 11, 2, 3, 4, 5, 678000, tzinfo=UTC),
    last_update_date=datetime(2026, 11, 3, 4, 5, 6, tzinfo=UTC),
    status="PartiallyShipped",
    fulfillment_channel="FBM",
    sales_channel="Amazon.com",
    marketplace_id=US,
    total_amount=Decimal("31.50"),
    currency="USD",
    items_ordered=3,
    items_shipped=None,
    items=(LINE, BARE_LINE),
)


def changed(**fields):
    return {**json.loads(json.dumps(ORDER_2026)), **fields}


async def search(amazon, connect, reply, *orders, **more):
    amazon.says(SEARCH, reply(200, {"orders": list(orders), **more}))
    session = await connect(amazon.url)
    return await session.orders.page(START, END)


async def test_an_order_of_2026_is_mapped(amazon, connect, reply):
    page = await search(
        amazon,
        connect,
        reply,
        ORDER_2026,
        pagination={"nextToken": "n"},
        lastUpdatedBefore="2026-11-08T00:00:00.000Z",
    )
    assert page.records == [ORDER]
    assert (page.next_token, page.until) == ("n", END)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("PENDING", "Pending"),
        ("UNSHIPPED", "Unshipped"),
        ("SHIPPED", "Shipped"),
        ("CANCELLED", "Canceled"),
        ("UNFULFILLABLE", "Unfulfillable"),
        ("PENDING_AVAILABILITY", "PendingAvailability"),
        ("TELEPORTED", "TELEPORTED"),
    ],
)
async def test_the_words_of_2026_become_those_of_v0(amazon, connect, reply, theirs, ours):
    order = changed(fulfillment={"fulfillmentStatus": theirs, "fulfilledBy": "AMAZON"})
    (read,) = (await search(amazon, connect, reply, order)).records
    assert (read.status, read.fulfillment_channel) == (ours, "FBA")


async def test_an_order_with_next_to_nothing_is_still_an_order(amazon, connect, reply):
    bare = {"orderId": "1", "createdTime": "2026-11-02T00:00:00Z", "proceeds": None}
    (read,) = (await search(amazon, connect, reply, bare)).records
    assert (read.status, read.last_update_date) == (None, None)
    assert (read.total_amount, read.items, read.items_ordered) == (None, None, None)


async def test_only_money_and_fulfillment_are_asked_for(amazon, connect, reply):
    await search(amazon, connect, reply)
    assert amazon.calls(SEARCH)[0].target.endswith("&includedData=PROCEEDS%2CFULFILLMENT")


async def test_one_unreadable_order_is_named_and_the_others_kept(amazon, connect, reply):
    page = await search(amazon, connect, reply, changed(orderId=None), "an order", ORDER_2026)
    assert page.records == [ORDER]
    named = ["createdTime 2026-11-02T03:04:05.678Z", "a record without a name"]
    assert [skipped.record for skipped in page.skipped] == named


def line_2026(**fields):
    return {**ORDER_2026["orderItems"][0], **fields}


def breakdowns(*parts):
    money = [
        {"type": kind, "subtotal": {"amount": amount, "currencyCode": "USD"}}
        for kind, amount in parts
    ]
    return {"breakdowns": money}


NO_TOTAL = {"total_amount": None}
NO_LINES = {"items": None, "items_ordered": None}
LINES = "orderItems"


@pytest.mark.parametrize(
    ("theirs", "field", "ours"),
    [
        ({"createdTime": "last week"}, "createdTime", {"purchase_date": None}),
        ({"createdTime": None}, None, {"purchase_date": None}),
        ({"createdTime": "0001-01-01T00:00:00+14:00"}, None, {"purchase_date": None}),
        ({"lastUpdatedTime": "yesterday"}, "lastUpdatedTime", {"last_update_date": None}),
        ({"lastUpdatedTime": "9999-12-31T23:59:59-12:00"}, None, {"last_update_date": None}),
        (
            {"proceeds": {"grandTotal": {"amount": "NaN", "currencyCode": "USD"}}},
            "proceeds.grandTotal",
            NO_TOTAL | {"currency": None},
        ),
        (
            {"proceeds": {"grandTotal": {"amount": "a lot", "currencyCode": "USD"}}},
            "proceeds.grandTotal.amount",
            NO_TOTAL,
        ),
        ({"proceeds": {"grandTotal": {}}}, None, NO_TOTAL | {"currency": None}),
        (
            {"proceeds": {"grandTotal": []}},
            "proceeds.grandTotal",
            NO_TOTAL | {"currency": None},
        ),
        ({"proceeds": []}, "proceeds", NO_TOTAL | {"currency": None}),
        (
            {"fulfillment": []},
            "fulfillment",
            {"status": None, "fulfillment_channel": None},
        ),
        (
            {"salesChannel": {"channelName": 7, "marketplaceId": US, "marketplaceName": {}}},
            "salesChannel.marketplaceName",
            {"sales_channel": "7"},
        ),
        ({"orderItems": {}}, LINES, NO_LINES),
        ({"orderItems": None}, None, NO_LINES),
        ({"orderItems": []}, None, NO_LINES),
        ({"orderItems": [None]}, None, NO_LINES),
    ],
)
async def test_an_odd_field_of_an_order_costs_that_field_only(
    amazon, connect, reply, theirs, field, ours
):
    page = await search(amazon, connect, reply, changed(**theirs))
    assert page.records == [replace(ORDER, **ours)]
    assert page.skipped == []
    assert page.mended == ([Mended(ORDER.order_id, field, was_cut=False)] if field else [])


@pytest.mark.parametrize(
    ("theirs", "field", "ours"),
    [
        ({"quantityOrdered": "two"}, "quantityOrdered", {"quantity_ordered": None}),
        ({"quantityOrdered": "2"}, None, {}),
        ({"fulfillment": "none"}, "fulfillment", {"quantity_shipped": None}),
        ({"product": []}, "product", {"sku": None, "asin": None, "title": None}),
        (
            {"proceeds": breakdowns(("TAX", "1.50"), ("ITEM", ""))},
            "proceeds.breakdowns.subtotal.amount",
            {"price": None, "currency": None},
        ),
        ({"proceeds": breakdowns(("ITEM", "20.00"), ("TAX", ""))}, None, {}),
        ({"orderItemId": 1}, None, {}),
    ],
)
async def test_an_odd_field_of_a_line_costs_that_field_only(
    amazon, connect, reply, theirs, field, ours
):
    order = changed(orderItems=[line_2026(**theirs)])
    page = await search(amazon, connect, reply, order)
    [read] = page.records
    assert read.items == (replace(LINE, **ours),)
    assert read.items_ordered == read.items[0].quantity_ordered
    assert page.mended == (
        [Mended(ORDER.order_id, f"{LINES}.{field}", was_cut=False)] if field else []
    )


async def test_a_line_that_is_none_costs_that_line_only(amazon, connect, reply):
    page = await search(amazon, connect, reply, changed(orderItems=["line", line_2026()]))
    assert page.records[0].items == (LINE,)
    assert page.mended == [Mended(ORDER.order_id, LINES, was_cut=False)]


@pytest.mark.parametrize(
    ("theirs", "price"),
    [
        ({"proceeds": None}, "5.00"),
        ({"proceeds": {"breakdowns": [{"type": "ITEM", "subtotal": {}}]}}, "5.00"),
        ({"proceeds": breakdowns(("ITEM", "0.00"))}, "0.00"),
        ({"proceeds": None, "quantityOrdered": None}, None),
        ({"proceeds": None, "quantityOrdered": 0}, None),
    ],
)
async def test_a_line_of_which_only_the_units_price_is_told(amazon, connect, reply, theirs, price):
    unit = {"amount": "2.50", "currencyCode": "USD"}
    product = {"sellerSku": "MUG", "price": {"unitPrice": unit}}
    order = changed(orderItems=[line_2026(product=product, **theirs)])
    [read] = (await search(amazon, connect, reply, order)).records
    assert read.items[0].price == (Decimal(price) if price else None)
    assert read.items[0].currency == ("USD" if price else None)


ORDER_V0 = {
    "AmazonOrderId": "111-0000000-0000001",
    "PurchaseDate": "2026-11-02T03:04:05.678Z",
    "LastUpdateDate": "2026-11-03T04:05:06Z",
    "OrderStatus": "PartiallyShipped",
    "FulfillmentChannel": "MFN",
    "SalesChannel": "Amazon.com",
    "MarketplaceId": US,
    "OrderTotal": {"CurrencyCode": "USD", "Amount": "31.50"},
}
ITEMS_V0 = [
    {
        "OrderItemId": "1",
        "ASIN": "B01",
        "SellerSKU": "MUG",
        "Title": "Mug",
        "QuantityOrdered": 2,
        "QuantityShipped": 1,
        "ItemPrice": {"CurrencyCode": "USD", "Amount": "20.00"},
        "IsGift": "false",
    },
    {"OrderItemId": "2", "SellerSKU": "CUP", "QuantityOrdered": 1},
]


@pytest.fixture
async def v0(amazon, connect, reply):
    def entry(marketplace, *, takes_part=True):
        return {
            "marketplace": {"id": marketplace, "name": "Amazon", "countryCode": "US"},
            "participation": {"isParticipating": takes_part, "hasSuspendedListings": False},
        }

    entries = [entry(US), entry("A2EUQ1WTGCTBG2"), entry("A1X", takes_part=False)]
    amazon.says(SELLERS, reply(200, {"payload": entries}))
    return await connect(amazon.url, orders_api="v0")


def items_path(number=1):
    return f"{ORDERS}/111-0000000-000000{number}/orderItems"


def v0_orders(reply, *orders, **more):
    return reply(200, {"payload": {"Orders": list(orders), **more}})


def v0_items(reply, *items, **more):
    return reply(200, {"payload": {"OrderItems": list(items), **more}})


async def test_an_order_of_v0_gives_the_same_record(amazon, reply, v0):
    echoed = {"LastUpdatedBefore": "2026-11-08T00:00:00Z", "NextToken": "n"}
    amazon.says(ORDERS, v0_orders(reply, ORDER_V0, **echoed))
    amazon.says(items_path(), v0_items(reply, *ITEMS_V0))
    page = await v0.orders.page(START, END)
    assert page.records == [ORDER]
    assert (page.next_token, page.until) == ("n", END)
    assert "MarketplaceIds=ATVPDKIKX0DER%2CA2EUQ1WTGCTBG2&" in amazon.calls(ORDERS)[0].target


async def test_the_older_api_takes_pages_for_as_full_as_those_it_has_seen(amazon, reply, v0):
    """Each order costs a call of its own, one in two seconds: here a thousand times as fast."""
    assert v0.orders.seconds_for(10) == pytest.approx((10 * 100 - 30) * 2 / 1000, rel=0.1)
    amazon.says(ORDERS, v0_orders(reply, *[ORDER_V0] * 5))
    amazon.says(items_path(), v0_items(reply, *ITEMS_V0))
    await v0.orders.page(START, END)
    assert v0.orders.seconds_for(10) == pytest.approx((10 * 5 - 25) * 2 / 1000, rel=0.2)


async def test_lines_over_several_pages_are_numbered_through(amazon, reply, v0):
    amazon.says(ORDERS, v0_orders(reply, ORDER_V0))
    first, second = ITEMS_V0
    amazon.says(items_path(), v0_items(reply, first, NextToken="i+1"), v0_items(reply, second))
    assert (await v0.orders.page(START, END)).records == [ORDER]
    assert amazon.calls(items_path())[1].target.endswith("?NextToken=i%2B1")


async def test_a_dead_token_of_lines_costs_only_that_order_a_new_start(amazon, reply, v0):
    dead = reply.error(400, "InvalidInput", "Next token is invalid or expired")
    first, second = ITEMS_V0
    amazon.says(ORDERS, v0_orders(reply, ORDER_V0))
    amazon.says(
        items_path(),
        v0_items(reply, first, NextToken="i1"),
        dead,
        v0_items(reply, first, NextToken="i2"),
        v0_items(reply, second),
    )
    assert (await v0.orders.page(START, END)).records == [ORDER]


async def test_a_dead_token_of_orders_is_told(amazon, reply, v0):
    amazon.says(ORDERS, reply.error(400, "InvalidInput", "Next token is invalid or expired"))
    with pytest.raises(PageTokenExpired):
        await v0.orders.page(START, END, token="old")


async def test_an_order_keeps_what_can_be_read_of_its_lines(amazon, reply, v0):
    amazon.says(ORDERS, v0_orders(reply, ORDER_V0))
    first, second = ITEMS_V0
    odd = {**first, "QuantityOrdered": [], "ItemPrice": {"Amount": "NaN"}}
    amazon.says(items_path(), v0_items(reply, odd, "a line", second))
    page = await v0.orders.page(START, END)
    line = replace(LINE, quantity_ordered=None, price=None, currency=None)
    assert page.records == [replace(ORDER, items_ordered=None, items=(line, BARE_LINE))]
    fields = ("OrderItems.QuantityOrdered", "OrderItems.ItemPrice", "OrderItems")
    assert page.mended == [Mended(ORDER.order_id, field, was_cut=False) for field in fields]


REFUSED = (400, "InvalidInput", "Next token is invalid or expired")


@pytest.mark.parametrize(
    "broken",
    [
        lambda reply: [v0_items(reply, NextToken="again")],
        lambda reply: [v0_items(reply, NextToken="dead"), *[reply.error(*REFUSED)] * 9],
        lambda reply: [reply.error(400, "InvalidInput", "Invalid value for orderId.")],
        lambda reply: [reply.error(404, "NotFound")],
    ],
    ids=["endless", "dead", "refused", "unknown"],
)
async def test_orders_without_readable_lines_are_kept_without(amazon, reply, v0, broken):
    orders = [{**ORDER_V0, "AmazonOrderId": f"111-0000000-000000{n}"} for n in (1, 2)]
    amazon.says(ORDERS, v0_orders(reply, *orders))
    amazon.says(items_path(1), v0_items(reply, *ITEMS_V0))
    amazon.says(items_path(2), *broken(reply))
    page = await v0.orders.page(START, END)
    bare = replace(
        ORDER, order_id="111-0000000-0000002", items=None, items_ordered=None, items_shipped=None
    )
    assert page.records == [ORDER, bare]
    assert page.mended == [Mended(bare.order_id, "OrderItems", was_cut=False)]


async def test_an_empty_list_of_lines_tells_nothing_and_an_odd_date_costs_no_order(
    amazon, reply, v0
):
    amazon.says(ORDERS, v0_orders(reply, {**ORDER_V0, "PurchaseDate": "last week"}))
    amazon.says(items_path(), v0_items(reply))
    page = await v0.orders.page(START, END)
    unknown = {"items": None, "items_ordered": None, "items_shipped": None}
    assert page.records == [replace(ORDER, purchase_date=None, **unknown)]
    assert page.mended == [Mended(ORDER.order_id, "PurchaseDate", was_cut=False)]


async def test_lines_that_are_refused_of_all_orders_are_an_outage(amazon, reply, v0):
    """Else a whole window would be stored without lines and never asked for again."""
    refused = reply.error(400, "InvalidInput", "Invalid Input")
    orders = [{**ORDER_V0, "AmazonOrderId": f"111-0000000-000000{n}"} for n in range(1, 7)]
    amazon.says(ORDERS, v0_orders(reply, *orders))
    for n in range(1, 7):
        amazon.says(items_path(n), refused)
    with pytest.raises(RefusedWithoutCause):
        await v0.orders.page(START, END)
    assert [len(amazon.calls(items_path(n))) for n in range(1, 5)] == [4, 1, 1, 0]
    amazon.says(items_path(1), v0_items(reply, *ITEMS_V0))
    page = await v0.orders.page(START, END)
    assert [order.items is None for order in page.records] == [False] + [True] * 5


async def test_an_order_whose_lines_come_without_their_list_leaves_its_page_in_doubt(
    amazon, reply, v0
):
    amazon.says(ORDERS, v0_orders(reply, ORDER_V0))
    amazon.says(items_path(), reply(200, {"payload": None}))
    page = await v0.orders.page(START, END)
    assert (page.records[0].items, page.is_frameless) == (None, True)


@pytest.mark.parametrize("bound", ["1.569521782042E9", "0001-01-01T00:00:00+14:00"])
async def test_an_echoed_bound_that_is_no_date_is_left_out(amazon, reply, v0, bound):
    amazon.says(ORDERS, v0_orders(reply, LastUpdatedBefore=bound))
    assert (await v0.orders.page(START, END)).until is None


async def test_a_seller_without_marketplaces_is_told_so(amazon, reply, v0):
    amazon.says(SELLERS, reply(200, {"payload": []}))
    with pytest.raises(AccessDenied, match="no marketplace"):
        await v0.orders.page(START, END)


async def test_marketplaces_are_asked_once_in_a_session(amazon, reply, v0):
    amazon.says(ORDERS, v0_orders(reply))
    for _ in range(3):
        await v0.orders.page(START, END)
    assert len(amazon.calls(SELLERS)) == 1
