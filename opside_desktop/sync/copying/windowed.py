"""What claims and orders have in common: a reach of time, copied window by window, page by page."""

import logging
from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final, TypeVar

import msgspec

from opside_desktop.amazon.errors import UnreadableAnswer
from opside_desktop.amazon.pages import Page
from opside_desktop.domain.errors import BadData, OpsideError
from opside_desktop.store.writing import read_spans
from opside_desktop.store.writing.read_spans import ReadSpan
from opside_desktop.sync.copying import doubted_windows, reach
from opside_desktop.sync.copying.forecast import Forecast
from opside_desktop.sync.copying.job import DefaultReach, Job
from opside_desktop.sync.copying.page_reader import Fetch, PageCopy, PageReader, WindowTooLarge
from opside_desktop.sync.copying.resume_state import Cursor, ResumeState, Scan
from opside_desktop.sync.copying.windows import (
    UPPER_BOUND_LAG,
    Span,
    merged,
    upper_bound,
    windows,
    without,
)
from opside_desktop.sync.estimate import Flow

T = TypeVar("T")
R = TypeVar("R")

log = logging.getLogger(__name__)

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
    """Copies one dataset's windows, newest first; each page is stored with how far it has come.

    The recent part is read before the history, and several windows are under way at once, none of
    which overlaps another. A window that cannot be read is asked for in halves, down to an hour;
    what is left of it then is a hole, which every sync asks for once, after its windows. So are
    those windows that brought strangely little before.

    Attributes:
        records: what they are called, several of them.
        most_unreadable: so many windows of a sync are halved because they cannot be read: each call
            has its price. The next sync goes on with what is a coarse hole until then.
        state: as the last stored page left it.
        until: up to where it reads; never in Amazon's future.
        days: how long windows are planned from now on.
        reach: from where on is read again soon in any case.
        recent_from: where the recent part begins.
        forecast: told of each page that is read.
    """

    records: str
    most_unreadable: int

    def __init__(
        self,
        job: Job,
        state: ResumeState,
        until: datetime,
        *,
        days: int,
        reach: DefaultReach,
        recent_from: datetime,
    ) -> None:
        super().__init__(job)
        self.state = state.until(until)
        self.recent_from = recent_from
        self.days = days
        self.reach = reach
        self.until = until
        self._latest = state.latest
        self._known_holes = state.known_holes
        self._narrow_holes: list[Span] = []
        self._damaged: list[Span] = []
        self._unreadable = 0
        self._refused_ahead = 0
        self._under_way: list[Span] = []
        self._read_before: list[Span] = []
        self.forecast = Forecast(job.cursor)

    @property
    def whole(self) -> Span:
        """What is read in the windows' turn."""
        return Span(self.state.reach, max(self.until, self.state.reach))

    @property
    def recent(self) -> Span:
        """What of it is read before the history."""
        start, end = self.whole
        return Span(min(max(start, self.recent_from), end), end)

    async def run(self) -> None:
        """Read all windows that are not finished yet, the interrupted one first, then finish.

        Raises:
            OpsideError: Amazon or the database gives no more; what was stored stays.
        """
        await self._give_up_old_holes()
        self._read_before = self.counted(await self._load_read())
        self.tell()
        try:
            await self._copy_newest_first(lambda: self.recent)
            await self._recent_done()
            if self.job.request.recent and self._is_history_left:
                await self._leave_history()
                return
            await self._copy_rest()
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
        self.job.reporter.complete_since(self.job.dataset, self._complete_since(state))
        await self.job.finish(self.remembered(cursor, now), read=read)

    async def _load_read(self) -> Sequence[ReadSpan]:
        job = self.job

        async def load() -> Sequence[ReadSpan]:
            return await read_spans.load(job.db, job.account.user_id, job.dataset)

        return await job.outages.retry_while_database_gone(job.dataset, load)

    async def _copy_rest(self) -> None:
        await self._copy_newest_first(lambda: self.whole)
        await self._copy_all(
            left
            for span in doubted_windows.doubted_spans(self.job.cursor)
            for left in without(span, self.state.done)
        )
        for part in self.to_complete():
            await self.copy_windows(part)
        await self._copy_all(
            part for hole in self._known_holes for part in windows(hole, (), LONGEST_HOLE)
        )
        await self.copy_rest()

    async def _recent_done(self) -> None:
        """Store and tell that nothing but history is left."""
        async with self.turn:
            self.state = msgspec.structs.replace(
                self.state, recent_at=self.job.session.now(), read_to=self.until
            )
            if self._is_history_left:
                await self.job.keep(self.state)
                self.last_stored = self.state
        self.tell()
        self.job.reporter.recent_done(self.job.dataset)

    @property
    def _is_history_left(self) -> bool:
        return bool(without(self.whole, self.state.done))

    async def _leave_history(self) -> None:
        """End with the recent part: what is stored lets the next sync go on with the history."""
        for sentence in reach.about_holes(self.state, self.records):
            await self.job.warn(sentence)
        self.job.reporter.history_left()

    async def copy_windows(self, span: Span) -> None:
        """Read what is not finished of a stretch."""
        await self._copy_newest_first(lambda: span)

    async def _copy_newest_first(self, stretch: Callable[[], Span]) -> None:
        """Read what is not finished of a stretch, those windows first that are under way."""

        def following() -> Scan | None:
            span = stretch()
            for scan in self.state.scans:
                is_known = any(map(scan.span.overlaps, self._under_way))
                if not is_known and scan.span.overlaps(span):
                    return scan
            busy = (*self._under_way, *(scan.span for scan in self.state.scans))
            todo = windows(span, (*self.state.done, *busy), self.days)
            return Scan(start=todo[-1].start, end=todo[-1].end) if todo else None

        await self._copy_side_by_side(following)

    async def _copy_all(self, todo: Iterable[Span]) -> None:
        """Read stretches as they are."""
        coming = iter(todo)

        def following() -> Scan | None:
            span = next(coming, None)
            return None if span is None else Scan(start=span.start, end=span.end)

        await self._copy_side_by_side(following)

    async def _copy_side_by_side(self, following: Callable[[], Scan | None]) -> None:
        def begun() -> Scan | None:
            scan = following()
            if scan is not None:
                self._under_way.append(scan.span)
            return scan

        async def copy(scan: Scan) -> None:
            try:
                await self._copy_or_halve(scan)
            finally:
                self._under_way.remove(scan.span)

        await self.job.lanes.run(begun, copy)

    async def _copy_or_halve(self, scan: Scan) -> None:
        span = scan.span
        if scan.end > self.until:
            await self._forget_scan(span)
            span = Span(scan.start, self.until)
            scan = Scan(start=span.start, end=span.end)
        if span.start >= span.end:
            return
        try:
            await self.copy_window(scan)
        except WindowTooLarge as error:
            if isinstance(error.refusal, UnreadableAnswer):
                self._damaged.append(span)
                if not self._is_worth_halving(span):
                    log.warning("%s: unreadable %s", self.job.dataset, span.in_words)
                    async with self.turn:
                        self.state = self.state.with_hole(span, self.job.session.now())
                    self.tell()
                    return
            elif not span.can_split:
                raise error.refusal from error
            await self._forget_scan(span)
            for half in reversed(span.split()):
                await self._copy_or_halve(Scan(start=half.start, end=half.end))
        except BadData:
            # The very answer that refuses a moment in Amazon's future shows Amazon's time.
            if self._refused_ahead >= _REFUSED_AHEAD or not self._ends_in_the_future(span):
                raise
            self._refused_ahead += 1
            await self._copy_or_halve(Scan(start=span.start, end=span.end))

    async def _forget_scan(self, span: Span) -> None:
        async with self.turn:
            self.state = msgspec.structs.replace(self.state, scans=self.state.besides(span))

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

    def heard(self, flow: Flow, moments: Iterable[datetime], records: int) -> None:
        """Take in the moments that a page's records are from, and how many records it has."""
        ordered = sorted(moments)
        flow.page(ordered, records)
        self._latest = max([*ordered[-1:], *([self._latest] if self._latest else [])], default=None)

    def state_with(self, scan: Scan, sent: int) -> ResumeState:
        """Give the state that a page leads to, or that a window's end does."""
        state = msgspec.structs.replace(
            self.state, records=self.state.records + sent, latest=self._latest
        ).with_scan(scan)
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

    def stored(self, state: ResumeState, scan: Scan) -> None:
        before, self.state = self.state, state
        if scan.token is not None:
            self.forecast.full_page(state.records - before.records)

    def tell(self) -> None:
        """Tell how much of the reach is done, and how many calls are expected still."""
        job, state, whole = self.job, self.state, self.whole
        expected = self.forecast.ahead(state, whole, self.days, calls=job.calls, pages=self.pages)
        job.advance(
            fraction=self.forecast.fraction(state, whole, expected),
            records=state.records,
            calls_left=expected.calls_left if expected else None,
        )
        job.reporter.complete_since(job.dataset, self._complete_since(state))

    def _complete_since(self, state: ResumeState) -> datetime | None:
        """Tell from when on everything has been read up to now; holes do not count as gaps."""
        finished = state.finished if state.records else ()
        partial = [left for span in finished for left in without(span, state.partial)]
        spans = merged((*self._read_before, *partial, *state.known_holes))
        reaching = [span.start for span in spans if span.end >= self.until]
        return reaching[0] if reaching and (partial or self._read_before) else None

    def counted(self, spans: Sequence[ReadSpan]) -> list[Span]:
        """Give what former syncs have read, of what counts for the source that is read."""
        cursor = self.job.cursor
        if not spans and cursor and cursor.until and cursor.resume_state:
            # Version 0.1 kept no spans; its cursor tells of the last sync's.
            return without(Span(cursor.resume_state.reach, cursor.until), cursor.unfinished)
        return [Span(one.start, one.end) for one in spans]
