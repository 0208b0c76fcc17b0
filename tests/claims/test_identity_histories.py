"""Generated histories: a true ledger, told by either source, and the claims that must come of it.

Events are deferred and released in both forms, come late, are told in any order of pages and
windows, with windows side by side, broken off, begun anew and killed. `FUZZ_EXAMPLES` sets how many
histories are tried.

Some histories no rule can decide, since two truths look alike. They are left out:

- A tax that only one source counts, a later correction, and items that are one transaction are
  given to events that are alone with their second. Of several, nobody can say which is which.
- These are not given to deferred ones either: with neither the second nor the amount there is
  nothing left to know the money by.
- Of items that are one transaction, a reading that breaks off has told all or none: what only one
  source has told in part cannot be known in the whole that the other tells.
- A corrected event is alone with its order: a deferral of the old amount could be it.
- None of these is given to fees, which have neither an order nor, in transactions, an SKU.
- What only one source shows yet, as long as the other shows a deferral of the same order and
  amount, could be its release. The sums must be right when all is shown.
"""

import itertools
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opside_desktop.claims.classes import EventClass
from opside_desktop.claims.identity.outcomes import WindowReading
from opside_desktop.claims.sightings import Told
from opside_desktop.domain.claim_types import ClaimStatus
from opside_desktop.domain.sources import ClaimsSource
from tests.claims.event_memory import TX, V0, Memory, at, told

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "60"))
LAST_DAY = 60


@dataclass(frozen=True)
class Deferral:
    """Days until its release; whether a copy is posted then, and named by the deferral, too."""

    days: int
    has_copy: bool
    names_copy: bool


@dataclass(frozen=True)
class Event:
    """One true event. Late: days after its date until a source shows it.

    Attributes:
        tax: what Finances v0 tells less.
        parts: how many events of Finances v0 it is.
        corrected: the day on which its amount changes.
    """

    number: int
    event_class: EventClass
    class_in_v0: EventClass
    currency: str
    amount: Decimal
    day: int
    second: int
    order: str | None
    sku: str | None
    is_undated: bool
    deferral: Deferral | None
    late: dict[ClaimsSource, int]
    tax: Decimal
    parts: int
    corrected: int | None

    @property
    def posted(self) -> datetime:
        return at(self.day, self.second)

    @property
    def released(self) -> int:
        return self.day + (self.deferral.days if self.deferral else 0)

    def amount_on(self, day: int) -> Decimal:
        return self.amount - (5 if self.corrected is not None and day >= self.corrected else 0)

    def by_transactions(self, day: int) -> Iterator[Told]:
        """Yield what transactions tell of it on a day."""
        if day < self.day + self.late[TX]:
            return
        own, copy = f"T{self.number}", f"T{self.number}c"
        is_released = day >= self.released
        status, ids = "RELEASED", [own]
        if self.deferral:
            status = "DEFERRED_RELEASED" if is_released else "DEFERRED"
            if is_released and self.deferral.has_copy:
                if self.deferral.names_copy:
                    ids.append(copy)
                yield self._told(
                    TX, self.amount, at(self.released, self.second + 1), [copy, own], "RELEASED"
                )
        yield self._told(TX, self.amount_on(day), self.posted, ids, status)

    def by_v0(self, day: int, *, at_release: bool) -> Iterator[Told]:
        """Yield what Finances v0 tells of it on a day."""
        if day < self.released + self.late[V0]:
            return
        when = at(self.released, self.second + 1) if at_release and self.deferral else self.posted
        total = self.amount_on(day) + self.tax
        each = (total / self.parts).quantize(Decimal("0.01"))
        for part in range(self.parts):
            amount = each if part else total - each * (self.parts - 1)
            yield self._told(V0, amount, when, [], None)

    def _told(
        self,
        source: ClaimsSource,
        amount: Decimal,
        when: datetime,
        ids: list[str],
        status: str | None,
    ) -> Told:
        is_adjustment = self.event_class is EventClass.ADJUSTMENT
        return told(
            source,
            str(amount),
            when.date() if source is V0 and self.is_undated else when,
            event_class=self.event_class if source is TX else self.class_in_v0,
            # Adjustments have an order only in transactions, fees no SKU there.
            order=None if source is V0 and is_adjustment else self.order,
            sku=None if source is TX and self.event_class is EventClass.FEE else self.sku,
            ids=ids,
            status=status,
            was_deferred=source is TX and self.deferral is not None,
            currency=self.currency,
            text=f"{self.number}",
        )


