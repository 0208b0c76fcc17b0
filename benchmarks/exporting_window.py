"""Opens the window, starts a sync and an export, and measures a heartbeat on the loop meanwhile.

The form of the export is the argument: csv is measured until both have ended, xlsx, which takes
longer, until the sync has. Prints one JSON line. Settings come from the environment.
"""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any, cast

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from benchmarks.million_data import USER
from opside_desktop.__main__ import main
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.export_formats import ExportFormat
from opside_desktop.domain.syncs import SyncRun
from opside_desktop.store.exports.plan import Export, plain_columns
from opside_desktop.store.reading.queries import RowQuery
from opside_desktop.ui.frame.main_window import MainWindow
from opside_desktop.ui.life import shell
from opside_desktop.ui.life.controller import WindowController

_BEAT_S = 0.010
_LIMIT_S = 240
_LOOK_S = 3.0
"""A person looks at the window before the click."""


async def _beat(late_ms: list[float]) -> None:
    while True:
        due = time.perf_counter() + _BEAT_S
        await asyncio.sleep(_BEAT_S)
        late_ms.append(max(0.0, (time.perf_counter() - due) * 1000))


async def _measure(
    window: MainWindow,
    controller: WindowController,
    form: ExportFormat,
    ended: "asyncio.Future[SyncRun]",
) -> None:
    await asyncio.sleep(_LOOK_S)
    late_ms: list[float] = []
    target = Path(controller._services.settings.home) / f"claims{form.suffix}"
    plan = Export(
        query=RowQuery(Dataset.CLAIMS, (USER,)),
        form=form,
        target=target,
        columns=plain_columns(Dataset.CLAIMS),
        is_gentle=True,
    )
    beat = asyncio.create_task(_beat(late_ms))
    button = cast("QPushButton", window.findChild(QPushButton, "syncNow"))
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    controller.work.export(plan)
    async with asyncio.timeout(_LIMIT_S):
        run = await ended
        while form is ExportFormat.CSV and not target.exists():
            await asyncio.sleep(0.05)
    beat.cancel()
    print(json.dumps({"status": run.status, "late_ms": late_ms}), flush=True)
    window.may_close = lambda: True  # a workbook may still be written, which nobody waits for
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
        self._measuring = asyncio.ensure_future(_measure(self._window, controller, _FORM, ended))


_FORM = ExportFormat(sys.argv.pop(1))
shell.Shell = _Shell  # type: ignore[misc]  # the benchmark stands in for the shell
main()
