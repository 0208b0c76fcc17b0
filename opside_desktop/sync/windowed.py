"""What claims and orders have in common: a reach of time, copied window by window, page by page."""

import math
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from opside_desktop.domain.records import Skipped
from opside_desktop.sync.chain import Chain, Scan
from opside_desktop.sync.estimate import MEASURED_FROM, Flow, is_more_than, pages_in
from opside_desktop.sync.job import Job
from opside_desktop.sync.reading import WindowTooLarge
from opside_desktop.sync.windows import DAY, Span, windows, without

PAGE: Final = 100
"""Records on a full page, of claims and of orders alike, as long as no full one was seen."""

_RATE_FROM_DAYS: Final = 14
"""So many days have to be read before they tell how many records a day brings."""


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What is foretold: the pages of the window under way in all, and the calls still to come."""

    pages_under_way: int
    calls_left: int


class WindowedCopy(ABC):
    """Copies one dataset's windows, oldest first; each page is stored with how far it has come.

    Attributes:
        chain: as the last stored page left it.
        days: how long windows are planned from now on.
        pages: of windows, read in this sync.
        flow: told of each page that is read.
    """

    def __init__(self, job: Job, chain: Chain, until: datetime, *, days: int) -> None:
        self.job = job
        self.chain = chain
        self.days = days
        self.whole = Span(chain.reach, max(until, chain.reach))
        self.pages = 0
        self.flow = Flow()
        self._full_pages = 0
        self._on_full_pages = 0

    async def run(self) -> None:
        """Read all windows that are not finished yet, the interrupted one first.

        Raises:
            OpsideError: Amazon or the database gives no more; what was stored stays.
        """
        self._tell()
        todo: list[Span] = []
        scan = self.chain.scan
        while True:
            if scan is None:
                todo = todo or windows(self.whole, self.chain.spans, self.days)
                if not todo:
                    return
                span = todo.pop(0)
                scan = Scan(start=span.start, end=span.end)
            try:
                await self.copy_window(scan)
            except WindowTooLarge as error:
                if not scan.span.can_split:
                    raise error.refusal from error
                todo[:0] = scan.span.split()
            scan = None

    @abstractmethod
    async def copy_window(self, scan: Scan) -> None:
        """Copy a window to its end, or from where it was left.

        Raises:
            WindowTooLarge: it has to be asked for in halves.
        """

    def per_day(self) -> int | None:
        """Measure how many records a day brings, if enough days were read."""
        days = self.whole.seconds / DAY.total_seconds()
        if days < _RATE_FROM_DAYS:
            return self.job.cursor.per_day if self.job.cursor else None
        return math.ceil(self.chain.records / days)

    async def store(
        self, chain: Chain, write: Callable[[], Awaitable[int]], skipped: Sequence[Skipped]
    ) -> None:
        """Store a page with the chain it leads to, and tell of both."""
        await self.job.store(write, skipped=len(skipped))
        before, self.chain = self.chain, chain
        if chain.scan is not None and chain.scan.token is not None:
            self._full_pages += 1
            self._on_full_pages += chain.records - before.records
        await self.job.name_skipped(skipped)
        self._tell()

    def _tell(self) -> None:
        total = self.whole.seconds
        left = sum(span.seconds for span in without(self.whole, self.chain.spans))
        scan = self.chain.scan
        ahead = self._ahead()
        under_way = 0.0
        if scan and ahead:
            under_way = scan.span.seconds * min(0.95, scan.pages / ahead.pages_under_way)
        elif scan:
            # Nobody knows how many pages it has: each is taken for three tenths of the rest.
            under_way = scan.span.seconds * (1 - 0.7**scan.pages)
        self.job.advance(
            fraction=(total - left + under_way) / total if total else 1.0,
            records=self.chain.records,
            calls_left=ahead.calls_left if ahead else None,
        )

    def _ahead(self) -> _Ahead | None:
        """Foretell what is left from what was read; None where that tells nothing."""
        chain, scan = self.chain, self.chain.scan
        if scan is not None and scan.searches is not None:
            return None
        spans = (*chain.spans, scan.span) if scan else chain.spans
        todo = [span.seconds for span in windows(self.whole, spans, self.days)]
        per_page = max(1.0, self._on_full_pages / self._full_pages if self._full_pages else PAGE)
        under_way = [scan.span.seconds] if scan else []
        done = self.whole.seconds - sum(todo) - sum(under_way)
        if self.flow.rate is not None:
            rate = self.flow.rate
        elif done >= MEASURED_FROM * self.whole.seconds and done > 0:
            records = chain.records - (scan.pages * per_page if scan else 0)
            rate = max(0.0, records) / done
        elif self.job.cursor is not None and self.job.cursor.per_day is not None:
            rate = self.job.cursor.per_day / DAY.total_seconds()
        else:
            return None
        read = scan.pages if scan else 0
        if scan and self.flow.reached and self.flow.rate is not None:
            ahead_s = max(0.0, (scan.end - self.flow.reached).total_seconds())
            expected = read + pages_in([ahead_s], rate, per_page)
        else:
            expected = pages_in(under_way, rate, per_page)
            if is_more_than(expected, read):
                return None
        left = pages_in(todo, rate, per_page) + (max(1, expected - read) if scan else 0)
        # Some pages take several calls: asked for again, or to find the day of a dateless event.
        per_call = max(1.0, self.job.calls / self.pages) if self.pages else 1.0
        return _Ahead(max(1, expected), math.ceil(left * per_call))
