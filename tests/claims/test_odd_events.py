"""Events of which something is odd: what they are worth all the same, and what they are called."""

from datetime import date
from decimal import Decimal

import pytest

from opside_desktop.claims.classify import find_claim
from opside_desktop.domain.records import Skipped
from tests.claims.events import adjustment, charge, event, order_event, rows_of, usd

POSTED = "2026-10-01T10:00:00Z"


def test_a_skipped_event_is_named_by_what_a_person_finds_it_by_at_amazon():
    raw = order_event("RefundEventList", "-30", commission="4")
    raw.payload["ShipmentItemAdjustmentList"][0]["ItemFeeAdjustmentList"] = [
        {"FeeType": "Commission", "FeeAmount": {"CurrencyCode": "USD", "CurrencyAmount": "lots"}}
    ]
    assert find_claim(raw).record == (
        "RefundEventList 111-2222222-3333333 (SKU MUG-RED, -30 USD, 2026-10-01T10:00:00Z)"
    )


def test_a_name_leaves_out_what_is_odd_and_cuts_what_is_endless():
    raw = order_event("RefundEventList", "-30", posted={})
    raw.payload["AmazonOrderId"] = "1" * 500
    raw.payload["ShipmentItemAdjustmentList"][0]["SellerSKU"] = ["MUG"]
    raw.payload["OrderChargeList"] = [charge("Tax", "1E+9999999")]
    assert find_claim(raw).record == f"RefundEventList {'1' * 40} (-30 USD)"


@pytest.mark.parametrize(
    ("raw", "unread"),
    [
        (adjustment("WAREHOUSE_LOST", "1", posted="yesterday"), "PostedDate"),
        (adjustment("WAREHOUSE_LOST", "1", posted={}), "PostedDate"),
        (adjustment("WAREHOUSE_LOST", "1", posted=["2026-10-01"]), "PostedDate"),
        (adjustment("WAREHOUSE_LOST", "1", posted="0001-01-01T00:00:00+14:00"), "PostedDate"),
        (adjustment("WAREHOUSE_LOST", "1", posted="9999-12-31T23:59:59-12:00"), "PostedDate"),
        (adjustment("WAREHOUSE_LOST", "1", AdjustmentItemList="nonsense"), "AdjustmentItemList"),
        (adjustment("WAREHOUSE_LOST", "1", AdjustmentItemList=[7]), "AdjustmentItemList"),
        (adjustment("WAREHOUSE_LOST", "1", StoreName={"of": "tomorrow"}), "StoreName"),
    ],
)
def test_a_secondary_field_that_cannot_be_read_costs_nothing_else(raw, unread):
    found = find_claim(raw)
    assert (found.money.amount, found.type) == (Decimal(1), "adjustment_reimbursement")
    assert found.unread == (unread,)
    assert rows_of(raw)[0].payload == raw.payload


def test_an_odd_name_of_an_item_is_left_out_of_the_description():
    raw = order_event("RefundEventList", "-30")
    raw.payload["ShipmentItemAdjustmentList"][0]["SellerSKU"] = {"of": "tomorrow"}
    found = find_claim(raw)
    assert found.description == "Refund of order 111-2222222-3333333 (1 unit)"
    assert found.money.amount == Decimal(-30)


def test_an_amount_that_nobody_adds_up_may_be_anything():
    odd = {"CurrencyCode": "USD", "CurrencyAmount": "many"}
    endless = Decimal("1E+9999999")
    items = [{"PerUnitAmount": odd, "TotalAmount": odd, "Quantity": endless}]
    found = find_claim(adjustment("WAREHOUSE_LOST", "7.50", AdjustmentItemList=items))
    assert (found.money.amount, found.unread) == (Decimal("7.50"), ())


def test_a_claim_whose_date_cannot_be_read_is_kept_under_the_day_it_came_in():
    odd = adjustment("WAREHOUSE_LOST", "1", posted="N/A")
    row, claim = rows_of(odd, day=date(2026, 10, 1))
    assert (row.day, claim.created_at, claim.amount) == (date(2026, 10, 1), None, 1)
    other, _ = rows_of(odd, day=date(2026, 11, 5))
    assert row.event_key != other.event_key


def test_a_direct_payment_belongs_to_the_sum_of_its_refund():
    for event_list in ("RefundEventList", "GuaranteeClaimEventList", "ChargebackEventList"):
        raw = order_event(event_list, "-30")
        raw.payload["DirectPaymentList"] = [
            {"DirectPaymentType": "StoredValueCardRevenue", "DirectPaymentAmount": usd("12.50")},
            {"DirectPaymentType": "PrivateLabelCreditCardRefund", "DirectPaymentAmount": usd("10")},
        ]
        assert find_claim(raw).money.amount == Decimal("-7.50")


@pytest.mark.parametrize(
    "nothing",
    [
        {"CurrencyAmount": 0},
        {"CurrencyAmount": Decimal("0.00"), "CurrencyCode": None},
        {"CurrencyAmount": "0.00", "CurrencyCode": ""},
        usd("0.00", "CAD"),
        usd("-0", "EUR"),
    ],
)
def test_parts_of_nothing_need_no_currency_and_may_be_in_another(nothing):
    raw = order_event("RefundEventList", "-30")
    item = raw.payload["ShipmentItemAdjustmentList"][0]
    for parts in (["nothing", "some"], ["some", "nothing"]):
        amount = {"nothing": nothing, "some": usd("-30")}
        item["ItemChargeAdjustmentList"] = [{"ChargeAmount": amount[part]} for part in parts]
        item["ItemFeeAdjustmentList"] = [{"FeeAmount": nothing}]
        money = find_claim(raw).money
        assert (money.amount, money.currency) == (Decimal(-30), "USD")


