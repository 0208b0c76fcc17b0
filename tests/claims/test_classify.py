"""Which financial events are claims, what they are worth, and by what key they are known."""

import copy
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opside_desktop.amazon.finances_v0 import raw_event
from opside_desktop.claims.classify import content_of, find_claim
from opside_desktop.claims.kinds import FEE_CORRECTIONS, MONEY_MOVEMENTS, REIMBURSEMENTS
from opside_desktop.claims.readings import Reading
from opside_desktop.domain.records import RawEvent, Skipped
from tests.claims.events import (
    adjustment,
    charge,
    event,
    fee,
    fee_credit,
    order_event,
    rows_of,
    usd,
)

POSTED = "2026-10-01T10:00:00Z"

KEPT = [
    # event, type, prefix, status, amount
    (
        event(
            "FBALiquidationEventList",
            PostedDate=POSTED,
            OriginalRemovalOrderId="RM1",
            LiquidationProceedsAmount=usd("100.00"),
            LiquidationFeeAmount=usd("-15.35"),
        ),
        ("liquidation_reimbursement", "RMB", "approved", "84.65"),
    ),
    (
        adjustment("WAREHOUSE_LOST", "12.50"),
        ("adjustment_reimbursement", "RMB", "approved", "12.50"),
    ),
    (
        adjustment("REVERSAL_REIMBURSEMENT", "3"),
        ("adjustment_reimbursement", "RMB", "approved", "3"),
    ),
    (adjustment("COMPENSATED_CLAWBACK", "5"), ("adjustment_reimbursement", "RMB", "approved", "5")),
    (adjustment("RE_EVALUATION", "0"), ("adjustment_reimbursement", "RMB", "approved", "0")),
    (adjustment("COMPENSATED_CLAWBACK", "-5"), ("reimbursement_reversal", "RMB", "denied", "-5")),
    (adjustment("WAREHOUSE_LOST", "-12.50"), ("reimbursement_reversal", "RMB", "denied", "-12.50")),
    (adjustment("ReimbursementClawback", "-1"), ("reimbursement_reversal", "RMB", "denied", "-1")),
    (adjustment("INCORRECT_FEES_ITEMS", "0.40"), ("fee_adjustment", "FEE", "approved", "0.40")),
    (adjustment("FBAStorageFeeAdjustment", "-7"), ("fee_adjustment", "FEE", "approved", "-7")),
    (adjustment("BrandLaunchBonus", "50"), ("other_adjustment", "ADJ", "approved", "50")),
    (adjustment("Goodwill", "-2"), ("other_adjustment", "ADJ", "approved", "-2")),
    # Its name begins like that of a movement of money, and goes on otherwise.
    (adjustment("PostageRefundMadeGood", "3"), ("other_adjustment", "ADJ", "approved", "3")),
    (
        event(
            "ChargeRefundEventList",
            PostedDate=POSTED,
            ChargeRefundTransactions=[charge("SubscriptionFeeCorrection", "39.99")],
        ),
        ("fee_adjustment", "FEE", "approved", "39.99"),
    ),
    (fee_credit("4.20"), ("fee_adjustment", "FEE", "approved", "4.20")),
    (
        event(
            "SAFETReimbursementEventList",
            PostedDate=POSTED,
            SAFETClaimId="1-2-3",
            ReimbursedAmount=usd("20"),
        ),
        ("safet_reimbursement", "SFT", "approved", "20"),
    ),
    (
        order_event("RefundEventList", "-30", commission="4.5"),
        ("refund", "RFD", "approved", "-25.5"),
    ),
    (order_event("GuaranteeClaimEventList", "-30"), ("guarantee_claim", "AZC", "denied", "-30")),
    (order_event("GuaranteeClaimEventList", "30"), ("guarantee_claim", "AZC", "approved", "30")),
    (order_event("ChargebackEventList", "-9.99"), ("chargeback", "CBK", "denied", "-9.99")),
    (order_event("ChargebackEventList", "9.99"), ("chargeback", "CBK", "approved", "9.99")),
    (
        event(
            "EBTRefundReimbursementOnlyEventList", PostedDate=POSTED, OrderId="1", Amount=usd("5")
        ),
        ("adjustment_reimbursement", "RMB", "approved", "5"),
    ),
    (
        event("TDSReimbursementEventList", PostedDate=POSTED, ReimbursedAmount=usd("6", "INR")),
        ("adjustment_reimbursement", "RMB", "approved", "6"),
    ),
    (
        event(
            "RentalTransactionEventList",
            PostedDate=POSTED,
            RentalEventType="RentalLostItemReimbursement",
            RentalInitialValue=usd("89.99"),
            RentalReimbursement=usd("60"),
        ),
        ("adjustment_reimbursement", "RMB", "approved", "60"),
    ),
    (
        event(
            "RetrochargeEventList",
            PostedDate=POSTED,
            RetrochargeEventType="RetrochargeReversal",
            BaseTax=usd("3.12"),
            ShippingTax=usd("0.38"),
        ),
        ("fee_adjustment", "FEE", "approved", "3.50"),
    ),
    (
        event(
            "ProductAdsPaymentEventList",
            postedDate=POSTED,
            transactionType="refund",
            baseValue=usd("10"),
            taxValue=usd("1"),
            transactionValue=usd("11"),
        ),
        ("fee_adjustment", "FEE", "approved", "11"),
    ),
    (
        event(
            "AffordabilityExpenseReversalEventList",
            PostedDate=POSTED,
            BaseExpense=usd("2"),
            TotalExpense=usd("2.36"),
        ),
        ("fee_adjustment", "FEE", "approved", "2.36"),
    ),
    (
        event("CapacityReservationBillingEventList", PostedDate=POSTED, TransactionAmount=usd("8")),
        ("fee_adjustment", "FEE", "approved", "8"),
    ),
    (
        event(
            "SellerDealPaymentEventList",
            postedDate=POSTED,
            dealId="D1",
            eventType="SellerDealRefund",
            feeAmount=usd("140"),
            taxAmount=usd("10"),
            totalAmount=usd("150"),
        ),
        ("fee_adjustment", "FEE", "approved", "150"),
    ),
    (
        event(
            "CouponPaymentEventList",
            PostedDate=POSTED,
            FeeComponent=fee("CouponRedemptionFee", "8"),
            ChargeComponent=charge("CouponRedemption", "0.40"),
        ),
        ("fee_adjustment", "FEE", "approved", "8.40"),
    ),
    (
        event("ImagingServicesFeeEventList", PostedDate=POSTED, FeeList=[fee("I", "5")]),
        ("fee_adjustment", "FEE", "approved", "5"),
    ),
    (
        event(
            "ValueAddedServiceChargeEventList",
            PostedDate=POSTED,
            Description="Labels",
            TransactionAmount=usd("5"),
        ),
        ("fee_adjustment", "FEE", "approved", "5"),
    ),
    (
        event("TrialShipmentEventList", PostedDate=POSTED, SKU="A", FeeList=[fee("T", "5")]),
        ("fee_adjustment", "FEE", "approved", "5"),
    ),
    (
        event("DebtRecoveryEventList", DebtRecoveryType="DebtAdjustment", RecoveryAmount=usd("5")),
        ("fee_adjustment", "FEE", "approved", "5"),
    ),
    (
        event(
            "RemovalShipmentAdjustmentEventList",
            PostedDate=POSTED,
            OrderId="RM1",
            RemovalShipmentItemAdjustmentList=[
                {"RevenueAdjustment": usd("5"), "TaxAmountAdjustment": usd("0.50")}
            ],
        ),
        ("adjustment_reimbursement", "RMB", "approved", "5.50"),
    ),
    (
        event(
            "RentalTransactionEventList",
            PostedDate=POSTED,
            RentalEventType="RentalCustomerRefund-Buyout",
            RentalChargeList=[charge("Principal", "20")],
            RentalFeeList=[fee("Commission", "-2")],
        ),
        ("adjustment_reimbursement", "RMB", "approved", "18"),
    ),
    (
        event("PerformanceBondRefundEventList", MarketplaceCountryCode="US", Amount=usd("250")),
        ("other_adjustment", "ADJ", "approved", "250"),
    ),
    *(
        (adjustment(kind, "4"), ("adjustment_reimbursement", "RMB", "approved", "4"))
        for kind in [*REIMBURSEMENTS, "warehouse_lost", "Warehouse_ Lost"]
    ),
    *(
        (adjustment(kind, "-4"), ("reimbursement_reversal", "RMB", "denied", "-4"))
        for kind in [*REIMBURSEMENTS, "BRAND_NEW_CLAWBACK", "Some_Reversal", "A_RETRACTION"]
    ),
    *(
        (adjustment(kind, "-4"), ("fee_adjustment", "FEE", "approved", "-4"))
        for kind in FEE_CORRECTIONS
    ),
    (adjustment("BRAND_NEW_CLAWBACK", "4"), ("other_adjustment", "ADJ", "approved", "4")),
]


