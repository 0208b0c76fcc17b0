"""Two claims that prove later to be one: the newer is hidden; one of this page is never made."""

from collections.abc import Sequence
from dataclasses import replace

from opside_desktop.claims.identity.neighbourhood import Case, Neighbourhood, Seen
from opside_desktop.claims.identity.outcomes import PayloadPlace
from opside_desktop.claims.identity.placing import deferral_for, is_free
from opside_desktop.claims.identity.telling import join, leave, move, say, told_of
from opside_desktop.claims.sightings import PlacedBy, Told
from opside_desktop.domain.claim_types import HiddenReason
from opside_desktop.domain.sources import ClaimsSource


def unite_cases(
    near: Neighbourhood, first: Seen, cases: Sequence[Case], placed_by: PlacedBy | None
) -> None:
    """Let a sighting tell also what another sighting told, which an id proved to be the same.

    Args:
        first: the older sighting.
        cases: what the other told; it has left them.
    """
    if first.placed_by is None and cases:
        first.cases = list(cases)
        first.placed_by = placed_by
        for case in cases:
            case.seen.append(first)
            case.is_touched = True
        return
    for case in cases:
        if case in first.cases:
            continue
        if first.is_whole:
            for seen in [seen for seen in case.seen if seen.is_whole]:
                if not first.cases[0].is_told_by(seen.source):
                    move(seen, first.cases[0], seen.placed_by or PlacedBy.ALIKE)
        _let_go(near, case)


def unite_with_other(near: Neighbourhood, seen: Seen, event: Told) -> None:
    """Unite the claim of a transaction with one that only Finances v0 tells, where what was told
    now proves them to be one: by the date of a release, or because it was deferred.
    """
    if seen.source is not ClaimsSource.TRANSACTIONS or not seen.is_whole:
        return
    case, other = seen.cases[0], seen.source.other
    if case.is_told_by(other) or case.is_double:
        return
    alike = next((found for found in near.of_money(seen, other) if is_free(near, found)), None)
    placed_by = PlacedBy.ALIKE
    if alike is None:
        alike, placed_by = deferral_for(near, seen), PlacedBy.DEFERRAL
    if alike is None or not alike.is_whole or alike.cases[0].is_double:
        return
    theirs = alike.cases[0]
    if _age(case) <= _age(theirs):
        move(alike, case, placed_by)
        _let_go(near, theirs)
    else:
        seen.told = seen.told or event
        leave(seen)
        join(near, seen, [theirs], placed_by)
        _let_go(near, case)


def _age(case: Case) -> tuple[bool, int]:
    ids = [seen.id for seen in case.seen if seen.id is not None]
    return case.is_new, min(ids, default=0)


def _let_go(near: Neighbourhood, case: Case) -> None:
    """Hide a claim that nothing tells any more; what still tells it gives it its words."""
    if not case.seen:
        if case.is_new:
            del near.cases[case.claim.claim_id]
        case.claim = replace(case.claim, hidden=HiddenReason.DOUBLE)
    elif case.whole(ClaimsSource.EVENTS_V0) and not case.whole(ClaimsSource.TRANSACTIONS):
        seen = case.whole(ClaimsSource.EVENTS_V0)[0]
        say(near, case, told_of(near, seen))
        seen.payload = PayloadPlace.CLAIM
        seen.is_touched = True
    case.is_touched = True
