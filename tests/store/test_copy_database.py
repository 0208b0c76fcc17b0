"""Copying between the two kinds of databases, in both directions: all, once, and proved."""

import asyncio
import dataclasses
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import BadInput, DatabaseFault, SyncInProgress
from opside_desktop.domain.pacing import SavedLevel
from opside_desktop.domain.syncs import SyncStatus
from opside_desktop.store import accounts, bucket_levels
from opside_desktop.store.copy_database import BATCH, NotEmpty, copy_data
from opside_desktop.store.deleting import stored_of
from opside_desktop.store.opening import open_database
from opside_desktop.store.runs import events, sync_runs
from opside_desktop.store.schema import tables
from opside_desktop.store.users import users_of
from opside_desktop.store.writing import checkpoints, pages
from tests.store.claim_pages import write_claims_page


@pytest.fixture
async def target(kind, request, tmp_path):
    """An empty database of the other kind."""
    other = (
        request.getfixturevalue("postgres_url")
        if kind == "sqlite"
        else f"sqlite:///{tmp_path}/target.db"
    )
    db = await open_database(other, app_version="0.1.0")
    yield db
    await db.close()


@pytest.fixture
def fill(db, make):
    """Store something of an account in every table, and end its sync."""

    async def fill(name, claims=3):
        account = make.account(name)
        await accounts.save_account(db, account)
        run = await make.start(db, account)
        more = {"first_started_at": run.started_at}
        odd = make.event(1, payload={"Amount": Decimal("1.10"), "ü": [1, None, "雪"]})
        money = [make.claim(n, amount=Decimal(n * 7 - 50) / 100) for n in range(claims)]
        await write_claims_page(db, run, [odd], money, **more)
        await write_claims_page(db, run, [], [make.claim(10**6, created_at=None)], **more)
        await pages.write_orders_page(db, run, [make.order(1, lines=3)], **more)
        await pages.write_inventory_page(db, run, [make.item(n) for n in range(3)], **more)
        await make.told(db, account.user_id)
        mark = checkpoints.Checkpoint(Dataset.CLAIMS, "2026-09", {"at": Decimal("0.5")})
        await db.write(lambda one: checkpoints.put(one, account.user_id, mark, run.started_at))
        level = SavedLevel(level=0.1, rate=0.2, at=1.3)
        await bucket_levels.save_levels(db, account.user_id, "https://x", {"getOrders": level})
        await events.add_event(db, run, "note", "First.", {"n": Decimal("1.50")})
        await events.add_event(db, run, "note", "Second.")
        await sync_runs.end_run(db, replace(run, status=SyncStatus.COMPLETED))
        return account

    return fill


@pytest.fixture
def contents():
    """Read every row of a database as code sees it."""

    async def contents(db):
        def read(connection):
            found = {}
            for table in tables.metadata.sorted_tables:
                columns = [
                    c for c in table.columns if (table.name, c.name) != ("sync_events", "id")
                ]
                rows = connection.execute(table.select().with_only_columns(*columns))
                found[table.name] = sorted(map(tuple, rows), key=str)
            return found

        return await db.read(read)

    return contents


async def test_every_row_of_every_table_arrives_as_it_was(db, target, fill, contents):
    acme, other = await fill("acme", claims=2 * BATCH + 1), await fill("other")
    seen = []
    users = [acme.user_id, other.user_id]
    assert await users_of(db) == sorted(users)
    copied = await copy_data(db, target, users, seen.append)
    before = await contents(db)
    assert await contents(target) == before
    assert copied == {name: len(rows) for name, rows in before.items()}
    percents = [one.percent for one in seen]
    assert percents == sorted(percents)
    assert seen[-1].is_checking
    assert seen[-1].done == sum(copied.values())
    assert {one.table for one in seen} >= {table.name for table in tables.metadata.sorted_tables}
    one = await target.read(
        lambda c: c.exec_driver_sql("SELECT count(*) FROM sync_events").scalar()
    )
    assert one == len(before["sync_events"])


async def test_only_the_users_named_are_copied(db, target, fill):
    acme, other = await fill("acme"), await fill("other")
    await copy_data(db, target, [other.user_id])
    assert await users_of(target) == [other.user_id]
    assert await stored_of(target, acme.user_id) == {}


async def test_the_copy_goes_on_where_it_lives_now(db, target, fill, make):
    """A sync of the copied account starts, writes and ends; new entries find free numbers."""
    acme = await fill("acme")
    await copy_data(db, target, [acme.user_id])
    assert await checkpoints.load(target, acme.user_id, Dataset.CLAIMS) == (
        await checkpoints.load(db, acme.user_id, Dataset.CLAIMS)
    )
    run = await make.start(target, acme)
    await events.add_event(target, run, "note", "Third.")
    listed = await events.list_events(target, acme.user_id, run.sync_id)
    assert [one.message for one in listed] == ["Third."]


