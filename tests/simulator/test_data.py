"""What the simulated seller is: counts, dates, states, and the same in every run."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

FIRST = datetime(2026, 9, 2, tzinfo=UTC)  # 75 days before the epoch
LAST = datetime(2026, 11, 13, tzinfo=UTC)  # 3 days before

REVERSALS = {
    "COMPENSATED_CLAWBACK",
    "MISSING_FROM_INBOUND_CLAWBACK",
    "PAYMENT_RETRACTION_ITEMS",
}
MONEY_MOVEMENTS = ("ReserveEvent", "PostageBilling")


def is_claim(list_name, event):
    """The contract's table of what a client keeps, told by Amazon's own words only."""
    if list_name == "AdjustmentEventList":
        return not event["AdjustmentType"].startswith(MONEY_MOVEMENTS)
    if list_name == "ServiceFeeEventList":
        return sum(fee["FeeAmount"]["CurrencyAmount"] for fee in event["FeeList"]) > 0
    if list_name == "RetrochargeEventList":
        return event["RetrochargeEventType"] == "RetrochargeReversal"
    if list_name == "ProductAdsPaymentEventList":
        return event["transactionType"] == "refund"
    if list_name == "CapacityReservationBillingEventList":
        return event["TransactionAmount"]["CurrencyAmount"] > 0
    return list_name in {
        "FBALiquidationEventList",
        "ChargeRefundEventList",
        "SAFETReimbursementEventList",
        "RefundEventList",
        "GuaranteeClaimEventList",
        "ChargebackEventList",
        "EBTRefundReimbursementOnlyEventList",
        "TDSReimbursementEventList",
        "RentalTransactionEventList",
        "AffordabilityExpenseReversalEventList",
    }


def dates(value):
    """Every date anywhere in a record."""
    if isinstance(value, dict):
        for item in value.values():
            yield from dates(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from dates(item)
    elif isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", value):
        yield datetime.fromisoformat(value)


@pytest.mark.parametrize(
    ("options", "claims", "skus", "orders"),
    [
        ({"scenario": "normal_week"}, 37, 150, 250),
        ({"scenario": "with_issues"}, 37, 150, 250),
        ({"scenario": "high_volume"}, 5_000, 5_000, 10_000),
        ({"orders": 3, "claims": 50, "skus": 7}, 50, 7, 3),
        ({"orders": 0, "claims": 0, "skus": 0}, 0, 0, 0),
    ],
)
async def test_a_scenario_holds_exactly_what_it_names(connect, options, claims, skus, orders):
    async with connect(**options) as api:
        told = [event for event in await api.scan("events") if is_claim(*event)]
        ledger = [event for event in await api.ledger() if event["claim"] and event["visible"]]
        deferred = sum(event["status"] == "DEFERRED" for event in ledger)
        money = await api.scan("transactions")
        stock = await api.scan("stock")
        old = await api.scan("orders")
        new = await api.scan("search")
    assert len(told) == len(ledger) - deferred
    joint = sum(
        len(one["items"]) - 1
        for one in money
        if one["transactionType"] == "Adjustment" and one["items"]
    )
    assert len(told) == claims + joint
    assert (deferred > 0) == (joint > 0) == (options.get("scenario") == "with_issues")
    assert len({row["sellerSku"] for row in stock}) == skus
    assert len({order["AmazonOrderId"] for order in old}) == orders
    assert {order["orderId"] for order in new} == {order["AmazonOrderId"] for order in old}


@pytest.mark.parametrize("scenario", ["normal_week", "with_issues"])
async def test_everything_happened_3_to_75_days_before_the_epoch(connect, scenario):
    async with connect(scenario=scenario) as api:
        everything = [await api.scan(name) for name in ("events", "stock", "orders", "search")] * 2
    moments = list(dates(everything))
    assert len(moments) > 2_000
    assert min(moments) >= FIRST
    assert max(moments) <= LAST


async def test_a_normal_week_shows_every_kind_of_claim(connect):
    async with connect() as api:
        events = [event for event in await api.scan("events") if is_claim(*event)]
    kinds = Counter(name for name, _ in events)
    assert kinds["RefundEventList"] == 6
    assert kinds["AdjustmentEventList"] == 18
    assert kinds["ServiceFeeEventList"] == 1
    assert set(kinds) >= {
        "FBALiquidationEventList",
        "ChargeRefundEventList",
        "SAFETReimbursementEventList",
        "GuaranteeClaimEventList",
        "ChargebackEventList",
        "RetrochargeEventList",
        "ProductAdsPaymentEventList",
        "CapacityReservationBillingEventList",
        "EBTRefundReimbursementOnlyEventList",
        "RentalTransactionEventList",
    }
    assert len({repr(event) for event in events}) == 37


async def test_reversals_take_money_back_and_reimbursements_bring_it(connect):
    async with connect(scenario="high_volume", orders=50, skus=50, claims=2_000) as api:
        events = await api.scan("events")
    for name, event in events:
        if name == "AdjustmentEventList" and is_claim(name, event):
            amount = event["AdjustmentAmount"]["CurrencyAmount"]
            kind = event["AdjustmentType"]
            assert (amount < 0) == (kind in REVERSALS | {"FBAStorageFeeAdjustment"}), kind
            for item in event.get("AdjustmentItemList", []):
                assert isinstance(item["Quantity"], str)
                assert item["TotalAmount"]["CurrencyAmount"] == amount


async def test_a_refund_is_the_sum_of_charges_fees_taxes_and_promotions(connect):
    async with connect(claims=2_000) as api:
        events = await api.scan("events")
    parts = set()
    for name, event in events:
        if name == "RefundEventList":
            for item in event["ShipmentItemAdjustmentList"]:
                parts.update(key for key, value in item.items() if isinstance(value, list))
                first = item["ItemChargeAdjustmentList"][0]
                assert first["ChargeType"] == "Principal"
                assert first["ChargeAmount"]["CurrencyAmount"] < 0
    assert parts == {
        "ItemChargeAdjustmentList",
        "ItemFeeAdjustmentList",
        "ItemTaxWithheldList",
        "PromotionAdjustmentList",
    }


async def test_orders_come_in_every_state_channel_and_currency(connect):
    async with connect() as api:
        orders = await api.scan("orders")
    assert {order["OrderStatus"] for order in orders} == {
        "Pending",
        "Unshipped",
        "PartiallyShipped",
        "Shipped",
        "Canceled",
        "Unfulfillable",
        "PendingAvailability",
    }
    assert {order["FulfillmentChannel"] for order in orders} == {"AFN", "MFN"}
    currencies = {
        (order["SalesChannel"], order["OrderTotal"]["CurrencyCode"])
        for order in orders
        if "OrderTotal" in order
    }
    assert currencies == {("Amazon.com", "USD"), ("Amazon.ca", "CAD"), ("Amazon.com.mx", "MXN")}
    for order in orders:
        priced = order["OrderStatus"] not in {"Pending", "PendingAvailability", "Canceled"}
        assert ("OrderTotal" in order) == priced
        assert order["PurchaseDate"] <= order["LastUpdateDate"]


async def test_skus_and_titles_are_as_awkward_as_real_ones(connect):
    async with connect() as plain, connect(scenario="with_issues") as awkward:
        stock = await plain.scan("stock")
        foreign = await awkward.scan("stock")
    skus = {row["sellerSku"] for row in stock}
    assert any("," in sku for sku in skus)
    assert any("/" in sku for sku in skus)
    assert any(" " in sku and "+" in sku and "%" in sku for sku in skus)
    assert any(not row["productName"].isascii() for row in stock)
    assert any(not row["sellerSku"].isascii() for row in foreign)


async def test_some_skus_lie_in_the_warehouse_in_two_conditions_and_some_never_moved(connect):
    async with connect() as api:
        stock = await api.scan("stock")
    conditions = Counter(row["sellerSku"] for row in stock)
    assert max(conditions.values()) >= 2
    assert len({(row["sellerSku"], row["fnSku"], row["condition"]) for row in stock}) == len(stock)
    assert any(row["lastUpdatedTime"] == "" for row in stock)
    for row in stock:
        details = row["inventoryDetails"]
        assert row["totalQuantity"] == (
            details["fulfillableQuantity"]
            + details["inboundWorkingQuantity"]
            + details["inboundShippedQuantity"]
            + details["inboundReceivingQuantity"]
            + details["reservedQuantity"]["totalReservedQuantity"]
            + details["researchingQuantity"]["totalResearchingQuantity"]
            + details["unfulfillableQuantity"]["totalUnfulfillableQuantity"]
        )


async def test_both_order_interfaces_tell_the_same(connect):
    async with connect() as api:
        old = {order["AmazonOrderId"]: order for order in await api.scan("orders")}
        new = await api.scan("search")
        for order in new:
            twin = old[order["orderId"]]
            placed = datetime.fromisoformat(order["createdTime"])
            assert order["createdTime"].endswith(".000Z")
            assert placed == datetime.fromisoformat(twin["PurchaseDate"])
            updated = datetime.fromisoformat(order["lastUpdatedTime"])
            assert updated == datetime.fromisoformat(twin["LastUpdateDate"])
            assert order["salesChannel"]["marketplaceId"] == twin["MarketplaceId"]
            total = order.get("proceeds", {}).get("grandTotal", {})
            assert total.get("amount") == twin.get("OrderTotal", {}).get("Amount")
            ordered = sum(item["quantityOrdered"] for item in order["orderItems"])
            shipped = sum(item["fulfillment"]["quantityFulfilled"] for item in order["orderItems"])
            assert shipped == twin["NumberOfItemsShipped"]
            assert ordered - shipped == twin["NumberOfItemsUnshipped"]
        some = new[:40]
        for order in some:
            answer = await api.get(f"/orders/v0/orders/{order['orderId']}/orderItems")
            items = answer.json()["payload"]["OrderItems"]
            assert [
                (item["OrderItemId"], item["SellerSKU"], item["ASIN"], item["Title"])
                for item in items
            ] == [
                (item["orderItemId"], *(item["product"][k] for k in ("sellerSku", "asin", "title")))
                for item in order["orderItems"][:20]
            ]
            for item, twin in zip(order["orderItems"], items, strict=False):
                price = next(
                    (
                        part["subtotal"]["amount"]
                        for part in item.get("proceeds", {}).get("breakdowns", [])
                        if part["type"] == "ITEM"
                    ),
                    None,
                )
                assert price == twin.get("ItemPrice", {}).get("Amount")


async def test_nothing_tells_who_the_buyer_is(connect):
    everything = "BUYER,RECIPIENT,PROCEEDS,EXPENSE,PROMOTION,CANCELLATION,FULFILLMENT,PACKAGES"
    async with connect() as api:
        texts = [
            (await api.orders()).text,
            (await api.search(includedData=everything)).text,
        ]
    for text in texts:
        for word in ("buyer@", "BuyerName", "BuyerEmail", "Address", "deliveryAddress", "phone"):
            assert word not in text


async def test_seed_and_epoch_decide_every_byte(connect, clock):
    async def everything(**options):
        clock.seconds = 1_795_435_200.0
        async with connect(**options) as api:
            return [
                (answer.content, answer.headers["x-amzn-requestid"], answer.headers["date"])
                for answer in (
                    await api.orders(),
                    await api.search(),
                    await api.stock(),
                    await api.events(),
                )
            ]

    first = await everything()
    assert await everything() == first
    assert all(a[0] != b[0] for a, b in zip(await everything(seed=2), first, strict=True))


async def test_without_an_epoch_all_lies_before_monday_of_last_week(connect):
    async with connect(epoch=None) as api:
        orders = await api.scan("orders")
    newest = max(datetime.fromisoformat(order["LastUpdateDate"]) for order in orders)
    assert LAST - timedelta(days=2) < newest <= LAST
