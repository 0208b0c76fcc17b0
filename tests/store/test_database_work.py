"""Reading and writing: locks, full disks, cancelled work, and whose mistake it is."""

import asyncio
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing

import pytest
import sqlalchemy as sa

from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import DatabaseFault
from opside_desktop.store.maintenance import examine
from opside_desktop.store.opening import open_database
from opside_desktop.store.reading import rows
from opside_desktop.store.reading.queries import RowQuery
from opside_desktop.store.runs import sync_runs
from opside_desktop.store.timings import StoreTimings
from tests.waiting import LIMIT_S, turns

sqlite_only = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)


INSERT_ORIGIN = (
    "INSERT INTO row_origins VALUES ('00000000-0000-0000-0000-000000000001', 'd', 's', 'k', NULL)"
)


async def opened(url, **options):
    return await open_database(url, app_version="0.1.0", **options)


@sqlite_only
async def test_the_file_lets_reads_run_beside_a_write(db, sql, run):
    assert await sql("PRAGMA journal_mode") == [("wal",)]
    writing, go_on = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def hold(connection):
        connection.exec_driver_sql("UPDATE sync_progress SET progress = 50")
        loop.call_soon_threadsafe(writing.set)
        asyncio.run_coroutine_threadsafe(asyncio.wait_for(go_on.wait(), LIMIT_S), loop).result()

    held = asyncio.create_task(db.write(hold))
    await writing.wait()
    seen = await sync_runs.get_run(db, run.user_id, run.sync_id)
    go_on.set()
    await held
    assert seen.progress == 0
    assert (await sync_runs.get_run(db, run.user_id, run.sync_id)).progress == 50


async def test_a_file_locked_by_another_program_is_named_after_a_wait(file_url, path, make):
    await (await opened(file_url)).close()
    db = await opened(file_url, timings=StoreTimings(busy_s=0.1))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DatabaseFault) as caught:
            await make.start(db)
        other.execute("ROLLBACK")
    assert "locked" in caught.value.why
    assert (await make.start(db)).is_running
    await db.close()


@sqlite_only
async def test_a_write_waits_for_another_program(db, path, start):
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN EXCLUSIVE")
        starting = asyncio.create_task(start())
        done, _ = await asyncio.wait([starting], timeout=0.15)
        other.execute("COMMIT")
    assert not done
    assert (await starting).is_running


@sqlite_only
async def test_a_full_disk_is_named_and_nothing_is_half_stored(db, run, make):
    def write(connection):
        # As when the disk has room for a few pages only.
        used = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {used + 2}")
        try:
            for n in range(1000):
                connection.exec_driver_sql(
                    "INSERT INTO sync_events (user_id, sync_id, kind, message) "
                    "VALUES (?, 's', 'k', ?)",
                    (str(n), "m" * 500),
                )
        finally:
            connection.exec_driver_sql("PRAGMA max_page_count = 1000000")

    with pytest.raises(DatabaseFault, match="disk is full"):
        await db.write(write)
    assert (await examine(db)).rows["sync_events"] == 0


@sqlite_only
async def test_a_file_that_may_only_be_read_is_named(db):
    def write(connection):
        connection.exec_driver_sql("PRAGMA query_only = ON")
        connection.exec_driver_sql("DELETE FROM sync_events")

    with pytest.raises(DatabaseFault, match="may only be read"):
        await db.write(write)


async def test_a_table_that_went_away_is_a_sentence_too(db, sql, make):
    await sql("DROP TABLE amazon_claims")
    with pytest.raises(DatabaseFault, match="db check"):
        await rows.count(db, RowQuery(Dataset.CLAIMS, (make.account().user_id,)))
    assert (await examine(db)).problems == ("The table amazon_claims is missing.",)


async def test_our_own_mistakes_are_not_called_database_faults(db):
    def work(connection):
        raise KeyError("ours")

    with pytest.raises(KeyError):
        await db.write(work)


async def test_an_error_rolls_everything_back(db, sql):
    def work(connection):
        connection.exec_driver_sql("CREATE TABLE scratch (x INTEGER)")
        connection.exec_driver_sql(INSERT_ORIGIN)
        raise KeyError("ours")

    with pytest.raises(KeyError):
        await db.write(work)
    assert await sql("SELECT * FROM row_origins") == []
    assert not await db.read(lambda one: sa.inspect(one).has_table("scratch"))


async def test_a_cancelled_read_stops_its_query(db):
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"
    started = asyncio.Event()
    loop = asyncio.get_running_loop()

    def tell():
        if not started.is_set():
            loop.call_soon_threadsafe(started.set)

    def work(connection):
        driver = connection.connection.driver_connection
        if not hasattr(driver, "set_progress_handler"):
            tell()
            connection.exec_driver_sql(endless)
        # SQLite stops only a statement that has begun.
        driver.set_progress_handler(tell, 1000)
        try:
            connection.exec_driver_sql(endless)
        finally:
            driver.set_progress_handler(None, 0)

    reading = asyncio.create_task(db.read(work))
    await started.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await asyncio.wait_for(db.close(), LIMIT_S)  # waits for running reads


async def test_a_cancelled_write_that_still_queues_is_dropped(db, sql):
    writing, go_on = threading.Event(), threading.Event()

    def hold(connection):
        writing.set()
        assert go_on.wait(5)

    def late(connection):
        connection.exec_driver_sql(INSERT_ORIGIN)

    held = asyncio.create_task(db.write(hold))
    await asyncio.to_thread(writing.wait, 5)
    queued = asyncio.create_task(db.write(late))
    await turns()
    queued.cancel()
    with pytest.raises(asyncio.CancelledError):
        await queued
    go_on.set()
    await held
    assert await sql("SELECT * FROM row_origins") == []


async def test_a_closed_database_says_so(db):
    await db.close()
    await db.close()
    with pytest.raises(DatabaseFault, match="closed"):
        await examine(db)


async def test_a_file_loads_nothing_of_postgresql(file_url):
    """A start on SQLite has no time for it."""
    program = (
        "import asyncio, sys\n"
        "from datetime import UTC, datetime\n"
        "from opside_desktop.domain.datasets import Dataset\n"
        "from opside_desktop.domain.ids import UserId\n"
        "from opside_desktop.store.writing import checkpoints\n"
        "from opside_desktop.store.opening import open_database\n"
        "async def main():\n"
        f"    db = await open_database({file_url!r}, app_version='0')\n"
        "    mark = checkpoints.Checkpoint(Dataset.CLAIMS, 'w', {})\n"
        "    now = datetime.now(UTC)\n"
        "    await db.write(lambda one: checkpoints.put(one, UserId('u'), mark, now))\n"
        "    await db.close()\n"
        "asyncio.run(main())\n"
        "print(*[name for name in sys.modules if 'asyncpg' in name or name.startswith("
        "('opside_desktop.store.postgres.database', 'sqlalchemy.ext.asyncio'))])\n"
    )
    # Made beforehand: Alembic loads all of SQLAlchemy's dialects, but only for an upgrade.
    await (await opened(file_url)).close()
    found = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    assert (found.stdout.strip(), found.stderr) == ("", "")
