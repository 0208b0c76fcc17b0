"""The rows a sync copies: claims, financial events, inventory items and orders.

Amounts are exact decimals with Amazon's own sign; moments are aware and UTC. What is stored of a
record is declared here, once: a field that brings a `Field` is a column, in the order that people
see.
"""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, NamedTuple

import msgspec

from opside_desktop.domain.claim_types import ClaimStatus, ClaimType
from opside_desktop.domain.fields import Field, FieldKind
from opside_desktop.domain.ids import EventKey

_TEXT, _ID = FieldKind.TEXT, FieldKind.ID
_MOMENT: Final = Field(FieldKind.MOMENT)
_NUMBER: Final = Field(FieldKind.INTEGER)
_CURRENCY: Final = Field(_TEXT, 10, has_choices=True, is_code=True)
_ORDER_ID: Final = Field(_ID, 255, searchable=True)
_PRODUCT_ID: Final = Field(_ID, 255, searchable=True)
_UNLISTED_NUMBER: Final = Field(FieldKind.INTEGER, is_listed=False)


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """An amount in one currency (ISO 4217 code)."""

    amount: Decimal
    currency: str


class RawEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One financial event as Amazon sent it, before anybody decided whether it is a claim.

    Attributes:
        event_list: Amazon's name of its kind.
        posted_at: None where Amazon tells no date, or none that can be read.
        status: Amazon's word for how far it is, such as `DEFERRED`; None where it has none.
        payload: Amazon's JSON object with every number a Decimal or int, never a float.
    """

    event_list: str
    posted_at: datetime | None = None
    status: str | None = None
    payload: dict[str, Any]


class FinancialEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A kept financial event. `day` is set only for lists that carry no date of their own."""

    event_key: Annotated[EventKey, Field(_ID, 64, key=True)]
    event_list: Annotated[str, Field(_TEXT, 100, required=True)]
    event_type: Annotated[str | None, Field(_TEXT, 255)]
    posted_at: Annotated[datetime | None, _MOMENT]
    order_id: Annotated[str | None, _ORDER_ID]
    amount: Annotated[Decimal, Field(FieldKind.MONEY, 12)]
    currency: Annotated[str, _CURRENCY]
    claim_id: Annotated[str, Field(_ID, 255)]
    payload: Annotated[dict[str, Any], Field(FieldKind.JSON)]
    day: date | None = None


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """Money that Amazon owes, paid or took back; derived from one financial event.

    Attributes:
        quantity: units, where Amazon tells them.
        matures_at: when Amazon means to release money that it holds back still.
        case_id: of a SAFE-T claim.
        hidden_reason: why lists, sums and counts leave it out (`HiddenReason`); None where they
            do not.
    """

    claim_id: Annotated[str, Field(_ID, 255, key=True, searchable=True)]
    type: Annotated[ClaimType, Field(_TEXT, 100, searchable=True, has_choices=True)]
    order_id: Annotated[str | None, _ORDER_ID]
    amount: Annotated[Decimal, Field(FieldKind.MONEY, 10, required=True)]
    currency: Annotated[str, _CURRENCY]
    status: Annotated[ClaimStatus, Field(_TEXT, 50, has_choices=True)]
    description: Annotated[str, Field(_TEXT, searchable=True)]
    created_at: Annotated[datetime | None, _MOMENT]
    matures_at: Annotated[datetime | None, _MOMENT] = None
    sku: Annotated[str | None, _PRODUCT_ID] = None
    quantity: Annotated[int | None, _NUMBER] = None
    reimbursement_id: Annotated[str | None, Field(_ID, 255, searchable=True)] = None
    case_id: Annotated[str | None, Field(_ID, 255, searchable=True)] = None
    hidden_reason: Annotated[str | None, Field(_TEXT, 20, has_choices=True, is_code=True)] = None


class Quantities(NamedTuple):
    """Units of one SKU; None where they are not known.

    All but `total` add up to it. The last two were not stored by version 0.1.
    """

    available: int | None
    reserved: int | None
    inbound: int | None
    total: int | None
    unfulfillable: int | None = None
    researching: int | None = None


def sum_if_known(parts: Iterable[int | None]) -> int | None:
    """Add up what is known wholly; a sum of which a part is not known is not known."""
    total = 0
    for part in parts:
        if part is None:
            return None
        total += part
    return total


UNKNOWN_QUANTITIES: Final = Quantities(None, None, None, None)


