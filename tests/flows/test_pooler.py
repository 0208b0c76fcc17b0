"""Several programs behind a pooler in transaction mode, which has fewer sessions than they want."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime

from opside_desktop.store.maintenance import examine
from opside_desktop.store.opening import open_database
from opside_desktop.store.runs import sync_runs
from tests.flows.world import account_of, counts, world
from tests.postgres import run_sql
from tests.postgres_wire import pooler
from tests.waiting import LIMIT_S

NAMES = ("alice", "bob", "carol")


async def test_programs_share_two_sessions_and_copy_everything(
    monkeypatch, tmp_path, bare_postgres_url
):
    with pooler(bare_postgres_url, sessions=2) as (seen, url):
        # The tables, too, are made through it.
        await (await open_database(url, app_version="0.1.0")).close()
        async with AsyncExitStack() as stack:
            programs = []
            for name in NAMES:
                folder = tmp_path / name
                folder.mkdir()
                (folder / "database-url").write_text(url)
                made = world(monkeypatch, folder, scenario="normal_week")
                programs.append(await stack.enter_async_context(made))
            async with asyncio.timeout(LIMIT_S):
                runs = await asyncio.gather(
                    *(one.sync(name) for one, name in zip(programs, NAMES, strict=True)),
                    *(look(one.db) for one in programs),
                )
            for run in runs[: len(NAMES)]:
                assert (run.status, run.error) == ("completed", None)
                assert counts(run) == (37, 150, 250)
            history, total = await sync_runs.history(
                programs[0].db, [account_of(name).user_id for name in NAMES], limit=10
            )
            assert total == len(NAMES)
            for run in history:
                # The sessions' own zone is nine hours away.
                assert abs((datetime.now(UTC) - run.started_at).total_seconds()) < 2 * LIMIT_S
            assert (await examine(programs[0].db)).problems == ()
    assert seen.names == {b""}
    assert seen.most_clients > 2
    assert seen.transactions > 100
    # How often depends on how fast each of them is; that they do is what matters.
    assert seen.changes > 10
    [[orders]] = run_sql(bare_postgres_url, "SELECT count(*) FROM amazon_orders")
    assert orders == 750


async def look(db):
    """Read beside the syncs, as a window does."""
    for _ in range(20):
        # To examine everything at each step would take most of the time.
        await asyncio.gather(examine(db), db.read(one), db.read(one))


def one(connection):
    return connection.exec_driver_sql("SELECT 1").scalar()
