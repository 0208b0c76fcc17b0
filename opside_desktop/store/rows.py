"""Rows for the big tables: the first at once, then any window of them by row ids."""

from array import array
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import chain
from typing import Any

import sqlalchemy as sa
from msgspec.structs import replace

from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.ids import SyncId, UserId
from opside_desktop.store import tables
from opside_desktop.store.columns import MONEY_COLUMN, columns
from opside_desktop.store.columns import column as known_column
from opside_desktop.store.database import Database
from opside_desktop.store.filters import condition, ordering, row_id, with_ids
from opside_desktop.store.queries import Row, RowQuery

_IDS_AT_A_TIME = 2000
"""Few enough that a reading thread never keeps the others waiting for more than milliseconds."""


async def first_rows(db: Database, query: RowQuery, limit: int) -> list[Row]:
    """Read the first rows of a query, in its order.

    Raises:
        BadInput: a filter or a sort does not fit the dataset.
    """
    return await db.read(read_page, query, limit, 0)


async def row_ids(db: Database, query: RowQuery) -> "array[int]":
    """Read the ids of all rows of a query, in its order: an array of `q`, 8 bytes for each."""

    def read(connection: sa.Connection) -> "array[int]":
        table = tables.DATASET_TABLES[query.dataset]
        wanted = sa.select(row_id(table)).where(condition(query)).order_by(*ordering(query))
        ids = array("q")
        # The driver's own cursor: SQLAlchemy's rows would take longer than the query.
        cursor = connection.execute(wanted).cursor
        while some := cursor.fetchmany(_IDS_AT_A_TIME):
            ids.extend(chain.from_iterable(some))
        return ids

    return await db.read(read)


async def rows_by_ids(db: Database, dataset: Dataset, ids: Sequence[int]) -> list[Row | None]:
    """Read rows in the order of `ids`; None stands for a row that is gone."""

    def read(connection: sa.Connection) -> list[Row | None]:
        table = tables.DATASET_TABLES[dataset]
        found: dict[int, Row] = {}
        for some in _slices(ids):
            for row in connection.execute(select_rows(dataset).where(with_ids(table, some))):
                found[row[0]] = to_row(row)
        return [found.get(one) for one in ids]

    return await db.read(read)


async def count(db: Database, query: RowQuery) -> int:
    """Count the rows of a query."""
    return await db.read(count_rows, query)


async def sums(
    db: Database, query: RowQuery, ids: Sequence[int] | None = None
) -> dict[str, Decimal]:
    """Add up the money of a query's rows, or instead of the rows with `ids`, by currency.

    Inventory has no money: its sum is empty. An unknown currency counts as "".
    """
    name = MONEY_COLUMN.get(query.dataset)
    if name is None:
        return {}
    table = tables.DATASET_TABLES[query.dataset]
    conditions = (
        [condition(query)] if ids is None else [with_ids(table, some) for some in _slices(ids)]
    )
    total = sa.select(
        sa.func.coalesce(table.c.currency, ""), sa.func.sum(table.c[name], type_=table.c[name].type)
    ).group_by(sa.func.coalesce(table.c.currency, ""))

    def read(connection: sa.Connection) -> dict[str, Decimal]:
        added: dict[str, Decimal] = {}
        for wanted in conditions:
            for currency, amount in connection.execute(total.where(wanted)):
                if amount is not None:
                    added[currency] = added.get(currency, Decimal(0)) + amount
        return dict(sorted(added.items()))

    return await db.read(read)


async def distinct_values(
    db: Database, query: RowQuery, column: str, limit: int = 50
) -> list[tuple[Any, int]]:
    """List a column's different values with how often each occurs, the most frequent first."""
    known_column(query.dataset, column)
    stored = tables.DATASET_TABLES[query.dataset].c[column]
    often = sa.func.count()
    wanted = (
        sa.select(stored, often)
        .where(condition(query))
        .group_by(stored)
        .order_by(often.desc(), stored.asc().nulls_last())
        .limit(limit)
    )
    return await db.read(lambda connection: [(v, n) for v, n in connection.execute(wanted)])


async def new_counts(db: Database, user_id: UserId, sync_id: SyncId) -> dict[Dataset, int]:
    """Count the rows of each dataset that one sync was the first to bring."""
    origins = tables.row_origins.c

    def read(connection: sa.Connection) -> dict[Dataset, int]:
        return {
            dataset: connection.execute(
                sa.select(sa.func.count()).where(
                    origins.user_id == user_id,
                    origins.dataset == dataset.value,
                    origins.sync_id == sync_id,
                )
            ).scalar_one()
            for dataset in Dataset
        }

    return await db.read(read)


def select_rows(dataset: Dataset) -> sa.Select[Any]:
    """Select the row id and the columns of `columns(dataset)`."""
    table = tables.DATASET_TABLES[dataset]
    return sa.select(row_id(table), *(table.c[one.name] for one in columns(dataset)))


def to_row(row: Sequence[Any]) -> Row:
    """Make a Row of what `select_rows` gave."""
    return Row(row[0], tuple(row[1:]))


def read_page(connection: sa.Connection, query: RowQuery, limit: int, offset: int) -> list[Row]:
    """Read some of a query's rows within a transaction."""
    # The rows' ids are found first, so that sorting moves no whole rows; and for each user apart,
    # because an index may serve one user's order but never that of several.
    if not query.user_ids:
        return []
    table = tables.DATASET_TABLES[query.dataset]
    ids = sa.union_all(*_first_ids(query, limit + offset))
    wanted = select_rows(query.dataset).where(row_id(table).in_(ids)).order_by(*ordering(query))
    return [to_row(row) for row in connection.execute(wanted.limit(limit).offset(offset))]


def _first_ids(query: RowQuery, limit: int) -> Iterator[sa.Select[Any]]:
    for user_id in query.user_ids:
        mine = replace(query, user_ids=(user_id,))
        first = (
            sa.select(row_id(tables.DATASET_TABLES[query.dataset]))
            .where(condition(mine))
            .order_by(*ordering(mine))
            .limit(limit)
            .subquery()
        )
        yield sa.select(first.c.row_id)


def count_rows(connection: sa.Connection, query: RowQuery) -> int:
    """Count a query's rows within a transaction."""
    table = tables.DATASET_TABLES[query.dataset]
    return connection.execute(
        sa.select(sa.func.count()).select_from(table).where(condition(query))
    ).scalar_one()


def _slices(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _IDS_AT_A_TIME):
        yield ids[start : start + _IDS_AT_A_TIME]
