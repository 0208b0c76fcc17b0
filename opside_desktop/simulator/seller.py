"""The simulated seller: one account, decided by scenario, counts, seed and epoch."""

import random
from dataclasses import dataclass
from datetime import date

from opside_desktop.simulator.catalogue import Product, make_catalogue
from opside_desktop.simulator.claim_events import Source
from opside_desktop.simulator.event_facts import facts_of
from opside_desktop.simulator.events import Event, make_events, name_orders, older_sales, sales_of
from opside_desktop.simulator.issues import (
    deferred_refunds,
    deferred_sales,
    joint_events,
    late_events,
)
from opside_desktop.simulator.options import Options
from opside_desktop.simulator.orders import Order, make_orders
from opside_desktop.simulator.times import DAY, midnight

OLDEST_DAYS = 75
NEWEST_DAYS = 3


@dataclass(slots=True)
class Seller:
    """One seller's data before any answer was given.

    Attributes:
        start, end: seconds of the epoch between which everything happened.
        stocked: the products that Amazon holds stock of.
        issues: whether the scenario lets data change while it is read.
        odd: whether the seed is odd: some of what Amazon leaves open hangs on that.
        orders_per_day, claims_per_day: the scenario's own rates.
    """

    seed: str
    start: int
    end: int
    products: list[Product]
    stocked: list[Product]
    orders: list[Order]
    events: list[Event]
    issues: bool
    odd: bool
    orders_per_day: float
    claims_per_day: float

    @property
    def guarantees_are_refunds(self) -> bool:
        """Whether transactions call an A-to-z claim a refund."""
        return self.issues and self.odd

    def random(self, purpose: str) -> random.Random:
        """A generator of its own for each purpose, so that no part of the data moves another."""
        return random.Random(f"{self.seed}/{purpose}")


def make_seller(options: Options, epoch: date) -> Seller:
    """Invent the seller that the options name, with all dates 3 to 75 days before the epoch."""
    counts = options.counts
    end = midnight(epoch) - NEWEST_DAYS * DAY
    start = midnight(epoch) - OLDEST_DAYS * DAY
    days = OLDEST_DAYS - NEWEST_DAYS
    seller = Seller(
        seed=f"{options.scenario}/{options.seed}/{epoch.isoformat()}",
        start=start,
        end=end,
        products=[],
        stocked=[],
        orders=[],
        events=[],
        issues=options.scenario == "with_issues",
        odd=options.seed % 2 == 1,
        orders_per_day=counts.orders / days,
        claims_per_day=counts.claims / days,
    )
    seller.products = make_catalogue(
        seller.random("catalogue"), max(1, counts.skus), awkward_skus=seller.issues
    )
    seller.stocked = seller.products[: counts.skus]
    seller.orders = make_orders(seller.random("orders"), counts.orders, seller.products, start, end)
    seller.events = make_events(
        seller.random("events"),
        counts.claims,
        seller.orders,
        seller.products,
        start,
        end,
        issues=seller.issues,
    )
    sales = sales_of(seller.orders)
    name_orders(seller.events, seller.random("orders of adjustments"), sales)
    if seller.issues:
        _add_issues(seller, counts.claims, sales)
    return seller


def _add_issues(seller: Seller, claims: int, sales: list[Order]) -> None:
    events = seller.events
    refunds = [event for event in events if event.list_name == "RefundEventList"]
    rng = seller.random("issues")
    older = older_sales(rng, seller.orders, seller.products, seller.start)
    refunded = {facts_of(event).order_id for event in events if event.kept}
    left = [order for order in sales if order.order_id not in refunded]
    source = Source(rng, seller.products, left, lambda: next(older))
    deferred_sales(events, rng, seller.end)
    more = deferred_refunds(source, len(refunds), seller.end)
    more += late_events(source, claims, seller.end)
    more += joint_events(events, source)
    events += more
    events.sort(key=lambda event: (event.posted, event.key))
