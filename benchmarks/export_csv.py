"""How fast a million claims become a CSV, against `csv.writer` over raw `sqlite3` rows.

Ours is the whole export: counting, reading in the table's order, exact amounts, ISO dates, defused
texts, progress, and the file on the disk under its final name. The yardsticks write what SQLite
gives, untouched, the same columns: in the same order, and as they lie in the file.
"""

import asyncio
import csv
import sqlite3
import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path

from benchmarks.million_data import ROWS, USER, fill_sqlite
from benchmarks.report import Figure
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.export_formats import ExportFormat
from opside_desktop.store.exports.plan import Export, plain_columns
from opside_desktop.store.exports.run import export_rows
from opside_desktop.store.opening import open_database
from opside_desktop.store.reading.queries import RowQuery

_ROUNDS = 3
_IN_ORDER = " ORDER BY created_at DESC NULLS LAST, id DESC"


def measure() -> list[Figure]:
    """Export in turns with both yardsticks; the medians count."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill_sqlite(folder / "opside.db")
        ours, ordered, plain = [], [], []
        for _ in range(_ROUNDS):
            ordered.append(_raw(folder, _IN_ORDER))
            ours.append(asyncio.run(_ours(folder)))
            plain.append(_raw(folder, ""))
    speed = ROWS / statistics.median(ours)
    return [
        Figure(
            "a million claims to CSV",
            speed,
            "rows/s",
            f"csv.writer over raw sqlite3 rows {words}",
            ROWS / statistics.median(raw),
            "at least 0.5",
        )
        for words, raw in (("in the same order", ordered), ("in the file's order", plain))
    ]


def _raw(folder: Path, order: str) -> float:
    names = ", ".join(column.name for column in plain_columns(Dataset.CLAIMS))
    select = f"SELECT {names} FROM amazon_claims WHERE user_id = ?{order}"  # noqa: S608
    with closing(sqlite3.connect(folder / "opside.db")) as db:
        started = time.perf_counter()
        with (folder / "raw.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(db.execute(select, (USER,)))
        return time.perf_counter() - started


async def _ours(folder: Path) -> float:
    db = await open_database(f"sqlite:///{folder / 'opside.db'}", app_version="0")
    try:
        plan = Export(
            query=RowQuery(Dataset.CLAIMS, (USER,)),
            form=ExportFormat.CSV,
            target=folder / "ours.csv",
            columns=plain_columns(Dataset.CLAIMS),
        )
        started = time.perf_counter()
        done = await export_rows(db, plan)
        seconds = time.perf_counter() - started
    finally:
        await db.close()
    if done.rows != ROWS:
        raise RuntimeError(f"{done.rows} rows were exported.")
    return seconds
