"""Retrying while the database is away: a restart, a lost network, a lock held long."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from opside_desktop.domain.clock import Clock
from opside_desktop.domain.errors import DatabaseGone
from opside_desktop.sync.timings import SyncTimings

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(slots=True)
class Outages:
    """Who in one sync waits for the database.

    Attributes:
        notify: called with whether anybody does, at every change.
    """

    notify: Callable[[bool], None]
    clock: Clock
    timings: SyncTimings
    _waiting: set[str] = field(default_factory=set)

    def note(self, who: str, is_waiting: bool) -> None:
        """Note that somebody waits for the database, or no longer does."""
        before = bool(self._waiting)
        (self._waiting.add if is_waiting else self._waiting.discard)(who)
        if bool(self._waiting) is not before:
            self.notify(bool(self._waiting))

    async def retry_while_database_gone(
        self,
        who: str,
        work: Callable[[], Awaitable[T]],
        *,
        limit_s: float | None = None,
        give_up: asyncio.Event | None = None,
    ) -> T:
        """Do something with the database, again and again while it is gone.

        Args:
            work: may have been done although it failed, so doing it twice must do no harm.
            limit_s: how long in all; without it as long as the timings say.
            give_up: ends the waiting once it is set.

        Raises:
            DatabaseGone: it did not come back in time.
        """
        clock, timings = self.clock, self.timings
        gone_s, pause_s = 0.0, timings.first_pause_s
        most_s = timings.database_gone_s if limit_s is None else limit_s
        ending = give_up or asyncio.Event()
        try:
            while True:
                began = clock.monotonic()
                try:
                    return await work()
                except DatabaseGone as fault:
                    gone_s += min(clock.monotonic() - began, timings.longest_try_s) + pause_s
                    if gone_s > most_s or ending.is_set():
                        raise
                    log.warning("%s: waits for the database: %s", who, fault)
                    self.note(who, True)
                await clock.wait(ending, pause_s)
                pause_s = min(2 * pause_s, timings.longest_pause_s)
        finally:
            self.note(who, False)
