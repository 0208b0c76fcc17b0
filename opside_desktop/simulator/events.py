"""The seller's financial events in the order in which Amazon posted them."""

import random
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import msgspec

from opside_desktop.simulator.catalogue import Product
from opside_desktop.simulator.claim_events import BUILDERS, Body, Source
from opside_desktop.simulator.marketplaces import US
from opside_desktop.simulator.noise_events import other_noise, shipment_event
from opside_desktop.simulator.orders import SHIPPED, Order, OrderLine, new_order_id
from opside_desktop.simulator.times import DAY, iso

SHIPMENTS = "ShipmentEventList"

_ENCODER = msgspec.json.Encoder()

# The kinds of normal_week, with variety first, so that a smaller number of claims is as mixed.
# Service fees come without a date: they are rare, because a client has to search for their day.
NORMAL_WEEK = (
    "refund", "WAREHOUSE_LOST", "WAREHOUSE_DAMAGE", "COMPENSATED_CLAWBACK",
    "INCORRECT_FEES_ITEMS", "safet", "guarantee_claim", "chargeback", "liquidation",
    "charge_refund", "BrandLaunchBonus", "REVERSAL_REIMBURSEMENT", "refund",
    "MISSING_FROM_INBOUND", "CUSTOMER_RETURN", "service_fee_credit", "retrocharge_reversal",
    "ads_refund", "capacity_credit", "guarantee_claim_won", "ebt_refund", "rental_reimbursement",
    "refund", "INBOUND_CARRIER_DAMAGE", "REMOVAL_ORDER_LOST", "FREE_REPLACEMENT_REFUND_ITEMS",
    "CS_ERROR_ITEMS", "MISSING_FROM_INBOUND_CLAWBACK", "FBAPerUnitFulfillmentFee",
    "FBAInventoryReimbursement", "MISSING_FROM_INBOUND", "refund", "refund", "refund", "safet",
    "WAREHOUSE_LOST", "WAREHOUSE_DAMAGE",
)  # fmt: skip

_TWIN = "twin"  # the event before once more, in the same second

WITH_ISSUES = (
    "WAREHOUSE_LOST", _TWIN, "refund", "COMPENSATED_CLAWBACK", "MISSING_FROM_INBOUND_CLAWBACK",
    "WAREHOUSE_DAMAGE", _TWIN, _TWIN, "safet", "guarantee_claim", "chargeback", "liquidation",
    "charge_refund", "BrandLaunchBonus", "REVERSAL_REIMBURSEMENT", "refund",
    "MISSING_FROM_INBOUND", "CUSTOMER_RETURN", "service_fee_credit", "retrocharge_reversal",
    "ads_refund", "capacity_credit", "guarantee_claim_won", "PAYMENT_RETRACTION_ITEMS", "refund",
    "INBOUND_CARRIER_DAMAGE", "CS_ERROR_NON_ITEMIZED", _TWIN, "COMPENSATED_CLAWBACK",
    "INCORRECT_FEES_ITEMS", "FBAStorageFeeAdjustment", "RE_EVALUATION", "refund",
    "FBAInventoryReimbursement", "refund", "ebt_refund", "safet",
)  # fmt: skip

_LAST_KINDS = ("PAYMENT_RETRACTION_ITEMS", "FBAInventoryReimbursement", "RE_EVALUATION")

