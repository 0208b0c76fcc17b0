"""What a claim becomes by what is told of it: transactions win, either fills empty fields.

A claim's id never changes; its type, status and amount follow what the winning source told last.
"""

from dataclasses import replace
from decimal import Decimal
from typing import Final

from opside_desktop.claims.claim_rows import status_of
from opside_desktop.claims.event_fields import HELD_BACK
from opside_desktop.claims.identity.neighbourhood import Case, Neighbourhood, Seen
from opside_desktop.claims.identity.outcomes import KnownClaim, Note, NoteKind, PayloadPlace
from opside_desktop.claims.sightings import PlacedBy, Told
from opside_desktop.domain.claim_types import HiddenReason
from opside_desktop.domain.sources import ClaimsSource

_BETTER: Final = ClaimsSource.TRANSACTIONS


def make_case(near: Neighbourhood, seen: Seen, placed_by: PlacedBy = PlacedBy.NEW) -> Case:
    """Make a claim for a sighting that is none of the known ones."""
    told = told_of(near, seen)
    reading = told.reading
    near.made += 1
    name = f"new-{near.made}"
    claim = KnownClaim(
        claim_id=name,
        type=reading.type,
        status=status_of(reading.type, reading.money.amount, is_deferred=reading.is_deferred),
        currency=reading.money.currency,
        amount=reading.money.amount,
        order_id=reading.order_id,
        sku=reading.sku,
        quantity=reading.quantity,
        case_id=reading.case_id,
        created_at=None,
        matures_at=reading.matures_at,
        hidden=told.hidden,
    )
    case = Case(claim, told=told, is_new=True, is_touched=True, when=told.posted_at or told.day)
    near.cases[name] = case
    join(near, seen, [case], placed_by)
    return case


def join(near: Neighbourhood, seen: Seen, cases: list[Case], placed_by: PlacedBy) -> None:
    """Let a sighting tell claims, and take from it what it says of them."""
    if seen.source is _BETTER and placed_by is not PlacedBy.SUM:
        for case in cases:
            _keep_words(case)
    seen.cases = list(cases)
    seen.placed_by = placed_by
    seen.waited = 0
    seen.is_touched = True
    for case in cases:
        case.seen.append(seen)
    tell(near, seen, told_of(near, seen))


def move(seen: Seen, case: Case, placed_by: PlacedBy) -> None:
    """Let a sighting of Finances v0 leave its claim, or none, for one that transactions tell."""
    before = seen.cases
    if seen.is_whole and not before[0].whole(_BETTER):
        seen.payload = PayloadPlace.FROM_CLAIM
    leave(seen)
    seen.cases = [case]
    seen.placed_by = placed_by
    case.seen.append(seen)
    case.is_touched = True


def leave(seen: Seen) -> None:
    """Take a sighting from the claims that it tells."""
    for case in seen.cases:
        case.seen.remove(seen)
        case.is_touched = True
    seen.cases = []
    seen.placed_by = None
    seen.is_touched = True


def _keep_words(case: Case) -> None:
    """Keep Finances v0's words with its sighting where transactions tell a claim for the first
    time: the claim's rows hold only theirs from now on.
    """
    if case.whole(_BETTER) or case.is_new:
        return
    for seen in case.whole(ClaimsSource.EVENTS_V0):
        if seen.payload is PayloadPlace.AS_STORED:
            seen.payload = PayloadPlace.FROM_CLAIM
            seen.is_touched = True
            return


def told_of(near: Neighbourhood, seen: Seen) -> Told:
    """Give what a sighting tells, now or when it was told last."""
    if seen.told is None:
        seen.told = near.told_again(seen.as_stored())
    return seen.told


def is_copy(seen: Seen, told: Told) -> bool:
    """Whether what is told is the release of a deferral that is known itself: the money is counted
    once, on its first date.

    What tells an id of its own only, or is held back, is no release, whatever its date is now.
    """
    return (
        len(seen.seconds) > 1
        and told.posted_at != seen.seconds[0]
        and len(told.reading.transaction_ids) > 1
        and told.reading.status not in HELD_BACK
    )


