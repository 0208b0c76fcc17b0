"""What a server tells of syncs that other programs run, and what is done where it tells nothing."""

import asyncio
import gc
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from msgspec.structs import replace

from opside_desktop.domain.syncs import SyncStatus
from opside_desktop.store.opening import open_database
from opside_desktop.store.postgres.database import LoopThread
from opside_desktop.store.runs import ending, sync_runs
from opside_desktop.store.timings import ServerTimings, StoreTimings
from tests.postgres import run_sql
from tests.postgres_wire import network, pooler
from tests.store.claim_pages import write_claims_page
from tests.waiting import LIMIT_S, turns, until

OURS = (
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid()"
)
LISTENERS = f"{OURS} AND query LIKE 'LISTEN%'"


async def opened(url, **limits):
    timings = StoreTimings(server=ServerTimings(**limits))
    return await open_database(url, app_version="0.1.0", timings=timings)


@asynccontextmanager
async def listening(url, **limits):
    """A program that listens, and what it heard."""
    db = await opened(url, **limits)
    heard = []
    unsubscribe = db.row_changes.subscribe(lambda user, sync: heard.append((user, sync)))
    db.listen()
    db.listen()
    try:
        yield db, heard
    finally:
        unsubscribe()
        async with asyncio.timeout(LIMIT_S):
            await db.close()


async def test_every_change_that_people_see_is_told_and_no_more(postgres_url, make):
    other = await opened(postgres_url)
    async with listening(postgres_url) as (db, heard):
        await until(lambda: db.row_changes.is_live)
        run = await make.start(other)
        told = (run.user_id, run.sync_id)
        await until(lambda: heard == [told])
        # What happens at every page, or says only that the program lives.
        await write_claims_page(
            other, run, [make.event(1)], [make.claim(1)], first_started_at=run.started_at
        )
        assert await sync_runs.touch(other, run)
        assert await sync_runs.update_run(other, replace(run, progress=40))
        await until(lambda: heard == [told] * 2)
        with pytest.raises(KeyError):
            await other.write(lambda one: _change_and_fail(one, run))
        await ending.cancel_run(other, run.user_id, run.sync_id)
        await until(lambda: heard == [told] * 3)
        again = await make.start(other)
        await ending.close_dead_runs(
            other, host=again.owner.host, is_alive=lambda _: False, lock_wait_s=1
        )
        later = await make.start(other)
        await sync_runs.end_run(other, replace(later, status=SyncStatus.COMPLETED))
        rest = [(run.user_id, one.sync_id) for one in (again, again, later, later)]
        await until(lambda: heard == [told] * 3 + rest)
    await other.close()


def _change_and_fail(connection, run):
    row = sync_runs.owned_row(connection, run)
    sync_runs.save(connection, row, {}, progress=50)
    raise KeyError("ours")


async def test_who_may_only_read_hears_it_too(postgres_url, make):
    name = f"support_{postgres_url.rpartition('/')[2]}"
    run_sql(
        postgres_url,
        f"CREATE ROLE {name} LOGIN PASSWORD 'x'",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}",
        f"ALTER ROLE {name} SET default_transaction_read_only = on",
    )
    other = await opened(postgres_url)
    try:
        server = postgres_url.rpartition("@")[2]
        async with listening(f"postgresql://{name}:x@{server}") as (db, heard):
            await until(lambda: db.row_changes.is_live)
            run = await make.start(other)
            await until(lambda: heard == [(run.user_id, run.sync_id)])
    finally:
        await other.close()
        run_sql(postgres_url, f"DROP OWNED BY {name}", f"DROP ROLE {name}")


async def test_the_connection_is_made_only_when_asked_for_and_goes_with_the_database(postgres_url):
    db = await opened(postgres_url)
    before = len(run_sql(postgres_url, OURS))
    await db.close()
    async with listening(postgres_url) as (db, _):
        await until(lambda: db.row_changes.is_live)
        assert len(run_sql(postgres_url, LISTENERS)) == 1
        assert len(run_sql(postgres_url, OURS)) <= before + 2
    assert not db.row_changes.is_live
    await until(lambda: not run_sql(postgres_url, OURS))


async def test_closing_does_not_wait_for_a_connection_that_is_being_made(postgres_url):
    with network(postgres_url) as (wire, url):
        db = await opened(url)
        wire.swallow()
        db.listen()
        async with asyncio.timeout(LIMIT_S):
            await db.close()
        wire.recover()


@pytest.mark.parametrize("way", ["cut", "ended"])
async def test_a_lost_connection_is_made_again(postgres_url, make, way):
    other = await opened(postgres_url)
    with network(postgres_url) as (wire, url):
        async with listening(url, listen_pause_s=0.05) as (db, heard):
            await until(lambda: db.row_changes.is_live)
            [[former]] = run_sql(postgres_url, LISTENERS)
            if way == "cut":
                wire.is_refusing = True
                wire.cut()
            else:
                run_sql(postgres_url, f"SELECT pg_terminate_backend({former})")
            await until(lambda: not db.row_changes.is_live)
            wire.recover()
            await until(lambda: db.row_changes.is_live)
            assert [former] not in run_sql(postgres_url, LISTENERS)
            run = await make.start(other)
            await until(lambda: heard and heard[-1] == (run.user_id, run.sync_id))
    await other.close()


async def test_a_connection_may_be_given_up_at_any_moment_of_its_making(postgres_url):
    """asyncpg leaves an exception behind at one of them, which nobody can retrieve."""
    thread = LoopThread("connecting")

    async def give_up(after):
        connecting = asyncio.create_task(asyncpg.connect(postgres_url, ssl="prefer"))
        await turns(after)
        connecting.cancel()
        made: Any = (await asyncio.gather(connecting, return_exceptions=True))[0]
        if isinstance(made, asyncpg.Connection):  # it was there already
            made.terminate()
        await turns(5)

    try:
        for after in range(25):
            await asyncio.wrap_future(thread.submit(give_up(after)))
    finally:
        gc.collect()
        await asyncio.to_thread(thread.stop)


@pytest.mark.parametrize("numbers", ["its own", "the server's"])
async def test_behind_a_pooler_nobody_listens(postgres_url, make, numbers):
    with pooler(postgres_url, passes_numbers=numbers == "the server's") as (_, url):
        async with listening(url, proof_s=0.3) as (db, heard):
            await until(lambda: not db._running)
            assert not db.row_changes.is_live
            run = await make.start(db)
            assert (await sync_runs.get_run(db, run.user_id, run.sync_id)).is_running
            assert heard == []
    if numbers == "its own":
        # Nothing was left behind in a session that other programs get.
        assert not run_sql(postgres_url, LISTENERS)


async def test_a_file_tells_nobody_and_listening_to_it_is_no_mistake(file_url, make):
    async with listening(file_url) as (db, heard):
        assert (await make.start(db)).is_running
        assert (db.row_changes.is_live, heard) == (False, [])
