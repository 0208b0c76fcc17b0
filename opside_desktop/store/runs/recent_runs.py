"""The last syncs of a user, read at once."""

from typing import NamedTuple

import sqlalchemy as sa

from opside_desktop.domain.ids import UserId
from opside_desktop.domain.syncs import SyncRun, SyncStatus
from opside_desktop.store.database import Database
from opside_desktop.store.runs.run_rows import SELECT_RUN, run_of
from opside_desktop.store.runs.sync_runs import NEWEST_FIRST
from opside_desktop.store.schema.tables import sync_progress

_C = sync_progress.c


class RecentRuns(NamedTuple):
    """A user's syncs: the one that runs or began last, the last that ended, that completed."""

    newest: SyncRun | None
    ended: SyncRun | None
    completed: SyncRun | None


async def recent_runs(db: Database, user_id: UserId) -> RecentRuns:
    """Read a user's last syncs."""

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
