"""Opens the window, clicks Sync now, and measures a heartbeat on the loop until the sync ends.

Prints one JSON line. The program's own settings come from the environment.
"""

import asyncio
import json
import time
from typing import Any, cast

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from opside_desktop.__main__ import main
from opside_desktop.domain.syncs import SyncRun
from opside_desktop.ui.life import shell
from opside_desktop.ui.life.controller import WindowController

_BEAT_S = 0.010
_LIMIT_S = 240
_LOOK_S = 2.0
"""A person looks at the window before the click."""


async def _beat(late_ms: list[float]) -> None:
    while True:
        due = time.perf_counter() + _BEAT_S
        await asyncio.sleep(_BEAT_S)
        late_ms.append(max(0.0, (time.perf_counter() - due) * 1000))


async def _measure(window: Any, ended: "asyncio.Future[SyncRun]") -> None:
    await asyncio.sleep(_LOOK_S)
    button = window.findChild(QPushButton, "syncNow")
    late_ms: list[float] = []
    beat = asyncio.create_task(_beat(late_ms))
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    async with asyncio.timeout(_LIMIT_S):
        run = await ended
    beat.cancel()
    print(json.dumps({"status": run.status, "late_ms": late_ms}), flush=True)
    window.close()


class _Shell(shell.Shell):
    """The program's own shell, which also measures once it is open."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.opened.connect(self._measure)

    def _measure(self) -> None:
        ended = asyncio.get_running_loop().create_future()
        controller = cast("WindowController", self._controller)  # it is open
        controller._services.sync_signals.ended.connect(ended.set_result)
        self._measuring = asyncio.ensure_future(_measure(self._window, ended))


shell.Shell = _Shell  # type: ignore[misc]  # the benchmark stands in for the shell
main()
