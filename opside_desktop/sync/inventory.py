"""Copying inventory: one scan of all FBA stock, again from the start if Amazon's token dies."""

import asyncio
import logging
import math
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import msgspec

from opside_desktop.amazon.errors import RefusedWithoutCause
from opside_desktop.amazon.pages import Page
from opside_desktop.domain.errors import BadData
from opside_desktop.domain.records import InventoryItem, InventorySummary, Skipped
from opside_desktop.store.checks import fit_record
from opside_desktop.store.pages import write_inventory_page
from opside_desktop.sync.chain import Cursor
from opside_desktop.sync.job import Job
from opside_desktop.sync.reading import PageReader, WindowTooLarge

log = logging.getLogger(__name__)

RESTARTS: Final = 6
"""A token lives for 30 seconds, so that a slow moment ends a scan; it is begun again so often."""


async def copy_inventory(job: Job) -> None:
    """Copy the FBA stock of the account's marketplace.

    SKUs that a complete scan did not show get quantities 0, unless it showed nothing at all. An SKU
    of which something could not be read keeps what is stored.
    """
    # Stock has no windows to go on with: a taken-up chain only keeps its counts.
    chain = await job.begin(lambda _: job.run.started_at)
    chain = msgspec.structs.replace(chain, scan=None, records=0)
    # There is no knowing how much a scan will bring, but the last complete one tells.
    last = job.cursor.chain.records if job.cursor and job.cursor.chain else 0

    async def fetch(token: str | None, page_size: int) -> Page[InventorySummary]:
        page = await job.session.inventory.page(
            job.account.marketplace_id, token=token, on_wait=job.on_wait
        )
        job.calls += 1
        return page

    reader = PageReader(fetch, restarts=RESTARTS)
    stock = StockSums()
    pages = skipped = told = 0
    while True:
        try:
            page = await reader.next()
        except RefusedWithoutCause as refusal:
            if not reader.at_start or refusal.amazon_code != "InvalidInput":
                raise
            log.info("inventory: %s", refusal)
            await job.note("no_fba_stock", "This seller has no FBA stock in the marketplace.")
            await job.finish(Cursor(endpoint=chain.endpoint, chain=chain))
            return
        except WindowTooLarge as error:
            raise error.refusal from error
        job.mendings.add(page.mended)
        if reader.first:
            stock, pages, skipped = StockSums(), 0, 0
        items, unreadable = await asyncio.to_thread(stock.take, page)
        pages += 1
        skipped += len(unreadable)
        untold = max(0, skipped - told)  # a scan that began again counts them only once
        told += untold
        write = partial(
            write_inventory_page,
            job.db,
            job.run,
            items,
            chain_started_at=chain.started_at,
            checkpoint=job.checkpoint(chain),
            skipped=untold,
        )
        await job.store(write, skipped=untold)
        await job.name_skipped(unreadable[len(unreadable) - untold :])
        expected = math.ceil(last * pages / stock.summaries) if stock.summaries else 0
        known = expected > pages
        job.advance(
            fraction=pages / expected if known else 1 - 0.7**pages,
            records=stock.summaries,
            calls_left=expected - pages if known else None,
        )
        if reader.token is None:
            break
    chain = msgspec.structs.replace(chain, records=stock.summaries)
    await job.finish(Cursor(endpoint=chain.endpoint, chain=chain), stock_seen=stock.seen)


@dataclass(slots=True)
class StockSums:
    """The stock of each SKU, summed over its summaries (one for each condition and FNSKU).

    Attributes:
        summaries: how many were taken in.
    """

    summaries: int = 0
    _by_sku: dict[str, dict[tuple[str, ...], InventorySummary]] = field(default_factory=dict)
    _unread: set[str] = field(default_factory=set)
    _has_nameless: bool = False

    @property
    def seen(self) -> set[str] | None:
        """The SKUs that were shown; None where that cannot be said, or there were none at all."""
        if self._has_nameless or not self.summaries:
            return None
        return self._unread | self._by_sku.keys()

    def take(self, page: Page[InventorySummary]) -> tuple[list[InventoryItem], list[Skipped]]:
        """Take in a page: give the items whose sums have changed, and what cannot be stored."""
        skipped = list(page.skipped)
        for unread in skipped:
            if unread.key is None:
                self._has_nameless = True
            else:
                self._unread.add(unread.key)
        changed: dict[str, None] = {}
        for summary in page.records:
            self.summaries += 1
            known = self._by_sku.setdefault(summary.sku, {})
            # Amazon's key of a summary: one that is shown twice counts once.
            known[summary.fnsku or "", summary.condition or ""] = summary
            changed[summary.sku] = None
        items = []
        for sku in changed:
            if sku in self._unread:
                continue  # the sum of a part would be false
            item = summed(list(self._by_sku[sku].values()))
            try:
                item, _ = fit_record(item)
            except BadData as error:
                skipped.append(Skipped(sku, error.why))
            else:
                items.append(item)
        return items, skipped


def summed(summaries: list[InventorySummary]) -> InventoryItem:
    """Add up the summaries of one SKU; what cannot be added comes from the largest of them."""
    largest = min(summaries, key=lambda one: (-one.total, one.fnsku or ""))
    return InventoryItem(
        sku=largest.sku,
        asin=largest.asin,
        fnsku=largest.fnsku,
        product_name=largest.product_name,
        quantity_available=sum(one.fulfillable for one in summaries),
        quantity_reserved=sum(one.reserved for one in summaries),
        quantity_inbound=sum(one.inbound for one in summaries),
        quantity_total=sum(one.total for one in summaries),
        condition=largest.condition,
    )