async def test_a_stopped_copy_is_taken_up_and_doubles_nothing(db, target, fill, contents):
    acme = await fill("acme", claims=3 * BATCH)
    copying: asyncio.Task[Any] | None = None

    def stop(progress):
        if progress.done >= BATCH:
            copying.cancel()

    copying = asyncio.ensure_future(copy_data(db, target, [acme.user_id], stop))
    with pytest.raises(asyncio.CancelledError):
        await copying
    assert await accounts.get_account(target, acme.user_id) is None
    held = await stored_of(target, acme.user_id)
    assert 0 < held["amazon_claims"] <= 3 * BATCH
    await fill_more(db, acme)
    await copy_data(db, target, [acme.user_id])
    assert await contents(target) == await contents(db)


async def fill_more(db, account):
    """What a sync between two attempts changes: an account's name, and a checkpoint that goes."""
    await accounts.save_account(db, dataclasses.replace(account, display_name="Renamed"))
    await db.write(lambda one: checkpoints.drop(one, account.user_id, Dataset.CLAIMS))


async def test_data_that_is_there_already_is_replaced_only_when_that_is_asked_for(
    db, target, fill, contents, make
):
    acme = await fill("acme")
    run = await make.start(target, make.account("acme"))
    await write_claims_page(target, run, [], [make.claim(77)], first_started_at=run.started_at)
    await sync_runs.end_run(target, replace(run, status=SyncStatus.COMPLETED))
    before = await contents(target)
    with pytest.raises(NotEmpty, match="already holds 3 rows") as refused:
        await copy_data(db, target, [acme.user_id])
    assert refused.value.held == {"amazon_claims": 1, "row_origins": 1, "sync_progress": 1}
    assert await contents(target) == before
    await copy_data(db, target, [acme.user_id], replace=True)
    assert await contents(target) == await contents(db)
    with pytest.raises(NotEmpty):  # a finished copy is data like any other
        await copy_data(db, target, [acme.user_id])


@pytest.mark.parametrize("where", ["source", "target"])
async def test_nothing_is_copied_while_a_sync_runs(db, target, fill, make, where):
    acme = await fill("acme")
    await make.start(db if where == "source" else target, acme)
    before = await stored_of(target, acme.user_id)
    with pytest.raises((SyncInProgress, NotEmpty)):
        await copy_data(db, target, [acme.user_id])
    assert await stored_of(target, acme.user_id) == before


async def test_a_difference_is_told(db, target, fill, make):
    """A row that changes after it was read, and before both sides are compared."""
    acme = await fill("acme", claims=BATCH)

    def change(connection):
        claims = tables.amazon_claims
        connection.execute(
            claims.update().where(claims.c.claim_id == "RMB-" + "0" * 16).values(amount=Decimal(9))
        )

    def on_progress(progress):
        if progress.table == "row_origins" and not changing:  # claims were copied before
            changing.append(asyncio.ensure_future(target.write(change)))

    changing = []
    with pytest.raises(DatabaseFault, match="differs from its source in the table amazon_claims"):
        await copy_data(db, target, [acme.user_id], on_progress)
    await changing[0]
    await copy_data(db, target, [acme.user_id])


async def test_levels_of_quotas_that_are_saved_meanwhile_are_no_difference(db, target, fill):
    """As they are for a moment after a sync has ended."""
    acme = await fill("acme")

    def on_progress(progress):
        if progress.table == "seller_accounts" and not saving:  # the levels were copied before
            level = SavedLevel(level=0.5, rate=0.2, at=2.5)
            new = {"getOrders": level, "getOrderItems": level}
            saving.append(
                asyncio.ensure_future(bucket_levels.save_levels(db, acme.user_id, "https://x", new))
            )

    saving = []
    assert (await copy_data(db, target, [acme.user_id], on_progress))["amazon_claims"] == 4
    await saving[0]
    assert "getOrders" in await bucket_levels.load_levels(target, acme.user_id, "https://x")


