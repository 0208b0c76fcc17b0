# ruff: noqa: S608 - the SQL is the tests' own
"""Each field of a record lies in the column of its name: every value differs from all others."""

from datetime import UTC, timedelta
from decimal import Decimal
from itertools import count

import msgspec
import pytest

from opside_desktop.domain.columns import OWNER_COLUMN, RECORDS, named
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.fields import FieldKind, fields_of
from opside_desktop.domain.records import Claim, FinancialEvent, InventoryItem, Order, OrderItem
from opside_desktop.store.reading import details, rows
from opside_desktop.store.reading.queries import RowQuery
from opside_desktop.store.writing import pages
from tests.store.claim_pages import write_claims_page

TABLES = {
    "amazon_claims": Claim,
    "financial_events": FinancialEvent,
    "amazon_inventory": InventoryItem,
    "amazon_orders": Order,
    "amazon_order_items": OrderItem,
}


@pytest.fixture
def value(make):
    """Make a value for a field, which no other field has."""
    numbers = count(11)

    def value(field):
        n = next(numbers)
        match field.kind:
            case FieldKind.INTEGER:
                return n
            case FieldKind.MONEY:
                return Decimal(f"{n}.{n}")
            case FieldKind.MOMENT:
                return make.september + timedelta(minutes=n, microseconds=n)
            case FieldKind.BOOLEAN:
                return True
            case FieldKind.JSON:
                return {"number": n}
        return f"value {n}"

    return value


@pytest.fixture
async def written(db, run, value):
    """A record of each kind, by its class, written as a sync does it."""
    made = {
        record: {one.name: value(one) for one in fields_of(record)} for record in TABLES.values()
    }
    # What belongs together is found by the ids that both have.
    made[FinancialEvent]["claim_id"] = made[Claim]["claim_id"]
    made[Claim]["order_id"] = made[Order]["order_id"]
    records = {record: record(**values) for record, values in made.items()}
    more = {"first_started_at": run.started_at}
    await write_claims_page(db, run, [records[FinancialEvent]], [records[Claim]], **more)
    await pages.write_inventory_page(db, run, [records[InventoryItem]], **more)
    order = Order(**made[Order], items=(records[OrderItem],))
    await pages.write_orders_page(db, run, [order], **more)
    return records | {Order: order}


def plain(field, value, kind):
    """What a database holds of a value."""
    if field.kind is FieldKind.MONEY and kind == "sqlite":
        return int(value * 100)
    if field.kind is FieldKind.MOMENT:
        naive = value.astimezone(UTC).replace(tzinfo=None)
        return naive.isoformat(" ", "microseconds") if kind == "sqlite" else naive
    return value


@pytest.mark.parametrize("table", TABLES)
async def test_each_field_lies_in_the_column_of_its_name(written, sql, kind, run, table):
    record = written[TABLES[table]]
    for field in fields_of(TABLES[table]):
        [(stored,)] = await sql(f'SELECT "{field.name}" FROM {table}')
        if field.kind is FieldKind.JSON and isinstance(stored, str):
            stored = msgspec.json.decode(stored)
        assert stored == plain(field, getattr(record, field.name), kind), field.name
    [(user_id, is_mock)] = await sql(f"SELECT user_id, is_mock FROM {table}")
    assert (user_id, bool(is_mock)) == (run.user_id, True)


async def test_a_line_lies_under_its_order(written, sql):
    [(order_id,)] = await sql("SELECT order_id FROM amazon_order_items")
    assert order_id == written[Order].order_id


async def test_the_sync_that_brought_a_row_lies_under_the_names_of_both(written, sql, run):
    names = "dataset, sync_id, row_key"
    found = await sql(f"SELECT {names} FROM row_origins WHERE user_id = ?", run.user_id)
    assert set(found) == {
        ("claims", run.sync_id, written[Claim].claim_id),
        ("inventory", run.sync_id, written[InventoryItem].sku),
        ("orders", run.sync_id, written[Order].order_id),
    }


@pytest.mark.parametrize(("dataset", "record"), list(RECORDS.items()))
async def test_each_field_is_read_by_its_name(db, written, run, dataset, record):
    [row] = await rows.first_rows(db, RowQuery(dataset, (run.user_id,), with_hidden=True), 2)
    facts = named(dataset, row.values)
    for field in fields_of(record):
        if not field.is_listed:
            assert field.name not in facts
            continue
        assert facts[field.name] == getattr(written[record], field.name), field.name
    assert (facts[OWNER_COLUMN], facts["mock_scenario"]) == (run.user_id, "normal_week")
    found = await details.details(db, [run.user_id], dataset, row.row_id)
    assert found.facts == facts
    assert found.items == (() if dataset is Dataset.INVENTORY else written[Order].items)
    if dataset is Dataset.CLAIMS:
        event = written[FinancialEvent]
        assert (found.event.event_list, found.event.event_type) == (
            event.event_list,
            event.event_type,
        )
        assert (found.event.posted_at, found.event.payload) == (event.posted_at, event.payload)
