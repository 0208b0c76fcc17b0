"""The keys of version 0.1: the fields by which it knew an event, and the hash of what they say.

It identified an event of Finances v0 by its content: the fields of Amazon's model
(listFinancialEvents, swagger of August 2026) that are listed here and no others. Databases of that
version are brought over by them, so nothing here may ever change. Today a content tells dateless
events apart while their day is looked for, and is no identity: Amazon rewords what it has sent.
"""

import hashlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from opside_desktop.domain.clock import iso
from opside_desktop.domain.records import RawEvent

KEY_VERSION: Final = "1"
"""Part of every key. Raising it renames every stored event: never without a migration."""

Spec = Mapping[str, "Spec | None"]
"""Known fields by name: None for a plain value, else the fields of the object or objects."""


def _plain(*names: str) -> dict[str, Spec | None]:
    return dict.fromkeys(names)


def _each(spec: Spec, *names: str) -> dict[str, Spec | None]:
    return dict.fromkeys(names, spec)


MONEY: Final[Spec] = _plain("CurrencyCode", "CurrencyAmount")
CHARGE: Final[Spec] = {"ChargeType": None, "ChargeAmount": MONEY}
FEE: Final[Spec] = {"FeeType": None, "FeeAmount": MONEY}
PROMOTION: Final[Spec] = {"PromotionType": None, "PromotionId": None, "PromotionAmount": MONEY}
WITHHELD: Final[Spec] = {"TaxCollectionModel": None, "TaxesWithheld": CHARGE}
DIRECT_PAYMENT: Final[Spec] = {"DirectPaymentType": None, "DirectPaymentAmount": MONEY}

SHIPMENT_ITEM: Final[Spec] = {
    **_plain("SellerSKU", "OrderItemId", "OrderAdjustmentItemId", "QuantityShipped"),
    **_each(CHARGE, "ItemChargeList", "ItemChargeAdjustmentList"),
    **_each(FEE, "ItemFeeList", "ItemFeeAdjustmentList"),
    **_each(PROMOTION, "PromotionList", "PromotionAdjustmentList"),
    **_each(MONEY, "CostOfPointsGranted", "CostOfPointsReturned"),
    "ItemTaxWithheldList": WITHHELD,
}
SHIPMENT: Final[Spec] = {
    **_plain("AmazonOrderId", "SellerOrderId", "MarketplaceName", "StoreName", "PostedDate"),
    **_each(CHARGE, "OrderChargeList", "OrderChargeAdjustmentList"),
    **_each(FEE, "ShipmentFeeList", "ShipmentFeeAdjustmentList"),
    **_each(FEE, "OrderFeeList", "OrderFeeAdjustmentList"),
    **_each(SHIPMENT_ITEM, "ShipmentItemList", "ShipmentItemAdjustmentList"),
    "DirectPaymentList": DIRECT_PAYMENT,
}
ADJUSTMENT_ITEM: Final[Spec] = {
    **_plain("SellerSKU", "FnSKU", "ASIN", "ProductDescription", "Quantity", "TransactionNumber"),
    **_each(MONEY, "PerUnitAmount", "TotalAmount"),
}