@st.composite
def ledgers(draw: st.DrawFn) -> list[Event]:
    events: list[Event] = []
    for number in range(draw(st.integers(1, 7))):
        like = draw(st.sampled_from(events)) if events and draw(st.booleans()) else None
        kind = (
            like.event_class
            if like
            else draw(
                st.sampled_from(
                    [EventClass.REFUND, EventClass.REFUND, EventClass.ADJUSTMENT, EventClass.FEE]
                )
            )
        )
        amount = like.amount if like else Decimal(draw(st.sampled_from(["-10", "-20", "-30"])))
        day = like.day if like and draw(st.booleans()) else draw(st.integers(0, 12))
        second = (
            like.second
            if like and like.second < 1000 and draw(st.booleans())
            else draw(st.integers(0, 3))
        )
        order = draw(st.sampled_from(["A", "B"]))
        if like and like.order in ("A", "B"):
            order = like.order
        is_refund = kind is EventClass.REFUND
        is_undated = kind is EventClass.FEE and draw(st.booleans())
        deferral = None
        if is_refund and draw(st.booleans()):
            deferral = Deferral(draw(st.integers(1, 12)), draw(st.booleans()), draw(st.booleans()))
        twist = draw(st.sampled_from(["", "", "tax", "parts", "corrected"]))
        if deferral or is_undated or kind is EventClass.FEE:
            twist = ""
        if twist:
            # Alone with its second.
            second = 1000 + number
            order = f"X{number}" if twist == "corrected" else order
        late = {source: draw(st.sampled_from([0, 0, 0, 3, 15])) for source in ClaimsSource}
        if twist == "parts":
            late = dict.fromkeys(ClaimsSource, 0)
        is_guarantee = is_refund and not twist and not deferral and draw(st.integers(0, 5)) == 0
        events.append(
            Event(
                number=number,
                event_class=kind,
                class_in_v0=EventClass.GUARANTEE if is_guarantee else kind,
                currency=like.currency if like else draw(st.sampled_from(["USD", "USD", "CAD"])),
                amount=amount,
                day=day,
                second=second,
                order=None if kind is EventClass.FEE else order,
                sku=draw(st.sampled_from(["S", "S", "T"])),
                is_undated=is_undated,
                deferral=deferral,
                late=late,
                tax=Decimal("1.90") if twist == "tax" else Decimal(),
                parts=draw(st.integers(2, 10)) if twist == "parts" else 1,
                corrected=day + draw(st.integers(1, 30)) if twist == "corrected" else None,
            )
        )
    return events


