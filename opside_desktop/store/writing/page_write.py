"""What stands around a page's rows in their transaction: whose they are, and what they count."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Required, TypedDict

import sqlalchemy as sa

from opside_desktop.domain.columns import KEY_COLUMN
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.syncs import DatasetStatus, SyncRun
from opside_desktop.store.runs.run_rows import object_of
from opside_desktop.store.runs.sync_runs import owned_row, save
from opside_desktop.store.schema import tables
from opside_desktop.store.writing import checkpoints, read_spans
from opside_desktop.store.writing.bulk import Upsert
from opside_desktop.store.writing.checkpoints import Checkpoint
from opside_desktop.store.writing.read_spans import ReadSpan

_ORIGINS = Upsert(tables.row_origins, keep=("created_at",))

_KEYS_AT_A_TIME = 1000


class RunEnded(Exception):
    """The sync is no longer this program's: cancelled, or closed by another. Nothing was stored."""


class PageProgress(TypedDict, total=False):
    """How far a sync is with a page.

    `first_started_at`: when this sync began, or the first of the interrupted ones it resumes. Rows
    stored since then are not counted again; what those syncs counted has to be given to
    `update_run` before the first page. `checkpoint` is stored with the page. `skipped`: records of
    the page that could not be read. `source`: where the sync's rows of the dataset have come from.
    `read`: what has been read whole with this page.
    """

    first_started_at: Required[datetime]
    checkpoint: Checkpoint | None
    skipped: int
    source: str | None
    read: ReadSpan | None


@dataclass(slots=True)
class PageWrite:
    """What stands around a page's rows in their transaction: whose they are, and what they count.

    Attributes:
        keys: of the page's records, each once; they may be set while the rows are written.
        known: since when those that are stored were synced; read unless it is set.
        counted: how many of them counted anew, once it is written.
    """

    run: SyncRun
    dataset: Dataset
    first_started_at: datetime
    keys: Sequence[str] = ()
    known: Mapping[str, datetime | None] | None = None
    checkpoint: Checkpoint | None = None
    skipped: int = 0
    source: str | None = None
    read: ReadSpan | None = None
    counted: int = 0

    def look_up(self, connection: sa.Connection) -> Mapping[str, datetime | None]:
        """Read which of the keys are stored already."""
        self.known = _known(connection, self.run, self.dataset, self.keys)
        return self.known

    @contextmanager
    def written(self, connection: sa.Connection) -> Iterator[datetime]:
        """Give the time for the rows that are written now; then write the rest.

        Raises:
            RunEnded: the sync is no longer this program's.
        """
        run, start = self.run, self.first_started_at
        row = owned_row(connection, run)
        if row is None:
            raise RunEnded
        now: datetime = max(row.db_now, start)
        yield now
        known = self.look_up(connection) if self.known is None else self.known
        new = sorted(key for key in self.keys if key not in known)
        same = {
            "user_id": run.user_id,
            "dataset": self.dataset.value,
            "sync_id": run.sync_id,
            "created_at": now,
        }
        origins = {name: [value] * len(new) for name, value in same.items()}
        _ORIGINS.run(connection, {"row_key": new, **origins})
        # A row from after now was stored by an earlier sync, while this computer's clock was ahead.
        self.counted = len(new) + sum(
            1 for at in known.values() if at is None or not start <= at <= now
        )
        if self.checkpoint is not None:
            checkpoints.put(connection, run.user_id, self.checkpoint, now)
        if self.read is not None:
            read_spans.put(connection, run.user_id, self.dataset, [self.read])
        save(connection, row, self._progress(row))

    def _progress(self, row: sa.Row[Any]) -> dict[str, Any]:
        """Add to what the row's metadata has counted of a dataset."""
        results = object_of(object_of(row.metadata).get("results"))
        before = object_of(results.get(self.dataset.value))
        status = before.get("status", DatasetStatus.PENDING)
        return {
            "results": {
                self.dataset.value: {
                    "count": (before.get("count") or 0) + self.counted,
                    "skipped": (before.get("skipped") or 0) + self.skipped,
                    "source": self.source or before.get("source"),
                    "status": DatasetStatus.RUNNING if status == DatasetStatus.PENDING else status,
                }
            }
        }


def _known(
    connection: sa.Connection, run: SyncRun, dataset: Dataset, keys: Sequence[str]
) -> dict[str, datetime | None]:
    """Read which of the keys are stored already, and since when they were synced."""
    known: dict[str, datetime | None] = {}
    for start in range(0, len(keys), _KEYS_AT_A_TIME):
        some = keys[start : start + _KEYS_AT_A_TIME]
        rows = connection.execute(_SELECT_KNOWN[dataset], {"user": run.user_id, "keys": some})
        known.update((name, synced_at) for name, synced_at in rows)
    return known


def _select_known(table: sa.Table, key: str) -> sa.Select[str, datetime | None]:
    return sa.select(table.c[key], table.c.synced_at).where(
        table.c.user_id == sa.bindparam("user"),
        table.c[key].in_(sa.bindparam("keys", expanding=True)),
    )


_SELECT_KNOWN = {
    dataset: _select_known(table, KEY_COLUMN[dataset])
    for dataset, table in tables.DATASET_TABLES.items()
}
