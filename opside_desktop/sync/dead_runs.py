"""Closing the syncs of programs that are gone."""

import logging
import socket

from opside_desktop.domain.errors import DatabaseFault
from opside_desktop.domain.syncs import Owner, SyncRun
from opside_desktop.store.database import Database
from opside_desktop.store.runs import ending

log = logging.getLogger(__name__)


async def close_dead_runs(db: Database, *, lock_wait_s: float = 0.0) -> list[SyncRun]:
    """Close the running syncs of programs on this computer that are gone.

    Where they cannot be closed now, because another program writes, the log says so: nobody who
    only reads has to wait for that.
    """
    try:
        closed = await ending.close_dead_runs(
            db, host=socket.gethostname(), is_alive=_is_alive, lock_wait_s=lock_wait_s
        )
    except DatabaseFault as fault:
        log.warning("Syncs of programs that are gone could not be closed: %s", fault)
        return []
    for run in closed:
        log.info("%s was left behind by a program that is gone; closed", run.sync_id)
    return closed


def _is_alive(owner: Owner) -> bool:
    # Asked only where a running sync is stored, so a start hardly ever loads this.
    from opside_desktop.sync.processes import is_alive

    return is_alive(owner)
