# ruff: noqa: S608 - the SQL is the tests' own
"""Databases in which somebody else has made tables: what does not fit is refused by name."""

import asyncio
import sqlite3
from contextlib import closing

import pytest

from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import DatabaseFault
from opside_desktop.domain.syncs import SyncStatus
from opside_desktop.store.maintenance import examine
from opside_desktop.store.opening import open_database
from opside_desktop.store.reading.queries import RowQuery
from opside_desktop.store.runs import ending, sync_runs
from tests.postgres import database, run_sql
from tests.store.claim_pages import write_claims_page
from tests.store.listed import list_rows
from tests.store.schema.given import FILE_DDL, SERVER_DDL

ALEMBIC = "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"


def edited(old, new):
    return [one.replace(old, new) for one in SERVER_DDL]


async def opened(url):
    return await open_database(url, app_version="0.1.0")


async def refused(url):
    with pytest.raises(DatabaseFault) as caught:
        await opened(url)
    assert caught.value.fix
    return caught.value


@pytest.mark.parametrize(
    ("statements", "table", "why"),
    [
        (edited("UUID", "TEXT"), "amazon_claims", "id is of the type TEXT, and not UUID"),
        (edited("TIMESTAMP", "TIMESTAMPTZ"), "amazon_claims", "TIMESTAMP WITH TIME ZONE"),
        (edited("JSONB", "JSON"), "sync_progress", "metadata is of the type JSON"),
        (edited("DECIMAL(10, 2)", "FLOAT"), "amazon_claims", "amount is of the type DOUBLE"),
        (edited("DECIMAL(10, 2)", "BIGINT"), "amazon_claims", "amount is of the type BIGINT"),
        (edited("DECIMAL(10, 2)", "DECIMAL(8, 2)"), "amazon_claims", "NUMERIC(8, 2)"),
        (edited("sku VARCHAR(255)", "sku VARCHAR(20)"), "amazon_inventory", "VARCHAR(20)"),
        (edited("step INTEGER", "step SMALLINT"), "sync_progress", "SMALLINT"),
        (edited("UNIQUE(user_id, sku)", "CHECK (true)"), "amazon_inventory", "sku and user_id"),
        (edited("amount D", "shop TEXT NOT NULL, amount D"), "amazon_claims", "column shop"),
        (edited("status VARCHAR", "state VARCHAR"), "amazon_claims", "no column status"),
        (["CREATE TABLE seller_accounts (id INT)"], "seller_accounts", "no column user_id"),
        ([*SERVER_DDL, "CREATE TABLE amazon_orders (id INT)"], "amazon_orders", "no column"),
    ],
)
async def test_a_servers_table_that_does_not_fit_is_named(
    bare_postgres_url, statements, table, why
):
    run_sql(bare_postgres_url, *statements)
    fault = await refused(bare_postgres_url)
    assert f"The table {table} " in fault.what
    assert why in fault.why
    assert not run_sql(
        bare_postgres_url, "SELECT 1 FROM pg_tables WHERE tablename = 'sync_checkpoints'"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("VARCHAR(255)", "TEXT"),
        ("DECIMAL(10, 2)", "NUMERIC"),
        ("total INTEGER", "total BIGINT"),
        ("UNIQUE(user_id, claim_id)", "note TEXT, UNIQUE(claim_id, user_id)"),
        ("amount D", "shop TEXT NOT NULL DEFAULT '', amount D"),
    ],
)
async def test_a_table_that_holds_more_than_ours_is_taken_over(bare_postgres_url, old, new, make):
    run_sql(bare_postgres_url, *edited(old, new))
    db = await opened(bare_postgres_url)
    run = await make.start(db)
    stored = await write_claims_page(
        db, run, [make.event(1)], [make.claim(1)], first_started_at=run.started_at
    )
    assert stored == 1
    assert (await examine(db)).problems == ()
    await db.close()


@pytest.mark.parametrize(
    "statements",
    [
        [ALEMBIC, "INSERT INTO alembic_version VALUES ('a1b2c3d4e5f6')"],
        [ALEMBIC, "INSERT INTO alembic_version VALUES ('0001'), ('a1b2c3d4e5f6')"],
        ["CREATE TABLE alembic_version (x INT)"],
    ],
)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_a_version_that_another_program_keeps_is_not_taken_for_a_newer_one_of_ours(
    kind, statements, bare_postgres_url, file_url, path
):
    if kind == "sqlite":
        path.parent.mkdir()
        with closing(sqlite3.connect(path)) as file:
            file.executescript(";".join([FILE_DDL, *statements]))
    else:
        run_sql(bare_postgres_url, *SERVER_DDL, *statements)
    fault = await refused(file_url if kind == "sqlite" else bare_postgres_url)
    assert "kept up to date by another program" in fault.what