@dataclass
class World:
    """Amazon, and what was stored of it.

    Attributes:
        at_release: whether Finances v0 shows a released event at its release's date.
        shown: ids of the claims that the last page left.
    """

    ledger: list[Event]
    at_release: bool
    random: Random
    memory: Memory = field(default_factory=Memory)
    day: int = 0
    shown: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.ledger_of = {str(event.number): event for event in self.ledger}

    def tells(self, source: ClaimsSource, window: WindowReading) -> list[Told]:
        """Give what a source tells of a window now, in any order."""
        events = [
            event
            for true in self.ledger
            for event in (
                true.by_transactions(self.day)
                if source is TX
                else true.by_v0(self.day, at_release=self.at_release)
            )
        ]
        assert window.start
        assert window.end
        inside = [
            event
            for event in events
            if window.start <= (event.posted_at or _noon(event)) < window.end
        ]
        self.random.shuffle(inside)
        return inside

    def scan(
        self, source: ClaimsSource, cuts: Sequence[int], size: int, ends: Sequence[str]
    ) -> bool:
        """Read all windows side by side; tells whether all of them were read whole."""
        days = [0, *sorted(set(cuts)), LAST_DAY]
        open_ = []
        for number, (start, end) in enumerate(itertools.pairwise(days)):
            open_.append(self._begin(source, at(start), at(end), size, ends[number % len(ends)]))
        was_whole = True
        while open_:
            reading = self.random.choice(open_)
            window, pages, how = reading
            if how in ("anew", "broken", "killed") and self.random.random() < 0.5:
                open_.remove(reading)
                if how != "killed":
                    self.memory.broken_off(window)
                    self._check()
                if how == "anew":
                    assert window.start
                    assert window.end
                    open_.append(self._begin(source, window.start, window.end, size, "whole"))
                else:
                    was_whole = False
                continue
            page = pages.pop(0)
            self.memory.page(page, window, is_last=not pages)
            self._check()
            if not pages:
                open_.remove(reading)
        return was_whole

    def _begin(
        self, source: ClaimsSource, start: datetime, end: datetime, size: int, how: str
    ) -> tuple[WindowReading, list[list[Told]], str]:
        window = self.memory.reading(source, start, end)
        events = self.tells(source, window)
        pages = [events[at_ : at_ + size] for at_ in range(0, len(events), size)] or [[]]
        if how != "whole":
            # Items that are one transaction come on one page.
            items = [event for event in events if self._is_item(event)]
            pages = [[event for event in page if not self._is_item(event)] for page in pages]
            pages[0] += items
        return window, pages, how

    def _is_item(self, event: Told) -> bool:
        return self.ledger_of[event.payload["text"]].parts > 1

    def _check(self) -> None:
        shown = {claim.claim_id for claim in self.memory.shown()}
        assert self.shown <= shown, "a claim left"
        self.shown = shown


def _noon(event: Told) -> datetime:
    return datetime.combine(event.day, at(0, 43_200).time(), at(0).tzinfo)


SCANS = st.tuples(
    st.sampled_from([TX, V0]),
    st.integers(0, 10),
    st.lists(st.integers(1, 30), max_size=3),
    st.sampled_from([1, 2, 3, 100]),
    st.lists(
        st.sampled_from(["whole", "whole", "whole", "anew", "broken", "killed"]),
        min_size=1,
        max_size=4,
    ),
)


@given(
    ledger=ledgers(),
    at_release=st.booleans(),
    scans=st.lists(SCANS, min_size=1, max_size=6),
    last=st.sampled_from([(TX,), (V0,), (TX, V0), (V0, TX)]),
    random=st.randoms(use_true_random=False),
)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
def test_nothing_is_lost_doubled_or_renumbered(
    ledger: list[Event],
    at_release: bool,
    scans: list[tuple[ClaimsSource, int, list[int], int, list[str]]],
    last: tuple[ClaimsSource, ...],
    random: Random,
) -> None:
    world = World(ledger, at_release, random)
    used = set(last)
    for source, days, cuts, size, ends in scans:
        world.day += days
        if len(last) == 1:
            source = last[0]
        used.add(source)
        if world.scan(source, cuts, size, ends):
            assert not [one for one in world.memory.waiting() if one.source is source]
    world.day = 200
    for _ in range(2):
        for source in last:
            assert world.scan(source, [], 3, ["whole"])
        _check_end(world, used)
    notes = len(world.memory.notes)
    for source in last:
        assert world.scan(source, [5, 9], 2, ["whole"])
    _check_end(world, used)
    assert len(world.memory.notes) == notes, "noted again"


def _check_end(world: World, used: set[ClaimsSource]) -> None:
    shown = world.memory.shown()
    assert not world.memory.waiting()
    wins = TX in used
    for currency in ("USD", "CAD"):
        ledger = [event for event in world.ledger if event.currency == currency]
        amounts = [event.amount_on(200) + (0 if wins else event.tax) for event in ledger]
        assert world.memory.total(currency) == sum(amounts, Decimal())
    ways = sum(event.parts for event in world.ledger)
    assert len(world.ledger) <= len(shown) <= ways
    assert not [claim for claim in shown if claim.status is ClaimStatus.PENDING]
