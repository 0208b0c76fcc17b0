"""FBA inventory v1: getInventorySummaries."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from opside_desktop.simulator.answers import Answer, ApiError, encode, invalid_input
from opside_desktop.simulator.call import Call
from opside_desktop.simulator.catalogue import Product, base36
from opside_desktop.simulator.marketplaces import BY_ID
from opside_desktop.simulator.paging import PageToken, TokenSeal
from opside_desktop.simulator.seller import Seller
from opside_desktop.simulator.times import DAY, iso

_PAGE = 50
_TOKEN_LIFE = 30
_OLDEST_START = 548 * DAY
_REQUIRED = ("granularityType", "granularityId", "marketplaceIds")
# In the United States all stock, across the borders a part of it.
_EVERY_NTH = {"US": 1, "CA": 4, "MX": 9}


def dead_token() -> ApiError:
    """The refusal of a token that is broken, foreign or older than 30 seconds."""
    return invalid_input("Next token is invalid or expired")


@dataclass(frozen=True, slots=True)
class Summary:
    """Stock of one SKU in one condition: the wire form with and without details."""

    sku: str
    updated: int | None
    brief: dict[str, Any]
    detailed: dict[str, Any]


@dataclass(slots=True)
class Inventory:
    """The operation."""

    seller: Seller
    seal: TokenSeal
    _stock: dict[str, list[Summary]] = field(default_factory=dict)
    _shown: set[str] = field(default_factory=set)
    _restocked: dict[str, int] = field(default_factory=dict)

    def restock(self, sku: str, moment: int) -> None:
        """Let the stock of an SKU move at that second of the epoch, everywhere."""
        self._restocked[sku] = moment
        self._stock.clear()

    def get_inventory_summaries(self, call: Call) -> Answer:
        """GET /fba/inventory/v1/summaries."""
        for name in _REQUIRED:
            if call.text(name) is None:
                message = f"Missing required parameter {name}."
                raise invalid_input(message)
        if call.text("granularityType") != "Marketplace":
            raise invalid_input("Invalid value for granularityType: it must be Marketplace.")
        marketplaces = call.marketplaces("marketplaceIds")
        if len(marketplaces) != 1:
            raise invalid_input("Invalid value for marketplaceIds: exactly one is allowed.")
        if call.text("granularityId") != marketplaces[0]:
            raise invalid_input("Invalid value for granularityId: it must equal marketplaceIds.")
        token = self._token(call)
        wanted = _filter(call if token is None else Call(token.parameters, "", token.issued))
        detailed = _boolean(call, "details")
        stock = [row for row in self._summaries(marketplaces[0]) if wanted(row)]
        start = int(token.after[0]) if token else 0
        end = start if call.withhold else start + _PAGE
        rows = stock[start:end]
        if call.is_short and not _named(call):
            left_out = self._left_out(stock, start, end)
            rows = [row for row in rows if row.sku not in left_out]
        payload = {
            "granularity": {"granularityType": "Marketplace", "granularityId": marketplaces[0]},
            "inventorySummaries": [row.detailed if detailed else row.brief for row in rows],
        }
        wire: dict[str, Any] = {"payload": payload}
        if end < len(stock) or call.withhold:
            names = (*_REQUIRED, "startDateTime", "sellerSkus", "sellerSku")
            kept = {name: call.parameters[name] for name in names if name in call.parameters}
            if token is not None:
                kept = token.parameters
            next_token = self.seal.seal(
                PageToken("getInventorySummaries", call.now, kept, 0, (end,))
            )
            wire["pagination"] = {"nextToken": next_token}
        shown = {row.sku for row in rows}
        return Answer(200, encode(wire), when_served=lambda: self._shown.update(shown))

    def _left_out(self, stock: list[Summary], start: int, end: int) -> set[str]:
        """Every second SKU of a page that stands there whole and has been shown before.

        So a first scan is not short: nobody could know of what it lacks.
        """
        elsewhere = {row.sku for row in (*stock[:start], *stock[end:])}
        here = dict.fromkeys(row.sku for row in stock[start:end])
        return set([sku for sku in here if sku in self._shown and sku not in elsewhere][::2])

    def _token(self, call: Call) -> PageToken | None:
        """The page token; the required parameters and a startDateTime come with it, unchanged."""
        text = call.text("nextToken")
        if text is None:
            return None
        token = self.seal.open_page(text, "getInventorySummaries")
        if token is None or call.now > token.issued + _TOKEN_LIFE:
            raise dead_token()
        for name in (*_REQUIRED, "startDateTime"):
            if call.text(name) != token.parameters.get(name):
                raise dead_token()
        return token

    def _summaries(self, marketplace: str) -> list[Summary]:
        if marketplace not in self._stock:
            rng = self.seller.random(f"stock/{marketplace}")
            every = _EVERY_NTH[BY_ID[marketplace].country]
            self._stock[marketplace] = [
                summary
                for product in self.seller.stocked[::every]
                for summary in _stock_of(rng, product, self.seller.start, self.seller.end)
            ]
            if self._restocked:
                products = {product.sku: product for product in self.seller.stocked}
                self._stock[marketplace] = [
                    self._moved(row, products[row.sku], marketplace)
                    for row in self._stock[marketplace]
                ]
        return self._stock[marketplace]

    def _moved(self, row: Summary, product: Product, marketplace: str) -> Summary:
        """A summary after the last move of its SKU's stock."""
        moment = self._restocked.get(row.sku)
        if moment is None:
            return row
        fnsku, condition = str(row.brief["fnSku"]), str(row.brief["condition"])
        rng = self.seller.random(f"stock/{marketplace}/{fnsku}/{moment}")
        return _summary(rng, product, fnsku, condition, moment)


