"""Which stretches of time a sync asks Amazon for, and in what pieces. Pure."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

REACH_DAYS: Final = 90
"""How far back an account's first sync goes."""

RECENT: Final = timedelta(days=30)
"""So far back each dataset is read before its history."""

UPPER_BOUND_LAG: Final = timedelta(minutes=3)
"""Amazon refuses upper bounds younger than two minutes by its own clock."""

DAY: Final = timedelta(days=1)
SHORTEST: Final = timedelta(hours=1)
"""Windows are never split below this."""

_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
"""Messages are English, whatever language the computer speaks."""

_GRID_ORIGIN: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Span(NamedTuple):
    """A stretch of time, from `start` to just before `end`; both aware and UTC."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        """How long it is."""
        return (self.end - self.start).total_seconds()

    def overlaps(self, other: "Span") -> bool:
        """Whether they have a moment in common."""
        return self.start < other.end and other.start < self.end

    def holds(self, moment: datetime) -> bool:
        """Whether a moment lies in it."""
        return self.start <= moment < self.end

    @property
    def day(self) -> date | None:
        """The UTC day it lies in, if it lies in one."""
        last = self.end - timedelta(microseconds=1)
        return self.start.date() if self.start.date() == last.date() else None

    @property
    def in_words(self) -> str:
        """Name it in a sentence: “on 3 August 2026”, “from 3 August 2026 to …”."""
        if self.start == midnight(self.start) and self.end == self.start + DAY:
            return f"on {day_in_words(self.start)}"
        if self.day is not None:
            hours = f"from {self.start:%H:%M} to {_hour_of_end(self.end)} UTC"
            return f"on {day_in_words(self.start)} {hours}"
        if self.end == midnight(self.end):
            return f"from {_in_words(self.start)} to {day_in_words(self.end - DAY)}"
        return f"from {_in_words(self.start)} to {_in_words(self.end)} UTC"

    @property
    def can_split(self) -> bool:
        """Whether a half of it would still be worth asking for."""
        return self.end - self.start >= 2 * SHORTEST

    def split(self) -> tuple["Span", "Span"]:
        """Cut it in halves, at a UTC midnight where it holds one."""
        middle = midnight(self.start + (self.end - self.start) / 2)
        if not self.start < middle < self.end:
            middle = midnight(self.start) + DAY
        if not self.start < middle < self.end:
            middle = (self.start + (self.end - self.start) / 2).replace(microsecond=0)
        return Span(self.start, middle), Span(middle, self.end)


def day_in_words(moment: datetime) -> str:
    """Name a moment's UTC day: “3 August 2026”."""
    day = moment.astimezone(UTC)
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _in_words(moment: datetime) -> str:
    at_midnight = moment == midnight(moment)
    return day_in_words(moment) if at_midnight else f"{day_in_words(moment)}, {moment:%H:%M}"


def _hour_of_end(moment: datetime) -> str:
    return "24:00" if moment == midnight(moment) else f"{moment:%H:%M}"


def midnight(moment: datetime) -> datetime:
    """Give the UTC midnight at or before a moment."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def upper_bound(amazon_now: datetime) -> datetime:
    """Give the latest whole second up to which Amazon answers."""
    return (amazon_now - UPPER_BOUND_LAG).replace(microsecond=0)


def first_start(amazon_now: datetime) -> datetime:
    """Give the moment from which a first sync reads."""
    return midnight(amazon_now) - REACH_DAYS * DAY


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Join spans that touch or overlap."""
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return tuple(joined)


def without(span: Span, finished: Iterable[Span]) -> list[Span]:
    """Take away from a span what is finished."""
    left: list[Span] = []
    start = span.start
    for done in merged(finished):
        if done.start > start:
            left.append(Span(start, min(done.start, span.end)))
        start = max(start, done.end)
        if start >= span.end:
            break
    if start < span.end:
        left.append(Span(start, span.end))
    return [piece for piece in left if piece.start < piece.end]


def common(span: Span, others: Iterable[Span]) -> list[Span]:
    """Give what a span has in common with others."""
    return without(span, without(span, others))


def grid_start(moment: datetime, days: int) -> datetime:
    """Give the UTC midnight at which the piece of the grid begins that holds a moment."""
    day = midnight(moment)
    return day - (day - _GRID_ORIGIN).days % days * DAY


def windows(span: Span, finished: Iterable[Span], days: int) -> list[Span]:
    """Plan what is left of a span, in the order of time.

    Pieces are at most `days` long and cut at UTC midnights of a grid that does not depend on when
    the sync runs, so that a sync that is resumed on another day cuts where the first one did.
    """
    pieces: list[Span] = []
    for left in without(span, finished):
        start = left.start
        while start < left.end:
            end = min(grid_start(start, days) + days * DAY, left.end)
            pieces.append(Span(start, end))
            start = end
    return pieces
