"""When the rows of other programs' syncs are read: now and then, or as soon as a server tells."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count

from opside_desktop.domain.clock import Clock
from opside_desktop.domain.errors import DatabaseFault, OpsideError
from opside_desktop.domain.syncs import SyncKey
from opside_desktop.logs.bugs import log_bug
from opside_desktop.store.sync_row_changes import RowChanges
from opside_desktop.sync.timings import SyncTimings

log = logging.getLogger(__name__)

OnLook = Callable[[OpsideError | None], None]
"""Called after each look for new syncs, with what went wrong."""


@dataclass(slots=True)
class Polling:
    """Two loops: one looks for new syncs of the watched users, one reads the running ones.

    Attributes:
        row_changes: whether a server tells of changes; it may get lost with a connection.
        others: gives the running syncs of other programs that somebody wants to know of.
        read: reads the row of one; nobody follows it any more where that fails unexpectedly.
        look: reads the newest sync of every watched user, or only of those that are always looked
            at.
    """

    row_changes: RowChanges
    clock: Clock
    timings: SyncTimings
    others: Callable[[], set[SyncKey]]
    read: Callable[[SyncKey], Awaitable[None]]
    look: Callable[[bool], Awaitable[None]]
    _look_wanted: asyncio.Event = field(default_factory=asyncio.Event)
    _changed: set[SyncKey] = field(default_factory=set)
    _any_changed: asyncio.Event = field(default_factory=asyncio.Event)
    _looking: asyncio.Task[None] | None = None
    _reading: asyncio.Task[None] | None = None
    _leaving: set[asyncio.Task[None]] = field(default_factory=set)
    """Cancelled looks, which may still read the database for a moment."""

    def look_soon(self) -> None:
        """Look for new syncs without waiting for the turn."""
        self._look_wanted.set()

    def read_soon(self, key: SyncKey) -> None:
        """Read the row of a running sync without waiting for the turn."""
        self._changed.add(key)
        self._any_changed.set()

    def look_again(self, every_s: float, on_look: OnLook) -> None:
        self.look_no_more()
        self._looking = asyncio.create_task(
            self._look_in_turns(every_s, on_look), name="looks for new syncs"
        )

    def look_no_more(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            self._leaving.add(self._looking)
            self._looking.add_done_callback(self._leaving.discard)
            self._looking = None

    def read_again(self) -> None:
        """Read running syncs again and again, for as long as there are any."""
        if self.others() and (self._reading is None or self._reading.done()):
            self._reading = asyncio.create_task(self._read_in_turns(), name="sync polls")

    async def close(self) -> None:
        """Read nothing any more; over once nothing is being read, so that the database can go."""
        self.look_no_more()
        tasks = set(self._leaving)
        if self._reading is not None:
            self._reading.cancel()
            tasks.add(self._reading)
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _look_in_turns(self, every_s: float, on_look: OnLook) -> None:
        for number in count(1):
            await self.clock.wait(self._look_wanted, every_s)
            is_turn = number % self.timings.elsewhere_every == 0
            everywhere = self._look_wanted.is_set() or is_turn
            self._look_wanted.clear()
            fault: OpsideError | None = None
            try:
                await self.look(everywhere)
            except OpsideError as error:
                fault = error
            except Exception as error:  # noqa: BLE001  # the next look may work
                fault = log_bug(log, "Looking for new syncs failed.", error)
            on_look(fault)

    async def _read_in_turns(self) -> None:
        due = self.clock.monotonic() + self._pause_s
        while others := self.others():
            pause_s = max(0.0, due - self.clock.monotonic())
            await self.clock.wait(self._any_changed, pause_s)
            self._any_changed.clear()
            wanted, self._changed = self._changed, set()
            if self.clock.monotonic() >= due:
                wanted, due = others, self.clock.monotonic() + self._pause_s
            for key in wanted & self.others():
                try:
                    await self.read(key)
                except DatabaseFault as fault:
                    log.warning("The syncs of other programs cannot be read now: %s", fault)
                    await self.clock.sleep(self.timings.retry_s)
                    break
                except Exception as error:  # noqa: BLE001  # the others can be read
                    log_bug(log, f"Reading {key.sync_id} of another program failed.", error)
                    await self.clock.sleep(self.timings.retry_s)

    @property
    def _pause_s(self) -> float:
        return self.timings.poll_notified_s if self.row_changes.is_live else self.timings.poll_s
