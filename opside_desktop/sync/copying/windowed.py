"""What claims and orders have in common: a reach of time, copied window by window, page by page."""

import logging
import math
from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final, TypeVar

import msgspec

from opside_desktop.amazon.errors import UnreadableAnswer
from opside_desktop.amazon.pages import Page
from opside_desktop.domain.errors import BadData, OpsideError
from opside_desktop.store.writing.read_spans import ReadSpan
from opside_desktop.sync.copying import doubted_windows, reach
from opside_desktop.sync.copying.job import DefaultReach, Job
from opside_desktop.sync.copying.page_reader import Fetch, PageCopy, PageReader, WindowTooLarge
from opside_desktop.sync.copying.resume_state import Cursor, ResumeState, Scan
from opside_desktop.sync.copying.windows import (
    DAY,
    UPPER_BOUND_LAG,
    Span,
    upper_bound,
    windows,
    without,
)
from opside_desktop.sync.estimate import MEASURED_FROM, Flow, is_more_than, pages_in

T = TypeVar("T")
R = TypeVar("R")

log = logging.getLogger(__name__)

PAGE: Final = 100
"""Records on a full page, of claims and of orders alike, as long as no full one was seen."""

LONGEST_HOLE: Final = 90
"""Days that are asked for at once. Of more than 180 Amazon answers nothing, and no error."""

_CLOCK_SLACK: Final = UPPER_BOUND_LAG / 6
"""Amazon's clock as its answers show it is up to a second off; bounds lie a minute on the safe
side."""

_REFUSED_AHEAD: Final = 3
"""So often a window is asked for again because its refusal shows that its end is yet to come."""

HOPELESS_AFTER: Final = 12
"""So many are halved while nothing at all can be read."""


