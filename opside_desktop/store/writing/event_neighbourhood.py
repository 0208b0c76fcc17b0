"""What the database knows that the events of a page could be: sightings and their claims.

Everything is found by an index. A page whose events are known takes three statements: one by their
ids or their second and money, one for what else tells the same claims, one for the claims.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa

from opside_desktop.claims.classify import find_claim, told_of
from opside_desktop.claims.identity.outcomes import KnownClaim, Stored, WindowReading
from opside_desktop.claims.readings import Reading
from opside_desktop.claims.sightings import Sighting, Told, is_told_as_before
from opside_desktop.domain.claim_types import ClaimStatus, ClaimType, HiddenReason
from opside_desktop.domain.clock import parse_moment
from opside_desktop.domain.records import Money, RawEvent
from opside_desktop.domain.syncs import SyncRun
from opside_desktop.store.schema.types import load_json, moment_read
from opside_desktop.store.writing.deleted_claims import forget_claims
from opside_desktop.store.writing.keyed_sql import SqlRow, amount_read, go_by_index, run
from opside_desktop.store.writing.sighting_rows import (
    COLUMNS,
    StoredSighting,
    second_text,
    stored_sighting,
)

_SOURCE, _PLACED_BY = 1, 12
"""Places in a row of `COLUMNS`."""

_SIGHTINGS: Final = (
    f"SELECT {COLUMNS} FROM k CROSS JOIN event_sightings AS s "  # noqa: S608 - our own names
    "{index} WHERE s.user_id = :user AND s.is_mock = :mock AND "
)
_BY_ID_INDEX: Final = _SIGHTINGS.format(index="@by(ix_event_sightings_id)")
_BY_OTHER_ID_INDEX: Final = _SIGHTINGS.format(index="@by(ix_event_sightings_other_id)")
_BY_DAY_INDEX: Final = _SIGHTINGS.format(index="@by(ix_event_sightings_day)")
_BY_RELEASE_INDEX: Final = _SIGHTINGS.format(index="@by(ix_event_sightings_released)")

_BY_ID: Final = (
    f"@k {_BY_ID_INDEX} @first(s.transaction_ids) = k.name AND s.source = :source "
    "AND @first(s.transaction_ids) IS NOT NULL "
    f"UNION ALL {_BY_OTHER_ID_INDEX} @second(s.transaction_ids) = k.name AND s.source = :source "
    "AND @second(s.transaction_ids) IS NOT NULL"
)
_SAME_MONEY: Final = "AND s.currency = k.currency AND s.amount = k.amount"
_MAY_BE: Final = (
    "AND s.currency = k.currency AND (s.amount = k.amount"
    " OR (s.class = k.class AND NOT (k.has_order AND s.order_id IS NOT NULL)))"
)
"""Of one second: the same amount, or what may be left over there with another."""

_BY_SECOND: Final = (
    f"@k {_BY_DAY_INDEX} s.posted_day = k.day AND @first(s.seconds) = k.second {_MAY_BE} "
    f"UNION ALL {_BY_RELEASE_INDEX} s.released_day = k.day AND @second(s.seconds) = k.second "
    f"AND s.released_day IS NOT NULL {_MAY_BE} "
    f"UNION ALL {_BY_DAY_INDEX} s.posted_day = k.day AND @first(s.seconds) IS NULL {_SAME_MONEY}"
)
_BY_DAY: Final = (
    f"@k {_BY_DAY_INDEX} s.posted_day = k.day {_SAME_MONEY} "
    f"UNION ALL {_BY_RELEASE_INDEX} s.released_day = k.day AND s.released_day IS NOT NULL "
    f"{_SAME_MONEY}"
)
_BY_ORDER: Final = (
    f"@k SELECT {COLUMNS} FROM k "  # noqa: S608 - our own names
    "CROSS JOIN amazon_claims AS c @by(ix_amazon_claims_user_order) "
    "CROSS JOIN event_claims AS e @by(ix_event_claims_claim) CROSS JOIN event_sightings AS s "
    "WHERE c.user_id = :user AND c.order_id = k.name AND e.user_id = c.user_id "
    "AND e.claim = c.claim_id AND s.user_id = e.user_id AND s.id = e.sighting AND s.is_mock = :mock"
)
_BY_NUMBER: Final = f"@k {_SIGHTINGS.format(index='')} s.id = k.id"
_WAITING: Final = (
    f"SELECT {COLUMNS} FROM event_sightings AS s "  # noqa: S608 - our own names
    "@by(ix_event_sightings_waiting) "
    "WHERE s.user_id = :user AND s.is_mock = :mock AND s.source = :source AND s.placed_by IS NULL"
)
_LINKS: Final = (
    "@k SELECT e.sighting, e.claim FROM k CROSS JOIN event_claims AS e "
    "WHERE e.user_id = :user AND e.sighting = k.id"
)
_LINKS_OF_CLAIMS: Final = (
    "@k SELECT e.sighting, e.claim FROM k CROSS JOIN event_claims AS mine "
    "CROSS JOIN event_claims AS e @by(ix_event_claims_claim) WHERE mine.user_id = :user "
    "AND mine.sighting = k.id AND e.user_id = mine.user_id AND e.claim = mine.claim"
)
_CLAIMS: Final = (
    "@k SELECT c.claim_id, c.type, c.status, c.currency, c.amount, c.order_id, c.sku, c.quantity, "
    "c.case_id, c.created_at, c.matures_at, c.hidden_reason, c.description, c.reimbursement_id, "
    "c.synced_at FROM k CROSS JOIN amazon_claims AS c "
    "WHERE c.user_id = :user AND c.claim_id = k.name"
)
_PAYLOAD: Final = (
    "SELECT s.payload, s.event_list FROM event_sightings AS s "
    "WHERE s.user_id = :user AND s.id = :id"
)


@dataclass(frozen=True, slots=True)
class StoredClaim:
    """A claim, and what its row holds besides what matching may change."""

    known: KnownClaim
    description: str
    reimbursement_id: str | None
    synced_at: datetime | None


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What was found: by the sightings' numbers and by the claims' ids."""

    stored: Stored
    sightings: dict[int, StoredSighting]
    claims: dict[str, StoredClaim]


