"""Answers whose list of records is missing: asked for again, then empty but no proof of it."""

from datetime import UTC, datetime

import pytest

from opside_desktop.domain.errors import AmazonUnavailable

STOCK = "/fba/inventory/v1/summaries"
FINANCES = "/finances/v0/financialEvents"
SEARCH = "/orders/2026-01-01/orders"
ORDERS_V0 = "/orders/v0/orders"
SELLERS = "/sellers/v1/marketplaceParticipations"
START, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 8, tzinfo=UTC)
US = "ATVPDKIKX0DER"

FRAMES = {
    "finances": (
        FINANCES,
        {"payload": {"FinancialEvents": {}}},
        [{}, {"payload": None}, {"payload": {}}, {"payload": {"FinancialEvents": None}}],
    ),
    "inventory": (
        STOCK,
        {"payload": {"inventorySummaries": []}},
        [{}, {"payload": None}, {"payload": {}}, {"payload": {"inventorySummaries": None}}],
    ),
    "orders": (SEARCH, {"orders": []}, [{}, {"orders": None}, {"message": "Hello"}]),
    "orders_v0": (
        ORDERS_V0,
        {"payload": {"Orders": []}},
        [{}, {"payload": None}, {"payload": {}}, {"payload": {"Orders": None}}],
    ),
}
CASES = [(name, body) for name, (_, _, bodies) in FRAMES.items() for body in bodies]


@pytest.fixture
async def ask(amazon, connect, reply):
    """Ask for one page of a dataset."""
    taking_part = {"marketplace": {"id": US}, "participation": {"isParticipating": True}}
    amazon.says(SELLERS, reply(200, {"payload": [taking_part]}))

    async def page(name):
        session = await connect(
            amazon.url, orders_api="v0" if name == "orders_v0" else "2026-01-01"
        )
        match name:
            case "finances":
                return await session.finances.page(START, END)
            case "inventory":
                return await session.inventory.page(US)
            case _:
                return await session.orders.page(START, END)

    return page


@pytest.mark.parametrize(("name", "body"), CASES)
async def test_an_answer_without_its_frame_is_asked_for_twice_more(
    amazon, ask, reply, clock, name, body
):
    path, _, _ = FRAMES[name]
    amazon.says(path, reply(200, body))
    start = clock.now()
    page = await ask(name)
    assert (page.records, page.is_frameless) == ([], True)
    assert len(amazon.calls(path)) == 3
    assert clock.now() - start <= 10


@pytest.mark.parametrize("body", [{}, {"payload": None}])
async def test_marketplaces_that_are_not_told_are_not_none(amazon, connect, reply, body):
    amazon.says(SELLERS, reply(200, body))
    session = await connect(amazon.url)
    with pytest.raises(AmazonUnavailable):
        await session.sellers.marketplace_participations()
    assert len(amazon.calls(SELLERS)) == 3
    amazon.says(SELLERS, reply(200, {"payload": []}))
    assert await session.sellers.marketplace_participations() == []


@pytest.mark.parametrize("name", FRAMES)
async def test_a_frame_that_comes_after_all_is_believed(amazon, ask, reply, name):
    path, whole, bodies = FRAMES[name]
    amazon.says(path, reply(200, bodies[0]), reply(200, bodies[1]), reply(200, whole))
    page = await ask(name)
    assert (page.records, page.is_frameless) == ([], False)
    assert len(amazon.calls(path)) == 3
