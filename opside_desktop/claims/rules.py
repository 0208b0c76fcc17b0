"""One rule for each of the lists of Finances v0: is an event a claim, of what type and amount?

A rule reads what only its list tells; `classify` adds what all of them tell alike.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from opside_desktop.claims.adjustment_kinds import (
    is_movement,
    is_rental_refund,
    read_adjustment,
    rental_text,
)
from opside_desktop.claims.event_fields import Payload, objects, squashed, text, units, words
from opside_desktop.claims.money import (
    UnreadableEvent,
    has_amount,
    is_readable,
    sum_amounts,
    sum_of,
    total_of,
)
from opside_desktop.claims.readings import Reading
from opside_desktop.domain.claim_types import ClaimType
from opside_desktop.domain.records import Money

Rule = Callable[[Payload], Reading | None]


def _item_total(item: Payload) -> Any:
    """Give what an item of an adjustment is worth; of some only the unit's amount is told."""
    total, each, quantity = item.get("TotalAmount"), item.get("PerUnitAmount"), item.get("Quantity")
    try:
        if not units(quantity) or has_amount(total) or not has_amount(each):
            return total
    except UnreadableEvent:
        return total
    unit = sum_amounts(each)
    return {"CurrencyAmount": unit.amount * units(quantity), "CurrencyCode": unit.currency}


def _adjustment(payload: Payload) -> Reading | None:
    kind = (text(payload, "AdjustmentType") or "").strip()
    if is_movement(kind):
        return None
    unread: tuple[str, ...] = ()
    try:
        items = objects(payload.get("AdjustmentItemList"), "AdjustmentItemList")
    except UnreadableEvent:
        items, unread = [], ("AdjustmentItemList",)
    money, unread_total = _total(
        "AdjustmentAmount", payload.get("AdjustmentAmount"), *map(_item_total, items)
    )
    if unread and not money.amount:
        raise UnreadableEvent("Its amount is 0, and its items cannot be read.")
    type_, said = read_adjustment(kind, money)
    return Reading(type_, money, said, event_type=kind or None, unread=(*unread, *unread_total))


_ORDER_MONEY: Final = (
    "OrderChargeList", "OrderChargeAdjustmentList", "ShipmentFeeList", "ShipmentFeeAdjustmentList",
    "OrderFeeList", "OrderFeeAdjustmentList", "DirectPaymentList",
)  # fmt: skip
_ITEM_MONEY: Final = (
    "ItemChargeList", "ItemChargeAdjustmentList", "ItemFeeList", "ItemFeeAdjustmentList",
    "ItemTaxWithheldList", "PromotionList", "PromotionAdjustmentList", "CostOfPointsGranted",
    "CostOfPointsReturned",
)  # fmt: skip
_ITEM_LISTS: Final = ("ShipmentItemList", "ShipmentItemAdjustmentList")


def _order_event(claim_type: ClaimType, said: str) -> Callable[[Payload], Reading]:
    """Read lists of ShipmentEvents: the net of all charges, fees, withheld taxes, promotions and
    what the buyer was paid or paid directly.
    """

    def read(payload: Payload) -> Reading:
        items = [item for name in _ITEM_LISTS for item in objects(payload.get(name), name)]
        parts = [payload.get(name) for name in _ORDER_MONEY]
        parts += [item.get(name) for item in items for name in _ITEM_MONEY]
        order_id = text(payload, "AmazonOrderId")
        return Reading(
            claim_type, sum_amounts(*parts), f"{said} {order_id or ''}".strip(), order_id=order_id
        )

    return read


def _service_fee(payload: Payload) -> Reading | None:
    reason = text(payload, "FeeReason") or text(payload, "FeeDescription")
    return _credit(
        payload,
        "Fee given back" + (f": {reason}" if reason else ""),
        "FeeList",
        kind="FeeReason",
        order="AmazonOrderId",
    )


