"""A sync's progress on a terminal: a bar where there is one, lines where there is none."""

import contextlib
import re
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from opside_desktop.cli.terminal import printable
from opside_desktop.domain.clock import SYSTEM_CLOCK, Clock
from opside_desktop.domain.syncs import SyncRun

LINE_EVERY_S = 2.0
WAITING_LINE_EVERY_S = 30.0
"""Without a terminal a line is written no more often, so that a log stays readable; one that
differs by its numbers only, as while Amazon's quota is waited for, still less often."""

_NUMBERS = re.compile(r"[\d,]+")


class SyncProgress:
    """Shows the progress that the sync manager publishes. Writes to standard error only."""

    def __init__(self, console: Console, clock: Clock = SYSTEM_CLOCK) -> None:
        self._console = console
        self._clock = clock
        self._bar: Progress | None = None
        self._task = None
        self._last_line = ""
        self._last_progress = -1
        self._last_at = -WAITING_LINE_EVERY_S
        if console.is_terminal:
            self._bar = Progress(
                BarColumn(bar_width=24),
                TaskProgressColumn(),
                TimeElapsedColumn(),
                TextColumn("{task.description}", markup=False),
                console=console,
                transient=True,
            )
            self._task = self._bar.add_task("Starting…", total=100)

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def show(self, run: SyncRun) -> None:
        """Show where a sync stands."""
        message = printable(run.message)
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=run.progress, description=message)
            return
        line = f"{run.progress:3d} %  {message}"
        if line == self._last_line:
            return
        now = self._clock.monotonic()
        same = run.progress == self._last_progress and _words(line) == _words(self._last_line)
        pause = WAITING_LINE_EVERY_S if same else LINE_EVERY_S
        if now - self._last_at >= pause or not run.is_running:
            self._last_line, self._last_at, self._last_progress = line, now, run.progress
            self.note(line)

    def note(self, text: str) -> None:
        """Write a line above the bar."""
        with contextlib.suppress(OSError):  # a closed standard error stops no sync
            self._console.print(text, markup=False, soft_wrap=True)


def _words(line: str) -> str:
    return _NUMBERS.sub("", line)
