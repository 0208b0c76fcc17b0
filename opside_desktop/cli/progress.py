"""How far a long piece of work is, on standard error: a bar on a terminal, else lines."""

import contextlib
import math
import re
from typing import Final, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from opside_desktop.cli.terminal import printable
from opside_desktop.domain.clock import SYSTEM_CLOCK, Clock
from opside_desktop.domain.syncs import SyncRun

LINE_EVERY_S: Final = 2.0
WAITING_LINE_EVERY_S: Final = 30.0
"""Without a terminal a line is written no more often, so that a log stays readable; one that
differs by its numbers only, as while Amazon's quota is waited for, still less often."""

_NUMBERS: Final = re.compile(r"[\d,]+")


class ProgressBar:
    """Shows percent and words; the first line comes only where the work takes a while."""

    def __init__(
        self, console: Console, words: str, *more: ProgressColumn, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self._console = console
        self._clock = clock
        self._bar = Progress(
            BarColumn(bar_width=24),
            TaskProgressColumn(),
            *more,
            TextColumn("{task.description}", markup=False),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task(words, total=100)
        self._last = -1, ""
        self._last_at = clock.monotonic()

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.stop()

    def show(self, percent: int, words: str, *, is_last: bool = False) -> None:
        """Show where the work stands."""
        self._bar.update(self._task, completed=percent, description=words)
        if self._console.is_terminal or (percent, words) == self._last:
            return
        former, now = self._last, self._clock.monotonic()
        waits = former[0] == percent and _without_numbers(former[1]) == _without_numbers(words)
        if is_last or now - self._last_at >= (WAITING_LINE_EVERY_S if waits else LINE_EVERY_S):
            self._last, self._last_at = (percent, words), now
            self.note(f"{percent:3d} %  {words}")

    def note(self, text: str) -> None:
        """Write a line above the bar."""
        with contextlib.suppress(OSError):  # a closed standard error stops no work
            self._console.print(text, markup=False, soft_wrap=True)


class SyncProgress(ProgressBar):
    """Shows the progress that the sync manager publishes, from the first line on."""

    def __init__(self, console: Console, clock: Clock = SYSTEM_CLOCK) -> None:
        super().__init__(console, "Starting…", TimeElapsedColumn(), clock=clock)
        self._last_at = -math.inf

    def follow(self, run: SyncRun) -> None:
        """Show where a sync stands."""
        self.show(run.progress, printable(run.message), is_last=not run.is_running)


def _without_numbers(words: str) -> str:
    return _NUMBERS.sub("", words)
