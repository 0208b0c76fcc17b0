"""Outlasting a database that is away for a while: a restart, a lost network, a lock held long."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeVar

from opside_desktop.domain.errors import DatabaseGone

log = logging.getLogger(__name__)

T = TypeVar("T")

OUTLASTED_S: Final = 300.0
"""A sync waits so long for its database, then fails; a new one takes it up."""

LONGEST_TRY_S: Final = 15.0
"""What took longer was no try: the computer slept in between."""

_FIRST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 5.0


class Outages:
    """Who in one sync waits for the database.

    Args:
        tell: told whether anybody does, at every change.
    """

    def __init__(self, tell: Callable[[bool], None]) -> None:
        self._tell = tell
        self._waiting: set[str] = set()

    def note(self, who: str, is_waiting: bool) -> None:
        """Note that somebody waits for the database, or no longer does."""
        before = bool(self._waiting)
        (self._waiting.add if is_waiting else self._waiting.discard)(who)
        if bool(self._waiting) is not before:
            self._tell(bool(self._waiting))

    async def outlast(
        self,
        who: str,
        work: Callable[[], Awaitable[T]],
        *,
        limit_s: float = OUTLASTED_S,
        give_up: asyncio.Event | None = None,
    ) -> T:
        """Do something with the database, again and again while it is gone.

        Args:
            work: may have been done although it failed, so doing it twice must do no harm.
            give_up: ends the waiting once it is set.

        Raises:
            DatabaseGone: it did not come back in time.
        """
        gone_s, pause_s = 0.0, _FIRST_PAUSE_S
        ending = give_up or asyncio.Event()
        try:
            while True:
                began = time.monotonic()
                try:
                    return await work()
                except DatabaseGone as fault:
                    gone_s += min(time.monotonic() - began, LONGEST_TRY_S) + pause_s
                    if gone_s > limit_s or ending.is_set():
                        raise
                    log.warning("%s: waits for the database: %s", who, fault)
                    self.note(who, True)
                with suppress(TimeoutError):
                    await asyncio.wait_for(ending.wait(), pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        finally:
            self.note(who, False)
