"""Whose session is ended by a program that waits for it: nobody's who works."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg
import pytest

from opside_desktop.store.opening import open_database
from opside_desktop.store.timings import LockTimings, StoreTimings
from tests.postgres import run_sql
from tests.waiting import LIMIT_S, until

AT_ONCE = StoreTimings(locks=LockTimings(silence_s=0.0))
"""Who waits at two looks, and sent nothing between them, counts as silent."""

LOCK = "SELECT 1 FROM sync_progress FOR UPDATE"


@pytest.fixture
async def db(postgres_url):
    run_sql(
        postgres_url,
        "INSERT INTO sync_progress (id, sync_id, user_id, status) "
        "VALUES (gen_random_uuid(), 'one', gen_random_uuid(), 'running')",
        "CREATE TABLE numbers (n int)",
    )
    made = await open_database(postgres_url, app_version="0.1.0", timings=AT_ONCE)
    yield made
    await made.close()


@asynccontextmanager
async def session(url, *, first=LOCK):
    """A connection in a transaction that has done something; gives it and its process' number."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"BEGIN; {first}")
        yield connection, connection.get_server_pid()
    finally:
        connection.terminate()


def lives(url, pid):
    return bool(run_sql(url, f"SELECT 1 FROM pg_stat_activity WHERE pid = {pid}"))  # noqa: S608


async def at(url, pid, event):
    """Wait until a process waits for something."""
    asked = f"SELECT 1 FROM pg_stat_activity WHERE pid = {pid} AND wait_event = '{event}'"  # noqa: S608
    await until(lambda: run_sql(url, asked))


async def test_one_that_sends_nothing_is_ended_at_the_second_look(db, postgres_url):
    async with session(postgres_url) as (_, pid):
        await at(postgres_url, pid, "ClientRead")
        await db.end_silent_writers()
        assert lives(postgres_url, pid)
        await db.end_silent_writers()
        await until(lambda: not lives(postgres_url, pid))


async def test_one_that_is_silent_within_a_copy_is_ended_and_one_that_sends_is_not(
    db, postgres_url
):
    lines: asyncio.Queue[bytes] = asyncio.Queue()

    async def sent():
        while True:
            yield await lines.get()

    async def copied(number):
        query = f"SELECT 1 FROM pg_stat_progress_copy WHERE bytes_processed = {number}"  # noqa: S608
        await until(lambda: run_sql(postgres_url, query))
        await at(postgres_url, pid, "ClientRead")

    async with session(postgres_url) as (connection, pid):
        copying = asyncio.create_task(connection.copy_to_table("numbers", source=sent()))
        for number in range(1, 5):
            await lines.put(b"1\n")
            await copied(2 * number)
            await db.end_silent_writers()
            assert lives(postgres_url, pid)
        await db.end_silent_writers()
        await until(lambda: not lives(postgres_url, pid))
        copying.cancel()
        await asyncio.wait([copying], timeout=LIMIT_S)


async def test_one_whose_program_works_is_left_alone(db, postgres_url):
    async with session(postgres_url) as (connection, pid):
        for _ in range(4):
            await connection.execute("SELECT 1")
            await at(postgres_url, pid, "ClientRead")
            await db.end_silent_writers()
        assert await connection.fetchval("SELECT 1") == 1


@pytest.mark.parametrize(
    ("statement", "event"),
    [("SELECT pg_sleep(1000)", "PgSleep"), ("LOCK TABLE numbers", "relation")],
)
async def test_one_that_computes_or_waits_for_a_lock_is_left_alone(
    db, postgres_url, statement, event
):
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(session(postgres_url, first="LOCK TABLE numbers"))
        connection, pid = await stack.enter_async_context(session(postgres_url))
        working = asyncio.create_task(connection.execute(statement))
        await at(postgres_url, pid, event)
        for _ in range(3):
            await db.end_silent_writers()
        await at(postgres_url, pid, event)
        working.cancel()
        await asyncio.wait([working], timeout=LIMIT_S)


async def test_one_that_only_reads_is_left_alone(db, postgres_url):
    async with session(postgres_url, first="SELECT * FROM sync_progress") as (connection, pid):
        await at(postgres_url, pid, "ClientRead")
        for _ in range(3):
            await db.end_silent_writers()
        assert await connection.fetchval("SELECT 1") == 1


async def test_one_of_another_role_is_left_alone(postgres_url, db, limited_postgres):
    async with session(limited_postgres(1)) as (connection, pid):
        await at(postgres_url, pid, "ClientRead")
        for _ in range(3):
            await db.end_silent_writers()
        assert await connection.fetchval("SELECT 1") == 1


async def test_a_role_that_may_end_nobody_goes_on(db, postgres_url, limited_postgres, caplog):
    caplog.set_level("INFO")
    run_sql(postgres_url, "REVOKE EXECUTE ON FUNCTION pg_terminate_backend FROM PUBLIC")
    url = limited_postgres(2)
    async with session(url) as (connection, pid):
        await at(postgres_url, pid, "ClientRead")
        cramped = await open_database(url, app_version="0.1.0", timings=AT_ONCE)
        for _ in range(3):
            await cramped.end_silent_writers()
        await cramped.close()
        assert "Silent sessions could not be looked for or ended" in caplog.text
        assert await connection.fetchval("SELECT 1") == 1