class WindowedCopy(PageCopy[T, R]):
    """Copies one dataset's windows, oldest first; each page is stored with how far it has come.

    A window that cannot be read is asked for in halves, down to an hour; what is left of it then is
    a hole, which every sync asks for once, after its windows. So are those windows that brought
    strangely little before.

    Attributes:
        records: what they are called, several of them.
        most_unreadable: so many windows of a sync are halved because they cannot be read: each call
            has its price. The next sync goes on with what is a coarse hole until then.
        state: as the last stored page left it.
        until: up to where it reads; never in Amazon's future.
        days: how long windows are planned from now on.
        reach: from where on is read again soon in any case.
        flow: told of each page that is read.
    """

    records: str
    most_unreadable: int

    def __init__(
        self, job: Job, state: ResumeState, until: datetime, *, days: int, reach: DefaultReach
    ) -> None:
        super().__init__(job)
        self.state = state.until(until)
        self.days = days
        self.reach = reach
        self.until = until
        self._latest = state.latest
        self._known_holes = state.known_holes
        self._narrow_holes: list[Span] = []
        self._damaged: list[Span] = []
        self._unreadable = 0
        self._refused_ahead = 0
        self.flow = Flow()
        self._full_pages = 0
        self._on_full_pages = 0

    @property
    def whole(self) -> Span:
        """What is read in the windows' turn."""
        return Span(self.state.reach, max(self.until, self.state.reach))

    async def run(self) -> None:
        """Read all windows that are not finished yet, the interrupted one first, then finish.

        Raises:
            OpsideError: Amazon or the database gives no more; what was stored stays.
        """
        await self._give_up_old_holes()
        self.tell()
        try:
            await self._copy_everything()
        except OpsideError:
            for sentence in reach.about_holes(self.state, self.records):
                await self.job.warn(sentence)
            raise
        self._ends_in_the_future(self.whole)
        now = self.job.session.now()
        cursor, warnings = reach.end(
            self.state, self.job.cursor, self.until, now, reach=self.reach, what=self.records
        )
        for sentence in warnings:
            await self.job.warn(sentence)
        # Where nothing came, that counts only now that it is believed.
        state = cursor.resume_state or self.state
        read = [
            ReadSpan(self.source_name, span.start, span.end, now)
            for span in state.empty
            if not without(span, state.finished)
        ]
        await self.job.finish(self.remembered(cursor, now), read=read)

    async def _copy_everything(self) -> None:
        if self.state.scan is not None:
            await self._copy_or_halve(self.state.scan)
        while todo := windows(self.whole, self.state.done, self.days):
            await self._copy_all(todo)
        for span in doubted_windows.doubted_spans(self.job.cursor):
            await self._copy_all(without(span, self.state.done))
        for part in self.to_complete():
            await self._copy_all(windows(part, self.state.done, self.days))
        for hole in self._known_holes:
            await self._copy_all(windows(hole, (), LONGEST_HOLE))
        await self.copy_rest()

    async def copy_windows(self, span: Span) -> None:
        """Read what is not finished of a stretch."""
        await self._copy_all(windows(span, self.state.done, self.days))

    async def _copy_all(self, todo: Sequence[Span]) -> None:
        for span in todo:
            await self._copy_or_halve(Scan(start=span.start, end=span.end))

    async def _copy_or_halve(self, scan: Scan) -> None:
        if scan.end > self.until:
            scan = Scan(start=scan.start, end=self.until)
        span = scan.span
        if span.start >= span.end:
            return
        try:
            await self.copy_window(scan)
        except WindowTooLarge as error:
            if isinstance(error.refusal, UnreadableAnswer):
                self._damaged.append(span)
                if not self._is_worth_halving(span):
                    log.warning("%s: unreadable %s", self.job.dataset, span.in_words)
                    self.state = self.state.with_hole(span, self.job.session.now())
                    self.tell()
                    return
            elif not span.can_split:
                raise error.refusal from error
            await self._copy_all(span.split())
        except BadData:
            # The very answer that refuses a moment in Amazon's future shows Amazon's time.
            if self._refused_ahead >= _REFUSED_AHEAD or not self._ends_in_the_future(span):
                raise
            self._refused_ahead += 1
            await self._copy_all([span])

    def _is_worth_halving(self, span: Span) -> bool:
        if any(map(span.overlaps, self._narrow_holes)):
            return False
        self._unreadable += 1
        most = self.most_unreadable if self.pages else HOPELESS_AFTER
        return span.can_split and self._unreadable <= most

    def _ends_in_the_future(self, span: Span) -> bool:
        """Tell whether Amazon's present lies within a stretch, and read no further then."""
        latest = upper_bound(self.job.session.now())
        if not span.start < latest < span.end - _CLOCK_SLACK:
            return False
        log.warning("%s: reads up to %s: a clock was ahead", self.job.dataset, latest)
        self.until = latest
        return True

    async def _give_up_old_holes(self) -> None:
        now = self.job.session.now()
        for hole in [one for one in self.state.holes if now - one.since >= reach.ASKED_FOR]:
            await self.job.warn(reach.about_given_up(hole, self.records))
            holes = tuple(one for one in self.state.holes if one != hole)
            self.state = msgspec.structs.replace(self.state, holes=holes)
        self._known_holes = self.state.known_holes
        self._narrow_holes = [hole.span for hole in self.state.holes if not hole.is_coarse]

    def reader(
        self,
        fetch: Fetch,
        scan: Scan,
        take: Callable[[Page[T], bool], Page[R]],
        *,
        begin: Callable[[], None] = lambda: None,
        resizable: bool = False,
    ) -> PageReader[T, R]:
        """Give a reader of a window's pages, from where the scan left it.

        A hole of an earlier sync is asked for once as it is, unless it is coarse.
        """
        is_narrow = any(map(scan.span.overlaps, self._narrow_holes))
        damaged = (*self._known_holes, *self._damaged)
        return PageReader(
            fetch,
            take,
            scan,
            begin=begin,
            on_answer=self.answered,
            resizable=resizable and not is_narrow,
            is_damaged=any(map(scan.span.overlaps, damaged)),
        )

    def answered(self) -> None:
        """Hear that Amazon has answered."""
        self.job.answered()

    def to_complete(self) -> tuple[Span, ...]:
        """Give the stretches of which a part is to be asked for again, and can be had now."""
        return ()

    async def copy_rest(self) -> None:  # not everyone has more to read
        """Read what comes after everything else."""

    def remembered(self, cursor: Cursor, now: datetime) -> Cursor:  # not everyone has more to say
        """Add to a cursor what else the dataset remembers. `now`: by Amazon's clock."""
        return cursor

    @abstractmethod
    async def copy_window(self, scan: Scan) -> None:
        """Copy a window to its end, or from where it was left.

        Raises:
            WindowTooLarge: it has to be asked for in halves.
        """

    def heard(self, moments: Iterable[datetime], records: int) -> None:
        """Take in the moments that a page's records are from, and how many records it has."""
        ordered = sorted(moments)
        self.flow.page(ordered, records)
        self._latest = max([*ordered[-1:], *([self._latest] if self._latest else [])], default=None)

    def state_with(self, scan: Scan, sent: int) -> ResumeState:
        """Give the state that a page leads to, or that a window's end does."""
        state = msgspec.structs.replace(
            self.state, records=self.state.records + sent, latest=self._latest, scan=scan
        )
        return state if scan.token is not None or scan.searches else state.with_read(scan)

    def read_with(self, scan: Scan) -> ReadSpan | None:
        is_whole = not (scan.token or scan.searches or scan.is_frameless or scan.is_partial)
        if not is_whole or not scan.records or scan.start >= scan.end:
            return None
        read_at = scan.read_at or self.job.session.now()
        return ReadSpan(self.source_name, scan.start, scan.end, read_at)

    @property
    @abstractmethod
    def source_name(self) -> str:
        """The source that is read, as `domain.sources` names it."""

    def stored(self, state: ResumeState) -> None:
        before, self.state = self.state, state
        if state.scan is not None and state.scan.token is not None:
            self._full_pages += 1
            self._on_full_pages += state.records - before.records

    def tell(self) -> None:
        """Tell how much of the reach is done, and how many calls are expected still."""
        total = self.whole.seconds
        left = sum(span.seconds for span in without(self.whole, self.state.done))
        scan = self.state.scan
        pages, calls_left = self._ahead() or (0, None)
        under_way = 0.0
        if scan and pages:
            under_way = scan.span.seconds * min(0.95, scan.pages / pages)
        elif scan:
            # Nobody knows how many pages it has: each is taken for three tenths of the rest.
            under_way = scan.span.seconds * (1 - 0.7**scan.pages)
        self.job.advance(
            fraction=(total - left + under_way) / total if total else 1.0,
            records=self.state.records,
            calls_left=calls_left,
        )

    def _ahead(self) -> tuple[int, int] | None:
        """Foretell the pages of the window under way, at least 1, and the calls still to come.

        None where what was read tells nothing of them.
        """
        state, scan = self.state, self.state.scan
        if scan is not None and scan.searches is not None:
            return None
        spans = (*state.done, scan.span) if scan else state.done
        todo = [span.seconds for span in windows(self.whole, spans, self.days)]
        per_page = max(1.0, self._on_full_pages / self._full_pages if self._full_pages else PAGE)
        under_way = [scan.span.seconds] if scan else []
        done = self.whole.seconds - sum(todo) - sum(under_way)
        if self.flow.rate is not None:
            rate = self.flow.rate
        elif done >= MEASURED_FROM * self.whole.seconds and done > 0:
            records = state.records - (scan.pages * per_page if scan else 0)
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
        return max(1, expected), math.ceil(left * per_call)
