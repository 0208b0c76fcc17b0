"""Rule 1: an event that its own source has told before, by its ids or by what it says."""

from collections import defaultdict, deque
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from opside_desktop.claims.identity.neighbourhood import Neighbourhood, Seen, fit
from opside_desktop.claims.identity.outcomes import PayloadPlace
from opside_desktop.claims.identity.telling import is_copy, leave, tell
from opside_desktop.claims.identity.uniting import unite_cases
from opside_desktop.claims.sightings import PlacedBy, Told

_HELD: Final = "DEFERRED"


def meet_known(near: Neighbourhood, told: Sequence[Told]) -> tuple[list[Seen], dict[Seen, Told]]:
    """Let each event that its source has told before meet its sighting, and make one for others.

    Returns:
        the sightings that have no claim yet, and those that changed by what was told of them, such
        as by a second date.
    """
    open_: dict[Seen, None] = {}
    changed: dict[Seen, Told] = {}
    left: list[Told] = []
    for event in told:
        if event.reading.transaction_ids and _by_ids(near, event, open_, changed):
            continue
        left.append(event)
    if left:
        for event in _loosely(near, _exactly(near, left, open_, changed), open_, changed):
            # An id may have come with another event of this page.
            if not _by_ids(near, event, open_, changed):
                seen = seen_of(event, near.window.read_at)
                near.add(seen)
                open_[seen] = None
    return (
        [seen for seen in open_ if not seen.is_gone],
        {
            seen: event
            for seen, event in changed.items()
            if not seen.is_gone and seen.placed_by is not None
        },
    )


def seen_of(told: Told, read_at: datetime) -> Seen:
    """Make a new sighting of an event."""
    reading = told.reading
    second = told.posted_at
    return Seen(
        id=None,
        source=told.source,
        event_class=reading.event_class,
        seconds=(second,) if second else (),
        day=told.day,
        order_id=reading.order_id,
        sku=reading.sku,
        quantity=reading.quantity,
        currency=reading.money.currency,
        amount=reading.money.amount,
        status=reading.status,
        was_deferred=reading.was_deferred,
        transaction_ids=reading.transaction_ids,
        other_ids=reading.other_ids,
        placed_by=None,
        last_read=read_at,
        waited=0,
        told=told,
        payload=PayloadPlace.SIGHTING,
        is_touched=True,
    )


def _by_ids(
    near: Neighbourhood, event: Told, open_: dict[Seen, None], changed: dict[Seen, Told]
) -> bool:
    currency = event.reading.money.currency
    found: dict[Seen, None] = {}
    for id_ in event.reading.transaction_ids:
        if (seen := near.by_id.get((id_, currency))) is not None:
            found[seen] = None
    if not found:
        return False
    first, *others = sorted(found, key=lambda seen: (seen.id is None, seen.id or 0))
    for other in others:
        _unite(near, first, other)
        changed[first] = event
    meet(near, first, event, open_, changed)
    return True


_Exact = tuple[object, ...]


def _exactly(
    near: Neighbourhood, left: Sequence[Told], open_: dict[Seen, None], changed: dict[Seen, Told]
) -> list[Told]:
    """Meet those without ids that say exactly what a sighting says; the fast way for nearly all."""
    without = [event for event in left if not event.reading.transaction_ids]
    if not without:
        return list(left)
    stored: dict[_Exact, deque[Seen]] = defaultdict(deque)
    for seen in near.all:
        if seen.source is near.window.source and not near.was_met(seen) and not _is_hidden(seen):
            stored[
                seen.event_class, seen.currency, seen.amount,
                seen.seconds[0] if seen.seconds else seen.day,
                seen.order_id, seen.sku, seen.quantity, seen.other_ids,
            ].append(seen)  # fmt: skip
    rest = []
    for event in left:
        reading = event.reading
        alike = None
        if not reading.transaction_ids:
            alike = stored.get((
                reading.event_class, reading.money.currency, reading.money.amount,
                event.posted_at or event.day,
                reading.order_id, reading.sku, reading.quantity, reading.other_ids,
            ))  # fmt: skip
        if alike:
            meet(near, alike.popleft(), event, open_, changed)
        else:
            rest.append(event)
    return rest


