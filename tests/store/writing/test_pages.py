# ruff: noqa: S608 - the SQL is the tests' own
"""Pages: all of one or nothing, twice the same is once, money to the cent."""

import json
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy.exc
from msgspec.structs import replace

from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.records import Quantities
from opside_desktop.domain.syncs import DatasetResult, DatasetStatus, Owner, SyncStatus
from opside_desktop.store.reading import rows
from opside_desktop.store.reading.queries import RowQuery, Sort
from opside_desktop.store.runs import ending, sync_runs
from opside_desktop.store.schema import tables
from opside_desktop.store.schema.types import load_json, row_uuid
from opside_desktop.store.writing import checkpoints, pages
from opside_desktop.store.writing.checkpoints import Checkpoint
from opside_desktop.store.writing.inventory_rows import stored_stock
from opside_desktop.store.writing.page_write import RunEnded
from tests.store.claim_pages import write_claims_page

WRITES = {
    Dataset.CLAIMS: lambda db, run, make, numbers, **more: write_claims_page(
        db, run, [make.event(n) for n in numbers], [make.claim(n) for n in numbers],
        first_started_at=run.started_at, **more
    ),
    Dataset.INVENTORY: lambda db, run, make, numbers, **more: pages.write_inventory_page(
        db, run, [make.item(n) for n in numbers], first_started_at=run.started_at, **more
    ),
    Dataset.ORDERS: lambda db, run, make, numbers, **more: pages.write_orders_page(
        db, run, [make.order(n, lines=2) for n in numbers],
        first_started_at=run.started_at, **more
    ),
}  # fmt: skip

TABLES = {
    Dataset.CLAIMS: ("amazon_claims", "financial_events"),
    Dataset.INVENTORY: ("amazon_inventory",),
    Dataset.ORDERS: ("amazon_orders", "amazon_order_items"),
}

each_dataset = pytest.mark.parametrize("dataset", list(Dataset))


async def dump(sql, dataset):
    """Everything a dataset stores, but for when it was stored."""
    found = {}
    for table in TABLES[dataset]:
        names = [column.name for column in tables.metadata.tables[table].columns]
        listed = ", ".join(f'"{name}"' for name in names if name != "synced_at")
        found[table] = await sql(f"SELECT {listed} FROM {table} ORDER BY id")
    return found


async def result(db, run, dataset):
    return (await sync_runs.get_run(db, run.user_id, run.sync_id)).result(dataset)


async def brought_by(db, run, dataset):
    """How many rows a sync was the first to bring."""
    return await rows.count(db, RowQuery(dataset, (run.user_id,), new_in=(run.sync_id,)))


async def completed(db, run):
    assert await sync_runs.end_run(db, replace(run, status=SyncStatus.COMPLETED))


@each_dataset
async def test_a_page_is_stored_with_its_count_and_checkpoint(db, sql, run, make, dataset):
    mark = Checkpoint(dataset, "w", {"token": "abc", "share": Decimal("0.10")})
    written = await WRITES[dataset](db, run, make, range(5), checkpoint=mark, skipped=2)
    assert written == 5
    assert {len(found) for found in (await dump(sql, dataset)).values()} <= {5, 10}
    assert await checkpoints.load(db, run.user_id, dataset) == [mark]
    assert await result(db, run, dataset) == DatasetResult(
        status=DatasetStatus.RUNNING, count=5, skipped=2
    )
    assert await brought_by(db, run, dataset) == 5


@each_dataset
async def test_the_same_page_twice_changes_nothing_but_when_it_was_synced(
    db, sql, run, make, dataset
):
    await WRITES[dataset](db, run, make, range(5))
    before = await dump(sql, dataset)
    times = f"SELECT DISTINCT synced_at FROM {TABLES[dataset][0]}"
    [first] = await sql(times)
    assert await WRITES[dataset](db, run, make, range(5)) == 0
    assert await dump(sql, dataset) == before
    [second] = await sql(times)
    assert second >= first
    assert (await result(db, run, dataset)).count == 5


@each_dataset
async def test_a_later_sync_counts_the_rows_again_but_finds_none_new(db, run, start, make, dataset):
    await WRITES[dataset](db, run, make, range(5))
    await completed(db, run)
    second = await start()
    assert await WRITES[dataset](db, second, make, range(3, 8)) == 5
    assert (await result(db, second, dataset)).count == 5
    assert await brought_by(db, second, dataset) == 3
    new = RowQuery(dataset, (run.user_id,), new_in=(second.sync_id,))
    assert await rows.count(db, new) == 3