def _credit(
    payload: Payload,
    said: str,
    amount: str,
    *parts: str,
    type_: ClaimType = ClaimType.FEE,
    kind: str = "",
    order: str = "",
) -> Reading | None:
    """Read an event of a list that charges the seller as a rule: a claim only where money comes in.

    Args:
        amount: the field with what it is worth; else its `parts` are added up.
        kind, order: the fields that tell the event's kind and order.
    """
    total, fields = payload.get(amount), [payload.get(name) for name in parts]
    with suppress(UnreadableEvent):  # its parts may be readable still
        if not has_amount(total, *fields):
            return None
    money, unread = _total(amount, total, *fields)
    if money.amount <= 0:
        return None
    return Reading(
        type_,
        money,
        said,
        event_type=text(payload, kind),
        order_id=text(payload, order),
        unread=unread,
    )


def _safet(payload: Payload) -> Reading:
    claim, reason = text(payload, "SAFETClaimId"), text(payload, "ReasonCode")
    said = f"SAFE-T claim {claim}" if claim else "SAFE-T claim"
    items = payload.get("SAFETReimbursementItemList")
    money, unread = _total("ReimbursedAmount", payload.get("ReimbursedAmount"), items)
    return Reading(
        ClaimType.SAFET,
        money,
        f"{said}: {words(reason)}" if reason else said,
        event_type=reason,
        case_id=claim,
        unread=unread,
    )


def _rental(payload: Payload) -> Reading | None:
    kind = text(payload, "RentalEventType")
    said = rental_text(kind)
    if said is None:
        return None
    parts: tuple[str, ...] = ("RentalReimbursement",)
    if is_rental_refund(kind):
        parts = ("RentalChargeList", "RentalFeeList", "RentalReimbursement")
    money = sum_of(payload, *parts)
    if is_rental_refund(kind) and money.amount <= 0:
        return None
    return Reading(
        ClaimType.REIMBURSEMENT,
        money,
        said,
        event_type=kind,
        order_id=text(payload, "AmazonOrderId"),
    )


def _removal_adjustment(payload: Payload) -> Reading | None:
    """Read what liquidated units are worth after all."""
    name = "RemovalShipmentItemAdjustmentList"
    items = objects(payload.get(name), name)
    parts = [item.get(field) for item in items for field in _REMOVAL_MONEY]
    if not has_amount(*parts):
        return None
    money = sum_amounts(*parts)
    if money.amount <= 0:
        return None
    order_id = text(payload, "OrderId")
    return Reading(
        ClaimType.REIMBURSEMENT,
        money,
        f"Liquidation of removal order {order_id or ''}".strip() + " corrected",
        event_type=text(payload, "TransactionType"),
        order_id=order_id,
    )


_REMOVAL_MONEY: Final = ("RevenueAdjustment", "TaxAmountAdjustment", "TaxWithheldAdjustment")


def _debt(payload: Payload) -> Reading | None:
    if squashed(text(payload, "DebtRecoveryType")) != "debtadjustment":
        return None
    return _credit(payload, "Debt corrected", "RecoveryAmount", kind="DebtRecoveryType")


def _retrocharge(payload: Payload) -> Reading | None:
    kind = text(payload, "RetrochargeEventType")
    if squashed(kind) != "retrochargereversal":
        return None
    return Reading(
        ClaimType.FEE,
        sum_of(payload, "BaseTax", "ShippingTax", "RetrochargeTaxWithheldList"),
        "Tax charged later, given back",
        event_type=kind,
        order_id=text(payload, "AmazonOrderId"),
    )


def _ads(payload: Payload) -> Reading | None:
    kind = text(payload, "transactionType")
    if squashed(kind) != "refund":
        return None
    parts = (payload.get("baseValue"), payload.get("taxValue"))
    money, unread = _total("transactionValue", payload.get("transactionValue"), *parts)
    invoice = text(payload, "invoiceId")
    said = "Advertising charge given back"
    return Reading(
        ClaimType.FEE,
        money,
        f"{said}: invoice {invoice}" if invoice else said,
        event_type=kind,
        unread=unread,
    )


def _charge_refund(payload: Payload) -> Reading:
    reason = text(payload, "ReasonCodeDescription") or words(text(payload, "ReasonCode") or "")
    return Reading(
        ClaimType.FEE,
        sum_of(payload, "ChargeRefundTransactions"),
        f"Charge refunded: {reason}" if reason else "Charge refunded",
        event_type=text(payload, "ReasonCode"),
    )


