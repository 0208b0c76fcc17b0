"""Amazon's own SDK reads a whole normal week, unchanged but for its two hosts."""

import json

import httpx
import pytest
from spapi import (
    ApiException,
    FbaInventoryApi,
    FinancesV0Api,
    FinancesV2024Api,
    GetOrderApi,
    OrdersV0Api,
    SearchOrdersApi,
    SellersApi,
    SPAPIClient,
    SPAPIConfig,
)

from opside_desktop.simulator.orders_2026 import order_2026
from opside_desktop.simulator.orders_v0 import item_v0, order_v0
from tests.simulator.conftest import AGENT

MARKETPLACES = ["ATVPDKIKX0DER", "A2EUQ1WTGCTBG2", "A1AM78C64UM0Y8"]
DATA_SETS = ["PROCEEDS", "PROMOTION", "CANCELLATION", "FULFILLMENT", "PACKAGES"]
FROM, UNTIL = "2026-08-25T00:00:00Z", "2026-11-16T00:00:00Z"


@pytest.fixture
def sdk(normal_week_url):
    config = SPAPIConfig(
        client_id="amzn1.application-oa2-client.sdk",
        client_secret="amzn1.oa2-cs.v1.sdk",
        refresh_token="Atzr|sdk",
        region="NA",
    )
    client = SPAPIClient(
        config, oauth_endpoint=f"{normal_week_url}/auth/o2/token", endpoint=normal_week_url
    )
    yield client.api_client
    client.api_client.rest_client.pool_manager.clear()


def wire(sdk, model):
    """What the SDK understood, in the words of the wire."""
    return sdk.sanitize_for_serialization(model)


def test_the_sdk_sees_the_sellers_marketplaces(sdk):
    answer = SellersApi(sdk).get_marketplace_participations()
    assert [entry.marketplace.id for entry in answer.payload] == MARKETPLACES


def test_the_sdk_reads_every_order_and_item_of_v0(sdk, truth):
    api = OrdersV0Api(sdk)
    orders, token = [], {}
    while True:
        page = api.get_orders(MARKETPLACES, last_updated_after=FROM, **token).payload
        orders += page.orders
        if not page.next_token:
            break
        token = {"next_token": page.next_token}
    expected = {order.order_id: order for order in truth().orders}
    assert len(orders) == len(expected) == 250
    for order in orders:
        assert wire(sdk, order) == order_v0(expected[order.amazon_order_id])
    for order in expected.values():
        items, token = [], {}
        while True:
            page = api.get_order_items(order.order_id, **token).payload
            items += page.order_items
            if not page.next_token:
                break
            token = {"next_token": page.next_token}
        assert wire(sdk, items) == [item_v0(order, line) for line in order.lines]
    one = api.get_order(orders[0].amazon_order_id).payload
    assert wire(sdk, one) == wire(sdk, orders[0])


def test_the_sdk_reads_every_order_of_2026(sdk, truth):
    api = SearchOrdersApi(sdk)
    orders, token = [], {}
    while True:
        page = api.search_orders(last_updated_after=FROM, included_data=DATA_SETS, **token)
        orders += page.orders
        if page.pagination is None:
            break
        token = {"pagination_token": page.pagination.next_token}
    expected = {order.order_id: order for order in truth().orders}
    assert len(orders) == len(expected)
    for order in orders:
        assert wire(sdk, order) == order_2026(expected[order.order_id], DATA_SETS)
    one = GetOrderApi(sdk).get_order(orders[0].order_id, included_data=DATA_SETS).order
    assert wire(sdk, one) == wire(sdk, orders[0])


def test_the_sdk_reads_every_sku(sdk, truth, normal_week_url):
    api = FbaInventoryApi(sdk)
    rows, token = [], {}
    while True:
        page = api.get_inventory_summaries(
            "Marketplace", MARKETPLACES[0], MARKETPLACES[:1], details=True, **token
        )
        rows += page.payload.inventory_summaries
        if page.pagination is None:
            break
        token = {"next_token": page.pagination.next_token}
    skus = {product.sku for product in truth().stocked}
    assert {row.seller_sku for row in rows} == skus
    assert len(skus) == 150
    comma = next(sku for sku in sorted(skus) if "," in sku)
    raw = httpx.get(
        f"{normal_week_url}/fba/inventory/v1/summaries",
        params={
            "granularityType": "Marketplace",
            "granularityId": MARKETPLACES[0],
            "marketplaceIds": MARKETPLACES[0],
            "sellerSku": comma,
            "details": "true",
        },
        headers={**AGENT, "x-amz-access-token": sdk.default_headers["x-amz-access-token"]},
        trust_env=False,
    ).json()["payload"]["inventorySummaries"]
    assert [wire(sdk, row) for row in rows if row.seller_sku == comma] == raw


def test_the_sdk_reads_every_financial_event(sdk, truth):
    api = FinancesV0Api(sdk)
    found, token = [], {}
    while True:
        page = api.list_financial_events(posted_after=FROM, posted_before=UNTIL, **token).payload
        lists = wire(sdk, page.financial_events)
        found += [(name, event) for name, events in lists.items() for event in events]
        if not page.next_token:
            break
        token = {"next_token": page.next_token}
    expected = [(event.list_name, json.loads(bytes(event.encoded()))) for event in truth().events]

    def sort(events):
        return sorted(json.dumps(event, sort_keys=True) for event in events)

    assert sort(found) == sort(expected)


def test_the_sdk_reads_every_transaction(sdk, normal_week_url):
    api = FinancesV2024Api(sdk)
    found, token = [], {}
    while True:
        page = api.list_transactions(posted_after=FROM, posted_before=UNTIL, **token).payload
        found += page.transactions
        if not page.next_token:
            break
        token = {"next_token": page.next_token}
    ledger = httpx.get(f"{normal_week_url}/_simulator/ledger", trust_env=False).json()["events"]
    assert sorted((one.posted_date, one.total_amount.currency_amount) for one in found) == sorted(
        (event["postedAt"], event["amount"]) for event in ledger
    )
    raw = httpx.get(
        f"{normal_week_url}/finances/2024-06-19/transactions",
        params={"postedAfter": FROM, "postedBefore": UNTIL},
        headers={**AGENT, "x-amz-access-token": sdk.default_headers["x-amz-access-token"]},
        trust_env=False,
    ).json()["payload"]["transactions"]
    assert [wire(sdk, one) for one in found] == raw


def test_the_sdk_understands_a_refusal(sdk):
    with pytest.raises(ApiException) as raised:
        OrdersV0Api(sdk).get_order("111-0000000-0000000")
    assert raised.value.status == 404
    assert json.loads(raised.value.body)["errors"][0]["code"] == "NotFound"
    assert raised.value.headers["x-amzn-RequestId"]