@dataclass(frozen=True, slots=True)
class _Like:
    """By what an event, or a sighting that waits, is looked for."""

    day: date
    second: str | None
    currency: str
    amount: Decimal
    event_class: str
    order_id: str | None


def neighbours(
    connection: sa.Connection,
    run_: SyncRun,
    told: Sequence[Told],
    window: WindowReading,
    *,
    is_last: bool,
) -> Neighbours:
    """Read within a transaction all that the events of a page could be; see `Stored`.

    What tells of claims that somebody has deleted by hand is forgotten first (`deleted_claims`).

    `is_last`: also what the events that wait for the end of this window could be.
    """
    go_by_index(connection)
    return _Search(connection, run_, window).around(told, is_last=is_last)


class _Search:
    def __init__(self, connection: sa.Connection, run_: SyncRun, window: WindowReading) -> None:
        self._connection = connection
        self._window = window
        self._user = {"user": run_.user_id}
        self._rows = {"user": run_.user_id, "mock": run_.is_mock}
        self._source = window.source.value
        self._found: dict[int, SqlRow] = {}

    def around(self, told: Sequence[Told], *, is_last: bool) -> Neighbours:
        likes = [_like_of(event) for event in self._look_for_known(told)]
        if is_last:
            likes += self._waiting()
        self._look_for(likes)
        orders = sorted({like.order_id for like in likes if like.order_id})
        if orders:
            self._take(run(self._connection, _BY_ORDER, {"name": orders}, **self._rows))
        sightings = self._with_links()
        told_of = {id_ for one in sightings.values() for id_ in one.sighting.claims}
        claims = self._claims(told_of)
        if gone := told_of - claims.keys():
            forget_claims(self._connection, self._user["user"], gone)
            self._found.clear()
            return self.around(told, is_last=is_last)
        stored = Stored(
            sightings=[one.sighting for one in sightings.values()],
            claims=[one.known for one in claims.values()],
            told_again=self._told_again,
        )
        return Neighbours(stored, sightings, claims)

    def _look_for_known(self, told: Sequence[Told]) -> list[Told]:
        """Find what says or is named exactly as before; gives the events that nothing is."""
        named = [event for event in told if event.reading.transaction_ids]
        ids = sorted({id_ for event in named for id_ in event.reading.transaction_ids})
        met: dict[str, list[Sighting]] = defaultdict(list)
        if ids:
            self._take(
                run(self._connection, _BY_ID, {"name": ids}, **self._rows, source=self._source)
            )
            for row in self._found.values():
                sighting = stored_sighting(row, ()).sighting
                for id_ in sighting.transaction_ids:
                    met[id_].append(sighting)
        rest = [
            event
            for event in named
            if not any(
                is_told_as_before(event, sighting)
                for id_ in event.reading.transaction_ids
                for sighting in met.get(id_, ())
            )
        ]
        unnamed = [event for event in told if not event.reading.transaction_ids]
        if not unnamed:
            return rest
        self._look_for([_like_of(event) for event in unnamed])
        told_before = (
            stored_sighting(row, ()).sighting
            for row in self._found.values()
            if row[_SOURCE] == self._source and row[_PLACED_BY] is not None
        )
        exact = Counter(
            _said(one)
            for one in told_before
            if not self._window.has_met(one.last_read, is_dated=bool(one.seconds))
        )
        for event in unnamed:
            said = _said_now(event)
            if exact[said]:
                exact[said] -= 1
            else:
                rest.append(event)
        return rest

    def _waiting(self) -> list[_Like]:
        found = run(self._connection, _WAITING, None, **self._rows, source=self._source)
        likes: list[_Like] = []
        for row in found:
            sighting = stored_sighting(row, ()).sighting
            if self._window.holds(sighting):
                self._found[row[0]] = row
                likes += _likes_of(sighting)
        return likes

    def _look_for(self, likes: Iterable[_Like]) -> None:
        """Find sightings of the same second or day and the same money, and of the same second."""
        wanted = sorted(set(likes), key=repr)
        dated = [like for like in wanted if like.second is not None]
        if dated:
            self._take(run(self._connection, self._by_second(), _keys(dated), **self._rows))
        undated = [like for like in wanted if like.second is None]
        if undated:
            keys = {name: _keys(undated)[name] for name in ("day", "currency", "amount")}
            self._take(run(self._connection, _BY_DAY, keys, **self._rows))

    def _by_second(self) -> str:
        # Only of a period that was read before can another amount be what is left over.
        return _BY_SECOND if self._window.read_before else _BY_SECOND.replace(_MAY_BE, _SAME_MONEY)

    def _take(self, rows: Iterable[SqlRow]) -> None:
        for row in rows:
            self._found[row[0]] = row

    def _with_links(self) -> dict[int, StoredSighting]:
        """Add what else tells the claims of what was found, and which claims each tells."""
        links: dict[int, dict[str, None]] = {}

        def read(sql: str, ids: list[int]) -> None:
            for number, claim in run(self._connection, sql, {"id": ids}, **self._user):
                links.setdefault(number, {})[claim] = None

        if self._found:
            read(_LINKS_OF_CLAIMS, sorted(self._found))
            others = sorted(links.keys() - self._found.keys())
            if others:
                self._take(run(self._connection, _BY_NUMBER, {"id": others}, **self._rows))
                read(_LINKS, others)
        return {
            number: stored_sighting(row, links.get(number, ()))
            for number, row in sorted(self._found.items())
        }

    def _claims(self, ids: set[str]) -> dict[str, StoredClaim]:
        if not ids:
            return {}
        rows = run(self._connection, _CLAIMS, {"name": sorted(ids)}, **self._user)
        return {row[0]: _claim_of(row) for row in rows}

    def _told_again(self, sighting: Sighting) -> Told:
        [row] = run(self._connection, _PAYLOAD, None, **self._user, id=sighting.id)
        payload = load_json(row[0]) if isinstance(row[0], str) else (row[0] or {})
        return _told_again(sighting, row[1], payload)


