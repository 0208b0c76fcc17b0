"""Copying claims: all financial events, window by window, of which the claims are kept.

Amazon posts some kinds of events without a date. The window they came in tells it, so a window that
holds such a claim is halved until the day is known: only the left half of each step is fetched,
because what it does not hold lies in the right one.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Final, cast

from msgspec.structs import replace as changed

from opside_desktop.amazon.finances_2024 import Finances2024
from opside_desktop.amazon.pages import Page
from opside_desktop.claims.sightings import Told
from opside_desktop.claims.unknown import UnknownKinds
from opside_desktop.domain.errors import AccessDenied, AuthRevoked, DatabaseFault, OpsideError
from opside_desktop.domain.records import RawEvent
from opside_desktop.store.reading.one_source_claims import OneSourceClaim, one_source_claims
from opside_desktop.store.writing.event_pages import write_events_page
from opside_desktop.store.writing.read_spans import ReadSpan
from opside_desktop.sync.copying.claim_readings import ClaimReadings
from opside_desktop.sync.copying.claim_window import ClaimWindow, dated_rows
from opside_desktop.sync.copying.claims_memory import DAILY, DEFERRALS, late_events
from opside_desktop.sync.copying.claims_sources import ClaimsSources, SourceRefused
from opside_desktop.sync.copying.deferrals import (
    about_overdue,
    load_deferrals,
    oldest_read_again,
    orders_asked_singly,
)
from opside_desktop.sync.copying.differences import about_differences
from opside_desktop.sync.copying.job import Job
from opside_desktop.sync.copying.page_reader import PageReader, WindowTooLarge
from opside_desktop.sync.copying.resume_state import Cursor, ResumeState, Scan, Search
from opside_desktop.sync.copying.undated import halves, undated_counts
from opside_desktop.sync.copying.windowed import WindowedCopy
from opside_desktop.sync.copying.windows import (
    RECENT,
    Span,
    common,
    first_start,
    grid_start,
    midnight,
    upper_bound,
)
from opside_desktop.sync.estimate import Flow

log = logging.getLogger(__name__)

WINDOW_DAYS: Final = 15
"""90 days take 8 windows at most, well inside the burst of 30 calls."""


async def copy_claims(job: Job) -> None:
    """Copy the claims of one account: from where an earlier sync stopped, or the whole reach."""
    now = job.session.now()
    until = upper_bound(now)
    deferrals = await load_deferrals(job)
    sources = ClaimsSources(job, now, oldest_read_again(deferrals, now))
    state = await job.begin(lambda cursor: sources.usual_start(cursor, until), _read_again(now))
    state = sources.resume(state, until)
    readings = await ClaimReadings.load(job)
    readings.resume(sources.in_use, state.scans)
    while True:
        copying = _ClaimsCopy(job, sources, readings, state, until)
        try:
            await copying.run()
        except SourceRefused:
            state = sources.begun(copying.state, until)
            readings.are_stored = True
        else:
            return


def _read_again(now: datetime) -> Callable[[ResumeState, Cursor | None], datetime]:
    """Tell from where on a state is read again whose history is still to be read."""

    def read_again(state: ResumeState, cursor: Cursor | None) -> datetime:
        last = state.late_at or state.began_at or now
        return midnight((state.read_to or now) - late_events(now - last))

    return read_again


class _ClaimsCopy(WindowedCopy[RawEvent, Told]):
    records = "financial events"
    most_unreadable = 100

    def __init__(
        self,
        job: Job,
        sources: ClaimsSources,
        readings: ClaimReadings,
        state: ResumeState,
        until: datetime,
    ) -> None:
        def next_reach(cursor: Cursor | None) -> datetime:
            last = cursor.until if cursor and cursor.until else until
            return midnight(min(last, until) - DAILY)

        now = job.session.now()
        new = sources.memory.new_from(sources.in_use, until)
        recent_from = max(one for one in (midnight(now) - RECENT, new) if one)
        super().__init__(
            job, state, until, days=WINDOW_DAYS, reach=next_reach, recent_from=recent_from
        )
        self._sources = sources
        # Several windows are under way when it is refused: another copy goes on with the next one.
        self._source, self._finances = sources.in_use, job.session.finances
        self._readings = readings
        self._unknown = UnknownKinds(state.unknown)
        is_due = job.request.since is None and sources.memory.sweeps(self._source, now)
        self._start = min(state.reach, first_start(now)) if is_due else state.reach

    def counted(self, spans: Sequence[ReadSpan]) -> list[Span]:
        source, memory = self._source, self._sources.memory
        return [
            Span(one.start, one.end)
            for one in spans
            if one.source == source and memory.counts(source, one.read_at)
        ]

    async def copy_rest(self) -> None:
        await self._readings.settle(self.state.started_at)
        await self._copy_orders()
        await self._readings.settle(self.state.started_at)
        if self._start < self.state.reach:
            await self.copy_windows(Span(self._start, self.state.reach))
        for sentence in self._unknown.sentences():
            await self.job.warn(sentence)
        await self._tell_differences()

    async def _tell_differences(self) -> None:
        """Warn of what only one source knows of what both have read whole."""
        job, memory, source = self.job, self._sources.memory, self._source
        others = [
            Span(one.start, one.end)
            for one in self._readings.spans
            if one.source == source.other and memory.counts(one.source, one.read_at)
        ]
        read = [both for span in self.state.finished for both in common(span, others)]
        if not read:
            return

        async def load() -> Sequence[OneSourceClaim]:
            start, end = read[0].start, read[-1].end
            user, is_mock = job.account.user_id, job.run.is_mock
            return await one_source_claims(job.db, user, start, end, is_mock=is_mock)

        found = await job.outages.retry_while_database_gone(job.dataset, load)
        known = [one for one in found if any(span.holds(one.posted_at) for span in read)]
        if known:
            await job.warn(about_differences(known))

    async def _copy_orders(self) -> None:
        """Ask singly for orders whose money has been held back for long; tell of what is overdue.

        What fails here is left to the next sync.
        """
        job, now = self.job, self.job.session.now()
        deferrals = await load_deferrals(job)
        finances, orders = self._finances, orders_asked_singly(deferrals, now)
        if isinstance(finances, Finances2024) and orders:
            try:
                for order_id in orders:
                    await self._copy_order(finances, order_id)
            except (AuthRevoked, DatabaseFault):
                raise
            except (OpsideError, WindowTooLarge) as error:
                log.warning("orders cannot be asked for singly: %s", error)
                refusal = error.refusal if isinstance(error, WindowTooLarge) else error
                await job.warn(
                    "Amazon did not answer for single orders whose money it holds back for more"
                    f" than {DEFERRALS.days} days; the next sync asks again. {refusal.sentence}"
                )
            deferrals = await load_deferrals(job)
        for sentence in about_overdue(deferrals, now):
            await job.warn(sentence)

    async def _copy_order(self, transactions: Finances2024, order_id: str) -> None:
        now = self.job.session.now()
        scan = Scan(start=now, end=now, order_id=order_id)
        window = ClaimWindow(scan, self._unknown, now.date())
        fetch = partial(transactions.page_of_order, order_id, on_wait=self.job.on_wait)

        async def page(*, page_size: int, **asked: Any) -> Page[Any]:
            return await fetch(**asked)

        reader = self.reader(page, scan, window.take, begin=window.begin)
        await self.copy_pages(reader, partial(self._noted, window, None))

    def remembered(self, cursor: Cursor, now: datetime) -> Cursor:
        memory = self._sources.memory
        if cursor.until is not None:
            memory = memory.with_read(
                self._source,
                start=self._start,
                until=cursor.until,
                began_at=self.state.began_at or now,
                now=self.state.late_at or self.state.began_at or now,
                is_first=self.job.cursor is None or self.job.cursor.until is None,
            )
        return changed(cursor, claims=memory)

    async def copy_window(self, scan: Scan) -> None:
        try:
            if scan.searches is None:
                scan = await self._read(scan)
            while scan.searches:
                scan = await self._search(scan)
        except AccessDenied as error:
            raise self._sources.refused(error, self._source) from error

    async def _read(self, scan: Scan) -> Scan:
        """Store a window page by page. Gives the scan with what is left to be searched."""
        # Windows are cut along a grid, so that this day is the same however a window was cut.
        window = ClaimWindow(scan, self._unknown, grid_start(scan.start, WINDOW_DAYS).date())

        def begin() -> None:
            window.begin()
            flow.begin_window()

        flow = self.forecast.flow(scan.span)
        reader = self._reader(scan, window.take, begin)
        scan = await self.copy_pages(reader, partial(self._noted, window, flow))
        if scan.undated and scan.pages > WINDOW_DAYS:
            self.days = 1  # as many calls, and no day has to be searched for any more
        return scan

    def _noted(self, window: ClaimWindow, flow: Flow | None, scan: Scan, came: int) -> Scan:
        if flow is not None:
            self.heard(flow, window.moments, came)
        undated, searches = dict(window.undated), scan.searches
        if scan.token is None:
            searches = [Search(scan.start, scan.end, undated)] if undated else []
        return changed(
            scan,
            read_at=scan.read_at or self._readings.begin(),
            undated=undated,
            held=dict(window.held),
            searches=searches,
        )

    def _reader(
        self,
        scan: Scan,
        take: Callable[[Page[RawEvent], bool], Page[Told]],
        begin: Callable[[], None],
    ) -> PageReader[RawEvent, Told]:
        finances = self._finances
        fetch = partial(finances.page, scan.start, scan.end, on_wait=self.job.on_wait)
        return self.reader(fetch, scan, take, begin=begin, resizable=finances.has_page_size)

    @property
    def source_name(self) -> str:
        return self._source

    def answered(self) -> None:
        self._sources.answered()

    def state_with(self, scan: Scan, sent: int) -> ResumeState:
        # A single order is no window; what it brings is written with the state as it is.
        state = self.state if scan.order_id else super().state_with(scan, sent)
        return changed(state, unknown=dict(self._unknown.met))

    async def write(self, scan: Scan, rows: Sequence[Told], **progress: Any) -> int:
        await self._sources.tell()
        job, readings = self.job, self._readings
        reading = readings.of(self._source, scan)
        is_last = scan.token is None and not scan.searches and not scan.is_frameless
        await readings.goes_on(reading, progress["first_started_at"])
        written = await write_events_page(
            job.db, job.run, rows, reading, is_last=is_last, **progress
        )
        await readings.wrote(reading, written.notes, is_last=is_last)
        return written.counted

    async def _search(self, scan: Scan) -> Scan:
        """Take one step towards the days of dateless events."""
        searches = list(scan.searches or ())
        search = searches.pop()
        span = search.span
        found: Page[Told] = Page([])
        if span.day is not None:
            found = dated_rows(search, scan.held)
        else:
            counts = await self._count(span.split()[0], scan)
            if counts is None:
                # Nobody knows their days now: the window is read again as a whole.
                scan = changed(scan, is_frameless=True)
                searches = []
            else:
                searches += halves(search, counts)
        scan = changed(scan, searches=searches)
        self.job.mended.update(dict.fromkeys(found.mended))
        await self.store(scan, found.records, found.skipped)
        return scan

    async def _count(self, span: Span, scan: Scan) -> dict[str, int] | None:
        """Read a part of a window again, only to count the dateless events in it.

        None where that is not told, because an answer lacked its frame.
        """
        counts: dict[str, int] = {}

        def take(page: Page[RawEvent], again: bool) -> Page[Told]:
            for content, count in undated_counts(page.records, scan.held).items():
                counts[content] = counts.get(content, 0) + count
            return replace(cast("Page[Any]", page), records=[])

        part = Scan(start=span.start, end=span.end, page_size=scan.page_size)
        reader = self._reader(part, take, counts.clear)
        while True:
            await reader.next()
            if reader.token is None:
                return None if reader.scan.is_frameless else counts