ORDER = "order_id “902-0000001-0000001”"
CLAIM = "claim_id “RMB-0000000000000002”"


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        (
            "sqlite",
            "amazon_claims SET description = 'a' || char(0)",
            f"{CLAIM}. Its description holds a NUL character.",
        ),
        (
            "sqlite",
            "amazon_claims SET currency = 'much too long'",
            f"{CLAIM}. Its currency is longer than 10 characters.",
        ),
        (
            "sqlite",
            "amazon_claims SET amount = 9999999999999",
            f"{CLAIM}. Its amount has more than 8 digits.",
        ),
        (
            "sqlite",
            "amazon_claims SET created_at = 'yesterday'",
            f"{CLAIM}. Its created_at cannot be read: 'yesterday' is no date with a time.",
        ),
        (
            "sqlite",
            "amazon_orders SET total_amount = 9e999",
            f"{ORDER}. Its total_amount is not a number.",
        ),
        (
            "sqlite",
            "amazon_orders SET items_ordered = 99999999999",
            f"{ORDER}. Its items_ordered is too large a number.",
        ),
        (
            "sqlite",
            "amazon_orders SET id = 'mine'",
            f"{ORDER}. The database says: invalid input for query argument $1: 'mine'",
        ),
        (
            "sqlite",
            "amazon_claims SET type = x'ff00'",
            f"{CLAIM}. Its type is not what belongs there.",
        ),
        (
            "sqlite",
            "amazon_claims SET claim_id = 'RMB-' || char(0) || '2'",
            "claim_id “RMB-\N{REPLACEMENT CHARACTER}2”. Its claim_id holds a NUL character.",
        ),
        (
            "sqlite",
            "sync_progress SET status = 'x' || hex(zeroblob(30))",
            "Its status is longer than 50 characters.",
        ),
        (
            "sqlite",
            "sync_events SET kind = kind || char(0)",
            "Its kind holds a NUL character.",
        ),
        (
            "postgresql",
            "amazon_orders SET total_amount = 'NaN'",
            f"{ORDER}. Its total_amount is not a number.",
        ),
        (
            "postgresql",
            "amazon_claims SET created_at = '20000-01-01'",
            f"{CLAIM}. Its created_at cannot be read: it is no number or date that can be told.",
        ),
    ],
    indirect=["kind"],
)
async def test_a_row_that_does_not_fit_is_named(
    db, target, fill, sql, change, said, caplog, contents
):
    acme = await fill("acme", claims=BATCH + 5)
    table = change.split()[0]
    where = " WHERE order_id = '902-0000002-0000001'" if table == "amazon_claims" else ""
    await sql(f"UPDATE {change}{where}")
    with pytest.raises(DatabaseFault, match=f"A row of the table {table} does not fit") as caught:
        await copy_data(db, target, [acme.user_id])
    assert caught.value.why.startswith(f"It is the row with user_id “{acme.user_id}”, ")
    assert said in caught.value.why
    assert f"A row of {table} cannot be copied" in caplog.text
    await sql(f"DELETE FROM {table}{where}")  # noqa: S608 - the SQL is the test's own
    assert await copy_data(db, target, [acme.user_id])
    assert await contents(target) == await contents(db)


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
async def test_a_row_that_breaks_an_owners_rule_is_named(db, target, fill):
    acme = await fill("acme")
    rule = "ALTER TABLE amazon_claims ADD CONSTRAINT mine CHECK (claim_id NOT LIKE '%2')"
    await target.write(lambda connection: connection.exec_driver_sql(rule))
    with pytest.raises(DatabaseFault, match="does not fit into") as caught:
        await copy_data(db, target, [acme.user_id])
    assert CLAIM in caught.value.why
    assert "violates check constraint" in caught.value.why


async def test_a_database_is_not_copied_to_itself(db, fill):
    acme = await fill("acme")
    with pytest.raises(BadInput, match="the database it is in"):
        await copy_data(db, db, [acme.user_id])


async def test_a_database_of_two_names_is_not_emptied_for_its_own_copy(
    db, url, fill, contents, kind, tmp_path
):
    acme = await fill("acme")
    before = await contents(db)
    if kind == "sqlite":
        (tmp_path / "other.db").symlink_to(db.file)
        other = f"sqlite:///{tmp_path}/other.db"
    else:
        other = url.replace("@127.0.0.1", "@localhost")
    assert other != url
    same = await open_database(other, app_version="0.1.0")
    with pytest.raises(BadInput, match="the database it is in"):
        await copy_data(db, same, [acme.user_id], replace=True)
    await same.close()
    assert await contents(db) == before


async def test_amazons_own_json_keeps_its_exact_numbers(db, target, fill):
    acme = await fill("acme")
    await copy_data(db, target, [acme.user_id])

    def payload(connection):
        return connection.execute(tables.financial_events.select()).one().payload

    read = await target.read(payload)
    assert read == {"Amount": Decimal("1.10"), "ü": [1, None, "雪"]}
