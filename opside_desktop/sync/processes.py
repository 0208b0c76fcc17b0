"""Which process runs a sync and whether it lives; closing the syncs of those that are gone."""

import logging
import os
import socket
from functools import cache
from typing import Final

from opside_desktop.domain.errors import DatabaseFault
from opside_desktop.domain.syncs import Owner, SyncRun
from opside_desktop.store.database import Database
from opside_desktop.store.runs import ending

log = logging.getLogger(__name__)

_CLOCK_SET_S: Final = 10.0


async def close_dead_runs(db: Database, *, lock_wait_s: float = 0.0) -> list[SyncRun]:
    """Close the running syncs of programs on this computer that are gone.

    Where they cannot be closed now, because another program writes, the log says so: nobody who
    only reads has to wait for that.
    """
    try:
        closed = await ending.close_dead_runs(
            db, host=socket.gethostname(), is_alive=is_alive, lock_wait_s=lock_wait_s
        )
    except DatabaseFault as fault:
        log.warning("Syncs of programs that are gone could not be closed: %s", fault)
        return []
    for run in closed:
        log.info("%s was left behind by a program that is gone; closed", run.sync_id)
    return closed


def is_alive(owner: Owner) -> bool:
    """Tell whether the process that owns a sync still runs on this computer."""
    import psutil  # asked only where a running sync is stored: a start hardly ever loads it

    if owner.pid == os.getpid():
        return owner == this_program()
    try:
        started = _start_time(owner.pid)
        # A computer's clock that is set right moves all start times a little.
        return started is not None and abs(started - float(owner.instance)) <= _CLOCK_SET_S
    except psutil.AccessDenied:
        return True  # another user's process; if it is dead, its silence will tell
    except ValueError:
        return False


def _start_time(pid: int) -> float | None:
    """Read when a process started, in seconds of the epoch; None if there is none."""
    import psutil

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.NoSuchProcess:
        return None


def this_program() -> Owner:
    """Name this process as no other, before or after it, is named."""
    return _named(os.getpid())


@cache
def _named(pid: int) -> Owner:
    return Owner(host=socket.gethostname(), pid=pid, instance=f"{_start_time(pid) or 0:.2f}")
