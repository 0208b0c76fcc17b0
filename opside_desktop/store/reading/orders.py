"""Orders and their lines, read back as the records that were stored."""

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from opside_desktop.domain.fields import fields_of
from opside_desktop.domain.records import Order, OrderItem
from opside_desktop.store.schema import tables

_ORDER, _ITEM = tables.amazon_orders.c, tables.amazon_order_items.c
_ORDER_FIELDS = [one.name for one in fields_of(Order)]
_ITEM_FIELDS = [one.name for one in fields_of(OrderItem)]

_AT_A_TIME = 1000

_SELECT_ORDERS = sa.select(*(_ORDER[name] for name in _ORDER_FIELDS)).where(
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


def stored_orders(
    connection: sa.Connection, user_id: str, order_ids: Iterable[str], with_items: Iterable[str]
) -> dict[str, Order]:
    """Read some orders of one user within a transaction; of those not in `with_items` no lines."""
    items = order_items(connection, user_id, with_items)
    found: dict[str, Order] = {}
    for row in _rows(connection, _SELECT_ORDERS, user_id, order_ids):
        facts = dict(zip(_ORDER_FIELDS, row, strict=True))
        found[row.order_id] = Order(**facts, items=items.get(row.order_id))
    return found


def order_items(
    connection: sa.Connection, user_id: str, order_ids: Iterable[str]
) -> dict[str, tuple[OrderItem, ...]]:
    """Read the lines of some orders of one user, in Amazon's order; none for unknown orders."""
    items: dict[str, list[OrderItem]] = {order_id: [] for order_id in order_ids}
    for row in _rows(connection, _SELECT_ITEMS, user_id, items):
        facts: dict[str, Any] = dict(zip(_ITEM_FIELDS, row[1:], strict=True))
        items[row.order_id].append(OrderItem(**facts))
    return {order_id: tuple(of) for order_id, of in items.items()}


def _rows(
    connection: sa.Connection, select: sa.Select[Any], user_id: str, order_ids: Iterable[str]
) -> Iterator[sa.Row[Any]]:
    listed = list(order_ids)
    for start in range(0, len(listed), _AT_A_TIME):
        some = listed[start : start + _AT_A_TIME]
        yield from connection.execute(select, {"user": user_id, "orders": some})
