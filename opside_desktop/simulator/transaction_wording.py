"""How Finances 2024-06-19 words an event: type, description, identifiers, items and breakdowns."""

import base64
import hashlib
from collections.abc import Iterable
from typing import Any, Final

from opside_desktop.simulator.event_facts import Facts, facts_of, items_of
from opside_desktop.simulator.event_log import Entry, EventLog
from opside_desktop.simulator.events import Event
from opside_desktop.simulator.orders import Order
from opside_desktop.simulator.seller import Seller
from opside_desktop.simulator.times import DAY, iso

DEFERRED = "DEFERRED"
RELEASED = "RELEASED"
DEFERRED_RELEASED = "DEFERRED_RELEASED"

Wire = dict[str, Any]

_GROUP_DAYS: Final = 14
"""How long a settlement period is, which gathers events into a group."""

_ORDER_PAYMENT: Final = ("Shipment", "Order Payment")
_REFUND: Final = ("Refund", "Refund Order")
_TYPES: Final = {
    "ShipmentEventList": _ORDER_PAYMENT,
    "RefundEventList": _REFUND,
    "GuaranteeClaimEventList": ("GuaranteeClaim", "A-to-z Guarantee Claim"),
    "ChargebackEventList": ("Chargeback", "Chargeback Refund"),
    "EBTRefundReimbursementOnlyEventList": ("Adjustment", "EBTRefundReimbursementOnly"),
    "TDSReimbursementEventList": ("Adjustment", "TDSReimbursement"),
    "SAFETReimbursementEventList": ("SAFETReimbursement", "SAFE-T Reimbursement"),
    "FBALiquidationEventList": ("FBALiquidation", "Liquidations Brokerage"),
    "SellerDealPaymentEventList": ("SellerDealPayment", "Lightning Deal Fee"),
    "CouponPaymentEventList": ("CouponPayment", "Coupon Redemption Fee"),
    "AffordabilityExpenseReversalEventList": ("ServiceFee", "AffordabilityExpenseReversal"),
}
_TYPE_AND_FIELD: Final = {
    "AdjustmentEventList": ("Adjustment", "AdjustmentType"),
    "RentalTransactionEventList": ("Adjustment", "RentalEventType"),
    "ChargeRefundEventList": ("ServiceFee", "ReasonCode"),
    "CapacityReservationBillingEventList": ("ServiceFee", "TransactionType"),
    "RetrochargeEventList": ("Retrocharge", "RetrochargeEventType"),
    "LoanServicingEventList": ("Transfer", "SourceBusinessEventType"),
    "DebtRecoveryEventList": ("Transfer", "DebtRecoveryType"),
}
"""Types of which a field of v0 gives the description."""

_CHARGES: Final = ("ItemChargeList", "ItemChargeAdjustmentList")
_FEES: Final = ("ItemFeeList", "ItemFeeAdjustmentList", "FeeList")
_PROMOTIONS: Final = ("PromotionList", "PromotionAdjustmentList")


def transaction_of(
    seller: Seller, log: EventLog, entry: Entry, now: float, *, is_other: bool = False
) -> Wire:
    """Word what an entry of the list of transactions tells at that time (seconds of the epoch)."""
    parts = [facts_of(event) for event in log.parts_of(entry.event)]
    facts = parts[0]
    currency = facts.currency
    kind, description = type_of(seller, entry.event, facts)
    related = [_related(name, value) for name, value in _identifiers(seller, entry, facts, now)]
    wire: Wire = {
        "sellingPartnerMetadata": {
            "sellingPartnerId": _partner_id(seller, "other partner" if is_other else "partner"),
            "accountType": "Standard Orders",
            "marketplaceId": facts.marketplace.id,
        },
        "relatedIdentifiers": related,
        "transactionType": kind,
        "transactionId": transaction_id(seller, entry),
        "transactionStatus": status_of(entry, now),
        "description": description,
        "postedDate": iso(entry.posted),
        "totalAmount": _money(currency, sum(part.amount for part in parts)),
        "marketplaceDetails": {
            "marketplaceId": facts.marketplace.id,
            "marketplaceName": facts.marketplace.name,
        },
        "items": [item for part in parts for item in _items(entry.event, part)],
        "contexts": _contexts(entry),
    }
    sums = [_breakdowns(facts, _money_lines(part)) for part in parts]
    wire["breakdowns"] = sums[0] if len(sums) == 1 else _joined(currency, sums)
    return wire