def name_of(case):
    return (
        case.payload.get("AdjustmentType") or case.event_list if isinstance(case, RawEvent) else ""
    )


@pytest.mark.parametrize(("raw", "expected"), KEPT, ids=name_of)
def test_a_kept_event_becomes_its_claim(raw, expected):
    claim_type, prefix, status, amount = expected
    row, claim = rows_of(raw, day=date(2026, 10, 1))
    assert (claim.type, claim.status, claim.amount) == (claim_type, status, Decimal(amount))
    assert claim.claim_id == row.claim_id == f"{prefix}-{row.event_key[:16]}"
    assert len(row.event_key) == 64
    assert row.payload == raw.payload
    assert row.amount == claim.amount
    assert claim.description[0].isupper()
    if claim_type != "other_adjustment":
        assert "_" not in claim.description


@pytest.mark.parametrize(
    "raw",
    [
        order_event("ShipmentEventList", "30"),
        adjustment("ReserveEvent", "-500"),
        adjustment("ReserveCredit", "500"),
        adjustment("PostageBilling_Postage", "-8.32"),
        adjustment("PostageRefund_Tracking", "8.32"),
        adjustment("ReturnPostageBilling_FuelSurcharge", "-1"),
        *(adjustment(kind, "10") for kind in MONEY_MOVEMENTS),
        fee_credit("-4.20"),
        event("ServiceFeeEventList", FeeList=[fee("A", "4.20"), fee("B", "-4.20")]),
        event("ServiceFeeEventList", FeeReason="none"),
        event("RetrochargeEventList", RetrochargeEventType="Retrocharge", BaseTax=usd("-3")),
        event("RentalTransactionEventList", RentalEventType="RentalBuyout"),
        event("ProductAdsPaymentEventList", transactionType="charge", transactionValue=usd("-9")),
        event("CapacityReservationBillingEventList", TransactionAmount=usd("-42")),
        event("LoanServicingEventList", LoanAmount=usd("-250")),
        event("LoanServicingEventList", LoanAmount=usd("250")),
        event("RemovalShipmentEventList", PostedDate=POSTED, Revenue=usd("9")),
        event("AffordabilityExpenseEventList", PostedDate=POSTED, TotalExpense=usd("9")),
        event("SellerDealPaymentEventList", postedDate=POSTED, totalAmount=usd("-150")),
        event("CouponPaymentEventList", PostedDate=POSTED, TotalAmount=usd("-8.40")),
        event("ImagingServicesFeeEventList", PostedDate=POSTED, FeeList=[fee("I", "-5")]),
        event("ValueAddedServiceChargeEventList", PostedDate=POSTED, TransactionAmount=usd("-5")),
        event("TrialShipmentEventList", PostedDate=POSTED, FeeList=[fee("T", "0")]),
        event("DebtRecoveryEventList", DebtRecoveryType="DebtPayment", RecoveryAmount=usd("5")),
        event("DebtRecoveryEventList", DebtRecoveryType="DebtAdjustment", RecoveryAmount=usd("-5")),
        event(
            "RemovalShipmentAdjustmentEventList",
            PostedDate=POSTED,
            RemovalShipmentItemAdjustmentList=[{"RevenueAdjustment": usd("-5")}],
        ),
        event(
            "RentalTransactionEventList",
            RentalEventType="RentalCustomerRefund-Buyout",
            RentalChargeList=[charge("Principal", "-20")],
        ),
        event("AListOfTomorrow", Code="no money"),
    ],
    ids=name_of,
)
def test_sales_charges_and_money_movements_are_no_claims(raw):
    assert find_claim(raw) is None