def tell(near: Neighbourhood, seen: Seen, told: Told) -> None:
    """Let the claims of a sighting follow what it tells."""
    if not seen.is_whole:
        for case in seen.cases:
            case.is_touched = True
        seen.payload = PayloadPlace.SIGHTING
        return
    case = seen.cases[0]
    case.is_touched = True
    if case.is_double:
        case.claim = replace(case.claim, hidden=None)
    wins = seen.source is _BETTER or not case.whole(_BETTER)
    if is_copy(seen, told):
        case.claim = _filled(case.claim, told)
    elif wins:
        say(near, case, told)
        seen.payload = PayloadPlace.CLAIM
    else:
        case.claim = _filled(case.claim, told)
        seen.payload = PayloadPlace.SIGHTING


def say(near: Neighbourhood, case: Case, told: Told) -> None:
    """Let a claim say what is told of it."""
    reading = told.reading
    before = case.claim
    if reading.money.amount != before.amount:
        same = len({seen.source for seen in case.seen}) == 1
        kind = NoteKind.AMOUNT_CHANGED if same else NoteKind.SOURCES_DIFFER
        note(near, kind, case, reading.money.amount)
    case.told = told
    said = (
        reading.type,
        reading.money.amount,
        reading.order_id or before.order_id,
        reading.sku or before.sku,
        before.quantity if reading.quantity is None else reading.quantity,
        reading.case_id or before.case_id,
        reading.matures_at if reading.is_deferred else before.matures_at,
        before.hidden if case.is_new else _still_hidden(before.hidden, told),
    )
    if said != (
        before.type, before.amount, before.order_id, before.sku, before.quantity, before.case_id,
        before.matures_at, before.hidden,
    ):  # fmt: skip
        case.claim = KnownClaim(
            before.claim_id, said[0], before.status, before.currency, said[1], said[2], said[3],
            said[4], said[5], before.created_at, said[6], said[7],
        )  # fmt: skip


def note(near: Neighbourhood, kind: NoteKind, case: Case, told: Decimal) -> None:
    """Note once that an amount differs."""
    claim = case.claim
    near.notes.append(Note(kind, claim.claim_id, claim.currency, claim.amount, told))


def _still_hidden(hidden: HiddenReason | None, told: Told) -> HiddenReason | None:
    """Tell why a stored claim stays hidden: not as 0.00, nor as unknown once its kind is known.

    One that is shown stays so: only new ones of an unknown kind can be too many.
    """
    is_past = hidden is HiddenReason.ZERO or (
        hidden is HiddenReason.UNKNOWN and told.reading.unknown is None
    )
    return None if is_past else hidden


def _filled(claim: KnownClaim, told: Told) -> KnownClaim:
    """Fill a claim's empty fields."""
    reading = told.reading
    return replace(
        claim,
        order_id=claim.order_id or reading.order_id,
        sku=claim.sku or reading.sku,
        quantity=reading.quantity if claim.quantity is None else claim.quantity,
        case_id=claim.case_id or reading.case_id,
    )


def finished(case: Case) -> KnownClaim:
    """Give a claim as it stands by all its sightings: status, date, and whether it is hidden."""
    claim = case.claim
    released = case.is_told_by(ClaimsSource.EVENTS_V0)
    deferred = not released and any(seen.status == "DEFERRED" for seen in case.whole(_BETTER))
    status = status_of(claim.type, claim.amount, is_deferred=deferred)
    created_at = min(
        (seen.seconds[0] for seen in case.seen if seen.seconds), default=claim.created_at
    )
    matures_at = claim.matures_at if deferred else None
    hidden = claim.hidden
    if hidden in (None, HiddenReason.ZERO):
        hidden = None if claim.amount else HiddenReason.ZERO
    if (status, created_at, matures_at, hidden) == (
        claim.status, claim.created_at, claim.matures_at, claim.hidden,
    ):  # fmt: skip
        return claim
    return replace(
        claim, status=status, created_at=created_at, matures_at=matures_at, hidden=hidden
    )
