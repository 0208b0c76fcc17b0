"""Opens the window on a database of version 0.1 and beats until its claims are prepared.

Prints one JSON line. Settings come from the environment.
"""

import asyncio
import json
from typing import Any, cast

from benchmarks.beats import Beats
from opside_desktop.__main__ import main
from opside_desktop.ui.life import shell
from opside_desktop.ui.life.controller import WindowController

_LIMIT_S = 240
_LOOK_EVERY_S = 0.05
_WORK = "prepare claims"


class _Shell(shell.Shell):
    """The program's own shell, which also measures once it is open."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.opened.connect(self._begin)

    def _begin(self) -> None:
        controller = cast("WindowController", self._controller)  # it is open
        self._measuring = asyncio.ensure_future(self._measure(controller))

    async def _measure(self, controller: WindowController) -> None:
        async with asyncio.timeout(_LIMIT_S):
            while not controller._tasks.is_busy(_WORK):
                await asyncio.sleep(_LOOK_EVERY_S)
            beats = Beats(self)
            while controller._tasks.is_busy(_WORK):
                await asyncio.sleep(_LOOK_EVERY_S)
        beats.stop()
        print(json.dumps({"late_ms": beats.late_ms}), flush=True)
        self._window.close()


shell.Shell = _Shell  # type: ignore[misc]  # the benchmark stands in for the shell
main()
