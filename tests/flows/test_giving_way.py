"""While history is read a newer sync takes over, and the history goes on by itself after it."""

import asyncio
import multiprocessing
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import SyncInProgress
from opside_desktop.domain.syncs import DatasetStatus, SyncStatus
from opside_desktop.store.runs import sync_runs
from opside_desktop.store.runs.events import list_events
from opside_desktop.store.schema.tables import sync_progress
from opside_desktop.sync.timings import SyncTimings
from tests.flows.victim import sync_once
from tests.flows.world import account_of, simulated, world
from tests.waiting import LIMIT_S, until

USER = account_of().user_id
SOON = SyncTimings(history_poll_s=0.05)
HISTORY = timedelta(days=31)


class Gate:
    """Holds back every answer that is about history, until it is opened."""

    def __init__(self, tap):
        self.tap = tap
        self.held = 0
        self.opened = asyncio.Event()
        self._app = tap.app
        tap.app = self

    def close(self):
        self._app.close()

    async def __call__(self, scope, receive, send):
        _, query = self.tap.requests[-1]
        end = query.get("PostedBefore") or query.get("lastUpdatedBefore")
        if end and is_history(end):
            self.held += 1
            await self.opened.wait()
        await self._app(scope, receive, send)


def is_history(end):
    return datetime.fromisoformat(end) < datetime.now(UTC) - timedelta(days=29)


def history_of(tap, dataset, name):
    """The windows of history that were asked for."""
    return [query[name] for query in tap.of(dataset) if name in query and is_history(query[name])]


@asynccontextmanager
async def reading_history(monkeypatch, home, **options):
    """A program whose sync has read the recent part, and waits for answers about history."""
    async with simulated(monkeypatch, scenario="normal_week") as simulator:
        gate = Gate(simulator[1])
        async with world(
            monkeypatch, home, simulator=simulator, sync_timings=SOON, **options
        ) as program:
            older = await program.start()
            await only_history(program, older)
            try:
                yield program, older, gate, simulator
            finally:
                gate.opened.set()


async def only_history(program, run):
    async with asyncio.timeout(LIMIT_S):
        while not (await stored(program, run)).only_reads_history:  # noqa: ASYNC110  # another's row
            await asyncio.sleep(0.02)


async def stored(program, run):
    return await sync_runs.get_run(program.db, run.user_id, run.sync_id)


async def running_rows(program):
    def read(connection):
        running = sa.select(sa.func.count()).where(sync_progress.c.status == "running")
        return connection.execute(running.select_from(sync_progress)).scalar_one()

    return await program.db.read(read)


async def expected_rows(monkeypatch, make_home):
    async with world(monkeypatch, make_home("calm"), scenario="normal_week") as program:
        await program.sync()
        return await program.rows("mock_scenario")


async def test_a_newer_sync_reads_what_is_new_and_goes_on_with_the_history(monkeypatch, make_home):
    expected = await expected_rows(monkeypatch, make_home)
    async with reading_history(monkeypatch, make_home("home")) as (program, older, gate, _):
        newer = await program.start()
        async with asyncio.timeout(2):
            closed = await program.manager.wait(USER, older.sync_id)
        assert (closed.status, closed.gave_way_to) == (SyncStatus.COMPLETED, newer.sync_id)
        assert closed.progress < 100
        assert "goes on with the history" in closed.message
        assert [one.kind for one in await list_events(program.db, USER, older.sync_id)][-1:] == [
            "gave_way"
        ]
        assert await running_rows(program) == 1
        gate.opened.set()
        done = await program.manager.wait(USER, newer.sync_id)
        assert (done.status, done.progress, done.leaves_history) == ("completed", 100, False)
        assert done.complete_since < datetime.now(UTC) - timedelta(days=89)
        assert await program.rows("mock_scenario") == expected
        await asyncio.sleep(SOON.history_poll_s * 4)
        assert await running_rows(program) == 0  # nothing is left to go on with
        _, total = await sync_runs.history(program.db, [USER], limit=9)
        assert total == 2


