"""History of a sync that gave way: who goes on with it once the newer sync has ended, and whether.

The program whose sync gave way waits, and then begins one that reads what is left. Several may
wait: the database lets one begin, and the others go on waiting for that one.
"""

import logging
from collections.abc import Sequence
from typing import Final

from opside_desktop.domain.clock import Clock
from opside_desktop.domain.errors import DatabaseFault, ErrorCode
from opside_desktop.domain.syncs import DatasetStatus, SyncRun, SyncStatus
from opside_desktop.store.database import Database
from opside_desktop.store.runs import sync_runs
from opside_desktop.sync.processes import close_dead_runs
from opside_desktop.sync.timings import SyncTimings

log = logging.getLogger(__name__)

TRIGGER: Final = "history"
"""What started such a sync."""

HOPELESS: Final = frozenset(
    {
        ErrorCode.AUTH_REVOKED,
        ErrorCode.AMAZON_NOT_CONNECTED,
        ErrorCode.ACCESS_DENIED,
        ErrorCode.KEY_STORE,
        ErrorCode.SETTINGS,
    }
)
"""What a person has to mend: another sync would fail in the same way."""

_NEWER: Final = 50


async def until_free(db: Database, clock: Clock, gave_way: SyncRun, timings: SyncTimings) -> bool:
    """Wait until no sync of the user runs any more; tell whether history is left to be read.

    Args:
        gave_way: the sync whose history it is.
    """
    while True:
        await clock.sleep(timings.history_poll_s)
        try:
            running = await sync_runs.running_run(db, gave_way.user_id)
            if running is not None:
                await close_dead_runs(db)  # its program may be gone without a word
            else:
                runs, _ = await sync_runs.history(db, [gave_way.user_id], limit=_NEWER)
                return is_left(gave_way, runs)
        except DatabaseFault as fault:
            log.warning("%s: whether history is left is not known: %s", gave_way.sync_id, fault)


def is_left(gave_way: SyncRun, runs: Sequence[SyncRun]) -> bool:
    """Tell whether a sync that gave way has to be gone on with.

    Nothing is left where a newer one has read all of it. A person who cancelled the newest wants
    none now, and where only a person can mend what made it fail, none is begun in vain.

    Args:
        runs: the user's syncs, newest first; none of them runs.
    """
    names = [run.sync_id for run in runs]
    if gave_way.sync_id not in names:
        return False  # the user's data were deleted, or very many syncs have come since
    newer = runs[: names.index(gave_way.sync_id)]
    if not newer or newer[0].status is SyncStatus.CANCELLED or newer[0].error_code in HOPELESS:
        return False
    return not any(_has_read_all(run, gave_way) for run in newer)


def _has_read_all(run: SyncRun, gave_way: SyncRun) -> bool:
    if run.status is not SyncStatus.COMPLETED or run.leaves_history:
        return False
    return all(
        run.result(dataset).status is DatasetStatus.SUCCESS
        for dataset, result in gave_way.results.items()
        if result.status is not DatasetStatus.SKIPPED
    )
