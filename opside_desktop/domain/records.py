"""The rows a sync copies: claims, financial events, inventory items and orders.

Amounts are exact decimals with Amazon's own sign; moments are aware and UTC.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from opside_desktop.domain.ids import EventKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An amount in one currency (ISO 4217 code)."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEvent:
    """One financial event as Amazon sent it, before anybody decided whether it is a claim.

    `payload` is Amazon's JSON object with every number a Decimal or int, never a float.
    """

    event_list: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FinancialEvent:
    """A kept financial event. `day` is set only for lists that carry no date of their own."""

    event_key: EventKey
    event_list: str
    event_type: str | None
    posted_at: datetime | None
    order_id: str | None
    amount: Decimal
    currency: str
    claim_id: str
    payload: dict[str, Any]
    day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Money that Amazon owes, paid or took back; derived from one financial event."""

    claim_id: str
    order_id: str | None
    amount: Decimal
    currency: str
    status: str
    type: str
    description: str
    created_at: datetime | None


class Quantities(NamedTuple):
    """Units of one SKU; None where they are not known."""

    available: int | None
    reserved: int | None
    inbound: int | None
    total: int | None


def sum_if_known(parts: Iterable[int | None]) -> int | None:
    """Add up what is known wholly; a sum of which a part is not known is not known."""
    total = 0
    for part in parts:
        if part is None:
            return None
        total += part
    return total


UNKNOWN_QUANTITIES: Final = Quantities(None, None, None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class InventorySummary:
    """One of Amazon's inventory summaries; an SKU may have several (condition, FNSKU)."""

    sku: str
    asin: str | None
    fnsku: str | None
    product_name: str | None
    condition: str | None
    quantities: Quantities


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryItem:
    """FBA stock of one SKU in the account's marketplace, summed over its summaries."""

    sku: str
    asin: str | None
    fnsku: str | None
    product_name: str | None
    quantity_available: int | None
    quantity_reserved: int | None
    quantity_inbound: int | None
    quantity_total: int | None
    condition: str | None
    warehouse_location: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderItem:
    """One line of an order. `line_number` counts from 1 in Amazon's order of lines.

    None means that Amazon did not tell, or not so that it can be read.
    """

    line_number: int
    order_item_id: str | None
    sku: str | None
    asin: str | None
    title: str | None
    quantity_ordered: int | None
    quantity_shipped: int | None
    price: Decimal | None
    currency: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order with all its lines. `status` uses the words of Orders v0; channel is FBA or FBM.

    None means that Amazon did not tell, or not so that it can be read: of `items` the lines as a
    whole, of the counts any of the lines.
    """

    order_id: str
    purchase_date: datetime | None
    last_update_date: datetime | None
    status: str | None
    fulfillment_channel: str | None
    sales_channel: str | None
    marketplace_id: str | None
    total_amount: Decimal | None
    currency: str | None
    items_ordered: int | None
    items_shipped: int | None
    items: tuple[OrderItem, ...] | None = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A record that could not be read: what to call it, and why, in a sentence.

    `key` is its own id (order id, SKU), None where not even that could be read.
    """

    record: str
    why: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Mended:
    """A field of a kept record that could not be read, or not be stored as it was.

    `record` names the record (order id, SKU), `field` the field: in Amazon's words where it could
    not be read and is empty or as stored before, in ours where it was cut or cleaned (`was_cut`).
    """

    record: str
    field: str
    was_cut: bool
