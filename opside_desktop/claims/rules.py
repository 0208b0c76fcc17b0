"""One rule for each of Amazon's lists of financial events: is it a claim, of what type and amount?

Lists without a rule (sales, loans, coupons and the like) are never claims.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from opside_desktop.claims.kinds import (
    FEE_CORRECTIONS,
    MONEY_MOVEMENTS,
    REIMBURSEMENTS,
    RENTAL_REIMBURSEMENTS,
)
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

Payload = Mapping[str, Any]


_MOST_DIGITS: Final = 9
"""Of a number of units."""


def _plural(count: int, one: str) -> str:
    return f"{count:,} {one}" if count == 1 else f"{count:,} {one}s"


def _objects(items: Any, name: str) -> list[Payload]:
    """Give a list of objects inside an event; an absent list is empty, as is an absent object."""
    items = items or []
    told = [item for item in items if item is not None] if isinstance(items, list) else [items]
    if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in told):
        raise UnreadableEvent(f"Its {name} is not a list of objects.")
    return told


def _about(text: str, items: Sequence[Payload], quantity: str = "Quantity") -> str:
    """Add the SKU and the number of units to a description, where the event tells them."""
    named = (item.get("SellerSKU") for item in items)
    skus = list(dict.fromkeys(str(sku) for sku in named if sku and isinstance(sku, str | int)))
    units = sum(_units(item.get(quantity)) for item in items)
    details = [
        skus[0] if len(skus) == 1 else _plural(len(skus), "SKU") if skus else "",
        _plural(units, "unit") if units else "",
    ]
    told = ", ".join(detail for detail in details if detail)
    return f"{text} ({told})" if told else text


def _units(quantity: Any) -> int:
    """Read a number of units; 0 where it says none."""
    said = str(quantity)
    return int(said) if said.isdecimal() and len(said) <= _MOST_DIGITS else 0


def _item_total(item: Payload) -> Any:
    """Give what an item of an adjustment is worth; of some only the unit's amount is told."""
    total, each, units = item.get("TotalAmount"), item.get("PerUnitAmount"), item.get("Quantity")
    try:
        if not _units(units) or has_amount(total) or not has_amount(each):
            return total
    except UnreadableEvent:
        return total
    unit = sum_amounts(each)
    return {"CurrencyAmount": unit.amount * _units(units), "CurrencyCode": unit.currency}


_ADJUSTMENT_GROUPS: Final = (
    ({kind.casefold(): text for kind, text in REIMBURSEMENTS.items()}, ClaimType.REIMBURSEMENT),
    ({kind.casefold(): text for kind, text in FEE_CORRECTIONS.items()}, ClaimType.FEE),
)
_MOVEMENTS: Final = tuple(kind.casefold() for kind in MONEY_MOVEMENTS)


def _adjustment(payload: Payload) -> Reading | None:
    kind = str(payload.get("AdjustmentType") or "").strip()
    folded = kind.casefold()
    if any(folded == one or folded.startswith(one + "_") for one in _MOVEMENTS):
        return None
    unread: tuple[str, ...] = ()
    try:
        items = _objects(payload.get("AdjustmentItemList"), "AdjustmentItemList")
    except UnreadableEvent:
        items, unread = [], ("AdjustmentItemList",)
    money, unread_total = _total(
        "AdjustmentAmount", payload.get("AdjustmentAmount"), *map(_item_total, items)
    )
    if unread and not money.amount:
        raise UnreadableEvent("Its amount is 0, and its items cannot be read.")
    text, claim_type = f"Adjustment {kind}".strip(), ClaimType.OTHER
    for texts, group in _ADJUSTMENT_GROUPS:
        if folded in texts:
            text, claim_type = texts[folded], group
    if claim_type is ClaimType.REIMBURSEMENT and money.amount < 0:
        claim_type = ClaimType.REVERSAL
        if not folded.endswith(("clawback", "retraction_items")):
            text = f"Taken back: {text[0].lower()}{text[1:]}"
    return Reading(
        claim_type,
        money,
        _about(text, items),
        event_type=kind or None,
        unread=(*unread, *unread_total),
    )


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


def _order_event(claim_type: ClaimType, text: str) -> Callable[[Payload], Reading]:
    """Read lists of ShipmentEvents: the net of all charges, fees, withheld taxes, promotions and
    what the buyer was paid or paid directly.
    """

    def read(payload: Payload) -> Reading:
        items = [item for name in _ITEM_LISTS for item in _objects(payload.get(name), name)]
        parts = [payload.get(name) for name in _ORDER_MONEY]
        parts += [item.get(name) for item in items for name in _ITEM_MONEY]
        order_id = _text(payload, "AmazonOrderId")
        return Reading(
            claim_type,
            sum_amounts(*parts),
            _about(f"{text} {order_id or ''}".strip(), items, quantity="QuantityShipped"),
            order_id=order_id,
        )

    return read


