"""Databases that go away in the middle of a sync and come back, or do not."""

import asyncio
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import msgspec
import pytest

from opside_desktop.domain.datasets import Dataset
from opside_desktop.simulator.events import Event
from opside_desktop.store.runs import sync_runs
from opside_desktop.sync.timings import SyncTimings
from tests.flows.world import PATHS, account_of, counts, simulated, world
from tests.postgres import database, own_server, run_sql
from tests.waiting import LIMIT_S, until

WAITING = "Waiting for the database…"


@pytest.fixture(scope="module")
def server():
    """A server of these tests' own, which they stop as they like.

    It dies with the thread that starts it, so that is not one of a test's loop.
    """
    with own_server() as server:
        # What it has confirmed is to survive a crash, as on every server that is not for tests.
        run_sql(server.dsn, "ALTER ROLE postgres SET synchronous_commit = on")
        yield server


@pytest.fixture
def url(server):
    with database(server.dsn) as url:
        yield url


def folder_of(tmp_path, url):
    (tmp_path / "database-url").write_text(url)
    return tmp_path


def edit(seller):
    """Put in two records that nobody can read."""
    for day in (20, 50):
        posted = seller.start + day * 86_400
        seller.events.append(Event(posted, "RefundEventList", msgspec.Raw(b"7"), kept=True))
    seller.events.sort(key=lambda event: event.posted)


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """What an undisturbed sync brings."""
    return {}


async def undisturbed(monkeypatch, tmp_path, server, expected):
    if not expected:
        folder = tmp_path / "undisturbed"
        folder.mkdir()
        with database(server.dsn) as url:
            async with world(monkeypatch, folder_of(folder, url), edit=edit) as program:
                run = await program.sync()
                assert (run.status, counts(run)) == ("completed", (37, 150, 250))
                assert run.result(Dataset.CLAIMS).skipped == 2
                expected["results"] = run.results
                expected["rows"] = await program.rows("mock_scenario")
    return expected


async def assert_whole(program, run, expected):
    """Nothing is lost, nothing is there twice, and nothing is counted twice."""
    assert run.status == "completed", run.error
    stored = await sync_runs.get_run(program.db, run.user_id, run.sync_id)
    for told in (run, stored):
        assert told.results == expected["results"]
        assert told.total_orders == 250
    assert await program.rows("mock_scenario") == expected["rows"]


@pytest.mark.parametrize("at_once", [False, True], ids=["restarted", "crashed"])
@pytest.mark.parametrize(
    ("dataset", "answered"), [("claims", 0), ("claims", 3), ("inventory", 2), ("orders", 2)]
)
async def test_a_server_restarted_in_mid_sync_loses_and_doubles_nothing(
    monkeypatch, tmp_path, server, url, expected, dataset, answered, at_once
):
    await undisturbed(monkeypatch, tmp_path, server, expected)
    async with world(monkeypatch, folder_of(tmp_path, url), edit=edit) as program:
        program.tap.held, program.tap.let_through = PATHS[dataset], answered
        run = await program.start()
        await program.tap.until_held()
        try:
            await asyncio.to_thread(server.stop, at_once=at_once)
            program.tap.gate.set()
            await until(lambda: program.heard[-1].message == WAITING)
            assert program.heard[-1].is_running
        finally:
            server.start()
        async with asyncio.timeout(LIMIT_S):
            last = await program.manager.wait(run.user_id, run.sync_id)
        await assert_whole(program, last, expected)


@pytest.mark.parametrize("asked", [2, 6, 11, 16])
async def test_a_server_that_crashes_at_any_moment_loses_and_doubles_nothing(
    monkeypatch, tmp_path, server, url, expected, asked
):
    await undisturbed(monkeypatch, tmp_path, server, expected)
    async with world(monkeypatch, folder_of(tmp_path, url), edit=edit) as program:
        run = await program.start()
        await until(lambda: len(program.tap.requests) >= asked)
        await asyncio.to_thread(server.stop, at_once=True)
        server.start()
        async with asyncio.timeout(LIMIT_S):
            last = await program.manager.wait(run.user_id, run.sync_id)
        await assert_whole(program, last, expected)


