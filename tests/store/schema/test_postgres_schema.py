# ruff: noqa: S608 - the SQL is the tests' own
"""Tables on a server: made, taken over from others, upgraded once, or refused."""

import asyncio
import json
import re
import time
from decimal import Decimal

import pytest

from opside_desktop.domain.errors import DatabaseFault
from opside_desktop.domain.ids import UserId
from opside_desktop.domain.syncs import SyncStatus
from opside_desktop.store import upgrade
from opside_desktop.store.maintenance import examine, schema_sql
from opside_desktop.store.opening import open_database
from opside_desktop.store.runs import sync_runs
from opside_desktop.store.schema import tables
from opside_desktop.store.writing import pages
from tests.postgres import run_sql
from tests.store.claim_pages import write_claims_page
from tests.store.schema.given import SERVER_DDL

USER = "cc39d84f-9b85-435e-a37e-c03e7da629c6"
GIVEN_TABLES = ("sync_progress", "amazon_claims", "amazon_inventory")
OTHER = "07b4f03d-352e-473f-a316-af97d9017d69"


def added(table, number, name, kind, udt, size=None, digits=None, places=None):
    """A column of ours, as the server describes one that may be unknown and has no default."""
    moment = 6 if udt == "timestamp" else None
    return (table, number, name, kind, udt, size, digits, places, moment, "YES", None)


OURS = [
    added("amazon_claims", 14, "sku", "character varying", "varchar", 255),
    added("amazon_claims", 15, "quantity", "integer", "int4", None, 32, 0),
    added("amazon_claims", 16, "matures_at", "timestamp without time zone", "timestamp"),
    added("amazon_claims", 17, "reimbursement_id", "character varying", "varchar", 255),
    added("amazon_claims", 18, "case_id", "character varying", "varchar", 255),
    added("amazon_claims", 19, "hidden_reason", "character varying", "varchar", 20),
    added("amazon_inventory", 16, "quantity_unfulfillable", "integer", "int4", None, 32, 0),
    added("amazon_inventory", 17, "quantity_researching", "integer", "int4", None, 32, 0),
    added("amazon_inventory", 18, "payload", "jsonb", "jsonb"),
]
"""What stands behind the columns of the given tables."""


async def opened(url):
    return await open_database(url, app_version="0.1.0")


def shape(url):
    """All columns and constraints of the three given tables, as the server knows them."""
    given = ", ".join(f"'{name}'" for name in GIVEN_TABLES)
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
    run_sql(bare_postgres_url, *SERVER_DDL)
    given = shape(bare_postgres_url)
    assert [one for one in shape(postgres_url) if one not in given] == OURS
    assert [one for one in shape(postgres_url) if one in given] == given


async def test_tables_made_by_hand_are_taken_over_with_their_rows(bare_postgres_url, make):
    url = bare_postgres_url
    run_sql(
        url,
        *SERVER_DDL,
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
    written = await write_claims_page(
        db, run, [make.event(1)], [make.claim(1)], first_started_at=run.started_at
    )
    changed = make.item(1, sku="LAMP-1", quantity_total=9)
    await pages.write_inventory_page(db, run, [changed], first_started_at=run.started_at)
    history, total = await sync_runs.history(db, [UserId(USER)], limit=10)
    found = await examine(db)
    await db.close()
    assert [one for one in shape(url) if one not in before] == OURS
    assert [one for one in shape(url) if one in before] == before
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
    run_sql(bare_postgres_url, *SERVER_DDL, *inserts)
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
        run_sql(bare_postgres_url, *SERVER_DDL)
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


async def test_a_user_who_may_not_add_columns_is_told_who_may(bare_postgres_url, postgres_server):
    name = f"writer_{time.time_ns()}"
    run_sql(
        bare_postgres_url,
        *SERVER_DDL,
        f"CREATE ROLE {name} LOGIN PASSWORD 'hunter2'",
        f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}",
        f"GRANT CREATE ON SCHEMA public TO {name}",
    )
    try:
        url = re.sub("//[^@]*@", f"//{name}:hunter2@", bare_postgres_url)
        with pytest.raises(DatabaseFault) as caught:
            await opened(url)
        assert "db upgrade --sql" in caught.value.fix
        run_sql(bare_postgres_url, *await schema_sql(bare_postgres_url, "0.1.0"))
        run_sql(bare_postgres_url, f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}")
        db = await opened(url)
        assert (await examine(db)).problems == ()
        await db.close()
    finally:
        run_sql(bare_postgres_url, f"DROP OWNED BY {name}")
        run_sql(postgres_server, f"DROP ROLE {name}")


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
    run_sql(bare_postgres_url, *SERVER_DDL)
    together = await asyncio.gather(*(opened(bare_postgres_url) for _ in range(6)))
    for db in together:
        assert (await examine(db)).problems == ()
        await db.close()


async def test_a_failing_upgrade_leaves_the_database_as_it_was(bare_postgres_url):
    run_sql(bare_postgres_url, *SERVER_DDL, "CREATE VIEW amazon_orders AS SELECT 1 AS x")
    with pytest.raises(DatabaseFault):
        await opened(bare_postgres_url)
    names = run_sql(bare_postgres_url, "SELECT tablename FROM pg_tables WHERE schemaname='public'")
    assert {name for (name,) in names} == set(GIVEN_TABLES)
