"""The timeline of each sync: what happened, when, in sentences."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from opside_desktop.domain.ids import SyncId, UserId
from opside_desktop.domain.syncs import SyncKey, SyncRun
from opside_desktop.store.database import Database
from opside_desktop.store.schema.tables import sync_events
from opside_desktop.store.schema.types import db_now, storable

_C = sync_events.c


@dataclass(frozen=True, slots=True)
class SyncEvent:
    """One entry. `kind` is a short word for programs, `message` a sentence for people."""

    at: datetime
    kind: str
    message: str
    detail: Mapping[str, Any]


async def add_event(
    db: Database, run: SyncRun, kind: str, message: str, detail: Mapping[str, Any] | None = None
) -> None:
    """Add an entry to a sync's timeline; allowed after its end, too."""

    await db.write(lambda connection: put_event(connection, run.key, kind, message, detail))


def put_event(
    connection: sa.Connection,
    key: SyncKey,
    kind: str,
    message: str,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write what `add_event` does, in the transaction of what it tells of."""
    connection.execute(
        sync_events.insert().values(
            user_id=key.user_id,
            sync_id=key.sync_id,
            kind=kind,
            message=storable(message),
            detail=dict(detail or {}),
            created_at=db_now(),
        )
    )


async def list_events(db: Database, user_id: UserId, sync_id: SyncId) -> list[SyncEvent]:
    """Read a sync's timeline, oldest first."""

    def read(connection: sa.Connection) -> list[SyncEvent]:
        rows = connection.execute(
            sa.select(sync_events)
            .where(_C.user_id == user_id, _C.sync_id == sync_id)
            .order_by(_C.id)
        )
        return [SyncEvent(row.created_at, row.kind, row.message, row.detail or {}) for row in rows]

    return await db.read(read)
