"""The rows of a page of financial events, as matching leaves them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, cast

import sqlalchemy as sa

from opside_desktop.claims.identity.event_keys import name_new
from opside_desktop.claims.identity.outcomes import (
    KnownClaim,
    NewClaim,
    Note,
    Outcome,
    PayloadPlace,
    WrittenClaim,
    WrittenSighting,
)
from opside_desktop.claims.sightings import Told
from opside_desktop.domain.ids import EventKey
from opside_desktop.domain.records import Claim, FinancialEvent
from opside_desktop.domain.syncs import SyncRun
from opside_desktop.store.schema import tables
from opside_desktop.store.schema.types import load_json
from opside_desktop.store.writing.bulk import RecordRows
from opside_desktop.store.writing.event_neighbourhood import Neighbours, StoredClaim
from opside_desktop.store.writing.keyed_sql import SqlRow, run
from opside_desktop.store.writing.sighting_rows import (
    SightingRow,
    StoredSighting,
    drop_links,
    drop_sightings,
    is_alike,
    next_id,
    put_links,
    put_sightings,
    touch_sightings,
    words_of,
)

_CLAIMS: Final = RecordRows(tables.amazon_claims, Claim)
_EVENTS: Final = RecordRows(tables.financial_events, FinancialEvent)

_TAKEN_KEYS: Final = (
    "@k SELECT f.event_key FROM k CROSS JOIN financial_events AS f "
    "WHERE f.user_id = :user AND f.event_key = k.name"
)
_KEYS_OF_CLAIMS: Final = (
    "@k SELECT f.claim_id, f.event_key FROM k CROSS JOIN financial_events AS f "
    "WHERE f.user_id = :user AND f.claim_id = k.name"
)
_WORDS_OF_CLAIMS: Final = (
    "@k SELECT f.claim_id, f.event_list, f.payload FROM k CROSS JOIN financial_events AS f "
    "WHERE f.user_id = :user AND f.claim_id = k.name"
)
_TOUCH: Final = (
    "@k UPDATE {} SET synced_at = :now WHERE user_id = :user AND claim_id IN (SELECT name FROM k)"
)


@dataclass(frozen=True, slots=True)
class WrittenRows:
    """What was written: which claims, each once, and what is worth telling of them."""

    claim_ids: tuple[str, ...]
    notes: tuple[Note, ...]


def put_outcome(
    connection: sa.Connection, run_: SyncRun, near: Neighbours, outcome: Outcome, now: datetime
) -> WrittenRows:
    """Write what matching made of a page, within its transaction."""
    return _Rows(connection, run_, near, outcome, now).put()


class _Rows:
    def __init__(
        self,
        connection: sa.Connection,
        run_: SyncRun,
        near: Neighbours,
        outcome: Outcome,
        now: datetime,
    ) -> None:
        self._connection = connection
        self._run = run_
        self._near = near
        self._outcome = outcome
        self._now = now
        self._hashes: dict[int, str] = {}
        self._ids: dict[str, str] = {}

    def put(self) -> WrittenRows:
        new = self._named()
        self._put_sightings()
        known = self._changed_claims()
        self._put_claims(new, known)
        touched = [one.claim.claim_id for one in self._outcome.claims if one not in known]
        for table in ("amazon_claims", "financial_events"):
            self._touch(table, touched)
        written = (*touched, *(one.claim.claim_id for one in known), *self._ids.values())
        notes = (
            replace(note, claim_id=self._ids.get(note.claim_id, note.claim_id))
            for note in self._outcome.notes
        )
        return WrittenRows(written, tuple(notes))

    def _named(self) -> list[tuple[NewClaim, EventKey, str]]:
        """Give the new claims their keys and ids."""
        named = name_new(
            self._outcome.new_claims,
            lambda wanted: {key for (key,) in self._read(_TAKEN_KEYS, wanted)},
        )
        self._ids = {new.name: id_ for new, _, id_ in named}
        return named

    def _put_sightings(self) -> None:
        written = self._outcome.sightings
        kept = self._kept_words(written)
        number = None
        rows: list[SightingRow] = []
        moved: list[int] = []
        met: dict[datetime, list[int]] = {}
        for one in written:
            stored = self._near.sightings.get(one.sighting.id or 0)
            if stored is None:
                number = next_id(self._connection, self._run.user_id) if number is None else number
                rows.append(self._row(one, None, number, kept))
                number += 1
                continue
            id_ = one.sighting.id or 0
            if self._is_as_before(one, stored):
                met.setdefault(one.sighting.last_read, []).append(id_)
                continue
            rows.append(self._row(one, stored, id_, kept))
            if rows[-1].claims != stored.sighting.claims:
                moved.append(id_)
        user = self._run.user_id
        drop_sightings(self._connection, user, self._outcome.dropped)
        drop_links(self._connection, user, moved)
        put_sightings(self._connection, self._run, rows)
        again = set(moved)
        put_links(
            self._connection,
            user,
            [row for row in rows if row.id not in self._near.sightings or row.id in again],
        )
        for read_at, ids in met.items():
            touch_sightings(self._connection, user, ids, read_at)

    def _is_as_before(self, one: WrittenSighting, stored: StoredSighting) -> bool:
        """Whether nothing has changed but the reading that met it."""
        if not is_alike(one.sighting, stored.sighting) or (
            one.told and self._words(one.told) != stored.words
        ):
            return False
        match one.payload:
            case PayloadPlace.AS_STORED:
                return True
            case PayloadPlace.SIGHTING:
                return stored.has_payload
            case PayloadPlace.CLAIM:
                return not stored.has_payload
            case PayloadPlace.FROM_CLAIM:
                return False

    def _row(
        self,
        one: WrittenSighting,
        stored: StoredSighting | None,
        number: int,
        kept: dict[str, tuple[str, dict[str, Any]]],
    ) -> SightingRow:
        claims = tuple(self._ids.get(id_, id_) for id_ in one.sighting.claims)
        event_list = one.told.event_list if one.told else stored.event_list if stored else ""
        words = self._words(one.told) if one.told else stored.words if stored else None
        payload = one.told.payload if one.told and one.payload is PayloadPlace.SIGHTING else None
        if one.payload is PayloadPlace.FROM_CLAIM and stored is not None:
            event_list, payload = kept[stored.sighting.claims[0]]
        return SightingRow(
            number,
            one.sighting,
            claims,
            event_list,
            words,
            payload,
            keeps_payload=one.payload is PayloadPlace.AS_STORED,
        )

    def _kept_words(
        self, written: Sequence[WrittenSighting]
    ) -> dict[str, tuple[str, dict[str, Any]]]:
        """Read the words of claims that another's take the place of, before they do."""
        wanted = [
            self._near.sightings[one.sighting.id].sighting.claims[0]
            for one in written
            if one.payload is PayloadPlace.FROM_CLAIM and one.sighting.id is not None
        ]
        if not wanted:
            return {}
        return {
            id_: (event_list, load_json(payload) if isinstance(payload, str) else payload or {})
            for id_, event_list, payload in self._read(_WORDS_OF_CLAIMS, wanted)
        }

    def _changed_claims(self) -> list[WrittenClaim]:
        """List the stored claims that anything has changed of."""
        tellers = {
            id(one.told): self._near.sightings.get(one.sighting.id or 0)
            for one in self._outcome.sightings
            if one.told is not None
        }
        changed = []
        for one in self._outcome.claims:
            if one.claim == self._near.claims[one.claim.claim_id].known:
                if one.told is None:
                    continue
                teller = tellers.get(id(one.told))
                if (
                    teller is not None
                    and not teller.has_payload
                    and teller.sighting.claims == (one.claim.claim_id,)
                    and teller.words == self._words(one.told)
                ):
                    continue
            changed.append(one)
        return changed

    def _put_claims(
        self, new: Sequence[tuple[NewClaim, EventKey, str]], changed: Sequence[WrittenClaim]
    ) -> None:
        claims = [_made(id_, one.claim, one.told.reading.description) for one, _, id_ in new]
        claims += [
            _claim(one.claim, one.told, self._near.claims[one.claim.claim_id]) for one in changed
        ]
        events = [_event(one.claim, one.told, key, id_) for one, key, id_ in new]
        retold = [(one.claim, one.told) for one in changed if one.told is not None]
        if retold:
            rows = self._read(_KEYS_OF_CLAIMS, [claim.claim_id for claim, _ in retold])
            keys: dict[str, str] = dict(cast("list[tuple[str, str]]", rows))
            events += [
                _event(claim, told, EventKey(keys[claim.claim_id]), claim.claim_id)
                for claim, told in retold
                if claim.claim_id in keys
            ]
        self._touch("financial_events", [one.claim.claim_id for one in changed if one.told is None])
        if claims:
            _CLAIMS.put(self._connection, self._run, claims, self._now)
        if events:
            _EVENTS.put(self._connection, self._run, events, self._now)

    def _touch(self, table: str, claim_ids: Sequence[str]) -> None:
        if claim_ids:
            user = self._run.user_id
            run(
                self._connection,
                _TOUCH.format(table),
                {"name": claim_ids},
                now=self._now,
                user=user,
            )

    def _read(self, sql: str, names: Sequence[str]) -> list[SqlRow]:
        return run(self._connection, sql, {"name": names}, user=self._run.user_id)

    def _words(self, told: Told) -> str:
        words = self._hashes.get(id(told))
        if words is None:
            words = self._hashes[id(told)] = words_of(told)
        return words


def _claim(claim: KnownClaim, told: Told | None, stored: StoredClaim) -> Claim:
    description = stored.description if told is None else told.reading.description
    return _made(claim.claim_id, claim, description, stored.reimbursement_id)


def _made(
    claim_id: str, claim: KnownClaim, description: str, reimbursement_id: str | None = None
) -> Claim:
    return Claim(
        claim_id=claim_id,
        type=claim.type,
        order_id=claim.order_id,
        amount=claim.amount,
        currency=claim.currency,
        status=claim.status,
        description=description,
        created_at=claim.created_at,
        matures_at=claim.matures_at,
        sku=claim.sku,
        quantity=claim.quantity,
        reimbursement_id=reimbursement_id,
        case_id=claim.case_id,
        hidden_reason=None if claim.hidden is None else claim.hidden.value,
    )


def _event(claim: KnownClaim, told: Told, key: EventKey, claim_id: str) -> FinancialEvent:
    return FinancialEvent(
        event_key=key,
        event_list=told.event_list,
        event_type=told.reading.event_type,
        posted_at=told.posted_at,
        order_id=claim.order_id,
        amount=claim.amount,
        currency=claim.currency,
        claim_id=claim_id,
        payload=told.payload,
    )
