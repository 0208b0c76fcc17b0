"""The life of a sync in `sync_progress`: one running for each user, and final states final.

Every write to a running sync is conditional on the row still running and being owned by the
writer. A row that claims to run but was not touched for two minutes is shown as failed.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from opside_desktop.domain.clock import iso
from opside_desktop.domain.ids import SyncId, UserId
from opside_desktop.domain.syncs import SyncRun, SyncStatus
from opside_desktop.store.database import Database, read_now
from opside_desktop.store.runs.run_rows import (
    SELECT_RUN,
    merge,
    metadata_of,
    object_of,
    owner_of,
    run_named,
    run_of,
)
from opside_desktop.store.runs.staleness import is_stale_sql
from opside_desktop.store.schema.tables import sync_progress
from opside_desktop.store.schema.types import db_now, storable, written_order
from opside_desktop.store.sync_row_changes import notifying

_C = sync_progress.c
NEWEST_FIRST = (written_order(_C.created_at).desc().nulls_last(), _C.id.desc())


def running_of(user_id: UserId) -> sa.Select[Any]:
    """Give the query for a user's running sync."""
    return SELECT_RUN.where(_C.user_id == user_id, _C.status == SyncStatus.RUNNING)


async def get_run(db: Database, user_id: UserId, sync_id: SyncId) -> SyncRun | None:
    """Read one sync of a user."""
    return await db.read(lambda connection: run_named(connection, user_id, sync_id))


async def running_run(db: Database, user_id: UserId) -> SyncRun | None:
    """Read the sync that runs for a user; a stale one does not."""
    run = await unended_run(db, user_id)
    return run if run is not None and run.is_running else None


async def unended_run(db: Database, user_id: UserId) -> SyncRun | None:
    """Read the sync of a user that nobody has ended: it runs, or is stale."""

    def read(connection: sa.Connection) -> SyncRun | None:
        row = connection.execute(running_of(user_id)).first()
        return None if row is None else run_of(row)

    return await db.read(read)


async def newest_run(db: Database, user_id: UserId) -> SyncRun | None:
    """Read the sync of a user that runs, else the one that began last.

    Whoever polls a running sync asks this: it is found by an index, however long the history is.
    """

    def read(connection: sa.Connection) -> SyncRun | None:
        row = connection.execute(running_of(user_id)).first()
        if row is None or not run_of(row).is_running:
            newest = SELECT_RUN.where(_C.user_id == user_id).order_by(*NEWEST_FIRST).limit(1)
            row = connection.execute(newest).first()
        return None if row is None else run_of(row)

    return await db.read(read)


class RecentRuns(NamedTuple):
    """A user's syncs: the one that runs or began last, the last that ended, that completed."""

    newest: SyncRun | None
    ended: SyncRun | None
    completed: SyncRun | None


async def recent_runs(db: Database, user_id: UserId) -> RecentRuns:
    """Read a user's last syncs at once."""

    def read(connection: sa.Connection) -> RecentRuns:
        def newest(*wanted: sa.ColumnElement[bool], limit: int = 1) -> list[SyncRun]:
            rows = SELECT_RUN.where(_C.user_id == user_id, *wanted).order_by(*NEWEST_FIRST)
            return [run_of(row) for row in connection.execute(rows.limit(limit))]

        # Of one user one runs at most, and is found although a clock may have been set back.
        runs = newest(_C.status == SyncStatus.RUNNING) + newest(limit=2)
        running = [run for run in runs if run.is_running]
        ended = [run for run in runs if not run.is_running]
        completed = newest(_C.status == SyncStatus.COMPLETED)
        return RecentRuns(*(next(iter(each), None) for each in (running or runs, ended, completed)))

    return await db.read(read)


async def history(
    db: Database,
    user_ids: Sequence[UserId],
    *,
    limit: int,
    offset: int = 0,
    left: int | None = None,
    status: SyncStatus | None = None,
) -> tuple[list[SyncRun], int]:
    """Read syncs of some users, the last begun first, and how many there are in all.

    Args:
        offset: how many to pass over.
        left: how many there are from the first wanted one to the oldest; `offset` then counts for
            nothing. It holds its place while new ones begin.
    """

    def read(connection: sa.Connection) -> tuple[list[SyncRun], int]:
        wanted: sa.ColumnElement[bool] = _C.user_id.in_(list(user_ids))
        if status is not None:
            stale = is_stale_sql(read_now(connection))
            shown = sa.case((stale, SyncStatus.FAILED.value), else_=_C.status)
            wanted = sa.and_(wanted, shown == status.value)
        total = connection.execute(
            sa.select(sa.func.count()).select_from(sync_progress).where(wanted)
        ).scalar_one()
        passed = offset if left is None else max(0, total - left)
        rows = connection.execute(
            SELECT_RUN.where(wanted).order_by(*NEWEST_FIRST).limit(limit).offset(passed)
        )
        return [run_of(row) for row in rows], total

    return await db.read(read)


