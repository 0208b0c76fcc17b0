"""Opens the program's own window over a million claims, uses the table, and tells how long it took.

Prints one JSON line of lists of milliseconds, and of megabytes. Which database: the environment
says, as to the program. `--empty` stops when the table stands: for one without rows, to compare.
"""

import asyncio
import json
import os
import random
import sys
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject, QTimer
from typing_extensions import override

from benchmarks.million_data import SEARCHED, USER
from benchmarks.million_raw import Query, raw_reader
from opside_desktop.__main__ import main
from opside_desktop.store.reading.queries import Sort
from opside_desktop.ui.life import shell
from opside_desktop.ui.tables.rows.query import TableQuery

_BEAT_S = 0.010
_LIMIT_S = 60
_JUMPS = 300
_ROUNDS = 3
_IS_EMPTY = "--empty" in sys.argv

_QUERIES = {
    "indexed column, newest first": (True, TableQuery(sort=(Sort("created_at", descending=True),))),
    "indexed column, oldest first": (True, TableQuery(sort=(Sort("created_at"),))),
    "indexed column, by name": (True, TableQuery(sort=(Sort("claim_id"),))),
    "other column": (False, TableQuery(sort=(Sort("amount", descending=True),))),
    "two other columns": (
        False,
        TableQuery(sort=(Sort("status"), Sort("amount", descending=True))),
    ),
    "text found in some rows": (False, TableQuery(search=SEARCHED)),
    "text found in one row": (False, TableQuery(search="-0000123")),
}


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


class _Paints(QObject):
    """Runs a callback after each paint of a table's rows."""

    def __init__(self, viewport: Any) -> None:
        super().__init__(viewport)
        self.painted: Callable[[], None] = lambda: None
        viewport.installEventFilter(self)

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See a paint, and tell of it once it is done."""
        if event.type() is QEvent.Type.Paint:
            QTimer.singleShot(0, lambda: self.painted())
        return False


class _User:
    """Does with the table what a person does, and waits for what that shows."""

    def __init__(self, table: Any) -> None:
        self._table = table
        self._view, self._model = table.view, table.model
        self._paints = _Paints(table.view.viewport())
        self._resets = 0
        self._model.modelReset.connect(self._on_reset)
        self.late_ms: list[float] = []

    def _on_reset(self) -> None:
        self._resets += 1

    def _shows_rows(self) -> bool:
        first = self._view.rowAt(0)
        last = self._view.rowAt(self._view.viewport().height() - 1)
        last = last if last >= 0 else self._model.rowCount() - 1
        if first < 0:
            return self._model.rowCount() == 0
        return all(self._model.row(number) is not None for number in range(first, last + 1))

    async def until_painted(self, act: Callable[[], object], *, resets: bool) -> float:
        """Act, and give the milliseconds until rows are painted, after a reset of the model."""
        seen = asyncio.get_running_loop().create_future()
        before = self._resets

        def look() -> None:
            if not seen.done() and self._resets >= before + resets and self._shows_rows():
                seen.set_result(time.perf_counter())

        self._paints.painted = look
        began = time.perf_counter()
        act()
        async with asyncio.timeout(_LIMIT_S):
            return float((await seen - began) * 1000)

    async def until_shown(self) -> None:
        """Wait for the first rows, or for the news that there are none."""
        async with asyncio.timeout(_LIMIT_S):
            while not (self._model.has_loaded and self._shows_rows()):
                await asyncio.sleep(0.001)

    async def until_counted(self) -> None:
        """Wait until every row can be jumped to."""
        async with asyncio.timeout(_LIMIT_S):
            while self._model.is_loading or not self._model.is_count_exact:
                await asyncio.sleep(0.002)

    async def until_added_up(self) -> None:
        """Wait until the sum below the table is there, so that nothing else reads."""
        async with asyncio.timeout(_LIMIT_S):
            while not self._table.footer.words.text():
                await asyncio.sleep(0.01)

    async def jump(self, dice: random.Random) -> float:
        """Drag the scroll bar somewhere."""
        bar = self._view.verticalScrollBar()
        return await self.until_painted(
            lambda: bar.setValue(dice.randrange(bar.maximum())), resets=False
        )

    async def jumps(self, count: int) -> list[float]:
        """Jump about."""
        dice = random.Random(2)
        found: list[float] = []
        if not self._view.verticalScrollBar().maximum():
            return found
        for _ in range(count):
            found.append(await self.jump(dice))
            await asyncio.sleep(dice.random() * 0.06)
        return found

    async def beat(self) -> None:
        """Note how late a heartbeat is."""
        while True:
            due = time.perf_counter() + _BEAT_S
            await asyncio.sleep(_BEAT_S)
            self.late_ms.append(max(0.0, (time.perf_counter() - due) * 1000))

    def beats(self) -> list[float]:
        """Give the beats since the last time."""
        found, self.late_ms = self.late_ms, []
        return found


async def _measure(window: Any) -> None:
    from opside_desktop.ui.tables.table import RecordsTable

    async with asyncio.timeout(_LIMIT_S):
        while (table := window.findChild(RecordsTable)) is None:
            await asyncio.sleep(0.001)
    user = _User(table)
    await user.until_shown()
    seen: dict[str, Any] = {"shown_at": time.time()}
    if _IS_EMPTY:
        await asyncio.sleep(2)
        seen["resident_mb"] = _resident_mb()
        print(json.dumps(seen), flush=True)
        window.close()
        return
    await user.until_counted()
    # What the program does once after its start is over by then.
    await asyncio.sleep(1.5)
    beating = asyncio.create_task(user.beat())
    user.beats()
    seen["jumps"] = await user.jumps(_JUMPS)
    seen["jumps beats"] = user.beats()
    seen["resident_mb"] = _resident_mb()
    raw = await raw_reader(USER)
    for name, (is_indexed, query) in _QUERIES.items():
        found: dict[str, list[float]] = {"first": [], "own": [], "beats": [], "counted": []}
        for _ in range(_ROUNDS):
            began = time.perf_counter()
            found["first"].append(
                await user.until_painted(partial(table.show_rows, query), resets=True)
            )
            await user.until_counted()
            found["counted"].append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(0.3)
            await user.until_added_up()
            found["beats"] += user.beats()
            if not is_indexed:
                found["own"].append(await raw.time_ms(Query(query.search, query.sort)))
                user.beats()
        found["jumps"] = await user.jumps(40)
        found["beats"] += user.beats()
        seen[name] = found
    seen["resident at the end"] = _resident_mb()
    beating.cancel()
    await raw.close()
    print(json.dumps(seen), flush=True)
    window.close()


class _Shell(shell.Shell):
    """The program's own shell, which also measures once it is open."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.opened.connect(self._measure)

    def _measure(self) -> None:
        self._measuring = asyncio.ensure_future(_measure(self._window))
        self._measuring.add_done_callback(self._on_measured)

    def _on_measured(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            traceback.print_exception(error)
            self._window.close()


shell.Shell = _Shell  # type: ignore[misc]  # the benchmark stands in for the shell
sys.argv = sys.argv[:1]
main()