def test_a_refund_is_the_net_of_every_component():
    raw = event(
        "RefundEventList",
        PostedDate=POSTED,
        AmazonOrderId="1",
        OrderChargeAdjustmentList=[charge("ShippingCharge", "-5.00")],
        ShipmentFeeAdjustmentList=[fee("ShippingChargeback", "0.75")],
        ShipmentItemAdjustmentList=[
            {
                "ItemChargeAdjustmentList": [charge("Principal", "-100"), charge("Tax", "-8.25")],
                "ItemFeeAdjustmentList": [fee("Commission", "15"), fee("RefundCommission", "-3")],
                "ItemTaxWithheldList": [{"TaxesWithheld": [charge("Tax-Principal", "8.25")]}],
                "PromotionAdjustmentList": [{"PromotionAmount": usd("10")}],
                "CostOfPointsReturned": usd("0.50"),
            },
            {"ItemChargeAdjustmentList": [charge("Goodwill", "-1")]},
        ],
    )
    assert find_claim(raw).money.amount == Decimal("-82.75")


@pytest.mark.parametrize("name", ["TransactionStatus", "transactionStatus"])
def test_an_event_that_amazon_defers_is_pending_and_keeps_its_key_when_released(name):
    waiting = adjustment("WAREHOUSE_LOST", "5", **{name: "DEFERRED"})
    released = adjustment("WAREHOUSE_LOST", "5", **{name: "RELEASED"})
    assert rows_of(waiting)[1].status == "pending"
    assert rows_of(released)[1].status == "approved"
    assert content_of(waiting) == content_of(released)