def _keys(likes: Sequence[_Like]) -> dict[str, list[Any]]:
    return {
        "day": [like.day for like in likes],
        "second": [like.second for like in likes],
        "currency": [like.currency for like in likes],
        "amount": [like.amount for like in likes],
        "class": [like.event_class for like in likes],
        "has_order": [like.order_id is not None for like in likes],
    }


def _like_of(event: Told) -> _Like:
    reading = event.reading
    return _Like(
        event.day,
        second_text(event.posted_at) if event.posted_at else None,
        reading.money.currency,
        reading.money.amount,
        reading.event_class.value,
        reading.order_id,
    )


def _likes_of(sighting: Sighting) -> Iterator[_Like]:
    moments: list[tuple[date, str | None]] = [
        (second.astimezone(UTC).date(), second_text(second)) for second in sighting.seconds
    ]
    for day, second in moments or ((sighting.day, None),):
        yield _Like(
            day,
            second,
            sighting.currency,
            sighting.amount,
            sighting.event_class.value,
            sighting.order_id,
        )


def _said(sighting: Sighting) -> tuple[object, ...]:
    """Give all by which matching knows an event without ids exactly."""
    return (
        sighting.event_class, sighting.currency, sighting.amount,
        sighting.seconds[0] if sighting.seconds else sighting.day,
        sighting.order_id, sighting.sku, sighting.quantity, sighting.other_ids,
    )  # fmt: skip


