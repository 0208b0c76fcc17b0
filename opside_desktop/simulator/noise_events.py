"""Financial events that are no claims: sales, fees, advertising, money held back and let go."""

import random
from collections.abc import Iterator

from opside_desktop.simulator.catalogue import Product, base36
from opside_desktop.simulator.claim_events import Body, charge, fee, money
from opside_desktop.simulator.orders import Order, OrderLine
from opside_desktop.simulator.times import DAY, iso


def shipment_event(order: Order) -> Body:
    """The sale of what an order shipped: charges, fees, withheld tax and promotions per line."""
    return {
        "AmazonOrderId": order.order_id,
        "SellerOrderId": order.order_id,
        "MarketplaceName": order.marketplace.name,
        "PostedDate": iso(order.posted or order.updated),
        "ShipmentItemList": [_shipped(order, line) for line in order.lines if line.shipped],
    }


def _shipped(order: Order, line: OrderLine) -> Body:
    currency = order.marketplace.currency
    price = line.price * line.shipped // line.quantity
    charges = [
        charge("Principal", currency, price),
        charge("Tax", currency, line.tax),
        charge("ShippingCharge", currency, line.shipping),
        charge("ShippingTax", currency, line.shipping_tax),
    ]
    fees = [fee("Commission", currency, -round(price * 0.15))]
    if order.by_amazon:
        fulfilment = round(line.product.price * 0.11 * order.marketplace.exchange)
        fees.append(fee("FBAPerUnitFulfillmentFee", currency, -fulfilment * line.shipped))
    item: Body = {
        "SellerSKU": line.product.sku,
        "OrderItemId": line.item_id,
        "QuantityShipped": line.shipped,
        "ItemChargeList": charges,
        "ItemFeeList": fees,
    }
    if line.tax:
        item["ItemTaxWithheldList"] = [
            {
                "TaxCollectionModel": "MarketplaceFacilitator",
                "TaxesWithheld": [
                    charge("MarketplaceFacilitatorTax-Principal", currency, -line.tax)
                ],
            }
        ]
    if line.discount:
        item["PromotionList"] = [
            {
                "PromotionType": "PromotionMetaDataDefinitionValue",
                "PromotionId": "Save 10 % on your first order",
                "PromotionAmount": money(currency, -line.discount),
            }
        ]
    return item


def other_noise(
    rng: random.Random, products: list[Product], start: int, end: int
) -> Iterator[tuple[int, str, Body]]:
    """What passes through every seller's account from `start` to `end` (seconds of the epoch).

    Yields:
        Posting time, list name and wire form.
    """
    for day in range(0, (end - start) // DAY, 3):
        posted = start + day * DAY + int(rng.random() * DAY)
        spent = rng.randrange(2_000, 9_000)
        yield (
            posted,
            "ProductAdsPaymentEventList",
            {
                "postedDate": iso(posted),
                "transactionType": "charge",
                "invoiceId": base36(rng, 8) + "-1",
                "baseValue": money("USD", -spent),
                "taxValue": money("USD", 0),
                "transactionValue": money("USD", -spent),
            },
        )
        posted = start + day * DAY + int(rng.random() * DAY)
        yield (
            posted,
            "AdjustmentEventList",
            _plain_adjustment("PostageBilling_Postage", posted, -832),
        )
    for day in range(1, (end - start) // DAY, 14):
        posted = start + day * DAY + 7 * 3600
        held = rng.randrange(20_000, 90_000)
        yield posted, "AdjustmentEventList", _plain_adjustment("ReserveEvent", posted, -held)
        yield (
            posted + 900,
            "AdjustmentEventList",
            _plain_adjustment("ReserveEvent", posted + 900, held),
        )
    for day in range(5, (end - start) // DAY, 15):
        posted = start + day * DAY + int(rng.random() * DAY)
        product = products[int(rng.random() * len(products))]
        yield posted, "ServiceFeeEventList", _service_fee("Subscription", -3_999)
        yield (
            posted + 60,
            "ServiceFeeEventList",
            _service_fee("FBAStorageFee", -rng.randrange(900, 9_000))
            | {"SellerSKU": product.sku, "FnSKU": product.fnsku, "ASIN": product.asin},
        )
    posted = start + 20 * DAY + int(rng.random() * DAY)
    yield (
        posted,
        "CouponPaymentEventList",
        {
            "PostedDate": iso(posted),
            "CouponId": "coupon-" + base36(rng, 12).lower(),
            "SellerCouponDescription": "Save 5 % on kitchen – été",
            "ClipOrRedemptionCount": 14,
            "PaymentEventId": base36(rng, 16),
            "FeeComponent": fee("CouponRedemptionFee", "USD", -840),
            "ChargeComponent": charge("CouponRedemption", "USD", 0),
            "TotalAmount": money("USD", -840),
        },
    )
    posted = start + 33 * DAY + int(rng.random() * DAY)
    yield (
        posted,
        "SellerDealPaymentEventList",
        {
            "postedDate": iso(posted),
            "dealId": base36(rng, 10),
            "dealDescription": "Lightning deal",
            "eventType": "SellerDealComplete",
            "feeType": "RunLightningDealFee",
            "feeAmount": money("USD", -15_000),
            "taxAmount": money("USD", 0),
            "totalAmount": money("USD", -15_000),
        },
    )
    posted = start + 41 * DAY + int(rng.random() * DAY)
    yield (
        posted,
        "CapacityReservationBillingEventList",
        {
            "TransactionType": "FBACapacityReservationFee",
            "PostedDate": iso(posted),
            "Description": "Capacity reservation fee",
            "TransactionAmount": money("USD", -4_200),
        },
    )
    posted = start + 47 * DAY + int(rng.random() * DAY)
    yield (
        posted,
        "RetrochargeEventList",
        {
            "RetrochargeEventType": "Retrocharge",
            "PostedDate": iso(posted),
            "BaseTax": money("USD", -312),
            "ShippingTax": money("USD", 0),
            "MarketplaceName": "Amazon.com",
        },
    )
    posted = start + 52 * DAY + int(rng.random() * DAY)
    yield (
        posted,
        "LoanServicingEventList",
        {"LoanAmount": money("USD", -25_000), "SourceBusinessEventType": "LoanPayment"},
    )
    posted = start + 58 * DAY + int(rng.random() * DAY)
    yield (
        posted,
        "DebtRecoveryEventList",
        {"DebtRecoveryType": "DebtPayment", "RecoveryAmount": money("USD", -1_190)},
    )


def _plain_adjustment(kind: str, posted: int, hundredths: int) -> Body:
    return {
        "AdjustmentType": kind,
        "PostedDate": iso(posted),
        "AdjustmentAmount": money("USD", hundredths),
    }


def _service_fee(kind: str, hundredths: int) -> Body:
    return {"FeeList": [fee(kind, "USD", hundredths)]}
