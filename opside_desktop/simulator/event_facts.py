"""What a financial event says in numbers and names, whichever of Amazon's two interfaces tells it.

The classes are those into which both interfaces' words fall: v0's lists, and the types and
descriptions of transactions.
"""

from dataclasses import dataclass
from typing import Any, Final

import msgspec

from opside_desktop.simulator.events import Event
from opside_desktop.simulator.marketplaces import MARKETPLACES, US, Marketplace
from opside_desktop.simulator.orders import Order

CLASSES: Final = {
    "ShipmentEventList": "none",
    "RefundEventList": "refund",
    "GuaranteeClaimEventList": "guarantee",
    "ChargebackEventList": "chargeback",
    "AdjustmentEventList": "adjustment",
    "EBTRefundReimbursementOnlyEventList": "adjustment",
    "TDSReimbursementEventList": "adjustment",
    "RentalTransactionEventList": "adjustment",
    "SAFETReimbursementEventList": "safet",
    "FBALiquidationEventList": "liquidation",
    "ServiceFeeEventList": "fee",
    "ProductAdsPaymentEventList": "fee",
    "ChargeRefundEventList": "fee",
    "CapacityReservationBillingEventList": "fee",
    "SellerDealPaymentEventList": "fee",
    "CouponPaymentEventList": "fee",
    "AffordabilityExpenseReversalEventList": "fee",
    "RetrochargeEventList": "tax",
    "LoanServicingEventList": "none",
    "DebtRecoveryEventList": "none",
}
"""By list of v0."""

_TOTALS: Final = {
    "EBTRefundReimbursementOnlyEventList": ("Amount",),
    "TDSReimbursementEventList": ("ReimbursedAmount",),
    "RentalTransactionEventList": ("RentalReimbursement",),
    "SAFETReimbursementEventList": ("ReimbursedAmount",),
    "AdjustmentEventList": ("AdjustmentAmount",),
    "FBALiquidationEventList": ("LiquidationProceedsAmount", "LiquidationFeeAmount"),
    "ServiceFeeEventList": ("FeeList",),
    "ProductAdsPaymentEventList": ("transactionValue",),
    "ChargeRefundEventList": ("ChargeRefundTransactions",),
    "CapacityReservationBillingEventList": ("TransactionAmount",),
    "SellerDealPaymentEventList": ("totalAmount",),
    "CouponPaymentEventList": ("TotalAmount",),
    "AffordabilityExpenseReversalEventList": ("TotalExpense",),
    "RetrochargeEventList": ("BaseTax", "ShippingTax"),
    "LoanServicingEventList": ("LoanAmount",),
    "DebtRecoveryEventList": ("RecoveryAmount",),
}
"""The fields that make up an event's total; of shipments and refunds it is the whole body."""

_BY_NAME: Final = {marketplace.name: marketplace for marketplace in MARKETPLACES}


@dataclass(frozen=True, slots=True)
class Facts:
    """One event.

    Attributes:
        body: the wire form of v0, decoded.
        amount: the net total in hundredths, with the sign with which it reaches the seller.
        order_id: as transactions tell it, who know one of adjustments, too.
        sku: the only one; None if the event names none or several.
    """

    body: dict[str, Any]
    class_in_v0: str
    marketplace: Marketplace
    currency: str
    amount: int
    order_id: str | None
    sku: str | None


def facts_of(event: Event) -> Facts:
    """Read an event."""
    body: dict[str, Any] = msgspec.json.decode(event.encoded())
    names = _TOTALS.get(event.list_name)
    amounts = list(_amounts(body if names is None else [body[name] for name in names]))
    kind = str(body.get("AdjustmentType", ""))
    skus = {sku for item in (body, *items_of(body)) if (sku := item.get("SellerSKU"))}
    order_id = body.get("AmazonOrderId") or body.get("OrderId") or event.order_id
    return Facts(
        body=body,
        class_in_v0="none" if kind.startswith("Reserve") else CLASSES[event.list_name],
        marketplace=_marketplace(event, body),
        currency=amounts[0][0],
        amount=sum(amount for _, amount in amounts),
        order_id=order_id,
        sku=skus.pop() if len(skus) == 1 else None,
    )


def items_of(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The lines of a shipment, a refund or an adjustment."""
    for name in ("ShipmentItemList", "ShipmentItemAdjustmentList", "AdjustmentItemList"):
        if name in body:
            items: list[dict[str, Any]] = body[name]
            return items
    return []


def _marketplace(event: Event, body: dict[str, Any]) -> Marketplace:
    if isinstance(event.content, Order):
        return event.content.marketplace
    return _BY_NAME.get(body.get("MarketplaceName", ""), US)


def _amounts(value: Any) -> list[tuple[str, int]]:
    """Every amount inside a value, as currency and hundredths."""
    if isinstance(value, list):
        return [found for item in value for found in _amounts(item)]
    if not isinstance(value, dict):
        return []
    if "CurrencyAmount" in value:
        return [(value["CurrencyCode"], round(value["CurrencyAmount"] * 100))]
    return [found for item in value.values() for found in _amounts(item)]