@each_dataset
async def test_of_several_users_each_has_new_rows_of_its_own_last_sync(db, start, make, dataset):
    """Both have the same names of rows; 0 to 2 are old to the one, 2 to 4 to the other."""
    mine, theirs = make.account(), make.account("other")
    newest = []
    for account, old, new in ((mine, range(3), range(2, 5)), (theirs, range(2, 5), range(3))):
        first = await start(account)
        await WRITES[dataset](db, first, make, old)
        await completed(db, first)
        newest.append(await start(account))
        await WRITES[dataset](db, newest[-1], make, new)
    users = (mine.user_id, theirs.user_id)
    both = RowQuery(dataset, users, new_in=tuple(run.sync_id for run in newest))
    assert await rows.count(db, both) == 4
    assert await rows.count(db, replace(both, new_in=(newest[1].sync_id,))) == 2
    assert await rows.count(db, replace(both, new_in=())) == 0


@each_dataset
async def test_rows_stored_while_the_clock_was_ahead_are_counted_by_the_next_sync(
    db, sql, run, start, make, dataset
):
    await WRITES[dataset](db, run, make, range(5))
    await completed(db, run)
    for table in TABLES[dataset]:
        ahead = datetime.now(UTC).replace(tzinfo=None) + timedelta(hours=6)
        await sql(f"UPDATE {table} SET synced_at = '{ahead}'")
    second = await start()
    assert await WRITES[dataset](db, second, make, range(5)) == 5
    assert await WRITES[dataset](db, second, make, range(5)) == 0


async def test_a_sync_that_takes_up_another_does_not_count_its_rows_twice(db, run, start, make):
    await WRITES[Dataset.ORDERS](db, run, make, range(5))
    await sync_runs.end_run(db, replace(run, status=SyncStatus.FAILED))
    second = await start()
    taken_up = {Dataset.ORDERS: DatasetResult(status=DatasetStatus.RUNNING, count=5)}
    await sync_runs.update_run(db, replace(second, results=taken_up))
    page = [make.order(n) for n in range(3, 8)]
    assert await pages.write_orders_page(db, second, page, first_started_at=run.started_at) == 3
    assert (await result(db, second, Dataset.ORDERS)).count == 8


@each_dataset
async def test_a_cancelled_syncs_page_leaves_no_trace(db, sql, run, make, dataset):
    await WRITES[dataset](db, run, make, range(3))
    before = await dump(sql, dataset)
    await ending.cancel_run(db, run.user_id, run.sync_id)
    with pytest.raises(RunEnded):
        await WRITES[dataset](
            db, run, make, range(9), checkpoint=Checkpoint(dataset, "late", {}), skipped=1
        )
    with pytest.raises(RunEnded):
        await pages.finish_dataset(
            db, run, dataset, cursor=Checkpoint(dataset, "cursor", {}),
            stock_gone=["SKU-00001"],
        )  # fmt: skip
    assert await dump(sql, dataset) == before
    assert await checkpoints.load(db, run.user_id, dataset) == []
    assert await brought_by(db, run, dataset) == 3


async def test_a_page_of_another_programs_sync_is_refused(db, run, make):
    stranger = replace(run, owner=Owner(host="here", pid=1, instance="1"))
    with pytest.raises(RunEnded):
        await WRITES[Dataset.INVENTORY](db, stranger, make, range(3))


async def test_a_page_that_fails_midway_is_rolled_back(db, sql, run, make):
    # The second order has a line that no row can hold; the first was stored before it.
    broken = make.order(2, items=(make.line(1, line_number=None),))
    with pytest.raises(sqlalchemy.exc.IntegrityError):
        await pages.write_orders_page(
            db, run, [make.order(1), broken], first_started_at=run.started_at
        )
    assert await dump(sql, Dataset.ORDERS) == {"amazon_orders": [], "amazon_order_items": []}


async def test_an_empty_page_still_moves_the_checkpoint(db, run):
    mark = Checkpoint(Dataset.CLAIMS, "w", {"token": None})
    written = await write_claims_page(
        db, run, [], [], first_started_at=run.started_at, checkpoint=mark
    )
    assert written == 0
    assert await checkpoints.load(db, run.user_id, Dataset.CLAIMS) == [mark]


async def test_an_orders_lines_are_replaced_as_a_whole(db, sql, run, make):
    async def write(order):
        await pages.write_orders_page(db, run, [order], first_started_at=run.started_at)
        found = await sql("SELECT line_number, sku FROM amazon_order_items ORDER BY line_number")
        return [tuple(row) for row in found]

    three = await write(make.order(1, lines=3))
    assert [number for number, _ in three] == [1, 2, 3]
    one = await write(make.order(1, items=(make.line(1, sku="other"),)))
    assert one == [(1, "other")]
    assert await write(make.order(1, lines=0)) == []
    assert len(await write(make.order(1, lines=4))) == 4


