"""Copying inventory: one scan of all FBA stock, again from the start if Amazon's token dies.

SKUs that a complete scan did not show are asked for by name before their stock counts as gone.
"""

import logging
import math
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import msgspec

from opside_desktop.amazon.errors import RefusedWithoutCause
from opside_desktop.amazon.pages import Page, Take
from opside_desktop.domain.accounts import MARKETPLACES
from opside_desktop.domain.errors import BadData
from opside_desktop.domain.records import InventoryItem, InventorySummary
from opside_desktop.domain.sources import INVENTORY_V1
from opside_desktop.store.writing.inventory_rows import stored_stock
from opside_desktop.store.writing.pages import write_inventory_page
from opside_desktop.sync.copying.job import Job
from opside_desktop.sync.copying.page_reader import PageCopy, PageReader, WindowTooLarge
from opside_desktop.sync.copying.resume_state import Cursor, ResumeState, Scan
from opside_desktop.sync.copying.stock import StockSums, judge, of_marketplace

log = logging.getLogger(__name__)

RESTARTS: Final = 6
"""A token lives for 30 seconds, so that a slow moment ends a scan; it is begun again so often."""

MOST_HALVED: Final = 20
"""So many groups of SKUs that are refused together are asked for in halves: three odd ones among
fifty are found by that."""


async def copy_inventory(job: Job) -> None:
    """Copy the FBA stock of the account's marketplace.

    SKUs that Amazon does not show, neither in a complete scan nor by name, get quantities 0, unless
    they are too many to be believed at once. What Amazon does not tell keeps what is stored, and so
    does the stock of another marketplace that was read before.
    """
    # Stock has no windows to go on with: what is resumed only keeps its counts.
    state = await job.begin(lambda _: job.run.started_at)
    cursor = job.cursor or Cursor(endpoint=state.endpoint)
    place = job.account.marketplace_id
    # What the last scan has read, and what one that was broken off since has begun to.
    former = {cursor.marketplace_id or place, state.marketplace_id or place} - {place}
    if former:
        cursor = Cursor(endpoint=state.endpoint, marketplace_since=job.run.started_at)
    state = msgspec.structs.replace(state, scans=(), records=0, marketplace_id=place)
    last = cursor.resume_state.started_at if cursor.resume_state else None
    read = partial(stored_stock, job.db, job.account.user_id, last)
    stored = await job.outages.retry_while_database_gone(job.dataset, read)
    ours, others = of_marketplace(stored, cursor.marketplace_since)
    stock = StockSums(ours)
    copying = _InventoryCopy(job, state, stock)
    short_since = cursor.short_since
    gone: Sequence[str] = ()
    if await copying.scan():
        gone = [sku for sku in await copying.missing() if stock.before[sku].has_stock]
        verdict = judge(
            len(gone),
            sum(stored.has_stock for stored in stock.before.values()),
            shown=stock.summaries,
            short_since=short_since,
            now=job.session.now(),
        )
        short_since = verdict.short_since
        if verdict.warning:
            await job.warn(verdict.warning)
        if not verdict.are_gone:
            gone = ()
    if stock.lacking:
        await job.warn(
            f"Amazon did not tell all quantities of {_skus(len(stock.lacking))}. What was stored of"
            f" {_them(len(stock.lacking))} was kept. First: {next(iter(stock.lacking))}."
        )
    left = sum(one.has_stock for sku, one in others.items() if sku not in stock.seen)
    if former and left:
        await job.warn(_about_former(sorted(former), place, left))
    state = msgspec.structs.replace(state, records=stock.summaries)
    cursor = Cursor(
        endpoint=state.endpoint,
        short_since=short_since,
        marketplace_id=place,
        marketplace_since=cursor.marketplace_since,
        resume_state=state,
    )
    await job.finish(cursor, stock_gone=gone)


