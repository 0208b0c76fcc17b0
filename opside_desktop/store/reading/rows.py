"""Rows for the big tables: the first at once, then any window of them by row ids."""

import sys
from array import array
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from msgspec.structs import replace

from opside_desktop.domain.columns import MONEY_COLUMN, columns
from opside_desktop.domain.columns import column as known_column
from opside_desktop.domain.datasets import Dataset
from opside_desktop.store.database import Database
from opside_desktop.store.reading.filters import (
    condition,
    known_first,
    ordering,
    row_id,
    whole_order,
    with_ids,
)
from opside_desktop.store.reading.packed_ids import KEY, NUMBER, RowId, RowIds
from opside_desktop.store.reading.queries import Row, RowQuery
from opside_desktop.store.schema import tables

_IDS_AT_A_TIME = 2000
"""Few enough that a reading thread never keeps the others waiting for more than milliseconds."""

_PIECE_BYTES = 2**19
_PIECE_DIGITS = 2**16


async def first_rows(db: Database, query: RowQuery, limit: int) -> list[Row]:
    """Read the first rows of a query, in its order.

    Raises:
        BadInput: a filter or a sort does not fit the dataset.
    """
    return await db.read(lambda connection: _read_first(connection, query, limit))


async def row_ids(db: Database, query: RowQuery) -> RowIds:
    """Read the ids of all rows of a query, in its order."""
    return await db.read(lambda connection: _read_ids(connection, query))


def _read_ids(connection: sa.Connection, query: RowQuery) -> RowIds:
    table = tables.DATASET_TABLES[query.dataset]
    is_server = connection.dialect.name == "postgresql"
    order = whole_order(query, is_server=is_server)
    wanted = sa.select(row_id(table)).where(condition(query)).order_by(*order)
    ids = bytearray()
    if is_server:
        for (piece,) in connection.execute(_packed(wanted)):
            ids += piece
        return RowIds(ids, KEY)
    written = connection.execute(_written(wanted)).scalar_one() or ""
    for start in range(0, len(written), _PIECE_DIGITS):
        numbers = array("q", bytes.fromhex(written[start : start + _PIECE_DIGITS]))
        if sys.byteorder == "little":
            numbers.byteswap()
        ids += numbers.tobytes()
    return RowIds(ids, NUMBER)


def _written(ids: sa.Select[Any]) -> sa.Select[Any]:
    """Let SQLite write ids as one text of 16 hexadecimal digits each.

    Row by row the driver would ask for Python's lock a million times, and the window for as long
    get it late. SQLite keeps the order of a subquery that group_concat reads.
    """
    listed = ids.subquery()
    digits = sa.func.printf("%016x", listed.c.row_id)
    return sa.select(sa.func.group_concat(digits, "", type_=sa.Text()))


