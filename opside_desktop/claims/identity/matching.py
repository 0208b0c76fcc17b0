"""The rule of identity: which stored event is it that a source tells, and what follows. Pure.

An event is (1) what its own source has told before, (2) what the other source has told with the
same second, currency and amount, (3) a deferral or its release, (4) what is left over with another
amount, or (5) new. An event that rule 3 or 4 could concern waits for the end of its window, because
only then is it known what is left; all others are decided with their page.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from opside_desktop.claims.identity.known import meet_known
from opside_desktop.claims.identity.leftovers import has_counterpart, place_left_over
from opside_desktop.claims.identity.neighbourhood import Neighbourhood, Seen
from opside_desktop.claims.identity.outcomes import (
    NewClaim,
    Outcome,
    Stored,
    WindowReading,
    WrittenClaim,
    WrittenSighting,
)
from opside_desktop.claims.identity.placing import (
    could_take,
    deferral_for,
    make_new,
    place_alike,
    place_deferred,
    take_what_fits,
)
from opside_desktop.claims.identity.telling import finished
from opside_desktop.claims.identity.uniting import unite_with_other
from opside_desktop.claims.sightings import Told

_MOST_READINGS: Final = 2
"""For so many further readings of its window an event waits."""


def match_page(
    told: Sequence[Told], stored: Stored, window: WindowReading, *, is_last: bool
) -> Outcome:
    """Say what the events of one page are, and how the rows stand after it.

    Args:
        told: the page's events that are claims, in Amazon's order.
        stored: their neighbourhood.
        is_last: whether it is the window's last page, with which all that waited is settled.
    """
    near = Neighbourhood(stored, window)
    open_, changed = meet_known(near, told)
    for seen, event in changed.items():
        unite_with_other(near, seen, event)
    if is_last:
        met = set(open_)
        open_ += [seen for seen in _waiting(near) if seen not in met]
    open_ = _in_order(place_alike(near, open_))
    if is_last:
        rest = place_alike(near, open_, of_any_class=True)
        rest = place_left_over(near, place_deferred(near, rest))
        make_new(near, take_what_fits(near, rest))
    else:
        make_new(near, [seen for seen in open_ if not _may_wait(near, seen)])
    return _outcome(near)


def end_unfinished(stored: Stored, window: WindowReading) -> Outcome:
    """Say what becomes of what waits where a reading of a window ended before its last page.

    To be called once for each reading that nobody goes on with: when it ends by a fault, or before
    the window begins anew because its page token is dead. What has no counterpart left over on the
    stored side is new at once; the rest waits for the next reading, and is new after two of them.

    Args:
        stored: the neighbourhood of the waiting sightings, as with a last page.
        window: the reading that ended.
    """
    near = Neighbourhood(stored, window)
    waiting = place_alike(near, _waiting(near), of_any_class=True)
    given_up = []
    for seen in waiting:
        seen.waited += 1
        seen.is_touched = True
        if seen.waited > _MOST_READINGS or not _may_wait(near, seen):
            given_up.append(seen)
    # A deferral that is known is no other event, however often its window broke off.
    make_new(near, take_what_fits(near, place_deferred(near, given_up)))
    return _outcome(near)


def _waiting(near: Neighbourhood) -> list[Seen]:
    waiting = [
        seen
        for seen in near.all
        if seen.placed_by is None
        and seen.id is not None
        and not seen.is_gone
        and seen.source is near.window.source
        and near.window.holds(seen.as_stored())
    ]
    return _in_order(waiting)


def _may_wait(near: Neighbourhood, seen: Seen) -> bool:
    """Whether what is left at the end of the window could change what an event is."""
    return (
        deferral_for(near, seen) is not None
        or could_take(near, seen)
        or has_counterpart(near, seen)
    )


def _outcome(near: Neighbourhood) -> Outcome:
    sightings = [
        WrittenSighting(seen.as_stored(), seen.payload, seen.told)
        for seen in near.all
        if seen.is_touched and not seen.is_gone
    ]
    claims: list[WrittenClaim] = []
    new: list[NewClaim] = []
    for case in near.cases.values():
        if not case.is_touched:
            continue
        claim = finished(case)
        if case.is_new and case.told is not None and case.when is not None:
            new.append(NewClaim(claim.claim_id, claim, case.told, case.when))
        else:
            claims.append(WrittenClaim(claim, case.told))
    dropped = [seen.id for seen in near.all if seen.is_gone and seen.id is not None]
    return Outcome(sightings, claims, new, dropped, near.notes)


def _in_order(open_: Iterable[Seen]) -> list[Seen]:
    """Oldest first; what is held back still is the last to take what is released."""
    return sorted(open_, key=lambda seen: (seen.status == "DEFERRED", seen.moment))
