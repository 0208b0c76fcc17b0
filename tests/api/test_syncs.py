"""The state of syncs, their history, and cancelling, over HTTP."""

import asyncio

import pytest
import sqlalchemy

from opside_desktop.domain.syncs import SyncStatus
from tests.api.conftest import ALICE, AMZ, user_id, with_amazon
from tests.waiting import LIMIT_S

SYNC = {
    "syncId", "status", "progress", "message", "step", "totalSteps", "startedAt", "updatedAt",
    "completedAt", "durationSeconds", "estimatedCompletion", "ordersProcessed", "totalOrders",
    "inventoryCount", "claimsDetected", "results", "error", "errorCode", "isMock",
}  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request):
    return request.param


@pytest.fixture
def statements():
    """Every statement that any database of this process is given."""
    seen = []

    def on_statement(connection, cursor, statement, *rest):
        seen.append(statement)

    sqlalchemy.event.listen(sqlalchemy.Engine, "before_cursor_execute", on_statement)
    yield seen
    sqlalchemy.event.remove(sqlalchemy.Engine, "before_cursor_execute", on_statement)


async def test_without_any_sync_the_state_is_idle(bare):
    state = (await bare.get("/api/sync/status")).body
    assert set(state) == SYNC | {"success", "hasActiveSync"}
    assert (state["status"], state["syncId"], state["progress"]) == ("idle", None, 0)
    assert state["hasActiveSync"] is False


async def test_the_named_sync_else_the_running_one_else_the_newest(api):
    first = await api.sync()
    second = await api.sync()
    newest = (await api.get("/api/sync/status")).body
    assert set(newest) == SYNC | {"success", "hasActiveSync"}
    assert (newest["syncId"], newest["hasActiveSync"]) == (second, False)
    api.tap.held = "/auth/o2/token"
    third = await api.start()
    running = (await api.get("/api/sync/status")).body
    assert (running["syncId"], running["status"]) == (third, "running")
    for answer in (
        await api.get("/api/sync/status", syncId=first),
        await api.get(f"/api/sync/status/{first}"),
    ):
        # Another one runs, though the named one does not.
        assert (answer.body["syncId"], answer.body["status"]) == (first, "completed")
        assert answer.body["hasActiveSync"] is True


async def test_a_running_sync_is_told_from_memory(api, statements, until):
    api.tap.held = "/orders/2026-01-01/orders"
    sync_id = await api.start()
    await api.tap.until_held()
    run_of = api.program.board.own

    def others_are_stored():
        results = run_of(user_id(ALICE)).results
        return all(results[each].status == "success" for each in ("claims", "inventory"))

    await until(others_are_stored)
    paths = ("/api/sync/status", f"/api/sync/status/{sync_id}")
    del statements[:]
    states = [await api.get(path) for path in paths * 20]
    assert {state.body["status"] for state in states} == {"running"}
    # The sync itself may have stored its progress meanwhile; nothing was read for the polls.
    assert len([each for each in statements if "SELECT" in each]) < len(states)


async def test_cancelling_is_visible_at_once_and_may_be_repeated(api):
    api.tap.held = "/orders/2026-01-01/orders"
    sync_id = await api.start()
    await api.tap.until_held()
    for _ in range(3):
        answer = await api.post(f"/api/sync/cancel/{sync_id}")
        assert answer.status == 200
        assert answer.body == {"success": True, "syncId": sync_id, "status": "cancelled"}
        for path in ("/api/sync/status", f"/api/sync/status/{sync_id}"):
            state = (await api.get(path)).body
            assert (state["status"], state["errorCode"]) == ("cancelled", "cancelled")
            assert state["hasActiveSync"] is False
    async with asyncio.timeout(LIMIT_S):
        run = await api.program.manager.wait(user_id(ALICE), sync_id)
    assert run.status is SyncStatus.CANCELLED
    # What was cancelled stands in nobody's way.
    api.tap.close()
    await api.sync()


async def test_a_finished_sync_cannot_be_cancelled(api):
    sync_id = await api.sync()
    answer = await api.post(f"/api/sync/cancel/{sync_id}")
    assert answer.failure == (409, "sync_not_running")
    assert answer.body["message"] == "Sync is not running (completed)."
    assert answer.body["status"] == "completed"


