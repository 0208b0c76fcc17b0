# ruff: noqa: S608 - the SQL is the tests' own
"""What only a server does: many programs at once, reads that are stopped."""

import asyncio
import multiprocessing
import re
import sys
import time
from datetime import datetime
from decimal import Decimal

import pytest
from msgspec.structs import replace

from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import DatabaseFault
from opside_desktop.domain.ids import SyncId, UserId
from opside_desktop.store.opening import open_database
from opside_desktop.store.runs import sync_runs
from opside_desktop.store.schema import tables
from opside_desktop.store.writing import pages
from tests.postgres import database, on_database, run_sql
from tests.store.claim_pages import write_claims_page
from tests.store.runs.starter import start_at
from tests.waiting import LIMIT_S, lateness, until

USER = "cc39d84f-9b85-435e-a37e-c03e7da629c6"
OTHER = "07b4f03d-352e-473f-a316-af97d9017d69"


async def opened(url):
    return await open_database(url, app_version="0.1.0")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
async def test_all_ways_to_write_the_address_mean_the_same(postgres_url, scheme):
    db = await opened(postgres_url.replace("postgresql", scheme, 1))
    assert re.fullmatch(r"postgresql://postgres@127.0.0.1:\d+/opside_\w+", db.shown_address)
    await db.close()


async def test_a_read_goes_on_beside_a_write_and_sees_one_state(postgres_url, make):
    db = await opened(postgres_url)
    run = await make.start(db)
    async with asyncio.timeout(LIMIT_S):

        def look(connection):
            select = "SELECT progress FROM sync_progress"
            first = connection.exec_driver_sql(select).scalar()
            loop.call_soon_threadsafe(looking.set)
            for _ in range(100):
                connection.exec_driver_sql("SELECT pg_sleep(0.01)")
                if written.is_set():
                    break
            return first, connection.exec_driver_sql(select).scalar()

        looking, written = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()
        reading = asyncio.create_task(db.read(look))
        await looking.wait()
        assert await sync_runs.update_run(db, replace(run, progress=40))
        written.set()
        assert await reading == (0, 0)
        assert (await sync_runs.get_run(db, run.user_id, run.sync_id)).progress == 40
    await db.close()


async def test_a_read_can_change_nothing(postgres_url):
    db = await opened(postgres_url)
    with pytest.raises(DatabaseFault, match="may only be read"):
        await db.read(lambda one: one.exec_driver_sql("DELETE FROM sync_events"))
    await db.close()


async def test_a_cancelled_read_stops_on_the_server_and_the_next_one_works(postgres_url):
    db = await opened(postgres_url)
    asleep = "SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)' AND state='active'"
    readings = [
        asyncio.create_task(db.read(lambda one: one.exec_driver_sql("SELECT pg_sleep(60)")))
        for _ in range(4)
    ]
    async with asyncio.timeout(LIMIT_S):
        await until(lambda: len(run_sql(postgres_url, asleep)) == 4)
        for reading in readings:
            reading.cancel()
        assert await asyncio.wait(readings)
        await until(lambda: not run_sql(postgres_url, asleep))
        assert await asyncio.gather(*(db.read(_one) for _ in range(8))) == [1] * 8
    await db.close()


def _one(connection):
    return connection.exec_driver_sql("SELECT 1").scalar()


async def test_a_caller_who_leaves_a_write_lets_it_finish(postgres_url):
    db = await opened(postgres_url)
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()

    def write(connection):
        loop.call_soon_threadsafe(begun.set)
        connection.exec_driver_sql("SELECT pg_sleep(0.2)")
        connection.exec_driver_sql(
            f"INSERT INTO row_origins VALUES ('{USER}', 'claims', 's', 'k', NULL)"
        )

    writing = asyncio.create_task(db.write(write))
    await begun.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await db.close()
    assert len(run_sql(postgres_url, "SELECT 1 FROM row_origins")) == 1