class Wire:
    """What lies between a program and its server; cuts the answer to one commit.

    It is the `fatal`th of those that have written to a table.
    """

    def __init__(self, url, table, fatal):
        self._server = urlsplit(url)
        self._table = f"INSERT INTO {table} ".encode()
        self._fatal = fatal
        self.commits = 0

    @asynccontextmanager
    async def open(self):
        self._tasks = set()
        relay = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = relay.sockets[0].getsockname()[1]
        place = self._server.netloc.replace(f":{self._server.port}", f":{port}")
        try:
            yield self._server._replace(netloc=place).geturl()
        finally:
            relay.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        its_reader, its_writer = await asyncio.open_connection("127.0.0.1", self._server.port)
        committed = asyncio.Event()
        back = asyncio.create_task(self._answers(its_reader, writer, committed))
        has_written = False
        try:
            while asked := await reader.read(65_536):
                has_written = has_written or self._table in asked
                if b"COMMIT" in asked and has_written:
                    has_written = False
                    self.commits += 1
                    if self.commits == self._fatal:
                        committed.set()
                its_writer.write(asked)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            back.cancel()
            await asyncio.gather(back, return_exceptions=True)
            writer.transport.abort()
            its_writer.transport.abort()

    async def _answers(self, its_reader, writer, committed):
        while said := await its_reader.read(65_536):
            if committed.is_set():
                writer.transport.abort()  # it is stored, and nobody hears of it
                return
            writer.write(said)
        writer.close()


@pytest.mark.parametrize(
    ("table", "fatal"),
    [
        *(("financial_events", page) for page in range(1, 7)),
        ("amazon_inventory", 2),
        *(("amazon_orders", page) for page in (1, 2, 3)),
    ],
)
async def test_a_page_whose_end_nobody_hears_of_counts_once(
    monkeypatch, tmp_path, server, url, expected, table, fatal
):
    await undisturbed(monkeypatch, tmp_path, server, expected)
    wire = Wire(url, table, fatal)
    async with (
        wire.open() as wired,
        world(monkeypatch, folder_of(tmp_path, wired), edit=edit) as program,
    ):
        run = await program.start()
        async with asyncio.timeout(LIMIT_S):
            last = await program.manager.wait(run.user_id, run.sync_id)
        await assert_whole(program, last, expected)
        assert wire.commits >= fatal


async def test_a_database_that_stays_away_ends_the_sync_and_a_new_one_takes_it_up(
    monkeypatch, tmp_path, server, url, expected
):
    await undisturbed(monkeypatch, tmp_path, server, expected)
    brief = SyncTimings(database_gone_s=1.0)
    async with (
        simulated(monkeypatch, edit=edit) as simulator,
        world(
            monkeypatch, folder_of(tmp_path, url), simulator=simulator, sync_timings=brief
        ) as program,
    ):
        program.tap.held, program.tap.let_through = PATHS["claims"], 3
        run = await program.start()
        await program.tap.until_held()
        await until(lambda: program.heard[-1].step >= 3)
        await asyncio.to_thread(server.stop)
        try:
            program.tap.gate.set()
            async with asyncio.timeout(LIMIT_S):
                last = await program.manager.wait(run.user_id, run.sync_id)
        finally:
            server.start()
        assert (last.status, last.error_code) == ("failed", "database")
        assert "cannot be used" in last.error
        user = account_of().user_id
        # Nobody could write down how it ended: the next start closes it.
        await run_stale(url)
        again = await program.sync()
        assert (again.status, counts(again)) == ("completed", (37, 150, 250))
        former = await sync_runs.get_run(program.db, user, run.sync_id)
        assert former.error_code == "interrupted"
        assert again.results == expected["results"]
        assert await program.rows("mock_scenario") == expected["rows"]


async def run_stale(url):
    await asyncio.to_thread(
        run_sql, url, "UPDATE sync_progress SET updated_at = updated_at - interval '3 minutes'"
    )


async def test_closing_the_program_does_not_wait_for_the_database(
    monkeypatch, tmp_path, server, url
):
    async with world(monkeypatch, folder_of(tmp_path, url)) as program:
        program.tap.held = PATHS["claims"]
        run = await program.start()
        await program.tap.until_held()
        await asyncio.to_thread(server.stop)
        try:
            program.tap.gate.set()
            await until(lambda: program.heard[-1].message == WAITING)
            async with asyncio.timeout(LIMIT_S):
                await program.manager.close()
            assert program.heard[-1].error_code == "interrupted"
            assert (await program.manager.wait(run.user_id, run.sync_id)).status == "failed"
        finally:
            server.start()
