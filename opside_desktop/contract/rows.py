"""Stored rows on the wire. Their keys are the fields of their records."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from opside_desktop.contract.wire import Amount, Moment, Wire, built, spelled
from opside_desktop.domain.columns import OWNER_COLUMN, columns, named
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.fields import Field, FieldKind, fields_of
from opside_desktop.domain.records import OrderItem as Line

_TYPES: Final[Mapping[FieldKind, Any]] = MappingProxyType(
    {
        FieldKind.TEXT: str,
        FieldKind.ID: str,
        FieldKind.INTEGER: int,
        FieldKind.MONEY: Amount,
        FieldKind.MOMENT: Moment,
        FieldKind.BOOLEAN: bool,
    }
)


def _keys(fields: Iterable[Field]) -> dict[str, Any]:
    """Name the keys of a row and their types: all but the record's own key may be unknown."""
    return {
        one.name: _TYPES[one.kind] if one.key else _TYPES[one.kind] | None
        for one in fields
        if one.name != OWNER_COLUMN
    }


class Claim(Wire):
    """Money that Amazon owes or paid back."""

    __annotations__ = _keys(columns(Dataset.CLAIMS))


class InventoryItem(Wire):
    """The stock of one SKU at Amazon."""

    __annotations__ = _keys(columns(Dataset.INVENTORY))


class OrderItem(Wire):
    """One line of an order. Its number is its place among them."""

    __annotations__ = _keys(one for one in fields_of(Line) if not one.key)


class Order(Wire):
    """An order with its lines."""

    __annotations__ = {**_keys(columns(Dataset.ORDERS)), "items": list[OrderItem]}


WireRow = Claim | InventoryItem | Order

_ROWS: Final[Mapping[Dataset, type[WireRow]]] = MappingProxyType(
    {Dataset.CLAIMS: Claim, Dataset.INVENTORY: InventoryItem, Dataset.ORDERS: Order}
)


def row_of(dataset: Dataset, values: Sequence[Any], **more: Any) -> WireRow:
    """Build a row from its columns' values in display order; an order needs its `items`."""
    facts = {name: spelled(value) for name, value in named(dataset, values).items()}
    del facts[OWNER_COLUMN]
    return _ROWS[dataset](**facts, **more)


def line_of(item: Line) -> OrderItem:
    """Build one line of an order."""
    return built(OrderItem, item)
