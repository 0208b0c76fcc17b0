# ruff: noqa: S608 - the SQL is the tests' own
"""Opening a database: new, old, hand-made, foreign, broken, locked, full."""

import asyncio
import json
import os
import sqlite3
from contextlib import closing

import pytest

from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import DatabaseFault
from opside_desktop.domain.syncs import SyncStatus
from opside_desktop.store import upgrade
from opside_desktop.store.maintenance import examine, schema_sql
from opside_desktop.store.opening import open_database
from opside_desktop.store.reading import rows
from opside_desktop.store.reading.queries import RowQuery
from opside_desktop.store.runs import sync_runs
from opside_desktop.store.schema import migrations
from tests.store.claim_pages import write_claims_page
from tests.store.schema.given import FILE_DDL

sqlite_only = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)


def by_hand(path, *statements):
    """Make a database file with the sqlite3 module alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.executescript(statement)
        connection.commit()


async def opened(url, **options):
    return await open_database(url, app_version="0.1.0", **options)


async def fault(url, **options):
    with pytest.raises(DatabaseFault) as caught:
        await opened(url, **options)
    return caught.value


async def test_a_new_file_gets_all_tables_and_reopens_as_it_is(file_url, path):
    db = await opened(file_url)
    first = await examine(db)
    await db.close()
    db = await opened(file_url)
    second = await examine(db)
    await db.close()
    assert first.version == second.version == "0002"
    assert set(first.rows) == {
        "sync_progress", "amazon_claims", "amazon_inventory", "amazon_orders",
        "amazon_order_items", "financial_events", "seller_accounts", "sync_checkpoints",
        "sync_events", "rate_buckets", "row_origins", "event_sightings", "event_claims",
        "read_spans",
    }  # fmt: skip
    assert not first.problems
    assert [one.name for one in path.parent.iterdir()] == ["opside.db"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
async def test_a_new_file_and_its_copy_are_readable_by_their_owner_only(file_url, path):
    by_hand(path, FILE_DDL)
    path.chmod(0o600)
    await (await opened(file_url)).close()
    path.unlink()
    db = await opened(file_url)
    files = list(path.parent.glob("opside*"))
    assert path in files
    assert len(files) >= 2
    assert {file.stat().st_mode & 0o077 for file in files} == {0}
    await db.close()


async def test_the_present_version_is_the_last_migration(tmp_path):
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", migrations.__path__[0])
    assert ScriptDirectory.from_config(config).get_heads() == [upgrade.PRESENT]


async def test_the_printed_sql_makes_the_same_database(file_url, path):
    by_hand(path, ";\n".join(await schema_sql(file_url, "0.1.0")) + ";")
    db = await opened(file_url)
    found = await examine(db)
    await db.close()
    assert not found.problems
    assert len(list(path.parent.iterdir())) == 1, "nothing was left to upgrade"


async def test_tables_made_by_hand_are_taken_over(file_url, path, make):
    account = make.account()
    by_hand(
        path,
        FILE_DDL,
        "INSERT INTO amazon_claims (id, claim_id, user_id, amount, status, created_at) VALUES "
        f"('{account.user_id}', 'RMB-12345', '{account.user_id}', 12.34, 'approved', "
        "'2026-09-01 10:00:00')",
        "INSERT INTO sync_progress (id, sync_id, user_id, status, progress, metadata) VALUES "
        f"('{account.user_id}', 'sync_acme_1', '{account.user_id}', 'completed', 100, "
        """'{"ordersProcessed": 7, "claimsDetected": 3, "note": "theirs"}')""",
    )
    db = await opened(file_url)
    [row] = await rows.first_rows(db, RowQuery(Dataset.CLAIMS, (account.user_id,)), 10)
    run = await make.start(db)
    written = await write_claims_page(
        db, run, [make.event(1)], [make.claim(1)], first_started_at=run.started_at
    )
    history, total = await sync_runs.history(db, [account.user_id], limit=10)
    await db.close()
    assert str(row.values[3]) == "12.34"
    assert row.values[7].isoformat() == "2026-09-01T10:00:00+00:00"
    assert (written, total) == (1, 2)
    assert [one.status for one in history] == [SyncStatus.RUNNING, SyncStatus.COMPLETED]


async def test_the_file_is_copied_before_its_tables_change(file_url, path):
    by_hand(path, FILE_DDL, "INSERT INTO amazon_inventory (id, user_id, sku) VALUES ('a','b','c')")
    await (await opened(file_url)).close()
    [copy] = [one for one in path.parent.iterdir() if "before-upgrade" in one.name]
    with closing(sqlite3.connect(copy)) as old:
        assert old.execute("SELECT sku FROM amazon_inventory").fetchall() == [("c",)]
        names = old.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    assert len(names) == 3


async def test_of_several_running_rows_only_the_newest_goes_on(file_url, path, make):
    one, two = make.account("one").user_id, make.account("two").user_id
    running = [
        ("a", one, "2026-11-23 10:00:00", '{"note": "kept"}'),
        ("b", one, "2026-11-23 11:00:00", "null"),
        ("c", one, "2026-11-23 09:00:00", "no json"),
        ("d", two, "2026-11-23 09:00:00", None),
    ]
    by_hand(path, FILE_DDL)
    with closing(sqlite3.connect(path)) as connection:
        connection.executemany(
            "INSERT INTO sync_progress (id, sync_id, user_id, status, created_at, metadata) "
            "VALUES (?, ?, ?, 'running', ?, ?)",
            [(name, name, *others) for name, *others in running],
        )
        connection.commit()
    await (await opened(file_url)).close()
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute(
            "SELECT id, status, metadata FROM sync_progress ORDER BY id"
        ).fetchall()
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute("UPDATE sync_progress SET status = 'running'")
    assert [status for _, status, _ in found] == ["failed", "running", "failed", "running"]
    metadata = json.loads(found[0][2])
    assert (metadata["note"], metadata["errorCode"]) == ("kept", "interrupted")


async def test_a_newer_database_is_refused_and_left_alone(file_url, path):
    await (await opened(file_url)).close()
    by_hand(path, "UPDATE alembic_version SET version_num = '0099'")
    error = await fault(file_url)
    assert "newer version" in error.what
    assert "Install the newest version" in error.fix
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT * FROM alembic_version").fetchall() == [("0099",)]


async def test_another_programs_database_is_refused_and_left_alone(file_url, path):
    by_hand(path, "CREATE TABLE bookmarks (file_url TEXT)")
    before = path.read_bytes()
    assert "another program" in (await fault(file_url)).what
    assert path.read_bytes() == before


async def test_a_table_of_our_name_with_other_columns_is_named(file_url, path):
    by_hand(path, "CREATE TABLE sync_progress (id INTEGER, status TEXT, user_id TEXT)")
    error = await fault(file_url)
    assert "sync_progress" in error.what
    assert "sync_id" in error.why


async def test_a_file_that_is_no_database_is_refused(file_url, path):
    path.parent.mkdir()
    path.write_bytes(b"Dear diary, today I met a seller. " * 200)
    error = await fault(file_url)
    assert error.why == "The file is not an SQLite database."
    assert str(path) in error.what
    assert error.fix


@sqlite_only
async def test_a_damaged_file_is_named_so(db, sql, path, file_url):
    # Overwrites the page that holds the list of tables, behind the header.
    await db.close()
    content = bytearray(path.read_bytes())
    content[100:4096] = b"\x5a" * 3996
    path.write_bytes(content)
    error = await fault(file_url)
    assert error.why == "The file is damaged."


@sqlite_only
async def test_examine_tells_of_a_damaged_index(db, sql):
    await sql(
        "INSERT INTO amazon_inventory (id, user_id, sku) VALUES ('i', 'u', 's')",
    )
    await sql("PRAGMA writable_schema = ON")
    # The index now claims to be over another column, so its entries are all wrong.
    await sql(
        "UPDATE sqlite_master SET sql = 'CREATE INDEX ix_sync_events_user_sync ON "
        "sync_events (kind, message)' WHERE name = 'ix_sync_events_user_sync'"
    )
    await sql(
        "INSERT INTO sync_events (user_id, sync_id, kind, message) VALUES ('u', 's', 'k', 'm')"
    )
    await sql("PRAGMA writable_schema = RESET")
    found = await examine(db)
    assert found.problems
    assert found.rows["amazon_inventory"] == 1


async def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    error = await fault(f"sqlite:///{tmp_path}/file/deeper/opside.db")
    assert "deeper" in error.what
    assert "OPSIDE_HOME" in error.fix


async def test_a_folder_in_place_of_the_file_is_named(tmp_path):
    error = await fault(f"sqlite:///{tmp_path}")
    assert error.why == "The file cannot be opened or created."


@pytest.mark.parametrize(
    "address",
    [
        "nonsense",
        "sqlite://",
        "mysql://u:hunter2@db/x",
        "mysql://u:p@hunter2@db/x",
        "mysql://u@db/x?password=hunter2",
        "postgres:/u:hunter2@db/x",
        "sqlite://u:hunter2@db/x.db",
        "sqlite://folder/x.db",
    ],
)
async def test_an_address_it_cannot_use_is_refused_without_its_password(address):
    error = await fault(address)
    assert "hunter2" not in error.sentence
    assert "sqlite:" in error.fix


async def test_an_upgrade_waits_for_the_lock_and_is_not_done_twice(file_url, path):
    by_hand(path, FILE_DDL)
    opened_all = await asyncio.gather(*(opened(file_url) for _ in range(4)))
    for db in opened_all:
        assert not (await examine(db)).problems
        await db.close()
    assert len([one for one in path.parent.iterdir() if "before-upgrade" in one.name]) == 1


async def test_a_failing_upgrade_leaves_the_file_as_it_was(file_url, path):
    by_hand(path, FILE_DDL, "CREATE TABLE ix_amazon_claims_user_order (x)")
    await fault(file_url)
    with closing(sqlite3.connect(path)) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    assert "amazon_orders" not in names
    assert "alembic_version" not in names
