"""Notifying of each sync's changes without haste: the one throttle before all its watchers."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from opside_desktop.domain.syncs import SyncKey, SyncRun


@dataclass(slots=True)
class Throttle:
    """Passes records on to `notify`, at most one in `every_s` seconds for each sync.

    The first comes at once, then the newest of each interval; the last one always, and at once.
    It goes by the loop's time: who hears lives in that, whatever clock a sync is given.
    """

    every_s: float
    notify: Callable[[SyncRun], None]
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    _waiting: dict[SyncKey, SyncRun] = field(default_factory=dict)
    _timers: dict[SyncKey, asyncio.TimerHandle] = field(default_factory=dict)
    _notified: dict[SyncKey, float] = field(default_factory=dict)

    def put(self, run: SyncRun) -> None:
        """Take a record; a newer one replaces it while it waits."""
        key = run.key
        self._waiting[key] = run
        pause_s = self._notified.get(key, float("-inf")) + self.every_s - self._loop.time()
        if pause_s <= 0 or not run.is_running:
            self._pass_on(key)
        elif key not in self._timers:
            self._timers[key] = self._loop.call_later(pause_s, self._pass_on, key)

    def close(self) -> None:
        for timer in self._timers.values():
            timer.cancel()

    def _pass_on(self, key: SyncKey) -> None:
        if (timer := self._timers.pop(key, None)) is not None:
            timer.cancel()
        run = self._waiting.pop(key)
        if run.is_running:
            self._notified[key] = self._loop.time()
        else:
            self._notified.pop(key, None)
        self.notify(run)
