"""Rows for the big tables: the first at once, then any window of them by row ids."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from opside_desktop.domain.datasets import Dataset
from opside_desktop.store.database import Database
from opside_desktop.store.queries import Row, RowQuery

if TYPE_CHECKING:
    from array import array


async def first_rows(db: Database, query: RowQuery, limit: int) -> list[Row]:
    """Read the first rows of a query, in its order."""
    raise NotImplementedError


async def row_ids(db: Database, query: RowQuery) -> "array[int]":
    """Read the ids of all rows of a query, in its order: 8 bytes each, as an array of `q`."""
    raise NotImplementedError


async def rows_by_ids(db: Database, dataset: Dataset, ids: Sequence[int]) -> list[Row | None]:
    """Read rows in the order of `ids`; None stands for a row that is gone."""
    raise NotImplementedError


async def count(db: Database, query: RowQuery) -> int:
    """Count the rows of a query."""
    raise NotImplementedError


async def sums(
    db: Database, rows: RowQuery, ids: Sequence[int] | None = None
) -> dict[str, Decimal]:
    """Add up the money of a query's rows, or of those among `ids`, for each currency."""
    raise NotImplementedError


async def distinct_values(
    db: Database, query: RowQuery, column: str, limit: int = 50
) -> list[tuple[Any, int]]:
    """List a column's different values with how often each occurs, the most frequent first."""
    raise NotImplementedError
