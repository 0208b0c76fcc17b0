"""Sightings as rows: read into what matching knows of them, and written as it leaves them."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from opside_desktop.claims.classes import EventClass
from opside_desktop.claims.sightings import PlacedBy, Sighting, Told
from opside_desktop.domain.sources import ClaimsSource
from opside_desktop.domain.syncs import SyncRun
from opside_desktop.store.schema.tables import event_claims, event_sightings
from opside_desktop.store.schema.types import load_json, moment_read, storable
from opside_desktop.store.writing.bulk import Upsert
from opside_desktop.store.writing.keyed_sql import SqlRow, amount_read, day_read, run

COLUMNS: Final = (
    "s.id, s.source, s.class, s.seconds, s.posted_day, s.order_id, s.sku, s.quantity, s.currency, "
    "s.amount, s.status, s.was_deferred, s.placed_by, s.transaction_ids, s.other_ids, s.last_read, "
    "s.waited, s.event_list, s.words, s.payload IS NOT NULL"
)
"""What is read of a sighting `s`: all but its payload itself."""

_UPSERT: Final = Upsert(event_sightings)
_UPSERT_KEEPING_PAYLOAD: Final = Upsert(event_sightings, keep=("payload",))
_LINKS: Final = Upsert(event_claims)


@dataclass(frozen=True, slots=True)
class StoredSighting:
    """A sighting, and what its row holds besides.

    Attributes:
        words: the hash of what it told last.
        has_payload: whether its payload is kept with it.
    """

    sighting: Sighting
    event_list: str
    words: str | None
    has_payload: bool


@dataclass(frozen=True, slots=True)
class SightingRow:
    """A sighting to be written, under its number and with the ids of its claims.

    `payload` is not heeded where `keeps_payload`.
    """

    id: int
    sighting: Sighting
    claims: tuple[str, ...]
    event_list: str
    words: str | None
    payload: dict[str, Any] | None = None
    keeps_payload: bool = False


def is_alike(one: Sighting, other: Sighting) -> bool:
    """Whether two sightings say the same, whenever they were met last."""
    return _said(one) == _said(other)


_said: Final = attrgetter(*(one.name for one in fields(Sighting) if one.name != "last_read"))


def stored_sighting(row: SqlRow, claims: Iterable[str]) -> StoredSighting:
    """Make a sighting of a row of `COLUMNS`."""
    (
        id_, source, class_, seconds, day, order_id, sku, quantity, currency, amount, status,
        was_deferred, placed_by, transaction_ids, other_ids, last_read, waited, event_list, words,
        has_payload,
    ) = row  # fmt: skip
    sighting = Sighting(
        id=id_,
        source=ClaimsSource(source),
        event_class=EventClass(class_),
        seconds=_seconds(seconds),
        day=day_read(day),
        order_id=order_id,
        sku=sku,
        quantity=quantity,
        currency=currency,
        amount=amount_read(amount),
        status=status,
        was_deferred=bool(was_deferred),
        transaction_ids=texts(transaction_ids),
        other_ids=texts(other_ids),
        placed_by=None if placed_by is None else PlacedBy(placed_by),
        last_read=_moment(last_read),
        claims=tuple(claims),
        waited=waited,
    )
    return StoredSighting(sighting, event_list, words, bool(has_payload))


@lru_cache(4096)
def _seconds(text: str) -> tuple[datetime, ...]:
    return tuple(moment_read(one) for one in load_json(text))


@lru_cache(16)
def _moment(value: Any) -> datetime:
    return moment_read(value)


def texts(text: str | None) -> tuple[str, ...]:
    """Read a list of texts."""
    return tuple(load_json(text)) if text else ()


def words_of(told: Told) -> str:
    """Hash all that is stored of what is told, by which it is seen that it is told alike again."""
    reading = told.reading
    said = (reading.description, reading.event_type, told.event_list, told.payload)
    try:
        text = _encode(said)
    except UnicodeEncodeError:
        text = _encode(storable(said))
    return hashlib.blake2b(text, digest_size=16).hexdigest()


_encode: Final = msgspec.json.Encoder().encode


def second_text(moment: datetime) -> str:
    """Spell a second as the lists of the table hold it."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return f"{utc.isoformat()[:19]}Z"


