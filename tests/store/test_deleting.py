"""Deleting a user's data: all of it, nobody else's, and never under a running sync."""

import pytest
from msgspec.structs import replace

from opside_desktop.domain.accounts import Account
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import SyncInProgress
from opside_desktop.domain.pacing import SavedLevel
from opside_desktop.domain.syncs import SyncStatus
from opside_desktop.store import accounts, bucket_levels
from opside_desktop.store.deleting import USER_TABLES, delete_data, stored_of
from opside_desktop.store.runs import events, sync_runs
from opside_desktop.store.schema import tables
from opside_desktop.store.writing import checkpoints, pages
from tests.store.claim_pages import write_claims_page


@pytest.fixture
def fill(db, make):
    """Store something of an account in every table, and end its sync."""

    async def fill(name) -> Account:
        account = make.account(name)
        await accounts.save_account(db, account)
        run = await make.start(db, account)
        more = {"first_started_at": run.started_at}
        await write_claims_page(db, run, [make.event(1)], [make.claim(1)], **more)
        await pages.write_orders_page(db, run, [make.order(1, lines=2)], **more)
        await pages.write_inventory_page(db, run, [make.item(n) for n in range(3)], **more)
        await make.told(db, account.user_id)
        mark = checkpoints.Checkpoint(Dataset.CLAIMS, "2026-09", {"page": 1})
        await db.write(lambda one: checkpoints.put(one, account.user_id, mark, run.started_at))
        await bucket_levels.save_levels(
            db, account.user_id, "https://x", {"getOrders": SavedLevel(level=1, rate=1, at=1)}
        )
        await events.add_event(db, run, "note", "Something happened.")
        await sync_runs.end_run(db, replace(run, status=SyncStatus.COMPLETED))
        return account

    return fill


async def test_everything_of_one_user_goes_and_nothing_of_another(db, fill, sql):
    acme, other = await fill("acme"), await fill("other")
    before = await stored_of(db, other.user_id)
    assert before.keys() == {table.name for table in USER_TABLES}
    assert {"amazon_order_items": 2, "amazon_inventory": 3}.items() <= before.items()
    told = await stored_of(db, acme.user_id)
    assert await delete_data(db, acme.user_id) == told
    for table in tables.metadata.tables.values():
        select = f"SELECT count(*) FROM {table.name} WHERE user_id = ?"  # noqa: S608
        left = await sql(select, acme.user_id)
        assert left == [(1 if table.name == "seller_accounts" else 0,)], table.name
    assert await stored_of(db, acme.user_id) == {}
    assert await stored_of(db, other.user_id) == before
    assert await accounts.get_account(db, acme.user_id) is not None
    assert await delete_data(db, acme.user_id) == {}


async def test_a_running_sync_is_not_robbed_of_its_rows(db, fill, start):
    acme = await fill("acme")
    run = await start(acme)
    before = await stored_of(db, acme.user_id)
    with pytest.raises(SyncInProgress) as refused:
        await delete_data(db, acme.user_id)
    assert refused.value.existing_sync_id == run.sync_id
    assert await stored_of(db, acme.user_id) == before


async def test_a_sync_that_died_hinders_nobody(db, fill, start, sql):
    acme = await fill("acme")
    await start(acme)
    await sql("UPDATE sync_progress SET updated_at = '2026-01-01 00:00:00.000000'")
    await delete_data(db, acme.user_id)
    assert await stored_of(db, acme.user_id) == {}
    await start(acme)
