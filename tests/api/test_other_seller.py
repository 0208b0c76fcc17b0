"""Over HTTP, too, an account keeps to its seller, and what is stored stays readable."""

import asyncio
from datetime import timedelta

import pytest

from opside_desktop.domain.clock import parse_moment
from tests.api.conftest import ALICE, AMZ, user_id, with_amazon
from tests.waiting import LIMIT_S

OTHER = "Atzr|another seller's"


async def ended(api):
    """The record of one sync, at its end."""
    sync_id = await api.start()
    async with asyncio.timeout(LIMIT_S):
        await api.program.manager.wait(user_id(ALICE), sync_id)
    return (await api.get(f"/api/sync/status/{sync_id}")).body


def asked_whose(tap):
    """The requests that ask whose the token is: no window of claims is that long."""
    found = []
    for path, query in tap.requests:
        if path == "/finances/2024-06-19/transactions":
            start, end = (parse_moment(query[f"posted{name}"]) for name in ("After", "Before"))
            if start and end and end - start == timedelta(days=90):
                found.append(query)
    return found


async def listed(api):
    return {
        name: (await api.get(f"{AMZ}/{name}")).body[name]
        for name in ("claims", "inventory", "orders")
    }


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_another_sellers_token_stores_nothing_and_hides_nothing(programs, monkeypatch):
    async with with_amazon(
        monkeypatch, programs.environ, orders=20, claims=8, skus=10, other_seller=OTHER
    ) as mine:
        api = await mine.api()
        await api.sync()
        seller = (await api.get(f"{AMZ}/status")).body["sellerId"]
        before = await listed(api)
        assert all(before.values())
        others = await mine.api(await mine.program(AMAZON_SPAPI_REFRESH_TOKEN=OTHER))
        mine.tap.requests.clear()
        sync = await ended(others)
        assert (sync["status"], sync["errorCode"]) == ("failed", "auth_revoked")
        assert "another seller" in sync["error"]
        assert seller in sync["error"]
        asked = [path for path, _ in mine.tap.requests]
        assert asked == ["/auth/o2/token", "/finances/2024-06-19/transactions"]
        connection = (await others.get(f"{AMZ}/status")).body
        assert (connection["status"], connection["sellerId"]) == ("reconnect_required", None)
        assert await listed(others) == before
        assert (await ended(api))["status"] == "completed"


async def test_an_account_whose_seller_is_known_is_not_asked_again(programs, monkeypatch):
    async with with_amazon(monkeypatch, programs.environ, orders=20) as mine:
        api = await mine.api()
        for _ in range(3):
            await api.sync()
        assert len(asked_whose(mine.tap)) == 1


async def test_an_account_whose_seller_is_not_told_is_asked_once_a_day(programs, monkeypatch):
    denied = {"faults": "denied=transactions", "orders": 20}
    async with with_amazon(monkeypatch, programs.environ, **denied) as mine:
        api = await mine.api()
        for _ in range(2):
            await api.sync()
        assert len(asked_whose(mine.tap)) == 1
        assert (await api.get(f"{AMZ}/status")).body["sellerId"] is None
