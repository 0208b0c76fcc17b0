"""Records as rows of their table: each value goes by the name of its field."""

from collections.abc import Collection, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

import sqlalchemy as sa

from opside_desktop.domain.columns import OWNER_COLUMN
from opside_desktop.domain.fields import fields_of
from opside_desktop.domain.syncs import SyncRun
from opside_desktop.store.schema.tables import key_of
from opside_desktop.store.schema.types import row_uuid
from opside_desktop.store.writing.bulk import Upsert


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
