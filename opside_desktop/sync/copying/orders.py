"""Copying orders: those changed since the last sync, window by window, with all their lines."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import msgspec

from opside_desktop.amazon.orders import OrdersSource
from opside_desktop.amazon.pages import Page
from opside_desktop.domain.errors import BadData
from opside_desktop.domain.records import Order, Skipped
from opside_desktop.store.writing.fit_records import fit_record
from opside_desktop.store.writing.pages import write_orders_page
from opside_desktop.sync.copying.job import DefaultReach, Job
from opside_desktop.sync.copying.order_sources import OrderSources, SourceRefused
from opside_desktop.sync.copying.resume_state import Cursor, ResumeState, Scan
from opside_desktop.sync.copying.windowed import WindowedCopy
from opside_desktop.sync.copying.windows import RECENT, Span, first_start, midnight, upper_bound
from opside_desktop.sync.estimate import Flow

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

    def again(state: ResumeState, cursor: Cursor | None) -> datetime:
        known = cursor or Cursor(endpoint=job.origin)
        return reach(msgspec.structs.replace(known, until=state.read_to))

    recent_from = midnight(now) - RECENT
    state = await job.begin(reach, again)
    await _OrdersCopy(job, state, until, reach, recent_from).run()


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


class _OrdersCopy(WindowedCopy[Order, Order]):
    records = "orders"
    most_unreadable = 10  # with what is read beside them, a burst of searchOrders

    def __init__(
        self,
        job: Job,
        state: ResumeState,
        until: datetime,
        reach: DefaultReach,
        recent_from: datetime,
    ) -> None:
        super().__init__(job, state, until, days=WINDOW_DAYS, reach=reach, recent_from=recent_from)
        self._sources = OrderSources(job)

    @property
    def source_name(self) -> str:
        return self._sources.in_use.name

    def to_complete(self) -> tuple[Span, ...]:
        return self.state.partial if self._sources.in_use.is_whole else ()

    async def copy_window(self, scan: Scan) -> None:
        scan, source = self._sources.resume(scan)
        while True:
            orders = _OrdersWindow(source, self.forecast.flow(scan.span))
            fetch = partial(self._sources.page, source, scan.span)
            reader = self.reader(fetch, scan, orders.take, begin=orders.flow.begin_window)
            try:
                await self.copy_pages(reader, partial(self._noted, orders))
            except SourceRefused:
                scan, source = scan.restarted(), self._sources.in_use
            else:
                return

    def _noted(self, orders: "_OrdersWindow", scan: Scan, came: int) -> Scan:
        self.heard(orders.flow, orders.moments, came)
        # A bound from before the window is nonsense; the next sync would begin there.
        is_last = scan.token is None and scan.end == self.whole.end
        if is_last and orders.until is not None and orders.until >= scan.start:
            self.until = min(self.until, orders.until)
        return msgspec.structs.replace(
            scan,
            source=orders.source.key,
            is_partial=scan.is_partial or not orders.source.is_whole,
        )

    async def write(self, scan: Scan, rows: Sequence[Order], **progress: Any) -> int:
        return await write_orders_page(self.job.db, self.job.run, rows, **progress)


@dataclass(slots=True)
class _OrdersWindow:
    """The orders of one window.

    Attributes:
        source: where they come from.
        flow: of the window's records.
        moments: when the orders of the last page were changed, of those that tell it.
        until: the upper bound that Amazon echoed with it.
    """

    source: OrdersSource
    flow: Flow
    moments: list[datetime] = field(default_factory=list)
    until: datetime | None = None

    def take(self, page: Page[Order], again: bool) -> Page[Order]:
        """Cut what the database could not hold, or leave it out."""
        self.moments = [one.last_update_date for one in page.records if one.last_update_date]
        self.until = page.until
        taken: Page[Order] = replace(page, records=[])
        for order in page.records:
            try:
                fitting, cut = fit_record(msgspec.structs.replace(order, source=self.source.name))
            except BadData as error:
                taken.skipped.append(Skipped(order.order_id, error.why))
            else:
                taken.records.append(fitting)
                taken.mended.extend(cut)
        return taken