@pytest.mark.parametrize(
    "raw",
    [
        adjustment("WAREHOUSE_LOST", "1E+9999999"),
        event("AdjustmentEventList", AdjustmentType="WAREHOUSE_LOST", PostedDate=POSTED),
        event("AdjustmentEventList", AdjustmentType="X", AdjustmentAmount={"CurrencyAmount": 1}),
        event("AdjustmentEventList", AdjustmentType="X", AdjustmentAmount=usd("NaN")),
        event("AdjustmentEventList", AdjustmentItemList="nonsense"),
        event("RefundEventList", PostedDate=POSTED, ShipmentItemAdjustmentList=["nonsense"]),
        event("RefundEventList", PostedDate=POSTED, AmazonOrderId="9"),
        event(
            "FBALiquidationEventList",
            LiquidationProceedsAmount=usd("1"),
            LiquidationFeeAmount=usd("1", "CAD"),
        ),
    ],
)
def test_an_unreadable_event_is_skipped_with_a_sentence(raw):
    skipped = find_claim(raw)
    assert isinstance(skipped, Skipped)
    assert raw.event_list in skipped.record
    assert skipped.why.endswith(".")


def test_amounts_of_items_stand_in_for_a_missing_total():
    raw = event(
        "AdjustmentEventList",
        AdjustmentType="WAREHOUSE_DAMAGE",
        PostedDate=POSTED,
        AdjustmentItemList=[
            {"SellerSKU": "A", "Quantity": "2", "TotalAmount": usd("4.10")},
            {"SellerSKU": "A", "Quantity": "1", "TotalAmount": usd("2.05")},
        ],
    )
    found = find_claim(raw)
    assert found.money.amount == Decimal("6.15")
    assert found.description == "Units damaged in a warehouse (A, 3 units)"


def key(raw, ordinal=0, day=None):
    return rows_of(raw, ordinal, day)[0].event_key


