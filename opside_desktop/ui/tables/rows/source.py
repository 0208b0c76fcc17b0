"""The table's way to the stored rows, and what else its parts share.

The database's machinery is imported at the first query.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec.structs import replace

from opside_desktop.domain.columns import HIDDEN_COLUMN, columns
from opside_desktop.ui.tables.timings import SHIPPED, TableTimings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from decimal import Decimal

    from opside_desktop.domain.datasets import Dataset
    from opside_desktop.domain.ids import SyncId, UserId
    from opside_desktop.store.database import Database
    from opside_desktop.store.reading.packed_ids import RowIds
    from opside_desktop.store.reading.queries import Row, RowQuery
    from opside_desktop.ui.kit.formats import Formats
    from opside_desktop.ui.kit.tasks import TaskOwner
    from opside_desktop.ui.kit.theme import Theme
    from opside_desktop.ui.tables.rows.query import TableQuery
    from opside_desktop.ui.tables.rows.table_columns import TableSpec


class RowSource:
    """Rows of one dataset for the accounts that are shown now.

    Every method may raise `DatabaseFault`.
    """

    def __init__(
        self,
        db: Database,
        dataset: Dataset,
        formats: Formats,
        newest_syncs: Callable[[], tuple[SyncId, ...]] = tuple,
    ) -> None:
        self.dataset = dataset
        self.user_ids: tuple[UserId, ...] = ()
        self.positions = {column.name: number for number, column in enumerate(columns(dataset))}
        self._db = db
        self._formats = formats
        self._newest_syncs = newest_syncs

    def row_query(self, query: TableQuery) -> RowQuery:
        """Spell what a table shows for the store."""
        return query.rows(
            self.dataset,
            self.user_ids,
            self._formats.zone,
            self._formats.now(),
            self._newest_syncs(),
        )

    async def first(self, query: TableQuery, limit: int) -> list[Row]:
        """Read the first rows."""
        from opside_desktop.store.reading.rows import first_rows

        return await first_rows(self._db, self.row_query(query), limit)

    async def ids(self, query: TableQuery) -> RowIds:
        """Read the ids of all rows, in order."""
        from opside_desktop.store.reading.rows import row_ids

        return await row_ids(self._db, self.row_query(query))

    async def rows(self, ids: RowIds) -> list[Row | None]:
        """Read rows by id; None stands for a row that is gone."""
        from opside_desktop.store.reading.rows import rows_by_ids

        return await rows_by_ids(self._db, self.dataset, ids)

    async def count(self, query: TableQuery) -> int:
        """Count the rows."""
        from opside_desktop.store.reading.rows import count

        return await count(self._db, self.row_query(query))

    async def sums(self, query: TableQuery, ids: RowIds | None) -> dict[str, Decimal]:
        """Add up the money of all rows, or of those among `ids`, by currency."""
        from opside_desktop.store.reading.rows import sums

        return await sums(self._db, self.row_query(query), ids)

    async def sums_by_position(
        self, query: TableQuery, spans: Sequence[tuple[int, int]]
    ) -> dict[str, Decimal]:
        """Add up the money of rows by their places, from first to last, by currency."""
        from opside_desktop.store.reading.rows import sums_by_position

        return await sums_by_position(self._db, self.row_query(query), spans)

    async def choices(self, query: TableQuery, column: str) -> list[tuple[Any, int]]:
        """List a column's values with their counts, the most frequent first.

        Those of the column that hides rows can only be chosen where hidden rows are counted, too.
        """
        from opside_desktop.store.reading.rows import distinct_values

        wanted = self.row_query(query)
        if column == HIDDEN_COLUMN.get(self.dataset):
            wanted = replace(wanted, with_hidden=True)
        return await distinct_values(self._db, wanted, column)


class TableContext(NamedTuple):
    """What a table shows, where its rows come from, how they look and are worded."""

    spec: TableSpec
    source: RowSource
    theme: Theme
    formats: Formats
    tasks: TaskOwner
    timings: TableTimings = SHIPPED
