"""How many rows a list has in all: counted once for many requests."""

import asyncio
from collections import OrderedDict
from typing import Final

from opside_desktop.api.timings import ApiTimings
from opside_desktop.domain.clock import Clock
from opside_desktop.domain.errors import OpsideError
from opside_desktop.domain.ids import UserId
from opside_desktop.domain.syncs import SyncRun
from opside_desktop.store.database import Database
from opside_desktop.store.reading.queries import RowQuery
from opside_desktop.store.reading.rows import count

_REMEMBERED: Final = 1_000


class Totals:
    """Totals of lists, forgotten when a sync of their user ends."""

    def __init__(self, db: Database, clock: Clock, timings: ApiTimings) -> None:
        self._db = db
        self._clock = clock
        self._timings = timings
        self._known: OrderedDict[RowQuery, tuple[int, float]] = OrderedDict()  # and counted when
        self._counting: dict[RowQuery, asyncio.Task[int]] = {}

    async def total(self, query: RowQuery) -> int:
        """Tell how many rows a query has, by a count at most half a minute old.

        Raises:
            BadInput, DatabaseFault: the rows cannot be counted.
        """
        known = self._known.get(query)
        if known is not None:
            total, counted_at = known
            age_s = self._clock.monotonic() - counted_at
            if age_s < self._timings.usable_s:
                if age_s >= self._timings.fresh_s:
                    self._count(query)
                return total
        return await asyncio.shield(self._count(query))

    def note_run(self, run: SyncRun) -> None:
        """Listen to syncs: what one has brought must not be missing from the next list."""
        if not run.is_running:
            self._forget(run.user_id)

    async def close(self) -> None:
        """Stop counting."""
        tasks = list(self._counting.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _forget(self, user_id: UserId) -> None:
        for query in [each for each in self._known if user_id in each.user_ids]:
            del self._known[query]
        for query in [each for each in self._counting if user_id in each.user_ids]:
            # It may have begun before the last rows came; who waits for it has asked before, too.
            del self._counting[query]

    def _count(self, query: RowQuery) -> asyncio.Task[int]:
        running = self._counting.get(query)
        if running is None:
            began = self._clock.monotonic()
            running = asyncio.create_task(count(self._db, query))
            self._counting[query] = running
            running.add_done_callback(lambda task: self._counted(query, task, began))
        return running

    def _counted(self, query: RowQuery, task: asyncio.Task[int], began: float) -> None:
        if self._counting.get(query) is not task:
            task.cancelled() or task.exception()
            return
        del self._counting[query]
        if task.cancelled() or isinstance(task.exception(), OpsideError):
            return
        self._known[query] = task.result(), began
        self._known.move_to_end(query)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
