"""Financial events that move money between Amazon and the seller beside plain sales.

One function per kind of event; each returns the list it belongs to and its wire form. Shapes are
those of Finances v0; amounts carry the sign with which they reach the seller's account.
"""

import random
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from opside_desktop.simulator.catalogue import Product, base36
from opside_desktop.simulator.marketplaces import US
from opside_desktop.simulator.orders import Order
from opside_desktop.simulator.times import iso

Body = dict[str, Any]


def money(currency: str, hundredths: int) -> Body:
    """Finances v0's `Currency`: the amount is a JSON number."""
    return {"CurrencyCode": currency, "CurrencyAmount": hundredths / 100}


def charge(kind: str, currency: str, hundredths: int) -> Body:
    """A `ChargeComponent`."""
    return {"ChargeType": kind, "ChargeAmount": money(currency, hundredths)}


def fee(kind: str, currency: str, hundredths: int) -> Body:
    """A `FeeComponent`."""
    return {"FeeType": kind, "FeeAmount": money(currency, hundredths)}


@dataclass(slots=True)
class Source:
    """What events are made of.

    Attributes:
        rng: decides amounts and ids.
        products: never empty.
        sales: the shipped orders, by posting time.
        older_sale: invents an order from before the time that any list shows.
    """

    rng: random.Random
    products: list[Product]
    sales: list[Order]
    older_sale: Callable[[], Order]
    _used: set[str] = field(default_factory=set)

    def product(self) -> Product:
        """Any product."""
        return self.products[int(self.rng.random() * len(self.products))]

    def digits(self, length: int) -> str:
        """A number of that many digits, as text."""
        return str(self.rng.randrange(10 ** (length - 1), 10**length))

    def sale_before(self, posted: int, *, american: bool = False) -> Order:
        """A sale from before that second, each only once; when they run out, one from long ago.

        Args:
            posted: seconds of the epoch.
            american: only a sale in the United States, for events that exist nowhere else.
        """
        until = bisect_left(self.sales, posted, key=lambda order: order.posted or 0)
        for _ in range(8 if until else 0):
            order = self.sales[int(self.rng.random() * until)]
            if order.order_id not in self._used and (order.marketplace is US or not american):
                self._used.add(order.order_id)
                return order
        return self.older_sale()


Builder = Callable[[Source, int], tuple[str, Body]]


def adjustment(kind: str, sign: int, *, items: bool = True, share: float = 0.6) -> Builder:
    """Events of the AdjustmentEventList: a few units of one product, `share` of its price each."""

    def build(source: Source, posted: int) -> tuple[str, Body]:
        product = source.product()
        quantity = (1, 1, 1, 2, 3)[int(source.rng.random() * 5)]
        each = sign * max(1, round(product.price * share * (0.8 + 0.4 * source.rng.random())))
        body: Body = {
            "AdjustmentType": kind,
            "PostedDate": iso(posted),
            "AdjustmentAmount": money("USD", each * quantity),
        }
        if items:
            item = {
                "Quantity": str(quantity),
                "PerUnitAmount": money("USD", each),
                "TotalAmount": money("USD", each * quantity),
                "SellerSKU": product.sku,
                "FnSKU": product.fnsku,
                "ProductDescription": product.title,
                "ASIN": product.asin,
            }
            if source.rng.random() < 0.5:
                item["TransactionNumber"] = source.digits(10)
            body["AdjustmentItemList"] = [item]
        return "AdjustmentEventList", body

    return build


def order_adjustment(list_name: str, sign: int, *, commission: bool) -> Builder:
    """Refunds, guarantee claims and chargebacks: the money is in the lines and has to be summed."""

    def build(source: Source, posted: int) -> tuple[str, Body]:
        order = source.sale_before(posted)
        currency = order.marketplace.currency
        items: list[Body] = []
        for line in order.lines[: 1 if source.rng.random() < 0.7 else 3]:
            price, tax = line.price, line.tax
            charges = [charge("Principal", currency, sign * price)]
            if tax:
                charges.append(charge("Tax", currency, sign * tax))
            if line.shipping:
                charges.append(charge("ShippingCharge", currency, sign * line.shipping))
            item: Body = {
                "SellerSKU": line.product.sku,
                "OrderAdjustmentItemId": source.digits(14),
                "QuantityShipped": max(1, line.shipped),
                "ItemChargeAdjustmentList": charges,
            }
            if commission:
                referral = round(price * 0.15)
                item["ItemFeeAdjustmentList"] = [
                    fee("Commission", currency, -sign * referral),
                    fee("RefundCommission", currency, sign * min(500, round(referral * 0.2))),
                ]
            if tax:
                item["ItemTaxWithheldList"] = [
                    {
                        "TaxCollectionModel": "MarketplaceFacilitator",
                        "TaxesWithheld": [
                            charge("MarketplaceFacilitatorTax-Principal", currency, -sign * tax)
                        ],
                    }
                ]
            if line.discount:
                item["PromotionAdjustmentList"] = [
                    {
                        "PromotionType": "PromotionMetaDataDefinitionValue",
                        "PromotionId": "Save 10 % on your first order",
                        "PromotionAmount": money(currency, -sign * line.discount),
                    }
                ]
            items.append(item)
        return list_name, {
            "AmazonOrderId": order.order_id,
            "SellerOrderId": order.order_id,
            "MarketplaceName": order.marketplace.name,
            "PostedDate": iso(posted),
            "ShipmentItemAdjustmentList": items,
        }

    return build


