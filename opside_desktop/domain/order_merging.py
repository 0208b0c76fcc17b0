"""What is known of an order after another answer about it. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from msgspec.structs import replace

from opside_desktop.domain.fields import fields_of
from opside_desktop.domain.records import Order, OrderItem, sum_if_known

_Told = TypeVar("_Told", Order, OrderItem)

UNKNOWN_STATUS = "Unknown"
"""Stored for an order whose state Amazon has never told."""


def units(items: Sequence[OrderItem] | None) -> tuple[int | None, int | None]:
    """Count the units ordered and shipped; None where that of any line is unknown."""
    if items is None:
        return None, None
    return (
        sum_if_known(item.quantity_ordered for item in items),
        sum_if_known(item.quantity_shipped for item in items),
    )


def is_partial(order: Order) -> bool:
    """Tell whether an order lacks anything that an earlier answer may have told."""
    return (
        None in (order.status, order.items, order.items_ordered, order.items_shipped)
        or order.total_amount is None
        or any(_is_partial(item) for item in order.items or ())
    )


def _is_partial(item: OrderItem) -> bool:
    return None in (item.order_item_id, item.sku, item.asin, item.title, item.price)


def as_stored(order: Order) -> Order:
    """Give an order what every stored one tells: a state, a last update, if all ids are there."""
    lines = order.items
    return replace(
        order,
        status=order.status or UNKNOWN_STATUS,
        last_update_date=order.last_update_date or order.purchase_date,
        ids_complete=None if not lines else all(item.order_item_id for item in lines),
    )


def merged(known: Order, told: Order) -> Order:
    """Give the order as it is known after `told`, which came later; `known` itself if it is newer.

    The newest last update wins. What the winner lacks keeps its value, but for money of a newer
    version: Amazon tells none of an order that was cancelled. An answer without a readable last
    update counts as one of the version that is known.
    """
    if is_older(told.last_update_date, known.last_update_date):
        return known
    is_newer = is_older(known.last_update_date, told.last_update_date)
    items = _merged_items(known.items, told.items, is_newer=is_newer)
    ordered, shipped = units(items)
    priced = known if told.total_amount is None and not is_newer else told
    return replace(
        _filled(told, known),
        # The exacter one: else a version between two told seconds would count as the same again.
        last_update_date=_later(told.last_update_date, known.last_update_date),
        total_amount=priced.total_amount,
        currency=priced.currency,
        items_ordered=_first(told.items_ordered, ordered, known.items_ordered),
        items_shipped=_first(told.items_shipped, shipped, known.items_shipped),
        items=items,
    )


def _filled(told: _Told, known: _Told) -> _Told:
    """Put what is known for each field of which nothing is told."""
    kind: type = type(told)
    lacking = (one.name for one in fields_of(kind) if getattr(told, one.name) in (None, ""))
    return replace(told, **{name: getattr(known, name) for name in lacking})


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(filter(None, (one, other)), default=None)


def is_older(one: datetime | None, other: datetime | None) -> bool:
    """Tell whether one last update lies before another; Orders v0 tells whole seconds only."""
    if one is None or other is None:
        return False
    if not one.microsecond or not other.microsecond:
        return one.replace(microsecond=0) < other.replace(microsecond=0)
    return one < other


def _merged_items(
    known: tuple[OrderItem, ...] | None, told: tuple[OrderItem, ...] | None, *, is_newer: bool
) -> tuple[OrderItem, ...] | None:
    if told is None or not known:
        return known if told is None else told
    by_id = {item.order_item_id: item for item in known if item.order_item_id}
    by_number = {item.line_number: item for item in known}
    lines = []
    for item in told:
        same = by_id.get(item.order_item_id or "") or by_number.get(item.line_number)
        # Two ids are two lines, wherever they stand.
        if same and (not item.order_item_id or same.order_item_id in (None, item.order_item_id)):
            item = _merged_item(same, item, is_newer=is_newer)
        lines.append(item)
    return tuple(lines)


def _merged_item(known: OrderItem, told: OrderItem, *, is_newer: bool) -> OrderItem:
    priced = known if told.price is None and not is_newer else told
    return replace(_filled(told, known), price=priced.price, currency=priced.currency)


def _first(*values: int | None) -> int | None:
    """Give the first value that is known."""
    return next((value for value in values if value is not None), None)
