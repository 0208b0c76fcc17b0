"""The simulated seller: one account, decided by scenario, counts, seed and epoch."""

import random
from dataclasses import dataclass
from datetime import date

from opside_desktop.simulator.catalogue import Product, make_catalogue
from opside_desktop.simulator.events import Event, make_events
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
    """

    seed: str
    start: int
    end: int
    products: list[Product]
    stocked: list[Product]
    orders: list[Order]
    events: list[Event]
    issues: bool

    def random(self, purpose: str) -> random.Random:
        """A generator of its own for each purpose, so that no part of the data moves another."""
        return random.Random(f"{self.seed}/{purpose}")


def make_seller(options: Options, epoch: date) -> Seller:
    """Invent the seller that the options name, with all dates 3 to 75 days before the epoch."""
    counts = options.counts
    end = midnight(epoch) - NEWEST_DAYS * DAY
    start = midnight(epoch) - OLDEST_DAYS * DAY
    seller = Seller(
        seed=f"{options.scenario}/{options.seed}/{epoch.isoformat()}",
        start=start,
        end=end,
        products=[],
        stocked=[],
        orders=[],
        events=[],
        issues=options.scenario == "with_issues",
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
    return seller
