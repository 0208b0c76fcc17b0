"""Several windows of one dataset side by side, and their pauses told as those of one."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from opside_desktop.domain.waits import Wait, WaitListener

T = TypeVar("T")

MOST: Final = 4
"""So many windows of a dataset are under way at once: a slow answer keeps no other waiting."""

_LOOK_S: Final = 0.1


class PageEnd(Exception):
    """The program is closing, and a page has just been stored: the rest is for the next sync."""


class Lanes:
    """The windows of one dataset that are under way.

    Args:
        told: hears of a pause while all of them pause, and of the one that ends first.
    """

    def __init__(self, told: WaitListener) -> None:
        self._told = told
        self._running: set[asyncio.Task[None]] = set()
        self._waits: dict[asyncio.Task[None] | None, Wait] = {}
        self._shown: Wait | None = None

    @property
    def waiting(self) -> int:
        """How many pause."""
        return len(self._waits)

    @property
    def _all_wait(self) -> bool:
        return len(self._waits) >= max(1, len(self._running))

    def on_wait(self, wait: Wait | None) -> None:
        """Hear that who calls this pauses, or goes on."""
        task = asyncio.current_task()
        if wait is None:
            self._waits.pop(task, None)
        else:
            self._waits[task] = wait
        self._tell()

    def _tell(self) -> None:
        waits = self._waits.values()
        first = min(waits, key=lambda one: one.until) if waits and self._all_wait else None
        if first != self._shown:
            self._shown = first
            self._told(first)

    async def run(
        self, following: Callable[[], T | None], work: Callable[[T], Awaitable[None]]
    ) -> None:
        """Work on whatever comes next, a few at once, until nothing comes and all is done.

        The first error ends the others. Where the program is closing, pages on their way are
        awaited, but no pause.

        Args:
            following: gives the next one, None where there is none now.

        Raises:
            PageEnd: the program is closing.
        """
        is_closing = False
        try:
            while not (is_closing and self._all_wait):
                self._begin(following, work, is_closing)
                if not self._running:
                    break
                done, _ = await asyncio.wait(
                    self._running,
                    timeout=_LOOK_S if is_closing else None,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                for task in done:
                    self._end(task)
                    try:
                        task.result()
                    except PageEnd:
                        is_closing = True
        finally:
            left = list(self._running)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            for task in left:
                self._end(task)
        if is_closing:
            raise PageEnd

    def _begin(
        self,
        following: Callable[[], T | None],
        work: Callable[[T], Awaitable[None]],
        is_closing: bool,
    ) -> None:
        async def worked(one: T) -> None:
            await work(one)

        while not is_closing and len(self._running) < MOST and (one := following()) is not None:
            self._running.add(asyncio.create_task(worked(one)))
        self._tell()

    def _end(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._waits.pop(task, None)
        self._tell()