_LATELY: Final = 20


async def last_read(db: Database, user_id: UserId) -> datetime | None:
    """Tell when the recent part was last read whole.

    A sync that then went on with history counts, however that came to its end; of those, the last
    20 are looked at. One that ended before its recent part was read does not count.
    """

    def read(connection: sa.Connection) -> datetime | None:
        of_user = SELECT_RUN.where(_C.user_id == user_id).order_by(*NEWEST_FIRST)
        completed = of_user.where(_C.status == SyncStatus.COMPLETED).limit(1)
        rows = [*connection.execute(of_user.limit(_LATELY)), *connection.execute(completed)]
        return max((at for row in rows if (at := run_of(row).recent_at)), default=None)

    return await db.read(read)


_SELECT_OWN = SELECT_RUN.where(
    _C.user_id == sa.bindparam("user"),
    _C.sync_id == sa.bindparam("sync"),
    _C.status == SyncStatus.RUNNING,
)
_LOCK_OWN = _SELECT_OWN.with_for_update()

_SAVE = (
    sync_progress.update()
    .where(_C.id == sa.bindparam("row"))
    .values(metadata=sa.bindparam("facts", type_=_C.metadata.type), updated_at=db_now())
)


def owned_row(connection: sa.Connection, run: SyncRun, *, lock: bool = True) -> sa.Row[Any] | None:
    """Read a sync's row if it still runs and belongs to `run.owner`; lock it in a write."""
    select = _LOCK_OWN if lock else _SELECT_OWN
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


async def update_run(db: Database, run: SyncRun) -> bool:
    """Store how a running sync stands: progress, message, results, waits. Progress never falls.

    Returns False if the sync is no longer this program's: cancelled, or closed by another.
    """

    def change(connection: sa.Connection, row: sa.Row[Any]) -> None:
        save(
            connection,
            row,
            metadata_of(run),
            progress=max(row.progress or 0, min(run.progress, 99)),
            step=max(row.step or 0, run.step),
            current_step=run.message,
        )

    return await _change_own(db, run, change)


async def is_ours(db: Database, run: SyncRun) -> bool:
    """Tell whether the sync still runs and belongs to this program."""
    return await db.read(lambda connection: owned_row(connection, run, lock=False) is not None)


async def touch(db: Database, run: SyncRun) -> bool:
    """Give a sign of life. Returns False as `update_run` does."""

    def change(connection: sa.Connection, row: sa.Row[Any]) -> None:
        connection.execute(
            sync_progress.update().where(_C.id == row.id).values(updated_at=db_now())
        )

    return await _change_own(db, run, change)


async def end_run(db: Database, run: SyncRun) -> bool:
    """Store the final state, `run.status`, with the database's time as that of its end.

    Returns False, and changes nothing, if the sync is no longer this program's.
    """
    if run.is_running:
        raise ValueError("A sync ends in a final state.")

    def change(connection: sa.Connection, row: sa.Row[Any]) -> None:
        completed = run.status is SyncStatus.COMPLETED
        facts = metadata_of(run)
        facts.update(completedAt=iso(row.db_now), waitUntil=None, estimatedCompletion=None)
        save(
            connection,
            row,
            facts,
            status=run.status,
            # All of it: the recent part and its history.
            progress=100
            if completed and not run.history_left
            else min(max(row.progress or 0, run.progress), 99),
            step=row.total_steps if completed else max(row.step or 0, run.step),
            current_step=run.message,
        )

    return await _change_own(db, run, change)


async def _change_own(
    db: Database, run: SyncRun, change: Callable[[sa.Connection, sa.Row[Any]], None]
) -> bool:
    """Change the row of a sync, if it is still ours; tells whether it is."""

    def write(connection: sa.Connection) -> bool:
        row = owned_row(connection, run)
        if row is not None:
            change(connection, row)
        return row is not None

    return await db.write(write)
