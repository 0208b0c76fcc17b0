"""Another program's sync on the board, where nobody tells of its changes."""

import asyncio
from contextlib import aclosing
from functools import partial

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from opside_desktop.domain.clock import SYSTEM_CLOCK
from opside_desktop.domain.syncs import Owner, SyncRequest, SyncStatus
from opside_desktop.store.opening import open_database
from opside_desktop.store.runs import starting, sync_runs
from opside_desktop.sync.board import SyncBoard
from opside_desktop.sync.timings import SyncTimings
from tests.flows.world import ALICE, account_of
from tests.waiting import LIMIT_S, never, turns, until

ELSEWHERE = Owner(host="another-computer", pid=77, instance="1.0")
OFTEN = SyncTimings(poll_s=0.01, retry_s=0.01)


@pytest.fixture
async def db(tmp_path):
    opened = await open_database(f"sqlite:///{tmp_path / 'opside.db'}", app_version="0")
    yield opened
    await opened.close()


@pytest.fixture
async def board(db):
    made = SyncBoard(db, SYSTEM_CLOCK, OFTEN)
    yield made
    await made.close()


@pytest.fixture
async def run(db):
    return await begun(db)


async def begun(db, name=ALICE):
    return await starting.start_run(
        db,
        account_of(name),
        SyncRequest(),
        ELSEWHERE,
        endpoint_is_mock=True,
        mock_scenario="simulator",
        app_version="0",
    )


async def execute(db, statement):
    await db.write(lambda connection: connection.execute(sa.text(statement)))


async def test_all_who_follow_it_hear_each_change_and_the_end(db, board, run):
    async def records():
        return [one.message async for one in board.follow(run)]

    async with asyncio.timeout(LIMIT_S):
        tasks = [asyncio.create_task(records()) for _ in range(5)]
        async with aclosing(board.follow(run)) as following:
            await anext(following)
            await sync_runs.update_run(db, replace(run, message="Half of it."))
            assert (await anext(following)).message == "Half of it."
        done = replace(run, status=SyncStatus.COMPLETED, message="All copied.")
        await sync_runs.end_run(db, done)
        heard = await asyncio.gather(*tasks)
    assert all(each == [run.message, "Half of it.", "All copied."] for each in heard)


async def test_a_database_that_cannot_be_read_for_a_while_is_waited_for(db, board, run, caplog):
    async with asyncio.timeout(LIMIT_S), aclosing(board.follow(run)) as following:
        await anext(following)
        await execute(db, "ALTER TABLE sync_progress RENAME TO elsewhere")
        await until(lambda: "cannot be read now" in caplog.text)
        await execute(db, "ALTER TABLE elsewhere RENAME TO sync_progress")
        await sync_runs.update_run(db, replace(run, message="Back again."))
        assert (await anext(following)).message == "Back again."


async def test_following_ends_where_all_of_the_user_is_deleted(db, board, run):
    async with asyncio.timeout(LIMIT_S), aclosing(board.follow(run)) as following:
        assert await anext(following) == run
        await execute(db, "DELETE FROM sync_progress")
        assert [one async for one in following] == []


async def test_following_ends_where_reading_fails_as_nobody_expected(
    monkeypatch, db, board, run, caplog
):
    async def broken(*_):
        raise ZeroDivisionError

    async with asyncio.timeout(LIMIT_S), aclosing(board.follow(run)) as following:
        assert await anext(following) == run
        monkeypatch.setattr(db, "read", broken)
        assert [one async for one in following] == []
        await until(lambda: f"Reading {run.sync_id} of another program failed." in caplog.text)


async def test_a_watched_sync_that_cannot_be_read_holds_up_no_other(monkeypatch, db, board, run):
    runs = [run, await begun(db, "bob")]
    await board.watch(
        [one.user_id for one in runs], every_s=10 * LIMIT_S, on_look=lambda fault: None
    )
    real, unreadable = sync_runs.get_run, set()

    async def read(db, user_id, sync_id):
        if sync_id in unreadable:
            raise ZeroDivisionError
        return await real(db, user_id, sync_id)

    def heard(one):
        return board.syncs(one.user_id).newest.message == "Half of it."

    monkeypatch.setattr(sync_runs, "get_run", read)
    for broken, sound in (runs, reversed(runs)):  # whichever of them is read first
        unreadable = {broken.sync_id}
        await sync_runs.update_run(db, replace(sound, message="Half of it."))
        await until(partial(heard, sound))


async def test_it_closes_once_a_look_that_was_called_off_has_left_the_database(
    monkeypatch, db, board
):
    reading, left = asyncio.Event(), asyncio.Event()

    async def slow(*_):
        reading.set()
        try:
            await never()
        finally:
            await turns(5)  # a server is asked to drop the query
            left.set()

    await board.watch([account_of().user_id], every_s=0.01, on_look=lambda fault: None)
    monkeypatch.setattr(db, "read", slow)
    async with asyncio.timeout(LIMIT_S):
        await reading.wait()
        board.unwatch()
        await board.close()
    assert left.is_set()