def _packed(ids: sa.Select[Any]) -> sa.Select[Any]:
    """Let PostgreSQL pack ids: a million rows of one id each take three times as long.

    Cut into pieces, because whole they would hold the other threads up while they are received.
    """
    listed = ids.subquery()
    packed = (
        sa.select(
            sa.func.string_agg(
                sa.func.uuid_send(listed.c.row_id), sa.literal_column("''::bytea")
            ).label("ids")
        )
        .cte()
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    starts = sa.func.generate_series(1, sa.func.length(packed.c.ids), _PIECE_BYTES)
    start = starts.column_valued("start", joins_implicitly=True)
    piece = sa.func.substring(packed.c.ids, start, _PIECE_BYTES)
    return sa.select(piece).order_by(start)


async def rows_by_ids(
    db: Database, dataset: Dataset, ids: RowIds | Sequence[RowId]
) -> list[Row | None]:
    """Read rows in the order of `ids`; None stands for a row that is gone."""

    def read(connection: sa.Connection) -> list[Row | None]:
        table = tables.DATASET_TABLES[dataset]
        found: dict[RowId, Row] = {}
        for some in _slices(ids):
            wanted = select_rows(dataset).where(with_ids(table, some))
            found.update((row.row_id, row) for row in read_rows(connection, wanted))
        return [found.get(one) for one in ids]

    return await db.read(read)


async def count(db: Database, query: RowQuery) -> int:
    """Count the rows of a query."""
    return await db.read(lambda connection: count_rows(connection, query))


async def sums(
    db: Database, query: RowQuery, ids: RowIds | Sequence[RowId] | None = None
) -> dict[str, Decimal]:
    """Add up the money of a query's rows, or instead of the rows with `ids`, by currency.

    Inventory has no money: its sum is empty. An unknown currency counts as "".
    """
    if query.dataset not in MONEY_COLUMN:
        return {}
    table = tables.DATASET_TABLES[query.dataset]
    conditions = (
        [condition(query)] if ids is None else [with_ids(table, some) for some in _slices(ids)]
    )
    totals = [sa.select(*_money(query)).where(one) for one in conditions]
    return await db.read(lambda connection: _add_up(connection, totals))


async def sums_by_position(
    db: Database, query: RowQuery, spans: Sequence[tuple[int, int]]
) -> dict[str, Decimal]:
    """Add up the money of the rows at some places of a query's order, by currency; see `sums`.

    `spans` are first and last places. One query reads the rows in order, however many are meant.
    """
    if query.dataset not in MONEY_COLUMN:
        return {}
    position = sa.func.row_number().over(order_by=ordering(query)) - 1
    money = sa.select(*_money(query), position.label("position")).where(condition(query)).subquery()
    chosen = sa.or_(*(money.c.position.between(first, last) for first, last in spans))
    total = sa.select(*list(money.c)[:-1]).where(chosen)
    return await db.read(lambda connection: _add_up(connection, [total]))


def _money(query: RowQuery) -> list[sa.ColumnElement[Any]]:
    """The currency and the amount of a row."""
    columns_of = tables.DATASET_TABLES[query.dataset].c
    currency = sa.func.coalesce(columns_of.currency, "").label("currency")
    return [currency, columns_of[MONEY_COLUMN[query.dataset]].label("amount")]


def _add_up(connection: sa.Connection, parts: Sequence[sa.Select[Any]]) -> dict[str, Decimal]:
    added: dict[str, Decimal] = {}
    for part in parts:
        money = part.subquery().c
        total = sa.func.sum(money.amount, type_=money.amount.type)
        for currency, amount in connection.execute(
            sa.select(money.currency, total).group_by(money.currency)
        ):
            if amount is not None:
                added[currency] = added.get(currency, Decimal(0)) + amount
    return dict(sorted(added.items()))


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


def select_rows(dataset: Dataset) -> sa.Select[Any]:
    """Select the row id and the columns of `columns(dataset)`."""
    table = tables.DATASET_TABLES[dataset]
    return sa.select(row_id(table), *(table.c[one.name] for one in columns(dataset)))


def read_rows(connection: sa.Connection, wanted: sa.Select[Any]) -> list[Row]:
    """Read what `select_rows` selects, within a transaction."""
    return [Row(row[0], tuple(row[1:])) for row in connection.execute(wanted)]


def _read_first(connection: sa.Connection, query: RowQuery, limit: int) -> list[Row]:
    if not query.user_ids:
        return []
    known = known_first(query) if connection.dialect.name == "postgresql" else None
    if known is not None:
        rows = _first_of(connection, query, limit, *known)
        if len(rows) == limit:
            return rows
    return _first_of(connection, query, limit, sa.true(), ordering(query))


def _first_of(
    connection: sa.Connection,
    query: RowQuery,
    limit: int,
    within: sa.ColumnElement[bool],
    order: list[sa.ColumnElement[Any]],
) -> list[Row]:
    wanted = select_rows(query.dataset)
    if len(query.user_ids) == 1:
        wanted = wanted.where(condition(query), within).order_by(*order)
    else:
        # For each user apart, because an index may serve one user's order but never that of
        # several.
        key = row_id(tables.DATASET_TABLES[query.dataset])
        ids = [
            sa.select(key)
            .where(condition(replace(query, user_ids=(user_id,))), within)
            .order_by(*order)
            .limit(limit)
            .subquery()
            for user_id in query.user_ids
        ]
        found = key.in_(sa.union_all(*(sa.select(one.c.row_id) for one in ids)))
        wanted = wanted.where(found).order_by(*ordering(query))
    return read_rows(connection, wanted.limit(limit))


def count_rows(connection: sa.Connection, query: RowQuery) -> int:
    """Count a query's rows within a transaction."""
    table = tables.DATASET_TABLES[query.dataset]
    return connection.execute(
        sa.select(sa.func.count()).select_from(table).where(condition(query))
    ).scalar_one()


def _slices(ids: RowIds | Sequence[RowId]) -> Iterator[RowIds | Sequence[RowId]]:
    for start in range(0, len(ids), _IDS_AT_A_TIME):
        yield ids[start : start + _IDS_AT_A_TIME]