class InventorySummary(msgspec.Struct, frozen=True, kw_only=True):
    """One of Amazon's inventory summaries; an SKU may have several (condition, FNSKU).

    `payload` is its JSON object as Amazon sent it.
    """

    sku: str
    asin: str | None
    fnsku: str | None
    product_name: str | None
    condition: str | None
    quantities: Quantities
    payload: bytes = b"{}"


class InventoryItem(msgspec.Struct, frozen=True, kw_only=True):
    """FBA stock of one SKU in the account's marketplace, summed over its summaries.

    `payload` holds Amazon's own summaries.
    """

    sku: Annotated[str, Field(_ID, 255, key=True, searchable=True)]
    product_name: Annotated[str | None, Field(_TEXT, 500, searchable=True)]
    asin: Annotated[str | None, _PRODUCT_ID]
    fnsku: Annotated[str | None, _PRODUCT_ID]
    quantity_available: Annotated[int | None, _NUMBER]
    quantity_reserved: Annotated[int | None, _NUMBER]
    quantity_inbound: Annotated[int | None, _NUMBER]
    quantity_total: Annotated[int | None, _NUMBER]
    condition: Annotated[str | None, Field(_TEXT, 50, has_choices=True)]
    warehouse_location: Annotated[str | None, Field(_TEXT, 255, has_choices=True)] = None
    quantity_unfulfillable: Annotated[int | None, _UNLISTED_NUMBER] = None
    quantity_researching: Annotated[int | None, _UNLISTED_NUMBER] = None
    payload: Annotated[dict[str, Any] | None, Field(FieldKind.JSON, is_listed=False)] = None


class OrderItem(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an order. `line_number` counts from 1 in Amazon's order of lines.

    None means that Amazon did not tell, or not so that it can be read.
    """

    line_number: Annotated[int, Field(FieldKind.INTEGER, key=True)]
    order_item_id: Annotated[str | None, Field(_ID, 255)]
    sku: Annotated[str | None, _PRODUCT_ID]
    asin: Annotated[str | None, _PRODUCT_ID]
    title: Annotated[str | None, Field(_TEXT, searchable=True)]
    quantity_ordered: Annotated[int | None, _NUMBER]
    quantity_shipped: Annotated[int | None, _NUMBER]
    price: Annotated[Decimal | None, Field(FieldKind.MONEY, 12)]
    currency: Annotated[str | None, _CURRENCY]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order with all its lines. `status` uses the words of Orders v0; channel is FBA or FBM.

    None means that Amazon did not tell, or not so that it can be read: of `items` the lines as a
    whole, of the counts any of the lines. `source` is the way it was told by, and `ids_complete`
    says whether each line has Amazon's id; both are not known of orders of version 0.1.
    """

    order_id: Annotated[str, Field(_ID, 255, key=True, searchable=True)]
    purchase_date: Annotated[datetime | None, _MOMENT]
    status: Annotated[str | None, Field(_TEXT, 50, has_choices=True)]
    fulfillment_channel: Annotated[str | None, Field(_TEXT, 50, has_choices=True)]
    sales_channel: Annotated[str | None, Field(_TEXT, 255, searchable=True, has_choices=True)]
    total_amount: Annotated[Decimal | None, Field(FieldKind.MONEY, 12)]
    currency: Annotated[str | None, _CURRENCY]
    items_ordered: Annotated[int | None, _NUMBER]
    items_shipped: Annotated[int | None, _NUMBER]
    last_update_date: Annotated[datetime | None, _MOMENT]
    marketplace_id: Annotated[str | None, Field(_ID, 50, has_choices=True)]
    source: Annotated[str | None, Field(_TEXT, 20, is_code=True, is_listed=False)] = None
    ids_complete: Annotated[bool | None, Field(FieldKind.BOOLEAN, is_listed=False)] = None
    items: tuple[OrderItem, ...] | None = ()


class Skipped(msgspec.Struct, frozen=True):
    """A record that could not be read: what to call it, and why, in a sentence.

    `key` is its own id (order id, SKU), None where not even that could be read.
    """

    record: str
    why: str
    key: str | None = None


class Mended(msgspec.Struct, frozen=True):
    """A field of a kept record that could not be read, or not be stored as it was.

    `record` names the record (order id, SKU), `field` the field: in Amazon's words where it could
    not be read and is empty or as stored before, in ours where it was cut or cleaned (`was_cut`).
    """

    record: str
    field: str
    was_cut: bool
