"""From Amazon's JSON to our records: tolerant of what is odd, exact where it is money."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from opside_desktop.domain.records import (
    UNKNOWN_QUANTITIES,
    InventorySummary,
    Mended,
    Quantities,
    RawEvent,
    Skipped,
)

STOCK = "/fba/inventory/v1/summaries"
FINANCES = "/finances/v0/financialEvents"
SEARCH = "/orders/2026-01-01/orders"
START, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 8, tzinfo=UTC)
US = "ATVPDKIKX0DER"


async def test_financial_events_keep_every_figure_as_amazon_wrote_it(amazon, connect, reply):
    amazon.says(
        FINANCES,
        reply(
            200,
            '{"payload": {"NextToken": "n|1", "FinancialEvents": {"RefundEventList":'
            ' [{"Amount": 12.10, "Big": 1234567890123456.78, "Count": 3, "Tiny": 1E-7,'
            ' "Unknown": {"deep": [0.1]}}], "ShipmentEventList": [], "NullList": null,'
            ' "FutureList": [{"x": null}]}}, "somethingNew": 1}',
        ),
    )
    session = await connect(amazon.url)
    page = await session.finances.page(START, END, page_size=25)
    refund, future = page.records
    assert refund == RawEvent(
        event_list="RefundEventList",
        payload={
            "Amount": Decimal("12.10"),
            "Big": Decimal("1234567890123456.78"),
            "Count": 3,
            "Tiny": Decimal("1E-7"),
            "Unknown": {"deep": [Decimal("0.1")]},
        },
    )
    assert str(refund.payload["Amount"]) == "12.10"
    assert future.event_list == "FutureList"
    assert (page.next_token, page.skipped) == ("n|1", [])
    assert "MaxResultsPerPage=25" in amazon.calls(FINANCES)[0].target


@pytest.mark.parametrize(
    ("told", "posted_at", "status"),
    [
        (
            {"PostedDate": "2026-11-01T23:30:00-08:00", "TransactionStatus": "DEFERRED"},
            datetime(2026, 11, 2, 7, 30, tzinfo=UTC),
            "DEFERRED",
        ),
        (
            {"postedDate": "2026-11-02T07:30:00", "transactionStatus": "RELEASED"},
            datetime(2026, 11, 2, 7, 30, tzinfo=UTC),
            "RELEASED",
        ),
        ({"PostedDate": "yesterday"}, None, None),
        ({"PostedDate": "9999-12-31T23:59:59-12:00"}, None, None),
        ({}, None, None),
    ],
)
async def test_an_event_tells_its_date_in_utc_and_its_status(
    amazon, connect, reply, told, posted_at, status
):
    lists = {"AdjustmentEventList": [told]}
    amazon.says(FINANCES, reply(200, {"payload": {"FinancialEvents": lists}}))
    session = await connect(amazon.url)
    (event,) = (await session.finances.page(START, END)).records
    assert (event.posted_at, event.status, event.payload) == (posted_at, status, told)


async def test_of_sales_only_order_and_date_are_read(amazon, connect, reply):
    sale = {"AmazonOrderId": "1-2-3", "PostedDate": "2026-11-02T00:00:00Z"}
    more = {"ShipmentItemList": [{"ItemChargeList": [{"ChargeAmount": {"CurrencyAmount": 9.99}}]}]}
    lists = {"ShipmentEventList": [{**sale, **more}, {}], "ShipmentSettleEventList": [sale, 7]}
    amazon.says(FINANCES, reply(200, {"payload": {"FinancialEvents": lists}}))
    session = await connect(amazon.url)
    page = await session.finances.page(START, END)
    nothing = dict.fromkeys(sale)
    assert [event.payload for event in page.records] == [sale, nothing, sale]
    assert [skipped.record for skipped in page.skipped] == ["ShipmentSettleEventList"]


async def test_events_that_are_none_are_skipped_and_the_rest_kept(amazon, connect, reply):
    lists = {"RefundEventList": [7, {"a": 1}, "x"], "OddList": {"a": 1}}
    amazon.says(FINANCES, reply(200, {"payload": {"FinancialEvents": lists}}))
    session = await connect(amazon.url)
    page = await session.finances.page(START, END)
    assert [event.payload for event in page.records] == [{"a": 1}]
    assert [skipped.record for skipped in page.skipped] == ["RefundEventList"] * 2 + ["OddList"]
    assert page.next_token is None


@pytest.mark.parametrize("payload", [{}, {"NextToken": "more"}, {"FinancialEvents": {}}])
async def test_an_empty_finance_page_may_go_on(amazon, connect, reply, payload):
    amazon.says(FINANCES, reply(200, {"payload": payload}))
    session = await connect(amazon.url)
    page = await session.finances.page(START, END)
    assert (page.records, page.next_token) == ([], payload.get("NextToken"))


async def test_stock_is_mapped_and_missing_numbers_are_not_known(amazon, connect, reply):
    full = {
        "asin": "B01",
        "fnSku": "X01",
        "sellerSku": "MUG, blue",
        "condition": "NewItem",
        "productName": "Mug",
        "lastUpdatedTime": "",
        "totalQuantity": 18,
        "stores": [],
        "inventoryDetails": {
            "fulfillableQuantity": 5,
            "inboundWorkingQuantity": 1,
            "inboundShippedQuantity": 2,
            "inboundReceivingQuantity": 3,
            "reservedQuantity": {"totalReservedQuantity": 4, "fcProcessingQuantity": 4},
            "unfulfillableQuantity": {"totalUnfulfillableQuantity": 2, "expiredQuantity": 2},
            "researchingQuantity": {"totalResearchingQuantity": 1},
        },
    }
    bare = {"sellerSku": "BARE", "totalQuantity": None}
    broken = {"sellerSku": "BROKEN", "totalQuantity": "many"}
    part = {
        "sellerSku": "PART",
        "inventoryDetails": {
            "fulfillableQuantity": "3",
            "inboundWorkingQuantity": 1,
            "reservedQuantity": {"totalReservedQuantity": 1},
        },
    }
    nameless = {"asin": "B02", "sellerSku": ""}
    rows = [full, broken, bare, part, nameless, 7]
    amazon.says(
        STOCK,
        reply(
            200,
            {"payload": {"inventorySummaries": rows}, "pagination": {"nextToken": "a+/="}},
        ),
    )
    session = await connect(amazon.url)
    page = await session.inventory.page(US)
    unknown = dict.fromkeys(("asin", "fnsku", "product_name", "condition"))
    assert page.records == [
        InventorySummary(
            sku="MUG, blue",
            asin="B01",
            fnsku="X01",
            product_name="Mug",
            condition="NewItem",
            quantities=Quantities(5, 4, 6, 18, unfulfillable=2, researching=1),
            payload=json.dumps(full).encode(),
        ),
        *(
            InventorySummary(
                sku=one["sellerSku"],
                **unknown,
                quantities=told,
                payload=json.dumps(one).encode(),
            )
            for one, told in [
                (broken, UNKNOWN_QUANTITIES),
                (bare, UNKNOWN_QUANTITIES),
                (part, Quantities(3, 1, None, None)),
            ]
        ),
    ]
    assert page.skipped == [
        Skipped("asin B02", "Amazon sent stock without its SKU."),
        Skipped("a record without a name", "Amazon sent a value of an unexpected kind."),
    ]
    assert page.mended == [Mended("BROKEN", "totalQuantity", was_cut=False)]
    await session.inventory.page(US, token=page.next_token)
    assert amazon.calls(STOCK)[1].target.endswith(f"marketplaceIds={US}&nextToken=a%2B%2F%3D")


async def test_stock_is_asked_for_by_name_in_groups_and_with_a_comma_alone(amazon, connect, reply):
    amazon.says(STOCK, reply(200, {"payload": {"inventorySummaries": []}}))
    session = await connect(amazon.url)
    names = [f"SKU {n}/+" for n in range(60)]
    names[30:30] = ["A,B"]
    groups = list(session.inventory.groups([*names, "Ü" * 200, "Z" * 1990]))
    assert [len(group) for group in groups] == [1, 50, 11, 1]
    for group in (groups[0], names[:2], ["ONE"]):
        await session.inventory.page(US, skus=group)
    asked = [request.target.partition(f"marketplaceIds={US}")[2] for request in amazon.calls(STOCK)]
    assert asked == [
        "&sellerSku=A%2CB",
        "&sellerSkus=SKU%200%2F%2B%2CSKU%201%2F%2B",
        "&sellerSkus=ONE",
    ]


ODD_TEXTS = {
    r"\ud800": "\ufffd",
    r"a\udC00b": "a\ufffdb",
    r"\uDBFF\uDBFF\uDFFF": "\ufffd\U0010ffff",
    r"\uDFFF\uD83D": "\ufffd\ufffd",
    r"\ud83d\ude00 \\ud800 \\\ud800 \n": "\U0001f600 \\ud800 \\\ufffd \n",
}


@pytest.mark.parametrize("odd", ODD_TEXTS)
async def test_half_a_character_spoils_no_page(amazon, connect, reply, odd):
    """Python, Java and JavaScript all write such JSON when a text was cut in mid-character."""
    event = f'{{"PostedDate": "2026-11-02T00:00:00Z", "Text": "{odd}"}}'
    lists = f'{{"RefundEventList": [{event}, {{}}], "ShipmentEventList": [{event}]}}'
    amazon.says(FINANCES, reply(200, f'{{"payload": {{"FinancialEvents": {lists}}}}}'))
    stock = f'[{{"sellerSku": "A", "productName": "{odd}"}}, {{"sellerSku": "B"}}]'
    amazon.says(STOCK, reply(200, f'{{"payload": {{"inventorySummaries": {stock}}}}}'))
    order = '{{"orderId": "{}", "createdTime": "2026-11-02T00:00:00Z", "orderItems": [{}]}}'
    line = f'{{"orderItemId": "1", "quantityOrdered": 1, "product": {{"title": "{odd}"}}}}'
    orders = f"[{order.format(1, line)}, {order.format(2, '')}]"
    amazon.says(SEARCH, reply(200, f'{{"orders": {orders}, "pagination": {{"nextToken": "n"}}}}'))
    session = await connect(amazon.url)
    events = await session.finances.page(START, END)
    assert [event.payload.get("Text") for event in events.records] == [ODD_TEXTS[odd], None, None]
    items = await session.inventory.page(US)
    assert [item.product_name for item in items.records] == [ODD_TEXTS[odd], None]
    found = await session.orders.page(START, END)
    assert [len(each.items or ()) for each in found.records] == [1, 0]
    assert found.records[0].items[0].title == ODD_TEXTS[odd]
    assert not events.skipped + items.skipped + found.skipped
