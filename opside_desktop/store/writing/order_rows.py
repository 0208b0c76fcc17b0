"""The rows of orders and their lines, written from a page after a look at what is stored."""

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa

from opside_desktop.domain.order_merging import as_stored, is_partial, merged
from opside_desktop.domain.records import Order, OrderItem
from opside_desktop.domain.syncs import SyncRun
from opside_desktop.store.reading.orders import stored_orders
from opside_desktop.store.schema import tables
from opside_desktop.store.writing.bulk import RecordRows

_ORDERS = RecordRows(tables.amazon_orders, Order)
_ITEMS = RecordRows(tables.amazon_order_items, OrderItem)
_ORDER, _ITEM = tables.amazon_orders.c, tables.amazon_order_items.c

_TOUCH = (
    tables.amazon_orders.update()
    .where(_ORDER.user_id == sa.bindparam("user"), _ORDER.order_id == sa.bindparam("order"))
    .values(synced_at=sa.bindparam("now", type_=_ORDER.synced_at.type))
)
_DROP_LINES = tables.amazon_order_items.delete().where(
    _ITEM.user_id == sa.bindparam("user"),
    _ITEM.order_id == sa.bindparam("order"),
    _ITEM.line_number > sa.bindparam("lines"),
)


def put_orders(
    connection: sa.Connection,
    run: SyncRun,
    orders: Sequence[Order],
    stored: Collection[str],
    now: datetime,
) -> None:
    """Write orders with their lines, each as it is known after `merged` with what is stored.

    Nobody else writes this user's orders meanwhile: the sync's row is locked.

    Args:
        orders: in Amazon's order, an order perhaps several times.
        stored: which of their ids the database holds.
    """
    partial = {order.order_id for order in orders if is_partial(order)} & set(stored)
    before = stored_orders(connection, run.user_id, stored, with_items=partial)
    known = dict(before)
    for order in orders:
        last = known.get(order.order_id)
        known[order.order_id] = order if last is None else merged(last, order)
    written = [order for key, order in known.items() if order is not before.get(key)]
    _ORDERS.put(connection, run, [as_stored(order) for order in written], now)
    items = [(order.order_id, item) for order in written for item in order.items or ()]
    _ITEMS.put(
        connection, run, [item for _, item in items], now, order_id=[order for order, _ in items]
    )
    lines = [
        {"user": run.user_id, "order": order.order_id, "lines": len(order.items)}
        for order in written
        if order.order_id in before and order.items is not None
    ]
    if lines:
        connection.execute(_DROP_LINES, lines)
    newer = [
        {"user": run.user_id, "order": key, "now": now}
        for key, order in known.items()
        if order is before.get(key)
    ]
    if newer:
        connection.execute(_TOUCH, newer)
