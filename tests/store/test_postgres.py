# ruff: noqa: S608 - the SQL is the tests' own
"""What only a server does: tables made by hand, many programs at once, reads that are stopped."""

import asyncio
import json
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
from opside_desktop.domain.syncs import SyncStatus
from opside_desktop.store import pages, sync_runs, tables, upgrade
from opside_desktop.store.database import open_database
from opside_desktop.store.maintenance import examine, schema_sql
from tests.postgres import database, on_database, run_sql
from tests.store.starter import start_at

LIMIT_S = 30.0

SEED_DDL = (
    """CREATE TABLE sync_progress (
  id UUID PRIMARY KEY,
  sync_id VARCHAR(255) NOT NULL,
  user_id UUID NOT NULL,
  status VARCHAR(50) NOT NULL,
  progress INTEGER DEFAULT 0,
  current_step TEXT,
  step INTEGER DEFAULT 0,
  total_steps INTEGER DEFAULT 5,
  metadata JSONB,
  created_at TIMESTAMP DEFAULT NOW(),
  updated_at TIMESTAMP DEFAULT NOW(),
  UNIQUE(user_id, sync_id)
)""",
    """CREATE TABLE amazon_claims (
  id UUID PRIMARY KEY,
  claim_id VARCHAR(255) NOT NULL,
  user_id UUID NOT NULL,
  order_id VARCHAR(255),
  amount DECIMAL(10, 2) NOT NULL,
  currency VARCHAR(10) DEFAULT 'USD',
  status VARCHAR(50),
  type VARCHAR(100),
  description TEXT,
  created_at TIMESTAMP,
  synced_at TIMESTAMP DEFAULT NOW(),
  is_mock BOOLEAN DEFAULT FALSE,
  mock_scenario VARCHAR(100),
  UNIQUE(user_id, claim_id)
)""",
    """CREATE TABLE amazon_inventory (
  id UUID PRIMARY KEY,
  user_id UUID NOT NULL,
  sku VARCHAR(255) NOT NULL,
  asin VARCHAR(255),
  fnsku VARCHAR(255),
  product_name VARCHAR(500),
  quantity_available INTEGER DEFAULT 0,
  quantity_reserved INTEGER DEFAULT 0,
  quantity_inbound INTEGER DEFAULT 0,
  quantity_total INTEGER DEFAULT 0,
  condition VARCHAR(50),
  warehouse_location VARCHAR(255),
  synced_at TIMESTAMP DEFAULT NOW(),
  is_mock BOOLEAN DEFAULT FALSE,
  mock_scenario VARCHAR(100),
  UNIQUE(user_id, sku)
)""",
)

USER = "cc39d84f-9b85-435e-a37e-c03e7da629c6"
OTHER = "07b4f03d-352e-473f-a316-af97d9017d69"


async def opened(url):
    return await open_database(url, app_version="0.1.0")


def shape(url):
    """All columns and constraints of the three given tables, as the server knows them."""
    given = ", ".join(f"'{name}'" for name in upgrade.tables.GIVEN_TABLES)
    columns = run_sql(
        url,
        "SELECT table_name, ordinal_position, column_name, data_type, udt_name, "
        "character_maximum_length, numeric_precision, numeric_scale, datetime_precision, "
        "is_nullable, column_default FROM information_schema.columns "
        f"WHERE table_name IN ({given}) ORDER BY 1, 2",
    )
    constraints = run_sql(
        url,
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        f"WHERE conrelid::regclass::text IN ({given}) ORDER BY 1, 2",
    )
    return [tuple(row) for row in (*columns, *constraints)]


async def test_a_new_database_gets_all_tables_and_reopens_as_it_is(bare_postgres_url):
    db = await opened(bare_postgres_url)
    first = await examine(db)
    await db.close()
    db = await opened(bare_postgres_url)
    second = await examine(db)
    await db.close()
    assert first.version == second.version == upgrade.PRESENT
    assert set(first.rows) == set(tables.metadata.tables)
    assert first.problems == ()
    assert first.size_bytes > 0


async def test_the_three_given_tables_are_as_their_ddl_makes_them(postgres_url, bare_postgres_url):
    run_sql(bare_postgres_url, *SEED_DDL)
    assert shape(postgres_url) == shape(bare_postgres_url)


