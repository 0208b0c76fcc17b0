"""Which users a database has: everyone with an account, rows or syncs."""

from decimal import Decimal

import pytest

from opside_desktop.domain.ids import stored_user_id
from opside_desktop.store.schema import tables
from opside_desktop.store.users import get_user, stored_rows, users_of

TABLES: dict[str, dict[str, object]] = {
    "sync_progress": {"sync_id": "x", "status": "completed"},
    "amazon_claims": {"claim_id": "x", "amount": Decimal(1)},
    "amazon_inventory": {"sku": "x"},
    "amazon_orders": {"order_id": "x"},
}


async def put(db, table, user, number=1, **more):
    row = {"id": f"00000000-0000-4000-8000-{number:012d}", "user_id": user, **TABLES[table], **more}
    await db.write(
        lambda connection: connection.execute(tables.metadata.tables[table].insert(), row)
    )


@pytest.mark.parametrize("table", TABLES)
async def test_rows_or_syncs_make_a_user(db, table):
    user, nobody = stored_user_id("acme"), stored_user_id("nobody")
    assert await users_of(db) == []
    await put(db, table, user)
    assert await users_of(db) == [user]
    assert await get_user(db, nobody) is None
    known = await get_user(db, user)
    assert known.external_user_id == user  # nothing names it
    assert (await stored_rows(db, user)).any is (table != "sync_progress")


async def test_a_user_is_named_by_its_syncs_but_not_by_a_name_of_somebody_else(db):
    acme, bob = stored_user_id("acme"), stored_user_id("bob")
    await put(db, "sync_progress", acme, 1, metadata={"externalUserId": "acme", "isMock": True})
    await put(db, "sync_progress", bob, 2, metadata={"externalUserId": "acme"})
    for number in range(3, 9):
        await put(db, "amazon_claims", acme, number, claim_id=str(number))
    assert await users_of(db) == sorted([acme, bob])
    known = await get_user(db, acme)
    assert (known.external_user_id, known.is_mock) == ("acme", True)
    assert (await get_user(db, bob)).external_user_id == bob


async def test_mock_rows_without_a_sync_make_no_live_user(db):
    user = stored_user_id("acme")
    await put(db, "amazon_orders", user, is_mock=True)
    assert (await get_user(db, user)).is_mock