@pytest.mark.parametrize("part", [{"recent": True}, {"datasets": frozenset({Dataset.INVENTORY})}])
async def test_after_a_part_of_a_sync_the_history_goes_on_by_itself(monkeypatch, make_home, part):
    expected = await expected_rows(monkeypatch, make_home)
    async with reading_history(monkeypatch, make_home("home")) as (program, _, gate, _):
        newer = await program.start(**part)
        done = await program.manager.wait(USER, newer.sync_id)
        assert done.status is SyncStatus.COMPLETED
        assert done.leaves_history == part.get("recent", False)
        if done.leaves_history:
            assert done.progress < 100
            assert "left to a later sync" in done.message
        await until(lambda: program.board.own(USER) is not None)
        third = program.board.own(USER)
        assert third.trigger == "history"
        gate.opened.set()
        last = await program.manager.wait(USER, third.sync_id)
        assert (last.status, last.progress) == (SyncStatus.COMPLETED, 100)
        assert {one.status for one in last.results.values()} == {DatasetStatus.SUCCESS}
        assert await program.rows("mock_scenario") == expected


async def test_history_that_goes_on_by_itself_makes_no_other_give_way(monkeypatch, make_home):
    home = make_home("home")
    async with (
        reading_history(monkeypatch, home) as (program, older, gate, simulator),
        world(monkeypatch, home, simulator=simulator, sync_timings=SOON) as other,
    ):
        newer = await other.start()
        await program.manager.wait(USER, older.sync_id)
        await only_history(other, newer)
        await asyncio.sleep(SOON.history_poll_s * 4)
        assert (await stored(other, newer)).is_running
        with pytest.raises(SyncInProgress):
            await program.start(takes_over=False)
        gate.opened.set()
        assert (await other.manager.wait(USER, newer.sync_id)).status is SyncStatus.COMPLETED


async def test_who_cancels_the_newer_one_is_not_given_another(monkeypatch, make_home):
    async with reading_history(monkeypatch, make_home("home")) as (program, older, *_):
        newer = await program.start()
        await program.manager.wait(USER, older.sync_id)
        await program.manager.cancel(USER, newer.sync_id)
        await program.manager.wait(USER, newer.sync_id)
        await asyncio.sleep(SOON.history_poll_s * 4)
        assert await running_rows(program) == 0


@pytest.fixture(scope="module")
def programs():
    """Starts processes in no time: they are forked from one that has imported everything."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.flows.victim"])
    return context


async def test_killed_in_between_the_history_goes_on_by_itself(monkeypatch, make_home, programs):
    expected = await expected_rows(monkeypatch, make_home)
    home = make_home("home")
    async with reading_history(monkeypatch, home) as (program, older, gate, (url, tap)):
        before = len(tap.requests)
        victim = programs.Process(target=sync_once, args=(str(home), url), daemon=True)
        victim.start()
        closed = await program.manager.wait(USER, older.sync_id)
        assert closed.gave_way_to is not None
        await until(lambda: len(tap.requests) > before + 3)
        assert await running_rows(program) == 1
        victim.kill()
        await asyncio.to_thread(victim.join, 10)
        gate.opened.set()
        await until(lambda: program.board.own(USER) is not None)
        last = await program.manager.wait(USER, program.board.own(USER).sync_id)
        assert (last.status, last.trigger) == (SyncStatus.COMPLETED, "history")
        assert await program.rows("mock_scenario") == expected


async def test_a_finished_window_of_history_is_read_by_nobody_again(monkeypatch, make_home):
    async with reading_history(monkeypatch, make_home("home")) as (program, older, gate, (_, tap)):
        gate.opened.set()
        done = await program.manager.wait(USER, older.sync_id)
        assert done.status is SyncStatus.COMPLETED
        tap.requests.clear()
        again = await program.sync()
        assert again.status is SyncStatus.COMPLETED
        assert history_of(tap, "claims", "PostedBefore") == []
        assert history_of(tap, "orders", "lastUpdatedBefore") == []
