"""What the manager puts on the board as its syncs begin and end."""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest

from opside_desktop.store.runs import starting
from opside_desktop.sync.timings import SyncTimings
from tests.flows.world import account_of, counts, world
from tests.waiting import LIMIT_S

NAMES = ("a b", "a_b")


async def test_syncs_of_one_id_and_two_users_are_two_syncs(monkeypatch, tmp_path):
    # Their names are spelled alike in a sync's id, and they start in the same millisecond.
    now = datetime.now(UTC)
    monkeypatch.setattr(starting, "read_now", lambda connection: now)
    async with world(monkeypatch, tmp_path) as program, asyncio.timeout(LIMIT_S):
        board, manager, users = (
            program.board,
            program.manager,
            [account_of(name).user_id for name in NAMES],
        )
        program.tap.held = "/auth/o2/token"
        mine, yours = [await program.start(name) for name in NAMES]
        assert mine.sync_id == yours.sync_id
        assert [board.own(user).user_id for user in users] == users
        async with aclosing(board.follow(mine)) as records:
            assert (await anext(records)).user_id == users[0]

        await manager.cancel(users[1], yours.sync_id)
        assert board.own(users[1]) is None
        assert board.own(users[0]).is_running
        program.tap.gate.set()
        ended = [await manager.wait(user, mine.sync_id) for user in users]
    assert [(run.user_id, run.status) for run in ended] == [
        (users[0], "completed"),
        (users[1], "cancelled"),
    ]
    assert counts(ended[0]) == (37, 150, 250)


async def test_who_cancels_hears_of_the_end_once_and_before_the_work_is_over(monkeypatch, tmp_path):
    async with world(monkeypatch, tmp_path) as program, asyncio.timeout(LIMIT_S):
        program.tap.held = "/auth/o2/token"
        run = await program.start()
        cancelled = await program.manager.cancel(run.user_id, run.sync_id)
        assert program.heard[-1] == cancelled
        assert program.board.own(run.user_id) is None
        assert await program.manager.wait(run.user_id, run.sync_id) == cancelled
    assert [one.status for one in program.heard if not one.is_running] == ["cancelled"]


async def test_a_sync_whose_end_fails_is_told_from_its_row(monkeypatch, tmp_path):
    async def broken(db):
        raise ZeroDivisionError

    often = SyncTimings(poll_s=0.01)
    async with (
        world(monkeypatch, tmp_path, sync_timings=often) as program,
        asyncio.timeout(LIMIT_S),
    ):
        program.tap.held = "/auth/o2/token"
        run = await program.start()
        monkeypatch.setattr(type(program.db), "checkpoint", broken)
        async with aclosing(program.board.follow(run)) as records:
            assert (await anext(records)).is_running
            program.tap.gate.set()
            with pytest.raises(ZeroDivisionError):
                await program.manager.wait(run.user_id, run.sync_id)
            await program.manager.until_idle()
            assert program.board.own_runs == ()
            assert [one.status async for one in records][-1] == "completed"
        assert await program.board.confirmed(run.user_id) is None
    assert program.heard[-1].status == "completed"


async def test_a_sync_is_known_although_the_clock_was_set_back_since_the_last(
    monkeypatch, tmp_path
):
    async with world(monkeypatch, tmp_path) as program, asyncio.timeout(LIMIT_S):
        before = await program.sync()
        earlier = before.started_at - timedelta(seconds=10)
        monkeypatch.setattr(starting, "read_now", lambda connection: earlier)
        program.tap.held = "/auth/o2/token"
        run = await program.start()
        assert [own.key for own in program.board.own_runs] == [run.key]
        assert program.heard[-1].key == run.key
        program.tap.gate.set()
        done = await program.manager.wait(run.user_id, run.sync_id)
        assert program.board.syncs(run.user_id).newest == done
        assert program.heard[-1] == done
    assert done.status == "completed"
