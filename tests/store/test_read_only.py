"""Those who may only read see everything and change nothing, and the program knows it."""

import os
import re
import shutil
import sqlite3
import sys
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import DatabaseFault, DatabaseGone
from opside_desktop.store.accounts import save_account
from opside_desktop.store.maintenance import examine
from opside_desktop.store.opening import open_database
from opside_desktop.store.runs import ending, sync_runs
from tests.postgres import run_sql
from tests.store.claim_pages import write_claims_page

NOBODY = 65534


async def opened(url, version="0.1.0"):
    return await open_database(url, app_version=version)


@pytest.fixture
def sql_role(postgres_server, postgres_url):
    """Make a role with these rights to the test's database; gives the address for it."""
    name = f"support_{id(postgres_url)}"
    run_sql(postgres_url, f"CREATE ROLE {name} LOGIN PASSWORD 'hunter2'")

    used = {postgres_url}

    def sql_role(*grants, url=postgres_url):
        used.add(url)
        run_sql(url, *(grant.format(name) for grant in grants))
        return re.sub("//[^@]*@", f"//{name}:hunter2@", url)

    yield sql_role
    for url in used:
        run_sql(url, f"DROP OWNED BY {name}")
    run_sql(postgres_server, f"DROP ROLE {name}")


SELECT = "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}"


@contextmanager
def unprivileged():
    """Be somebody to whom files' rights apply, unlike to the superuser."""
    if sys.platform == "win32" or os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def folder():
    """A folder that everybody may walk into, unlike those of pytest."""
    made = Path(tempfile.mkdtemp(prefix="opside-ro-"))
    made.chmod(0o755)
    yield made
    made.chmod(0o755)
    shutil.rmtree(made)


@pytest.fixture(params=["file", "folder", "both"])
def locked(request, folder):
    """Take away the right to write a file, its folder, or both."""
    if sys.platform == "win32":
        pytest.skip("folders have no such rights there")

    def locked(path):
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
            os.chown(path, NOBODY, NOBODY)
        if request.param != "folder":
            path.chmod(0o444)
        if request.param != "file":
            folder.chmod(0o555)

    return locked


async def filled(url, make):
    """Put an account, a running sync of a program that is gone, and a claim into a database."""
    db = await opened(url)
    await save_account(db, make.account())
    run = await make.start(db)
    await write_claims_page(
        db, run, [make.event(1)], [make.claim(1)], first_started_at=run.started_at
    )
    await db.close()
    return run


async def check_only_read(db, run, make):
    """Everything is seen, and nothing is changed whoever tries."""
    found = await examine(db)
    assert (found.rows["amazon_claims"], found.problems) == (1, ())
    [account] = await db.read(
        lambda one: one.exec_driver_sql("SELECT 1 FROM seller_accounts").all()
    )
    assert account
    assert (await sync_runs.get_run(db, run.user_id, run.sync_id)).is_running
    assert (
        await ending.close_dead_runs(
            db, host=run.owner.host, is_alive=lambda _: False, lock_wait_s=1
        )
        == []
    )
    for attempt in (
        make.start(db, make.account("other")),
        ending.cancel_run(db, run.user_id, run.sync_id),
        save_account(db, make.account("other")),
        write_claims_page(db, run, [], [], first_started_at=run.started_at),
    ):
        with pytest.raises(DatabaseFault, match="Nothing can be changed") as caught:
            await attempt
        assert not isinstance(caught.value, DatabaseGone)
        assert db.read_only.why in caught.value.why
    assert (await sync_runs.get_run(db, run.user_id, run.sync_id)).result(Dataset.CLAIMS)


async def test_a_file_that_may_only_be_read_is_opened_so(folder, locked, make):
    path = folder / "opside.db"
    run = await filled(f"sqlite:///{path}", make)
    locked(path)
    before = path.read_bytes()
    with unprivileged():
        db = await opened(f"sqlite:///{path}")
        assert "may only be read" in db.read_only.why
        await check_only_read(db, run, make)
        await db.close()
    assert path.read_bytes() == before
    assert not list(folder.glob("*before-upgrade*"))


