"""The stock of each SKU out of Amazon's summaries, and what to think of SKUs that lack. Pure.

A scan tells nothing of SKUs that it does not show: it may have been cut short, or have told less
than it could. So an SKU is asked for by its name before it counts as gone, and where too many are
gone at once, nothing is believed before it is found again on another day.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, cast

import msgspec
from msgspec import structs

from opside_desktop.amazon.pages import Page
from opside_desktop.amazon.repair import exact_number
from opside_desktop.domain.errors import BadData
from opside_desktop.domain.records import (
    UNKNOWN_QUANTITIES,
    InventoryItem,
    InventorySummary,
    Quantities,
    Skipped,
    sum_if_known,
)
from opside_desktop.store.writing.fit_records import fit_record
from opside_desktop.store.writing.inventory_rows import QUANTITY_FIELDS, StoredStock

_FEW: Final = 20
_TOO_LARGE_A_PART: Final = 0.2
"""More than a fifth of the SKUs with stock, and not just a few, do not vanish in a day."""

DOUBTED_FOR: Final = timedelta(hours=24)

_payload: Final = msgspec.json.Decoder(dict[str, Any], float_hook=exact_number)


@dataclass(slots=True)
class StockSums:
    """The stock of each SKU, summed over its summaries (one for each condition and FNSKU).

    Attributes:
        before: what was stored of each SKU; it stays where Amazon does not tell a number.
        summaries: how many were taken in.
        seen: the SKUs that were shown, whether they could be read or not.
        lacking: those of them of which a number was not told; in the order of a dict.
    """

    before: Mapping[str, StoredStock] = field(default_factory=dict)
    summaries: int = 0
    seen: set[str] = field(default_factory=set)
    lacking: dict[str, None] = field(default_factory=dict)
    _by_sku: dict[str, dict[tuple[str, ...], InventorySummary]] = field(default_factory=dict)
    _unread: set[str] = field(default_factory=set)

    def begin_again(self) -> None:
        """Forget what was taken in: the scan begins again."""
        self.summaries = 0
        for known in (self.seen, self.lacking, self._by_sku, self._unread):
            known.clear()

    def take(self, page: Page[InventorySummary]) -> Page[InventoryItem]:
        """Take in a page. Gives it with the items that have changed."""
        changed: dict[str, None] = {}
        for unread in page.skipped:
            if unread.key is not None:
                self.seen.add(unread.key)
                self._unread.add(unread.key)
                if unread.key in self._by_sku:
                    changed[unread.key] = None
        for summary in page.records:
            self.summaries += 1
            self.seen.add(summary.sku)
            known = self._by_sku.setdefault(summary.sku, {})
            # Amazon's key of a summary: one that is shown twice counts once.
            known[summary.asin or "", summary.fnsku or "", summary.condition or ""] = summary
            changed[summary.sku] = None
        taken: Page[InventoryItem] = replace(cast("Page[Any]", page), records=[])
        for sku in changed:
            try:
                item, cut = fit_record(self._summed(sku))
            except BadData as error:
                taken.skipped.append(Skipped(sku, error.why, sku))
            else:
                taken.records.append(self._completed(item))
                taken.mended.extend(cut)
        return taken

    def _summed(self, sku: str) -> InventoryItem:
        item = summed(self._by_sku[sku].values())
        # The sum of a part would be false.
        if sku in self._unread:
            return structs.replace(_with(item, UNKNOWN_QUANTITIES), payload=None)
        return item

    def _completed(self, item: InventoryItem) -> InventoryItem:
        """Keep what is stored of an item's numbers where they are not known."""
        told = _quantities(item)
        if None not in told:
            self.lacking.pop(item.sku, None)
            return item
        if item.sku not in self._unread:
            self.lacking[item.sku] = None
        stored = self.before.get(item.sku)
        pairs = zip(told, stored.quantities if stored else UNKNOWN_QUANTITIES, strict=True)
        return _with(item, Quantities(*(old if new is None else new for new, old in pairs)))


def summed(summaries: Collection[InventorySummary]) -> InventoryItem:
    """Add up the summaries of one SKU; what cannot be added comes from the largest of them."""
    largest = min(summaries, key=lambda one: (-(one.quantities.total or 0), one.fnsku or ""))
    sums = map(sum_if_known, zip(*(one.quantities for one in summaries), strict=True))
    item = InventoryItem(
        sku=largest.sku,
        asin=largest.asin,
        fnsku=largest.fnsku,
        product_name=largest.product_name,
        quantity_available=None,
        quantity_reserved=None,
        quantity_inbound=None,
        quantity_total=None,
        condition=largest.condition,
        payload={"inventorySummaries": [_read(one.payload) for one in summaries]},
    )
    return _with(item, Quantities(*sums))


def of_marketplace(
    stored: Mapping[str, StoredStock], since: datetime | None
) -> tuple[dict[str, StoredStock], dict[str, StoredStock]]:
    """Part what is stored into the stock of the marketplace that is read, and of others before it.

    A row does not say whose it is. What the marketplace shows is written anew by its first scan.

    Args:
        since: when the first sync of this marketplace began; None if there was no other.
    """
    ours: dict[str, StoredStock] = {}
    others: dict[str, StoredStock] = {}
    for sku, one in stored.items():
        is_older = since is not None and (one.written_at is None or one.written_at < since)
        (others if is_older else ours)[sku] = one
    return ours, others


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is thought of SKUs that Amazon did not show by name either.

    Attributes:
        are_gone: whether their quantities are 0 from now on.
        short_since: since when they are doubted; None if they are not.
        warning: a sentence where they were too many.
    """

    are_gone: bool
    short_since: datetime | None = None
    warning: str | None = None


def judge(
    gone: int, of: int, *, shown: int, short_since: datetime | None, now: datetime
) -> Verdict:
    """Judge whether SKUs are gone, or Amazon's answer was short.

    Args:
        gone: how many SKUs lack.
        of: how many had stock.
        shown: how many summaries Amazon sent.
        short_since: since when such answers are doubted; None if the last one was believed.
        now: by Amazon's clock.
    """
    too_many = gone >= _FEW and gone > of * _TOO_LARGE_A_PART
    if gone == 0 or (shown and not too_many):
        return Verdict(are_gone=True)
    lack = f"{gone:,} of {of:,} SKUs with stock were missing from Amazon's answer"
    if short_since is not None and now - short_since >= DOUBTED_FOR:
        return Verdict(
            are_gone=True,
            warning=f"{lack} again, more than a day after the first time. Their stock is now 0.",
        )
    return Verdict(
        are_gone=False,
        short_since=short_since or now,
        warning=f"{lack}, also when they were asked for by name. Their stock was left as it was:"
        " it becomes 0 if a sync in a day's time or later finds the same.",
    )


def _read(payload: bytes) -> dict[str, Any]:
    # A field that nobody looked into may hold bytes that are no text.
    return _payload.decode(payload.decode(errors="replace"))


def _quantities(item: InventoryItem) -> Quantities:
    return Quantities(*(getattr(item, name) for name in QUANTITY_FIELDS))


def _with(item: InventoryItem, quantities: Quantities) -> InventoryItem:
    return structs.replace(item, **dict(zip(QUANTITY_FIELDS, quantities, strict=True)))
