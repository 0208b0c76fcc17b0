"""Which claims of version 0.1 are doubles: one event that Amazon worded anew between two syncs.

Version 0.1 knew an event by all that it says. When Amazon worded one anew it became a second claim,
and the first was no longer refreshed by syncs that read its date. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple, TypeVar

from opside_desktop.claims.classes import EventClass

T = TypeVar("T")

OVERLAP: Final = timedelta(days=14)
"""So much a sync of version 0.1 read again of what the last whole one had read."""

REACH: Final = timedelta(days=90)
"""So far back went its first one."""

_LAG: Final = timedelta(minutes=3)
"""Between the moment at which a sync began and the newest that it asked for."""


class Origin(NamedTuple):
    """Whose events they are: real ones are never those of a simulator, nor one's another's."""

    is_mock: bool
    mock_scenario: str | None


class EarlierSync(NamedTuple):
    """What is kept of a sync of version 0.1.

    `is_whole`: whether it read claims to the end. `since`: from where on a person wanted it to.
    """

    sync_id: str
    started_at: datetime
    is_whole: bool
    since: datetime | None
    origin: Origin


class EarlierReading(NamedTuple):
    """One complete reading of a stretch of time: by one sync, after others that were interrupted.

    Attributes:
        began_at: when the first of its syncs started.
        since, until: from where and up to where it read.
        sync_ids: those that may have stored a part of it.
    """

    began_at: datetime
    since: datetime
    until: datetime
    sync_ids: frozenset[str]
    origin: Origin


@dataclass(frozen=True, slots=True)
class OldClaim:
    """A claim of version 0.1 with what tells events apart.

    Attributes:
        posted_at: its second; None where Amazon told no date.
        day: of that second, or the one that was found; None where none could be.
        last_told_at: when it was stored last, because Amazon had sent it.
    """

    claim_id: str
    event_class: EventClass
    posted_at: datetime | None
    day: date | None
    order_id: str | None
    sku: str | None
    quantity: int | None
    currency: str
    amount: Decimal
    origin: Origin
    last_told_at: datetime


def earlier_readings(syncs: Iterable[EarlierSync]) -> list[EarlierReading]:
    """Find the complete readings of a user's syncs, oldest first.

    A sync that was interrupted counts to the next one that was not, which went on with it: so two
    events of one reading never seem to be of two.
    """
    readings: list[EarlierReading] = []
    waiting: dict[Origin, list[EarlierSync]] = {}
    last: dict[Origin, EarlierSync] = {}
    for sync in sorted(syncs, key=lambda one: one.started_at):
        parts = waiting.setdefault(sync.origin, [])
        parts.append(sync)
        if not sync.is_whole:
            continue
        former = last.get(sync.origin)
        since = sync.since
        if since is None and former is None:
            since = _midnight(parts[0].started_at) - REACH
        elif since is None and former is not None:
            since = _midnight(former.started_at - _LAG - OVERLAP)
        if since is not None:
            ids = frozenset(one.sync_id for one in parts)
            until = sync.started_at - _LAG
            readings.append(EarlierReading(parts[0].started_at, since, until, ids, sync.origin))
        last[sync.origin] = sync
        waiting[sync.origin] = []
    return readings


def perhaps_double(
    claims: Sequence[OldClaim], readings: Sequence[EarlierReading]
) -> list[OldClaim]:
    """Give those claims that agree with a stale one: only of these it matters who brought them."""
    if not readings:
        return []
    found = []
    for group in _groups(claims):
        stale = [one for one in group if any(_is_stale(one, reading) for reading in readings)]
        oldest = min((one.last_told_at for one in stale), default=None)
        if oldest is not None:
            found += [one for one in group if one.last_told_at > oldest]
    return found


def find_doubles(
    claims: Sequence[OldClaim],
    readings: Sequence[EarlierReading],
    brought_by: Mapping[str, str],
) -> dict[str, str]:
    """Pair doubles with the claims that they are.

    A reading that did not meet a claim of its stretch, and brought one that agrees with it, met the
    same event in other words. Each takes part in one pair as the older and in one as the newer, so
    that of twins which both were worded anew two stay, and of a chain the oldest.

    Args:
        claims: all that were posted on some days.
        readings: of their user, oldest first.
        brought_by: the sync that first brought a claim, by claim id; at least for those of
            `perhaps_double`.

    Returns:
        by the id of each double, that of the oldest claim it is.
    """
    older_of: dict[str, str] = {}
    for group in _groups(claims):
        worded_anew: set[str] = set()
        for reading in readings:
            stale = [
                one for one in group if one.claim_id not in worded_anew and _is_stale(one, reading)
            ]
            new = [
                one
                for one in group
                if one.origin == reading.origin
                and brought_by.get(one.claim_id) in reading.sync_ids
                and one.claim_id not in older_of
            ]
            for older, newer in _pairs(stale, new):
                worded_anew.add(older.claim_id)
                older_of[newer.claim_id] = older.claim_id
    return {double: _oldest(double, older_of) for double in older_of}


def _pairs(stale: list[OldClaim], new: list[OldClaim]) -> Iterable[tuple[OldClaim, OldClaim]]:
    """Pair what agrees, what agrees best first; each at most once."""
    agreeing = [
        (older, newer)
        for older in stale
        for newer in new
        if older.claim_id != newer.claim_id and _agrees(older, newer)
    ]
    agreeing.sort(key=lambda pair: (pair[0].last_told_at, pair[0].claim_id, pair[1].claim_id))
    agreeing.sort(key=lambda pair: _likeness(*pair), reverse=True)
    taken: set[str] = set()
    for older, newer in agreeing:
        if older.claim_id not in taken and newer.claim_id not in taken:
            taken |= {older.claim_id, newer.claim_id}
            yield older, newer


def _groups(claims: Sequence[OldClaim]) -> list[list[OldClaim]]:
    """Put together, two or more, what has equal class, day, currency, amount and origin."""
    groups: dict[tuple[object, ...], list[OldClaim]] = {}
    for one in claims:
        if one.day is not None:
            key = (one.event_class, one.day, one.currency, one.amount, one.origin)
            groups.setdefault(key, []).append(one)
    return [group for group in groups.values() if len(group) > 1]


def _is_stale(claim: OldClaim, reading: EarlierReading) -> bool:
    """Whether a complete reading of a claim's date did not meet it any more."""
    if claim.day is None or claim.origin != reading.origin:
        return False
    is_within = reading.since.date() <= claim.day <= reading.began_at.date()
    return is_within and claim.last_told_at < reading.began_at


def _agrees(one: OldClaim, other: OldClaim) -> bool:
    """Whether two of one group agree in second (or day), order and SKU."""
    return not (
        _differ(_second(one), _second(other))
        or _differ(one.order_id, other.order_id)
        or _differ(one.sku, other.sku)
    )


def _second(claim: OldClaim) -> datetime | None:
    return None if claim.posted_at is None else claim.posted_at.replace(microsecond=0)


def _differ(one: T | None, other: T | None) -> bool:
    """Whether two contradict; what is not told contradicts nothing."""
    return one is not None and other is not None and one != other


def _likeness(one: OldClaim, other: OldClaim) -> tuple[bool, ...]:
    """Tell how well two that agree do so: the greater, the better."""
    return (
        one.posted_at == other.posted_at,
        one.order_id == other.order_id,
        one.sku == other.sku,
        one.quantity == other.quantity,
    )


def _oldest(claim_id: str, older_of: Mapping[str, str]) -> str:
    while claim_id in older_of:
        claim_id = older_of[claim_id]
    return claim_id


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