# How often each kind occurs beyond the first 37, in parts of the whole.
SHARES = {
    "refund": 380, "WAREHOUSE_LOST": 90, "WAREHOUSE_DAMAGE": 90, "WAREHOUSE_LOST_MANUAL": 20,
    "WAREHOUSE_DAMAGE_EXCEPTION": 20, "FBAInventoryReimbursement": 25, "MISSING_FROM_INBOUND": 50,
    "INBOUND_CARRIER_DAMAGE": 20, "REMOVAL_ORDER_LOST": 20, "MULTICHANNEL_ORDER_LOST": 10,
    "REVERSAL_REIMBURSEMENT": 60, "FREE_REPLACEMENT_REFUND_ITEMS": 15, "CS_ERROR_ITEMS": 20,
    "CS_ERROR_NON_ITEMIZED": 5, "CUSTOMER_RETURN": 40, "RE_EVALUATION": 5,
    "COMPENSATED_CLAWBACK": 40, "MISSING_FROM_INBOUND_CLAWBACK": 10,
    "PAYMENT_RETRACTION_ITEMS": 5, "INCORRECT_FEES_ITEMS": 15, "FBAPerUnitFulfillmentFee": 15,
    "FBAStorageFeeAdjustment": 5, "BrandLaunchBonus": 5, "safet": 20, "guarantee_claim": 12,
    "guarantee_claim_won": 4, "chargeback": 6, "liquidation": 12, "charge_refund": 3,
    "retrocharge_reversal": 4, "ads_refund": 4, "capacity_credit": 3, "ebt_refund": 3,
    "rental_reimbursement": 2, "tds_reimbursement": 1, "affordability_reversal": 1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Deferral:
    """Money that Amazon holds back until an order is delivered or paid.

    Attributes:
        reason: `DD7` (seven days after delivery) or `B2B` (until the invoice is paid).
        matures: when it is let go, in seconds of the epoch.
        copied: whether Amazon then posts a second transaction beside the deferral.
    """

    reason: str
    matures: int
    copied: bool


@dataclass(slots=True)
class Event:
    """One financial event.

    Attributes:
        posted: seconds of the epoch; also of events whose list tells no date.
        content: the wire form, or for a shipment its order, which is worded when asked for.
        kept: whether it is one of the scenario's claims.
        key: a name of its own, in the order in which events of one second are told.
        appears: when Amazon shows it first: later than `posted` for a late one.
        deferral: if its money is held back.
        order_id: an order that transactions alone tell.
        part_of: the key of the event whose transaction tells this one as well.
    """

    posted: int
    list_name: str
    content: msgspec.Raw | Order
    kept: bool
    key: str = ""
    appears: int = 0
    deferral: Deferral | None = None
    order_id: str | None = None
    part_of: str | None = None

    def encoded(self, posted: int | None = None) -> msgspec.Raw:
        """The event's JSON as v0 tells it, posted at another second if one is given."""
        if posted is not None and posted != self.posted:
            body = msgspec.json.decode(self.encoded())
            return msgspec.Raw(_ENCODER.encode({**body, "PostedDate": iso(posted)}))
        if isinstance(self.content, Order):
            return msgspec.Raw(_ENCODER.encode(shipment_event(self.content)))
        return self.content


def make_events(
    rng: random.Random,
    claims: int,
    orders: list[Order],
    products: list[Product],
    start: int,
    end: int,
    *,
    issues: bool,
) -> list[Event]:
    """Invent the events from `start` to `end` (seconds of the epoch), sorted by posting time.

    Args:
        rng: decides everything else.
        claims: how many of them are claims.
        orders: each shipped one has its shipment event, and refunds refer to them.
        products: never empty.
        start: seconds of the epoch.
        end: seconds of the epoch.
        issues: add duplicates and reversals.
    """
    events = _claims(rng, claims, orders, products, start, end, issues=issues)
    events.extend(
        Event(order.posted, SHIPMENTS, order, kept=False)
        for order in orders
        if order.posted is not None
    )
    for posted, list_name, body in other_noise(rng, products, start, end):
        events.append(Event(posted, list_name, encoded(body), kept=False))
    events.sort(key=lambda event: event.posted)
    for number, event in enumerate(events):
        event.key = f"{number:06d}"
        event.appears = event.posted
    return events


def name_orders(events: Iterable[Event], rng: random.Random, sales: list[Order]) -> None:
    """Give each adjustment of a product the order that transactions alone tell: a sale before it.

    Args:
        sales: the shipped orders, by posting time.
    """
    for event in events:
        if event.list_name != "AdjustmentEventList" or not event.kept:
            continue
        if b'"AdjustmentItemList"' in bytes(event.encoded()):
            until = bisect_left(sales, event.posted, key=lambda order: order.posted or 0)
            if until:
                event.order_id = sales[int(rng.random() * until)].order_id


def encoded(body: Body) -> msgspec.Raw:
    """An event's JSON."""
    return msgspec.Raw(_ENCODER.encode(body))


def _claims(
    rng: random.Random,
    count: int,
    orders: list[Order],
    products: list[Product],
    start: int,
    end: int,
    *,
    issues: bool,
) -> list[Event]:
    older = older_sales(rng, orders, products, start)
    source = Source(rng, products, sales_of(orders), lambda: next(older))
    events: list[Event] = []
    late = 0
    for kind in _kinds(rng, count, WITH_ISSUES if issues else NORMAL_WEEK):
        if kind == _TWIN:
            events.append(replace(events[-1]))
            continue
        posted = start + int(rng.random() * (end - start - DAY))
        if issues and kind in _LAST_KINDS:
            late += 1
            posted = end - late * 420
        list_name, body = BUILDERS[kind](source, posted)
        events.append(Event(posted, list_name, encoded(body), kept=True))
    return events


def _kinds(rng: random.Random, count: int, named: tuple[str, ...]) -> list[str]:
    if count <= len(named):
        return list(named[:count])
    more = rng.choices(tuple(SHARES), weights=tuple(SHARES.values()), k=count - len(named))
    return [*named, *more]


def sales_of(orders: list[Order]) -> list[Order]:
    """The shipped orders that replace no other, by posting time."""
    shipped = [order for order in orders if order.status == SHIPPED and order.replaces is None]
    return sorted(shipped, key=lambda order: order.posted or 0)


def older_sales(
    rng: random.Random, orders: list[Order], products: list[Product], start: int
) -> Iterator[Order]:
    """Sales from before the first one that any list shows, without end."""
    taken = {order.order_id for order in orders}
    while True:
        placed = start - int(rng.random() * 30 * DAY)
        product = products[int(rng.random() * len(products))]
        order = Order(
            order_id=new_order_id(rng, US, taken),
            marketplace=US,
            placed=placed,
            updated=placed,
            posted=None,
            status=SHIPPED,
            by_amazon=True,
            service_level="Standard",
            prime=True,
            business=False,
            replaces=None,
        )
        tax = round(product.price * 0.0825)
        item_id = str(rng.randrange(10**13, 10**14))
        order.lines = [OrderLine(item_id, product, 1, 1, product.price, 0, tax, 0, 0, gift=False)]
        yield order
