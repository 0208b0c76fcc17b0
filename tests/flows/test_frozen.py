"""A program that falls asleep while it writes to a server: the user's next sync takes over."""

import asyncio
import multiprocessing
import os
import signal
import socket
import sys
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg
import pytest

from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import SyncInProgress
from opside_desktop.store.runs import sync_runs
from opside_desktop.store.runs.staleness import STALE_AFTER_S
from opside_desktop.store.timings import SHIPPED, LockTimings
from tests.flows.sleeper import sync_and_tell
from tests.flows.world import LIMIT_S, account_of, counts, simulated, world
from tests.postgres import run_sql
from tests.postgres_wire import pooler
from tests.waiting import until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows freezes no process")

_IF_SET = "RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (SELECT is_set FROM trap) THEN"
_ELSE = "END IF; RETURN NEW; END $$"
TRAP = (
    "CREATE TABLE trap (is_set boolean)",
    "INSERT INTO trap VALUES (true)",
    f"CREATE FUNCTION nap() {_IF_SET} PERFORM pg_sleep(5); {_ELSE}",
    f"CREATE FUNCTION age() {_IF_SET} NEW.updated_at := NEW.updated_at - interval '3 min'; {_ELSE}",
    "CREATE TRIGGER nap BEFORE INSERT ON amazon_orders EXECUTE FUNCTION nap()",
    """CREATE TRIGGER age BEFORE INSERT OR UPDATE ON sync_progress FOR EACH ROW
    EXECUTE FUNCTION age()""",
)
"""While it is set, orders are stored slowly, and what touches a sync's row did so long ago."""

_OURS = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND "
NAPPING = f"{_OURS} wait_event = 'PgSleep'"
LOCKED = f"{_OURS} wait_event_type = 'Lock' AND query LIKE 'INSERT INTO amazon_orders%'"
PREPARED = f"{_OURS} wait_event = 'ClientRead' AND state = 'active'"


@asynccontextmanager
async def in_a_statement(_):
    """It is frozen while its statement runs. When that is done, the server's limit counts."""
    yield NAPPING


@asynccontextmanager
async def before_its_values(url):
    """It is frozen while a statement is prepared, for which the values never come then."""
    other = await asyncpg.connect(url)
    try:
        async with other.transaction():
            await other.execute("LOCK TABLE amazon_orders IN SHARE MODE")
            yield LOCKED
        await until(lambda: run_sql(url, PREPARED))
    finally:
        await other.close()


@pytest.fixture
def programs():
    # The program is a child of this process, so that the system tells when it stands still.
    return multiprocessing.get_context("spawn")


async def freeze(program):
    """Stop a program. It stands still only when its last thread does, a while after the signal."""
    os.kill(program.pid, signal.SIGSTOP)
    _, status = await asyncio.to_thread(os.waitpid, program.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)


@pytest.fixture(params=["server", "pooler"])
def homes(request, tmp_path, postgres_url):
    """The folders of two programs with the same database on a server."""
    run_sql(postgres_url, *TRAP)
    folders = [tmp_path / name for name in ("asleep", "awake")]
    with pooler(postgres_url, sessions=4) as (_, behind):
        for folder in folders:
            folder.mkdir()
            url = behind if request.param == "pooler" else postgres_url
            (folder / "database-url").write_text(url)
        yield folders


@pytest.mark.parametrize(
    ("frozen", "silence_s", "taker"),
    [
        (in_a_statement, 1.0, {}),
        (before_its_values, SHIPPED.locks.silence_s, {"silence_s": 2.0}),
    ],
)
async def test_the_next_sync_says_what_it_waits_for_and_takes_over(
    monkeypatch, homes, programs, postgres_url, frozen, silence_s, taker
):
    asleep, awake = homes
    ends = programs.Queue()
    async with (
        simulated(monkeypatch, scenario="normal_week") as (url, tap),
        AsyncExitStack() as freezing,
    ):
        reached = await freezing.enter_async_context(frozen(postgres_url))
        sleeper = programs.Process(
            target=sync_and_tell, args=(str(asleep), url, silence_s, ends), daemon=True
        )
        sleeper.start()
        try:
            await until(lambda: run_sql(postgres_url, reached))
            await freeze(sleeper)
            await freezing.aclose()
            run_sql(postgres_url, "UPDATE trap SET is_set = false")
            told = []
            locks = LockTimings(notify_after_s=0.2, take_over_s=LIMIT_S, **taker)
            async with world(monkeypatch, awake, simulator=(url, tap), locks=locks) as program:
                async with asyncio.timeout(LIMIT_S):
                    run = await program.start(on_wait=told.append)
                    former = await sync_runs.history(program.db, [account_of().user_id], limit=9)
                    last = await program.manager.wait(run.user_id, run.sync_id)
                assert (last.status, last.error) == ("completed", None)
                assert last.result(Dataset.ORDERS).count == 250
                assert counts(last)[1:] == (150, 250)
                [sentence] = told
                assert f"({socket.gethostname()}, process {sleeper.pid})" in sentence
                [_, interrupted] = former[0]
                assert (interrupted.status, interrupted.error_code) == ("failed", "interrupted")
            os.kill(sleeper.pid, signal.SIGCONT)
            woken = await asyncio.to_thread(ends.get, timeout=LIMIT_S)
            assert woken == (interrupted.sync_id, "failed", "interrupted")
        finally:
            sleeper.kill()
            await asyncio.to_thread(sleeper.join, 10)


async def test_where_nobody_is_told_the_one_that_writes_counts_as_running(
    monkeypatch, tmp_path, postgres_url
):
    (tmp_path / "database-url").write_text(postgres_url)
    locks = LockTimings(notify_after_s=0.1, take_over_s=LIMIT_S)
    async with world(monkeypatch, tmp_path, locks=locks) as program:
        user = account_of().user_id
        run_sql(
            postgres_url,
            "INSERT INTO sync_progress (id, sync_id, user_id, status, created_at, updated_at) "  # noqa: S608
            f"VALUES (gen_random_uuid(), 'other', '{user}', 'running', now() AT TIME ZONE 'UTC', "
            "now() AT TIME ZONE 'UTC')",
        )
        held = asyncio.Event()
        let_go = asyncio.Event()

        def hold(connection):
            connection.exec_driver_sql("SELECT 1 FROM sync_progress FOR UPDATE")
            loop.call_soon_threadsafe(held.set)
            while not let_go.is_set():
                connection.exec_driver_sql("SELECT pg_sleep(0.01)")

        loop = asyncio.get_running_loop()
        async with world(monkeypatch, tmp_path) as other:
            holding = asyncio.create_task(other.db.write(hold))
            await held.wait()
            with pytest.raises(SyncInProgress) as caught:
                await program.start()
            assert caught.value.existing_sync_id == "other"
            let_go.set()
            await holding


def test_what_is_shipped_takes_over_in_time():
    # Whoever gets the lock of one that fell asleep finds that one's row stale. Where it must be
    # seen to be silent, that begins with the first look and ends with the next one after.
    locks = SHIPPED.locks
    assert locks.silence_s > STALE_AFTER_S
    assert locks.silence_s + 2 * locks.notify_after_s < locks.take_over_s
    assert locks.take_over_s + locks.notify_after_s <= 150
    assert locks.notify_after_s == 5
    # The server itself says that a lock was not let go of, before it is taken for silent.
    assert locks.lock_s < SHIPPED.server.write_s
