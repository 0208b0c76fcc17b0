"""Preparing what version 0.1 has stored: before a user's first sync, or in the background."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from opside_desktop.domain.clock import Clock
from opside_desktop.domain.errors import DatabaseFault, SyncInProgress
from opside_desktop.domain.ids import SyncId, UserId
from opside_desktop.logs.bugs import log_bug
from opside_desktop.store.database import Database
from opside_desktop.store.old_events.bringing_over import bring_over
from opside_desktop.store.old_events.users import State, state_of, take_news
from opside_desktop.sync.timings import SyncTimings

log = logging.getLogger(__name__)

Tell = Callable[[float, str], None]
"""Told how much is done, from 0 to 1, and in a sentence what goes on."""

TOLD_BY_SYNC: Final = "sync"
TOLD_IN_WINDOW: Final = "window"


def preparing(fraction: float) -> str:
    """Say how much of the stored claims is prepared (0 to 1)."""
    return f"Preparing stored claims… {min(99, int(100 * fraction))} %"


def about_doubles(count: int) -> str:
    """Say what was found among the claims of version 0.1, and how to see it."""
    if count == 1:
        return (
            "1 stored claim was there twice, because Amazon had sent it again in other words: the "
            "newer one is hidden. `opside-desktop list claims --hidden` shows it."
        )
    return (
        f"{count:,} stored claims were there twice, because Amazon had sent them again in other "
        "words: the newer ones are hidden. `opside-desktop list claims --hidden` shows them."
    )


def about_left(state: State) -> str:
    """Say that claims are still as version 0.1 left them; they can be read all the same."""
    users = len(state.left)
    return (
        f"The stored claims of {users:,} {'user' if users == 1 else 'users'} are not prepared for "
        "this version yet."
    )


@dataclass(eq=False)
class Preparation:
    """Prepares all users' claims, in the background or while somebody waits."""

    db: Database
    clock: Clock
    timings: SyncTimings
    _task: asyncio.Task[None] | None = field(default=None)

    async def run(self, tell: Tell) -> int:
        """Prepare what is left of every user's claims; gives of how many users there was any.

        A user for whom a sync of another program runs is waited for: a sync of this version does
        it itself, and one of version 0.1 still writes what is to be prepared.

        Raises:
            DatabaseFault: the database cannot be read or written.
        """
        left = list((await state_of(self.db)).left)
        for place, user_id in enumerate(left):

            def told(fraction: float, waiting: str = "", place: int = place) -> None:
                of_all = (place + fraction) / len(left)
                tell(of_all, waiting or preparing(of_all))

            await self._prepare(user_id, told)
        return len(left)

    async def news_for_window(self, user_id: UserId) -> int:
        """Give once how many doubles of a user were hidden, to be told in the window."""
        return await take_news(self.db, user_id, TOLD_IN_WINDOW)

    def start(self) -> None:
        """Prepare in the background; once is enough. What stops it is logged: each sync goes on."""
        if self._task is None and self.db.read_only is None:
            self._task = asyncio.create_task(self._run_logged(), name="preparing claims")

    async def close(self) -> None:
        """Stop; the next start goes on behind the last transaction."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _prepare(self, user_id: UserId, told: Callable[..., None]) -> None:
        while True:
            try:
                await bring_over(self.db, user_id, told)
            except SyncInProgress as running:
                told(0.0, _waiting(running.existing_sync_id))
                await self.clock.sleep(self.timings.preparing_poll_s)
            else:
                return

    async def _run_logged(self) -> None:
        try:
            await self.run(lambda done, sentence: None)
        except DatabaseFault as fault:
            log.warning("The stored claims are not prepared yet: %s", fault)
        except Exception as error:  # noqa: BLE001  # our mistake; the rest of the program goes on
            log_bug(log, "Preparing the stored claims failed.", error)


def _waiting(sync_id: SyncId) -> str:
    return f"Preparing stored claims… waiting for the sync that runs ({sync_id})."