def _capacity(payload: Payload) -> Reading | None:
    said = text(payload, "Description") or "Capacity reservation credit"
    return _credit(payload, said, "TransactionAmount", kind="TransactionType")


def _value_added(payload: Payload) -> Reading | None:
    said = text(payload, "Description")
    said = f"Service charge given back: {said}" if said else "Service charge given back"
    return _credit(payload, said, "TransactionAmount", kind="TransactionType")


def _liquidation(payload: Payload) -> Reading:
    order_id = text(payload, "OriginalRemovalOrderId")
    return Reading(
        ClaimType.LIQUIDATION,
        sum_of(payload, "LiquidationProceedsAmount", "LiquidationFeeAmount"),
        f"Liquidation of removal order {order_id}" if order_id else "Liquidation of removed stock",
        order_id=order_id,
    )


def _single(
    claim_type: ClaimType, said: str, amount: str, *parts: str, order: str, kind: str = ""
) -> Rule:
    """Read lists whose events are one amount, or the sum of its parts, for one order."""

    def read(payload: Payload) -> Reading:
        money, unread = _total(amount, *map(payload.get, (amount, *parts)))
        return Reading(
            claim_type,
            money,
            said,
            event_type=text(payload, kind),
            order_id=text(payload, order),
            unread=unread,
        )

    return read


def _given_back(
    said: str, amount: str, *parts: str, kind: str = "", order: str = "AmazonOrderId"
) -> Rule:
    """Read lists of charges, by `_credit`."""
    return lambda payload: _credit(payload, said, amount, *parts, kind=kind, order=order)


def _total(name: str, total: Any, *parts: Any) -> tuple[Money, tuple[str, ...]]:
    """Read a total, or the sum of its parts (`total_of`); also its name if it was unreadable."""
    unread = (name,) if total and not is_readable(total) else ()
    return total_of(total, *parts), unread


RULES: Final[Mapping[str, Rule]] = {
    "AdjustmentEventList": _adjustment,
    "AffordabilityExpenseReversalEventList": _single(
        ClaimType.FEE,
        "Instalment plan expense given back",
        "TotalExpense",
        "BaseExpense",
        "TaxTypeCGST",
        "TaxTypeSGST",
        "TaxTypeIGST",
        order="AmazonOrderId",
        kind="TransactionType",
    ),
    "CapacityReservationBillingEventList": _capacity,
    "ChargeRefundEventList": _charge_refund,
    "CouponPaymentEventList": _given_back(
        "Coupon fee given back", "TotalAmount", "FeeComponent", "ChargeComponent"
    ),
    "DebtRecoveryEventList": _debt,
    "ImagingServicesFeeEventList": _given_back("Imaging fee given back", "FeeList"),
    "RemovalShipmentAdjustmentEventList": _removal_adjustment,
    "SellerDealPaymentEventList": _given_back(
        "Deal fee given back", "totalAmount", "feeAmount", "taxAmount", kind="eventType"
    ),
    "TrialShipmentEventList": _given_back("Trial shipment's fee given back", "FeeList"),
    "ValueAddedServiceChargeEventList": _value_added,
    "ChargebackEventList": _order_event(ClaimType.CHARGEBACK, "Chargeback on order"),
    "EBTRefundReimbursementOnlyEventList": _single(
        ClaimType.REIMBURSEMENT, "Food benefit refund made good", "Amount", order="OrderId"
    ),
    "FBALiquidationEventList": _liquidation,
    "GuaranteeClaimEventList": _order_event(ClaimType.GUARANTEE, "A-to-z Guarantee claim on order"),
    "ProductAdsPaymentEventList": _ads,
    "RefundEventList": _order_event(ClaimType.REFUND, "Refund of order"),
    "RentalTransactionEventList": _rental,
    "RetrochargeEventList": _retrocharge,
    "SAFETReimbursementEventList": _safet,
    "ServiceFeeEventList": _service_fee,
    "TDSReimbursementEventList": _single(
        ClaimType.REIMBURSEMENT,
        "Withheld tax (TDS) made good",
        "ReimbursedAmount",
        order="TDSOrderId",
    ),
}
