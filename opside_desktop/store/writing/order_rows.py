"""The rows of orders and their lines, written from a page and read back to compare with it."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa

from opside_desktop.domain.fields import fields_of
from opside_desktop.domain.orders import as_stored, is_partial, merged
from opside_desktop.domain.records import Order, OrderItem
from opside_desktop.domain.syncs import SyncRun
from opside_desktop.store.schema import tables
from opside_desktop.store.writing.record_rows import RecordRows

_ORDERS = RecordRows(tables.amazon_orders, Order)
_ITEMS = RecordRows(tables.amazon_order_items, OrderItem)
_ORDER, _ITEM = tables.amazon_orders.c, tables.amazon_order_items.c

_AT_A_TIME = 1000

_ITEM_FIELDS = [one.name for one in fields_of(OrderItem)]
_ORDER_FIELDS = [one.name for one in fields_of(Order)]
_SELECT = sa.select(*(_ORDER[name] for name in _ORDER_FIELDS)).where(
    _ORDER.user_id == sa.bindparam("user"),
    _ORDER.order_id.in_(sa.bindparam("orders", expanding=True)),
)
_SELECT_ITEMS = (
    sa.select(_ITEM.order_id, *(_ITEM[name] for name in _ITEM_FIELDS))
    .where(
        _ITEM.user_id == sa.bindparam("user"),
        _ITEM.order_id.in_(sa.bindparam("orders", expanding=True)),
    )
    .order_by(_ITEM.order_id, _ITEM.line_number)
)
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
    before = _stored_orders(connection, run.user_id, orders, stored)
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


def _stored_orders(
    connection: sa.Connection, user_id: str, orders: Sequence[Order], stored: Collection[str]
) -> dict[str, Order]:
    """Read orders as they are stored; their lines only where the new ones lack something."""
    partial = {order.order_id for order in orders if is_partial(order)} & set(stored)
    lines = order_items(connection, user_id, partial)
    found: dict[str, Order] = {}
    for some in _batches(stored):
        for row in connection.execute(_SELECT, {"user": user_id, "orders": some}):
            found[row.order_id] = Order(
                **dict(zip(_ORDER_FIELDS, row, strict=True)), items=lines.get(row.order_id)
            )
    return found


def order_items(
    connection: sa.Connection, user_id: str, order_ids: Iterable[str]
) -> dict[str, tuple[OrderItem, ...]]:
    """Read the lines of some orders of one user, in Amazon's order; none for unknown orders."""
    lines: dict[str, list[OrderItem]] = {order_id: [] for order_id in order_ids}
    for some in _batches(lines):
        for row in connection.execute(_SELECT_ITEMS, {"user": user_id, "orders": some}):
            order_id, *values = row
            lines[order_id].append(OrderItem(**dict(zip(_ITEM_FIELDS, values, strict=True))))
    return {order_id: tuple(of) for order_id, of in lines.items()}


def _batches(keys: Collection[str]) -> Iterator[list[str]]:
    listed = list(keys)
    for start in range(0, len(listed), _AT_A_TIME):
        yield listed[start : start + _AT_A_TIME]
