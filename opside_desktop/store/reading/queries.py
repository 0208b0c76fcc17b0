"""Which rows a table, a list or an export wants, and in which order: plain data, no SQL."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.ids import SyncId, UserId
from opside_desktop.store.reading.packed_ids import RowId


class FilterOp(StrEnum):
    """How a filter compares. Texts compare exactly, except that CONTAINS ignores case.

    IS, IS_NOT, CONTAINS, AT_LEAST and AT_MOST take one value, BETWEEN two (both included), ONE_OF
    any number, IS_EMPTY none. None among the values of IS, IS_NOT and ONE_OF means unknown.
    """

    IS = "is"
    IS_NOT = "is_not"
    ONE_OF = "one_of"
    CONTAINS = "contains"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    BETWEEN = "between"
    IS_EMPTY = "is_empty"


FilterValue = str | int | bool | Decimal | datetime | None
"""The column kind's own type; a MOMENT column takes aware datetimes."""


class Filter(msgspec.Struct, frozen=True):
    """A condition on one column; several filters of a query must all hold."""

    column: str
    op: FilterOp
    values: tuple[FilterValue, ...] = ()


class Sort(msgspec.Struct, frozen=True):
    """One column to order by. Unknown values come last, whichever the direction."""

    column: str
    descending: bool = False


class RowQuery(msgspec.Struct, frozen=True):
    """Rows of one dataset of one or several users.

    `search` is looked for, ignoring case, in every searchable column, and for orders in the SKU,
    ASIN and title of their lines. `new_in` keeps only the rows that one of these syncs was the
    first to bring. Rows with a reason to be hidden are left out, unless `with_hidden`. Without
    `sort`, claims and orders come newest first and inventory by SKU. The primary key breaks ties.
    """

    dataset: Dataset
    user_ids: tuple[UserId, ...]
    search: str = ""
    filters: tuple[Filter, ...] = ()
    sort: tuple[Sort, ...] = ()
    new_in: tuple[SyncId, ...] | None = None
    with_hidden: bool = False


class Row(NamedTuple):
    """One row: what the database finds it by, and its values in the order of `columns(dataset)`."""

    row_id: RowId
    values: tuple[Any, ...]
