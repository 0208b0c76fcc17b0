"""The row of a sync that this program runs: written only while it runs, and is ours."""

from typing import Any

import sqlalchemy as sa

from opside_desktop.domain.syncs import SyncRun, SyncStatus
from opside_desktop.store.row_changes import notifying
from opside_desktop.store.runs.run_rows import SELECT_RUN, merge, object_of, owner_of
from opside_desktop.store.schema.tables import sync_progress
from opside_desktop.store.schema.types import db_now, storable

_C = sync_progress.c

_SELECT_RUNNING = SELECT_RUN.where(
    _C.user_id == sa.bindparam("user"),
    _C.sync_id == sa.bindparam("sync"),
    _C.status == SyncStatus.RUNNING,
)
_LOCK_RUNNING = _SELECT_RUNNING.with_for_update()

_SAVE = (
    sync_progress.update()
    .where(_C.id == sa.bindparam("row"))
    .values(metadata=sa.bindparam("facts", type_=_C.metadata.type), updated_at=db_now())
)


def owned_row(connection: sa.Connection, run: SyncRun, *, lock: bool = True) -> sa.Row[Any] | None:
    """Read a sync's row if it still runs and belongs to `run.owner`; lock it in a write."""
    select = _LOCK_RUNNING if lock else _SELECT_RUNNING
    row = connection.execute(select, {"user": run.user_id, "sync": run.sync_id}).first()
    if row is None or owner_of(object_of(row.metadata)) != run.owner:
        return None
    return row


def save(
    connection: sa.Connection, row: sa.Row[Any], facts: dict[str, Any], **columns: Any
) -> None:
    """Update a row that `owned_row` gave, merging `facts` into its metadata.

    Only with `columns` is it told: a page's counts are soon told with the progress.
    """
    statement = notifying(connection, _SAVE.values(**storable(columns))) if columns else _SAVE
    connection.execute(statement, {"row": row.id, "facts": merge(row.metadata, facts)})
