"""Rules 2, 3 and 5: an event that the other source has told, by its second or as a deferral."""

from collections.abc import Callable, Iterable
from typing import Final

from opside_desktop.claims.identity.neighbourhood import (
    Neighbourhood,
    Seen,
    fit,
    is_alike,
    look_alike,
)
from opside_desktop.claims.identity.telling import join, leave, make_case, move
from opside_desktop.claims.sightings import PlacedBy
from opside_desktop.domain.sources import ClaimsSource

_BETTER: Final = ClaimsSource.TRANSACTIONS
_FITS: Final = 5
"""So much of a fit speaks for one of two: whether values are known and equal, not merely absent."""


def place_alike(
    near: Neighbourhood, open_: Iterable[Seen], *, of_any_class: bool = False
) -> list[Seen]:
    """Place sightings that the other source has told with the same second (or day), currency and
    amount; those that fit best take theirs first.

    Args:
        of_any_class: whether also one of another class will do: only when all other events of the
            window have theirs.

    Returns:
        those that are none of them.
    """
    rest = list(open_)
    for is_good in (_is_exact, _is_of_class, *((_is_any,) if of_any_class else ())):
        rest = [seen for seen in rest if not _place(near, seen, is_good)]
    return rest


def _is_exact(one: Seen, other: Seen) -> bool:
    return (
        one.sku == other.sku
        and one.order_id == other.order_id
        and one.event_class is other.event_class
        and bool(one.seconds) == bool(other.seconds)
        and not (one.was_deferred or other.was_deferred)
    )


def _is_of_class(one: Seen, other: Seen) -> bool:
    return one.event_class is other.event_class


def _is_any(_one: Seen, _other: Seen) -> bool:
    return True


def _place(near: Neighbourhood, seen: Seen, is_good: Callable[[Seen, Seen], bool]) -> bool:
    best = None
    worse: list[Seen] = []
    for other in near.of_money(seen, seen.source.other):
        if not is_good(seen, other):
            continue
        if best is not None and not best.cases[0].is_double and look_alike(best, other):
            continue
        if is_free(near, other):
            if best is None or _rank(seen, other) > _rank(seen, best):
                best = other
            if is_good is _is_exact and not other.cases[0].is_double:
                break
        elif _is_worse_told(near, seen, other) and _is_another(near, seen, other):
            worse.append(other)
    if best is not None and not (best.cases[0].is_double and worse):
        placed_by = PlacedBy.ALIKE if len(best.cases) == 1 else PlacedBy.SUM
        join(near, seen, best.cases, placed_by)
        return True
    if worse:
        _take_from(near, seen, max(worse, key=lambda other: fit(seen, other)))
        return True
    return False


def _rank(seen: Seen, other: Seen) -> tuple[bool, ...]:
    return (not any(case.is_double for case in other.cases), *fit(seen, other))


def is_free(near: Neighbourhood, other: Seen) -> bool:
    """Whether a sighting of the other source tells claims that this source has not told yet."""
    if not other.cases or (other.placed_by is PlacedBy.SUM and len(other.cases) == 1):
        return False
    source = near.window.source
    for case in other.cases:
        for seen in case.seen:
            if seen.source is source:
                return False
    return True


def is_free_of(other: Seen) -> bool:
    """Whether a sighting tells one claim, and its own source alone tells that."""
    return (
        other.is_whole
        and not other.cases[0].is_double
        and not other.cases[0].is_told_by(other.source.other)
    )


def _is_worse_told(near: Neighbourhood, seen: Seen, other: Seen) -> bool:
    """Whether this source tells the claim of an alike sighting, but by one that fits it less."""
    if not other.is_whole:
        return False
    ours = [one for one in other.cases[0].seen if one.source is near.window.source]
    if len(ours) != 1 or not ours[0].is_whole:
        return False
    if not is_alike(ours[0], other):
        return True
    if look_alike(ours[0], seen):
        return False
    told = fit(ours[0], other)[:_FITS]
    return not all(told) and fit(seen, other)[:_FITS] > told


