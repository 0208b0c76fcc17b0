"""Days that pass, and how far back Amazon looks."""

from datetime import UTC, datetime

import pytest

NOW = "2026-11-23T12:00:00Z"


async def everything(api):
    return {
        name: {repr(row): row for row in await api.scan(name)}
        for name in ("orders", "search", "stock", "events", "transactions")
    }


@pytest.mark.parametrize("scenario", ["normal_week", "with_issues"])
async def test_days_that_are_skipped_bring_orders_events_and_stock(connect, scenario):
    async with connect(scenario=scenario) as api:
        for dataset in ("orders", "search"):
            for _ in range(2):
                await api.scan(dataset)  # with issues, until nothing changes while it is read
        before = await everything(api)
        resting = await everything(api)
        await api.advance(10)
        after = await everything(api)
        ledger = await api.ledger()
    assert before == resting
    new = {
        name: [row for key, row in rows.items() if key not in before[name]]
        for name, rows in after.items()
    }
    known = {order["AmazonOrderId"]: order for order in before["orders"].values()}
    now = {order["AmazonOrderId"]: order for order in after["orders"].values()}
    assert set(known) < set(now)
    assert {order["orderId"] for order in after["search"].values()} == set(now)
    for order in new["orders"]:
        assert NOW < order["LastUpdateDate"] <= "2026-12-03T12:00:00Z"
    moved = [order for order in new["orders"] if order["AmazonOrderId"] in known]
    assert {order["OrderStatus"] for order in moved} >= {"Shipped"}
    assert len(moved) >= 5
    for row in new["stock"]:
        assert NOW < row["lastUpdatedTime"] <= "2026-12-03T12:00:00Z"
    assert len(after["stock"]) == len(before["stock"])
    assert 20 < len(new["stock"]) < 120
    dated = [one for one in new["transactions"] if one["postedDate"] > NOW]
    assert {one["transactionType"] for one in dated} > {"Shipment"}
    claims = [entry for entry in ledger if entry["claim"] and entry["postedAt"] > NOW]
    assert 1 < len(claims) < 12
    assert new["events"]


async def test_days_that_pass_by_themselves_are_empty_unless_the_seller_lives(connect, clock):
    async with connect() as api:
        before = await everything(api)
        clock.advance(10 * 86_400)
        await api.login()
        assert await everything(api) == before
    clock.advance(-10 * 86_400)
    async with connect(live=True) as api:
        filled = await everything(api)
        clock.advance(10 * 86_400)
        await api.login()
        later = await everything(api)
    assert len(before["orders"]) < len(filled["orders"]) < len(later["orders"])
    assert len(before["transactions"]) < len(filled["transactions"]) < len(later["transactions"])
    first = {order["PurchaseDate"][:10] for order in filled["orders"].values()}
    assert first > {"2026-11-14", "2026-11-22"}


async def test_what_a_day_brings_hangs_on_seed_and_date_alone(connect):
    async def after(*moves, **options):
        async with connect(live=True, **options) as api:
            for days in moves:
                await api.advance(days)
            return await everything(api)

    at_once = await after(9)
    assert await after(2, 0.25, 6.75) == at_once
    assert await after(now=datetime(2026, 12, 2, 12, tzinfo=UTC)) == at_once
    assert await after(9, seed=3) != at_once


async def test_orders_older_than_two_years_are_gone(connect):
    async with connect() as api:
        every = {order["AmazonOrderId"]: order for order in await api.scan("orders")}
    async with connect(now=datetime(2028, 10, 20, tzinfo=UTC)) as api:
        orders = {order["AmazonOrderId"] for order in await api.scan("orders")}
        search = {order["orderId"] for order in await api.scan("search")}
        for number, order_id in enumerate(sorted(every)):
            path = ("/orders/v0/orders/", "/orders/2026-01-01/orders/")[number % 2]
            status = (await api.get(path + order_id)).status_code
            assert status == (200 if order_id in orders else 404)
    placed = {order_id for order_id in every if every[order_id]["PurchaseDate"] > "2026-10-21"}
    assert orders == search == placed
    assert 0 < len(orders) < 250


@pytest.mark.parametrize(
    ("agent", "status"),
    [
        ("Opside Desktop/1.0 (Language=Python/3.12; Platform=Linux)", 200),
        ("App/1 (Platform=Linux; Language=Java/21)", 200),
        ("amazon-selling-partner-api-sdk/1.13.0/python", 200),
        ("python-sp-api-2.1.35", 200),
        ("python-httpx/0.28", 400),
        ("App/1 (Platform=Linux)", 400),
        ("App/1 (Language=Python/3.12; Note=" + "x" * 500 + ")", 400),
    ],
)
async def test_programs_say_which_language_they_speak(connect, agent, status):
    async with connect() as api:
        api.http.headers["user-agent"] = agent
        assert (await api.orders()).status_code == status
        assert (await api.login()).status_code == 200
        assert await api.ledger()


async def test_instalment_plans_tell_the_taxes_that_the_model_requires(connect):
    async with connect(claims=4_000) as api:
        found = [
            event
            for name, event in await api.scan("events")
            if name == "AffordabilityExpenseReversalEventList"
        ]
    assert found
    for event in found:
        assert {event[f"TaxType{tax}"]["CurrencyCode"] for tax in ("CGST", "SGST", "IGST")} == {
            "USD"
        }
