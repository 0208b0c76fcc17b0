"""What it costs to know a page of events again, with few and with very many claims stored.

A page of 500 transactions is matched and written as a sync does it, once with events that are all
known and once with events that are all new, among 10,000 and among a million claims of 90 days.
The yardstick is the bare upsert of the same page's claims and financial events, as the program
writes them; both take turns in one database, and the best round of each counts.
"""

import asyncio
import gc
import hashlib
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from benchmarks.report import Figure
from opside_desktop.claims.claim_rows import claim_of
from opside_desktop.claims.classes import EventClass
from opside_desktop.claims.identity.event_keys import claim_id, event_key
from opside_desktop.claims.identity.outcomes import WindowReading
from opside_desktop.claims.readings import Reading
from opside_desktop.claims.sightings import Told
from opside_desktop.domain.accounts import Account
from opside_desktop.domain.claim_types import ClaimType
from opside_desktop.domain.ids import ExternalUserId, stored_user_id
from opside_desktop.domain.records import Claim, FinancialEvent, Money
from opside_desktop.domain.sources import TRANSACTIONS_LIST, ClaimsSource
from opside_desktop.domain.syncs import Owner, SyncRequest, SyncRun
from opside_desktop.store.database import Database
from opside_desktop.store.opening import open_database
from opside_desktop.store.runs import starting
from opside_desktop.store.schema import tables
from opside_desktop.store.writing.bulk import RecordRows
from opside_desktop.store.writing.event_pages import write_events_page
from tests.postgres import database, own_server

SIZES = (10_000, 1_000_000)
PAGE = 500
ROUNDS = 12
DAYS = 90
_FILL = 5_000
_START = datetime(2026, 8, 1, tzinfo=UTC)
_CLAIMS = RecordRows(tables.amazon_claims, Claim)
_EVENTS = RecordRows(tables.financial_events, FinancialEvent)


def _told(number: int, size: int, kind: str = "stored") -> Told:
    """Make one event; those of other kinds lie among the stored ones, and are none of them."""
    posted = _START + timedelta(seconds=number * DAYS * 86_400 // size)
    name = hashlib.sha256(f"{kind} {number}".encode()).hexdigest()
    order = f"902-{name[:7]}-{number:07d}"
    money = Decimal(int(name[:4], 16)).scaleb(-2) + 1
    reading = Reading(
        type=ClaimType.REFUND,
        money=Money(amount=-money, currency="USD"),
        description=f"Refund of order {order}, SKU OP-{name[:4]}, 1 unit",
        event_type="Refund",
        order_id=order,
        event_class=EventClass.REFUND,
        sku=f"OP-{name[:4]}",
        quantity=1,
        status="RELEASED",
        transaction_ids=(name[:40],),
    )
    payload = {
        "transactionId": name[:40],
        "transactionType": "Refund",
        "transactionStatus": "RELEASED",
        "postedDate": posted.isoformat(),
        "description": "Refund Order",
        "totalAmount": {"currencyAmount": -money, "currencyCode": "USD"},
        "relatedIdentifiers": [
            {"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": order}
        ],
        "items": [{"description": "Refund", "contexts": [{"sku": f"OP-{name[:4]}"}]}],
        "breakdowns": [
            {
                "breakdownType": "ProductCharges",
                "breakdownAmount": {"currencyAmount": -money, "currencyCode": "USD"},
                "breakdowns": None,
            }
        ],
    }
    return Told(
        ClaimsSource.TRANSACTIONS, reading, posted, posted.date(), TRANSACTIONS_LIST, payload
    )


class _Bench:
    def __init__(self, db: Database, run: SyncRun, size: int) -> None:
        self._db, self._run, self._size = db, run, size
        self._readings = 0

    async def fill(self) -> None:
        for start in range(0, self._size, _FILL):
            events = [_told(n, self._size) for n in range(start, start + _FILL)]
            await self._match(events, read_before=False)

    async def _match(self, events: Sequence[Told], *, read_before: bool = True) -> float:
        self._readings += 1
        read_at = _START + timedelta(days=1000, microseconds=self._readings)
        end = _START + timedelta(days=DAYS)
        window = WindowReading(
            ClaimsSource.TRANSACTIONS, _START, end, read_at, read_before=read_before
        )
        gc.collect()
        began = time.perf_counter()
        await write_events_page(
            self._db,
            self._run,
            events,
            window,
            is_last=False,
            first_started_at=self._run.started_at,
        )
        return time.perf_counter() - began

    async def _upsert(self, events: Sequence[Told]) -> float:
        kept, claims = [], []
        for told in events:
            money = told.reading.money
            key = event_key(told.posted_at or told.day, money.currency, money.amount, 0)
            id_ = claim_id(told.reading.type, key)
            claims.append(claim_of(told, id_))
            kept.append(
                FinancialEvent(
                    event_key=key,
                    event_list=told.event_list,
                    event_type=told.reading.event_type,
                    posted_at=told.posted_at,
                    order_id=told.reading.order_id,
                    amount=money.amount,
                    currency=money.currency,
                    claim_id=id_,
                    payload=told.payload,
                )
            )
        now = datetime.now(UTC)

        def write(connection: sa.Connection) -> None:
            _CLAIMS.put(connection, self._run, claims, now)
            _EVENTS.put(connection, self._run, kept, now)

        gc.collect()
        began = time.perf_counter()
        await self._db.write(write)
        return time.perf_counter() - began

    async def figures(self, kind: str) -> list[Figure]:
        event = partial(_told, size=self._size)
        found: dict[str, list[tuple[float, float]]] = {"known": [], "new": []}
        for number in range(ROUNDS):
            first = self._size * (number + 1) // (ROUNDS + 2)
            known = [event(n) for n in range(first, first + PAGE)]
            ours = await self._match(known)
            found["known"].append((ours, await self._upsert(known)))
            new = [event(n, kind="new") for n in range(first, first + PAGE)]
            bare = [event(n, kind="bare") for n in range(first, first + PAGE)]
            theirs = await self._upsert(bare)
            found["new"].append((await self._match(new), theirs))
        return [
            Figure(
                f"a page of {PAGE} {what} events among {self._size:,} claims in {kind}",
                min(ours for ours, _ in rounds) * 1000,
                "ms",
                "the bare upsert of its rows",
                min(theirs for _, theirs in rounds) * 1000,
                "at most 2.5: the upsert, and 1.5 times as much to match",
            )
            for what, rounds in found.items()
        ]


async def _measure(url: str, kind: str, size: int) -> list[Figure]:
    external = ExternalUserId("bench")
    account = Account(
        user_id=stored_user_id(external), external_user_id=external, display_name="Bench"
    )
    db = await open_database(url, app_version="0")
    try:
        run = await starting.start_run(
            db,
            account,
            SyncRequest(),
            Owner(host="here", pid=1, instance="1"),
            endpoint_is_mock=True,
            mock_scenario="bench",
            app_version="0",
        )
        bench = _Bench(db, run, size)
        await bench.fill()
        if kind == "PostgreSQL":
            await db.write(lambda connection: connection.exec_driver_sql("ANALYZE"))
        return await bench.figures(kind)
    finally:
        await db.close()


def measure() -> list[Figure]:
    """Match pages in both databases, among few and many claims."""
    figures: list[Figure] = []
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{Path(folder) / 'bench.db'}"
            figures += asyncio.run(_measure(url, "SQLite", size))
    with own_server() as server:
        for size in SIZES:
            with database(server.dsn) as url:
                figures += asyncio.run(_measure(url, "PostgreSQL", size))
    return figures
