"""Copying claims: all financial events, window by window, of which the claims are kept.

Amazon posts some kinds of events without a date. The window they came in tells it, so a window that
holds such a claim is halved until the day is known: only the left half of each step is fetched,
because what it does not hold lies in the right one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Final, cast

import msgspec
from msgspec import structs

from opside_desktop.amazon.pages import Page
from opside_desktop.claims.classify import find_claim, make_claim, name_event
from opside_desktop.claims.duplicates import DuplicateCount
from opside_desktop.domain.errors import AccessDenied, BadData
from opside_desktop.domain.records import Claim, FinancialEvent, Mended, RawEvent, Skipped
from opside_desktop.store.writing.fit_records import fit_record
from opside_desktop.store.writing.pages import write_claims_page
from opside_desktop.sync.copying.claims_memory import DAILY
from opside_desktop.sync.copying.claims_sources import ClaimsSources, SourceRefused
from opside_desktop.sync.copying.job import Job
from opside_desktop.sync.copying.page_reader import PageReader
from opside_desktop.sync.copying.resume_state import (
    Cursor,
    HeldEvent,
    ResumeState,
    Scan,
    Search,
)
from opside_desktop.sync.copying.undated import halves, hold, release, undated_counts
from opside_desktop.sync.copying.windowed import WindowedCopy
from opside_desktop.sync.copying.windows import Span, first_start, midnight, upper_bound

ClaimRows = tuple[FinancialEvent, Claim]
"""What one event adds to the database."""

WINDOW_DAYS: Final = 15
"""90 days take 8 windows at most, well inside the burst of 30 calls."""


async def copy_claims(job: Job) -> None:
    """Copy the claims of one account: from where an earlier sync stopped, or the whole reach."""
    now = job.session.now()
    until = upper_bound(now)
    sources = ClaimsSources(job, now)
    state = await job.begin(lambda cursor: sources.usual_start(cursor, until))
    state = sources.resume(state, until)
    while True:
        copying = _ClaimsCopy(job, sources, state, until)
        try:
            await copying.run()
        except SourceRefused:
            state = sources.begun(copying.state, until)
        else:
            return


class ClaimWindow:
    """The events of one window so far, and the claims among them.

    Args:
        scan: the window, and what of it has been met already.

    Attributes:
        duplicates, undated, held: see `Scan`.
        moments: when the events of the last page were posted, of those that tell it.
    """

    def __init__(self, scan: Scan) -> None:
        self._day = scan.span.day
        self.duplicates = DuplicateCount(scan.duplicates)
        self.undated = dict(scan.undated)
        self.held = dict(scan.held)
        self.moments: list[datetime] = []

    def begin(self) -> None:
        """Forget what was met: the window begins again."""
        self.duplicates = DuplicateCount()
        self.undated, self.held = {}, {}

    def take(self, page: Page[RawEvent], again: bool) -> Page[ClaimRows]:
        """Make the rows of what is a claim and can be numbered now; see `PageReader`."""
        self.moments = [event.posted_at for event in page.records if event.posted_at is not None]
        taken: Page[ClaimRows] = replace(cast("Page[Any]", page), records=[])
        if again:  # counted once more, its claims would become duplicates of themselves
            return replace(taken, skipped=[])
        for event in page.records:
            reading = find_claim(event)
            if reading is None:
                continue
            if isinstance(reading, Skipped):
                taken.skipped.append(reading)
                continue
            if event.posted_at is None and self._day is None:
                self.undated[reading.content] = self.undated.get(reading.content, 0) + 1
                self.held.setdefault(reading.content, hold(event))
                continue
            number = self.duplicates.number(reading.content)
            kept, claim = make_claim(event, reading, number, self._day)
            try:
                kept, cut_in_event = fit_record(kept)
                claim, cut_in_claim = fit_record(claim)
            except BadData as error:
                taken.skipped.append(Skipped(name_event(event), error.why))
                continue
            taken.records.append((kept, claim))
            if reading.unread or cut_in_event or cut_in_claim:
                name = name_event(event)
                taken.mended.extend(Mended(name, one, was_cut=False) for one in reading.unread)
                taken.mended.extend(
                    structs.replace(cut, record=name) for cut in (*cut_in_event, *cut_in_claim)
                )
        return taken


def dated_rows(search: Search, held: Mapping[str, HeldEvent]) -> Page[ClaimRows]:
    """Make the rows of dateless events whose day has been found: the search lies in one."""
    events = [release(held[content]) for content, n in search.counts.items() for _ in range(n)]
    window = ClaimWindow(Scan(start=search.start, end=search.end))
    return window.take(Page(events), again=False)


class _ClaimsCopy(WindowedCopy[RawEvent, ClaimRows]):
    records = "financial events"
    most_unreadable = 100

    def __init__(
        self, job: Job, sources: ClaimsSources, state: ResumeState, until: datetime
    ) -> None:
        def next_reach(cursor: Cursor | None) -> datetime:
            last = cursor.until if cursor and cursor.until else until
            return midnight(min(last, until) - DAILY)

        super().__init__(job, state, until, days=WINDOW_DAYS, reach=next_reach)
        self._sources = sources
        now = job.session.now()
        is_due = job.request.since is None and sources.memory.sweeps(sources.in_use, now)
        self._start = min(state.reach, first_start(now)) if is_due else state.reach

    def to_sweep(self) -> tuple[Span, ...]:
        return (Span(self._start, self.state.reach),) if self._start < self.state.reach else ()

    def remembered(self, cursor: Cursor, now: datetime) -> Cursor:
        memory = self._sources.memory
        if cursor.until is not None:
            memory = memory.with_read(
                self._sources.in_use,
                start=self._start,
                until=cursor.until,
                began_at=self.state.began_at or now,
                now=now,
                is_first=self.job.cursor is None or self.job.cursor.until is None,
            )
        return msgspec.structs.replace(cursor, claims=memory)

    async def copy_window(self, scan: Scan) -> None:
        try:
            if scan.searches is None:
                scan = await self._read(scan)
            while scan.searches:
                scan = await self._search(scan)
        except AccessDenied as error:
            raise self._sources.refused(error) from error

    async def _read(self, scan: Scan) -> Scan:
        """Store a window page by page. Gives the scan with what is left to be searched."""
        window = ClaimWindow(scan)

        def begin() -> None:
            window.begin()
            self.flow.begin_window()

        def noted(scan: Scan, came: int) -> Scan:
            self.heard(window.moments, came)
            searches = None
            if scan.token is None:
                undated = dict(window.undated)
                searches = [Search(scan.start, scan.end, undated)] if undated else []
            return msgspec.structs.replace(
                scan,
                duplicates=window.duplicates.met,
                undated=window.undated,
                held=window.held,
                searches=searches,
            )

        reader = self._reader(scan, window.take, begin)
        scan = await self.copy_pages(reader, noted)
        if scan.undated and scan.pages > WINDOW_DAYS:
            self.days = 1  # as many calls, and no day has to be searched for any more
        return scan

    def _reader(
        self,
        scan: Scan,
        take: Callable[[Page[RawEvent], bool], Page[ClaimRows]],
        begin: Callable[[], None],
    ) -> PageReader[RawEvent, ClaimRows]:
        finances = self.job.session.finances
        fetch = partial(finances.page, scan.start, scan.end, on_wait=self.job.on_wait)
        return self.reader(fetch, scan, take, begin=begin, resizable=finances.has_page_size)

    @property
    def source_name(self) -> str:
        return self._sources.in_use

    def answered(self) -> None:
        self._sources.answered()

    async def write(self, rows: Sequence[ClaimRows], **progress: Any) -> int:
        await self._sources.tell()
        events, claims = [event for event, _ in rows], [claim for _, claim in rows]
        return await write_claims_page(self.job.db, self.job.run, events, claims, **progress)

    async def _search(self, scan: Scan) -> Scan:
        """Take one step towards the days of dateless events."""
        searches = list(scan.searches or ())
        search = searches.pop()
        span = search.span
        found: Page[ClaimRows] = Page([])
        if span.day is not None:
            found = dated_rows(search, scan.held)
        else:
            counts = await self._count(span.split()[0], scan)
            if counts is None:
                # Nobody knows their days now: the window is read again as a whole.
                scan = msgspec.structs.replace(scan, is_frameless=True)
                searches = []
            else:
                searches += halves(search, counts)
        scan = msgspec.structs.replace(scan, searches=searches)
        self.job.mended.update(dict.fromkeys(found.mended))
        await self.store(scan, found.records, found.skipped)
        return scan

    async def _count(self, span: Span, scan: Scan) -> dict[str, int] | None:
        """Read a part of a window again, only to count the dateless events in it.

        None where that is not told, because an answer lacked its frame.
        """
        counts: dict[str, int] = {}

        def take(page: Page[RawEvent], again: bool) -> Page[ClaimRows]:
            for content, count in undated_counts(page.records, scan.held).items():
                counts[content] = counts.get(content, 0) + count
            return replace(cast("Page[Any]", page), records=[])

        part = Scan(start=span.start, end=span.end, page_size=scan.page_size)
        reader = self._reader(part, take, counts.clear)
        while True:
            await reader.next()
            if reader.token is None:
                return None if reader.scan.is_frameless else counts
