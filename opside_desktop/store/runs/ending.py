"""Ending a sync that perhaps another program runs: by whoever cancels it, or because it died."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from opside_desktop.domain.clock import iso
from opside_desktop.domain.errors import ErrorCode, SyncNotFound, SyncNotRunning
from opside_desktop.domain.ids import SyncId, UserId
from opside_desktop.domain.syncs import Owner, SyncRun, SyncStatus
from opside_desktop.store.database import Database, read_now
from opside_desktop.store.row_changes import notifying
from opside_desktop.store.runs.run_rows import (
    CANCELLED,
    INTERRUPTED,
    SELECT_RUN,
    merge,
    object_of,
    owner_of,
    row_named,
    run_of,
    stale_before,
)
from opside_desktop.store.schema.tables import sync_progress
from opside_desktop.store.schema.types import merged_json

_C = sync_progress.c


async def cancel_run(db: Database, user_id: UserId, sync_id: SyncId) -> SyncRun:
    """Cancel a sync, whichever program runs it; repeated, it changes nothing more.

    Raises:
        SyncNotFound: the user has no such sync.
        SyncNotRunning: it has ended in another way.
    """

    def write(connection: sa.Connection) -> SyncRun:
        now = read_now(connection)
        facts = {
            "completedAt": iso(now),
            "error": CANCELLED,
            "errorCode": ErrorCode.CANCELLED,
        }
        patch = sa.bindparam("patch", facts, _C.metadata.type)
        change = (
            sync_progress.update()
            .where(
                _C.user_id == user_id,
                _C.sync_id == sync_id,
                _C.status == SyncStatus.RUNNING,
                _C.updated_at >= stale_before(now),
            )
            .values(
                status=SyncStatus.CANCELLED,
                current_step=CANCELLED,
                metadata=merged_json(_C.metadata, patch),
                updated_at=now,
            )
        )
        connection.execute(notifying(connection, change))
        run = look(connection)
        if run.status is not SyncStatus.CANCELLED:
            raise SyncNotRunning(run.status)
        return run

    def look(connection: sa.Connection) -> SyncRun:
        row = row_named(connection, user_id, sync_id)
        if row is None:
            raise SyncNotFound
        return run_of(row)

    # Where there is nothing to cancel, no other program's write is waited for.
    if (run := await db.read(look)).is_running:
        return await db.write(write)
    if run.status is not SyncStatus.CANCELLED:
        raise SyncNotRunning(run.status)
    return run


async def close_dead_runs(
    db: Database, *, host: str, is_alive: Callable[[Owner], bool], lock_wait_s: float
) -> list[SyncRun]:
    """Close the running syncs of programs on this computer that have ended. Returns them.

    Nothing is written where there are none, nor where the database may only be read: readers see
    stale ones as failed.

    Raises:
        DatabaseBusy: another program does not let them be written in so many seconds.
    """
    if db.read_only is not None:
        return []

    def dead(connection: sa.Connection) -> list[sa.Row[Any]]:
        rows = connection.execute(SELECT_RUN.where(_C.status == SyncStatus.RUNNING)).all()
        owners = [(row, owner_of(object_of(row.metadata))) for row in rows]
        return [row for row, one in owners if one and one.host == host and not is_alive(one)]

    def write(connection: sa.Connection) -> list[SyncRun]:
        closed = []
        for row in dead(connection):
            interrupt(connection, row)
            after = row_named(connection, row.user_id, row.sync_id)
            if after is not None:
                closed.append(run_of(after))
        return closed

    if not await db.read(dead):
        return []
    return await db.write(write, lock_wait_s=lock_wait_s)


def interrupt(connection: sa.Connection, row: sa.Row[Any]) -> None:
    """Close a running row as failed; its last sign of life stays the time it ended."""
    patch = {
        "error": INTERRUPTED,
        "errorCode": ErrorCode.INTERRUPTED,
        "completedAt": iso(row.updated_at or row.created_at),
    }
    change = (
        sync_progress.update()
        .where(_C.id == row.id, _C.status == SyncStatus.RUNNING)
        .values(
            status=SyncStatus.FAILED,
            current_step=INTERRUPTED,
            metadata=merge(row.metadata, patch),
        )
    )
    connection.execute(notifying(connection, change))
