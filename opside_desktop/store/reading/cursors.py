"""Lists page by page: behind a cursor any page costs as much as the first.

A cursor is the position of the last row that was read: how many rows lie before the next one, and
what the list is ordered by. Every text of the documented pattern is a position, so a cursor never
becomes invalid, whatever happens to the row.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final
from urllib.parse import quote, unquote
from uuid import UUID

import sqlalchemy as sa

from opside_desktop.contract import rows as wire
from opside_desktop.domain.clock import EARLIEST, LATEST
from opside_desktop.domain.columns import KEY_COLUMN, MOMENT_COLUMN, named
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import BadInput
from opside_desktop.store.database import Database
from opside_desktop.store.reading.filters import condition, ordering, row_id
from opside_desktop.store.reading.listing import wire_rows
from opside_desktop.store.reading.queries import Row, RowQuery
from opside_desktop.store.reading.rows import read_rows, select_rows
from opside_desktop.store.schema import tables

_BY_MOMENT: Final = r"^[0-9]{1,15}_(none|-?[0-9]{1,18})_[0-9a-f]{32}$"
_BY_SKU: Final = (
    r"^[0-9]{1,15}(~([A-Za-z0-9._-]|~[0-9A-F]{2}){0,3060}"
    r"|_([A-Za-z0-9._~-]|%[0-9A-F]{2}){0,3060})$"
)
"""With `~` for `%` a cursor needs no encoding in an address; the second form is version 0.1's."""

CURSOR_PATTERN: Final[Mapping[Dataset, str]] = MappingProxyType(
    {Dataset.CLAIMS: _BY_MOMENT, Dataset.INVENTORY: _BY_SKU, Dataset.ORDERS: _BY_MOMENT}
)
"""What a cursor of each list looks like, as a regular expression."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ListPage:
    """Rows, the number of the first of them, and where the next page begins."""

    rows: list[wire.WireRow]
    offset: int
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class _Position:
    """`moment` and `id` are of claims and orders, `sku` of inventory."""

    offset: int
    moment: datetime | None = None
    id: str = ""
    sku: str = ""


async def list_page(
    db: Database, query: RowQuery, limit: int, *, offset: int = 0, cursor: str | None = None
) -> ListPage:
    """Read a page of a list in its default order; with a cursor, `offset` counts for nothing.

    Raises:
        BadInput: the cursor is not one of this list.
    """
    after = None if cursor is None else _position(query.dataset, cursor)

    def read(connection: sa.Connection) -> ListPage:
        start = offset if after is None else after.offset
        rows = (
            _rows_from(connection, query, limit + 1, offset)
            if after is None
            else _rows_after(connection, query, limit + 1, after)
        )
        more = len(rows) > limit
        rows = rows[:limit]
        next_cursor = _cursor(connection, query, rows[-1], start + limit) if more else None
        return ListPage(wire_rows(connection, query.dataset, rows), start, next_cursor)

    return await db.read(read)


def _rows_from(connection: sa.Connection, query: RowQuery, limit: int, offset: int) -> list[Row]:
    # What is passed over is counted in the index; whole rows would take ten times as long.
    key = row_id(tables.DATASET_TABLES[query.dataset])
    ids = sa.select(key).where(condition(query)).order_by(*ordering(query))
    wanted = select_rows(query.dataset).where(key.in_(ids.limit(limit).offset(offset)))
    return read_rows(connection, wanted.order_by(*ordering(query)))


def _rows_after(
    connection: sa.Connection, query: RowQuery, limit: int, after: _Position
) -> list[Row]:
    found: list[Row] = []
    for segment in _segments(query.dataset, after):
        wanted = select_rows(query.dataset).where(condition(query), segment)
        wanted = wanted.order_by(*ordering(query)).limit(limit - len(found))
        found += read_rows(connection, wanted)
        if len(found) == limit:
            break
    return found


def _segments(dataset: Dataset, after: _Position) -> list[sa.ColumnElement[bool]]:
    """Say what lies behind a position; rows without a moment come last, as a part of their own.

    One condition with OR over both would keep the database from using the index.
    """
    columns_of = tables.DATASET_TABLES[dataset].c
    if dataset is Dataset.INVENTORY:
        return [columns_of.sku > after.sku]
    moment, key = columns_of[MOMENT_COLUMN[dataset]], columns_of.id
    if after.moment is None:
        return [sa.and_(moment.is_(None), key < after.id)]
    position = sa.tuple_(sa.literal(after.moment, moment.type), sa.literal(after.id, key.type))
    return [sa.tuple_(moment, key) < position, moment.is_(None)]


def _cursor(connection: sa.Connection, query: RowQuery, last: Row, offset: int) -> str:
    dataset = query.dataset
    facts = named(dataset, last.values)
    if dataset is Dataset.INVENTORY:
        escaped = quote(facts["sku"], safe="").replace("~", "%7E").replace("%", "~")
        return f"{offset}~{escaped}"
    moment: datetime | None = facts[MOMENT_COLUMN[dataset]]
    micros = "none" if moment is None else str((moment - _EPOCH) // timedelta(microseconds=1))
    table = tables.DATASET_TABLES[dataset]
    key = KEY_COLUMN[dataset]
    row_key = connection.execute(
        sa.select(table.c.id).where(
            table.c.user_id == query.user_ids[0], table.c[key] == facts[key]
        )
    ).scalar_one()
    return f"{offset}_{micros}_{str(row_key).replace('-', '')}"


def _position(dataset: Dataset, cursor: str) -> _Position:
    if not re.fullmatch(CURSOR_PATTERN[dataset], cursor):
        raise BadInput(
            "cursor is not one of this list.", fix="It must be the nextCursor of a former answer."
        )
    if dataset is Dataset.INVENTORY:
        return _position_by_sku(cursor)
    offset, _, rest = cursor.partition("_")
    micros, _, digits = rest.partition("_")
    moment = None if micros == "none" else _moment(int(micros))
    return _Position(int(offset), moment, str(UUID(digits)))


def _position_by_sku(cursor: str) -> _Position:
    offset, escaped, rest = cursor.partition("~")
    if escaped and offset.isdigit():
        rest = rest.replace("~", "%")
    else:
        offset, _, rest = cursor.partition("_")
    # No stored text holds the character NUL, and PostgreSQL would refuse it.
    return _Position(int(offset), sku=unquote(rest, errors="replace").replace("\0", "\ufffd"))


def _moment(micros: int) -> datetime:
    try:
        return _EPOCH + timedelta(microseconds=micros)
    except OverflowError:
        return EARLIEST if micros < 0 else LATEST
