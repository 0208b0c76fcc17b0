"""Stored rows as the wire has them, for the terminal and for HTTP."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from opside_desktop.contract import rows as wire
from opside_desktop.domain.columns import MOMENT_COLUMN, OWNER_COLUMN, named
from opside_desktop.domain.datasets import Dataset
from opside_desktop.store.reading.orders import order_items
from opside_desktop.store.reading.queries import Filter, FilterOp, Row


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


def wire_rows(
    connection: sa.Connection, dataset: Dataset, rows: Sequence[Row]
) -> list[wire.WireRow]:
    """Turn rows into those of the wire within a transaction; orders get their `items`."""
    if dataset is not Dataset.ORDERS:
        return [wire.row_of(dataset, row.values) for row in rows]
    facts = [named(dataset, row.values) for row in rows]
    orders = [(one[OWNER_COLUMN], one["order_id"]) for one in facts]
    lines = items_of_orders(connection, orders)
    return [
        wire.row_of(dataset, row.values, items=lines[order])
        for row, order in zip(rows, orders, strict=True)
    ]


def items_of_orders(
    connection: sa.Connection, orders: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], list[wire.OrderItem]]:
    """Read the lines of some orders, by user id and order id."""
    found = {}
    for user_id in {owner for owner, _ in orders}:
        mine = [order_id for owner, order_id in orders if owner == user_id]
        for order_id, items in order_items(connection, user_id, mine).items():
            found[user_id, order_id] = [wire.line_of(item) for item in items]
    return found
