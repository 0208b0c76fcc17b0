"""The simulated seller's orders, before either of Amazon's interfaces words them."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from opside_desktop.simulator.catalogue import Product
from opside_desktop.simulator.marketplaces import CA, MX, US, Marketplace
from opside_desktop.simulator.times import DAY

# The hours of a day, each as often as buyers order in it (UTC; the buyers live in America).
_HOURS = (
    *(0, 0, 1, 1, 2, 3, 4, 11, 12, 13, 14, 14, 15, 15, 16, 16),
    *(17, 17, 18, 18, 19, 19, 20, 20, 21, 21, 22, 22, 23, 23),
)
_LINES = (1,) * 39 + (2,) * 7 + (3,) * 3 + (4,)
_QUANTITIES = (1,) * 17 + (2, 2, 3)
_SERVICE_LEVELS = ("Standard", "Standard", "Standard", "Expedited", "SecondDay", "NextDay")
_BULK_LINES = 24

PENDING = "Pending"
UNSHIPPED = "Unshipped"
PARTIALLY_SHIPPED = "PartiallyShipped"
SHIPPED = "Shipped"
CANCELED = "Canceled"
UNFULFILLABLE = "Unfulfillable"
PENDING_AVAILABILITY = "PendingAvailability"

UNPRICED = frozenset({PENDING, PENDING_AVAILABILITY, CANCELED})
"""States in which neither interface tells prices or totals."""


@dataclass(slots=True)
class OrderLine:
    """One item of an order; money in hundredths of the order's currency, for the whole quantity."""

    item_id: str
    product: Product
    quantity: int
    shipped: int
    price: int
    shipping: int
    tax: int
    shipping_tax: int
    discount: int
    gift: bool

    @property
    def total(self) -> int:
        """What the buyer pays for the line."""
        return self.price + self.shipping + self.tax + self.shipping_tax - self.discount


@dataclass(slots=True)
class Order:
    """One order; times in whole seconds of the epoch.

    Attributes:
        updated: the last change, never before `placed`.
        posted: when the shipment reached the seller's account; None while nothing shipped.
        status: one of Orders v0's words.
        by_amazon: fulfilled by Amazon (AFN) and not by the seller (MFN).
        replaces: the order this one replaces for nothing.
    """

    order_id: str
    marketplace: Marketplace
    placed: int
    updated: int
    posted: int | None
    status: str
    by_amazon: bool
    service_level: str
    prime: bool
    business: bool
    replaces: str | None
    lines: list[OrderLine] = field(default_factory=list)

    @property
    def priced(self) -> bool:
        """Whether Amazon tells prices in this state."""
        return self.status not in UNPRICED

    @property
    def total(self) -> int:
        """What the buyer pays."""
        return sum(line.total for line in self.lines)


def make_orders(
    rng: random.Random, count: int, products: list[Product], start: int, end: int
) -> list[Order]:
    """Invent orders placed and updated from `start` to `end` (seconds of the epoch), oldest first.

    From 20 orders on every state and marketplace occurs, and one order has 24 lines.
    """
    days = (end - start) // DAY
    latest = end - 3 * 3600
    draw = rng.random
    placed_at = sorted(
        min(
            latest,
            start
            + int(draw() * days) * DAY
            + _HOURS[int(draw() * len(_HOURS))] * 3600
            + int(draw() * 3600),
        )
        for _ in range(count)
    )
    orders: list[Order] = []
    taken: set[str] = set()
    for number, (placed, status) in enumerate(zip(placed_at, _statuses(rng, count), strict=True)):
        marketplace = _marketplace(number, draw(), count)
        by_amazon = status == UNFULFILLABLE or draw() < 0.8
        if status in (UNSHIPPED, PARTIALLY_SHIPPED):
            by_amazon = draw() < 0.5
        order = Order(
            order_id=new_order_id(rng, marketplace, taken),
            marketplace=marketplace,
            placed=placed,
            updated=0,
            posted=None,
            status=status,
            by_amazon=by_amazon,
            service_level=_SERVICE_LEVELS[int(draw() * len(_SERVICE_LEVELS))],
            prime=by_amazon and draw() < 0.7,
            business=draw() < 0.08,
            replaces=None,
        )
        _date(order, draw, end)
        bulk = count >= 20 and number == 5
        if bulk:
            order.business = True
        elif orders and status == SHIPPED and draw() < 0.01:
            order.replaces = orders[int(draw() * len(orders))].order_id
        lines = _BULK_LINES if bulk else _LINES[int(draw() * len(_LINES))]
        # Of a single unit nothing can be missing.
        least = 2 if status == PARTIALLY_SHIPPED else 1
        order.lines = [_line(rng, order, products, least) for _ in range(lines)]
        set_status(order, status)
        orders.append(order)
    return orders