def liquidation(source: Source, posted: int) -> tuple[str, Body]:
    """Removed stock sold to liquidators."""
    proceeds = source.rng.randrange(1_500, 25_000)
    return "FBALiquidationEventList", {
        "PostedDate": iso(posted),
        "OriginalRemovalOrderId": base36(source.rng, 10),
        "LiquidationProceedsAmount": money("USD", proceeds),
        "LiquidationFeeAmount": money("USD", -round(proceeds * 0.15) - 35),
    }


def safet(source: Source, posted: int) -> tuple[str, Body]:
    """A claim of the seller against a refund that Amazon gave in error."""
    product = source.product()
    return "SAFETReimbursementEventList", {
        "PostedDate": iso(posted),
        "SAFETClaimId": f"{source.digits(5)}-{source.digits(5)}-{source.digits(7)}",
        "ReimbursedAmount": money("USD", product.price),
        "ReasonCode": "RETURNS_NOT_RECEIVED",
        "SAFETReimbursementItemList": [
            {
                "itemChargeList": [charge("SAFE-TReimbursement", "USD", product.price)],
                "productDescription": product.title,
                "quantity": "1",
            }
        ],
    }


def charge_refund(source: Source, posted: int) -> tuple[str, Body]:
    """A charge of Amazon's that Amazon takes back."""
    return "ChargeRefundEventList", {
        "PostedDate": iso(posted),
        "ReasonCode": "SubscriptionFeeCorrection",
        "ReasonCodeDescription": "Correction of the selling plan fee",
        "ChargeRefundTransactions": [
            {
                "ChargeAmount": money("USD", source.rng.randrange(500, 3_999)),
                "ChargeType": "SubscriptionFeeCorrection",
            }
        ],
    }


def service_fee_credit(source: Source, posted: int) -> tuple[str, Body]:
    """A service fee with money in: this list carries no date."""
    product = source.product()
    refund = source.rng.randrange(150, 1_900)
    return "ServiceFeeEventList", {
        "AmazonOrderId": source.sale_before(posted, american=True).order_id,
        "FeeReason": "FBA fee reimbursement",
        "FeeList": [
            fee("FBAPerUnitFulfillmentFee", "USD", refund),
            fee("FBATransportationFee", "USD", -20),
        ],
        "SellerSKU": product.sku,
        "FnSKU": product.fnsku,
        "ASIN": product.asin,
    }


def retrocharge_reversal(source: Source, posted: int) -> tuple[str, Body]:
    """Tax that was charged later and is given back."""
    order = source.sale_before(posted)
    currency = order.marketplace.currency
    return "RetrochargeEventList", {
        "RetrochargeEventType": "RetrochargeReversal",
        "AmazonOrderId": order.order_id,
        "PostedDate": iso(posted),
        "BaseTax": money(currency, source.rng.randrange(40, 900)),
        "ShippingTax": money(currency, source.rng.randrange(0, 60)),
        "MarketplaceName": order.marketplace.name,
    }


def ads_refund(source: Source, posted: int) -> tuple[str, Body]:
    """Advertising money given back; this list writes its keys in lower camel case."""
    base = source.rng.randrange(300, 4_000)
    return "ProductAdsPaymentEventList", {
        "postedDate": iso(posted),
        "transactionType": "refund",
        "invoiceId": base36(source.rng, 8) + "-1",
        "baseValue": money("USD", base),
        "taxValue": money("USD", 0),
        "transactionValue": money("USD", base),
    }


def capacity_credit(source: Source, posted: int) -> tuple[str, Body]:
    """A performance credit for reserved storage."""
    return "CapacityReservationBillingEventList", {
        "TransactionType": "FBACapacityReservationPerformanceCredit",
        "PostedDate": iso(posted),
        "Description": "Capacity reservation performance credit",
        "TransactionAmount": money("USD", source.rng.randrange(800, 9_000)),
    }


