"""Rule 4: what is left over of one second on both sides of a window: another amount, or one sum."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from opside_desktop.claims.identity.known import learn
from opside_desktop.claims.identity.neighbourhood import Case, Neighbourhood, Seen, agree
from opside_desktop.claims.identity.outcomes import NoteKind
from opside_desktop.claims.identity.telling import join, note, tell, told_of
from opside_desktop.claims.sightings import PlacedBy
from opside_desktop.domain.sources import ClaimsSource

_Related = Callable[[Seen, Seen], bool]


def is_left_over(near: Neighbourhood, stored: Seen) -> bool:
    """Whether nothing of this reading has met a stored sighting, or what it tells."""
    source = near.window.source
    if not stored.cases or any(case.is_double for case in stored.cases):
        return False
    if stored.source is source:
        # One with several ids may have been met by another window's reading since.
        return stored.last_read < near.window.read_at
    return not any(case.is_told_by(source) for case in stored.cases)


def has_counterpart(near: Neighbourhood, seen: Seen) -> bool:
    """Whether anything stored is left over that a sighting could be with another amount."""
    return near.window.read_before and any(
        _may_share_place(seen, other) and is_left_over(near, other)
        for other in near.of_second(seen)
    )


def place_left_over(near: Neighbourhood, open_: Sequence[Seen]) -> list[Seen]:
    """Place what is left over of a window; gives the rest, which is new."""
    if not near.window.read_before:
        return list(open_)
    groups: dict[tuple[object, ...], list[Seen]] = defaultdict(list)
    for seen in open_:
        if seen.seconds:
            groups[seen.event_class, seen.currency, seen.seconds[0]].append(seen)
    placed: set[Seen] = set()
    for told in groups.values():
        for are_related, strictly in ((_share_place, True), (_may_share_place, False)):
            rest = [seen for seen in told if seen not in placed]
            for part in _parts(near, rest, are_related):
                placed.update(_place_part(near, part, strictly=strictly))
    return [seen for seen in open_ if seen not in placed]


def _share_place(one: Seen, other: Seen) -> bool:
    """Whether two are of one order; without an order id, of one SKU."""
    if one.order_id and other.order_id:
        return one.order_id == other.order_id
    return one.sku == other.sku and (one.sku is not None or one.order_id == other.order_id)


def _may_share_place(one: Seen, other: Seen) -> bool:
    if one.order_id and other.order_id:
        return one.order_id == other.order_id
    return agree(one.sku, other.sku)


@dataclass(slots=True)
class _Part:
    """What is left over of one second and one order or SKU: told now, and stored."""

    told: list[Seen]
    stored: list[Seen]

    def cases(self) -> list[Case]:
        return list(dict.fromkeys(case for seen in self.stored for case in seen.cases))


def _parts(near: Neighbourhood, open_: Iterable[Seen], are_related: _Related) -> Iterable[_Part]:
    rest = dict.fromkeys(open_)
    while rest:
        first = next(iter(rest))
        del rest[first]
        part, todo = _Part([first], []), [first]
        while todo:
            told = todo.pop()
            for stored in near.of_second(told):
                if (
                    stored.placed_by is None
                    or stored in part.stored
                    or not are_related(told, stored)
                    or not is_left_over(near, stored)
                ):
                    continue
                part.stored.append(stored)
                more = [seen for seen in rest if are_related(seen, stored)]
                for seen in more:
                    del rest[seen]
                part.told += more
                todo += more
        yield part


def _place_part(near: Neighbourhood, part: _Part, *, strictly: bool) -> list[Seen]:
    cases = part.cases()
    if not cases:
        return []
    if strictly and len(part.told) == 1 and len(cases) == 1:
        _place_as(near, part.told[0], cases[0])
        return part.told
    if _sums_agree(part.told, part.stored, cases):
        for seen in part.told:
            join(near, seen, cases, PlacedBy.SUM)
        return part.told
    for seen in part.told:
        if len(cases) > 1 and _sums_agree([seen], part.stored, cases):
            join(near, seen, cases, PlacedBy.SUM)
            return [seen]
    if not strictly:
        return []
    if len(part.told) == len(cases) and _are_twins(part.told) and _are_twins(part.stored):
        for seen, case in zip(part.told, cases, strict=True):
            _place_as(near, seen, case)
        return part.told
    return _place_by_sku(near, part)


def _place_by_sku(near: Neighbourhood, part: _Part) -> list[Seen]:
    """Place those of one order that alone have their SKU on both sides."""
    placed = []
    for seen in part.told:
        if not seen.sku or sum(seen.sku == other.sku for other in part.told) > 1:
            continue
        cases = {case: None for stored in part.stored if stored.sku == seen.sku
                 for case in stored.cases}  # fmt: skip
        if len(cases) == 1:
            _place_as(near, seen, next(iter(cases)))
            placed.append(seen)
    return placed


def _sums_agree(told: Sequence[Seen], stored: Sequence[Seen], cases: Sequence[Case]) -> bool:
    total = sum((seen.amount for seen in told), Decimal())
    return total in (
        sum((case.claim.amount for case in cases), Decimal()),
        sum((seen.amount for seen in stored), Decimal()),
    )


def _are_twins(seen: Sequence[Seen]) -> bool:
    return len({one.amount for one in seen}) == 1


def _place_as(near: Neighbourhood, seen: Seen, case: Case) -> None:
    """Take a sighting for what a claim is, with another amount."""
    source = near.window.source
    former = next((one for one in case.whole(source) if one.last_read < near.window.read_at), None)
    if former is not None and not seen.transaction_ids:
        # Its source tells it anew: the sighting says now what it is told with.
        told = told_of(near, seen)
        seen.is_gone = True
        former.last_read = near.window.read_at
        former.is_touched = True
        _note(near, seen, case)
        learn(former, told)
        near.find_by(former)
        if case.is_told_by(source.other):
            former.placed_by = PlacedBy.LEFT_OVER
        tell(near, former, told)
        return
    _note(near, seen, case)
    join(near, seen, [case], PlacedBy.LEFT_OVER)


def _note(near: Neighbourhood, seen: Seen, case: Case) -> None:
    # What transactions tell is noted where the claim takes it over.
    wins = seen.source is ClaimsSource.TRANSACTIONS or not case.whole(ClaimsSource.TRANSACTIONS)
    if not wins and seen.amount != case.claim.amount:
        note(near, NoteKind.SOURCES_DIFFER, case, seen.amount)