async def test_tables_made_by_hand_are_taken_over_with_their_rows(bare_postgres_url, make):
    url = bare_postgres_url
    run_sql(
        url,
        *SEED_DDL,
        "INSERT INTO amazon_claims (id, claim_id, user_id, amount, status, created_at) VALUES "
        f"('{OTHER}', 'RMB-12345', '{USER}', 12.3, 'approved', '2026-09-01 10:00:00')",
        "INSERT INTO amazon_inventory (id, user_id, sku, quantity_total) "
        f"VALUES ('{OTHER}', '{USER}', 'LAMP-1', 5)",
        "INSERT INTO sync_progress (id, sync_id, user_id, status, progress, metadata) VALUES "
        f"('{OTHER}', 'sync_acme_1', '{USER}', 'completed', 100, "
        """'{"ordersProcessed": 7, "note": "theirs"}')""",
    )
    before = shape(url)
    db = await opened(url)
    run = await make.start(db)
    assert run.user_id == USER
    written = await pages.write_claims_page(
        db, run, [make.event(1)], [make.claim(1)], chain_started_at=run.started_at
    )
    changed = make.item(1, sku="LAMP-1", quantity_total=9)
    await pages.write_inventory_page(db, run, [changed], chain_started_at=run.started_at)
    history, total = await sync_runs.history(db, [USER], limit=10)
    found = await examine(db)
    await db.close()
    assert shape(url) == before
    assert (written, total, found.problems) == (1, 2, ())
    assert [one.status for one in history] == [SyncStatus.RUNNING, SyncStatus.COMPLETED]
    claims = run_sql(url, "SELECT claim_id, amount FROM amazon_claims ORDER BY amount")
    assert [tuple(row) for row in claims] == [
        ("RMB-0000000000000001", Decimal("12.10")),
        ("RMB-12345", Decimal("12.30")),
    ]
    [item] = run_sql(url, "SELECT id::text, quantity_total FROM amazon_inventory")
    assert item["quantity_total"] == 9
    [old] = run_sql(url, "SELECT metadata FROM sync_progress WHERE sync_id = 'sync_acme_1'")
    assert json.loads(old["metadata"]) == {"ordersProcessed": 7, "note": "theirs"}


async def test_of_several_running_rows_only_the_newest_goes_on(bare_postgres_url):
    running = [
        ("a", USER, "2026-11-23 10:00:00", """'{"note": "kept"}'"""),
        ("b", USER, "2026-11-23 11:00:00", "'null'"),
        ("c", USER, "2026-11-23 09:00:00", "'[1]'"),
        ("d", USER, "2026-11-23 08:00:00", "NULL"),
        ("e", OTHER, "2026-11-23 09:00:00", "NULL"),
    ]
    inserts = [
        "INSERT INTO sync_progress (id, sync_id, user_id, status, created_at, metadata) "
        f"VALUES (gen_random_uuid(), '{name}', '{user}', 'running', '{at}', {metadata})"
        for name, user, at, metadata in running
    ]
    run_sql(bare_postgres_url, *SEED_DDL, *inserts)
    await (await opened(bare_postgres_url)).close()
    found = run_sql(
        bare_postgres_url, "SELECT sync_id, status, metadata FROM sync_progress ORDER BY sync_id"
    )
    statuses = [row["status"] for row in found]
    assert statuses == ["failed", "running", "failed", "failed", "running"]
    told = json.loads(found[0]["metadata"])
    assert (told["note"], told["errorCode"]) == ("kept", "interrupted")
    for other in (found[2], found[3]):
        assert json.loads(other["metadata"])["errorCode"] == "interrupted"
    with pytest.raises(Exception, match="uq_sync_progress_running"):
        run_sql(bare_postgres_url, "UPDATE sync_progress SET status = 'running'")


@pytest.mark.parametrize("by_hand", [False, True])
async def test_the_printed_sql_makes_the_same_database(
    bare_postgres_url, postgres_url, by_hand, make
):
    if by_hand:
        run_sql(bare_postgres_url, *SEED_DDL)
    printed = await schema_sql(bare_postgres_url, "0.1.0")
    assert "from none" in printed[0]
    run_sql(bare_postgres_url, *printed)
    db = await opened(bare_postgres_url)
    assert (await examine(db)).problems == ()
    await db.close()
    assert indexes(bare_postgres_url) == indexes(postgres_url)
    assert shape(bare_postgres_url) == shape(postgres_url)
    again = await schema_sql(bare_postgres_url, "0.1.0")
    assert f"from schema {upgrade.PRESENT}" in again[0]
    assert not [one for one in again if "CREATE" in one]


