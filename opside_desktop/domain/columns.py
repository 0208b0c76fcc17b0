"""The columns that tables, filters, exports and lists know of each dataset, in display order."""

from enum import StrEnum
from functools import cache
from types import MappingProxyType

import msgspec

from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import BadInput


class ColumnKind(StrEnum):
    """What a column holds, and so the Python type of its values (None where unknown).

    TEXT and ID: str. INTEGER: int. MONEY: Decimal. MOMENT: aware datetime, UTC. BOOLEAN: bool.
    """

    TEXT = "text"
    ID = "id"
    INTEGER = "integer"
    MONEY = "money"
    MOMENT = "moment"
    BOOLEAN = "boolean"


class Column(msgspec.Struct, frozen=True):
    """One column. `name` is the database's.

    `searchable`: the free-text search looks into it. `has_choices`: it holds few different values,
    so a filter can offer them as a list (`distinct_values`).
    """

    name: str
    kind: ColumnKind
    searchable: bool = False
    has_choices: bool = False


_TEXT, _ID, _INTEGER = ColumnKind.TEXT, ColumnKind.ID, ColumnKind.INTEGER
_MONEY, _MOMENT = ColumnKind.MONEY, ColumnKind.MOMENT

OWNER_COLUMN = "user_id"
"""Whose row it is: told where several accounts are shown, and never part of a row's own values."""

_ORIGIN = (
    Column("synced_at", _MOMENT),
    Column("is_mock", ColumnKind.BOOLEAN, has_choices=True),
    Column("mock_scenario", _TEXT, has_choices=True),
    Column(OWNER_COLUMN, _ID, has_choices=True),
)

_COLUMNS = MappingProxyType(
    {
        Dataset.CLAIMS: (
            Column("claim_id", _ID, searchable=True),
            Column("type", _TEXT, searchable=True, has_choices=True),
            Column("order_id", _ID, searchable=True),
            Column("amount", _MONEY),
            Column("currency", _TEXT, has_choices=True),
            Column("status", _TEXT, has_choices=True),
            Column("description", _TEXT, searchable=True),
            Column("created_at", _MOMENT),
            *_ORIGIN,
        ),
        Dataset.INVENTORY: (
            Column("sku", _ID, searchable=True),
            Column("product_name", _TEXT, searchable=True),
            Column("asin", _ID, searchable=True),
            Column("fnsku", _ID, searchable=True),
            Column("quantity_available", _INTEGER),
            Column("quantity_reserved", _INTEGER),
            Column("quantity_inbound", _INTEGER),
            Column("quantity_total", _INTEGER),
            Column("condition", _TEXT, has_choices=True),
            Column("warehouse_location", _TEXT, has_choices=True),
            *_ORIGIN,
        ),
        Dataset.ORDERS: (
            Column("order_id", _ID, searchable=True),
            Column("purchase_date", _MOMENT),
            Column("status", _TEXT, has_choices=True),
            Column("fulfillment_channel", _TEXT, has_choices=True),
            Column("sales_channel", _TEXT, searchable=True, has_choices=True),
            Column("total_amount", _MONEY),
            Column("currency", _TEXT, has_choices=True),
            Column("items_ordered", _INTEGER),
            Column("items_shipped", _INTEGER),
            Column("last_update_date", _MOMENT),
            Column("marketplace_id", _ID, has_choices=True),
            *_ORIGIN,
        ),
    }
)

MONEY_COLUMN = MappingProxyType({Dataset.CLAIMS: "amount", Dataset.ORDERS: "total_amount"})
"""The column that `sums` adds up; inventory has none."""

KEY_COLUMN = MappingProxyType(
    {Dataset.CLAIMS: "claim_id", Dataset.INVENTORY: "sku", Dataset.ORDERS: "order_id"}
)
"""What names a row to people and is unique within one user."""


def columns(dataset: Dataset) -> tuple[Column, ...]:
    """List a dataset's columns in display order."""
    return _COLUMNS[dataset]


@cache
def _by_name(dataset: Dataset) -> dict[str, Column]:
    return {column.name: column for column in _COLUMNS[dataset]}


def column(dataset: Dataset, name: str) -> Column:
    """Find a column by name.

    Raises:
        BadInput: the dataset has no such column.
    """
    try:
        return _by_name(dataset)[name]
    except KeyError:
        known = ", ".join(_by_name(dataset))
        raise BadInput(
            f"{dataset.value.capitalize()} have no column {name!r}.", fix=f"Known are: {known}."
        ) from None
