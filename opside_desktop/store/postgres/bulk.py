"""Upserts of many rows into PostgreSQL, all in one statement.

Up to a thousand rows go as an array for each column: one statement, nothing to make before. More
go faster by COPY into a temporary table, because the server works while the rest is on its way; the
table lives within the transaction, so a connection pooler does not matter.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import count
from typing import Any

import asyncpg
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.util import await_only

from opside_desktop.store.schema.types import Processor, Values, bound

COPY_FROM = 1_000
"""Rows from which on COPY is faster than arrays, measured; Amazon's pages have a tenth of that."""

_MAY_COPY = "SELECT has_database_privilege(current_database(), 'TEMPORARY')"


def _copy(
    connection: sa.Connection, name: str, records: Iterable[Sequence[Any]], columns: Sequence[str]
) -> None:
    driver: Any = connection.connection.driver_connection
    try:
        await_only(driver.copy_records_to_table(name, records=records, columns=columns))
    except asyncpg.PostgresError as error:
        # SQLAlchemy does not see this call, so its errors are made like those of others here.
        raise DBAPIError(f"COPY {name}", None, error) from error
    except asyncpg.InterfaceError as error:
        raise InterfaceError(f"COPY {name}", None, error) from error


def at_once(
    table: sa.Table,
    key: Sequence[str],
    changed: Mapping[str, bool],
    processors: Sequence[tuple[str, Processor | None]],
    dialect: sa.Dialect,
) -> Callable[[sa.Connection, Values], None]:
    """Make the function that upserts rows of a table; see `Upsert` for the parameters.

    `changed`: the columns to be updated, and whether only unless the new value is NULL.
    """
    quote = dialect.identifier_preparer.quote
    names = [quote(column.name) for column in table.columns]
    # Without their lengths, to which a cast would cut without a word.
    types = [
        re.sub(r"\(.*?\)", "", column.type.compile(dialect=dialect)) for column in table.columns
    ]
    action = ", ".join(
        f"{name} = coalesce(excluded.{name}, {quote(table.name)}.{name})"
        if unless_null
        else f"{name} = excluded.{name}"
        for name, unless_null in ((quote(column), null) for column, null in changed.items())
    )
    begin = f"INSERT INTO {quote(table.name)} ({', '.join(names)}) SELECT "
    end = (
        f" ON CONFLICT ({', '.join(map(quote, key))}) "
        f"DO {f'UPDATE SET {action}' if action else 'NOTHING'}"
    )
    incoming = f"incoming_{table.name}"

    @cache
    def by_arrays(varying: tuple[bool, ...]) -> str:
        given = list(zip(count(1), types, varying, strict=False))
        chosen = ", ".join(
            f"v{number}" if varies else f"${number}::{kind}" for number, kind, varies in given
        )
        arrays = ", ".join(f"${number}::{kind}[]" for number, kind, varies in given if varies)
        listed = ", ".join(f"v{number}" for number, _, varies in given if varies)
        source = f" FROM unnest({arrays}) AS given({listed})" if arrays else ""
        return f"{begin}{chosen}{source}{end}"

    def by_copy(
        connection: sa.Connection, columns: Sequence[Sequence[Any]], varying: tuple[bool, ...]
    ) -> None:
        moving = [number for number, varies in enumerate(varying) if varies]
        made = ", ".join(f"v{number} {types[number]}" for number in moving)
        connection.exec_driver_sql(f"CREATE TEMP TABLE {incoming} ({made}) ON COMMIT DROP")
        records = zip(*(columns[number] for number in moving), strict=True)
        _copy(connection, incoming, records, [f"v{number}" for number in moving])
        parameters = count(1)
        chosen = ", ".join(
            f"v{number}" if varies else f"${next(parameters)}::{types[number]}"
            for number, varies in enumerate(varying)
        )
        same = tuple(columns[number][0] for number, varies in enumerate(varying) if not varies)
        connection.exec_driver_sql(f"{begin}{chosen} FROM {incoming}{end}", same)
        connection.exec_driver_sql(f"DROP TABLE {incoming}")

    def run(connection: sa.Connection, given: Values) -> None:
        # One statement cannot touch a row twice: the last of each key is written.
        last = {one: n for n, one in enumerate(zip(*(given[name] for name in key), strict=True))}
        if len(last) < len(given[key[0]]):
            given = {name: [column[n] for n in last.values()] for name, column in given.items()}
        columns = [bound(given[name], process) for name, process in processors]
        # What is the same in all rows (the user, the page's time) goes over but once.
        varying = tuple(column.count(column[0]) < len(column) for column in columns)
        if len(last) >= COPY_FROM and connection.exec_driver_sql(_MAY_COPY).scalar():
            by_copy(connection, columns, varying)
            return
        values = zip(columns, varying, strict=True)
        connection.exec_driver_sql(
            by_arrays(varying), tuple(column if varies else column[0] for column, varies in values)
        )

    return run
