"""Upserts of many rows at nearly the drivers' own speed."""

from collections.abc import Callable, Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from opside_desktop.store.schema.tables import key_of
from opside_desktop.store.schema.types import Processor, Values, bind_processor, bound

Run = Callable[[sa.Connection, Values], None]


class Upsert:
    """INSERT … ON CONFLICT DO UPDATE for one table, made once and run with many rows.

    SQLite runs it for each row, by `executemany`; PostgreSQL takes all rows at once. Conversions
    are SQLAlchemy's; only its work for each single row is left out, which costs a third of the
    rows per second.

    A row is found by `key_of` its table. `keep` names columns whose stored value survives an
    update, besides the key and `id`; that of `unless_null` survives where the new one is NULL. Of
    rows with the same key the last counts.
    """

    def __init__(
        self, table: sa.Table, *, keep: Collection[str] = (), unless_null: Collection[str] = ()
    ) -> None:
        self._table = table
        self._key = key_of(table)
        self._unless_null = unless_null
        fixed = {*self._key, *keep, "id"}
        self._changed = [column.name for column in table.columns if column.name not in fixed]
        self._prepared: dict[str, Run] = {}

    def run(self, connection: sa.Connection, values: Values) -> None:
        """Insert rows, or update those that are there. Every column of the table is given."""
        if not next(iter(values.values())):
            return
        dialect = connection.dialect
        run = self._prepared.get(dialect.name)
        if run is None:
            make = self._one_by_one if dialect.name == "sqlite" else self._at_once
            run = self._prepared[dialect.name] = make(dialect)
        run(connection, values)

    def _one_by_one(self, dialect: sa.Dialect) -> Run:
        insert = sqlite.insert(self._table)
        upsert = (
            insert.on_conflict_do_update(
                index_elements=self._key,
                set_={name: self._value(name, insert.excluded[name]) for name in self._changed},
            )
            if self._changed
            else insert.on_conflict_do_nothing(index_elements=self._key)
        )
        names = [column.name for column in self._table.columns]
        compiled = upsert.compile(dialect=dialect, column_keys=names)
        if getattr(compiled, "positiontup", None) != names:
            raise AssertionError("The parameters are not in the order of the columns.")
        text, processors = str(compiled), self._processors(dialect)

        def run(connection: sa.Connection, values: Values) -> None:
            columns = [bound(values[name], process) for name, process in processors]
            connection.exec_driver_sql(text, list(zip(*columns, strict=True)))

        return run

    def _value(self, name: str, given: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        return sa.func.coalesce(given, self._table.c[name]) if name in self._unless_null else given

    def _at_once(self, dialect: sa.Dialect) -> Run:
        # Half the drivers of SQLAlchemy come along with it.
        from opside_desktop.store.postgres.bulk import at_once

        changed = {name: name in self._unless_null for name in self._changed}
        return at_once(self._table, self._key, changed, self._processors(dialect), dialect)

    def _processors(self, dialect: sa.Dialect) -> list[tuple[str, Processor | None]]:
        return [(one.name, bind_processor(one.type, dialect)) for one in self._table.columns]