async def test_an_order_twice_in_a_page_is_stored_as_it_came_last(db, sql, run, make):
    page = [make.order(1, lines=3, status="Pending"), make.order(1, lines=1, status="Shipped")]
    assert await pages.write_orders_page(db, run, page, first_started_at=run.started_at) == 1
    assert await sql("SELECT status FROM amazon_orders") == [("Shipped",)]
    assert len(await sql("SELECT 1 FROM amazon_order_items")) == 1


async def test_rows_have_the_same_ids_in_every_database(db, sql, run, make):
    await WRITES[Dataset.ORDERS](db, run, make, [1])
    [[order_id]] = await sql("SELECT id FROM amazon_orders")
    assert order_id == row_uuid(run.user_id, "amazon_orders", "902-0000001-0000001")
    assert order_id == "ac5fa508-4970-5285-ac5a-146d0be2fdb8"
    assert row_uuid("one", "two") != row_uuid("on", "etwo")


async def test_two_users_may_have_the_same_order(db, sql, run, start, make):
    other = await start(make.account("other"))
    for one in (run, other):
        assert await WRITES[Dataset.ORDERS](db, one, make, [1]) == 1
    assert len(await sql("SELECT DISTINCT user_id FROM amazon_orders")) == 2


async def test_money_is_exact_sorts_and_adds_up(db, sql, run, make):
    dice = random.Random(7)
    amounts = [Decimal(dice.randint(-(10**9), 10**9)).scaleb(-2) for _ in range(300)]
    amounts += [Decimal("99999999.99"), Decimal("-99999999.99"), Decimal("0.10"), Decimal("1E+3")]
    claims = [make.claim(n, amount=amount) for n, amount in enumerate(amounts)]
    await write_claims_page(db, run, [], claims, first_started_at=run.started_at)
    query = RowQuery(Dataset.CLAIMS, (run.user_id,), sort=(Sort("amount"),))
    stored = [row.values[3] for row in await rows.first_rows(db, query, 1000)]
    assert stored == sorted(amounts)
    assert {one.as_tuple().exponent for one in stored} == {-2}
    assert await rows.sums(db, query) == {"USD": sum(amounts)}


async def test_a_third_decimal_is_rounded_half_away_from_zero(db, kind, sql, run, make):
    claims = [make.claim(1, amount=Decimal("1.005")), make.claim(2, amount=Decimal("-1.005"))]
    await write_claims_page(db, run, [], claims, first_started_at=run.started_at)
    stored = [amount for (amount,) in await sql("SELECT amount FROM amazon_claims ORDER BY amount")]
    cents = [-101, 101]
    assert stored == (cents if kind == "sqlite" else [Decimal(one).scaleb(-2) for one in cents])
    assert {type(one) for one in stored} == {int if kind == "sqlite" else Decimal}


async def test_amazons_json_is_kept_digit_for_digit(db, sql, run, make):
    payload = {"Amount": Decimal("1234567890123456.70"), "Count": 3, "Text": "Größe 漢字"}
    event = make.event(1, payload=payload)
    await write_claims_page(db, run, [event], [], first_started_at=run.started_at)
    [[text]] = await sql("SELECT payload FROM financial_events")
    assert "1234567890123456.70" in text
    assert json.loads(text, parse_float=Decimal) == payload


async def test_mock_rows_are_marked(db, sql, run, make):
    for dataset in Dataset:
        await WRITES[dataset](db, run, make, [1])
    for table in ("amazon_claims", "amazon_inventory", "amazon_orders"):
        found = await sql(f"SELECT is_mock, mock_scenario FROM {table}")
        assert found == [(True, "normal_week")]


async def test_times_are_stored_as_naive_utc(db, kind, sql, run, make):
    await WRITES[Dataset.CLAIMS](db, run, make, [1])
    [[created, synced]] = await sql("SELECT created_at, synced_at FROM amazon_claims")
    [[started]] = await sql("SELECT created_at FROM sync_progress")
    assert started <= synced
    if kind == "sqlite":
        assert created == "2026-09-01 00:01:00.000000"
        assert len(synced) == len(created)
    else:
        assert created == datetime(2026, 9, 1, 0, 1)  # noqa: DTZ001  # as the database has it


async def test_finishing_keeps_only_the_cursor(db, run):
    other = Checkpoint(Dataset.CLAIMS, "a", {})
    marks = [Checkpoint(Dataset.ORDERS, window, {"n": 1}) for window in ("a", "b")]

    def put(connection):
        for mark in (*marks, other):
            checkpoints.put(connection, run.user_id, mark, run.started_at)

    await db.write(put)
    cursor = Checkpoint(Dataset.ORDERS, "cursor", {"until": "2026-11-23T00:00:00Z"})
    await pages.finish_dataset(db, run, Dataset.ORDERS, cursor=cursor)
    assert await checkpoints.load(db, run.user_id, Dataset.ORDERS) == [cursor]
    assert len(await checkpoints.load(db, run.user_id, Dataset.CLAIMS)) == 1


