"""How far each dataset has been copied: the open windows of a sync, and the cursor of the last."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.ids import UserId
from opside_desktop.store.database import Database
from opside_desktop.store.schema.tables import sync_checkpoints
from opside_desktop.store.writing.bulk import Upsert

_C = sync_checkpoints.c
_UPSERT = Upsert(sync_checkpoints)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A mark. `window` is its name within the dataset, up to 255 characters; `state` is JSON.

    A number with a point comes back as a Decimal.
    """

    dataset: Dataset
    window: str
    state: dict[str, Any]


async def load(db: Database, user_id: UserId, dataset: Dataset) -> list[Checkpoint]:
    """Read a dataset's checkpoints, by name of window."""

    def read(connection: sa.Connection) -> list[Checkpoint]:
        rows = connection.execute(
            sa.select(_C.window, _C.state)
            .where(_C.user_id == user_id, _C.dataset == dataset.value)
            .order_by(_C.window)
        )
        return [Checkpoint(dataset, row.window, row.state) for row in rows]

    return await db.read(read)


def put(connection: sa.Connection, user_id: UserId, checkpoint: Checkpoint, now: datetime) -> None:
    """Store a checkpoint within a transaction."""
    row = {
        "user_id": user_id,
        "dataset": checkpoint.dataset.value,
        "window": checkpoint.window,
        "state": checkpoint.state,
        "updated_at": now,
    }
    _UPSERT.run(connection, {name: [value] for name, value in row.items()})


def drop(connection: sa.Connection, user_id: UserId, dataset: Dataset) -> None:
    """Drop a dataset's checkpoints within a transaction."""
    connection.execute(
        sync_checkpoints.delete().where(_C.user_id == user_id, _C.dataset == dataset.value)
    )