async def test_reading_many_rows_does_not_hold_the_callers_loop(postgres_url):
    db = await opened(postgres_url)
    run_sql(
        postgres_url,
        "INSERT INTO amazon_inventory (id, user_id, sku, synced_at) "
        f"SELECT gen_random_uuid(), '{USER}', 'SKU-' || n, NOW() FROM generate_series(1, 50000) n",
    )
    reading = asyncio.create_task(
        db.read(lambda one: len(one.execute(tables.amazon_inventory.select()).all()))
    )
    begun = time.perf_counter()
    late = await lateness(lambda: not reading.done())
    took = time.perf_counter() - begun
    assert await reading == 50_000
    await db.close()
    # Converting all rows takes most of the time; the loop goes on meanwhile, but for a pause of the
    # garbage collection.
    assert len(late) > 5
    assert sorted(late)[len(late) // 2] < took / 20


async def test_amazons_json_comes_back_digit_for_digit(postgres_url, make):
    db = await opened(postgres_url)
    run = await make.start(db)
    payload = {"Amount": Decimal("1234567890123456.70"), "Rate": Decimal("0.10"), "Text": "Größe"}
    page = [make.event(1, payload=payload)]
    await write_claims_page(db, run, page, [], first_started_at=run.started_at)
    stored = await db.read(lambda one: one.execute(tables.financial_events.select()).one().payload)
    await db.close()
    assert stored == payload
    assert str(stored["Amount"]) == "1234567890123456.70"
    assert str(stored["Rate"]) == "0.10"


async def test_times_do_not_depend_on_the_servers_zone(postgres_url, make):
    name = postgres_url.rpartition("/")[2]
    run_sql(postgres_url, f"ALTER DATABASE {name} SET timezone = 'Asia/Tokyo'")
    db = await opened(postgres_url)
    run = await make.start(db)
    await db.write(
        lambda one: one.exec_driver_sql(
            "INSERT INTO sync_progress (id, sync_id, user_id, status) "
            f"VALUES (gen_random_uuid(), 'theirs', '{OTHER}', 'failed')"
        )
    )
    theirs = await sync_runs.get_run(db, UserId(OTHER), SyncId("theirs"))
    await db.close()
    assert abs((theirs.started_at - run.started_at).total_seconds()) < LIMIT_S
    [[stored]] = run_sql(postgres_url, "SELECT min(created_at) FROM sync_progress")
    assert isinstance(stored, datetime)
    assert stored == run.started_at.replace(tzinfo=None)


@pytest.mark.skipif(sys.platform == "win32", reason="processes are forked")
async def test_of_twelve_programs_that_start_at_once_exactly_one_wins(postgres_url):
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.store.runs.starter"])
    ready, go, answers = context.Semaphore(0), context.Event(), context.Queue()
    programs = [
        context.Process(target=start_at, args=(postgres_url, n, ready, go, answers), daemon=True)
        for n in range(12)
    ]
    for program in programs:
        program.start()
    try:
        for _ in programs:
            assert await asyncio.to_thread(ready.acquire, True, LIMIT_S)
        go.set()
        told = [await asyncio.to_thread(answers.get, True, LIMIT_S) for _ in programs]
    finally:
        for program in programs:
            await asyncio.to_thread(program.join, LIMIT_S)
            program.kill()
    won = [name for outcome, name in told if outcome == "won"]
    lost = {name for outcome, name in told if outcome == "lost"}
    assert len(won) == 1
    assert lost == set(won)
    rows = run_sql(postgres_url, "SELECT sync_id FROM sync_progress")
    assert [name for (name,) in rows] == won


async def test_two_users_and_two_databases_do_not_meet(postgres_url, postgres_server, make):
    with database(postgres_server, postgres_url.rpartition("/")[2]) as other_url:
        assert on_database(other_url, "x") == on_database(postgres_url, "x")
        for url in (postgres_url, other_url):
            db = await opened(url)
            assert (await make.start(db)).is_running
            assert (await make.start(db, make.account("other"))).is_running
            await db.close()


async def test_dataset_pages_of_two_users_are_written_side_by_side(postgres_url, make):
    first, second = await opened(postgres_url), await opened(postgres_url)
    runs = [await make.start(first), await make.start(second, make.account("other"))]
    page = [make.item(n) for n in range(200)]
    written = await asyncio.gather(
        *(
            pages.write_inventory_page(db, run, page, first_started_at=run.started_at)
            for _ in range(5)
            for db, run in zip((first, second), runs, strict=True)
        )
    )
    assert sum(written) == 400
    for db, run in zip((first, second), runs, strict=True):
        stored = await sync_runs.get_run(db, run.user_id, run.sync_id)
        assert stored.result(Dataset.INVENTORY).count == 200
        await db.close()
