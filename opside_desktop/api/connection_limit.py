"""Room for connections: fewer than the system gives descriptors, so that the rest keeps working.

Where all places are taken, the connection that has been idle for longest makes room for the one
that comes. Nobody can keep others out by opening connections and asking nothing.
"""

import logging
import os
from asyncio import Transport
from typing import Final

log = logging.getLogger(__name__)

_MOST: Final = 4_000
_SPARE: Final = 128
"""Descriptors for the database, the log, syncs, and connections that are about to be closed."""

_LONGEST_QUEUE: Final = 64
_ENOUGH: Final = 65_536
_USED_AT_LEAST: Final = 32


class ConnectionLimit:
    """The places of one server.

    Attributes:
        slots: so many connections are served at once.
        queue: so many may wait to be taken in, and are taken in at once.
    """

    def __init__(self, slots: int | None = None) -> None:
        """Count what the system gives, unless the number of places is given."""
        spare = _SPARE
        if slots is None:
            slots, spare = _count_slots()
        self.slots = slots
        # Those of several turns of the loop have come in before the first have given way.
        self.queue = max(2, min(_LONGEST_QUEUE, spare // 8))
        self._inside: set[Transport] = set()
        self._idle: dict[Transport, None] = {}

    @property
    def is_overfull(self) -> bool:
        """Whether somebody is inside for whom there is no place: all others are busy."""
        return len(self._inside) > self.slots

    def enter(self, connection: Transport) -> None:
        """Take somebody in; where there is no place, the one who is idle for longest leaves."""
        if len(self._inside) >= self.slots:
            log.warning("All %d places for connections are taken; idle ones give way.", self.slots)
            oldest = next(iter(self._idle), None)
            if oldest is not None:
                self.leave(oldest)
                oldest.abort()
        self._inside.add(connection)
        self._idle[connection] = None

    def note(self, connection: Transport, *, is_busy: bool) -> None:
        """Learn whether somebody who is inside has asked something that is not answered yet."""
        if is_busy:
            self._idle.pop(connection, None)
        elif connection in self._inside:
            self._idle.setdefault(connection)

    def leave(self, connection: Transport) -> None:
        """Forget somebody. May be called twice."""
        self._inside.discard(connection)
        self._idle.pop(connection, None)


def _count_slots() -> tuple[int, int]:
    """Give the number of places, and how many descriptors are left beside them."""
    limit = _raise_limit()
    if limit is None:
        return _MOST, _SPARE
    free = max(2, limit - _used())
    # Where there are few, connections get half of them.
    slots = min(_MOST, max(free - _SPARE, free // 2))
    return slots, free - slots


def _raise_limit() -> int | None:
    """Raise the number of descriptors that this process may have; give it, or None: no limit."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    if soft == unlimited:
        return None
    wanted = _ENOUGH if hard == unlimited else min(hard, _ENOUGH)
    # macOS gives fewer than it says.
    for most in (wanted, 10_240):
        if most > soft:
            try:
                resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
            except (ValueError, OSError):
                continue
            return most
    return soft


def _used() -> int:
    try:
        return len(os.listdir("/dev/fd"))  # noqa: PTH208  # no need to make paths of them
    except OSError:
        return _USED_AT_LEAST