def test_parts_that_are_all_of_nothing_are_a_claim_of_nothing():
    found = find_claim(order_event("RefundEventList", "0.00"))
    assert (found.money.amount, found.money.currency) == (0, "USD")


@pytest.mark.parametrize("total", [usd("0"), usd("0.00", "CAD"), {"CurrencyAmount": 0}, {}, None])
@pytest.mark.parametrize(
    ("event_list", "name", "parts"),
    [
        ("AdjustmentEventList", "AdjustmentAmount",
         {"AdjustmentItemList": [{"TotalAmount": usd("5")}, {"TotalAmount": usd("2.50")}]}),
        ("SAFETReimbursementEventList", "ReimbursedAmount",
         {"SAFETReimbursementItemList": [{"itemChargeList": [charge("Principal", "7.50")]}]}),
        ("ProductAdsPaymentEventList", "transactionValue",
         {"transactionType": "Refund", "baseValue": usd("7"), "taxValue": usd("0.50")}),
        ("AffordabilityExpenseReversalEventList", "TotalExpense",
         {"BaseExpense": usd("7"), "TaxTypeCGST": usd("0.25"), "TaxTypeSGST": usd("0.25")}),
    ],
)  # fmt: skip
def test_a_total_of_nothing_beside_parts_of_something_is_no_total(event_list, name, parts, total):
    found = find_claim(event(event_list, PostedDate=POSTED, **parts, **{name: total}))
    assert (found.money.amount, found.money.currency) == (Decimal("7.50"), "USD")
    assert found.unread == ()


def test_a_total_that_cannot_be_read_is_added_up_from_its_parts_and_named():
    total = {"CurrencyCode": "USD", "CurrencyAmount": "n/a"}
    items = [{"TotalAmount": usd("7.50")}]
    raw = event("AdjustmentEventList", AdjustmentAmount=total, AdjustmentItemList=items)
    found = find_claim(raw)
    assert (found.money.amount, found.unread) == (Decimal("7.50"), ("AdjustmentAmount",))


@pytest.mark.parametrize("total", [usd("0"), None])
@pytest.mark.parametrize(
    "item",
    [
        {"Quantity": "3", "PerUnitAmount": usd("2.50")},
        {"Quantity": 3, "PerUnitAmount": usd("2.50"), "TotalAmount": None},
        {"Quantity": "3", "PerUnitAmount": usd("2.50"), "TotalAmount": usd("0", "CAD")},
        {"Quantity": "3", "PerUnitAmount": usd("9"), "TotalAmount": usd("7.50")},
        {"Quantity": "9" * 5000, "PerUnitAmount": usd("9"), "TotalAmount": usd("7.50")},
    ],
)
def test_an_item_of_which_only_the_units_amount_is_told(total, item):
    raw = event("AdjustmentEventList", AdjustmentAmount=total, AdjustmentItemList=[None, item])
    found = find_claim(raw)
    assert (found.money.amount, found.unread) == (Decimal("7.50"), ())


@pytest.mark.parametrize(
    "items",
    [
        "nonsense",
        [7],
        {"TotalAmount": usd("7.50")},
        [{"TotalAmount": {"CurrencyCode": "USD", "CurrencyAmount": "7,50"}}],
        [{"TotalAmount": {"CurrencyAmount": Decimal("7.50")}}],
        [{"TotalAmount": {"CurrencyCode": ["USD"], "CurrencyAmount": Decimal("7.50")}}],
        [{"TotalAmount": Decimal("7.50")}],
        [{"TotalAmount": usd("5")}, {"TotalAmount": usd("2.50", "CAD")}],
    ],
)
def test_a_total_of_nothing_beside_items_that_cannot_be_read_is_no_claim_of_nothing(items):
    found = find_claim(adjustment("WAREHOUSE_LOST", "0.00", AdjustmentItemList=items))
    assert isinstance(found, Skipped)
    assert found.record.startswith("AdjustmentEventList WAREHOUSE_LOST (")


@pytest.mark.parametrize("payment", [Decimal(30), "30.00 USD", [usd("30"), "30"]])
def test_a_part_of_a_refund_that_is_no_amount_is_not_left_out_of_its_sum(payment):
    raw = order_event("RefundEventList", "-30")
    raw.payload["DirectPaymentList"] = [{"DirectPaymentAmount": payment}]
    assert isinstance(find_claim(raw), Skipped)


def test_what_stands_beside_the_amounts_of_a_refund_may_be_anything():
    raw = order_event("RefundEventList", "-30")
    [item] = raw.payload["ShipmentItemAdjustmentList"]
    promotion = {"PromotionId": {"of": ["tomorrow"]}, "PromotionAmount": usd("1")}
    item["PromotionAdjustmentList"] = [promotion, None]
    item["ItemChargeAdjustmentList"][0]["ChargeType"] = usd("5")
    raw.payload["ShipmentItemAdjustmentList"].append(None)
    assert find_claim(raw).money.amount == Decimal(-29)


@pytest.mark.parametrize("amount", [None, {}, {"CurrencyAmount": 0}, {"CurrencyAmount": "0.00"}])
def test_a_service_fee_of_nothing_is_no_claim(amount):
    assert find_claim(event("ServiceFeeEventList", FeeList=[{"FeeAmount": amount}])) is None
