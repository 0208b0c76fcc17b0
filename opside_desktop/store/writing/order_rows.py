"""The rows of orders and their lines, written from a page and read back to compare with it."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa

from opside_desktop.domain.orders import UNKNOWN_STATUS, is_partial, merged
from opside_desktop.domain.records import Order, OrderItem
from opside_desktop.domain.syncs import SyncRun
from opside_desktop.store.schema import tables
from opside_desktop.store.schema.types import row_uuid
from opside_desktop.store.writing.bulk import Row, Upsert

_ORDERS = Upsert(tables.amazon_orders, ("user_id", "order_id"))
_ITEMS = Upsert(tables.amazon_order_items, ("user_id", "order_id", "line_number"))
_ORDER, _ITEM = tables.amazon_orders.c, tables.amazon_order_items.c

_AT_A_TIME = 1000

_SELECT = sa.select(tables.amazon_orders).where(
    _ORDER.user_id == sa.bindparam("user"),
    _ORDER.order_id.in_(sa.bindparam("orders", expanding=True)),
)
_SELECT_ITEMS = (
    sa.select(tables.amazon_order_items)
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
    _ORDERS.run(connection, [_order_row(run, order, now) for order in written])
    _ITEMS.run(connection, _item_rows(run, written, now))
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
                order_id=row.order_id,
                purchase_date=row.purchase_date,
                last_update_date=row.last_update_date,
                status=row.status,
                fulfillment_channel=row.fulfillment_channel,
                sales_channel=row.sales_channel,
                marketplace_id=row.marketplace_id,
                total_amount=row.total_amount,
                currency=row.currency,
                items_ordered=row.items_ordered,
                items_shipped=row.items_shipped,
                items=lines.get(row.order_id),
            )
    return found


def order_items(
    connection: sa.Connection, user_id: str, order_ids: Iterable[str]
) -> dict[str, tuple[OrderItem, ...]]:
    """Read the lines of some orders of one user, in Amazon's order; none for unknown orders."""
    lines: dict[str, list[OrderItem]] = {order_id: [] for order_id in order_ids}
    for some in _batches(lines):
        for row in connection.execute(_SELECT_ITEMS, {"user": user_id, "orders": some}):
            lines[row.order_id].append(
                OrderItem(
                    line_number=row.line_number,
                    order_item_id=row.order_item_id,
                    sku=row.sku,
                    asin=row.asin,
                    title=row.title,
                    quantity_ordered=row.quantity_ordered,
                    quantity_shipped=row.quantity_shipped,
                    price=row.price,
                    currency=row.currency,
                )
            )
    return {order_id: tuple(of) for order_id, of in lines.items()}


def _batches(keys: Collection[str]) -> Iterator[list[str]]:
    listed = list(keys)
    for start in range(0, len(listed), _AT_A_TIME):
        yield listed[start : start + _AT_A_TIME]


def _order_row(run: SyncRun, order: Order, now: datetime) -> Row:
    return [
        row_uuid(run.user_id, "amazon_orders", order.order_id),
        run.user_id,
        order.order_id,
        order.purchase_date,
        order.last_update_date or order.purchase_date,
        order.status or UNKNOWN_STATUS,
        order.fulfillment_channel,
        order.sales_channel,
        order.marketplace_id,
        order.total_amount,
        order.currency,
        order.items_ordered,
        order.items_shipped,
        run.is_mock,
        run.mock_scenario,
        now,
    ]


def _item_rows(run: SyncRun, orders: Iterable[Order], now: datetime) -> list[Row]:
    return [
        [
            row_uuid(run.user_id, "amazon_order_items", order.order_id, str(item.line_number)),
            run.user_id,
            order.order_id,
            item.order_item_id,
            item.line_number,
            item.sku,
            item.asin,
            item.title,
            item.quantity_ordered,
            item.quantity_shipped,
            item.price,
            item.currency,
            run.is_mock,
            now,
        ]
        for order in orders
        for item in order.items or ()
    ]