def indexes(url):
    listed = run_sql(url, "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1")
    return [row[0] for row in listed]


async def test_the_sql_of_a_database_nobody_can_reach_says_so():
    printed = await schema_sql("postgresql://u:hunter2@127.0.0.1:9/x", "0.1.0")
    assert "could not be looked at" in printed[0]
    assert "hunter2" not in "".join(printed)
    assert sum("CREATE TABLE" in one for one in printed) == len(tables.metadata.tables) + 1


async def test_a_user_who_may_not_make_tables_is_told_who_may(bare_postgres_url, postgres_server):
    name = f"writer_{time.time_ns()}"
    run_sql(bare_postgres_url, f"CREATE ROLE {name} LOGIN PASSWORD 'hunter2'")
    try:
        url = re.sub("//[^@]*@", f"//{name}:hunter2@", bare_postgres_url)
        with pytest.raises(DatabaseFault) as caught:
            await opened(url)
        assert "db upgrade --sql" in caught.value.fix
        assert "hunter2" not in str(caught.value)
    finally:
        run_sql(postgres_server, f"DROP ROLE {name}")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
async def test_all_ways_to_write_the_address_mean_the_same(postgres_url, scheme):
    db = await opened(postgres_url.replace("postgresql", scheme, 1))
    assert re.fullmatch(r"postgresql://postgres@127.0.0.1:\d+/opside_\w+", db.place)
    await db.close()


async def test_a_newer_database_is_refused_and_left_alone(postgres_url):
    run_sql(postgres_url, "UPDATE alembic_version SET version_num = '0099'")
    with pytest.raises(DatabaseFault, match="newer version"):
        await opened(postgres_url)
    assert run_sql(postgres_url, "SELECT version_num FROM alembic_version")[0][0] == "0099"


async def test_another_programs_database_is_refused_and_left_alone(bare_postgres_url):
    run_sql(bare_postgres_url, "CREATE TABLE bookmarks (url TEXT)")
    with pytest.raises(DatabaseFault, match="another program"):
        await opened(bare_postgres_url)
    assert len(indexes(bare_postgres_url)) == 0


async def test_an_upgrade_is_done_once_by_many_programs(bare_postgres_url):
    run_sql(bare_postgres_url, *SEED_DDL)
    together = await asyncio.gather(*(opened(bare_postgres_url) for _ in range(6)))
    for db in together:
        assert (await examine(db)).problems == ()
        await db.close()


async def test_a_failing_upgrade_leaves_the_database_as_it_was(bare_postgres_url):
    run_sql(bare_postgres_url, *SEED_DDL, "CREATE VIEW amazon_orders AS SELECT 1 AS x")
    with pytest.raises(DatabaseFault):
        await opened(bare_postgres_url)
    names = run_sql(bare_postgres_url, "SELECT tablename FROM pg_tables WHERE schemaname='public'")
    assert {name for (name,) in names} == set(tables.GIVEN_TABLES)


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
        while len(await asyncio.to_thread(run_sql, postgres_url, asleep)) < 4:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        for reading in readings:
            reading.cancel()
        assert await asyncio.wait(readings)
        while await asyncio.to_thread(run_sql, postgres_url, asleep):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
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
    late = []
    while not reading.done():
        due = time.perf_counter() + 0.005
        await asyncio.sleep(0.005)
        late.append(time.perf_counter() - due)
    assert await reading == 50_000
    await db.close()
    # Converting all rows takes most of a second; in between the loop goes on.
    assert len(late) > 5
    assert sorted(late)[len(late) // 2] < 0.02


async def test_amazons_json_comes_back_digit_for_digit(postgres_url, make):
    db = await opened(postgres_url)
    run = await make.start(db)
    payload = {"Amount": Decimal("1234567890123456.70"), "Rate": Decimal("0.10"), "Text": "Größe"}
    page = [make.event(1, payload=payload)]
    await pages.write_claims_page(db, run, page, [], chain_started_at=run.started_at)
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
    context.set_forkserver_preload(["tests.store.starter"])
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
            pages.write_inventory_page(db, run, page, chain_started_at=run.started_at)
            for _ in range(5)
            for db, run in zip((first, second), runs, strict=True)
        )
    )
    assert sum(written) == 400
    for db, run in zip((first, second), runs, strict=True):
        stored = await sync_runs.get_run(db, run.user_id, run.sync_id)
        assert stored.result(Dataset.INVENTORY).count == 200
        await db.close()