def _filter(call: Call) -> Callable[[Summary], bool]:
    """Which summaries a call wants: those changed since a time, or else those of some SKUs."""
    start = call.instant("startDateTime")
    if start is not None:
        if start < call.now - _OLDEST_START or start > call.now:
            raise invalid_input(
                "Invalid value for startDateTime: it must lie within the last 18 months."
            )
        return lambda row: row.updated is not None and row.updated >= start
    one = call.text("sellerSku")
    skus = set(call.several("sellerSkus") or ([one] if one is not None else []))
    if skus:
        return lambda row: row.sku in skus
    return lambda _row: True


def _named(call: Call) -> bool:
    return "sellerSkus" in call.parameters or "sellerSku" in call.parameters


def _boolean(call: Call, name: str) -> bool:
    """A boolean; Amazon's own SDK writes it with a capital."""
    value = (call.text(name) or "false").lower()
    if value not in ("true", "false"):
        message = f"Invalid value for {name}: it must be true or false."
        raise invalid_input(message)
    return value == "true"


def _stock_of(rng: random.Random, product: Product, start: int, end: int) -> list[Summary]:
    """One summary, or for some products one per condition."""
    updated = None if product.number % 23 == 4 else start + int(rng.random() * (end - start))
    rows = [_summary(rng, product, product.fnsku, "NewItem", updated)]
    if product.number % 17 == 3:
        fnsku = "X00" + base36(rng, 7)
        rows.append(_summary(rng, product, fnsku, "UsedLikeNew", updated))
    if product.number % 51 == 20:
        fnsku = "X00" + base36(rng, 7)
        rows.append(_summary(rng, product, fnsku, "UsedGood", updated))
    return rows


def _summary(
    rng: random.Random, product: Product, fnsku: str, condition: str, updated: int | None
) -> Summary:
    def some(highest: int, chance: float) -> int:
        return int(rng.random() * highest) + 1 if rng.random() < chance else 0

    used = condition != "NewItem"
    fulfillable = some(3 if used else 240, 0.9)
    working, shipped, receiving = some(60, 0.1), some(120, 0.15), some(40, 0.1)
    pending, moving, processing = some(8, 0.4), some(30, 0.2), some(5, 0.1)
    missing = some(3, 0.08)
    broken, defective, expired = some(4, 0.15), some(3, 0.1), some(6, 0.02)
    reserved = pending + moving + processing
    unsellable = broken + defective + expired
    brief: dict[str, Any] = {
        "asin": product.asin,
        "fnSku": fnsku,
        "sellerSku": product.sku,
        "condition": condition,
        "lastUpdatedTime": "" if updated is None else iso(updated),
        "productName": product.title,
        "totalQuantity": (
            fulfillable + working + shipped + receiving + reserved + missing + unsellable
        ),
        "stores": [],
    }
    details = {
        "fulfillableQuantity": fulfillable,
        "inboundWorkingQuantity": working,
        "inboundShippedQuantity": shipped,
        "inboundReceivingQuantity": receiving,
        "reservedQuantity": {
            "totalReservedQuantity": reserved,
            "pendingCustomerOrderQuantity": pending,
            "pendingTransshipmentQuantity": moving,
            "fcProcessingQuantity": processing,
        },
        "researchingQuantity": {
            "totalResearchingQuantity": missing,
            "researchingQuantityBreakdown": [
                {"name": "researchingQuantityInShortTerm", "quantity": missing},
                {"name": "researchingQuantityInMidTerm", "quantity": 0},
                {"name": "researchingQuantityInLongTerm", "quantity": 0},
            ],
        },
        "unfulfillableQuantity": {
            "totalUnfulfillableQuantity": unsellable,
            "customerDamagedQuantity": broken,
            "warehouseDamagedQuantity": 0,
            "distributorDamagedQuantity": 0,
            "carrierDamagedQuantity": 0,
            "defectiveQuantity": defective,
            "expiredQuantity": expired,
        },
    }
    return Summary(product.sku, updated, brief, brief | {"inventoryDetails": details})
