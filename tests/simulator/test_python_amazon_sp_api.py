"""python-amazon-sp-api reads a whole normal week, unchanged but for its two hosts."""

import json
import warnings

import httpx
import pytest

from opside_desktop.simulator.orders_2026 import order_2026
from opside_desktop.simulator.orders_v0 import item_v0, order_v0

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from sp_api.api import Finances, Inventories, Orders, Sellers
    from sp_api.auth import AccessTokenClient
    from sp_api.base import Marketplaces, SellingApiNotFoundException

MARKETPLACES = ["ATVPDKIKX0DER", "A2EUQ1WTGCTBG2", "A1AM78C64UM0Y8"]
DATA_SETS = ["PROCEEDS", "PROMOTION", "CANCELLATION", "FULFILLMENT", "PACKAGES"]
FROM, UNTIL = "2026-08-25T00:00:00Z", "2026-11-16T00:00:00Z"


@pytest.fixture
def client(normal_week_url, monkeypatch):
    """Make a client of an API; its own two hosts are all that changes."""
    monkeypatch.setattr(Marketplaces.US, "endpoint", normal_week_url)

    class Login(AccessTokenClient):
        scheme = "http://"
        host = normal_week_url.removeprefix("http://")

    made = []

    def make(api, **options):
        instance = api(
            marketplace=Marketplaces.US,
            credentials={
                "refresh_token": f"Atzr|{normal_week_url}",
                "lwa_app_id": "amzn1.application-oa2-client.python",
                "lwa_client_secret": "amzn1.oa2-cs.v1.python",
            },
            auth_token_client_class=Login,
            **options,
        )
        made.append(instance)
        return instance

    yield make
    for instance in made:
        instance.close()
        instance._auth._transport.close()  # the library forgets it


def test_it_sees_the_sellers_marketplaces(client):
    payload = client(Sellers).get_marketplace_participation().payload
    assert [entry["marketplace"]["id"] for entry in payload] == MARKETPLACES


def test_it_reads_every_order_and_item_of_v0(client, truth):
    api = client(Orders, version="v0")
    query = {"MarketplaceIds": MARKETPLACES, "LastUpdatedAfter": FROM}
    answer = api.get_orders(**query)
    orders = answer.Orders
    while answer.next_token:
        answer = api.get_orders(**query, NextToken=answer.next_token)
        orders += answer.Orders
    expected = {order.order_id: order for order in truth().orders}
    assert len(orders) == len(expected) == 250
    for order in orders:
        assert order == order_v0(expected[order["AmazonOrderId"]])
    for order in expected.values():
        answer = api.get_order_items(order.order_id)
        items = answer.OrderItems
        while answer.next_token:
            answer = api.get_order_items(order.order_id, NextToken=answer.next_token)
            items += answer.OrderItems
        assert items == [item_v0(order, line) for line in order.lines]
    assert api.get_order(orders[0]["AmazonOrderId"]).payload == orders[0]


def test_it_reads_every_order_of_2026(client, truth):
    api = client(Orders, version="2026-01-01")
    query = {"marketplaceIds": MARKETPLACES, "lastUpdatedAfter": FROM, "includedData": DATA_SETS}
    answer = api.search_orders(**query)
    orders = answer.orders
    while answer.next_token:
        answer = api.search_orders(**query, paginationToken=answer.next_token)
        orders += answer.orders
    expected = {order.order_id: order for order in truth().orders}
    assert len(orders) == len(expected)
    for order in orders:
        assert order == order_2026(expected[order["orderId"]], DATA_SETS)
    one = api.get_order(orders[0]["orderId"], includedData=DATA_SETS)
    assert one.order == orders[0]


def test_it_reads_every_sku(client, truth):
    api = client(Inventories)
    answer = api.get_inventory_summary_marketplace(details=True)
    rows = answer.inventorySummaries
    while answer.next_token:
        answer = api.get_inventory_summary_marketplace(details=True, nextToken=answer.next_token)
        rows += answer.inventorySummaries
    assert {row["sellerSku"] for row in rows} == {product.sku for product in truth().stocked}
    assert all("inventoryDetails" in row for row in rows)


def test_it_reads_every_financial_event(client, truth):
    api = client(Finances, version="v0")
    query = {"PostedAfter": FROM, "PostedBefore": UNTIL}
    answer = api.list_financial_events(**query)
    pages = [answer.FinancialEvents]
    while answer.next_token:
        answer = api.list_financial_events(**query, NextToken=answer.next_token)
        pages.append(answer.FinancialEvents)
    found = [(name, event) for page in pages for name, events in page.items() for event in events]
    expected = [(event.list_name, json.loads(bytes(event.encoded()))) for event in truth().events]

    def sort(events):
        return sorted(json.dumps(event, sort_keys=True) for event in events)

    assert sort(found) == sort(expected)


def test_it_reads_every_transaction(client, normal_week_url):
    api = client(Finances, version="2024-06-19")
    query = {"postedAfter": FROM, "postedBefore": UNTIL}
    answer = api.list_transactions(**query)
    found = answer.payload["transactions"]
    while answer.next_token:
        answer = api.list_transactions(**query, nextToken=answer.next_token)
        found += answer.payload["transactions"]
    ledger = httpx.get(f"{normal_week_url}/_simulator/ledger", trust_env=False).json()["events"]
    assert sorted(
        (one["postedDate"], one["totalAmount"]["currencyAmount"]) for one in found
    ) == sorted((event["postedAt"], event["amount"]) for event in ledger)


def test_it_understands_a_refusal(client):
    with pytest.raises(SellingApiNotFoundException) as raised:
        client(Orders, version="v0").get_order("111-0000000-0000000")
    assert raised.value.code == 404
