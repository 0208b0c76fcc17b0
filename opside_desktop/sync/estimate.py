"""When a sync will end: told where it can be known, and otherwise not. Pure."""

import math
from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from statistics import median
from typing import Final, NamedTuple

from opside_desktop.domain.waits import WaitReason
from opside_desktop.sync.progress import DatasetProgress
from opside_desktop.sync.timings import EstimateTimings

TRUSTED_SPREAD: Final = 1 / 3
"""An estimate is shown while the guesses of the last minute lie no further apart than a third of
the time still to go."""

MEASURED_FROM: Final = 0.2
"""The share of a reach that must have been read before it tells how much the rest holds."""

_FLOW_PAGES: Final = 8
_ORDERED_PAGES: Final = 3
"""So many pages show whether a window's come in order of time."""

_FLOW_S: Final = 86_400.0
"""So many pages, from at least a whole day, tell how many records a day brings."""

_LEAST_SPREAD_S: Final = 5.0
_OVERDUE_S: Final = 5.0
_OVERDUE_CALLS: Final = 3


def pages_in(seconds: Iterable[float], per_second: float, per_page: float) -> int:
    """Foretell the pages of windows so many seconds long; even an empty one costs a call."""
    return sum(max(1, math.ceil(length * per_second / per_page)) for length in seconds)


def is_more_than(expected: int, pages: int) -> bool:
    """Tell whether so many pages, with more to come, belie what was foretold."""
    return pages > expected * (1 + TRUSTED_SPREAD) + 1


def dataset_end(state: DatasetProgress, now: datetime) -> datetime | None:
    """Foretell when a dataset's copying will end: by its own pace, or by Amazon's slower one.

    None where nobody can know: how much is left, how fast it goes, or when Amazon can be reached.
    """
    left, began, answered, pace = state.calls_left, state.began, state.answered, state.pace
    if left is None or not state.calls or began is None or answered is None or pace is None:
        return None
    wait = state.wait
    if wait is not None and wait.reason is WaitReason.NETWORK:
        return None
    own_s = max(0.0, (answered - began).total_seconds() / state.calls)
    own_end = answered + timedelta(seconds=left * own_s)
    if wait is not None and wait.reason is WaitReason.QUOTA:
        # The call that waits has its place in Amazon's quota already.
        return max(own_end, now + timedelta(seconds=pace(max(0, left - 1))), wait.until)
    if state.heard is not None:
        silent_s = (now - state.heard).total_seconds()
        if silent_s > max(_OVERDUE_S, _OVERDUE_CALLS * own_s):
            return None
    return max(own_end, now + timedelta(seconds=pace(left)))


class Measured(NamedTuple):
    """So many pages have come, which held so many records in so many seconds of their time."""

    pages: int
    records: int
    seconds: float


def rate_of(measured: Iterable[Measured]) -> float | None:
    """Tell how many records a second several windows' pages show together; None if too few."""
    told = list(measured)
    seconds = sum(one.seconds for one in told)
    if sum(one.pages for one in told) < _FLOW_PAGES or seconds < _FLOW_S:
        return None
    return sum(one.records for one in told) / seconds


class Flow:
    """How records come while their pages come in order of time, as a large window's do.

    Amazon does not promise the order, so nothing is told where pages are seen to break it.
    """

    def __init__(self) -> None:
        self.begin_window()

    @property
    def reached(self) -> datetime | None:
        """Up to when the window's records have come; None where that cannot be told."""
        return self._last if self._is_ordered and self._pages >= _ORDERED_PAGES else None

    @property
    def measured(self) -> "Measured":
        """What the pages after the first have told; nothing where they broke the order."""
        if not self._is_ordered or self._first is None or self._last is None:
            return Measured(0, 0, 0.0)
        passed_s = (self._last - self._first).total_seconds()
        return Measured(self._pages, self._records, passed_s)

    def begin_window(self) -> None:
        """Begin anew: the next page is a window's first."""
        self._pages = self._records = 0
        self._first: datetime | None = None
        self._last: datetime | None = None
        self._is_ordered = True

    def page(self, moments: Iterable[datetime], records: int) -> None:
        """Take in the moments that a page's records are from, and how many records it has."""
        ordered = sorted(moments)
        if not ordered:
            return
        # The middle one: a few records out of order do not tell against the rest.
        middle = ordered[len(ordered) // 2]
        if self._first is None or self._last is None:
            self._first = middle
        else:
            self._records += records
            self._is_ordered = self._is_ordered and middle >= self._last
        self._last = middle
        self._pages += 1


class Estimate:
    """When a sync will end, shown only while the guesses of the last minute agree."""

    def __init__(self, started_at: datetime, timings: EstimateTimings) -> None:
        self._started_at = started_at
        self._timings = timings
        self._guesses: deque[tuple[datetime, datetime]] = deque()
        self._answer: datetime | None = None

    def guess(self, end: datetime | None, now: datetime) -> datetime | None:
        """Take in a guess; give the moment of the sync's end if that can be trusted.

        Args:
            end: when the slowest of the running datasets will end; None if that is not known.
        """
        if end is None:
            self._guesses.clear()
            self._answer = None
            return None
        if self._guesses and now < self._guesses[-1][0]:
            self._guesses.clear()  # the clock was set back: what was guessed by it means nothing
        if (
            self._guesses
            and (now - self._guesses[-1][0]).total_seconds() < self._timings.guess_every_s
        ):
            return self._answer
        self._guesses.append((now, end))
        while (now - self._guesses[0][0]).total_seconds() > self._timings.smoothed_s:
            self._guesses.popleft()
        self._answer = self._agreed(now)
        return self._answer

    def _agreed(self, now: datetime) -> datetime | None:
        if (now - self._started_at).total_seconds() < self._timings.trusted_after_s:
            return None
        if (now - self._guesses[0][0]).total_seconds() < self._timings.agreed_s:
            return None
        ends = [end.timestamp() for _, end in self._guesses]
        middle = median(ends)
        left_s = middle - now.timestamp()
        if left_s <= 0 or max(ends) - min(ends) > max(_LEAST_SPREAD_S, TRUSTED_SPREAD * left_s):
            return None
        return datetime.fromtimestamp(middle, now.tzinfo)
