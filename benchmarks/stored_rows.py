"""Rows stored per second by an unthrottled sync of `high_volume`, against raw `sqlite3`.

Ours: every page fetched over HTTP from a simulator in another process, decoded, classified and
stored with its checkpoint. The yardstick: the same rows, ready in memory, upserted by
`executemany` into the same schema, 5,000 a transaction.
"""

import asyncio
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path

from benchmarks.program import simulator_process, sync_manager, whole_sync
from benchmarks.report import Figure
from opside_desktop.amazon.pacing import Pacer
from opside_desktop.domain.clock import SystemClock
from opside_desktop.store.opening import open_database

KEYS = {
    "amazon_claims": ("user_id", "claim_id"),
    "financial_events": ("user_id", "event_key"),
    "amazon_inventory": ("user_id", "sku"),
    "amazon_orders": ("user_id", "order_id"),
    "amazon_order_items": ("user_id", "order_id", "line_number"),
}
_BATCH = 5_000


async def _ours(folder: Path) -> float:
    with simulator_process("--scenario", "high_volume", "--usage-plans", "none") as url:
        async with sync_manager(folder, url, Pacer(SystemClock())) as manager:
            return (await whole_sync(manager, url)).duration_s


async def _empty(folder: Path) -> None:
    db = await open_database(f"sqlite:///{folder / 'raw.db'}", app_version="0")
    await db.close()


def _rows(folder: Path) -> dict[str, tuple[list[str], list[tuple[object, ...]]]]:
    with closing(sqlite3.connect(folder / "opside.db")) as source:
        found = {}
        for table in KEYS:
            cursor = source.execute(f"SELECT * FROM {table}")  # noqa: S608  # names from above
            found[table] = ([column[0] for column in cursor.description], cursor.fetchall())
        return found


def _raw(folder: Path, rows: dict[str, tuple[list[str], list[tuple[object, ...]]]]) -> float:
    with closing(sqlite3.connect(folder / "raw.db", isolation_level=None)) as target:
        target.execute("PRAGMA journal_mode = WAL")
        target.execute("PRAGMA synchronous = NORMAL")
        started = time.perf_counter()
        for table, (columns, values) in rows.items():
            changed = [name for name in columns if name not in (*KEYS[table], "id")]
            upsert = (
                f"INSERT INTO {table} ({', '.join(columns)}) "  # noqa: S608  # names from above
                f"VALUES ({', '.join('?' * len(columns))}) "
                f"ON CONFLICT ({', '.join(KEYS[table])}) DO UPDATE SET "
                + ", ".join(f"{name} = excluded.{name}" for name in changed)
            )
            for start in range(0, len(values), _BATCH):
                target.execute("BEGIN IMMEDIATE")
                target.executemany(upsert, values[start : start + _BATCH])
                target.execute("COMMIT")
        return time.perf_counter() - started


def measure() -> list[Figure]:
    """Sync once, then store the very same rows by raw upserts."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours_s = asyncio.run(_ours(folder))
        asyncio.run(_empty(folder))
        rows = _rows(folder)
        raw_s = _raw(folder, rows)
    total = sum(len(values) for _, values in rows.values())
    return [
        Figure(
            "rows stored by a whole sync of high_volume",
            total / ours_s,
            "rows/s",
            "raw sqlite3 executemany of the same rows",
            total / raw_s,
            "reported",
        )
    ]