class _InventoryCopy(PageCopy[InventorySummary, InventoryItem]):
    """The pages of one copying, each stored as it comes."""

    def __init__(self, job: Job, state: ResumeState, stock: StockSums) -> None:
        super().__init__(job)
        self._state = state
        self._stock = stock
        # There is no knowing how much a scan will bring, but the last complete one tells.
        before = job.cursor.resume_state if job.cursor else None
        self._last = before.records if before else 0
        self._scan = self._new_scan()
        self._is_scanned = False
        self._has_nameless = False

    def _new_scan(self) -> Scan:
        return Scan(start=self._state.started_at, end=self._state.started_at)

    async def scan(self) -> bool:
        """Read all stock. Gives whether what it did not show may be missing."""
        try:
            scan = await self.copy_pages(self._reader(begin=self._stock.begin_again))
            self._is_scanned = True
        except RefusedWithoutCause as refusal:
            if not await self._has_no_stock(refusal):
                raise
            return False
        except WindowTooLarge as error:
            raise error.refusal from error
        if scan.is_frameless:
            await self.job.warn(
                "Amazon answered without its list of stock, also when asked again. What it left out"
                " was kept as it was."
            )
        return not scan.is_frameless

    async def missing(self) -> list[str]:
        """Ask by name for the SKUs that the scan should have shown and did not.

        Gives those that Amazon does not show by name either.
        """
        stock, job = self._stock, self.job
        unseen = [
            sku
            for sku, stored in stock.before.items()
            if sku not in stock.seen and (stored.has_stock or stored.is_recent)
        ]
        todo = deque(job.session.inventory.groups(unseen))
        halved = 0
        gone: list[str] = []
        unasked: list[str] = []
        while todo:
            group = todo.popleft()
            # A page may have been taken and then refused: what it showed was not stored.
            before_asking = set(stock.seen)
            try:
                is_told = await self._ask(group)
            except (BadData, WindowTooLarge) as refusal:
                log.warning("inventory: %d SKUs cannot be asked for: %s", len(group), refusal)
                if len(group) > 1 and halved < MOST_HALVED:
                    halved += 1
                    middle = len(group) // 2
                    todo.extendleft((group[middle:], group[:middle]))
                    continue
                is_told = False
            shown = stock.seen if is_told else before_asking
            missing = [sku for sku in group if sku not in shown]
            (gone if is_told else unasked).extend(missing)
            job.advance(fraction=0.99, records=stock.summaries, calls_left=len(todo))
        if unasked:
            await job.warn(
                f"{_skus(len(unasked))} missing from Amazon's answer could not be asked for by"
                f" name. What is stored of {_them(len(unasked))} was kept. First: {unasked[0]}."
            )
        return gone

    async def _ask(self, skus: Sequence[str]) -> bool:
        """Read some SKUs. Gives whether those that are not shown are not there.

        Raises:
            BadData, WindowTooLarge: they cannot be asked for together, or not at all.
        """
        self._has_nameless = False
        scan = await self.copy_pages(self._reader(skus))
        return not (scan.is_frameless or self._has_nameless)

    def _reader(
        self, skus: Sequence[str] = (), *, begin: Callable[[], None] = lambda: None
    ) -> PageReader[InventorySummary, InventoryItem]:
        job = self.job

        async def fetch(
            *, token: str | None, take: Take[InventorySummary, InventoryItem], **_: Any
        ) -> Page[InventoryItem]:
            # Amazon's pages of stock have a size of their own, and no window could be halved.
            page = await job.session.inventory.page(
                job.account.marketplace_id, skus=skus, token=token, take=take, on_wait=job.on_wait
            )
            job.reporter.answered_from(job.dataset, INVENTORY_V1)
            return page

        return PageReader(
            fetch,
            self._take,
            self._new_scan(),
            begin=begin,
            on_answer=job.answered,
            restarts=RESTARTS,
        )

    def _take(self, page: Page[InventorySummary], again: bool) -> Page[InventoryItem]:
        self._has_nameless = self._has_nameless or any(one.key is None for one in page.skipped)
        return self._stock.take(page)

    async def write(self, scan: Scan, rows: Sequence[InventoryItem], **progress: Any) -> int:
        return await write_inventory_page(self.job.db, self.job.run, rows, **progress)

    def state_with(self, scan: Scan, sent: int) -> ResumeState:
        """Stock has no windows to go on with."""
        self._scan = scan
        return self._state

    def tell(self) -> None:
        if self._is_scanned:
            return
        pages, summaries = self._scan.pages, self._stock.summaries
        expected = math.ceil(self._last * pages / summaries) if summaries else 0
        known = expected > pages
        self.job.advance(
            fraction=pages / expected if known else 1 - 0.7**pages,
            records=summaries,
            calls_left=expected - pages if known else None,
        )

    async def _has_no_stock(self, refusal: RefusedWithoutCause) -> bool:
        """Tell whether a refusal says that there is no FBA stock, and note it."""
        stock = self._stock
        if refusal.amazon_code != "InvalidInput" or stock.summaries:
            return False
        if any(stored.has_stock for stored in stock.before.values()):
            return False
        await self.job.note(
            "no_fba_stock",
            "This seller has no FBA stock in the chosen marketplace. If there should be some,"
            " choose another marketplace for the account.",
        )
        return True


def _about_former(former: Sequence[str], place: str, left: int) -> str:
    before = " and ".join(map(_name_of, former))
    return (
        f"Stock is read of {_name_of(place)} now, before it was of {before}. {_skus(left)} of which"
        f" Amazon shows nothing there {'stays' if left == 1 else 'stay'} as stored, and"
        f" {'is' if left == 1 else 'are'} not brought up to date any more."
    )


def _name_of(marketplace_id: str) -> str:
    known = MARKETPLACES.get(marketplace_id)
    return known.name if known else marketplace_id


def _skus(count: int) -> str:
    return "1 SKU" if count == 1 else f"{count:,} SKUs"


def _them(count: int) -> str:
    return "it" if count == 1 else "them"
