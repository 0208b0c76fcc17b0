"""The database's part of matching, in memory: rows are loaded, matched and written by its rules.

It loads for a page just what `Stored` says is needed, so that matching can need no more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from opside_desktop.claims.classes import EventClass
from opside_desktop.claims.identity.event_keys import name_new
from opside_desktop.claims.identity.matching import end_unfinished, match_page
from opside_desktop.claims.identity.outcomes import (
    KnownClaim,
    Note,
    Outcome,
    PayloadPlace,
    Stored,
    WindowReading,
)
from opside_desktop.claims.readings import Reading
from opside_desktop.claims.sightings import Sighting, Told, is_told_as_before
from opside_desktop.domain.claim_types import ClaimType, HiddenReason
from opside_desktop.domain.records import Money
from opside_desktop.domain.sources import ClaimsSource

TX, V0 = ClaimsSource.TRANSACTIONS, ClaimsSource.EVENTS_V0
START = datetime(2026, 10, 1, tzinfo=UTC)

_TYPES = {
    EventClass.REFUND: ClaimType.REFUND,
    EventClass.GUARANTEE: ClaimType.GUARANTEE,
    EventClass.ADJUSTMENT: ClaimType.REIMBURSEMENT,
    EventClass.FEE: ClaimType.FEE,
}


def at(day: int, second: int = 0) -> datetime:
    """Give a second of a day, counted from the first."""
    return START + timedelta(days=day, seconds=second)


def told(
    source: ClaimsSource,
    amount: str,
    when: datetime | date,
    *,
    event_class: EventClass = EventClass.REFUND,
    order: str | None = None,
    sku: str | None = None,
    ids: Sequence[str] = (),
    status: str | None = None,
    was_deferred: bool | None = None,
    currency: str = "USD",
    quantity: int | None = None,
    other_ids: Sequence[str] = (),
    text: str = "",
) -> Told:
    """Make an event as a source tells it; a date without a time is an event without a date."""
    reading = Reading(
        type=_TYPES[event_class],
        money=Money(amount=Decimal(amount), currency=currency),
        description=text or event_class.value,
        order_id=order,
        event_class=event_class,
        sku=sku,
        quantity=quantity,
        status=status if source is V0 or status else "RELEASED",
        was_deferred=(
            status in ("DEFERRED", "DEFERRED_RELEASED") or len(ids) > 1
            if was_deferred is None
            else was_deferred
        ),
        transaction_ids=tuple(ids),
        other_ids=tuple(other_ids),
    )
    posted = when if isinstance(when, datetime) else None
    day = when.date() if isinstance(when, datetime) else when
    event_list = "transactions" if source is TX else f"{event_class.value.title()}EventList"
    return Told(source, reading, posted, day, event_list, {"text": text})


@dataclass
class Memory:
    """One user's rows.

    Attributes:
        words: what each claim's financial event holds.
        kept: what is kept with sightings.
        read: the windows of which each source has read anything.
    """

    sightings: dict[int, Sighting] = field(default_factory=dict)
    claims: dict[str, KnownClaim] = field(default_factory=dict)
    words: dict[str, Told] = field(default_factory=dict)
    kept: dict[int, Told] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    read: list[tuple[ClaimsSource, datetime, datetime]] = field(default_factory=list)
    _moments: int = 0

    def reading(
        self, source: ClaimsSource, start: datetime | None = None, end: datetime | None = None
    ) -> WindowReading:
        """Begin a reading of a window, by default of all."""
        self._moments += 1
        start, end = start or START, end or at(1000)
        before = any(begin < end and start < until for _, begin, until in self.read)
        moment = START + timedelta(days=3000, seconds=self._moments)
        return WindowReading(source, start, end, moment, before)

    def page(self, events: Sequence[Told], window: WindowReading, *, is_last: bool) -> Outcome:
        """Write a page."""
        around = self._around(events, window, is_last=is_last)
        outcome = match_page(events, around, window, is_last=is_last)
        self._write(outcome)
        if window.start and window.end:
            self.read.append((window.source, window.start, window.end))
        return outcome

    def broken_off(self, window: WindowReading) -> Outcome:
        """End a reading before its last page."""
        outcome = end_unfinished(self._around([], window, is_last=True), window)
        self._write(outcome)
        return outcome

    def scan(self, *pages: Sequence[Told], source: ClaimsSource | None = None) -> None:
        """Read everything, a page at a time."""
        window = self.reading(source or next(event for page in pages for event in page).source)
        for number, events in enumerate(pages, 1):
            self.page(events, window, is_last=number == len(pages))

    def shown(self) -> list[KnownClaim]:
        """Give the claims that lists show."""
        return [claim for claim in self.claims.values() if claim.hidden is None]

    def total(self, currency: str = "USD") -> Decimal:
        """Add up the claims that lists show."""
        return sum((c.amount for c in self.shown() if c.currency == currency), Decimal())

    def waiting(self) -> list[Sighting]:
        """Give what waits."""
        return [sighting for sighting in self.sightings.values() if sighting.placed_by is None]

    # -- the database's part

    def _around(self, events: Sequence[Told], window: WindowReading, *, is_last: bool) -> Stored:
        likes = [_Like.of_told(event) for event in events if not self._is_as_before(event)]
        named = {id_ for event in events for id_ in event.reading.transaction_ids}
        if is_last:
            waits = [s for s in self.waiting() if s.source is window.source and window.holds(s)]
            likes += [_Like.of_sighting(sighting) for sighting in waits]
        else:
            waits = []
        found = {number: s for number, s in self.sightings.items() if s in waits}
        for number, sighting in self.sightings.items():
            one = _Like.of_sighting(sighting)
            if any(like.may_be(one) for like in likes) or (
                one.source is window.source and named & one.ids
            ):
                found[number] = sighting
        ids = {id_ for sighting in found.values() for id_ in sighting.claims}
        found |= {n: s for n, s in self.sightings.items() if ids & set(s.claims)}
        ids |= {id_ for sighting in found.values() for id_ in sighting.claims}
        claims = [self.claims[id_] for id_ in ids]
        return Stored(list(found.values()), claims, self._told_again)

    def _is_as_before(self, event: Told) -> bool:
        return any(
            sighting.source is event.source and is_told_as_before(event, sighting)
            for sighting in self.sightings.values()
        )

    def _told_again(self, sighting: Sighting) -> Told:
        assert sighting.id is not None
        return self.kept[sighting.id]

    def _write(self, outcome: Outcome) -> None:
        names = {}
        before = dict(self.words)
        for new, key, claim_id in name_new(outcome.new_claims, self.keys.keys().__and__):
            names[new.name] = claim_id
            assert key not in self.keys
            assert claim_id not in self.claims
            self.keys[key] = claim_id
            self.claims[claim_id] = replace(new.claim, claim_id=claim_id)
            self.words[claim_id] = new.told
        for written in outcome.claims:
            id_ = written.claim.claim_id
            assert id_ in self.claims
            self.claims[id_] = written.claim
            if written.told is not None:
                self.words[id_] = written.told
        for dropped in outcome.dropped:
            del self.sightings[dropped]
            self.kept.pop(dropped, None)
        for sight in outcome.sightings:
            sighting = sight.sighting
            number = sighting.id or max(self.sightings, default=0) + 1
            match sight.payload:
                case PayloadPlace.SIGHTING:
                    assert sight.told is not None
                    self.kept[number] = sight.told
                case PayloadPlace.CLAIM:
                    self.kept.pop(number, None)
                case PayloadPlace.FROM_CLAIM:
                    (claim,) = self.sightings[number].claims
                    self.kept[number] = before[claim]
            claims = tuple(names.get(name, name) for name in sighting.claims)
            self.sightings[number] = replace(sighting, id=number, claims=claims)
        self.notes += [
            replace(note, claim_id=names.get(note.claim_id, note.claim_id))
            for note in outcome.notes
        ]
        self.check()

    def check(self) -> None:
        """Assert what holds after every page, whatever is told."""
        tellers: dict[str, list[Sighting]] = {id_: [] for id_ in self.claims}
        for number, sighting in self.sightings.items():
            assert (sighting.placed_by is None) == (not sighting.claims)
            assert sighting.placed_by is not None or number in self.kept
            assert list(sighting.seconds) == sorted(set(sighting.seconds))
            for id_ in sighting.claims:
                tellers[id_].append(sighting)
                assert self.claims[id_].currency == sighting.currency
        for id_, claim in self.claims.items():
            told = {sighting.source for sighting in tellers[id_]}
            assert told or claim.hidden is HiddenReason.DOUBLE
            if claim.hidden is not HiddenReason.DOUBLE:
                assert claim.amount == self.words[id_].reading.money.amount
                assert self.words[id_].source in told
            for sighting in tellers[id_]:
                # What a move would need is kept.
                if sighting.source is V0 and self.words[id_].source is TX:
                    assert sighting.id in self.kept


@dataclass(frozen=True)
class _Like:
    """By what an event or a sighting is looked for."""

    source: ClaimsSource
    ids: frozenset[str]
    days: frozenset[date]
    seconds: frozenset[datetime]
    order: str | None
    event_class: EventClass
    money: tuple[str, Decimal]

    @classmethod
    def of_told(cls, event: Told) -> "_Like":
        reading = event.reading
        seconds = frozenset({event.posted_at} if event.posted_at else ())
        return cls(
            event.source, frozenset(reading.transaction_ids), frozenset({event.day}), seconds,
            reading.order_id, reading.event_class,
            (reading.money.currency, reading.money.amount),
        )  # fmt: skip

    @classmethod
    def of_sighting(cls, sighting: Sighting) -> "_Like":
        days = {second.date() for second in sighting.seconds} or {sighting.day}
        return cls(
            sighting.source, frozenset(sighting.transaction_ids), frozenset(days),
            frozenset(sighting.seconds), sighting.order_id, sighting.event_class,
            (sighting.currency, sighting.amount),
        )  # fmt: skip

    def may_be(self, other: "_Like") -> bool:
        if self.source is other.source and self.ids & other.ids:
            return True
        if self.money == other.money and self.days & other.days:
            return True
        if self.order and self.order == other.order:
            return True
        if self.order and other.order:
            return False
        same = (self.event_class, self.money[0]) == (other.event_class, other.money[0])
        if self.seconds and other.seconds:
            return same and bool(self.seconds & other.seconds)
        return same and bool(self.days & other.days)