KNOWN_FIELDS: Final[Mapping[str, Spec]] = {
    "RefundEventList": SHIPMENT,
    "GuaranteeClaimEventList": SHIPMENT,
    "ChargebackEventList": SHIPMENT,
    "AdjustmentEventList": {
        **_plain("AdjustmentType", "StoreName", "PostedDate"),
        "AdjustmentAmount": MONEY,
        "AdjustmentItemList": ADJUSTMENT_ITEM,
    },
    "SAFETReimbursementEventList": {
        **_plain("SAFETClaimId", "ReasonCode", "PostedDate"),
        "ReimbursedAmount": MONEY,
        "SAFETReimbursementItemList": {
            **_plain("productDescription", "quantity"),
            "itemChargeList": CHARGE,
        },
    },
    "FBALiquidationEventList": {
        **_plain("OriginalRemovalOrderId", "PostedDate"),
        **_each(MONEY, "LiquidationProceedsAmount", "LiquidationFeeAmount"),
    },
    "ChargeRefundEventList": {
        **_plain("ReasonCode", "ReasonCodeDescription", "PostedDate"),
        "ChargeRefundTransactions": CHARGE,
    },
    "ServiceFeeEventList": {
        **_plain("AmazonOrderId", "FeeReason", "FeeDescription", "SellerSKU", "FnSKU", "ASIN"),
        **_plain("StoreName"),
        "FeeList": FEE,
    },
    "EBTRefundReimbursementOnlyEventList": {**_plain("OrderId", "PostedDate"), "Amount": MONEY},
    "TDSReimbursementEventList": {
        **_plain("TDSOrderId", "PostedDate"),
        "ReimbursedAmount": MONEY,
    },
    "RentalTransactionEventList": {
        **_plain("AmazonOrderId", "RentalEventType", "PostedDate"),
        "RentalChargeList": CHARGE,
        "RentalFeeList": FEE,
        "RentalReimbursement": MONEY,
    },
    "RetrochargeEventList": {
        **_plain("AmazonOrderId", "RetrochargeEventType", "MarketplaceName", "PostedDate"),
        **_each(MONEY, "BaseTax", "ShippingTax"),
        "RetrochargeTaxWithheldList": WITHHELD,
    },
    "ProductAdsPaymentEventList": {
        **_plain("invoiceId", "transactionType", "postedDate"),
        **_each(MONEY, "baseValue", "taxValue", "transactionValue"),
    },
    "AffordabilityExpenseReversalEventList": {
        **_plain("AmazonOrderId", "TransactionType", "MarketplaceId", "PostedDate"),
        **_each(MONEY, "BaseExpense", "TotalExpense"),
        **_each(MONEY, "TaxTypeCGST", "TaxTypeSGST", "TaxTypeIGST"),
    },
    "CapacityReservationBillingEventList": {
        **_plain("TransactionType", "Description", "PostedDate"),
        "TransactionAmount": MONEY,
    },
}
"""What identifies an event of each list from which claims come."""

_MOST_DIGITS: Final = 1_000_000
"""Numbers beyond that could not be spelt out, and have never had a key."""

DATE_FIELDS: Final = frozenset({"PostedDate", "postedDate"})


def canonical(value: Any, spec: Spec | None) -> Any:
    """Reduce a value to what identifies it, or to None where it says nothing.

    Objects lose unknown, absent and empty fields; lists are ordered by content, because Amazon
    promises no order; a number is spelt as its shortest decimal, so 5 and 5.00 agree.
    """
    if isinstance(value, dict):
        kept = {
            name: said
            for name, fields in (spec or {}).items()
            if (said := canonical(value.get(name), fields)) is not None
        }
        return kept or None
    if isinstance(value, list | tuple):
        items = [said for item in value if (said := canonical(item, spec)) is not None]
        return sorted(items, key=_encoder.encode) or None
    return _scalar(value)


def content_hash(event: RawEvent) -> str:
    """Hash an event's list and known fields: 64 hex digits, the same for duplicates only."""
    spec = KNOWN_FIELDS[event.event_list]
    said = canonical(event.payload, spec)
    for name in spec:
        date = event.payload.get(name)
        if name in DATE_FIELDS and isinstance(date, str):
            # Alike in every zone; one that cannot be read counts as it is, even an empty one.
            moment = iso(event.posted_at) if date else None
            said = {**(said or {}), name: moment or date}
    start = f"{KEY_VERSION}\n{event.event_list}\n"
    return hashlib.sha256(start.encode() + _encoder.encode(said)).hexdigest()


def event_key(content: str, *, day: str, ordinal: int) -> str:
    """Name one event among its duplicates.

    Args:
        content: the event's `content_hash`.
        day: the UTC day (`2026-11-01`) of an event without a date of its own, else empty.
        ordinal: counts identical duplicates of one complete window from 0.
    """
    return hashlib.sha256(f"{content}\n{day}\n{ordinal}".encode()).hexdigest()


def _scalar(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | Decimal):
        number = Decimal(value)
        if abs(number.adjusted()) >= _MOST_DIGITS:
            return str(number)  # spelt out it would be endless
        return "0" if number == 0 else f"{number.normalize():f}"
    return str(value)


_encoder: Final = msgspec.json.Encoder(order="sorted")
"""JSON with sorted keys and no blanks; UTF-8 sorts as its characters do."""