async def test_an_older_file_that_may_only_be_read_says_who_can_help(folder, locked):
    path = folder / "opside.db"
    with closing(sqlite3.connect(path)) as file:
        file.execute(
            "CREATE TABLE sync_progress (id PRIMARY KEY, sync_id, user_id, status, progress, "
            "UNIQUE (user_id, sync_id))"
        )
        columns = ("current_step", "step", "total_steps", "metadata", "created_at", "updated_at")
        for column in columns:
            file.execute(f"ALTER TABLE sync_progress ADD COLUMN {column}")
    locked(path)
    with unprivileged(), pytest.raises(DatabaseFault) as caught:
        await opened(f"sqlite:///{path}")
    assert "not those of this version" in caught.value.what
    assert "may only be read" in caught.value.why
    assert "db upgrade" in caught.value.fix


async def test_a_file_that_others_write_is_read_as_it_changes(folder, make):
    if sys.platform == "win32" or os.geteuid() != 0:
        pytest.skip("one user cannot be two")
    path = folder / "opside.db"
    await filled(f"sqlite:///{path}", make)
    owner = await opened(f"sqlite:///{path}")
    for file in folder.iterdir():
        file.chmod(0o644)
    with unprivileged():
        reader = await opened(f"sqlite:///{path}")
    assert reader.read_only is not None
    await owner.write(lambda one: one.exec_driver_sql("DELETE FROM amazon_claims"))
    assert (await examine(reader)).rows["amazon_claims"] == 0
    await reader.close()
    await owner.close()


async def test_a_role_that_may_only_select_reads_everything(postgres_url, sql_role, make):
    run = await filled(postgres_url, make)
    db = await opened(sql_role(SELECT))
    assert db.read_only.why == "Its user may read but not change its tables."
    await check_only_read(db, run, make)
    await db.close()


async def test_a_role_whose_transactions_only_read_is_noticed(postgres_url, sql_role, make):
    run = await filled(postgres_url, make)
    url = sql_role(
        "GRANT ALL ON ALL TABLES IN SCHEMA public TO {}",
        "ALTER ROLE {} SET default_transaction_read_only = on",
    )
    db = await opened(url)
    assert "default_transaction_read_only" in db.read_only.why
    await check_only_read(db, run, make)
    await db.close()


async def test_a_role_that_may_change_some_tables_only_is_told_which(postgres_url, sql_role, make):
    await filled(postgres_url, make)
    url = sql_role(
        "GRANT ALL ON ALL TABLES IN SCHEMA public TO {}",
        "REVOKE DELETE ON amazon_order_items FROM {}",
    )
    db = await opened(url)
    assert "the table amazon_order_items" in db.read_only.why
    await db.close()


async def test_a_role_with_every_right_to_the_tables_writes(postgres_url, sql_role, make):
    db = await opened(sql_role("GRANT ALL ON ALL TABLES IN SCHEMA public TO {}"))
    assert db.read_only is None
    assert (await make.start(db)).is_running
    await db.close()


async def test_a_role_without_rights_is_told_what_to_ask_for(postgres_url, sql_role):
    with pytest.raises(DatabaseFault) as caught:
        await opened(sql_role())
    assert "may not read its tables" in caught.value.why
    assert "GRANT SELECT" in caught.value.fix


async def test_a_role_that_may_read_makes_no_tables_beside_those_of_others(
    bare_postgres_url, sql_role
):
    columns = "id uuid, sync_id text, user_id uuid, status text, progress int, current_step text"
    more = "step int, total_steps int, metadata jsonb, created_at timestamp, updated_at timestamp"
    more += ", UNIQUE (user_id, sync_id)"
    run_sql(bare_postgres_url, f"CREATE TABLE sync_progress ({columns}, {more})")
    url = sql_role(SELECT, "GRANT CREATE ON SCHEMA public TO {}", url=bare_postgres_url)
    with pytest.raises(DatabaseFault) as caught:
        await opened(url)
    assert "the table sync_progress" in caught.value.why
    assert "db upgrade" in caught.value.fix
    names = run_sql(bare_postgres_url, "SELECT tablename FROM pg_tables WHERE schemaname='public'")
    assert [name for (name,) in names] == ["sync_progress"]