def type_of(seller: Seller, event: Event, facts: Facts) -> tuple[str, str]:
    """Type and description of a transaction."""
    name = event.list_name
    if name == "GuaranteeClaimEventList" and seller.guarantees_are_refunds:
        return _REFUND
    if facts.class_in_v0 == "none" and name == "AdjustmentEventList":
        return "Reserve", str(facts.body["AdjustmentType"])
    if name == "ProductAdsPaymentEventList":
        return "ProductAdsPayment", str(facts.body["transactionType"])
    if name == "ServiceFeeEventList":
        reason = facts.body.get("FeeReason") or facts.body["FeeList"][0]["FeeType"]
        return "ServiceFee", str(reason)
    if name in _TYPE_AND_FIELD:
        kind, field = _TYPE_AND_FIELD[name]
        return kind, str(facts.body[field])
    return _TYPES[name]


def transaction_id(seller: Seller, entry: Entry) -> str:
    """The id of an entry's transaction, unlike any other of this seller."""
    return _id_of(seller, entry.key)


def status_of(entry: Entry, now: float) -> str:
    """The state of an entry's money at that time."""
    deferral = entry.event.deferral
    if deferral is None or entry.release:
        return RELEASED
    return DEFERRED if now < _released(entry.event) else DEFERRED_RELEASED


def group_id(seller: Seller, entry: Entry, now: float) -> str | None:
    """The settlement period that a transaction belongs to; none while its money is held back."""
    if status_of(entry, now) == DEFERRED:
        return None
    posted = entry.event.posted if entry.event.deferral is None else _released(entry.event)
    return _digest(f"{seller.seed}/group/{posted // (_GROUP_DAYS * DAY)}")[:22]


def _released(event: Event) -> int:
    matures = event.deferral.matures if event.deferral else event.posted
    return max(event.appears, matures)


def _identifiers(
    seller: Seller, entry: Entry, facts: Facts, now: float
) -> Iterable[tuple[str, str]]:
    event, kind = entry.event, entry.event.list_name
    if facts.order_id is not None:
        yield "ORDER_ID", facts.order_id
    if kind == "ShipmentEventList":
        yield "SHIPMENT_ID", _digest(f"{seller.seed}/shipment/{event.key}")[:12]
    elif kind == "RefundEventList":
        yield "REFUND_ID", _digest(f"{seller.seed}/refund/{event.key}")[:16]
    elif kind == "ProductAdsPaymentEventList":
        yield "INVOICE_ID", str(facts.body["invoiceId"])
    elif kind in ("LoanServicingEventList", "DebtRecoveryEventList"):
        yield "TRANSFER_ID", _digest(f"{seller.seed}/transfer/{event.key}")[:16]
    group = group_id(seller, entry, now)
    if group is not None:
        yield "FINANCIAL_EVENT_GROUP_ID", group
    if event.deferral is not None and event.deferral.copied:
        if entry.release:
            yield "DEFERRED_TRANSACTION_ID", _id_of(seller, event.key)
        elif status_of(entry, now) == DEFERRED_RELEASED:
            yield "RELEASE_TRANSACTION_ID", _id_of(seller, f"{event.key}r")


def _related(name: str, value: str) -> Wire:
    return {"relatedIdentifierName": name, "relatedIdentifierValue": value}


def _contexts(entry: Entry) -> list[Wire]:
    deferral = entry.event.deferral
    if deferral is None or entry.release:
        return []
    return [
        {
            "contextType": "DeferredContext",
            "deferralReason": deferral.reason,
            "maturityDate": iso(deferral.matures),
        }
    ]


def _items(event: Event, facts: Facts) -> list[Wire]:
    lines = items_of(facts.body)
    if lines:
        return [_item(event, facts, line) for line in lines]
    if facts.sku is None:
        return []
    return [_item(event, facts, facts.body)]  # a service fee is its own line


def _item(event: Event, facts: Facts, line: Wire) -> Wire:
    product: Wire = {"contextType": "ProductContext"}
    asin = line.get("ASIN") or _asin(event, str(line.get("SellerSKU", "")))
    if asin:
        product["asin"] = asin
    product["sku"] = line["SellerSKU"]
    quantity = line.get("Quantity", line.get("QuantityShipped"))
    if quantity is not None:
        product["quantityShipped"] = int(quantity)
    by_amazon = not isinstance(event.content, Order) or event.content.by_amazon
    product["fulfillmentNetwork"] = "AFN" if by_amazon else "MFN"
    lines = _money_lines_of(line)
    related = [
        {"itemRelatedIdentifierName": name, "itemRelatedIdentifierValue": line[field]}
        for name, field in (
            ("ORDER_ADJUSTMENT_ITEM_ID", "OrderAdjustmentItemId"),
            ("TRANSACTION_ID", "TransactionNumber"),
        )
        if field in line
    ]
    return {
        "description": line.get("ProductDescription", line["SellerSKU"]),
        "relatedIdentifiers": related,
        "totalAmount": _money(facts.currency, sum(amount for _, _, amount in lines)),
        "contexts": [product],
        "breakdowns": _breakdowns(facts, lines),
    }