def _loosely(
    near: Neighbourhood, left: Sequence[Told], open_: dict[Seen, None], changed: dict[Seen, Told]
) -> list[Told]:
    """Meet those that say more or less than their sighting, or have an id that it lacks."""
    rest = []
    for event in sorted(left, key=_known_fields, reverse=True):
        like = seen_of(event, near.window.read_at)
        alike = [
            seen
            for seen in near.of_money(like, near.window.source)
            if seen.event_class is like.event_class
            and not near.was_met(seen)
            and not (seen.transaction_ids and like.transaction_ids)
        ]
        if alike:
            best = max(alike, key=lambda seen: (not _is_hidden(seen), *fit(like, seen)))
            meet(near, best, event, open_, changed)
        else:
            rest.append(event)
    order = {id(event): number for number, event in enumerate(left)}
    return sorted(rest, key=lambda event: order[id(event)])


def _known_fields(event: Told) -> int:
    reading = event.reading
    known = (reading.order_id, reading.sku, reading.quantity, event.posted_at)
    return sum(value is not None for value in known)


def _is_hidden(seen: Seen) -> bool:
    return any(case.is_double for case in seen.cases)


def meet(
    near: Neighbourhood,
    seen: Seen,
    event: Told,
    open_: dict[Seen, None],
    changed: dict[Seen, Told],
) -> None:
    """Let a sighting be met by what its source tells now."""
    read_at = near.window.read_at
    before = _found_by(seen)
    seen.last_read = max(seen.last_read, read_at) if seen.transaction_ids else read_at
    seen.is_touched = True
    learn(seen, event)
    after = _found_by(seen)
    if before != after:
        near.find_by(seen)
    if seen.placed_by is None:
        if seen.told is event:
            seen.payload = PayloadPlace.SIGHTING
        open_[seen] = None
        return
    if _is_sent_beside(near, seen):
        leave(seen)
        open_[seen] = None
        return
    if before != after:
        changed[seen] = event
    tell(near, seen, event)


def _found_by(seen: Seen) -> tuple[object, ...]:
    return (
        seen.seconds, seen.amount, seen.order_id, seen.was_deferred, seen.event_class,
        seen.transaction_ids,
    )  # fmt: skip


def learn(seen: Seen, event: Told) -> None:
    """Take from what is told now what a sighting says."""
    reading = event.reading
    seen.transaction_ids = _with(seen.transaction_ids, reading.transaction_ids)
    seen.other_ids = _with(seen.other_ids, reading.other_ids)
    if event.posted_at and event.posted_at not in seen.seconds:
        seen.seconds = tuple(sorted((*seen.seconds, event.posted_at)))
        seen.day = seen.seconds[0].date()
    copies = is_copy(seen, event)
    # Released is released: what an older page says of it comes too late.
    if seen.status in (None, _HELD) or not (copies or reading.status in (None, _HELD)):
        seen.status = reading.status or seen.status
    seen.was_deferred = seen.was_deferred or reading.was_deferred
    if copies:
        seen.order_id = seen.order_id or reading.order_id
        seen.sku = seen.sku or reading.sku
        seen.quantity = reading.quantity if seen.quantity is None else seen.quantity
        return
    seen.told = event
    seen.event_class = reading.event_class
    seen.amount = reading.money.amount
    seen.order_id = reading.order_id or seen.order_id
    seen.sku = reading.sku or seen.sku
    seen.quantity = seen.quantity if reading.quantity is None else reading.quantity


def _with(known: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    if known == more or not more:
        return known
    return tuple(dict.fromkeys((*known, *more)))


def _is_sent_beside(near: Neighbourhood, seen: Seen) -> bool:
    """Whether its claim was taken for another transaction that is still sent beside it."""
    if not seen.is_whole:
        return False
    return any(
        other is not seen
        and near.was_met(other)
        and PlacedBy.LEFT_OVER in (other.placed_by, seen.placed_by)
        for other in seen.cases[0].whole(near.window.source)
    )


def _unite(near: Neighbourhood, first: Seen, other: Seen) -> None:
    """Make one sighting of two that an id proves to be one: the newer claim is hidden.

    Where the other source has told either of the two claims by itself, both stay.
    """
    first.seconds = tuple(sorted({*first.seconds, *other.seconds}))
    first.day = first.seconds[0].date() if first.seconds else first.day
    first.transaction_ids = _with(first.transaction_ids, other.transaction_ids)
    first.other_ids = _with(first.other_ids, other.other_ids)
    first.was_deferred = first.was_deferred or other.was_deferred
    if first.status in (None, _HELD):
        first.status = other.status or first.status
    other.is_gone = True
    cases, placed_by = other.cases, other.placed_by
    if cases:
        leave(other)
    near.find_by(first)
    unite_cases(near, first, cases, placed_by)