async def test_a_sync_of_another_program_is_seen_and_cancelled(programs):
    here, there = await programs.api(), await programs.api(await programs.program())
    programs.tap.held = "/auth/o2/token"
    sync_id = await here.start()
    state = (await there.get("/api/sync/status")).body
    assert (state["syncId"], state["hasActiveSync"]) == (sync_id, True)
    assert (await there.get(f"{AMZ}/status")).body["activeSyncId"] == sync_id
    assert (await there.post(f"/api/sync/cancel/{sync_id}")).status == 200
    async with asyncio.timeout(LIMIT_S):
        run = await here.program.manager.wait(user_id(ALICE), sync_id)
    assert run.status is SyncStatus.CANCELLED


async def test_what_another_program_cancels_is_seen_at_once_by_the_one_that_runs_it(programs):
    here, there = await programs.api(), await programs.api(await programs.program())
    programs.tap.held = "/auth/o2/token"
    former = await here.start()
    assert (await there.post(f"/api/sync/cancel/{former}")).status == 200
    state = (await here.get("/api/sync/status")).body
    assert (state["syncId"], state["status"]) == (former, "cancelled")
    assert state["hasActiveSync"] is False
    assert (await here.get(f"{AMZ}/status")).body["activeSyncId"] is None
    # And it stands in nobody's way.
    newer = await here.start()
    state = (await here.get("/api/sync/status")).body
    assert (state["syncId"], state["status"]) == (newer, "running")


async def test_history(api):
    ids = [await api.sync() for _ in range(3)]
    answer = (await api.get("/api/sync/history")).body
    assert [sync["syncId"] for sync in answer["syncs"]] == ids[::-1]
    assert all(set(sync) == SYNC for sync in answer["syncs"])
    assert answer["pagination"] == {
        "total": 3,
        "limit": 20,
        "offset": 0,
        "hasMore": False,
        "nextCursor": None,
    }
    first = (await api.get("/api/sync/history", limit=2, status="completed")).body
    assert first["pagination"]["hasMore"] is True
    cursor = first["pagination"]["nextCursor"]
    for more in ({"cursor": cursor}, {"offset": 2}):
        rest = (await api.get("/api/sync/history", limit=2, **more)).body
        assert [sync["syncId"] for sync in rest["syncs"]] == ids[:1]
        assert rest["pagination"]["offset"] == 2
    assert (await api.get("/api/sync/history", status="failed")).body["syncs"] == []
    beyond = (await api.get("/api/sync/history", offset=2**53 - 1)).body
    assert (beyond["syncs"], beyond["pagination"]["hasMore"]) == ([], False)


async def test_past_syncs_page_by_page_while_new_ones_begin(api):
    ids = [await api.sync() for _ in range(3)]
    seen, cursor = [], {}
    for _ in ids:
        page = (await api.get("/api/sync/history", limit=1, **cursor)).body
        seen += [sync["syncId"] for sync in page["syncs"]]
        cursor = {"cursor": page["pagination"]["nextCursor"]}
        await api.sync()
    assert seen == ids[::-1]
    assert page["pagination"]["hasMore"] is False
    assert page["pagination"]["total"] == page["pagination"]["offset"] + 1


async def test_the_connection(api):
    expected = {
        "success": True,
        "connected": True,
        "status": "active",
        "sandbox": True,
        "sellerId": None,
        "marketplaceId": "ATVPDKIKX0DER",
        "region": "NA",
        "credentialSource": "environment",
        "lastSync": None,
        "activeSyncId": None,
    }
    assert (await api.get(f"{AMZ}/status")).body == expected
    sync_id = await api.sync()
    run = (await api.get(f"/api/sync/status/{sync_id}")).body
    now = (await api.get(f"{AMZ}/status")).body
    seller, last = now["sellerId"], now["lastSync"]
    assert seller.startswith("A")
    # When the recent part was read; the history came after it.
    assert run["startedAt"] < last <= run["completedAt"]
    assert now == {**expected, "sellerId": seller, "lastSync": last}


async def test_a_revoked_permission(programs, monkeypatch):
    async with with_amazon(monkeypatch, programs.environ, faults="revoked=1") as revoked:
        api = await revoked.api()
        sync_id = await api.start()
        async with asyncio.timeout(LIMIT_S):
            await api.program.manager.wait(user_id(ALICE), sync_id)
        state = (await api.get("/api/sync/status")).body
        assert (state["status"], state["errorCode"]) == ("failed", "auth_revoked")
        connection = (await api.get(f"{AMZ}/status")).body
        assert (connection["connected"], connection["status"]) == (False, "reconnect_required")
