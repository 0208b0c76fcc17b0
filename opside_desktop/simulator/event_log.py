"""The seller's financial events as each of the two finance interfaces lines them up.

Both tell the same events. Transactions show a deferral at once, at its first date, and may post a
copy when the money is let go; v0 hides it until then, and dates it on its release where the seed is
odd, else on its first date.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from opside_desktop.simulator.event_facts import facts_of
from opside_desktop.simulator.events import Event
from opside_desktop.simulator.seller import Seller

Position = tuple[int | str, ...]
"""Date and key of the last entry served; empty before the first."""


class Entry(NamedTuple):
    """One event in a list.

    Attributes:
        posted: the date by which the list is sorted and filtered, in seconds of the epoch.
        key: unique in its list; decides the order within a second.
        visible_from: when the list shows it first, in seconds of the epoch.
        release: whether it is the copy that tells the release of a deferral.
    """

    posted: int
    key: str
    visible_from: int
    event: Event
    release: bool = False


@dataclass(slots=True)
class EventLog:
    """Both lists, kept sorted while events are added."""

    seller: Seller
    v0: list[Entry] = field(default_factory=list)
    transactions: list[Entry] = field(default_factory=list)
    _parts: dict[str, list[Event]] = field(default_factory=dict)
    _filed: dict[str, tuple[str | None, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for number, event in enumerate(self.seller.events):
            event.key = event.key or f"x{number:06d}"
            self._list(event)
        self._sort()

    def add(self, events: Iterable[Event]) -> None:
        """Add events that happened since."""
        for event in events:
            self.seller.events.append(event)
            self._list(event)
        self._sort()

    def _sort(self) -> None:
        self.v0.sort(key=_place)
        self.transactions.sort(key=_place)

    def parts_of(self, event: Event) -> list[Event]:
        """The events that one transaction tells: the event itself and those that are part of it."""
        return [event, *self._parts.get(event.key, ())]

    def filed_under(self, event: Event) -> tuple[str | None, str]:
        """The order that an event's transaction names, and its marketplace id."""
        if event.key not in self._filed:
            facts = facts_of(event)
            self._filed[event.key] = (facts.order_id, facts.marketplace.id)
        return self._filed[event.key]

    def _list(self, event: Event) -> None:
        deferral = event.deferral
        released = event.appears if deferral is None else max(event.appears, deferral.matures)
        dated_late = deferral is not None and self.seller.odd
        self.v0.append(Entry(released if dated_late else event.posted, event.key, released, event))
        if event.part_of is not None:
            self._parts.setdefault(event.part_of, []).append(event)
            return
        self.transactions.append(Entry(event.posted, event.key, event.appears, event))
        if deferral is not None and deferral.copied:
            key = f"{event.key}r"
            self.transactions.append(Entry(released, key, released, event, release=True))


def _place(entry: Entry) -> tuple[int, str]:
    return entry.posted, entry.key


def page_of(
    entries: list[Entry],
    after: float,
    before: float,
    position: Position,
    size: int,
    wanted: Callable[[Entry], bool],
) -> tuple[list[Entry], bool]:
    """Up to `size` wanted entries from `after` to just before `before` that follow a position.

    Returns:
        The entries, and whether more follow.
    """
    index = bisect_left(entries, (after, ""), key=_place)
    if position:
        last = (int(position[0]), str(position[1]))
        index = max(index, bisect_left(entries, last, key=_place))
        while index < len(entries) and _place(entries[index]) <= last:
            index += 1
    found: list[Entry] = []
    while index < len(entries) and entries[index].posted < before:
        if wanted(entries[index]):
            if len(found) == size:
                return found, True
            found.append(entries[index])
        index += 1
    return found, False
