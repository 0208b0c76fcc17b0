"""The progress of syncs as Server-Sent Events: one subscription for all listeners of a sync."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from typing import Final

from litestar.response.sse import ServerSentEventMessage

from opside_desktop.api.errors import UNAUTHORIZED
from opside_desktop.api.timings import ApiTimings
from opside_desktop.contract.syncs import sync_of
from opside_desktop.contract.wire import encode
from opside_desktop.domain.clock import Clock
from opside_desktop.domain.syncs import SyncKey, SyncRun
from opside_desktop.logs.bugs import log_bug
from opside_desktop.sync.board import SyncBoard

log = logging.getLogger(__name__)

_HEARTBEAT: Final = b": alive\r\n\r\n"
_EXPIRED: Final = ServerSentEventMessage(
    data=encode(UNAUTHORIZED), event=UNAUTHORIZED.error
).encode()
_AT_A_TIME: Final = 10


def event_of(run: SyncRun) -> bytes:
    """A sync's record as an event; the last one has a name of its own."""
    name = "sync_progress" if run.is_running else "sync_complete"
    return ServerSentEventMessage(data=encode(sync_of(run)), event=name).encode()


class Feeds:
    """The syncs that somebody listens to."""

    def __init__(self, board: SyncBoard, clock: Clock, timings: ApiTimings) -> None:
        self._board = board
        self._clock = clock
        self._timings = timings
        self._feeds: dict[SyncKey, Feed] = {}
        self._closed = False

    async def listen(self, run: SyncRun, *, until: float | None) -> AsyncIterator[bytes]:
        """Yield a sync's present state and each newer one up to the last, with heartbeats.

        A slow reader misses states in between, never the last.

        Args:
            until: when the listener's token expires (seconds since 1970); the stream then says so
                and ends.
        """
        if not run.is_running or self._closed:
            yield event_of(run)
            return
        feed = self._feeds.get(run.key)
        if feed is None:
            feed = self._feeds[run.key] = Feed(self._board, run, self._clock, self._timings)
        try:
            async for event in feed.events(until):
                yield event
        finally:
            if not feed.listeners:
                if self._feeds.get(run.key) is feed:
                    del self._feeds[run.key]
                feed.task.cancel()

    async def close(self, *, grace_s: float = 0.0) -> None:
        """End all streams; those of syncs that have just ended may tell so first.

        Who only now begins to listen hears of the present state alone.
        """
        self._closed = True
        feeds, self._feeds = list(self._feeds.values()), {}
        if feeds and grace_s > 0:
            await asyncio.wait([feed.task for feed in feeds], timeout=grace_s)
        for feed in feeds:
            await feed.close()


class Feed:
    """One sync, followed once and told to many."""

    def __init__(self, board: SyncBoard, run: SyncRun, clock: Clock, timings: ApiTimings) -> None:
        self._board = board
        self._run = run
        self._clock = clock
        self._timings = timings
        self._event = event_of(run)
        self._number = 1
        self._ended = False
        self.listeners: set[asyncio.Event] = set()
        self.task = asyncio.create_task(self._follow(), name=f"feed of {run.sync_id}")

    async def events(self, until: float | None) -> AsyncIterator[bytes]:
        """Yield the present state, then the newest one whenever there is a newer one."""
        changed, heartbeat_s = asyncio.Event(), self._timings.heartbeat_s
        self.listeners.add(changed)
        seen = 0
        try:
            while True:
                left_s = heartbeat_s if until is None else until - self._clock.now()
                if left_s <= 0:
                    yield _EXPIRED
                    return
                changed.clear()
                if seen != self._number:
                    seen = self._number
                    yield self._event
                    # The reader may have taken his time: what holds now is to be looked at anew.
                    continue
                if self._ended:
                    return
                if not await self._clock.wait(changed, min(left_s, heartbeat_s)):
                    yield _HEARTBEAT
        finally:
            self.listeners.discard(changed)

    async def close(self) -> None:
        """End the stream of every listener."""
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task
        self._ended = True
        await self._notify()

    async def _follow(self) -> None:
        try:
            async with aclosing(self._board.follow(self._run)) as runs:
                async for run in runs:
                    if run != self._run:
                        self._run = run
                        self._event = event_of(run)  # once for all of them
                        self._number += 1
                    if run.is_running:
                        await self._notify()
                        await self._clock.sleep(self._timings.per_listener_s * len(self.listeners))
        except Exception as error:  # noqa: BLE001  # the listeners must not wait for ever
            log_bug(log, f"Following {self._run.sync_id} failed.", error)
        self._ended = True
        await self._notify()

    async def _notify(self) -> None:
        for number, changed in enumerate(tuple(self.listeners)):
            changed.set()
            if number % _AT_A_TIME == _AT_A_TIME - 1:
                # Requests in between are answered in between.
                await asyncio.sleep(0)
