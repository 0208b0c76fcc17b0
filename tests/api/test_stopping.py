"""Stopping the server: what runs reaches the end of a page, and the next server goes on there."""

import asyncio

import pytest

from opside_desktop.api.timings import ApiTimings
from opside_desktop.domain.datasets import Dataset
from tests.api.conftest import ALICE, AMZ, user_id, with_amazon
from tests.waiting import LIMIT_S

ORDERS = "/orders/2026-01-01/orders"
SYNC = f"{AMZ}/sync"


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request):
    return request.param


def orders_asked(api):
    """The questions for orders that reached Amazon, each told by its page."""
    return [tuple(sorted(query.items())) for query in api.tap.of("orders")]


async def test_a_running_sync_reaches_the_end_of_its_page(programs, until):
    first = await programs.api()
    programs.tap.held, programs.tap.let_through = ORDERS, 1
    sync_id = await first.start()
    await programs.tap.until_held()
    stopping = asyncio.create_task(first.server.stop(stop_syncs=True))
    await until(lambda: first.program.manager._is_closed)

    # No new start; everything else is still answered.
    refused = await first.post(SYNC)
    assert refused.failure == (503, "service_unavailable")
    state = (await first.get(f"/api/sync/status/{sync_id}")).body
    assert state["status"] == "running"
    stored = state["results"]["orders"]["count"]

    programs.tap.gate.set()
    async with asyncio.timeout(LIMIT_S):
        await stopping
    run = await first.program.manager.wait(user_id(ALICE), sync_id)
    assert (run.status, run.error_code) == ("failed", "interrupted")
    # The page that was on its way is stored, and nothing was asked after it.
    assert run.result(Dataset.ORDERS).count > stored
    assert len(programs.tap.of("orders")) == 2
    assert not first.server._state.connections

    second = await programs.api(await programs.program())
    await second.sync()
    asked = orders_asked(second)
    assert len(set(asked)) == len(asked), "A page was asked for twice."
    state = (await second.get("/api/sync/status")).body
    counts = {name: result["count"] for name, result in state["results"].items()}
    assert counts == {"claims": 37, "inventory": 150, "orders": 250}


async def test_a_page_that_takes_too_long_is_given_up(programs):
    api = await programs.api(timings=ApiTimings(finish_s=0.2))
    programs.tap.held = ORDERS
    sync_id = await api.start()
    await programs.tap.until_held()
    async with asyncio.timeout(LIMIT_S):
        await api.server.stop(stop_syncs=True)
    run = await api.program.manager.wait(user_id(ALICE), sync_id)
    assert (run.status, run.error_code) == ("failed", "interrupted")


async def test_nobody_waits_for_a_sync_that_waits_for_amazons_quota(environ, monkeypatch, until):
    # At Amazon's true rates this takes far more calls than its buckets hold.
    async with with_amazon(monkeypatch, environ, time_scale=1, orders=4000) as programs:
        api = await programs.api()
        sync_id = await api.start()

        def is_waiting():
            run = api.program.board.own(user_id(ALICE))
            return run is not None and "Orders: waiting" in run.message

        await until(is_waiting)
        async with asyncio.timeout(LIMIT_S):
            await api.server.stop(stop_syncs=True)
        run = await api.program.manager.wait(user_id(ALICE), sync_id)
        assert (run.status, run.error_code) == ("failed", "interrupted")


async def test_a_sync_that_has_not_signed_in_is_given_up_at_once(programs):
    api = await programs.api()
    programs.tap.held = "/auth/o2/token"
    sync_id = await api.start()
    async with asyncio.timeout(LIMIT_S):
        await api.server.stop(stop_syncs=True)
    assert (await api.program.manager.wait(user_id(ALICE), sync_id)).error_code == "interrupted"


async def test_the_windows_syncs_go_on_when_its_server_stops(programs):
    api = await programs.api()
    programs.tap.held = ORDERS
    sync_id = await api.start()
    await programs.tap.until_held()
    await api.server.stop()
    await api.server.stop()
    programs.tap.gate.set()
    async with asyncio.timeout(LIMIT_S):
        run = await api.program.manager.wait(user_id(ALICE), sync_id)
    assert run.status == "completed"
    # Switched on again, it answers as before.
    again = await programs.api(api.program)
    assert (await again.get(f"/api/sync/status/{sync_id}")).body["status"] == "completed"
    await again.sync()
