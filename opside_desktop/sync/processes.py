"""Which process runs a sync, and whether it still lives."""

import os
import socket
from functools import cache
from typing import Final

import psutil

from opside_desktop.domain.syncs import Owner

_CLOCK_SET_S: Final = 10.0


def is_alive(owner: Owner) -> bool:
    """Tell whether the process that owns a sync still runs on this computer."""
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
