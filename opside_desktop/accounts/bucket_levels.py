"""The levels of Amazon's token buckets between two sessions and between two programs."""

import asyncio
import contextlib
import logging
import weakref
from typing import TYPE_CHECKING

from opside_desktop.domain.clock import Clock
from opside_desktop.domain.errors import DatabaseFault
from opside_desktop.domain.ids import UserId
from opside_desktop.domain.pacing import SavedLevel
from opside_desktop.store import bucket_levels
from opside_desktop.store.database import Database

if TYPE_CHECKING:
    from opside_desktop.amazon.pacing import Pacer

log = logging.getLogger(__name__)


class BucketLevels:
    """Gives each account and base URL its pacer, which all its sessions share while any lives.

    A pacer begins where the last one ended, also in another program: Amazon's buckets do not fill
    up because ours was restarted. `close` saves what is still to be saved.

    Levels change with each call; they are saved at most every `save_every_s`.
    """

    def __init__(self, db: Database, clock: Clock, *, scale: float, save_every_s: float) -> None:
        self._db = db
        self._clock = clock
        self._scale = scale
        self._save_every_s = save_every_s
        self._pacers: weakref.WeakValueDictionary[tuple[UserId, str], Pacer] = (
            weakref.WeakValueDictionary()
        )
        self._unsaved: dict[tuple[UserId, str], dict[str, SavedLevel]] = {}
        self._saver: asyncio.Task[None] | None = None

    async def pacer(self, user_id: UserId, base_url: str) -> "Pacer":
        """Give the pacer of an account at a base URL."""
        from opside_desktop.amazon.pacing import Pacer
        from opside_desktop.amazon.usage_plans import Operation

        key = (user_id, base_url)
        shared = self._pacers.get(key)
        if shared is not None:
            return shared
        await self._save()
        saved = await bucket_levels.load_levels(self._db, user_id, base_url)
        known = set(Operation)
        levels = {Operation(name): level for name, level in saved.items() if name in known}

        def on_level(operation: Operation, level: SavedLevel) -> None:
            self._unsaved.setdefault(key, {})[operation.value] = level
            if self._saver is None or self._saver.done():
                self._saver = asyncio.get_running_loop().create_task(
                    self._save_soon(), name="bucket levels"
                )

        pacer = Pacer(self._clock, scale=self._scale, levels=levels, on_level=on_level)
        # Another session may have opened while the levels were read.
        return self._pacers.setdefault(key, pacer)

    async def close(self) -> None:
        """Save what is still to be saved."""
        if self._saver is not None:
            self._saver.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._saver
        await self._save()

    async def _save_soon(self) -> None:
        await self._clock.sleep(self._save_every_s)
        await self._save()

    async def _save(self) -> None:
        unsaved, self._unsaved = self._unsaved, {}
        for (user_id, base_url), levels in unsaved.items():
            try:
                await bucket_levels.save_levels(self._db, user_id, base_url, levels)
            except DatabaseFault as fault:
                log.warning("The levels of Amazon's buckets could not be saved: %s", fault)
