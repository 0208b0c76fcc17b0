"""Copying claims: all financial events, window by window, of which the claims are kept.

Amazon posts some kinds of events without a date. The window they came in tells it, so a window that
holds such a claim is halved until the day is known: only the left half of each step is fetched,
because what it does not hold lies in the right one.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import msgspec

from opside_desktop.amazon.pages import Page
from opside_desktop.domain.records import RawEvent, Skipped
from opside_desktop.store.writing.pages import write_claims_page
from opside_desktop.sync.copying.duplicates import (
    DuplicateCount,
    Rows,
    dated_rows,
    undated_counts,
)
from opside_desktop.sync.copying.job import Job
from opside_desktop.sync.copying.page_reader import PageReader
from opside_desktop.sync.copying.resume import Cursor, Scan, Search
from opside_desktop.sync.copying.windowed import WindowedCopy
from opside_desktop.sync.copying.windows import Span, first_start, midnight, upper_bound

WINDOW_DAYS: Final = 15
"""90 days take 8 windows at most, well inside the burst of 30 calls."""

OVERLAP: Final = timedelta(days=14)
"""Later syncs read so much again: events are posted late, and deferred ones when released."""


async def copy_claims(job: Job) -> None:
    """Copy the claims of one account: from where an earlier sync stopped, or the whole reach."""
    now = job.session.now()
    until = upper_bound(now)

    def reach(cursor: Cursor | None) -> datetime:
        if cursor is None or cursor.until is None:
            return first_start(now)
        return midnight(min(cursor.until, until) - OVERLAP)

    await _ClaimsCopy(job, await job.begin(reach), until, days=WINDOW_DAYS, reach=reach).run()


class _ClaimsCopy(WindowedCopy):
    records = "financial events"
    most_unreadable = 100

    async def copy_window(self, scan: Scan) -> None:
        if scan.searches is None:
            scan = await self._read(scan)
        while scan.searches:
            scan = await self._search(scan)

    async def _read(self, scan: Scan) -> Scan:
        """Store a window page by page. Gives the scan with what is left to be searched."""
        span = scan.span
        reader = self._reader(scan)
        duplicates = DuplicateCount(
            span.day, dict(scan.duplicates), dict(scan.undated), dict(scan.held)
        )
        pages, skipped = scan.pages, scan.skipped
        while True:
            page = await reader.next()
            if reader.first:
                duplicates, pages, skipped = DuplicateCount(span.day), 0, 0
                self.flow.begin_window()
            self.heard(_posted(page.records), len(page.records))
            if reader.again:  # counted once more, its claims would become duplicates of themselves
                page = replace(page, records=[], skipped=[])
            # In a thread: it takes milliseconds, and the loop may be a window's.
            rows = await asyncio.to_thread(duplicates.take, page.records)
            pages += 1
            self.pages += 1
            unreadable = [*page.skipped, *rows.skipped]
            skipped += len(unreadable)
            # A window that began again counts what it could not read only once.
            untold = max(0, skipped - scan.skipped_told)
            scan = Scan(
                start=span.start,
                end=span.end,
                token=reader.token,
                page_size=reader.page_size,
                pages=pages,
                records=reader.records,
                is_frameless=reader.is_frameless,
                duplicates=duplicates.duplicates,
                undated=duplicates.undated,
                held=duplicates.held,
                searches=None if reader.token else _first_search(span, duplicates.undated),
                skipped=skipped,
                skipped_told=scan.skipped_told + untold,
            )
            self.job.mendings.add(rows.mended)
            told = unreadable[len(unreadable) - untold :]
            sent = len(page.records) + len(page.skipped)
            await self._store(scan, rows, told, records=sent)
            if reader.token is None:
                if duplicates.undated and pages > WINDOW_DAYS:
                    self.days = 1  # as many calls, and no day has to be searched for any more
                return scan

    async def _search(self, scan: Scan) -> Scan:
        """Take one step towards the days of dateless events."""
        searches = list(scan.searches or ())
        search = searches.pop()
        span = Span(search.start, search.end)
        rows = Rows()
        if span.day is not None:
            rows = dated_rows(search.counts, scan.held, span.day)
        else:
            left, right = span.split()
            counts = await self._count(left, scan)
            if counts is None:
                # Nobody knows their days now: the window is read again as a whole.
                scan = msgspec.structs.replace(scan, searches=[], is_frameless=True)
                await self._store(scan, rows, [])
                return scan
            on_the_left = {c: min(n, counts.get(c, 0)) for c, n in search.counts.items()}
            on_the_right = {c: n - on_the_left[c] for c, n in search.counts.items()}
            for half, part in ((right, on_the_right), (left, on_the_left)):
                there = {content: n for content, n in part.items() if n}
                if there:
                    searches.append(Search(half.start, half.end, there))
        scan = msgspec.structs.replace(scan, searches=searches)
        self.job.mendings.add(rows.mended)
        await self._store(scan, rows, rows.skipped)
        return scan

    async def _count(self, span: Span, scan: Scan) -> dict[str, int] | None:
        """Read a part of a window again, only to count the dateless events in it.

        None where that is not told, because an answer lacked its frame.
        """
        reader = self._reader(Scan(start=span.start, end=span.end, page_size=scan.page_size))
        counts: dict[str, int] = {}
        while True:
            page = await reader.next()
            if reader.first:
                counts = {}
            for content, count in undated_counts(page.records, scan.held).items():
                counts[content] = counts.get(content, 0) + count
            if reader.token is None:
                return None if reader.is_frameless else counts

    def _reader(self, scan: Scan) -> PageReader[RawEvent]:
        async def fetch(token: str | None, page_size: int) -> Page[RawEvent]:
            page = await self.job.session.finances.page(
                scan.start,
                scan.end,
                token=token,
                page_size=page_size,
                known_unreadable=reader.is_damaged,
                on_wait=self.job.on_wait,
            )
            self.job.calls += 1
            return page

        reader = self.reader(fetch, scan, resizable=True)
        return reader

    async def _store(
        self, scan: Scan, rows: Rows, skipped: Sequence[Skipped], *, records: int = 0
    ) -> None:
        """Store rows together with how far the state has come."""
        state = self.advanced(scan, records, is_read=scan.searches == [])
        write = partial(
            write_claims_page,
            self.job.db,
            self.job.run,
            rows.events,
            rows.claims,
            first_started_at=state.started_at,
            checkpoint=self.job.checkpoint(state),
            skipped=len(skipped),
        )
        await self.store(state, write, skipped)


def _posted(records: Sequence[RawEvent]) -> Iterator[datetime]:
    """Give the moments that events were posted at, of those that have one."""
    for record in records:
        try:
            posted = datetime.fromisoformat(record.payload["PostedDate"])
        except (KeyError, TypeError, ValueError):
            continue
        if posted.tzinfo is not None:
            yield posted


def _first_search(span: Span, undated: dict[str, int]) -> list[Search]:
    return [Search(span.start, span.end, dict(undated))] if undated else []