def set_status(order: Order, status: str) -> None:
    """Move an order to a state and its lines' quantities with it."""
    order.status = status
    for line in order.lines:
        if status == CANCELED:
            line.quantity = 0
        line.shipped = line.quantity if status == SHIPPED else 0
    if status == PARTIALLY_SHIPPED:
        order.lines[0].shipped = order.lines[0].quantity - 1


def new_order_id(rng: random.Random, marketplace: Marketplace, taken: set[str]) -> str:
    """An order id (3-7-7 digits) that is not in `taken`, and is afterwards."""
    while True:
        prefix = marketplace.order_prefixes[int(rng.random() * len(marketplace.order_prefixes))]
        digits = rng.randrange(10**13, 10**14)
        order_id = f"{prefix}-{digits // 10**7}-{digits % 10**7:07d}"
        if order_id not in taken:
            taken.add(order_id)
            return order_id


def _statuses(rng: random.Random, count: int) -> list[str]:
    """States for orders from oldest to newest: what is still open is new."""
    if count < 20:
        return [SHIPPED if rng.random() < 0.8 else UNSHIPPED for _ in range(count)]

    def share(percent: float) -> int:
        return max(1, round(count * percent / 100))

    settled = [CANCELED] * share(5) + [UNFULFILLABLE] * share(0.5) + [PENDING_AVAILABILITY]
    settled += [UNSHIPPED] * share(1)  # overdue
    still_open = [PENDING] * share(4) + [UNSHIPPED] * share(5) + [PARTIALLY_SHIPPED] * share(1.2)
    settled += [SHIPPED] * (count - len(settled) - len(still_open))
    rng.shuffle(settled)
    rng.shuffle(still_open)
    # The first order of each marketplace and the bulk order are sales, so that events follow them;
    # at least one old order is overdue.
    for number, status in ((0, SHIPPED), (1, SHIPPED), (2, SHIPPED), (5, SHIPPED), (8, UNSHIPPED)):
        if settled[number] != status:
            other = max(i for i, found in enumerate(settled) if found == status)
            settled[number], settled[other] = settled[other], settled[number]
    return settled + still_open


def _marketplace(number: int, chance: float, count: int) -> Marketplace:
    if count >= 20 and number in (1, 2):
        return (CA, MX)[number - 1]
    if chance < 0.88:
        return US
    return CA if chance < 0.96 else MX


def _date(order: Order, draw: Callable[[], float], end: int) -> None:
    """Give an order its last change and, if something shipped, its posting date."""
    latest = end - 3600 - int(draw() * 3600)
    if order.status in (SHIPPED, PARTIALLY_SHIPPED):
        shipped = order.placed + 4 * 3600 + int(draw() * 3 * DAY)
        order.posted = min(latest, shipped)
        order.updated = min(latest, shipped + int(draw() * 5 * DAY))
    elif order.status == CANCELED:
        order.updated = min(latest, order.placed + 600 + int(draw() * 2 * DAY))
    else:
        order.updated = min(latest, order.placed + int(draw() * 3600))


def _line(rng: random.Random, order: Order, products: list[Product], least: int) -> OrderLine:
    draw = rng.random
    # Squaring the draw makes the first products the best sellers.
    product = products[int(draw() ** 2 * len(products))]
    quantity = max(least, _QUANTITIES[int(draw() * len(_QUANTITIES))])
    price = round(product.price * order.marketplace.exchange) * quantity
    shipping = 0 if order.prime or draw() < 0.6 else round(599 * order.marketplace.exchange)
    tax_rate = 0.0 if draw() < 0.15 else 0.0825
    discount = round(price * 0.1) if draw() < 0.12 else 0
    if order.replaces is not None:
        price = shipping = discount = 0
    return OrderLine(
        item_id=str(rng.randrange(10**13, 10**14)),
        product=product,
        quantity=quantity,
        shipped=0,
        price=price,
        shipping=shipping,
        tax=round((price - discount) * tax_rate),
        shipping_tax=round(shipping * tax_rate),
        discount=discount,
        gift=draw() < 0.04,
    )
