"""Stored rows as the contract's Claim, InventoryItem and Order, for the terminal and for HTTP."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from opside_desktop.contract.wire import cents
from opside_desktop.domain.clock import iso
from opside_desktop.domain.columns import OWNER_COLUMN, columns
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.records import OrderItem
from opside_desktop.store.database import Database
from opside_desktop.store.reading.filters import row_id, with_ids
from opside_desktop.store.reading.queries import Filter, FilterOp, Row, RowQuery
from opside_desktop.store.reading.rows import count_rows, read_page
from opside_desktop.store.schema import tables
from opside_desktop.store.writing.order_rows import order_items

MOMENT_COLUMN = {
    Dataset.CLAIMS: "created_at",
    Dataset.INVENTORY: "synced_at",
    Dataset.ORDERS: "purchase_date",
}
"""The column that a list's start and end dates look at."""


def list_filters(
    dataset: Dataset,
    *,
    status: str | None = None,
    type: str | None = None,  # noqa: A002 - the contract's name
    fulfillment_channel: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> tuple[Filter, ...]:
    """Turn a list's parameters into filters; those that the dataset does not know are ignored.

    `start` and `end` are included.
    """
    moment = MOMENT_COLUMN[dataset]
    wanted = [
        (Filter("status", FilterOp.IS, (status,)), status, dataset is not Dataset.INVENTORY),
        (Filter("type", FilterOp.IS, (type,)), type, dataset is Dataset.CLAIMS),
        (
            Filter("fulfillment_channel", FilterOp.IS, (fulfillment_channel,)),
            fulfillment_channel,
            dataset is Dataset.ORDERS,
        ),
        (Filter(moment, FilterOp.AT_LEAST, (start,)), start, True),
        (Filter(moment, FilterOp.AT_MOST, (end,)), end, True),
    ]
    return tuple(one for one, value, known in wanted if value is not None and known)


async def list_rows(
    db: Database, query: RowQuery, limit: int, offset: int = 0
) -> tuple[list[dict[str, Any]], int]:
    """Read some rows of a query as JSON objects, and how many there are in all.

    Amounts are Decimals with two places, moments ISO 8601 with `Z`; orders hold their `items`.
    """

    def read(connection: sa.Connection) -> tuple[list[dict[str, Any]], int]:
        rows = read_page(connection, query, limit, offset)
        return row_objects(connection, query.dataset, rows), count_rows(connection, query)

    return await db.read(read)


def row_objects(
    connection: sa.Connection, dataset: Dataset, rows: list[Row]
) -> list[dict[str, Any]]:
    """Turn rows into JSON objects within a transaction; orders get their `items`."""
    objects = [_object(dataset, row) for row in rows]
    if dataset is Dataset.ORDERS:
        _add_items(connection, rows, objects)
    return objects


def _object(dataset: Dataset, row: Row) -> dict[str, Any]:
    return {
        _camel(one.name): _json_value(value)
        for one, value in zip(columns(dataset), row.values, strict=True)
        if one.name != OWNER_COLUMN
    }


def _json_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso(value)
    return cents(value) if isinstance(value, Decimal) else value


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


def _add_items(connection: sa.Connection, rows: list[Row], objects: list[dict[str, Any]]) -> None:
    """Put each order's lines into its object; the orders may belong to several users."""
    table = tables.amazon_orders
    owners: dict[Any, tuple[str, str]] = {
        number: (user_id, order_id)
        for number, user_id, order_id in connection.execute(
            sa.select(row_id(table), table.c.user_id, table.c.order_id).where(
                with_ids(table, [row.row_id for row in rows])
            )
        )
    }
    lines = items_of_orders(connection, list(owners.values()))
    for row, one in zip(rows, objects, strict=True):
        one["items"] = lines[owners[row.row_id]]


def items_of_orders(
    connection: sa.Connection, orders: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Read the lines of some orders as JSON objects, by user id and order id."""
    found = {}
    for user_id in {owner for owner, _ in orders}:
        mine = [order_id for owner, order_id in orders if owner == user_id]
        for order_id, items in order_items(connection, user_id, mine).items():
            found[user_id, order_id] = [_item(item) for item in items]
    return found


def _item(item: OrderItem) -> dict[str, Any]:
    return {
        "orderItemId": item.order_item_id,
        "sku": item.sku,
        "asin": item.asin,
        "title": item.title,
        "quantityOrdered": item.quantity_ordered,
        "quantityShipped": item.quantity_shipped,
        "price": cents(item.price),
        "currency": item.currency,
    }
