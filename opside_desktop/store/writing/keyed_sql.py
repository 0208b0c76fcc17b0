"""Statements about many keys at once, spelled alike for both databases.

The keys are a table `k` with a column for each part of a key: JSON text on SQLite, arrays on
PostgreSQL. Values are taken and given as the drivers have them; the functions below turn them.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Final, cast

import msgspec
import sqlalchemy as sa

from opside_desktop.store.schema.types import Moment, Money, bind_processor, hundredths_read

_TYPES: Final[Mapping[str, str]] = {
    "user": "uuid",
    "mock": "boolean",
    "source": "text",
    "now": "timestamp",
    "id": "bigint",
    "day": "date",
    "second": "text",
    "currency": "text",
    "amount": "numeric",
    "class": "text",
    "name": "text",
    "has_order": "boolean",
}
"""What the parts of keys and the parameters are on a server."""

SqlRow = tuple[Any, ...]

_FIRST, _SECOND = "@first", "@second"
_INDEX: Final = re.compile(r"@by\((\w+)\)")


def run(
    connection: sa.Connection,
    sql: str,
    keys: Mapping[str, Sequence[Any]] | None,
    **values: Any,
) -> list[SqlRow]:
    """Run a statement within a transaction, and read its rows if it has any.

    Args:
        sql: may begin with `@k`, which makes the table `k`; parameters are `:name`. `@first(list)`
            and `@second(list)` are what a column's list has at those places. `@by(index)` behind a
            table names the index to be used: SQLite, without statistics, would take another one.
        keys: by the names of their parts; all are equally long.
    """
    is_file = connection.dialect.name == "sqlite"
    text = _spelled(sql, tuple(keys or ()), tuple(values), is_file)
    given = [_given(connection, value) for value in values.values()]
    if keys and is_file:
        columns = [[_given(connection, one) for one in column] for column in keys.values()]
        given.append(msgspec.json.encode(list(zip(*columns, strict=True))).decode())
    elif keys:
        given += [list(column) for column in keys.values()]
    result = connection.exec_driver_sql(text, tuple(given))
    return cast("list[SqlRow]", result.all()) if result.returns_rows else []


def go_by_index(connection: sa.Connection) -> None:
    """Let a server find the keys of this transaction one by one, by index.

    Its planner takes a page's keys for reason enough to read a whole table of some hundred thousand
    rows, which costs the more the more is stored.
    """
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(_BY_INDEX)


_BY_INDEX: Final = "SELECT " + ", ".join(
    f"set_config('enable_{way}', 'off', true)" for way in ("seqscan", "hashjoin", "mergejoin")
)


@cache
def _spelled(sql: str, keys: tuple[str, ...], values: tuple[str, ...], is_file: bool) -> str:
    for name in (_FIRST, _SECOND):
        place = int(name is _SECOND)
        while (start := sql.find(f"{name}(")) >= 0:
            end = sql.index(")", start)
            column = sql[start + len(name) + 1 : end]
            at = f"json_extract({column}, '$[{place}]')" if is_file else f"({column} ->> {place})"
            sql = sql[:start] + at + sql[end + 1 :]
    sql = _INDEX.sub(r"INDEXED BY \1" if is_file else "", sql)
    for number, name in enumerate(values, 1):
        sql = sql.replace(f":{name}", f"?{number}" if is_file else f"${number}::{_TYPES[name]}")
    first = len(values) + 1
    if is_file:
        parts = ", ".join(f"json_extract(value, '$[{n}]') AS {key}" for n, key in enumerate(keys))
        made = f"WITH k AS (SELECT {parts} FROM json_each(?{first}))"  # noqa: S608 - our own names
    else:
        arrays = ", ".join(f"${n}::{_TYPES[key]}[]" for n, key in enumerate(keys, first))
        made = f"WITH k AS (SELECT * FROM unnest({arrays}) AS k({', '.join(keys)}))"  # noqa: S608
    return sql.replace("@k", made, 1)


_AMOUNT: Final = Money(12)
_MOMENT: Final = Moment()


def _given(connection: sa.Connection, value: Any) -> Any:
    """Turn a value into what the driver takes."""
    if isinstance(value, datetime):
        process = bind_processor(_MOMENT, connection.dialect)
        return value if process is None else process(value)
    if connection.dialect.name == "sqlite":
        if isinstance(value, Decimal):
            process = bind_processor(_AMOUNT, connection.dialect)
            return value if process is None else process(value)
        if isinstance(value, date):
            return value.isoformat()
    return value


def amount_read(value: Any) -> Decimal:
    """Read an amount: whole hundredths on SQLite."""
    return value if isinstance(value, Decimal) else hundredths_read(value)


def day_read(value: Any) -> date:
    """Read a day: a text on SQLite."""
    return value if isinstance(value, date) else date.fromisoformat(value)