BASE = adjustment(
    "WAREHOUSE_LOST",
    "12.50",
    AdjustmentItemList=[{"SellerSKU": "A", "Quantity": "1"}, {"SellerSKU": "B", "Quantity": "2"}],
)


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p.update(FieldOfTomorrow={"x": 1}),
        lambda p: p["AdjustmentItemList"][0].update(FieldOfTomorrow=[1, 2]),
        lambda p: p.update(StoreName=None),
        lambda p: p.update(StoreName=""),
        lambda p: p["AdjustmentItemList"].append({}),
        lambda p: p["AdjustmentItemList"].reverse(),
        lambda p: p["AdjustmentAmount"].update(CurrencyAmount=Decimal("12.5")),
        lambda p: p["AdjustmentAmount"].update(CurrencyAmount=Decimal("1.25E+1")),
        lambda p: p.update(PostedDate="2026-10-01T10:00:00.000Z"),
        lambda p: p.update(dict(reversed(list(p.items())))),
    ],
)
def test_a_key_survives_what_says_nothing_new(change):
    payload = copy.deepcopy(BASE.payload)
    change(payload)
    assert key(raw_event(BASE.event_list, payload)) == key(BASE)


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p.update(AdjustmentType="WAREHOUSE_DAMAGE"),
        lambda p: p.update(StoreName="Amazon.ca"),
        lambda p: p["AdjustmentItemList"][0].update(SellerSKU="C"),
        lambda p: p["AdjustmentItemList"].append({"SellerSKU": "A", "Quantity": "1"}),
        lambda p: p["AdjustmentAmount"].update(CurrencyAmount=Decimal("12.51")),
        lambda p: p["AdjustmentAmount"].update(CurrencyAmount=Decimal("-12.50")),
        lambda p: p.update(PostedDate="2026-10-01T10:00:01Z"),
    ],
)
def test_a_key_changes_with_every_known_field(change):
    payload = copy.deepcopy(BASE.payload)
    change(payload)
    assert key(raw_event(BASE.event_list, payload)) != key(BASE)


def test_twins_have_keys_of_their_own_and_the_day_counts_only_where_there_is_no_date():
    assert key(BASE, 0) != key(BASE, 1)
    assert key(BASE, 0, date(2026, 10, 1)) == key(BASE, 0, date(2026, 10, 2))
    undated = fee_credit("4.20")
    assert key(undated, 0, date(2026, 10, 1)) != key(undated, 0, date(2026, 10, 2))
    row, claim = rows_of(undated, day=date(2026, 10, 1))
    assert (row.day, row.posted_at, claim.created_at) == (date(2026, 10, 1), None, None)


def test_keys_are_what_they_were_in_the_first_release():
    assert key(BASE) == "1c133011dddbcb9b265ab128c0070defcf881e65dbd736349b3bdd72ae770444"
    assert (
        key(fee_credit("4.20"), 1, date(2026, 10, 1))
        == "6dfbae7b2e80a2be0143ff8b066cdc305d590415baedd09c5d899813430b5fce"
    )


def test_the_claim_tells_when_amazon_posted_it():
    raw = adjustment("WAREHOUSE_LOST", "1", posted="2026-10-01T23:30:00-08:00")
    _, claim = rows_of(raw)
    assert claim.created_at == datetime(2026, 10, 2, 7, 30, tzinfo=UTC)


SCALARS = st.sampled_from(
    [
        None,
        True,
        0,
        -7,
        10**40,
        "",
        "2026-10-01",
        "\0",
        "\ud800",
        Decimal("NaN"),
        Decimal("1E+9"),
        Decimal("1E+9999999"),
        "0001-01-01T00:00:00+14:00",
    ]
)
JSONS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.fixed_dictionaries({"CurrencyAmount": inner, "CurrencyCode": inner})
        | st.fixed_dictionaries({"ItemChargeAdjustmentList": inner, "SellerSKU": inner})
    ),
    max_leaves=4,
)
FIELDS = [
    "PostedDate",
    "postedDate",
    "AdjustmentType",
    "AdjustmentAmount",
    "AdjustmentItemList",
    "FeeList",
    "Amount",
    "ShipmentItemAdjustmentList",
    "OrderChargeList",
    "TransactionAmount",
    "CurrencyAmount",
]


@settings(deadline=None)  # a busy computer is no fault
@given(
    st.sampled_from(sorted({case.event_list for case, _ in KEPT})),
    st.dictionaries(st.sampled_from(FIELDS), JSONS, max_size=4),
)
def test_no_answer_of_amazon_stops_the_page(event_list, payload):
    raw = raw_event(event_list, payload)
    if isinstance(find_claim(raw), Reading):
        json.dumps(rows_of(raw, day=date(2026, 10, 1))[1].description)


def test_an_event_with_broken_text_is_skipped_alone():
    found = find_claim(adjustment("WAREHOUSE_LOST \ud800", "1"))
    assert isinstance(found, Skipped)
    assert "not valid text" in found.why
