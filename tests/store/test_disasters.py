"""Disks that fill up, files that are damaged, replaced or taken away, programs that are killed."""

import asyncio
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import DatabaseFault
from opside_desktop.store import upgrade
from opside_desktop.store.maintenance import examine
from opside_desktop.store.opening import open_database
from opside_desktop.store.reading import rows
from opside_desktop.store.reading.queries import RowQuery
from opside_desktop.store.runs import sync_runs
from opside_desktop.store.timings import StoreTimings
from opside_desktop.store.writing import pages
from tests.small_disk import small_disk
from tests.store.claim_pages import write_claims_page
from tests.store.schema.given import FILE_DDL
from tests.waiting import LIMIT_S


async def opened(url, **options):
    return await open_database(url, app_version="0.1.0", **options)


async def refused(url, **options):
    with pytest.raises(DatabaseFault) as caught:
        await opened(url, **options)
    assert caught.value.why
    assert caught.value.fix
    return caught.value


@pytest.fixture
def disk(tmp_path):
    """A disk of its own with room for two megabytes."""
    with small_disk(tmp_path / "disk", "2m") as folder:
        yield folder


def fill(folder, leave):
    """Use up the disk but for some bytes."""
    free = shutil.disk_usage(folder).free
    (folder / "other").write_bytes(b"x" * max(0, free - leave))


async def test_a_disk_that_fills_up_in_mid_sync_keeps_what_was_stored(disk, make):
    url = f"sqlite:///{disk}/opside.db"
    db = await opened(url)
    run = await make.start(db)
    fill(disk, 300_000)
    stored = 0

    async def write_page():
        items = [make.item(n, product_name="L" * 400) for n in range(stored, stored + 50)]
        return await pages.write_inventory_page(db, run, items, first_started_at=run.started_at)

    async def write_on():
        nonlocal stored
        while stored < 10_000:
            stored += await write_page()

    with pytest.raises(DatabaseFault) as caught:
        await write_on()
    assert stored
    assert caught.value.why == "The disk is full."
    query = RowQuery(Dataset.INVENTORY, (run.user_id,))
    assert await rows.count(db, query) == stored
    (disk / "other").unlink()
    more = [make.item(n) for n in range(10_000, 10_010)]
    await pages.write_inventory_page(db, run, more, first_started_at=run.started_at)
    found = await examine(db)
    assert (found.rows["amazon_inventory"], found.problems) == (stored + 10, ())
    told = await sync_runs.get_run(db, run.user_id, run.sync_id)
    assert told.result(Dataset.INVENTORY).count == stored + 10
    await db.close()


@pytest.mark.parametrize("left", [0, 20_000, 40_000, 80_000])
async def test_a_disk_that_is_full_at_an_upgrade_leaves_the_file_as_it_was(disk, left):
    path = disk / "opside.db"
    with closing(sqlite3.connect(path)) as file:
        file.executescript(FILE_DDL)
        file.execute("INSERT INTO amazon_inventory (id, user_id, sku) VALUES ('a', 'b', 'c')")
        file.commit()
    fill(disk, left)
    fault = await refused(f"sqlite:///{path}")
    assert re.match("The disk is full|That needs twice the file's size, 0.1 MB", fault.why)
    assert not [one.name for one in disk.iterdir() if one.name.endswith(".part")]
    (disk / "other").unlink()
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("SELECT sku FROM amazon_inventory").fetchall() == [("c",)]
    db = await opened(f"sqlite:///{path}")
    assert (await examine(db)).problems == ()
    await db.close()


VICTIM = """
import asyncio, os, sys
from opside_desktop.store import upgrade
from opside_desktop.store.opening import open_database
import sqlalchemy as sa

left = int(sys.argv[2])

@sa.event.listens_for(sa.Engine, "after_cursor_execute")
def count(connection, cursor, statement, *_):
    global left
    if statement.split()[0] in ("CREATE", "UPDATE", "INSERT"):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), 9)

asyncio.run(open_database(sys.argv[1], app_version="0"))
"""


@pytest.mark.parametrize("steps", [1, 4, 12, 17])
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_a_program_killed_between_two_steps_of_an_upgrade_leaves_no_half_schema(
    kind, steps, file_url, path, bare_postgres_url
):
    url = file_url if kind == "sqlite" else bare_postgres_url
    if kind == "sqlite":
        path.parent.mkdir()
        with closing(sqlite3.connect(path)) as file:
            file.executescript(FILE_DDL)
    killed = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", VICTIM, url, str(steps)],
        capture_output=True,
        timeout=LIMIT_S,
    )
    assert killed.returncode == -9, killed.stderr
    db = await opened(url)
    found = await examine(db)
    assert (found.version, found.problems) == (upgrade.PRESENT, ())
    await db.close()