def _said_now(event: Told) -> tuple[object, ...]:
    reading = event.reading
    return (
        reading.event_class, reading.money.currency, reading.money.amount,
        event.posted_at or event.day,
        reading.order_id, reading.sku, reading.quantity, reading.other_ids,
    )  # fmt: skip


def _claim_of(row: SqlRow) -> StoredClaim:
    (
        claim_id, type_, status, currency, amount, order_id, sku, quantity, case_id, created_at,
        matures_at, hidden, description, reimbursement_id, synced_at,
    ) = row  # fmt: skip
    known = KnownClaim(
        claim_id=claim_id,
        type=_TYPES.get(type_, ClaimType.OTHER),
        status=_STATUSES.get(status, ClaimStatus.APPROVED),
        currency=currency,
        amount=amount_read(amount),
        order_id=order_id,
        sku=sku,
        quantity=quantity,
        case_id=case_id,
        created_at=None if created_at is None else moment_read(created_at),
        matures_at=None if matures_at is None else moment_read(matures_at),
        hidden=None if hidden is None else HiddenReason(hidden),
    )
    synced = None if synced_at is None else moment_read(synced_at)
    return StoredClaim(known, description or "", reimbursement_id, synced)


_TYPES: Final = {one.value: one for one in ClaimType}
_STATUSES: Final = {one.value: one for one in ClaimStatus}


def _told_again(sighting: Sighting, event_list: str, payload: dict[str, Any]) -> Told:
    """Read once more what a sighting told; by itself, where today's rules find no claim there."""
    posted = sighting.seconds[0] if sighting.seconds else None
    if len(sighting.seconds) > 1:
        told_at = parse_moment(str(payload.get("postedDate") or ""))
        posted = next((one for one in sighting.seconds if one == told_at), posted)
    status = payload.get("transactionStatus")
    event = RawEvent(
        event_list=event_list,
        posted_at=posted,
        status=status if isinstance(status, str) else sighting.status,
        payload=payload,
    )
    reading = find_claim(event)
    if not isinstance(reading, Reading):
        reading = Reading(
            type=ClaimType.OTHER,
            money=Money(amount=sighting.amount, currency=sighting.currency),
            description="",
            order_id=sighting.order_id,
            event_class=sighting.event_class,
            sku=sighting.sku,
            quantity=sighting.quantity,
            status=sighting.status,
            was_deferred=sighting.was_deferred,
            transaction_ids=sighting.transaction_ids,
            other_ids=sighting.other_ids,
        )
    return told_of(event, reading, sighting.day)
