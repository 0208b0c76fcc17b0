"""How far a long piece of work is, on standard error: a bar on a terminal, else lines."""

import asyncio
import contextlib
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from opside_desktop.cli.progress import LINE_EVERY_S
from opside_desktop.cli.running import interrupts
from opside_desktop.domain.clock import SYSTEM_CLOCK, Clock
from opside_desktop.domain.errors import Cancelled

T = TypeVar("T")


class WorkBar:
    """Shows percent and words."""

    def __init__(self, console: Console, words: str, clock: Clock = SYSTEM_CLOCK) -> None:
        self._console = console
        self._clock = clock
        self._last_at = clock.monotonic()
        self._bar = Progress(
            BarColumn(bar_width=24),
            TaskProgressColumn(),
            TextColumn("{task.description}", markup=False),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task(words, total=100)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def show(self, percent: int, words: str) -> None:
        """Show where the work stands."""
        self._bar.update(self._task, completed=percent, description=words)
        now = self._clock.monotonic()
        if not self._console.is_terminal and now - self._last_at >= LINE_EVERY_S:
            self._last_at = now
            with contextlib.suppress(OSError):  # a closed standard error stops no work
                self._console.print(f"{percent:3d} %  {words}", markup=False)


async def until_done(work: Coroutine[Any, Any, T], stopped: Cancelled) -> T:
    """Do the work; the first Ctrl-C or SIGTERM stops it, and waits until it has cleaned up.

    Raises:
        Cancelled: `stopped`, if it was stopped.
    """
    stop = asyncio.Event()
    with interrupts(stop):
        working = asyncio.ensure_future(work)
        stopping = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                working.cancel()
                await asyncio.wait({working})
            if working.cancelled():
                raise stopped
            return working.result()
        finally:
            stopping.cancel()
            working.cancel()