def _asin(event: Event, sku: str) -> str | None:
    if isinstance(event.content, Order):
        return next(
            (line.product.asin for line in event.content.lines if line.product.sku == sku), None
        )
    return None


Line = tuple[str, str, int]
"""Branch (`Sales` or `Expenses`), kind and hundredths."""


def _money_lines(facts: Facts) -> list[Line]:
    lines = [line for item in items_of(facts.body) for line in _money_lines_of(item)]
    if not lines and "FeeList" in facts.body:
        lines = _money_lines_of(facts.body)
    return lines or [("Sales", "Principal", facts.amount)]


def _money_lines_of(item: Wire) -> list[Line]:
    if "TotalAmount" in item:
        return [("Sales", "Principal", _hundredths(item["TotalAmount"]))]
    lines: list[Line] = []
    charges = [charge for name in _CHARGES for charge in item.get(name, ())]
    for withheld in item.get("ItemTaxWithheldList", ()):
        charges += withheld["TaxesWithheld"]
    lines += [
        ("Sales", charge["ChargeType"], _hundredths(charge["ChargeAmount"])) for charge in charges
    ]
    for name in _PROMOTIONS:
        for promotion in item.get(name, ()):
            amount = _hundredths(promotion["PromotionAmount"])
            lines.append(("Sales", "PromotionalRebates", amount))
    fees = [fee for name in _FEES for fee in item.get(name, ())]
    return [*lines, *(("Expenses", fee["FeeType"], _hundredths(fee["FeeAmount"])) for fee in fees)]


_SALES: Final = {"Principal": "ProductCharges", "ShippingCharge": "Shipping"}


def _breakdowns(facts: Facts, lines: list[Line]) -> list[Wire]:
    """Sales and expenses, each with its parts; of a refund both have names of their own."""
    refund = "ShipmentItemAdjustmentList" in facts.body
    names = {"Sales": "Refund Sales", "Expenses": "RefundExpenses"} if refund else {}
    branches: list[Wire] = []
    for branch in ("Sales", "Expenses"):
        amounts: dict[str, int] = {}
        for found, kind, amount in lines:
            if found == branch:
                name = _SALES.get(kind, kind)
                amounts[name] = amounts.get(name, 0) + amount
        if not amounts:
            continue
        leaves = [_node(facts.currency, name, amount) for name, amount in amounts.items()]
        total = sum(amounts.values())
        if branch == "Expenses":
            for leaf in leaves:
                base = {"breakdownType": "Base", "breakdownAmount": leaf["breakdownAmount"]}
                leaf["breakdowns"] = [base | {"breakdowns": []}]
            leaves = [_node(facts.currency, "AmazonFees", total) | {"breakdowns": leaves}]
        name = names.get(branch, branch)
        branches.append(_node(facts.currency, name, total) | {"breakdowns": leaves})
    return branches


def _joined(currency: str, sums: list[list[Wire]]) -> list[Wire]:
    total = sum(_hundredths_2024(node["breakdownAmount"]) for nodes in sums for node in nodes)
    leaf = _node(currency, "ProductCharges", total)
    return [_node(currency, "Sales", total) | {"breakdowns": [leaf]}]


def _node(currency: str, kind: str, hundredths: int) -> Wire:
    amount = _money(currency, hundredths)
    return {"breakdownType": kind, "breakdownAmount": amount, "breakdowns": []}


def _money(currency: str, hundredths: int) -> Wire:
    return {"currencyCode": currency, "currencyAmount": hundredths / 100}


def _hundredths(amount: Wire) -> int:
    return round(float(amount["CurrencyAmount"]) * 100)


def _hundredths_2024(amount: Wire) -> int:
    return round(float(amount["currencyAmount"]) * 100)


def _partner_id(seller: Seller, who: str) -> str:
    return "A" + _digest(f"{seller.seed}/{who}")[:13].upper().replace("-", "X").replace("_", "Y")


def _id_of(seller: Seller, key: str) -> str:
    return _digest(f"{seller.seed}/transaction/{key}")


def _digest(text: str) -> str:
    """43 letters, digits, hyphens and underscores, as Amazon's ids are made of."""
    digest = hashlib.blake2b(text.encode(), digest_size=32).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
