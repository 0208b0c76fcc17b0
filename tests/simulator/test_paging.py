"""Windows and page tokens, as Amazon has them."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from tests.simulator.conftest import next_token

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

LISTS = {
    "orders": ("NextToken", "MaxResultsPerPage"),
    "search": ("paginationToken", "maxResultsPerPage"),
    "stock": ("nextToken", None),
    "events": ("NextToken", "MaxResultsPerPage"),
    "transactions": ("nextToken", None),
}


def at(**delta):
    return (NOW + timedelta(**delta)).isoformat().replace("+00:00", "Z")


def token_of(answer):
    return next_token(answer.json())


def refusal(answer):
    (error,) = answer.json()["errors"]
    return answer.status_code, error["code"], error["message"]


@pytest.mark.parametrize("dataset", LISTS)
async def test_tokens_must_be_encoded_and_lead_to_the_rest(connect, dataset):
    token_name, size_name = LISTS[dataset]
    async with connect(orders=700) as api:
        whole = await api.scan(dataset)
        small = {size_name: "40"} if size_name else {}
        first = await getattr(api, dataset)(**small)
        token = token_of(first)
        assert all(character in token for character in "+/=|")
        path = str(first.request.url).removeprefix(api.base_url)
        unencoded = await api.http.get(f"{path}&{token_name}={token}", headers=api.headers)
        assert refusal(unencoded)[0] == 400
        encoded = f"{path}&{token_name}={quote(token, safe='')}"
        assert (await api.http.get(encoded, headers=api.headers)).status_code == 200
        assert await api.scan(dataset, **small) == whole or dataset == "events"
        assert len(await api.scan(dataset, **small)) == len(whole)


@pytest.mark.parametrize(
    ("dataset", "seconds"),
    [
        ("stock", 30),
        ("events", 25 * 60),
        ("transactions", 25 * 60),
        ("search", 24 * 3600),
        ("orders", 3600),
    ],
)
async def test_tokens_die_of_age(connect, clock, dataset, seconds):
    token_name = LISTS[dataset][0]
    async with connect(orders=700) as api:
        token = token_of(await getattr(api, dataset)())
        clock.advance(seconds)
        await api.login()
        assert (await getattr(api, dataset)(**{token_name: token})).status_code == 200
        clock.advance(1)
        status, code, message = refusal(await getattr(api, dataset)(**{token_name: token}))
    assert (status, code) == (400, "InvalidInput")
    assert "valid" in message


@pytest.mark.parametrize("dataset", LISTS)
async def test_tokens_of_another_list_are_refused(connect, dataset):
    foreign = "events" if dataset != "events" else "stock"
    async with connect() as api:
        token = token_of(await getattr(api, foreign)())
        answer = await getattr(api, dataset)(**{LISTS[dataset][0]: token})
    assert refusal(answer)[:2] == (400, "InvalidInput")


@pytest.mark.parametrize(
    "changed",
    [{"marketplaceIds": "ATVPDKIKX0DER"}, {"lastUpdatedAfter": "2026-08-25T00:00:01Z"}],
)
async def test_search_orders_wants_all_parameters_again_unchanged(connect, changed):
    async with connect() as api:
        token = token_of(await api.search())
        refused = await api.search(paginationToken=token, **changed)
        allowed = await api.search(
            paginationToken=token, maxResultsPerPage="7", includedData="FULFILLMENT"
        )
    assert "All parameters must match the original request" in refusal(refused)[2]
    assert len(allowed.json()["orders"]) == 7
    assert "proceeds" not in allowed.json()["orders"][0]


async def test_inventory_wants_its_required_parameters_with_every_token(connect):
    async with connect() as api:
        since = {"startDateTime": "2026-09-03T00:00:00Z"}
        token = token_of(await api.stock(**since))
        without = await api.stock(nextToken=token)
        missing = await api.get("/fba/inventory/v1/summaries", {"nextToken": token})
        whole = await api.stock(nextToken=token, **since)
    assert refusal(without)[0] == 400
    assert refusal(missing)[0] == 400
    assert whole.status_code == 200


async def test_orders_v0_take_filters_again_or_not_but_never_changed(connect):
    async with connect() as api:
        token = token_of(await api.orders(MaxResultsPerPage="60"))
        bare = {"MarketplaceIds": api.orders_query["MarketplaceIds"], "NextToken": token}
        shorter = await api.get("/orders/v0/orders", bare)
        repeated = await api.orders(NextToken=token)
        changed = await api.orders(NextToken=token, LastUpdatedAfter="2026-09-01T00:00:00Z")
        no_marketplace = await api.get("/orders/v0/orders", {"NextToken": token})
        empty = await api.orders(NextToken=token, OrderStatuses="")
    assert shorter.json()["payload"]["Orders"] == repeated.json()["payload"]["Orders"]
    assert len(shorter.json()["payload"]["Orders"]) == 60
    for answer in (changed, no_marketplace, empty):
        assert refusal(answer)[:2] == (400, "InvalidInput")


@pytest.mark.parametrize(
    ("dataset", "name"),
    [
        ("orders", "LastUpdatedBefore"),
        ("search", "lastUpdatedBefore"),
        ("events", "PostedBefore"),
        ("transactions", "postedBefore"),
    ],
)
async def test_an_end_within_the_last_two_minutes_is_refused(connect, dataset, name):
    async with connect() as api:
        late = await getattr(api, dataset)(**{name: at(seconds=-119)})
        good = await getattr(api, dataset)(**{name: at(seconds=-120)})
    assert "two minutes" in refusal(late)[2]
    assert good.status_code == 200


async def test_the_bounds_of_orders_belong_to_them_and_the_end_is_echoed(connect):
    async with connect() as api:
        everything = await api.scan("orders")
        edge = sorted(order["LastUpdateDate"] for order in everything)[100]
        one = await api.orders(LastUpdatedAfter=edge, LastUpdatedBefore=edge)
        open_end = await api.orders()
        created = await api.get(
            "/orders/v0/orders",
            {"MarketplaceIds": "ATVPDKIKX0DER", "CreatedAfter": "2026-09-01T00:00:00Z"},
        )
        new = await api.search()
        new_created = await api.get(
            "/orders/2026-01-01/orders", {"createdAfter": "2026-09-01T00:00:00Z"}
        )
    assert [order["LastUpdateDate"] for order in one.json()["payload"]["Orders"]] == [edge]
    assert one.json()["payload"]["LastUpdatedBefore"] == edge
    assert open_end.json()["payload"]["LastUpdatedBefore"] == at(minutes=-2)
    assert created.json()["payload"]["CreatedBefore"] == at(minutes=-2)
    assert new.json()["lastUpdatedBefore"] == at(minutes=-2).replace("Z", ".000Z")
    assert new_created.json()["createdBefore"] == at(minutes=-2).replace("Z", ".000Z")


async def test_the_end_of_a_finance_window_does_not_belong_to_it(connect):
    async with connect() as api:
        posted = sorted(
            event["PostedDate"]
            for name, event in await api.scan("events")
            if name == "ShipmentEventList"
        )
        edge = posted[50]
        before = await api.scan("events", PostedBefore=edge)
        after = await api.scan("events", PostedAfter=edge)
        whole = await api.scan("events")
    assert len(before) + len(after) == len(whole)
    assert edge not in {event.get("PostedDate") for _, event in before}
    assert edge in {event.get("PostedDate") for _, event in after}


async def test_the_parts_of_a_window_hold_undated_events_once(connect):
    async with connect() as api:
        whole = await api.scan("events")
        days = []
        for day in range(75):
            start = datetime(2026, 9, 1, tzinfo=UTC) + timedelta(days=day)
            days += await api.scan(
                "events",
                PostedAfter=start.isoformat().replace("+00:00", "Z"),
                PostedBefore=(start + timedelta(days=1)).isoformat().replace("+00:00", "Z"),
            )
    assert sorted(map(repr, days)) == sorted(map(repr, whole))


async def test_more_than_180_days_of_finances_are_nothing_at_all(connect):
    async with connect() as api:
        wide = await api.events(PostedAfter="2026-01-01T00:00:00Z")
    assert wide.status_code == 200
    assert token_of(wide) is None
    lists = wide.json()["payload"]["FinancialEvents"]
    assert len(lists) == 34
    assert not any(lists.values())


async def test_more_than_180_days_of_transactions_are_nothing_at_all(connect):
    async with connect() as api:
        wide = await api.transactions(postedAfter="2026-01-01T00:00:00Z")
    assert (wide.status_code, wide.json()) == (200, {"payload": {"transactions": []}})


@pytest.mark.parametrize(
    "changed",
    [
        {"PostedAfter": "2026-08-25T00:00:01Z"},
        {"PostedAfter": None},
        {"PostedBefore": "2026-11-01T00:00:00Z"},
    ],
)
async def test_finances_v0_want_their_window_again_with_every_token(connect, changed):
    async with connect() as api:
        token = token_of(await api.events())
        query = {**api.events_query, "NextToken": token, **changed}
        left = {name: value for name, value in query.items() if value is not None}
        refused = await api.get("/finances/v0/financialEvents", left)
        smaller = await api.events(NextToken=token, MaxResultsPerPage="7")
    assert refusal(refused)[:2] == (400, "InvalidInput")
    assert sum(map(len, smaller.json()["payload"]["FinancialEvents"].values())) == 7


@pytest.mark.parametrize(
    "changed",
    [
        {"postedAfter": "2026-08-25T00:00:01Z"},
        {"postedBefore": "2026-11-01T00:00:00Z"},
        {"transactionStatus": "RELEASED"},
        {"marketplaceId": "ATVPDKIKX0DER"},
        {"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": "111-1111111-1111111"},
    ],
)
async def test_transactions_want_all_arguments_again_unchanged(connect, changed):
    async with connect(orders=700) as api:
        token = token_of(await api.transactions())
        assert (await api.transactions(nextToken=token)).status_code == 200
        refused = await api.transactions(nextToken=token, **changed)
    assert refusal(refused)[:2] == (400, "InvalidInput")


async def test_a_page_is_as_long_as_amazons(connect):
    async with connect(orders=700) as api:
        assert len((await api.transactions()).json()["payload"]["transactions"]) == 500
        assert len((await api.orders()).json()["payload"]["Orders"]) == 100
        assert len((await api.search()).json()["orders"]) == 100
        assert len((await api.stock()).json()["payload"]["inventorySummaries"]) == 50
        events = (await api.events()).json()["payload"]["FinancialEvents"]
        assert sum(map(len, events.values())) == 100
        assert len((await api.orders(MaxResultsPerPage="3")).json()["payload"]["Orders"]) == 3
