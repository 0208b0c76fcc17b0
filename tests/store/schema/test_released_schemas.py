"""Databases of every released schema open with this version, and nothing in them is lost.

`released/schema_NNNN.sql` is a dump of a small file as the release wrote it, and
`released/postgresql_NNNN.sql` one of a server's database with the same rows. They never change.
"""

import asyncio
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import ErrorCode
from opside_desktop.domain.pacing import SavedLevel
from opside_desktop.domain.syncs import SyncStatus
from opside_desktop.store import accounts, bucket_levels, upgrade
from opside_desktop.store.maintenance import examine
from opside_desktop.store.opening import open_database
from opside_desktop.store.reading import rows
from opside_desktop.store.reading.details import details
from opside_desktop.store.reading.queries import RowQuery
from opside_desktop.store.runs import events, sync_runs
from opside_desktop.store.writing import checkpoints
from opside_desktop.store.writing.checkpoints import Checkpoint
from tests.postgres import run_sql
from tests.store.listed import list_rows

RELEASED = sorted(Path(__file__).with_name("released").glob("*.sql"))


@pytest.fixture(params=RELEASED, ids=lambda dump: dump.stem)
async def old(request, file_url, path):
    """A database that an older version wrote, opened by this one."""
    dump = request.param.read_text()
    if request.param.stem.startswith("postgresql"):
        url = request.getfixturevalue("bare_postgres_url")
        await asyncio.to_thread(run_sql, url, *dump.strip().split(";\n"))
    else:
        url = file_url
        path.parent.mkdir()
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(dump)
    db = await open_database(url, app_version="9.9.9")
    yield db
    await db.close()


@pytest.mark.parametrize("kind", ["schema", "postgresql"])
def test_there_is_one_of_every_version_but_that_which_is_not_released(kind):
    found = [one.stem.removeprefix(f"{kind}_") for one in RELEASED if one.stem.startswith(kind)]
    assert found == list(upgrade.VERSIONS[: len(found)])
    assert len(found) >= len(upgrade.VERSIONS) - 1


async def test_it_opens_whole_and_up_to_date(old):
    found = await examine(old)
    assert (found.version, found.problems) == (upgrade.PRESENT, ())


async def test_its_rows_are_as_they_were(old, make):
    user = make.account().user_id
    claims, _ = await list_rows(old, RowQuery(Dataset.CLAIMS, (user,)), 10)
    assert [(one.claim_id, one.amount, one.created_at) for one in claims] == [
        ("RMB-0000000000000001", Decimal("12.10"), "2026-09-01T00:01:00Z"),
        ("RMB-0000000000000002", Decimal("-0.01"), None),
    ]
    orders, _ = await list_rows(old, RowQuery(Dataset.ORDERS, (user,)), 10)
    assert [(one.total_amount, len(one.items)) for one in orders] == [
        (None, 0),
        (Decimal("12.10"), 2),
    ]
    [item], _ = await list_rows(old, RowQuery(Dataset.INVENTORY, (user,)), 10)
    assert (item.sku, item.quantity_total) == ("SKU-00001", 4)
    [claim, _] = await rows.row_ids(old, RowQuery(Dataset.CLAIMS, (user,)))
    found = await details(old, [user], Dataset.CLAIMS, claim)
    assert found.event.payload == {"Amount": Decimal("12.10"), "Name": "Größe"}


async def test_its_syncs_and_marks_are_as_they_were(old, make):
    user, other = make.account().user_id, make.account("other").user_id
    run = await sync_runs.newest_run(old, user)
    assert (run.status, run.progress, run.result(Dataset.CLAIMS).count) == ("completed", 100, 2)
    brought = {Dataset.CLAIMS: 2, Dataset.INVENTORY: 1, Dataset.ORDERS: 2}
    for dataset, count in brought.items():
        new = RowQuery(dataset, (user,), new_in=(run.sync_id,))
        assert await rows.count(old, new) == count
    left_running = await sync_runs.newest_run(old, other)
    assert (left_running.status, left_running.error_code) == (
        SyncStatus.FAILED,
        ErrorCode.INTERRUPTED,
    )
    assert await checkpoints.load(old, user, Dataset.INVENTORY) == [
        Checkpoint(Dataset.INVENTORY, "scan", {"token": "t", "share": Decimal("0.10")})
    ]
    assert [one.detail for one in await events.list_events(old, user, run.sync_id)] == [
        {"marketplaces": 2}
    ]
    assert await bucket_levels.load_levels(
        old, user, "https://sellingpartnerapi-na.amazon.com"
    ) == {"getOrders": SavedLevel(3.5, 0.0167, 1795420800.125)}
    assert (await accounts.get_account(old, user)).display_name == "Acme"
