"""Claims upserted per second in both databases, against their drivers' own best way.

The same 50,000 rows, ready in memory, 5,000 a transaction: into an empty table, then once more over
themselves. PostgreSQL's yardstick is asyncpg's COPY into a temporary table, merged from there by
INSERT … ON CONFLICT; SQLite's is `executemany` of the same upsert. Ours and the yardstick take
turns, and the best round of each counts: all that can disturb a round makes it slower.
"""

import asyncio
import gc
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.report import Figure
from opside_desktop.store.opening import open_database
from opside_desktop.store.schema import tables
from opside_desktop.store.schema.types import row_uuid
from opside_desktop.store.writing.bulk import Upsert
from tests.postgres import database, own_server, run_sql

ROWS = 50_000
BATCH = 5_000
ROUNDS = 5
USER = "cc39d84f-9b85-435e-a37e-c03e7da629c6"

_TABLE = tables.amazon_claims
_NAMES = (
    "id",
    "claim_id",
    "user_id",
    "order_id",
    "amount",
    "currency",
    "status",
    "type",
    "description",
    "created_at",
    "synced_at",
    "is_mock",
    "mock_scenario",
)
_KEY = ("user_id", "claim_id")
_ACTION = ", ".join(f"{name} = excluded.{name}" for name in _NAMES if name not in (*_KEY, "id"))
_LISTED = ", ".join(_NAMES)
_CONFLICT = f"ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET {_ACTION}"

Timed = tuple[float, float]
"""Seconds of the inserts and of the updates."""


def _rows() -> list[list[Any]]:
    began, now = datetime(2026, 9, 1, tzinfo=UTC), datetime.now(UTC)
    kinds = ("refund", "adjustment_reimbursement", "safet_reimbursement", "chargeback")
    return [
        [
            row_uuid(USER, "amazon_claims", str(n)),
            f"RMB-{n:016x}",
            USER,
            f"902-{n:07d}-0000001",
            Decimal(n % 100_000).scaleb(-2),
            "EUR" if n % 3 else "USD",
            "approved" if n % 5 else "denied",
            kinds[n % 4],
            f"Refund of an order, number {n}",
            began + timedelta(minutes=n),
            now,
            True,
            "high_volume",
        ]
        for n in range(ROWS)
    ]


def _batches(rows: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]


async def _ours(url: str) -> Timed:
    db = await open_database(url, app_version="0")
    upsert = Upsert(_TABLE)
    seconds = []
    for _ in range(2):
        rows = _rows()
        gc.collect()
        started = time.perf_counter()
        for some in _batches(rows):
            columns = zip(_NAMES, zip(*some, strict=True), strict=True)
            await db.write(partial(upsert.run, values=dict(columns)))
        seconds.append(time.perf_counter() - started)
    await db.close()
    return seconds[0], seconds[1]


async def _copy_and_merge(url: str) -> Timed:
    import asyncpg

    at, synced = _NAMES.index("created_at"), _NAMES.index("synced_at")
    rows: list[tuple[Any, ...]] = []
    for row in _rows():
        row[at], row[synced] = row[at].replace(tzinfo=None), row[synced].replace(tzinfo=None)
        rows.append(tuple(row))
    merge = f"INSERT INTO amazon_claims ({_LISTED}) SELECT {_LISTED} FROM incoming {_CONFLICT}"  # noqa: S608
    connection = await asyncpg.connect(url)
    seconds = []
    for _ in range(2):
        gc.collect()
        started = time.perf_counter()
        for some in _batches(rows):
            async with connection.transaction():
                await connection.execute(
                    "CREATE TEMP TABLE incoming (LIKE amazon_claims) ON COMMIT DROP"
                )
                await connection.copy_records_to_table("incoming", records=some, columns=_NAMES)
                await connection.execute(merge)
        seconds.append(time.perf_counter() - started)
    await connection.close()
    return seconds[0], seconds[1]


def _executemany(path: Path) -> Timed:
    rows: list[tuple[Any, ...]] = []
    for row in _rows():
        stored = [
            value.replace(tzinfo=None).isoformat(" ", "microseconds")
            if isinstance(value, datetime)
            else int(value.scaleb(2))
            if isinstance(value, Decimal)
            else value
            for value in row
        ]
        rows.append(tuple(stored))
    upsert = (
        f"INSERT INTO amazon_claims ({_LISTED}) VALUES ({', '.join('?' * len(_NAMES))}) {_CONFLICT}"  # noqa: S608
    )
    seconds = []
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        for _ in range(2):
            gc.collect()
            started = time.perf_counter()
            for some in _batches(rows):
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(upsert, some)
                connection.execute("COMMIT")
            seconds.append(time.perf_counter() - started)
    return seconds[0], seconds[1]


async def _make_tables(url: str) -> None:
    await (await open_database(url, app_version="0")).close()


def _figures(
    kind: str, yardstick: str, ours: Callable[[], Timed], theirs: Callable[[], Timed]
) -> list[Figure]:
    rounds = [(ours(), theirs()) for _ in range(ROUNDS)]
    figures = []
    for number, what in enumerate(("inserted", "updated")):
        mine = min(one[number] for one, _ in rounds)
        other = min(one[number] for _, one in rounds)
        figures.append(
            Figure(
                f"claims {what} in {kind}, {BATCH:,} a transaction",
                ROWS / mine,
                "rows/s",
                yardstick,
                ROWS / other,
                "at least 0.7",
            )
        )
    return figures


def _sqlite() -> list[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def fresh(stem: str) -> Path:
            path = folder / f"{stem}.db"
            for one in folder.glob(f"{stem}*"):
                one.unlink()
            asyncio.run(_make_tables(f"sqlite:///{path}"))
            return path

        return _figures(
            "SQLite",
            "sqlite3 executemany",
            lambda: asyncio.run(_ours(f"sqlite:///{fresh('ours')}")),
            lambda: _executemany(fresh("raw")),
        )


def _postgresql() -> list[Figure]:
    with own_server() as server, database(server.dsn) as url:
        asyncio.run(_make_tables(url))

        def fresh() -> str:
            run_sql(url, "TRUNCATE amazon_claims", "CHECKPOINT")
            return url

        return _figures(
            "PostgreSQL",
            "asyncpg COPY and merge",
            lambda: asyncio.run(_ours(fresh())),
            lambda: asyncio.run(_copy_and_merge(fresh())),
        )


def measure() -> list[Figure]:
    """Upsert in both databases."""
    return [*_sqlite(), *_postgresql()]
