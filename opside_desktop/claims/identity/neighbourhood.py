"""The neighbourhood of a page while it is matched: sightings and claims, which may change.

What is looked up by money, order or second is checked again by whoever looks: a sighting whose
amount or seconds change is only added to the lists anew.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal

from opside_desktop.claims.classes import EventClass
from opside_desktop.claims.identity.outcomes import (
    KnownClaim,
    Note,
    PayloadPlace,
    Stored,
    WindowReading,
)
from opside_desktop.claims.sightings import PlacedBy, Sighting, Told
from opside_desktop.domain.claim_types import HiddenReason
from opside_desktop.domain.sources import ClaimsSource


@dataclass(slots=True, eq=False)
class Seen:
    """A sighting that may change: stored, or of this page (`id` is None).

    Attributes:
        told: what was told of it now.
        is_gone: it proved to be part of another sighting.
    """

    id: int | None
    source: ClaimsSource
    event_class: EventClass
    seconds: tuple[datetime, ...]
    day: date
    order_id: str | None
    sku: str | None
    quantity: int | None
    currency: str
    amount: Decimal
    status: str | None
    was_deferred: bool
    transaction_ids: tuple[str, ...]
    other_ids: tuple[str, ...]
    placed_by: PlacedBy | None
    last_read: datetime
    waited: int
    cases: list["Case"] = field(default_factory=list)
    told: Told | None = None
    payload: PayloadPlace = PayloadPlace.AS_STORED
    is_touched: bool = False
    is_gone: bool = False

    @property
    def days(self) -> Iterable[date]:
        """The UTC days of its seconds, or its day where it has none."""
        if len(self.seconds) < 2:  # nearly always, and the day is that second's
            return (self.day,)
        return {second.date() for second in self.seconds}

    @property
    def moment(self) -> datetime:
        """Its first second, or the beginning of its day."""
        return self.seconds[0] if self.seconds else datetime.combine(self.day, time(), UTC)

    @property
    def is_whole(self) -> bool:
        """Whether it tells one claim, and all of it."""
        return len(self.cases) == 1 and self.placed_by is not PlacedBy.SUM

    def as_stored(self) -> Sighting:
        """Give it as a row."""
        return Sighting(
            id=self.id,
            source=self.source,
            event_class=self.event_class,
            seconds=self.seconds,
            day=self.day,
            order_id=self.order_id,
            sku=self.sku,
            quantity=self.quantity,
            currency=self.currency,
            amount=self.amount,
            status=self.status,
            was_deferred=self.was_deferred,
            transaction_ids=self.transaction_ids,
            other_ids=self.other_ids,
            placed_by=self.placed_by,
            last_read=self.last_read,
            claims=tuple(case.claim.claim_id for case in self.cases),
            waited=self.waited,
        )


@dataclass(slots=True, eq=False)
class Case:
    """A claim that may change, with the sightings that tell it.

    Attributes:
        told: whose words its rows take; None where they keep theirs.
        when: second or day of a new one's key.
    """

    claim: KnownClaim
    seen: list[Seen] = field(default_factory=list)
    told: Told | None = None
    is_new: bool = False
    is_touched: bool = False
    when: datetime | date | None = None

    @property
    def is_double(self) -> bool:
        """Whether it is hidden because it proved to be another."""
        return self.claim.hidden is HiddenReason.DOUBLE

    def is_told_by(self, source: ClaimsSource) -> bool:
        """Whether a source has told it."""
        return any(seen.source is source for seen in self.seen)

    def whole(self, source: ClaimsSource) -> list[Seen]:
        """Give the sightings of a source that tell this claim alone, and all of it."""
        return [seen for seen in self.seen if seen.source is source and seen.is_whole]


class Neighbourhood:
    """Everything a page's events could be.

    Attributes:
        all: sightings, older ones first, those of this page last.
        cases: claims, by id or by the name of a new one.
        made: how many claims were made so far; counts on for their names.
        by_id: this source's sightings by transaction id and currency: never across currencies.
    """

    def __init__(self, stored: Stored, window: WindowReading) -> None:
        self.window = window
        self.told_again = stored.told_again
        self.notes: list[Note] = []
        self.made = 0
        self.cases = {claim.claim_id: Case(claim) for claim in stored.claims}
        self.by_id: dict[tuple[str, str], Seen] = {}
        self._by_money: dict[tuple[ClaimsSource, str, Decimal, date], dict[Seen, None]] = (
            defaultdict(dict)
        )
        self._by_order: dict[tuple[ClaimsSource, str], dict[Seen, None]] = defaultdict(dict)
        self._by_second: dict[tuple[EventClass, str, datetime], dict[Seen, None]] = defaultdict(
            dict
        )
        self.all: list[Seen] = []
        for sighting in sorted(stored.sightings, key=lambda sighting: sighting.id or 0):
            self._take(sighting)

    def _take(self, row: Sighting) -> None:
        seen = Seen(
            row.id, row.source, row.event_class, row.seconds, row.day, row.order_id, row.sku,
            row.quantity, row.currency, row.amount, row.status, row.was_deferred,
            row.transaction_ids, row.other_ids, row.placed_by, row.last_read, row.waited,
            [self.cases[id_] for id_ in row.claims],
        )  # fmt: skip
        for case in seen.cases:
            case.seen.append(seen)
        self.add(seen)

    def add(self, seen: Seen) -> None:
        """Add a sighting that was told first on this page."""
        self.all.append(seen)
        self.find_by(seen)

    def find_by(self, seen: Seen) -> None:
        """Let a sighting be found by what it says, also after that has changed."""
        if seen.source is self.window.source:
            for id_ in seen.transaction_ids:
                self.by_id[id_, seen.currency] = seen
        for day in seen.days:
            self._by_money[seen.source, seen.currency, seen.amount, day][seen] = None
        if seen.order_id:
            self._by_order[seen.source, seen.order_id][seen] = None
        for second in seen.seconds:
            self._by_second[seen.event_class, seen.currency, second][seen] = None

    def of_money(self, like: Seen, source: ClaimsSource) -> Iterator[Seen]:
        """Yield a source's sightings of the same second (or day), currency and amount, whose order
        and SKU do not contradict; older ones first.
        """
        for day in like.days:
            for seen in tuple(self._by_money.get((source, like.currency, like.amount, day), ())):
                if seen is not like and not seen.is_gone and is_alike(like, seen):
                    yield seen

    def of_order(self, like: Seen, source: ClaimsSource) -> Iterator[Seen]:
        """Yield a source's sightings of the same order, class, currency and amount, whose SKU does
        not contradict, whatever the second; older ones first.
        """
        for seen in tuple(self._by_order.get((source, like.order_id or ""), ())):
            if (
                seen is not like
                and not seen.is_gone
                and seen.order_id == like.order_id
                and seen.event_class is like.event_class
                and (seen.currency, seen.amount) == (like.currency, like.amount)
                and agree(seen.sku, like.sku)
            ):
                yield seen

    def of_second(self, like: Seen) -> Iterator[Seen]:
        """Yield sightings of both sources of the same class, currency and second, whatever the
        amount, whose order does not contradict.
        """
        for second in like.seconds:
            for seen in tuple(self._by_second.get((like.event_class, like.currency, second), ())):
                if (
                    seen is not like
                    and not seen.is_gone
                    and second in seen.seconds
                    and agree(seen.order_id, like.order_id)
                ):
                    yield seen

    def was_met(self, seen: Seen) -> bool:
        """Whether this reading has met a sighting of its own source already."""
        return self.window.has_met(seen.last_read, is_dated=bool(seen.seconds))


def agree(one: object, other: object) -> bool:
    """Whether two values do not contradict each other: a missing one never does."""
    return one is None or other is None or one == other


def is_known_equal(one: object, other: object) -> bool:
    """Whether two values are told and equal."""
    return one is not None and one == other


def is_alike(one: Seen, other: Seen) -> bool:
    """Whether two sightings agree in second (or day), currency and amount, and contradict each
    other in neither order nor SKU.
    """
    if one.currency != other.currency or one.amount != other.amount:
        return False
    if one.seconds and other.seconds:
        if one.seconds != other.seconds and not set(one.seconds) & set(other.seconds):
            return False
    elif one.day != other.day and not set(one.days) & set(other.days):
        return False
    return agree(one.order_id, other.order_id) and agree(one.sku, other.sku)


def look_alike(one: Seen, other: Seen) -> bool:
    """Whether two sightings of one source fit all others equally well."""
    return (
        one.sku == other.sku
        and one.order_id == other.order_id
        and one.event_class is other.event_class
        and one.quantity == other.quantity
        and one.was_deferred == other.was_deferred
        and one.other_ids == other.other_ids
        and bool(one.seconds) == bool(other.seconds)
    )


def fit(one: Seen, other: Seen) -> tuple[bool, ...]:
    """Say how well two sightings that are alike fit; the greater, the better."""
    return (
        one.event_class is other.event_class,
        bool(one.seconds) == bool(other.seconds),
        is_known_equal(one.sku, other.sku),
        is_known_equal(one.order_id, other.order_id),
        # What was deferred may be told with the date of its release as well.
        not (one.was_deferred or other.was_deferred),
        one.sku == other.sku,
        one.order_id == other.order_id,
        one.quantity == other.quantity,
        bool(set(one.other_ids) & set(other.other_ids)),
    )
