# ruff: noqa: S608 - the SQL is the tests' own
"""Opening a database: new, old, hand-made, foreign, broken, locked, full."""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing

import pytest
import sqlalchemy as sa

from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import DatabaseFault
from opside_desktop.domain.syncs import SyncStatus
from opside_desktop.store import pages, rows, sync_runs, upgrade
from opside_desktop.store.database import open_database
from opside_desktop.store.maintenance import examine, schema_sql
from opside_desktop.store.queries import RowQuery

sqlite_only = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)

SEED_DDL = """
CREATE TABLE sync_progress (
  id UUID PRIMARY KEY, sync_id VARCHAR(255) NOT NULL, user_id UUID NOT NULL,
  status VARCHAR(50) NOT NULL, progress INTEGER DEFAULT 0, current_step TEXT,
  step INTEGER DEFAULT 0, total_steps INTEGER DEFAULT 5, metadata JSONB,
  created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, UNIQUE(user_id, sync_id)
);
CREATE TABLE amazon_claims (
  id UUID PRIMARY KEY, claim_id VARCHAR(255) NOT NULL, user_id UUID NOT NULL,
  order_id VARCHAR(255), amount DECIMAL(10, 2) NOT NULL, currency VARCHAR(10) DEFAULT 'USD',
  status VARCHAR(50), type VARCHAR(100), description TEXT, created_at TIMESTAMP,
  synced_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, is_mock BOOLEAN DEFAULT FALSE,
  mock_scenario VARCHAR(100), UNIQUE(user_id, claim_id)
);
CREATE TABLE amazon_inventory (
  id UUID PRIMARY KEY, user_id UUID NOT NULL, sku VARCHAR(255) NOT NULL, asin VARCHAR(255),
  fnsku VARCHAR(255), product_name VARCHAR(500), quantity_available INTEGER DEFAULT 0,
  quantity_reserved INTEGER DEFAULT 0, quantity_inbound INTEGER DEFAULT 0,
  quantity_total INTEGER DEFAULT 0, condition VARCHAR(50), warehouse_location VARCHAR(255),
  synced_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, is_mock BOOLEAN DEFAULT FALSE,
  mock_scenario VARCHAR(100), UNIQUE(user_id, sku)
);
"""


INSERT_ORIGIN = (
    "INSERT INTO row_origins VALUES ('00000000-0000-0000-0000-000000000001', 'd', 's', 'k', NULL)"
)


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
    assert first.version == second.version == "0001"
    assert set(first.rows) == {
        "sync_progress", "amazon_claims", "amazon_inventory", "amazon_orders",
        "amazon_order_items", "financial_events", "seller_accounts", "sync_checkpoints",
        "sync_events", "rate_buckets", "row_origins",
    }  # fmt: skip
    assert not first.problems
    assert [one.name for one in path.parent.iterdir()] == ["opside.db"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
async def test_a_new_file_and_its_copy_are_readable_by_their_owner_only(file_url, path):
    by_hand(path, SEED_DDL)
    path.chmod(0o600)
    await (await opened(file_url)).close()
    path.unlink()
    db = await opened(file_url)
    files = list(path.parent.glob("opside*"))
    assert path in files
    assert len(files) >= 2
    assert {file.stat().st_mode & 0o077 for file in files} == {0}
    await db.close()


@sqlite_only
async def test_the_file_lets_reads_run_beside_a_write(db, sql, run):
    assert await sql("PRAGMA journal_mode") == [("wal",)]
    writing, go_on = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def hold(connection):
        connection.exec_driver_sql("UPDATE sync_progress SET progress = 50")
        loop.call_soon_threadsafe(writing.set)
        asyncio.run_coroutine_threadsafe(asyncio.wait_for(go_on.wait(), 5), loop).result()

    held = asyncio.create_task(db.write(hold))
    await writing.wait()
    seen = await sync_runs.get_run(db, run.user_id, run.sync_id)
    go_on.set()
    await held
    assert seen.progress == 0
    assert (await sync_runs.get_run(db, run.user_id, run.sync_id)).progress == 50


async def test_the_present_version_is_the_last_migration(tmp_path):
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    folder = upgrade.__file__.removesuffix("upgrade.py") + "migrations"
    config.set_main_option("script_location", folder)
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
        SEED_DDL,
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
    written = await pages.write_claims_page(
        db, run, [make.event(1)], [make.claim(1)], chain_started_at=run.started_at
    )
    history, total = await sync_runs.history(db, [account.user_id], limit=10)
    await db.close()
    assert str(row.values[3]) == "12.34"
    assert row.values[7].isoformat() == "2026-09-01T10:00:00+00:00"
    assert (written, total) == (1, 2)
    assert [one.status for one in history] == [SyncStatus.RUNNING, SyncStatus.COMPLETED]


async def test_the_file_is_copied_before_its_tables_change(file_url, path):
    by_hand(path, SEED_DDL, "INSERT INTO amazon_inventory (id, user_id, sku) VALUES ('a','b','c')")
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
    by_hand(path, SEED_DDL)
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
    "address", ["nonsense", "sqlite://", "mysql://u:hunter2@db/x", "postgres:/u:hunter2@db/x"]
)
async def test_an_address_it_cannot_use_is_refused_without_its_password(address):
    error = await fault(address)
    assert "hunter2" not in error.sentence
    assert "sqlite:" in error.fix


async def test_a_file_locked_by_another_program_is_named_after_a_wait(file_url, path, make):
    await (await opened(file_url)).close()
    db = await opened(file_url, busy_timeout_s=0.1)
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


async def test_an_upgrade_waits_for_the_lock_and_is_not_done_twice(file_url, path):
    by_hand(path, SEED_DDL)
    opened_all = await asyncio.gather(*(opened(file_url) for _ in range(4)))
    for db in opened_all:
        assert not (await examine(db)).problems
        await db.close()
    assert len([one for one in path.parent.iterdir() if "before-upgrade" in one.name]) == 1


async def test_a_failing_upgrade_leaves_the_file_as_it_was(file_url, path):
    by_hand(path, SEED_DDL, "CREATE TABLE ix_amazon_claims_user_order (x)")
    await fault(file_url)
    with closing(sqlite3.connect(path)) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    assert "amazon_orders" not in names
    assert "alembic_version" not in names


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

    def work(connection):
        loop.call_soon_threadsafe(started.set)
        connection.exec_driver_sql(endless)

    reading = asyncio.create_task(db.read(work))
    await started.wait()
    await asyncio.sleep(0.05)  # the statement itself begins just after the event
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await asyncio.wait_for(db.close(), 5)  # waits for running reads


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
    await asyncio.sleep(0)
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
        "from opside_desktop.domain.datasets import Dataset\n"
        "from opside_desktop.domain.ids import UserId\n"
        "from opside_desktop.store import checkpoints\n"
        "from opside_desktop.store.database import open_database\n"
        "async def main():\n"
        f"    db = await open_database({file_url!r}, app_version='0')\n"
        "    mark = checkpoints.Checkpoint(Dataset.CLAIMS, 'w', {})\n"
        "    await checkpoints.save(db, UserId('u'), mark)\n"
        "    await db.close()\n"
        "asyncio.run(main())\n"
        "print(*[name for name in sys.modules if 'asyncpg' in name or name.startswith("
        "('opside_desktop.store.postgres', 'sqlalchemy.ext.asyncio'))])\n"
    )
    # Made beforehand: Alembic loads all of SQLAlchemy's dialects, but only for an upgrade.
    await (await opened(file_url)).close()
    found = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    assert (found.stdout.strip(), found.stderr) == ("", "")