def _is_another(near: Neighbourhood, seen: Seen, other: Seen) -> bool:
    """Whether what this source tells of a claim so far is certainly another event than what it
    tells now: it is sent beside it, or has another second.
    """
    former = next(one for one in other.cases[0].seen if one.source is near.window.source)
    return near.was_met(former) or not any(second in former.seconds for second in seen.seconds)


def could_take(near: Neighbourhood, seen: Seen) -> bool:
    """Whether the end of the window may show that a sighting is what the other source tells."""
    return any(
        is_free(near, other) or _is_worse_told(near, seen, other)
        for other in near.of_money(seen, seen.source.other)
    )


def take_what_fits(near: Neighbourhood, open_: Iterable[Seen]) -> list[Seen]:
    """Place what fits a claim better than what this source has told of it and tells no more."""
    rest = []
    for seen in open_:
        worse = [
            other
            for other in near.of_money(seen, seen.source.other)
            if _is_worse_told(near, seen, other)
        ]
        if worse:
            _take_from(near, seen, max(worse, key=lambda other: fit(seen, other)))
        else:
            rest.append(seen)
    return rest


def _take_from(near: Neighbourhood, seen: Seen, other: Seen) -> None:
    """Part two sightings that were taken for one, where one of them proves to be another event.

    What transactions tell stays under its claim, and what Finances v0 tells moves: so no claim
    changes what it says.

    Args:
        seen: told now; it is what `other` tells.
        other: of the other source; so far one claim with another sighting of this source.
    """
    case = other.cases[0]
    former = next(one for one in case.seen if one.source is seen.source)
    if seen.source is _BETTER:
        spare = _counterpart(near, former)
        if spare is None:
            leave(other)
            fresh = make_case(near, seen)
            move(other, fresh, PlacedBy.ALIKE)
            return
        theirs = spare.cases[0]
        move(spare, case, _how(former, spare))
        leave(other)
        join(near, seen, [theirs], PlacedBy.ALIKE)
        move(other, theirs, PlacedBy.ALIKE)
        return
    leave(former)
    join(near, seen, [case], PlacedBy.ALIKE)
    spare = _counterpart(near, former)
    if spare is not None:
        move(former, spare.cases[0], _how(former, spare))
    else:
        make_case(near, former)


def _counterpart(near: Neighbourhood, former: Seen) -> Seen | None:
    """Find what only the other source tells, and what a sighting that lost its counterpart is."""
    for other in near.of_money(former, former.source.other):
        if is_free_of(other) and other.event_class is former.event_class:
            return other
    return deferral_for(near, former)


def _how(one: Seen, other: Seen) -> PlacedBy:
    return PlacedBy.ALIKE if is_alike(one, other) else PlacedBy.DEFERRAL


def deferral_for(near: Neighbourhood, seen: Seen) -> Seen | None:
    """Find what only the other source tells of the same order, class, currency and amount, where
    either side is or was deferred: what is released already and comes in the right order of time
    first, then what has the same SKU, then what is oldest.
    """
    if not seen.order_id:
        return None
    found = [
        other
        for other in near.of_order(seen, seen.source.other)
        if is_free_of(other) and (seen.was_deferred or other.was_deferred)
    ]
    return min(found, key=lambda other: _deferral_rank(seen, other), default=None)


def _deferral_rank(seen: Seen, other: Seen) -> tuple[object, ...]:
    deferral, release = (seen, other) if seen.source is _BETTER else (other, seen)
    return (
        release.moment < deferral.moment,
        deferral.status == "DEFERRED",
        seen.sku is None or seen.sku != other.sku,
        seen.quantity != other.quantity,
        other.moment,
        other.id or 0,
    )


def place_deferred(near: Neighbourhood, open_: Iterable[Seen]) -> list[Seen]:
    """Place sightings that the other source tells with another date; gives the rest."""
    rest = []
    for seen in open_:
        other = deferral_for(near, seen)
        if other is None:
            rest.append(seen)
        else:
            join(near, seen, other.cases, PlacedBy.DEFERRAL)
    return rest


def make_new(near: Neighbourhood, open_: Iterable[Seen]) -> None:
    """Make claims for sightings that are none of the known ones."""
    for seen in open_:
        make_case(near, seen)
