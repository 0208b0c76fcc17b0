"""Copying orders: those changed since the last sync, window by window, with all their lines."""

import asyncio
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import msgspec

from opside_desktop.amazon.pages import Page
from opside_desktop.domain.errors import BadData
from opside_desktop.domain.records import Mended, Order, Skipped
from opside_desktop.store.writing.checks import fit_record
from opside_desktop.store.writing.pages import write_orders_page
from opside_desktop.sync.copying.job import Job, Reach
from opside_desktop.sync.copying.order_sources import (
    OrderSources,
    SourceRefused,
    begun_again,
)
from opside_desktop.sync.copying.resume import Cursor, ResumeState, Scan, spans_of
from opside_desktop.sync.copying.windowed import WindowedCopy
from opside_desktop.sync.copying.windows import Span, first_start, midnight, upper_bound

WINDOW_DAYS: Final = 30
"""90 days take 5 windows at most: searchOrders has a burst of 20 calls, then one in 3 minutes."""

LEAST_OVERLAP: Final = timedelta(hours=1)
MOST_OVERLAP: Final = timedelta(days=30)
_REREAD: Final = 75
"""So many orders are read again: they come in the page that has to be fetched anyway."""


async def copy_orders(job: Job) -> None:
    """Copy the orders of one account: from where an earlier sync stopped, or the whole reach."""
    now = job.session.now()
    until = upper_bound(now)

    def reach(cursor: Cursor | None) -> datetime:
        if cursor is None or cursor.until is None:
            return first_start(now)
        return midnight(min(cursor.until, until) - overlap(cursor.per_day))

    await _OrdersCopy(job, await job.begin(reach), until, reach).run()


def overlap(per_day: int | None) -> timedelta:
    """Choose how much to read again: what fits into the page that has to be fetched anyway.

    Amazon may show a change late. A small seller's month is one page; of a large one only an hour
    is read again, because each further page would cost three minutes.
    """
    if per_day is None:
        return LEAST_OVERLAP
    if per_day == 0:
        return MOST_OVERLAP
    return max(LEAST_OVERLAP, min(MOST_OVERLAP, timedelta(days=_REREAD / per_day)))


class _OrdersCopy(WindowedCopy):
    records = "orders"
    most_unreadable = 10  # with what is read beside them, a burst of searchOrders

    def __init__(self, job: Job, state: ResumeState, until: datetime, reach: Reach) -> None:
        super().__init__(job, state, until, days=WINDOW_DAYS, reach=reach)
        self._sources = OrderSources(job)

    def to_complete(self) -> tuple[Span, ...]:
        return spans_of(self.state.partial) if self._sources.in_use.is_whole else ()

    async def copy_window(self, scan: Scan) -> None:
        scan = self._sources.resume(scan)
        while True:
            try:
                await self._copy(scan)
            except SourceRefused:
                scan = begun_again(scan)
            else:
                return

    async def _copy(self, scan: Scan) -> None:
        span = scan.span

        async def fetch(token: str | None, page_size: int) -> Page[Order]:
            page = await self._sources.page(span, token, known_unreadable=reader.is_damaged)
            self.job.calls += 1
            return page

        reader = self.reader(fetch, scan)
        while True:
            page = await reader.next()
            self.pages += 1
            if reader.first:
                scan = begun_again(scan)
                self.flow.begin_window()
            scan = msgspec.structs.replace(
                scan, records=reader.records, is_frameless=reader.is_frameless
            )
            self.heard(_moments(page), len(page.records))
            scan = await self._store(scan, page, reader.token)
            if reader.token is None:
                # A bound from before the window is nonsense; the next sync would begin there.
                if span.end == self.whole.end and page.until and page.until >= span.start:
                    self.until = min(self.until, page.until)
                return

    async def _store(self, scan: Scan, page: Page[Order], token: str | None) -> Scan:
        # In a thread: it takes milliseconds, and the loop may be a window's.
        orders, unreadable, mended = await asyncio.to_thread(_storable, page)
        self.job.mendings.add(mended)
        skipped = scan.skipped + len(unreadable)
        # A window that began again counts what it could not read only once.
        untold = max(0, skipped - scan.skipped_told)
        scan = msgspec.structs.replace(
            scan,
            token=token,
            source=self._sources.in_use.key,
            is_partial=scan.is_partial or not self._sources.in_use.is_whole,
            pages=scan.pages + 1,
            skipped=skipped,
            skipped_told=scan.skipped_told + untold,
        )
        sent = len(page.records) + len(page.skipped)
        state = self.advanced(scan, sent, is_read=token is None)
        write = partial(
            write_orders_page,
            self.job.db,
            self.job.run,
            orders,
            first_started_at=state.started_at,
            checkpoint=self.job.checkpoint(state),
            skipped=untold,
        )
        await self.store(state, write, unreadable[len(unreadable) - untold :])
        return scan


def _moments(page: Page[Order]) -> list[datetime]:
    return [order.last_update_date for order in page.records if order.last_update_date]


def _storable(page: Page[Order]) -> tuple[list[Order], list[Skipped], list[Mended]]:
    """Cut what the database could not hold, or leave it out."""
    orders: list[Order] = []
    skipped, mended = list(page.skipped), list(page.mended)
    for given in page.records:
        try:
            order, cut = fit_record(given)
        except BadData as error:
            skipped.append(Skipped(given.order_id, error.why))
        else:
            orders.append(order)
            mended += cut
    return orders, skipped, mended