def next_id(connection: sa.Connection, user_id: str) -> int:
    """Give the number of a user's next sighting; the sync's row is locked, so nobody else asks."""
    newest = "SELECT max(id) FROM event_sightings WHERE user_id = :user"
    [(last,)] = run(connection, newest, None, user=user_id)
    return (last or 0) + 1


def put_sightings(connection: sa.Connection, run_: SyncRun, rows: Sequence[SightingRow]) -> None:
    """Write sightings within a transaction."""
    for upsert, some in (
        (_UPSERT, [one for one in rows if not one.keeps_payload]),
        (_UPSERT_KEEPING_PAYLOAD, [one for one in rows if one.keeps_payload]),
    ):
        if some:
            upsert.run(connection, _columns(run_, some))


def _columns(run_: SyncRun, rows: Sequence[SightingRow]) -> dict[str, list[Any]]:
    sightings = [row.sighting for row in rows]
    return {
        "user_id": [run_.user_id] * len(rows),
        "id": [row.id for row in rows],
        "source": [one.source.value for one in sightings],
        "class": [one.event_class.value for one in sightings],
        "seconds": [[second_text(second) for second in one.seconds] for one in sightings],
        "posted_day": [one.day for one in sightings],
        "released_day": [
            one.seconds[1].date() if len(one.seconds) > 1 else None for one in sightings
        ],
        "order_id": [one.order_id for one in sightings],
        "sku": [one.sku for one in sightings],
        "quantity": [one.quantity for one in sightings],
        "currency": [one.currency for one in sightings],
        "amount": [one.amount for one in sightings],
        "status": [one.status for one in sightings],
        "was_deferred": [one.was_deferred for one in sightings],
        "placed_by": [one.placed_by and one.placed_by.value for one in sightings],
        "transaction_ids": [list(one.transaction_ids) or None for one in sightings],
        "other_ids": [list(one.other_ids) or None for one in sightings],
        "event_list": [row.event_list for row in rows],
        "payload": [row.payload for row in rows],
        "words": [row.words for row in rows],
        "waited": [one.waited for one in sightings],
        "is_mock": [run_.is_mock] * len(rows),
        "last_read": [one.last_read for one in sightings],
    }


def touch_sightings(
    connection: sa.Connection, user_id: str, ids: Sequence[int], read_at: datetime
) -> None:
    """Note that a reading of a window met sightings that said what they had said before."""
    if ids:
        run(
            connection,
            "@k UPDATE event_sightings SET last_read = :now "
            "WHERE user_id = :user AND id IN (SELECT id FROM k)",
            {"id": ids},
            now=read_at,
            user=user_id,
        )


def drop_sightings(connection: sa.Connection, user_id: str, ids: Sequence[int]) -> None:
    """Delete sightings that proved to be part of others."""
    if ids:
        drop_links(connection, user_id, ids)
        run(
            connection,
            "@k DELETE FROM event_sightings WHERE user_id = :user AND id IN (SELECT id FROM k)",
            {"id": ids},
            user=user_id,
        )


def drop_links(connection: sa.Connection, user_id: str, ids: Sequence[int]) -> None:
    """Forget which claims sightings tell."""
    if ids:
        run(
            connection,
            "@k DELETE FROM event_claims WHERE user_id = :user AND sighting IN (SELECT id FROM k)",
            {"id": ids},
            user=user_id,
        )


def put_links(connection: sa.Connection, user_id: str, rows: Sequence[SightingRow]) -> None:
    """Write which claims sightings tell."""
    links = [(row.id, claim) for row in rows for claim in row.claims]
    _LINKS.run(
        connection,
        {
            "user_id": [user_id] * len(links),
            "sighting": [sighting for sighting, _ in links],
            "claim": [claim for _, claim in links],
        },
    )