@pytest.mark.parametrize("damage", ["short", "middle", "header", "empty"])
async def test_a_damaged_file_is_a_sentence_wherever_the_damage_is(
    file_url, path, empty_file, make, damage
):
    path.parent.mkdir()
    shutil.copy(empty_file, path)
    db = await opened(file_url)
    run = await make.start(db)
    items = [make.item(n) for n in range(2000)]
    await pages.write_inventory_page(db, run, items, first_started_at=run.started_at)
    await db.close()
    content = bytearray(path.read_bytes())
    if damage == "short":
        content = content[: len(content) // 2]
    elif damage == "middle":
        middle = len(content) // 2 // 4096 * 4096
        content[middle : middle + 200_000] = b"\x5a" * 200_000
    elif damage == "header":
        content[:16] = b"SQLite format 9\0"
    else:
        content = bytearray()
    path.write_bytes(content)
    faults = []
    db = None
    try:
        db = await opened(file_url)
        await rows.row_ids(db, RowQuery(Dataset.INVENTORY, (run.user_id,), search="Lamp"))
        faults += (await examine(db)).problems
    except DatabaseFault as fault:
        faults.append(fault.why)
    finally:
        if db is not None:
            await db.close()
    if damage == "empty":
        assert faults == []  # a new file: there was nothing left to read
        return
    assert faults
    assert "expect" not in faults[0]
    assert faults[0].startswith(("The file", "The check"))


@pytest.mark.parametrize("way", ["replaced", "deleted", "moved", "moved with its folder"])
@pytest.mark.skipif(os.name == "nt", reason="an open file stays where it is there")
async def test_a_file_that_was_exchanged_under_the_program_is_not_written_into_the_void(
    file_url, path, empty_file, make, way
):
    path.parent.mkdir()
    shutil.copy(empty_file, path)
    db = await opened(file_url)
    run = await make.start(db)
    other = path.with_name("copy.db")
    shutil.copy(empty_file, other)
    if way == "replaced":
        other.replace(path)
    elif way == "deleted":
        path.unlink()
    elif way == "moved":
        path.rename(path.with_name("elsewhere.db"))
    else:
        path.parent.rename(path.parent.with_name("elsewhere"))
    with pytest.raises(DatabaseFault) as caught:
        await write_claims_page(db, run, [], [], first_started_at=run.started_at)
    said = "was replaced" if way == "replaced" else "moved or deleted"
    assert said in caught.value.why
    assert "open it again" in caught.value.fix
    with pytest.raises(DatabaseFault, match="Nothing can be stored"):
        await db.check_usable()
    await db.close()
    db = await opened(file_url)
    assert (await examine(db)).problems == ()
    await db.close()


@pytest.mark.skipif(os.name == "nt", reason="an open file stays where it is there")
async def test_a_file_that_is_moved_back_is_written_again(file_url, path, make):
    db = await opened(file_url)
    run = await make.start(db)
    path.rename(path.with_name("elsewhere.db"))
    with pytest.raises(DatabaseFault):
        await sync_runs.touch(db, run)
    path.with_name("elsewhere.db").rename(path)
    await db.check_usable()
    assert await sync_runs.touch(db, run)
    await db.close()


def alone(path, folder):
    """A copy of the file without the files beside it, as a backup makes it; its rows."""
    copy = folder / "backup.db"
    shutil.copy(path, copy)
    with closing(sqlite3.connect(f"file:{copy}?mode=ro&immutable=1", uri=True)) as backup:
        return backup.execute("SELECT count(*) FROM amazon_inventory").fetchone()[0]


async def test_a_checkpoint_puts_all_rows_into_the_file_itself(
    file_url, path, empty_file, make, tmp_path
):
    path.parent.mkdir()
    shutil.copy(empty_file, path)
    db = await opened(file_url)
    run = await make.start(db)
    items = [make.item(n) for n in range(50)]
    await pages.write_inventory_page(db, run, items, first_started_at=run.started_at)
    assert alone(path, tmp_path) == 0
    await db.checkpoint()
    assert alone(path, tmp_path) == 50
    await db.close()


async def test_a_checkpoint_waits_for_no_reader_and_the_next_one_makes_up_for_it(
    file_url, path, empty_file, make, tmp_path
):
    path.parent.mkdir()
    shutil.copy(empty_file, path)
    db = await opened(file_url)
    run = await make.start(db)
    items = [make.item(n) for n in range(50)]
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM amazon_inventory").fetchone()
        await pages.write_inventory_page(db, run, items, first_started_at=run.started_at)
        async with asyncio.timeout(5):
            await db.checkpoint()
        assert alone(path, tmp_path) == 0
        assert await sync_runs.touch(db, run)
        assert reader.execute("SELECT count(*) FROM amazon_inventory").fetchone() == (0,)
        reader.execute("COMMIT")
    await db.checkpoint()
    assert alone(path, tmp_path) == 50
    await db.close()


async def test_a_file_that_is_locked_while_it_is_opened_is_named(file_url, path):
    path.parent.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.executescript(FILE_DDL)
        other.execute("BEGIN EXCLUSIVE")
        fault = await refused(file_url, timings=StoreTimings(busy_s=0.1))
        other.execute("ROLLBACK")
    assert "locked" in fault.why
    db = await opened(file_url)
    assert (await examine(db)).problems == ()
    await db.close()