async def test_an_sku_that_is_gone_stays_with_nothing_in_stock(db, sql, run, start, make):
    await WRITES[Dataset.INVENTORY](db, run, make, range(4))
    await completed(db, run)
    other = await start(make.account("other"))
    await WRITES[Dataset.INVENTORY](db, other, make, [9])
    second = await start()
    await WRITES[Dataset.INVENTORY](db, second, make, [1, 2])
    await pages.finish_dataset(
        db, second, Dataset.INVENTORY, cursor=Checkpoint(Dataset.INVENTORY, "cursor", {}),
        stock_gone=["SKU-00000", "SKU-00003", "SKU-00009"],
    )  # fmt: skip
    found = await sql(
        "SELECT sku, quantity_available + quantity_reserved + quantity_inbound + quantity_total "
        "FROM amazon_inventory ORDER BY sku"
    )
    assert [tuple(row) for row in found] == [
        ("SKU-00000", 0), ("SKU-00001", 8), ("SKU-00002", 10), ("SKU-00003", 0), ("SKU-00009", 24),
    ]  # fmt: skip


async def test_what_names_an_item_is_kept_where_it_is_not_told_again(db, sql, run, make):
    bare = dict.fromkeys(("asin", "fnsku", "product_name", "condition", "quantity_total"))
    for items in ([make.item(1)], [make.item(1, **bare), make.item(2, **bare)]):
        await pages.write_inventory_page(db, run, items, first_started_at=run.started_at)
    found = await sql(
        "SELECT asin, fnsku, product_name, condition, quantity_available, quantity_total "
        "FROM amazon_inventory ORDER BY sku"
    )
    assert [tuple(row) for row in found] == [
        ("B000000001", "X000000001", "Lamp number 1", "NewItem", 1, None),
        (None, None, None, None, 2, None),
    ]
    stock = await stored_stock(db, run.user_id, None)
    assert {sku: one.quantities for sku, one in stock.items()} == {
        "SKU-00001": Quantities(1, 1, 2, None),
        "SKU-00002": Quantities(2, 1, 2, None),
    }


async def test_what_amazon_sent_of_an_item_is_kept_until_it_is_gone(db, sql, run, make):
    sent = {"inventorySummaries": [{"sellerSku": "SKU-00001", "weight": Decimal("1.10")}]}
    for payload in (sent, None):
        item = make.item(1, payload=payload, quantity_unfulfillable=4, quantity_researching=1)
        await pages.write_inventory_page(db, run, [item], first_started_at=run.started_at)
    asked = "SELECT quantity_unfulfillable, quantity_researching, payload FROM amazon_inventory"
    [(unfulfillable, researching, payload)] = await sql(asked)
    assert (unfulfillable, researching, load_json(payload)) == (4, 1, sent)
    cursor = Checkpoint(Dataset.INVENTORY, "cursor", {})
    await pages.finish_dataset(db, run, Dataset.INVENTORY, cursor=cursor, stock_gone=["SKU-00001"])
    assert [tuple(row) for row in await sql(asked)] == [(0, 0, None)]


async def test_stock_of_version_0_1_is_judged_by_what_was_stored_then(db, run, make):
    nothing = {f"quantity_{name}": 0 for name in ("available", "reserved", "inbound", "total")}
    items = [make.item(1), make.item(2, **nothing), make.item(3, **nothing)]
    items[2] = replace(items[2], quantity_researching=1)
    await pages.write_inventory_page(db, run, items, first_started_at=run.started_at)
    stock = await stored_stock(db, run.user_id, None)
    assert [one.has_stock for one in stock.values()] == [True, False, True]


async def test_stored_stock_tells_what_is_there_and_what_was_shown_last(db, sql, run, start, make):
    nothing = {f"quantity_{name}": 0 for name in Quantities._fields}
    unknown = {**nothing, "quantity_reserved": None}
    items = [make.item(1), make.item(2, **nothing), make.item(3, **unknown)]
    await pages.write_inventory_page(db, run, items, first_started_at=run.started_at)
    await completed(db, run)
    second = await start()
    await pages.write_inventory_page(db, second, items[:1], first_started_at=second.started_at)
    await sql("UPDATE amazon_inventory SET synced_at = NULL WHERE sku = 'SKU-00003'")
    stock = await stored_stock(db, run.user_id, second.started_at)
    assert {sku: (one.has_stock, one.is_recent) for sku, one in stock.items()} == {
        "SKU-00001": (True, True),
        "SKU-00002": (False, False),
        "SKU-00003": (True, False),
    }
    assert not any(one.is_recent for one in (await stored_stock(db, run.user_id, None)).values())
    assert all(
        one.is_recent
        for one in list((await stored_stock(db, run.user_id, run.started_at)).values())[:2]
    )
