"""Login, shapes, filters and refusals, as Amazon has them."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def token_of(answer):
    page = answer.json()
    return page.get("pagination", {}).get("nextToken") or page["payload"].get("NextToken")


def refusal(answer):
    (error,) = answer.json()["errors"]
    return answer.status_code, error["code"], error["message"]


async def test_login_gives_a_bearer_token_for_an_hour(connect, clock):
    async with connect() as api:
        answer = await api.login("Atzr|mine")
        assert answer.json()["token_type"] == "bearer"
        assert answer.json()["expires_in"] == 3600
        assert answer.json()["refresh_token"] == "Atzr|mine"
        assert answer.json()["access_token"].startswith("Atza|")
        clock.advance(3599)
        assert (await api.orders()).status_code == 200
        clock.advance(1)
        expired = await api.orders()
    assert expired.status_code == 403
    assert expired.json() == {
        "errors": [
            {
                "code": "Unauthorized",
                "message": "Access to requested resource is denied.",
                "details": "The access token you provided has expired.",
            }
        ]
    }
    assert "x-amzn-ratelimit-limit" in expired.headers  # --usage-plans none: on every answer


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "password", "client_id": "a"}, "unsupported_grant_type"),
        (
            {"grant_type": "refresh_token", "client_id": "a", "client_secret": "b"},
            "invalid_request",
        ),
        (
            {"grant_type": "refresh_token", "client_id": "", "client_secret": "b"},
            "invalid_request",
        ),
    ],
)
async def test_login_refuses_in_its_own_shape(connect, fields, error):
    async with connect() as api:
        answer = await api.http.post("/auth/o2/token", data=fields)
    assert answer.status_code == 400
    assert answer.json()["error"] == error
    assert answer.json()["error_description"]
    assert "errors" not in answer.json()


@pytest.mark.parametrize(
    ("token", "details"),
    [
        (None, "Access token is missing in the request header."),
        ("Atza|x", "The access token you provided is revoked, malformed or invalid."),
        ("rubbish", "The access token you provided is revoked, malformed or invalid."),
    ],
)
async def test_no_operation_without_a_good_access_token(connect, token, details):
    async with connect() as api:
        api.headers = {"x-amz-access-token": token} if token else {}
        answer = await api.orders()
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["details"] == details
    assert answer.headers["x-amzn-errortype"] == "AccessDeniedException"


@pytest.mark.parametrize(
    "path",
    [
        "/finances/2024-06-19/summary",
        "/_simulator/orders",
        "/reports/2021-06-30/reports",
        "/orders/v0/orders/111-0000000-0000000",
        "/orders/2026-01-01/orders/111-0000000-0000000",
        "/nothing",
    ],
)
async def test_what_does_not_exist_is_not_found(connect, path):
    async with connect() as api:
        answer = await api.get(path)
    assert refusal(answer)[:2] == (404, "NotFound")


async def test_only_get_is_allowed(connect):
    async with connect() as api:
        answer = await api.http.post("/orders/v0/orders", headers=api.headers)
    assert answer.status_code == 405
    assert answer.json()["errors"][0]["message"]


async def test_every_answer_names_its_request_and_tells_amazons_time(connect):
    async with connect() as api:
        answers = [await api.orders(), await api.get("/nothing"), await api.events()]
    assert len({answer.headers["x-amzn-requestid"] for answer in answers}) == 3
    for answer in answers:
        assert parsedate_to_datetime(answer.headers["date"]) == NOW


async def test_the_sellers_marketplaces(connect):
    async with connect() as api:
        payload = (await api.get("/sellers/v1/marketplaceParticipations")).json()["payload"]
    assert {
        entry["marketplace"]["id"]: entry["marketplace"]["defaultCurrencyCode"] for entry in payload
    } == {"ATVPDKIKX0DER": "USD", "A2EUQ1WTGCTBG2": "CAD", "A1AM78C64UM0Y8": "MXN"}
    for entry in payload:
        assert entry["participation"] == {"isParticipating": True, "hasSuspendedListings": False}
        assert entry["storeName"]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/finances/v0/financialEvents", {}),
        ("/finances/v0/financialEvents", {"PostedBefore": "2026-11-01"}),
        ("/finances/v0/financialEvents", {"PostedAfter": "yesterday"}),
        ("/finances/v0/financialEvents", {"PostedAfter": "2026-11-01T00:00:00 00:00"}),
        (
            "/finances/v0/financialEvents",
            {"PostedAfter": "2026-11-02", "PostedBefore": "2026-11-02"},
        ),
        ("/finances/v0/financialEvents", {"PostedAfter": "2026-11-01", "MaxResultsPerPage": "101"}),
        ("/finances/2024-06-19/transactions", {}),
        ("/finances/2024-06-19/transactions", {"postedBefore": "2026-11-01"}),
        ("/finances/2024-06-19/transactions", {"postedAfter": "yesterday"}),
        (
            "/finances/2024-06-19/transactions",
            {"postedAfter": "2026-11-02", "postedBefore": "2026-11-02"},
        ),
        (
            "/finances/2024-06-19/transactions",
            {"postedAfter": "2026-11-02", "transactionStatus": "PENDING"},
        ),
        ("/finances/2024-06-19/transactions", {"relatedIdentifierName": "ORDER_ID"}),
        (
            "/finances/2024-06-19/transactions",
            {"relatedIdentifierName": "SHIPMENT_ID", "relatedIdentifierValue": "1"},
        ),
        ("/orders/v0/orders", {"CreatedAfter": "2026-11-01"}),
        ("/orders/v0/orders", {"MarketplaceIds": "ATVPDKIKX0DER"}),
        (
            "/orders/v0/orders",
            {
                "MarketplaceIds": "ATVPDKIKX0DER",
                "CreatedAfter": "2026-11-01",
                "LastUpdatedAfter": "2026-11-01",
            },
        ),
        (
            "/orders/v0/orders",
            {
                "MarketplaceIds": "ATVPDKIKX0DER",
                "CreatedAfter": "2026-11-01",
                "LastUpdatedBefore": "2026-11-02",
            },
        ),
        (
            "/orders/v0/orders",
            {"MarketplaceIds": ",".join(["ATVPDKIKX0DER"] * 51), "CreatedAfter": "2026-11-01"},
        ),
        (
            "/orders/v0/orders",
            {"MarketplaceIds": "A1PA6795UKMFR9", "CreatedAfter": "2026-11-01"},
        ),
        (
            "/orders/v0/orders",
            {
                "MarketplaceIds": "ATVPDKIKX0DER",
                "CreatedAfter": "2026-11-01",
                "OrderStatuses": "Lost",
            },
        ),
        ("/orders/v0/orders/12", {}),
        ("/orders/2026-01-01/orders", {}),
        ("/orders/2026-01-01/orders", {"createdAfter": "2026-11-01", "maxResultsPerPage": "0"}),
        ("/orders/2026-01-01/orders", {"createdAfter": "2026-11-01", "includedData": "MONEY"}),
        (
            "/orders/2026-01-01/orders",
            {"createdAfter": "2026-11-01", "lastUpdatedAfter": "2026-11-01"},
        ),
        ("/fba/inventory/v1/summaries", {"marketplaceIds": "ATVPDKIKX0DER"}),
        (
            "/fba/inventory/v1/summaries",
            {
                "granularityType": "Marketplace",
                "granularityId": "ATVPDKIKX0DER",
                "marketplaceIds": "ATVPDKIKX0DER,A2EUQ1WTGCTBG2",
            },
        ),
        (
            "/fba/inventory/v1/summaries",
            {
                "granularityType": "Marketplace",
                "granularityId": "ATVPDKIKX0DER",
                "marketplaceIds": "ATVPDKIKX0DER",
                "startDateTime": "2024-11-01",
            },
        ),
    ],
)
async def test_requests_that_amazon_cannot_read(connect, path, query):
    async with connect() as api:
        answer = await api.get(path, query)
    assert refusal(answer)[:2] == (400, "InvalidInput")
    assert answer.headers["x-amzn-errortype"] == "InvalidInputException"


async def test_filters_of_orders(connect):
    async with connect() as api:
        everything = await api.scan("orders")
        open_ones = await api.scan("orders", OrderStatuses="Unshipped,PartiallyShipped")
        own = await api.scan("orders", FulfillmentChannels="MFN")
        mexican = await api.scan("orders", MarketplaceIds="A1AM78C64UM0Y8")
        some_ids = [order["AmazonOrderId"] for order in everything[:5]]
        named = await api.scan("orders", AmazonOrderIds=",".join(some_ids))
        cancelled = await api.scan("search", fulfillmentStatuses="CANCELLED", fulfilledBy="AMAZON")
    assert open_ones == [
        order for order in everything if order["OrderStatus"] in {"Unshipped", "PartiallyShipped"}
    ]
    assert own == [order for order in everything if order["FulfillmentChannel"] == "MFN"]
    assert mexican == [order for order in everything if order["MarketplaceId"] == "A1AM78C64UM0Y8"]
    assert [order["AmazonOrderId"] for order in named] == some_ids
    assert {order["orderId"] for order in cancelled} == {
        order["AmazonOrderId"]
        for order in everything
        if order["OrderStatus"] == "Canceled" and order["FulfillmentChannel"] == "AFN"
    }


async def test_repeated_parameters_count_like_commas(connect):
    async with connect() as api:
        query = [
            ("MarketplaceIds", "ATVPDKIKX0DER"),
            ("MarketplaceIds", "A1AM78C64UM0Y8"),
            ("LastUpdatedAfter", "2026-08-25"),
        ]
        repeated = await api.http.get("/orders/v0/orders", params=query, headers=api.headers)
        joined = await api.orders(
            MarketplaceIds="ATVPDKIKX0DER,A1AM78C64UM0Y8", LastUpdatedAfter="2026-08-25"
        )
    assert repeated.json()["payload"]["Orders"] == joined.json()["payload"]["Orders"]


async def test_single_orders_and_their_pages_of_items(connect):
    async with connect() as api:
        orders = await api.scan("search")
        big = max(orders, key=lambda order: len(order["orderItems"]))
        path = f"/orders/v0/orders/{big['orderId']}"
        single = (await api.get(path)).json()["payload"]
        new = (await api.get(f"/orders/2026-01-01/orders/{big['orderId']}")).json()["order"]
        first = await api.get(f"{path}/orderItems")
        token = token_of(first)
        second = await api.get(f"{path}/orderItems", {"NextToken": token})
        other = next(order for order in orders if order is not big)
        foreign = await api.get(
            f"/orders/v0/orders/{other['orderId']}/orderItems", {"NextToken": token}
        )
    assert single["AmazonOrderId"] == new["orderId"] == big["orderId"]
    assert "fulfillment" not in new  # no data set was asked for
    items = first.json()["payload"]["OrderItems"] + second.json()["payload"]["OrderItems"]
    assert [item["OrderItemId"] for item in items] == [
        item["orderItemId"] for item in big["orderItems"]
    ]
    assert len(items) == 24
    assert token_of(second) is None
    assert refusal(foreign)[0] == 400


async def test_inventory_by_details_sku_marketplace_and_time(connect):
    async with connect() as api:
        whole = await api.scan("stock")
        brief = await api.scan("stock", details="false")
        loud = await api.scan("stock", details="True")
        comma = next(row["sellerSku"] for row in whole if "," in row["sellerSku"])
        one = await api.scan("stock", sellerSku=comma)
        split = await api.scan("stock", sellerSkus=comma)
        canada = {"granularityId": "A2EUQ1WTGCTBG2", "marketplaceIds": "A2EUQ1WTGCTBG2"}
        abroad = await api.scan("stock", **canada)
        since = "2026-10-15T00:00:00Z"
        changed = await api.scan("stock", startDateTime=since, sellerSku=comma)
    assert all("inventoryDetails" not in row for row in brief)
    assert loud == whole
    assert {row["sellerSku"] for row in one} == {comma}
    assert split == []  # a comma cannot travel in a list
    assert 0 < len(abroad) < len(whole)
    assert changed == [row for row in whole if row["lastUpdatedTime"] >= since]


async def test_money_is_a_number_in_finances_and_text_in_orders(connect):
    async with connect() as api:
        orders = (await api.orders()).json()["payload"]["Orders"]
        events = (await api.events()).text
    amounts = [order["OrderTotal"]["Amount"] for order in orders if "OrderTotal" in order]
    assert all(re.fullmatch(r"\d+\.\d\d", amount) for amount in amounts)
    assert re.search(r'"CurrencyAmount":-?\d+\.\d', events)
    assert '"CurrencyAmount":"' not in events


async def test_another_seller_is_named_to_whoever_comes_with_its_refresh_token(connect):
    async with connect(other_seller="Atzr|other") as api:
        told = []
        for refresh_token in ("Atzr|mine", "Atzr|renewed", "Atzr|other", "Atzr|mine"):
            await api.login(refresh_token)
            found = (await api.transactions()).json()["payload"]["transactions"]
            [seller] = {one["sellingPartnerMetadata"].pop("sellingPartnerId") for one in found}
            told.append((seller, found))
    mine, renewed, other, again = told
    assert mine == renewed == again
    assert other[0] != mine[0]
    assert other[1] == mine[1]
