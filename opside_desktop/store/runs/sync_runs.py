"""The life of a sync in `sync_progress`: one running for each user, and final states final.

Every write to a running sync is conditional on the row still running and being owned by the
writer. A row that claims to run but was not touched for two minutes is shown as failed.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from opside_desktop.domain.accounts import Account
from opside_desktop.domain.clock import iso
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import (
    SyncInProgress,
)
from opside_desktop.domain.ids import SyncId, UserId, sync_id
from opside_desktop.domain.syncs import (
    DatasetResult,
    DatasetStatus,
    Owner,
    SyncRequest,
    SyncRun,
    SyncStatus,
)
from opside_desktop.store.database import Database, read_now
from opside_desktop.store.row_changes import notifying
from opside_desktop.store.runs.ending import interrupt
from opside_desktop.store.runs.own_runs import owned_row, save
from opside_desktop.store.runs.run_rows import (
    SELECT_RUN,
    is_stale_sql,
    merge,
    metadata_of,
    owner_json,
    result_of,
    row_named,
    run_of,
)
from opside_desktop.store.schema.tables import sync_progress
from opside_desktop.store.schema.types import db_now, written_order
from opside_desktop.store.upgrade import refuse_newer

_C = sync_progress.c
NEWEST_FIRST = (written_order(_C.created_at).desc().nulls_last(), _C.id.desc())


async def start_run(
    db: Database,
    account: Account,
    request: SyncRequest,
    owner: Owner,
    *,
    endpoint_is_mock: bool,
    mock_scenario: str | None,
    app_version: str,
    lock_wait_s: float | None = None,
) -> SyncRun:
    """Begin a sync of one account. A stale one of the same user is closed for good first.

    Raises:
        SyncInProgress: one already runs; the error names it.
        DatabaseBusy: another program does not let that be written in `lock_wait_s` seconds.
        DatabaseFault: a newer version of this program has changed the database meanwhile.
    """
    results = {
        dataset: DatasetResult(
            status=DatasetStatus.PENDING if dataset in request.datasets else DatasetStatus.SKIPPED
        )
        for dataset in Dataset
    }
    facts = {
        "results": {dataset.value: result_of(result) for dataset, result in results.items()},
        "window": {"since": iso(request.since)},
        "owner": owner_json(owner),
        "externalUserId": account.external_user_id,
        "trigger": request.trigger,
        "isMock": endpoint_is_mock,
        "mockScenario": mock_scenario,
        "appVersion": app_version,
    }
    if lock_wait_s is None:
        lock_wait_s = db.locks.take_over_s
    return await db.write_soon(lock_wait_s, _start, db.shown_address, account, facts)


def _start(
    connection: sa.Connection, shown_address: str, account: Account, facts: dict[str, Any]
) -> SyncRun:
    refuse_newer(connection, shown_address)
    now = read_now(connection)
    running = connection.execute(_running(account.user_id).with_for_update()).first()
    if running is not None:
        if run_of(running).is_running:
            raise SyncInProgress(SyncId(running.sync_id))
        interrupt(connection, running)
    newest = connection.execute(
        sa.select(sa.func.max(_C.updated_at)).where(_C.user_id == account.user_id)
    ).scalar()
    if newest is not None and now <= newest < now + timedelta(seconds=1):
        # A row's time then tells which of two syncs wrote it, even if they met in a millisecond.
        now = newest + timedelta(milliseconds=1)
    name = _free_id(connection, account, now)
    row = {
        "id": str(uuid4()),
        "sync_id": name,
        "user_id": account.user_id,
        "status": SyncStatus.RUNNING,
        "progress": 0,
        "current_step": "Connecting to Amazon…",
        "step": 0,
        "total_steps": 5,
        "metadata": merge(None, {"startedAt": iso(now), **facts}),
        "created_at": now,
        "updated_at": now,
    }
    try:
        with connection.begin_nested():
            connection.execute(notifying(connection, sync_progress.insert()), row)
    except IntegrityError:
        # Only where writers do not queue as on SQLite: the other one came first.
        running = connection.execute(_running(account.user_id)).first()
        if running is None:
            raise
        raise SyncInProgress(SyncId(running.sync_id)) from None
    return run_of(connection.execute(SELECT_RUN.where(_C.id == row["id"])).one())


def _free_id(connection: sa.Connection, account: Account, now: datetime) -> SyncId:
    epoch_ms = int(now.timestamp() * 1000)
    while True:
        name = sync_id(account.external_user_id, epoch_ms)
        if row_named(connection, account.user_id, name) is None:
            return name
        epoch_ms += 1


def _running(user_id: UserId) -> sa.Select[Any]:
    return SELECT_RUN.where(_C.user_id == user_id, _C.status == SyncStatus.RUNNING)


async def get_run(db: Database, user_id: UserId, sync_id: SyncId) -> SyncRun | None:
    """Read one sync of a user."""

    def read(connection: sa.Connection) -> SyncRun | None:
        row = row_named(connection, user_id, sync_id)
        return None if row is None else run_of(row)

    return await db.read(read)


async def running_run(db: Database, user_id: UserId) -> SyncRun | None:
    """Read the sync that runs for a user; a stale one does not."""
    run = await unended_run(db, user_id)
    return run if run is not None and run.is_running else None


async def unended_run(db: Database, user_id: UserId) -> SyncRun | None:
    """Read the sync of a user that nobody has ended: it runs, or is stale."""

    def read(connection: sa.Connection) -> SyncRun | None:
        row = connection.execute(_running(user_id)).first()
        return None if row is None else run_of(row)

    return await db.read(read)


async def newest_run(db: Database, user_id: UserId) -> SyncRun | None:
    """Read the sync of a user that runs, else the one that began last."""

    def read(connection: sa.Connection) -> SyncRun | None:
        row = connection.execute(_running(user_id)).first()
        if row is None or not run_of(row).is_running:
            newest = SELECT_RUN.where(_C.user_id == user_id).order_by(*NEWEST_FIRST).limit(1)
            row = connection.execute(newest).first()
        return None if row is None else run_of(row)

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


async def last_completed(db: Database, user_id: UserId) -> datetime | None:
    """Tell when a sync of the user last completed; a failed or running one does not count."""
    runs, _ = await history(db, [user_id], limit=1, status=SyncStatus.COMPLETED)
    return runs[0].completed_at if runs else None


async def update_run(db: Database, run: SyncRun) -> bool:
    """Store how a running sync stands: progress, message, results, waits. Progress never falls.

    Returns False if the sync is no longer this program's: cancelled, or closed by another.
    """

    def write(connection: sa.Connection) -> bool:
        row = owned_row(connection, run)
        if row is None:
            return False
        save(
            connection,
            row,
            metadata_of(run),
            progress=max(row.progress or 0, min(run.progress, 99)),
            step=max(row.step or 0, run.step),
            current_step=run.message,
        )
        return True

    return await db.write(write)


async def is_ours(db: Database, run: SyncRun) -> bool:
    """Tell whether the sync still runs and belongs to this program."""
    return await db.read(lambda connection: owned_row(connection, run, lock=False) is not None)


async def touch(db: Database, run: SyncRun) -> bool:
    """Give a sign of life. Returns False as `update_run` does."""

    def write(connection: sa.Connection) -> bool:
        row = owned_row(connection, run)
        if row is None:
            return False
        connection.execute(
            sync_progress.update().where(_C.id == row.id).values(updated_at=db_now())
        )
        return True

    return await db.write(write)


async def end_run(db: Database, run: SyncRun) -> bool:
    """Store the final state, `run.status`, with the database's time as that of its end.

    Returns False, and changes nothing, if the sync is no longer this program's.
    """
    if run.is_running:
        raise ValueError("A sync ends in a final state.")

    def write(connection: sa.Connection) -> bool:
        row = owned_row(connection, run)
        if row is None:
            return False
        completed = run.status is SyncStatus.COMPLETED
        facts = metadata_of(run)
        facts.update(completedAt=iso(row.db_now), waitUntil=None, estimatedCompletion=None)
        save(
            connection,
            row,
            facts,
            status=run.status,
            progress=100 if completed else min(max(row.progress or 0, run.progress), 99),
            step=row.total_steps if completed else max(row.step or 0, run.step),
            current_step=run.message,
        )
        return True

    return await db.write(write)
