"""The columns that tables, filters, exports and lists know of each dataset, in display order."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any

from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import BadInput
from opside_desktop.domain.fields import Field, FieldKind, fields_of
from opside_desktop.domain.records import Claim, InventoryItem, Order

OWNER_COLUMN = "user_id"
"""Whose row it is: told where several accounts are shown, and never part of a row's own values."""

ORIGIN = (
    Field(FieldKind.MOMENT, name="synced_at"),
    Field(FieldKind.BOOLEAN, name="is_mock", has_choices=True),
    Field(FieldKind.TEXT, 100, name="mock_scenario", has_choices=True),
)
"""What each row of a dataset has besides its record: the sync that wrote it last."""

_OWNER = Field(FieldKind.ID, name=OWNER_COLUMN, has_choices=True)

RECORDS = MappingProxyType(
    {Dataset.CLAIMS: Claim, Dataset.INVENTORY: InventoryItem, Dataset.ORDERS: Order}
)
"""What a row of each dataset is made of."""

_COLUMNS = MappingProxyType(
    {
        dataset: (*(one for one in fields_of(record) if one.is_listed), *ORIGIN, _OWNER)
        for dataset, record in RECORDS.items()
    }
)


def _first(wanted: Callable[[Field], bool]) -> Mapping[Dataset, str]:
    """Name the first column of each dataset that is wanted, where there is one."""
    return MappingProxyType(
        {
            dataset: next(filter(wanted, listed)).name
            for dataset, listed in _COLUMNS.items()
            if any(map(wanted, listed))
        }
    )


MONEY_COLUMN = _first(lambda one: one.kind is FieldKind.MONEY)
"""The column that `sums` adds up; inventory has none."""

HIDDEN_COLUMN = MappingProxyType({Dataset.CLAIMS: "hidden_reason"})
"""The column that says why a row is left out where nobody asks for such rows."""

KEY_COLUMN = _first(lambda one: one.key)
"""What names a row to people and is unique within one user."""

MOMENT_COLUMN = _first(lambda one: one.kind is FieldKind.MOMENT)
"""The column that a list's start and end dates look at."""

DEFAULT_ORDER = MappingProxyType(
    {
        Dataset.CLAIMS: ("created_at", True),
        Dataset.INVENTORY: (KEY_COLUMN[Dataset.INVENTORY], False),
        Dataset.ORDERS: ("purchase_date", True),
    }
)
"""The column by which rows are ordered where nothing else is asked, and whether downwards."""


def columns(dataset: Dataset) -> tuple[Field, ...]:
    """List a dataset's columns in display order."""
    return _COLUMNS[dataset]


def named(dataset: Dataset, values: Sequence[Any]) -> dict[str, Any]:
    """Give a row's values, which are in display order, by the names of their columns."""
    return {one.name: value for one, value in zip(_COLUMNS[dataset], values, strict=True)}


@cache
def _by_name(dataset: Dataset) -> dict[str, Field]:
    return {column.name: column for column in _COLUMNS[dataset]}


def column(dataset: Dataset, name: str) -> Field:
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
