"""Stored rows on the wire. Their keys are the fields of their records."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from opside_desktop.contract.wire import Amount, Moment, Wire, spelled
from opside_desktop.domain.columns import KEY_COLUMN, OWNER_COLUMN, ColumnKind, columns
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.records import OrderItem as Line

_TYPES: Final[Mapping[ColumnKind, Any]] = MappingProxyType(
    {
        ColumnKind.TEXT: str,
        ColumnKind.ID: str,
        ColumnKind.INTEGER: int,
        ColumnKind.MONEY: Amount,
        ColumnKind.MOMENT: Moment,
        ColumnKind.BOOLEAN: bool,
    }
)


def _keys(dataset: Dataset) -> dict[str, Any]:
    """Name the keys of a row and their types: all but the record's own key may be unknown."""
    return {
        one.name: _TYPES[one.kind] if one.name == KEY_COLUMN[dataset] else _TYPES[one.kind] | None
        for one in columns(dataset)
        if one.name != OWNER_COLUMN
    }


class Claim(Wire):
    """Money that Amazon owes or paid back."""

    __annotations__ = _keys(Dataset.CLAIMS)


class InventoryItem(Wire):
    """The stock of one SKU at Amazon."""

    __annotations__ = _keys(Dataset.INVENTORY)


class OrderItem(Wire):
    """One line of an order."""

    order_item_id: str | None
    sku: str | None
    asin: str | None
    title: str | None
    quantity_ordered: int | None
    quantity_shipped: int | None
    price: Amount | None
    currency: str | None


class Order(Wire):
    """An order with its lines."""

    __annotations__ = {**_keys(Dataset.ORDERS), "items": list[OrderItem]}


Row = Claim | InventoryItem | Order

_ROWS: Final[Mapping[Dataset, type[Row]]] = MappingProxyType(
    {Dataset.CLAIMS: Claim, Dataset.INVENTORY: InventoryItem, Dataset.ORDERS: Order}
)


def row_of(dataset: Dataset, values: Sequence[Any], **more: Any) -> Row:
    """Build a row from its columns' values in display order; an order needs its `items`."""
    named = zip(columns(dataset), values, strict=True)
    facts = {one.name: spelled(value) for one, value in named if one.name != OWNER_COLUMN}
    return _ROWS[dataset](**facts, **more)


def line_of(item: Line) -> OrderItem:
    """Build one line of an order."""
    return OrderItem(**{name: spelled(getattr(item, name)) for name in OrderItem.__struct_fields__})
