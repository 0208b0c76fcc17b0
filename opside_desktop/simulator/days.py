"""Days that pass: their orders, events and stock, and what becomes of orders that are still open.

What happens on a day hangs on seed and date alone. It happens on days that the clock is moved over,
and with `--live` on every day since the end of the scenario's own data, as the clock goes on.
"""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from opside_desktop.simulator.claim_events import BUILDERS, Source
from opside_desktop.simulator.event_facts import facts_of
from opside_desktop.simulator.event_log import EventLog
from opside_desktop.simulator.events import (
    SHARES,
    SHIPMENTS,
    Deferral,
    Event,
    encoded,
    name_orders,
    older_sales,
    sales_of,
)
from opside_desktop.simulator.inventory import Inventory
from opside_desktop.simulator.order_book import NEXT_STATUS, OrderBook
from opside_desktop.simulator.orders import CANCELED, SHIPPED, Order, make_orders
from opside_desktop.simulator.seller import Seller
from opside_desktop.simulator.times import DAY, iso

_SHARE_OF_STOCK: Final = 0.04
_CHANCE_OF_CHANGE: Final = 0.6
_ONE_CANCELLED_IN: Final = 12


@dataclass(slots=True)
class Days:
    """What passing time brings to one seller.

    Attributes:
        live: whether every day brings something, and not only those that are skipped.
    """

    seller: Seller
    log: EventLog
    book: OrderBook
    stock: Inventory
    live: bool
    _reached: float = 0.0
    _unrefunded: list[Order] | None = None

    def __post_init__(self) -> None:
        self._reached = self.seller.end

    def catch_up(self, now: float) -> None:
        """Bring what happened up to `now` (seconds of the epoch), if the seller lives."""
        if self.live and now >= self._reached + 1:
            self._pass(self._reached, now)
            self._reached = now

    def skip(self, before: float, now: float) -> None:
        """Bring what happened while the clock was moved from `before` to `now`."""
        self.catch_up(before)
        start = max(before, self._reached) if self.live else before
        self._pass(start, now)
        self._reached = max(self._reached, now)

    def _pass(self, after: float, until: float) -> None:
        """Let everything happen that happens later than `after` and not later than `until`."""
        events: list[Event] = []
        for number in range(int(after // DAY), int(until // DAY) + 1):
            start = number * DAY
            date = iso(start)[:10]
            events += self._changes(date, start, after, until)
            for order in self._orders(date, start):
                if after < order.updated <= until:
                    self.book.add(order)
                    if order.posted is not None:
                        events.append(_shipment(order, order.updated))
            events += [e for e in self._events(date, start) if after < e.posted <= until]
            for sku, moment in self._restocked(date, start):
                if after < moment <= until:
                    self.stock.restock(sku, moment)
        self.log.add(events)

    def _changes(self, date: str, start: int, after: float, until: float) -> Iterator[Event]:
        """Move on what is open, each order once a day at most; yield the sales that ship."""
        for order in self.book.open_orders():
            draw = _draw(f"{self.seller.seed}/{date}/{order.order_id}")
            moment = start + int(draw.random() * DAY)
            changes = draw.random() < _CHANCE_OF_CHANGE
            cancelled = draw.randrange(_ONE_CANCELLED_IN) == 0
            if not changes or not max(after, order.updated) < moment <= until:
                continue
            status = CANCELED if cancelled else NEXT_STATUS[order.status]
            if status == SHIPPED:
                order.posted = moment
            self.book.change(order, status, moment)
            if status == SHIPPED:
                yield _shipment(order, moment)

    def _orders(self, date: str, start: int) -> list[Order]:
        """The day's new orders, as they stand at its end."""
        rng = self.seller.random(f"orders/{date}")
        count = int(self.seller.orders_per_day + rng.random())
        return make_orders(rng, count, self.seller.products, start, start + DAY)

    def _events(self, date: str, start: int) -> list[Event]:
        """The day's claims; with issues an eighth of the refunds is deferred, and some are late."""
        seller = self.seller
        rng = seller.random(f"events/{date}")
        count = int(seller.claims_per_day + rng.random())
        if not count:
            return []
        # No order is refunded on two days.
        share = int(seller.claims_per_day) + 1
        place = max(0, (start - seller.end) // DAY) * share
        sales = sales_of(self._refundable()[place : place + share])
        older = older_sales(rng, seller.orders, seller.products, seller.start)
        source = Source(rng, seller.products, sales, lambda: next(older))
        events: list[Event] = []
        kinds = rng.choices(tuple(SHARES), weights=tuple(SHARES.values()), k=count)
        for number, kind in enumerate(kinds):
            posted = start + int(rng.random() * DAY)
            list_name, body = BUILDERS[kind](source, posted)
            event = Event(posted, list_name, encoded(body), kept=True, appears=posted)
            event.key = f"{date}c{number:05d}"
            if seller.issues and kind == "refund" and rng.random() < 1 / 8:
                matures = posted + 7 * DAY + int(rng.random() * 7 * DAY)
                event.deferral = Deferral("DD7", matures, copied=rng.random() < 0.5)
            elif seller.issues and rng.random() < 1 / 20:
                event.appears = posted + int(rng.random() * 20 * DAY)
            events.append(event)
        name_orders(events, rng, sales_of(seller.orders))
        return events

    def _refundable(self) -> list[Order]:
        """The scenario's sales of which none of its own events is about, in any order."""
        if self._unrefunded is None:
            named = {facts_of(event).order_id for event in self.seller.events if event.kept}
            sales = sales_of(self.seller.orders)
            self._unrefunded = [order for order in sales if order.order_id not in named]
            self.seller.random("refunds of days").shuffle(self._unrefunded)
        return self._unrefunded

    def _restocked(self, date: str, start: int) -> Iterator[tuple[str, int]]:
        """The SKUs whose stock moved that day, and when."""
        rng = self.seller.random(f"stock/{date}")
        for product in self.seller.stocked:
            if rng.random() < _SHARE_OF_STOCK:
                yield product.sku, start + int(rng.random() * DAY)


def _shipment(order: Order, appears: int) -> Event:
    posted = order.posted or order.updated
    return Event(posted, SHIPMENTS, order, kept=False, key=f"s{order.order_id}", appears=appears)


def _draw(text: str) -> random.Random:
    """A generator whose start costs little: there are many open orders."""
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return random.Random(int.from_bytes(digest))
