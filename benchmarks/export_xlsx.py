"""How much memory an export to a workbook takes: a million rows against a hundred thousand.

Each export runs in a process of its own, which looks every 20 ms at its resident memory and that of
the process that writes the workbook, before the first row and until the file is whole. The system's
own record of the peak would not do: a process inherits that of the one that started it.
"""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

from benchmarks.million_data import ROWS, USER, fill_sqlite
from benchmarks.report import Figure
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.export_formats import ExportFormat
from opside_desktop.store.exports.plan import Export, plain_columns
from opside_desktop.store.exports.run import export_rows
from opside_desktop.store.opening import open_database
from opside_desktop.store.reading.queries import RowQuery

_FEW = 100_000


def measure() -> list[Figure]:
    """Export few and many rows; memory that grew with them would show."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill_sqlite(folder / "few.db", _FEW)
        fill_sqlite(folder / "many.db", ROWS)
        few, many = (_in_process(folder / f"{each}.db") for each in ("few", "many"))
    return [
        Figure(
            "peak memory of the two processes that export a million claims to xlsx",
            many["peak_mb"],
            "MB",
            "a hundred thousand claims",
            few["peak_mb"],
            "at most 1.1: constant",
        ),
        Figure(
            "growth of memory during that export",
            many["peak_mb"] - many["before_mb"],
            "MB",
            "a hundred thousand claims",
            few["peak_mb"] - few["before_mb"],
            "reported",
        ),
        Figure(
            "a million claims to xlsx",
            ROWS / many["seconds"],
            "rows/s",
            "a hundred thousand claims",
            _FEW / few["seconds"],
            "reported",
        ),
    ]


def _in_process(database: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.export_xlsx", str(database)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
        capture_output=True,
        text=True,
        timeout=540,
        check=True,
    )
    seen: dict[str, float] = json.loads(done.stdout)
    return seen


def _watch(seen_mb: list[float], done: threading.Event) -> None:
    while not done.wait(0.02):
        seen_mb.append(_resident_mb())


def _resident_mb() -> float:
    """Of this process and the one that writes the workbook."""
    mb = 0.0
    own = psutil.Process()
    for process in (own, *own.children()):
        with contextlib.suppress(psutil.NoSuchProcess):
            mb += process.memory_info().rss / 1e6
    return mb


async def _export(database: Path) -> None:
    db = await open_database(f"sqlite:///{database}", app_version="0")
    try:
        plan = Export(
            query=RowQuery(Dataset.CLAIMS, (USER,)),
            form=ExportFormat.XLSX,
            target=database.with_suffix(".xlsx"),
            columns=plain_columns(Dataset.CLAIMS),
        )
        before_mb = _resident_mb()
        seen_mb, done = [before_mb], threading.Event()
        watching = threading.Thread(target=_watch, args=(seen_mb, done))
        watching.start()
        started = time.perf_counter()
        try:
            await export_rows(db, plan)
        finally:
            done.set()
            watching.join()
        seconds = time.perf_counter() - started
    finally:
        await db.close()
    print(json.dumps({"peak_mb": max(seen_mb), "before_mb": before_mb, "seconds": seconds}))


if __name__ == "__main__":
    asyncio.run(_export(Path(sys.argv[1])))