def ebt_refund(source: Source, posted: int) -> tuple[str, Body]:
    """Food benefit payments made good to the seller."""
    return "EBTRefundReimbursementOnlyEventList", {
        "OrderId": source.sale_before(posted, american=True).order_id,
        "PostedDate": iso(posted),
        "Amount": money("USD", source.rng.randrange(300, 2_500)),
    }


def rental_reimbursement(source: Source, posted: int) -> tuple[str, Body]:
    """A rented item that never came back."""
    order = source.sale_before(posted, american=True)
    return "RentalTransactionEventList", {
        "AmazonOrderId": order.order_id,
        "RentalEventType": "RentalLostItemReimbursement",
        "PostedDate": iso(posted),
        "MarketplaceName": US.name,
        "RentalInitialValue": money("USD", 8_999),
        "RentalReimbursement": money("USD", source.rng.randrange(2_000, 8_999)),
    }


def tds_reimbursement(source: Source, posted: int) -> tuple[str, Body]:
    """Tax deducted at source that is paid back."""
    return "TDSReimbursementEventList", {
        "PostedDate": iso(posted),
        "TDSOrderId": source.digits(12),
        "ReimbursedAmount": money("USD", source.rng.randrange(100, 1_500)),
    }


def affordability_reversal(source: Source, posted: int) -> tuple[str, Body]:
    """The seller's share of an instalment plan, given back after a return."""
    order = source.sale_before(posted, american=True)
    base = source.rng.randrange(100, 900)
    return "AffordabilityExpenseReversalEventList", {
        "AmazonOrderId": order.order_id,
        "PostedDate": iso(posted),
        "MarketplaceId": order.marketplace.id,
        "TransactionType": "Refund",
        "BaseExpense": money("USD", base),
        # The only fields of events that the model requires; they are taxes of India.
        "TaxTypeCGST": money("USD", 0),
        "TaxTypeSGST": money("USD", 0),
        "TaxTypeIGST": money("USD", 0),
        "TotalExpense": money("USD", base),
    }


BUILDERS: dict[str, Builder] = {
    name: adjustment(name, +1)
    for name in (
        "WAREHOUSE_LOST",
        "WAREHOUSE_LOST_MANUAL",
        "WAREHOUSE_DAMAGE",
        "WAREHOUSE_DAMAGE_EXCEPTION",
        "FBAInventoryReimbursement",
        "MISSING_FROM_INBOUND",
        "INBOUND_CARRIER_DAMAGE",
        "REMOVAL_ORDER_LOST",
        "MULTICHANNEL_ORDER_LOST",
        "REVERSAL_REIMBURSEMENT",
        "FREE_REPLACEMENT_REFUND_ITEMS",
        "CS_ERROR_ITEMS",
        "CUSTOMER_RETURN",
        "RE_EVALUATION",
    )
} | {
    "CS_ERROR_NON_ITEMIZED": adjustment("CS_ERROR_NON_ITEMIZED", +1, items=False),
    "COMPENSATED_CLAWBACK": adjustment("COMPENSATED_CLAWBACK", -1),
    "MISSING_FROM_INBOUND_CLAWBACK": adjustment("MISSING_FROM_INBOUND_CLAWBACK", -1),
    "PAYMENT_RETRACTION_ITEMS": adjustment("PAYMENT_RETRACTION_ITEMS", -1),
    "INCORRECT_FEES_ITEMS": adjustment("INCORRECT_FEES_ITEMS", +1, share=0.08),
    "FBAPerUnitFulfillmentFee": adjustment("FBAPerUnitFulfillmentFee", +1, share=0.03),
    "FBAStorageFeeAdjustment": adjustment("FBAStorageFeeAdjustment", -1, items=False, share=0.05),
    "BrandLaunchBonus": adjustment("BrandLaunchBonus", +1, items=False, share=2.5),
    "refund": order_adjustment("RefundEventList", -1, commission=True),
    "guarantee_claim": order_adjustment("GuaranteeClaimEventList", -1, commission=True),
    "guarantee_claim_won": order_adjustment("GuaranteeClaimEventList", +1, commission=False),
    "chargeback": order_adjustment("ChargebackEventList", -1, commission=False),
    "liquidation": liquidation,
    "safet": safet,
    "charge_refund": charge_refund,
    "service_fee_credit": service_fee_credit,
    "retrocharge_reversal": retrocharge_reversal,
    "ads_refund": ads_refund,
    "capacity_credit": capacity_credit,
    "ebt_refund": ebt_refund,
    "rental_reimbursement": rental_reimbursement,
    "tds_reimbursement": tds_reimbursement,
    "affordability_reversal": affordability_reversal,
}
"""Every kind of event that a claim can come from, by a name of ours or its AdjustmentType."""
