"""Upserts of many rows at nearly the drivers' own speed."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from opside_desktop.domain.columns import OWNER_COLUMN
from opside_desktop.domain.fields import fields_of
from opside_desktop.domain.syncs import SyncRun
from opside_desktop.store.schema.tables import key_of
from opside_desktop.store.schema.types import (
    Processor,
    Values,
    bind_processor,
    bound,
    row_uuid,
)

Processors = Sequence[tuple[str, Processor | None]]
"""By column: its name, and what turns its values into what the driver takes."""

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
        self._one_by_one: tuple[str, Processors] | None = None
        self._at_once: Run | None = None

    def run(self, connection: sa.Connection, values: Values) -> None:
        """Insert rows, or update those that are there. Every column of the table is given."""
        if not next(iter(values.values())):
            return
        if connection.dialect.name != "sqlite":
            if self._at_once is None:
                self._at_once = self._make_at_once(connection.dialect)
            self._at_once(connection, values)
            return
        if self._one_by_one is None:
            self._one_by_one = self._make_one_by_one(connection.dialect)
        text, processors = self._one_by_one
        columns = [bound(values[name], process) for name, process in processors]
        connection.exec_driver_sql(text, list(zip(*columns, strict=True)))

    def _make_one_by_one(self, dialect: sa.Dialect) -> tuple[str, Processors]:
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
        return str(compiled), self._processors(dialect)

    def _value(self, name: str, given: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        return sa.func.coalesce(given, self._table.c[name]) if name in self._unless_null else given

    def _make_at_once(self, dialect: sa.Dialect) -> Run:
        # Half the drivers of SQLAlchemy come along with it.
        from opside_desktop.store.postgres.bulk import at_once

        changed = {name: name in self._unless_null for name in self._changed}
        return at_once(self._table, self._key, changed, self._processors(dialect), dialect)

    def _processors(self, dialect: sa.Dialect) -> Processors:
        return [(one.name, bind_processor(one.type, dialect)) for one in self._table.columns]


class RecordRows:
    """The rows of one kind of record. Those of `unless_null` keep what is stored of a field."""

    def __init__(self, table: sa.Table, record: type, *, unless_null: Collection[str] = ()) -> None:
        self._table = table
        self._fields = [(one.name, attrgetter(one.name)) for one in fields_of(record)]
        self._key = [name for name in key_of(table) if name != OWNER_COLUMN]
        self._upsert = Upsert(table, unless_null=unless_null)

    def put(
        self,
        connection: sa.Connection,
        run: SyncRun,
        records: Collection[Any],
        now: datetime,
        **given: Sequence[Any],
    ) -> None:
        """Write a sync's records within a transaction.

        Args:
            given: columns that the records themselves do not tell, by name.
        """
        values = {name: list(map(value, records)) for name, value in self._fields} | given
        keys = zip(*(values[name] for name in self._key), strict=True)
        values["id"] = [row_uuid(run.user_id, self._table.name, *map(str, key)) for key in keys]
        same = {
            OWNER_COLUMN: run.user_id,
            "synced_at": now,
            "is_mock": run.is_mock,
            "mock_scenario": run.mock_scenario,
        }
        self._upsert.run(
            connection,
            values | {name: [value] * len(records) for name, value in same.items()},
        )
