"""Beginning a sync in `sync_progress`: one runs for each user, whoever starts it and wherever."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from opside_desktop.domain.accounts import Account
from opside_desktop.domain.clock import iso
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import SyncInProgress
from opside_desktop.domain.ids import SyncId, sync_id
from opside_desktop.domain.syncs import (
    DatasetResult,
    DatasetStatus,
    Owner,
    SyncRequest,
    SyncRun,
    SyncStatus,
)
from opside_desktop.store.database import Database, read_now
from opside_desktop.store.runs.ending import interrupt, let_give_way
from opside_desktop.store.runs.run_rows import (
    SELECT_RUN,
    merge,
    result_of,
    run_named,
    run_of,
)
from opside_desktop.store.runs.sync_runs import running_of
from opside_desktop.store.schema.tables import sync_progress
from opside_desktop.store.sync_row_changes import notifying
from opside_desktop.store.upgrade import refuse_newer

_C = sync_progress.c


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

    One that only reads history any more gives way, if the request takes over: it is closed, as
    completed, in the transaction that begins the new one.

    Raises:
        SyncInProgress: one already runs and does not give way; the error names it.
        DatabaseBusy: another program does not let that be written in `lock_wait_s` seconds.
        DatabaseFault: a newer version of this program has changed the database meanwhile.
    """
    pending = result_of(DatasetResult(status=DatasetStatus.PENDING))
    skipped = result_of(DatasetResult(status=DatasetStatus.SKIPPED))
    facts = {
        "results": {one.value: pending if one in request.datasets else skipped for one in Dataset},
        "window": {
            "since": iso(request.since),
            "sources": {dataset.value: source for dataset, source in request.sources.items()},
            "recent": request.recent,
        },
        "owner": msgspec.to_builtins(owner),
        "externalUserId": account.external_user_id,
        "trigger": request.trigger,
        "isMock": endpoint_is_mock,
        "mockScenario": mock_scenario,
        "appVersion": app_version,
    }
    return await db.write(
        lambda connection: _start(
            connection, db.shown_address, account, facts, takes_over=request.takes_over
        ),
        lock_wait_s=db.locks.take_over_s if lock_wait_s is None else lock_wait_s,
    )


def _start(
    connection: sa.Connection,
    shown_address: str,
    account: Account,
    facts: dict[str, Any],
    *,
    takes_over: bool,
) -> SyncRun:
    refuse_newer(connection, shown_address)
    now = read_now(connection)
    running = connection.execute(running_of(account.user_id).with_for_update()).first()
    older = None if running is None else run_of(running)
    gives_way = older is not None and older.only_reads_history and takes_over
    if running is not None and older is not None and not gives_way:
        if older.is_running:
            raise SyncInProgress(older.sync_id)
        interrupt(connection, running)
    newest = connection.execute(
        sa.select(sa.func.max(_C.updated_at)).where(_C.user_id == account.user_id)
    ).scalar()
    if newest is not None and now <= newest < now + timedelta(seconds=1):
        # A row's time then tells which of two syncs wrote it, even if they met in a millisecond.
        now = newest + timedelta(milliseconds=1)
    name = _free_id(connection, account, now)
    if running is not None and gives_way:
        let_give_way(connection, running, name)
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
        running = connection.execute(running_of(account.user_id)).first()
        if running is None:
            raise
        raise SyncInProgress(SyncId(running.sync_id)) from None
    return run_of(connection.execute(SELECT_RUN.where(_C.id == row["id"])).one())


def _free_id(connection: sa.Connection, account: Account, now: datetime) -> SyncId:
    epoch_ms = int(now.timestamp() * 1000)
    while True:
        name = sync_id(account.external_user_id, epoch_ms)
        if run_named(connection, account.user_id, name) is None:
            return name
        epoch_ms += 1
