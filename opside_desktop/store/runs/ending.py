"""Ending a sync that perhaps another program runs: by whoever cancels it, or because it died."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from msgspec.structs import replace

from opside_desktop.domain.clock import iso
from opside_desktop.domain.errors import ErrorCode, SyncNotFound, SyncNotRunning
from opside_desktop.domain.ids import SyncId, UserId
from opside_desktop.domain.syncs import DatasetStatus, Owner, SyncRun, SyncStatus
from opside_desktop.store.database import Database
from opside_desktop.store.runs.events import put_event
from opside_desktop.store.runs.run_rows import (
    CANCELLED,
    GAVE_WAY,
    INTERRUPTED,
    SELECT_RUN,
    merge,
    object_of,
    owner_of,
    result_of,
    run_named,
    run_of,
)
from opside_desktop.store.runs.sync_runs import running_of
from opside_desktop.store.schema.tables import sync_progress
from opside_desktop.store.sync_row_changes import notifying

_C = sync_progress.c


async def cancel_run(db: Database, user_id: UserId, sync_id: SyncId) -> SyncRun:
    """Cancel a sync, whichever program runs it; repeated, it changes nothing more.

    Raises:
        SyncNotFound: the user has no such sync.
        SyncNotRunning: it has ended in another way.
    """

    def write(connection: sa.Connection) -> SyncRun:
        running = running_of(user_id).where(_C.sync_id == sync_id).with_for_update()
        row = connection.execute(running).first()
        if row is not None and run_of(row).is_running:
            _end(connection, row, SyncStatus.CANCELLED, CANCELLED, ErrorCode.CANCELLED, row.db_now)
        run = look(connection)
        if run.status is not SyncStatus.CANCELLED:
            raise SyncNotRunning(run.status)
        return run

    def look(connection: sa.Connection) -> SyncRun:
        run = run_named(connection, user_id, sync_id)
        if run is None:
            raise SyncNotFound
        return run

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
            if after := run_named(connection, row.user_id, row.sync_id):
                closed.append(after)
        return closed

    if not await db.read(dead):
        return []
    return await db.write(write, lock_wait_s=lock_wait_s)


def interrupt(connection: sa.Connection, row: sa.Row[Any]) -> None:
    """Close a running row as failed; its last sign of life stays the time it ended."""
    ended_at = row.updated_at or row.created_at
    _end(connection, row, SyncStatus.FAILED, INTERRUPTED, ErrorCode.INTERRUPTED, ended_at)


def let_give_way(connection: sa.Connection, row: sa.Row[Any], newer: SyncId) -> None:
    """Close a running row that only reads history any more, because a newer sync begins.

    It is completed, with what it has; where reading a dataset's history has failed before, it has
    failed with that. Its progress stays below 100, which would say that history is read, too.
    """
    run = run_of(row)
    failed = [one for one in run.results.values() if one.status is DatasetStatus.FAILED]
    sentence = GAVE_WAY.format(newer=newer)
    facts: dict[str, Any] = {
        "gaveWayTo": newer,
        "completedAt": iso(row.db_now),
        "estimatedCompletion": None,
        "waitUntil": None,
        "results": {
            dataset.value: result_of(replace(result, status=DatasetStatus.SUCCESS))
            for dataset, result in run.results.items()
            if result.status in (DatasetStatus.PENDING, DatasetStatus.RUNNING)
        },
    }
    if failed:
        facts.update(error=failed[0].error, errorCode=failed[0].error_code)
    status = SyncStatus.FAILED if failed else SyncStatus.COMPLETED
    _close(connection, row, status, sentence, facts, row.db_now)
    put_event(connection, run.key, "gave_way", sentence, {"newer": newer})


def _end(
    connection: sa.Connection,
    row: sa.Row[Any],
    status: SyncStatus,
    sentence: str,
    code: ErrorCode,
    at: datetime | None,
) -> None:
    facts = {"error": sentence, "errorCode": code, "completedAt": iso(at)}
    _close(connection, row, status, sentence, facts, at)


def _close(
    connection: sa.Connection,
    row: sa.Row[Any],
    status: SyncStatus,
    sentence: str,
    facts: Mapping[str, Any],
    at: datetime | None,
) -> None:
    change = (
        sync_progress.update()
        .where(_C.id == row.id, _C.status == SyncStatus.RUNNING)
        .values(
            status=status,
            current_step=sentence,
            metadata=merge(row.metadata, facts),
            updated_at=at,
        )
    )
    connection.execute(notifying(connection, change))
