"""Accounts and what is remembered of Amazon's quotas."""

from dataclasses import replace

import pytest

from opside_desktop.domain.accounts import CredentialStatus, Mode, Region
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import BadInput
from opside_desktop.domain.pacing import SavedLevel
from opside_desktop.domain.sellers import SellerRecord
from opside_desktop.store import accounts, bucket_levels
from opside_desktop.store.writing import checkpoints
from opside_desktop.store.writing.checkpoints import Checkpoint

HOST = "https://sellingpartnerapi-na.amazon.com"


async def test_an_account_is_saved_changed_and_listed_by_name(db, make):
    zebra = make.account("zebra", region=Region.EU, mode=Mode.SANDBOX, seller_id="A1")
    apple = make.account("apple", display_name="äpple")
    saved = await accounts.save_account(db, zebra)
    await accounts.save_account(db, apple)
    assert (saved.region, saved.seller_id) == (Region.EU, "A1")
    assert saved.created_at == saved.updated_at
    assert await accounts.get_account(db, zebra.user_id) == saved
    renamed = await accounts.save_account(db, replace(zebra, display_name="Alpha"))
    assert renamed.created_at == saved.created_at
    assert [one.display_name for one in await accounts.list_accounts(db)] == ["Alpha", "äpple"]


async def test_a_revoked_permission_is_noted(db, make):
    account = await accounts.save_account(db, make.account())
    await accounts.set_credential_status(db, account.user_id, CredentialStatus.RECONNECT_REQUIRED)
    now = await accounts.get_account(db, account.user_id)
    assert now.credential_status is CredentialStatus.RECONNECT_REQUIRED


async def test_a_name_that_is_too_long_is_refused(db, make):
    with pytest.raises(BadInput, match="display name"):
        await accounts.save_account(db, make.account(display_name="n" * 256))


async def test_a_removed_account_takes_its_marks_along_but_not_its_rows(db, sql, run, make):
    account = await accounts.save_account(db, make.account())
    user = account.user_id
    await bucket_levels.save_levels(db, user, HOST, {"getOrders": SavedLevel(1, 1, 1)})
    record = SellerRecord(seller_id="A1", token="mark")
    await accounts.keep_seller_record(db, user, HOST, record)
    for dataset in Dataset:
        mark = Checkpoint(dataset, "cursor", {})
        await db.write(lambda one, mark=mark: checkpoints.put(one, user, mark, run.started_at))
    assert await accounts.remove_account(db, user)
    assert not await accounts.remove_account(db, user)
    assert await accounts.get_account(db, user) is None
    assert await bucket_levels.load_levels(db, user, HOST) == {}
    left = [dataset for dataset in Dataset if await checkpoints.load(db, user, dataset)]
    assert left == [Dataset.INVENTORY]  # it says of which marketplace the stock is
    assert await accounts.seller_record(db, user, HOST) == record
    assert await accounts.seller_record(db, user, "mock simulator") == SellerRecord()
    assert await sql("SELECT count(*) FROM sync_progress") == [(1,)]


async def test_levels_are_kept_apart_by_account_and_host(db, make):
    one, two = make.account("one").user_id, make.account("two").user_id
    low = SavedLevel(level=-0.25, rate=0.0167, at=1795420800.123456)
    full = SavedLevel(level=20.0, rate=0.0163, at=1795420801.5)
    await bucket_levels.save_levels(db, one, HOST, {"getOrders": low, "listTransactions": full})
    await bucket_levels.save_levels(db, one, HOST, {"getOrders": full})
    await bucket_levels.save_levels(db, one, HOST, {})
    await bucket_levels.save_levels(db, two, HOST, {"getOrders": low})
    assert await bucket_levels.load_levels(db, one, HOST) == {
        "getOrders": full,
        "listTransactions": full,
    }
    assert await bucket_levels.load_levels(db, two, HOST) == {"getOrders": low}
    assert await bucket_levels.load_levels(db, one, "http://127.0.0.1:9") == {}
