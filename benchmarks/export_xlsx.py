"""How much memory an export to a workbook takes: a million rows against a hundred thousand.

Each export runs in a process of its own, which tells the highest its resident memory ever was:
interpreter, libraries and database included.
"""

import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.million_data import ROWS, USER, fill_sqlite
from benchmarks.report import Figure
from opside_desktop.domain.datasets import Dataset
from opside_desktop.store.database import open_database
from opside_desktop.store.exports.plan import Export, Form, plain_columns
from opside_desktop.store.exports.run import export_rows
from opside_desktop.store.queries import RowQuery

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
            "peak memory of a process that exports a million claims to xlsx",
            many["peak_mb"],
            "MB",
            "a hundred thousand claims",
            few["peak_mb"],
            "at most 1.1: constant",
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


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def _export(database: Path) -> None:
    db = await open_database(f"sqlite:///{database}", app_version="0")
    try:
        plan = Export(
            query=RowQuery(Dataset.CLAIMS, (USER,)),
            form=Form.XLSX,
            target=database.with_suffix(".xlsx"),
            columns=plain_columns(Dataset.CLAIMS),
        )
        started = time.perf_counter()
        await export_rows(db, plan)
        seconds = time.perf_counter() - started
    finally:
        await db.close()
    print(json.dumps({"peak_mb": _peak_mb(), "seconds": seconds}))


if __name__ == "__main__":
    asyncio.run(_export(Path(sys.argv[1])))
