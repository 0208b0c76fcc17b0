"""An SQLite file as version 0.1 left it after two syncs of one seller, the same in every run."""

import hashlib
import json
import random
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command

from opside_desktop.domain.ids import ExternalUserId, stored_user_id
from opside_desktop.store import upgrade

EXTERNAL_USER = ExternalUserId("old")
USER = stored_user_id(EXTERNAL_USER)

_DAYS = 90
_END = datetime(2026, 11, 20, tzinfo=UTC)
_FIRST, _SECOND = "sync_old_1", "sync_old_2"
_WORDED_ANEW = 100
"""One claim in so many came again in other words with the second sync."""
_BATCH = 20_000


def fill(path: Path, count: int) -> None:
    """Make the file, with so many claims."""
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        command.upgrade(upgrade._config(connection=connection), "0001")
    engine.dispose()
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA journal_mode = WAL")
        _fill_syncs(file)
        rows = _rows(count)
        while some := [row for _, row in zip(range(_BATCH), rows, strict=False)]:
            with file:
                _put(file, some)


def _put(file: sqlite3.Connection, rows: list[tuple[Any, ...]]) -> None:
    file.executemany(
        "INSERT INTO amazon_claims (id, claim_id, user_id, order_id, amount, currency, status, "
        "type, description, created_at, synced_at, is_mock) "
        "VALUES (?, ?, ?, ?, ?, 'USD', 'approved', 'refund', ?, ?, ?, 0)",
        [
            (
                str(uuid.uuid4()),
                f"RFD-{key[:16]}",
                USER,
                order,
                amount,
                f"Refund of {order}",
                at,
                to,
            )
            for key, order, amount, at, to, _, _ in rows
        ],
    )
    file.executemany(
        "INSERT INTO financial_events (id, user_id, event_key, event_list, posted_at, order_id, "
        "amount, currency, claim_id, payload, is_mock, synced_at) "
        "VALUES (?, ?, ?, 'RefundEventList', ?, ?, ?, 'USD', ?, ?, 0, ?)",
        [
            (str(uuid.uuid4()), USER, key, at, order, amount, f"RFD-{key[:16]}", payload, to)
            for key, order, amount, at, to, payload, _ in rows
        ],
    )
    file.executemany(
        "INSERT INTO row_origins (user_id, dataset, sync_id, row_key) VALUES (?, 'claims', ?, ?)",
        [(USER, sync, f"RFD-{key[:16]}") for key, *_, sync in rows],
    )


def _fill_syncs(file: sqlite3.Connection) -> None:
    results = {"claims": {"status": "success"}}
    for sync, days in ((_FIRST, 0), (_SECOND, 1)):
        at = _text(_END + timedelta(days=days))
        file.execute(
            "INSERT INTO sync_progress (id, sync_id, user_id, status, progress, metadata, "
            "created_at, updated_at) VALUES (?, ?, ?, 'completed', 100, ?, ?, ?)",
            (str(uuid.uuid4()), sync, USER, json.dumps({"results": results}), at, at),
        )
    file.commit()


def _rows(count: int) -> Iterator[tuple[Any, ...]]:
    dice = random.Random(1)
    told = _text(_END + timedelta(minutes=1)), _text(_END + timedelta(days=1, minutes=1))
    number, event = 0, 0
    while number < count:
        seconds = int(_DAYS * 86400 * number / count)
        posted = _END - timedelta(seconds=seconds)
        order = f"302-{dice.randrange(10**7):07d}-{number:07d}"
        amount = dice.randrange(-9000, -500)
        is_again = not number % _WORDED_ANEW and seconds < 10 * 86400
        for words in range(1 + is_again):
            payload = _payload(order, posted, amount, event, words)
            key = hashlib.sha256(f"{number} {words}".encode()).hexdigest()
            last = words or (seconds < 14 * 86400 and not is_again)
            sync = _SECOND if words else _FIRST
            yield key, order, amount, _text(posted), told[last], payload, sync
            number += 1
        event += 1


def _payload(order: str, posted: datetime, amount: int, number: int, words: int) -> str:
    money = {"CurrencyCode": "USD", "CurrencyAmount": amount / 100 - 1}
    back = {"CurrencyCode": "USD", "CurrencyAmount": 1}
    item = {
        "SellerSKU": f"OP-LSH-{number % 150:04d}",
        "OrderItemId": f"{number}{words}",
        "OrderAdjustmentItemId": f"{number}",
        "QuantityShipped": 1,
        "ItemChargeAdjustmentList": [{"ChargeType": "Principal", "ChargeAmount": money}],
        "ItemFeeAdjustmentList": [{"FeeType": "Commission", "FeeAmount": back}],
    }
    return json.dumps(
        {
            "AmazonOrderId": order,
            "SellerOrderId": order,
            "MarketplaceName": "Amazon.com",
            "PostedDate": f"{posted:%Y-%m-%dT%H:%M:%SZ}",
            "ShipmentItemAdjustmentList": [item],
        },
        separators=(",", ":"),
    )


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.000000")