async def test_a_rule_of_another_program_is_a_sentence(bare_postgres_url, make):
    users = "CREATE TABLE users (id UUID PRIMARY KEY)"
    bound = edited("user_id UUID NOT NULL", "user_id UUID NOT NULL REFERENCES users(id)")
    run_sql(bare_postgres_url, users, *bound)
    db = await opened(bare_postgres_url)
    with pytest.raises(DatabaseFault, match="A rule that somebody added"):
        await make.start(db)
    run_sql(bare_postgres_url, f"INSERT INTO users VALUES ('{make.account().user_id}')")
    assert (await make.start(db)).is_running
    await db.close()


@pytest.mark.parametrize("moment", ["0044-03-15 BC", "12000-01-01"])
async def test_a_date_that_no_calendar_here_knows_is_a_sentence(bare_postgres_url, moment, make):
    user = make.account().user_id
    run_sql(
        bare_postgres_url,
        *SERVER_DDL,
        "INSERT INTO amazon_claims (id, claim_id, user_id, amount, created_at) VALUES "
        f"(gen_random_uuid(), 'RMB-1', '{user}', 1, '{moment}')",
    )
    db = await opened(bare_postgres_url)
    claims = RowQuery(Dataset.CLAIMS, (user,))
    with pytest.raises(DatabaseFault, match="holds a date that cannot be read"):
        await list_rows(db, claims, 100)
    run_sql(bare_postgres_url, "UPDATE amazon_claims SET created_at = '2026-09-01'")
    [row], _ = await list_rows(db, claims, 100)
    assert row.claim_id == "RMB-1"
    await db.close()


async def test_a_schema_that_is_not_there_is_told(bare_postgres_url):
    fault = await refused(f"{bare_postgres_url}?options=-csearch_path%3Dnowhere")
    assert "schema" in fault.why
    assert "search_path" in fault.fix


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
async def test_a_database_that_lacks_letters_is_refused(postgres_server, encoding):
    with database(postgres_server) as url:
        name = url.rpartition("/")[2]
        run_sql(
            postgres_server,
            f"DROP DATABASE {name}",
            f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'",
        )
        assert encoding in (await refused(url)).why


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("postgresql://u:p@127.0.0.1:99999/x", "port"),
        ("postgresql://u:p@127.0.0.1:0/x", "port"),
        ("postgresql://u%00user:p@127.0.0.1/x", "character"),
        ("postgresql://u:p@127.0.0.1/x%00y", "character"),
        ("sqlite:////tmp/opside.db?mode=ro", "Nothing may stand behind"),
        ("sqlite:////tmp/a\0b", "SQLite file"),
    ],
)
async def test_an_address_that_means_nothing_is_refused(address, named):
    assert named in (await refused(address)).why


# Two versions of this program


async def test_a_newer_version_that_comes_meanwhile_loses_nothing_of_a_running_sync(
    db, sql, run, start, url, make
):
    """What newer versions do to the tables is add to them."""
    await sql("ALTER TABLE amazon_claims ADD COLUMN novelty VARCHAR(20) DEFAULT 'new'")
    await sql("CREATE TABLE novelties (id INTEGER PRIMARY KEY)")
    await sql("UPDATE alembic_version SET version_num = '0099'")
    stored = await write_claims_page(
        db, run, [make.event(1)], [make.claim(1)], first_started_at=run.started_at
    )
    assert stored == 1
    read = await sync_runs.get_run(db, run.user_id, run.sync_id)
    assert read.result(Dataset.CLAIMS).count == 1
    await ending.cancel_run(db, run.user_id, run.sync_id)
    ended = await sync_runs.newest_run(db, run.user_id)
    assert ended.status is SyncStatus.CANCELLED
    with pytest.raises(DatabaseFault) as caught:
        await start()
    assert "changed by a newer version" in caught.value.what
    assert "newest version" in caught.value.fix
    assert "made by a newer version" in (await refused(url)).what


async def test_two_openings_at_once_agree_on_who_makes_the_tables(bare_postgres_url, make):
    both = await asyncio.gather(opened(bare_postgres_url), opened(bare_postgres_url))
    for one in both:
        assert (await examine(one)).problems == ()
        await one.close()


async def test_a_column_that_went_away_is_found_by_the_check(db, sql):
    await sql("ALTER TABLE amazon_orders DROP COLUMN sales_channel")
    [problem] = (await examine(db)).problems
    assert problem == "The table amazon_orders has changed. It has no column sales_channel."
