"""Notifying of each sync's changes without haste: the one throttle before all its watchers."""

import asyncio
from collections.abc import Callable

from opside_desktop.domain.syncs import SyncKey, SyncRun


class Throttle:
    """Passes records on to `notify`, at most one in `every_s` seconds for each sync.

    The first comes at once, then the newest of each interval; the last one always, and at once.
    It goes by the loop's time: who hears lives in that, whatever clock a sync is given.
    """

    def __init__(self, every_s: float, notify: Callable[[SyncRun], None]) -> None:
        self._every_s = every_s
        self._notify = notify
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[SyncKey, SyncRun] = {}
        self._timers: dict[SyncKey, asyncio.TimerHandle] = {}
        self._notified: dict[SyncKey, float] = {}

    def put(self, run: SyncRun) -> None:
        """Take a record; a newer one replaces it while it waits."""
        key = run.key
        self._waiting[key] = run
        pause_s = self._notified.get(key, float("-inf")) + self._every_s - self._loop.time()
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
        self._notify(run)
