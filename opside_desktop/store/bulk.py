"""Upserts of many rows at nearly the drivers' own speed."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import count
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from opside_desktop.store.types import Processor, bind_processor

Row = list[Any]


class Upsert:
    """INSERT … ON CONFLICT DO UPDATE for one table, made once and run with many rows.

    SQLite runs it for each row, by `executemany`. PostgreSQL takes all rows in one statement, as an
    array for each column: one round trip whatever the network, and no name, temporary table or
    other trace that a connection pooler would lose. The conversions are SQLAlchemy's; only its work
    for each single row is left out, which costs a third of the rows per second.

    Rows are lists of values in the order of the table's columns; they may be converted in place.
    `keep` names columns whose stored value survives an update, besides the key and `id`. Of rows
    with the same key the last counts.
    """

    def __init__(self, table: sa.Table, key: tuple[str, ...], keep: tuple[str, ...] = ()) -> None:
        self._table = table
        self._key = key
        fixed = {*key, *keep, "id"}
        self._changed = [column.name for column in table.columns if column.name not in fixed]
        self._prepared: dict[str, Callable[[sa.Connection, list[Row]], None]] = {}

    def run(self, connection: sa.Connection, rows: list[Row]) -> None:
        """Insert the rows, or update those that are there."""
        if not rows:
            return
        dialect = connection.dialect
        run = self._prepared.get(dialect.name)
        if run is None:
            make = self._one_by_one if dialect.name == "sqlite" else self._at_once
            run = self._prepared[dialect.name] = make(dialect)
        run(connection, rows)

    def _one_by_one(self, dialect: sa.Dialect) -> Callable[[sa.Connection, list[Row]], None]:
        insert = sqlite.insert(self._table)
        upsert = (
            insert.on_conflict_do_update(
                index_elements=self._key,
                set_={name: insert.excluded[name] for name in self._changed},
            )
            if self._changed
            else insert.on_conflict_do_nothing(index_elements=self._key)
        )
        names = [column.name for column in self._table.columns]
        compiled = upsert.compile(dialect=dialect, column_keys=names)
        if getattr(compiled, "positiontup", None) != names:
            raise AssertionError("The parameters are not in the order of the columns.")
        text, processors = str(compiled), self._processors(dialect)

        def run(connection: sa.Connection, rows: list[Row]) -> None:
            for position, process in processors:
                for row, value in zip(rows, _each(process, rows, position), strict=True):
                    row[position] = value
            connection.exec_driver_sql(text, [tuple(row) for row in rows])

        return run

    def _at_once(self, dialect: sa.Dialect) -> Callable[[sa.Connection, list[Row]], None]:
        quote = dialect.identifier_preparer.quote
        names = [quote(column.name) for column in self._table.columns]
        # Without their lengths, to which a cast would cut without a word.
        types = [
            re.sub(r"\(.*?\)", "", column.type.compile(dialect=dialect))
            for column in self._table.columns
        ]
        changed = ", ".join(f"{name} = excluded.{name}" for name in map(quote, self._changed))
        begin = f"INSERT INTO {quote(self._table.name)} ({', '.join(names)}) SELECT "
        end = (
            f" ON CONFLICT ({', '.join(map(quote, self._key))}) "
            f"DO {f'UPDATE SET {changed}' if changed else 'NOTHING'}"
        )
        key_of = itemgetter(*map(self._table.columns.keys().index, self._key))
        processors = self._processors(dialect)

        @cache
        def statement(varying: tuple[bool, ...]) -> str:
            given = list(zip(count(1), types, varying, strict=False))
            chosen = ", ".join(
                f"v{number}" if varies else f"${number}::{kind}" for number, kind, varies in given
            )
            arrays = ", ".join(f"${number}::{kind}[]" for number, kind, varies in given if varies)
            named = ", ".join(f"v{number}" for number, _, varies in given if varies)
            source = f" FROM unnest({arrays}) AS given({named})" if arrays else ""
            return f"{begin}{chosen}{source}{end}"

        def run(connection: sa.Connection, rows: list[Row]) -> None:
            # One statement cannot touch a row twice.
            different = list({key_of(row): row for row in rows}.values())
            columns: list[Any] = list(zip(*different, strict=True))
            for position, process in processors:
                columns[position] = tuple(_each(process, different, position))
            # What is the same in all rows (the user, the page's time) goes over but once.
            varying = tuple(column.count(column[0]) < len(column) for column in columns)
            values = tuple(
                column if varies else column[0]
                for column, varies in zip(columns, varying, strict=True)
            )
            connection.exec_driver_sql(statement(varying), values)

        return run

    def _processors(self, dialect: sa.Dialect) -> list[tuple[int, Processor]]:
        return [
            (position, process)
            for position, column in enumerate(self._table.columns)
            if (process := bind_processor(column.type, dialect)) is not None
        ]


def _each(process: Processor, rows: list[Row], position: int) -> Iterator[Any]:
    """Convert one column's values."""
    # One value after another is often the same object: the page's time, for example.
    before = after = None
    for row in rows:
        value = row[position]
        if value is not before:
            before, after = value, process(value)
        yield after