def _service_fee(payload: Payload) -> Reading | None:
    fees = payload.get("FeeList")
    if not has_amount(fees):
        return None
    money = sum_amounts(fees)
    if money.amount <= 0:
        return None
    reason = _text(payload, "FeeReason") or _text(payload, "FeeDescription")
    text = f"Fee given back: {reason}" if reason else "Fee given back"
    return Reading(
        ClaimType.FEE,
        money,
        _about(text, [payload]),
        event_type=_text(payload, "FeeReason"),
        order_id=_text(payload, "AmazonOrderId"),
    )


def _safet(payload: Payload) -> Reading:
    claim, reason = _text(payload, "SAFETClaimId"), _text(payload, "ReasonCode")
    text = f"SAFE-T claim {claim}" if claim else "SAFE-T claim"
    items = payload.get("SAFETReimbursementItemList")
    money, unread = _total("ReimbursedAmount", payload.get("ReimbursedAmount"), items)
    return Reading(
        ClaimType.SAFET,
        money,
        f"{text}: {_words(reason)}" if reason else text,
        event_type=reason,
        unread=unread,
    )


def _rental(payload: Payload) -> Reading | None:
    kind = _text(payload, "RentalEventType")
    if kind not in RENTAL_REIMBURSEMENTS:
        return None
    return Reading(
        ClaimType.REIMBURSEMENT,
        sum_of(payload, "RentalReimbursement"),
        RENTAL_REIMBURSEMENTS[kind],
        event_type=kind,
        order_id=_text(payload, "AmazonOrderId"),
    )


def _retrocharge(payload: Payload) -> Reading | None:
    kind = _text(payload, "RetrochargeEventType")
    if kind != "RetrochargeReversal":
        return None
    return Reading(
        ClaimType.FEE,
        sum_of(payload, "BaseTax", "ShippingTax", "RetrochargeTaxWithheldList"),
        "Tax charged later, given back",
        event_type=kind,
        order_id=_text(payload, "AmazonOrderId"),
    )


def _ads(payload: Payload) -> Reading | None:
    kind = _text(payload, "transactionType") or ""
    if kind.casefold() != "refund":
        return None
    parts = (payload.get("baseValue"), payload.get("taxValue"))
    money, unread = _total("transactionValue", payload.get("transactionValue"), *parts)
    invoice = _text(payload, "invoiceId")
    text = "Advertising charge given back"
    return Reading(
        ClaimType.FEE,
        money,
        f"{text}: invoice {invoice}" if invoice else text,
        event_type=kind,
        unread=unread,
    )


def _charge_refund(payload: Payload) -> Reading:
    reason = _text(payload, "ReasonCodeDescription") or _words(_text(payload, "ReasonCode") or "")
    return Reading(
        ClaimType.FEE,
        sum_of(payload, "ChargeRefundTransactions"),
        f"Charge refunded: {reason}" if reason else "Charge refunded",
        event_type=_text(payload, "ReasonCode"),
    )


def _capacity(payload: Payload) -> Reading | None:
    billed = payload.get("TransactionAmount")
    if not has_amount(billed):
        return None
    money = sum_amounts(billed)
    if money.amount <= 0:
        return None
    text = _text(payload, "Description") or "Capacity reservation credit"
    return Reading(ClaimType.FEE, money, text, event_type=_text(payload, "TransactionType"))


def _liquidation(payload: Payload) -> Reading:
    order_id = _text(payload, "OriginalRemovalOrderId")
    return Reading(
        ClaimType.LIQUIDATION,
        sum_of(payload, "LiquidationProceedsAmount", "LiquidationFeeAmount"),
        f"Liquidation of removal order {order_id}" if order_id else "Liquidation of removed stock",
        order_id=order_id,
    )


def _single(
    claim_type: ClaimType,
    text: str,
    amount: str,
    *parts: str,
    order: str,
    kind: str = "",
) -> Callable[[Payload], Reading]:
    """Read lists whose events are one amount, or the sum of its parts, for one order."""

    def read(payload: Payload) -> Reading:
        money, unread = _total(amount, *map(payload.get, (amount, *parts)))
        return Reading(
            claim_type,
            money,
            text,
            event_type=_text(payload, kind) if kind else None,
            order_id=_text(payload, order),
            unread=unread,
        )

    return read


def _total(name: str, total: Any, *parts: Any) -> tuple[Money, tuple[str, ...]]:
    """Read a total, or the sum of its parts (`total_of`); also its name if it was unreadable."""
    unread = (name,) if total and not is_readable(total) else ()
    return total_of(total, *parts), unread


def _text(payload: Payload, name: str) -> str | None:
    value = payload.get(name)
    return None if value is None or value == "" else str(value)


def _words(code: str) -> str:
    """Spell a code such as RETURNS_NOT_RECEIVED as words."""
    return code.replace("_", " ").lower() if code.isupper() else code


RULES: Final[Mapping[str, Callable[[Payload], Reading | None]]] = {
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
