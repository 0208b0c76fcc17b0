"""A million claims of one seller, the same in every run, for SQLite and for PostgreSQL."""

import asyncio
import random
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from opside_desktop.domain.accounts import Account
from opside_desktop.domain.ids import ExternalUserId, stored_user_id
from opside_desktop.store.accounts import save_account
from opside_desktop.store.opening import open_database

ROWS = 1_000_000
EXTERNAL_USER = ExternalUserId("million")
USER = stored_user_id(EXTERNAL_USER)

COLUMNS = (
    "id", "claim_id", "user_id", "order_id", "amount", "currency", "status", "type", "description",
    "created_at", "synced_at", "is_mock", "mock_scenario",
)  # fmt: skip

SEARCHED = "OP-LSH-0036"
"""Found in the descriptions of one row in 400."""

_START = datetime(2024, 1, 1, tzinfo=UTC)
_STEP_S = 90
_TYPES = ("refund", "guarantee_claim", "chargeback", "other_adjustment", "safet_reimbursement")
_STATUSES = ("approved", "approved", "approved", "pending", "denied")
_CURRENCIES = ("EUR", "EUR", "GBP", "USD", "SEK")
_SKUS = [f"OP-{kind}-{n:04d}" for kind in ("LSH", "BTL", "CUP", "LMP") for n in range(100)]
_BATCH = 20_000


def claims(count: int = ROWS) -> Iterator[tuple[Any, ...]]:
    """Make claims in roughly the order of their dates; amounts in hundredths, times naive UTC."""
    dice = random.Random(1)
    synced = _START.replace(tzinfo=None) + timedelta(days=1200)
    for number in range(count):
        order = f"302-{dice.randrange(10**7):07d}-{number:07d}" if number % 9 else None
        kind = dice.choice(_TYPES)
        about = f"{kind} of order {order}, {dice.choice(_SKUS)}, {dice.randrange(1, 9)} units"
        # Pages of several APIs bring events a few days apart; some have no date at all.
        days = timedelta(days=dice.random() * 3)
        created = _START.replace(tzinfo=None) + timedelta(seconds=_STEP_S * number) + days
        yield (
            str(uuid.UUID(int=dice.getrandbits(128), version=4)),
            f"RMB-{dice.getrandbits(64):016x}",
            USER,
            order,
            dice.randrange(-20_000, 90_000),
            dice.choice(_CURRENCIES),
            dice.choice(_STATUSES),
            kind,
            about,
            created if number % 1000 else None,
            synced,
            False,
            None,
        )


async def prepare(url: str) -> None:
    """Make the tables and the account at an address."""
    db = await open_database(url, app_version="0")
    try:
        account = Account(
            user_id=USER, external_user_id=EXTERNAL_USER, display_name="A million claims"
        )
        await save_account(db, account)
    finally:
        await db.close()


def fill_sqlite(path: Path, count: int = ROWS) -> None:
    """Make a file with the account and `count` claims."""
    asyncio.run(prepare(f"sqlite:///{path}"))
    marks = ", ".join("?" * len(COLUMNS))
    insert = f"INSERT INTO amazon_claims ({', '.join(COLUMNS)}) VALUES ({marks})"  # noqa: S608

    def text(moment: datetime | None) -> str | None:
        return None if moment is None else moment.isoformat(" ", "microseconds")

    rows = ((*row[:9], text(row[9]), text(row[10]), *row[11:]) for row in claims(count))
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("PRAGMA synchronous = OFF")
        file.execute("PRAGMA cache_size = -400000")
        while batch := list(islice(rows, _BATCH)):
            file.execute("BEGIN")
            file.executemany(insert, batch)
            file.execute("COMMIT")
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def fill_postgres(url: str, count: int = ROWS) -> None:
    """Fill an empty database of a server in the same way."""
    asyncio.run(prepare(url))
    asyncio.run(_copy(url, count))


async def _copy(url: str, count: int) -> None:
    import asyncpg

    connection = await asyncpg.connect(url)
    try:
        rows = ((*row[:4], Decimal(row[4]).scaleb(-2), *row[5:]) for row in claims(count))
        await connection.copy_records_to_table("amazon_claims", records=rows, columns=COLUMNS)
        await connection.execute("VACUUM ANALYZE amazon_claims")
    finally:
        await connection.close()
