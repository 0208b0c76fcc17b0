"""Pages of a million claims over HTTP, at any depth."""

import asyncio
import random
import sqlite3
from contextlib import closing
from typing import Any

from benchmarks.http_load import Answered, Load, put_load
from benchmarks.http_server import USER, Home, MakeHome, Server, homes, server
from benchmarks.report import Figure
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.ids import stored_user_id
from opside_desktop.store.opening import open_database
from opside_desktop.store.reading.cursors import list_page
from opside_desktop.store.reading.queries import RowQuery

ROWS = 1_000_000

_FILL = """
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
INSERT INTO amazon_claims (
    id, claim_id, user_id, order_id, amount, currency, status, type, description, created_at,
    synced_at, is_mock
)
SELECT
    printf('%08x-0000-4000-8000-%012x', (n * 2654435761) % 4294967296, n),
    printf('RMB-%016x', n), ?, printf('902-%07d-0000001', n / 3), n % 90000, 'USD', 'approved',
    'refund', printf('Refund number %d of a lamp', n),
    strftime('%Y-%m-%d %H:%M:%S.000000', 1700000000 + n * 60, 'unixepoch'),
    '2026-11-01 00:00:00.000000', 0
FROM numbers
"""

_FILL_SERVER = """
INSERT INTO amazon_claims (
    id, claim_id, user_id, order_id, amount, currency, status, type, description, created_at,
    synced_at, is_mock
)
SELECT
    (lpad(to_hex((n * 2654435761) % 4294967296), 8, '0') || '-0000-4000-8000-'
        || lpad(to_hex(n), 12, '0'))::uuid,
    'RMB-' || lpad(to_hex(n), 16, '0'), $1, '902-' || lpad((n / 3)::text, 7, '0') || '-0000001',
    (n % 90000) / 100.0, 'USD', 'approved', 'refund', 'Refund number ' || n || ' of a lamp',
    to_timestamp(1700000000 + n * 60) AT TIME ZONE 'UTC', timestamp '2026-11-01', false
FROM generate_series(1::bigint, $2) AS n
"""

_CLAIMS = "/api/v1/integrations/amazon/claims"
_CURSORS = 100
_RATE = 20
_COUNT = 400


async def _fill(home: Home) -> None:
    """Make the rows in SQL, which takes seconds."""
    await (await open_database(home.url, app_version="0")).close()
    if not home.url.startswith("sqlite"):
        await _fill_server(home.url)
        return
    path = home.url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("PRAGMA synchronous = OFF")
        file.execute("PRAGMA cache_size = -400000")
        file.execute(_FILL, (ROWS, stored_user_id(USER)))
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")


async def _fill_server(url: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_FILL_SERVER, stored_user_id(USER), ROWS)
        await connection.execute("VACUUM ANALYZE amazon_claims")
    finally:
        await connection.close()


async def _cursors(home: Home) -> list[str]:
    """Cursors from everywhere in the list."""
    dice = random.Random(7)
    places = [0, ROWS - 200, *(dice.randrange(ROWS - 200) for _ in range(_CURSORS - 2))]
    query = RowQuery(Dataset.CLAIMS, (stored_user_id(USER),))
    db = await open_database(home.url, app_version="0")
    try:
        pages: list[Any] = [await list_page(db, query, 1, offset=place) for place in places]
    finally:
        await db.close()
    return [page.next_cursor for page in pages]


async def _asked(home: Home) -> Answered:
    await _fill(home)
    cursors = await _cursors(home)
    async with server(home, "http://127.0.0.1:9") as under:
        await _check(under, cursors)
        paths = [f"{_CLAIMS}?limit=100&cursor={cursor}" for cursor in cursors]
        return await put_load(Load(under.url, under.token, paths, _RATE, _COUNT))


async def _check(under: Server, cursors: list[str]) -> None:
    """See that a page is full and the total right; the first count is paid for here."""
    page = await under.ask(f"{_CLAIMS}?limit=100&cursor={cursors[1]}")
    if len(page["claims"]) != 100 or page["pagination"]["total"] != ROWS:
        raise RuntimeError(f"Not the page that was asked for: {page['pagination']}")


def measure() -> list[Figure]:
    """Ask for pages from everywhere, of each database."""
    return [figure for name, make in homes() for figure in _measure(name, make)]


def _measure(name: str, make: MakeHome) -> list[Figure]:
    with make() as home:
        answered = asyncio.run(_asked(home))
    if answered.errors:
        raise RuntimeError(f"{answered.errors} pages failed.")
    what = f"HTTP, {name}: 100 of {ROWS:,} claims at any cursor"
    return [
        Figure(f"{what}, p99", answered.p99_ms, "ms", "limit", 50, "at most 1"),
        Figure(f"{what}, median", answered.p50_ms, "ms", "limit", 50, "reported"),
    ]
