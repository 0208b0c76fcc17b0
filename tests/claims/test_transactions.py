"""Which transactions are claims, of what class, type and worth, and what else is read from them."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opside_desktop.amazon.finances_2024 import transaction
from opside_desktop.claims.claim_rows import claim_of
from opside_desktop.claims.classify import content_of, find_claim, told_of
from opside_desktop.claims.kinds import FEE_CORRECTIONS, MONEY_MOVEMENTS, REIMBURSEMENTS
from opside_desktop.claims.readings import Reading
from opside_desktop.domain.records import Skipped
from opside_desktop.domain.sources import ClaimsSource
from tests.claims.events import amount, related, transaction_event

ORDER = "111-2222222-3333333"

KEPT = [
    # type, description, amount, class, our type, status
    ("Refund", "Refund Order", "-30", "refund", "refund", "approved"),
    (" refund ", "A-to-z Guarantee", "-30", "refund", "refund", "approved"),
    ("GuaranteeClaim", "A-to-z Guarantee Claim", "-30", "guarantee", "guarantee_claim", "denied"),
    ("A-to-Z Claim", "", "30", "guarantee", "guarantee_claim", "approved"),
    ("Unheard", "a to z claim", "-30", "guarantee", "guarantee_claim", "denied"),
    ("Chargeback", "Chargeback Refund", "-9", "chargeback", "chargeback", "denied"),
    ("Charge Back", "", "9", "chargeback", "chargeback", "approved"),
    ("SAFETReimbursement", "SAFE-T Reimbursement", "9", "safet", "safet_reimbursement", "approved"),
    ("Safe-T", "", "9", "safet", "safet_reimbursement", "approved"),
    ("FBALiquidation", "Brokerage", "9", "liquidation", "liquidation_reimbursement", "approved"),
    ("Unheard", "Liquidations", "9", "liquidation", "liquidation_reimbursement", "approved"),
    ("Retrocharge", "RetrochargeReversal", "3", "tax", "fee_adjustment", "approved"),
    ("Adjustment", "EBTRefundReimbursementOnly", "5", "adjustment", "adjustment_reimbursement",
     "approved"),
    ("TDSReimbursement", "", "5", "adjustment", "adjustment_reimbursement", "approved"),
    ("Adjustment", "RentalLostItemReimbursement", "5", "adjustment", "adjustment_reimbursement",
     "approved"),
    ("RentalTransaction", "RentalCustomerRefund-Buyout", "5", "adjustment",
     "adjustment_reimbursement", "approved"),
    ("RemovalShipmentAdjustment", "", "5", "adjustment", "adjustment_reimbursement", "approved"),
    ("ServiceFee", "FBA fee reimbursement", "5", "fee", "fee_adjustment", "approved"),
    ("Service Fee", "", "5", "fee", "fee_adjustment", "approved"),
    ("ProductAdsPayment", "refund", "5", "fee", "fee_adjustment", "approved"),
    ("FeeOfTomorrowFee", "", "5", "fee", "fee_adjustment", "approved"),
    ("ShippingChargeback", "", "5", "fee", "fee_adjustment", "approved"),
    ("VATCharge", "", "5", "fee", "fee_adjustment", "approved"),
    ("SellerDealPayment", "", "5", "fee", "fee_adjustment", "approved"),
    ("CouponPayment", "", "5", "fee", "fee_adjustment", "approved"),
    ("ImagingServicesFee", "", "5", "fee", "fee_adjustment", "approved"),
    ("ValueAddedServiceCharge", "", "5", "fee", "fee_adjustment", "approved"),
    ("TrialShipment", "", "5", "fee", "fee_adjustment", "approved"),
    ("DebtRecovery", "DebtAdjustment", "5", "fee", "fee_adjustment", "approved"),
    ("ChargeRefund", "SubscriptionFeeCorrection", "5", "fee", "fee_adjustment", "approved"),
    ("CapacityReservationBilling", "Credit", "5", "fee", "fee_adjustment", "approved"),
    ("AffordabilityExpenseReversal", "", "5", "fee", "fee_adjustment", "approved"),
    ("Adjustment", "Goodwill", "-2", "adjustment", "other_adjustment", "approved"),
    ("Adjustment", "NEW_CLAWBACK", "-2", "adjustment", "reimbursement_reversal", "denied"),
    ("Adjustment", "", "2", "adjustment", "other_adjustment", "approved"),
    ("", "Refund Order", "-30", "refund", "refund", "approved"),
    ("SafetyBond", "", "7", "other", "other_adjustment", "approved"),
    ("SafetyBond", "returned", "-7", "other", "other_adjustment", "approved"),
    *((kind, text, "4", "adjustment", "adjustment_reimbursement", "approved")
      for text in REIMBURSEMENTS for kind in ("Adjustment", "Unheard")),
    *(("adjustment", text, "-4", "adjustment", "reimbursement_reversal", "denied")
      for text in REIMBURSEMENTS),
    *(("Adjustment", text, "-4", "adjustment", "fee_adjustment", "approved")
      for text in FEE_CORRECTIONS),
    ("WAREHOUSE_LOST", "", "4", "adjustment", "adjustment_reimbursement", "approved"),
    ("Adjustment", "Warehouse_ lost", "4", "adjustment", "adjustment_reimbursement", "approved"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "said", "total", "class_", "type_", "status"), KEPT)
def test_a_transaction_becomes_its_claim(kind, said, total, class_, type_, status):
    raw = transaction_event(kind, total, said)
    found = find_claim(raw)
    assert (found.event_class, found.type, found.money.amount) == (class_, type_, Decimal(total))
    claim = claim_of(told_of(raw, found), "ID-1")
    assert (claim.status, claim.amount, claim.currency) == (status, Decimal(total), "USD")
    assert claim.description[0].isupper()
    assert (found.unknown is not None) == (class_ == "other")
    assert found.unread == ()


@pytest.mark.parametrize(
    ("kind", "said", "total"),
    [
        ("Shipment", "Order Payment", "30"),
        ("Shipment", "Refund", "30"),
        ("shipment settle", "", "30"),
        ("Transfer", "DebtPayment", "-30"),
        ("RemovalShipment", "WHOLESALE_LIQUIDATION", "30"),
        ("Disbursement", "", "-30"),
        ("Failed Adhoc Disbursement", "", "30"),
        ("Reserve", "ReserveEvent", "-30"),
        ("ReserveCredit", "", "30"),
        ("LoanPayment", "", "30"),
        ("LoanServicing", "LoanAdvance", "30"),
        ("DebtRecovery", "DebtPayment", "30"),
        ("DebtRecovery", "DebtAdjustment", "-30"),
        ("PayWithAmazon", "", "30"),
        ("", "Order Payment", "30"),
        ("Unheard", "Order Payment", "30"),
        ("Unheard", "PostageRefund_Tracking", "30"),
        ("ServiceFee", "Subscription", "-39.99"),
        ("ServiceFee", "nothing", "0"),
        ("ProductAdsPayment", "charge", "-30"),
        ("Retrocharge", "Retrocharge", "-3"),
        ("Adjustment", "RentalCustomerPayment-Buyout", "3"),
        ("Adjustment", "RentalCustomerRefund-Buyout", "-3"),
        ("RemovalShipmentAdjustment", "", "-3"),
        *(("Adjustment", text, "3") for text in MONEY_MOVEMENTS),
        ("Adjustment", "PostageBilling_Postage", "-8.32"),
    ],
)
def test_sales_charges_and_movements_of_money_are_no_claims(kind, said, total):
    assert find_claim(transaction_event(kind, total, said)) is None


@pytest.mark.parametrize(
    ("names", "class_"),
    [
        (["Refund Sales", "RefundExpenses"], "refund"),
        (["Sales", "A-to-z Guarantee"], "guarantee"),
        (["WAREHOUSE_DAMAGE"], "adjustment"),
        (["ShippingChargeback"], "other"),
        (["Expenses"], "other"),
        ([], "other"),
    ],
)
def test_where_type_and_description_say_nothing_the_breakdowns_do(names, class_):
    inner = [{"breakdownType": name, "breakdownAmount": amount(-1)} for name in names]
    nested = [{"breakdownType": "Sum", "breakdownAmount": amount(-1), "breakdowns": inner}]
    for breakdowns in (inner, nested):
        found = find_claim(transaction_event("Unheard", "-1", "of", breakdowns=breakdowns))
        assert found.event_class == class_


def test_a_kind_that_nobody_knows_is_named():
    found = find_claim(transaction_event("SafetyBond", "7", "returned"))
    assert found.unknown == "SafetyBond"
    assert found.description == "Transaction of a kind that is not known: SafetyBond, returned"
    assert find_claim(transaction_event(None, "7", "Bond")).unknown == "Bond"
    assert find_claim(transaction_event(None, "7", None)).unknown == "without a type"


def product(sku, units=None):
    context = {"contextType": "ProductContext", "asin": "B01", "sku": sku}
    return context if units is None else {**context, "quantityShipped": units}


@pytest.mark.parametrize(
    ("fields", "sku", "quantity"),
    [
        ({"contexts": [product("A", 2)], "items": [{"contexts": [product("B", 1)]}]}, "A", 2),
        ({"items": [{"contexts": [product("A", 1)]}, {"contexts": [product("A", 2)]}]}, "A", 3),
        ({"items": [{"contexts": [product("A", 1)]}, {"contexts": [product("B", 2)]}]}, None, 3),
        ({"items": {"contexts": {"sku": "A", "quantityShipped": "2"}}}, "A", 2),
        ({"items": [None, 7, {"contexts": None}, {"contexts": [None, product("A")]}]}, "A", None),
        ({"contexts": [{"sku": {"of": "tomorrow"}, "quantityShipped": -1}]}, None, None),
        ({}, None, None),
    ],
)
def test_sku_and_quantity_come_from_the_product_contexts(fields, sku, quantity):
    found = find_claim(transaction_event("Refund", "-3", **fields))
    assert (found.sku, found.quantity) == (sku, quantity)


@pytest.mark.parametrize("name", ["ORDER_ID", "ORDERID", "orderId", "order_id"])
def test_the_order_is_a_related_identifier_however_its_name_is_spelt(name):
    raw = transaction_event("Refund", "-3", relatedIdentifiers=related(**{name: ORDER}))
    assert find_claim(raw).order_id == ORDER
    assert find_claim(raw).description == f"Refund of order {ORDER}"
    one = {"itemRelatedIdentifierName": name, "itemRelatedIdentifierValue": ORDER}
    raw = transaction_event("Refund", "-3", items=[{"relatedIdentifiers": [one]}] * 2)
    assert find_claim(raw).order_id == ORDER


def test_a_transaction_of_several_orders_names_none():
    several = related(ORDER_ID=ORDER) + related(ORDER_ID="other")
    assert (
        find_claim(transaction_event("Refund", "-3", relatedIdentifiers=several)).order_id is None
    )


def test_ids_are_its_own_then_those_of_its_deferral_and_release():
    ids = related(DEFERRED_TRANSACTION_ID="T0", RELEASETRANSACTIONID="T2", REFUND_ID="R1",
                  FINANCIAL_EVENT_GROUP_ID="G", SETTLEMENT_ID="S")  # fmt: skip
    one = {"itemRelatedIdentifierName": "ORDER_ADJUSTMENT_ITEM_ID",
           "itemRelatedIdentifierValue": 8001}  # fmt: skip
    raw = transaction_event("Refund", "-3", relatedIdentifiers=ids,
                            items=[{"relatedIdentifiers": [one]}])  # fmt: skip
    found = find_claim(raw)
    assert found.transaction_ids == ("T1", "T0", "T2")
    assert found.other_ids == ("R1", "8001")
    assert found.was_deferred
    assert not find_claim(transaction_event("Refund", "-3")).was_deferred


@pytest.mark.parametrize(
    ("context", "reason"),
    [
        ({"contextType": "DeferredContext", "deferralReason": "DD7"},
         "held back until 7 days after delivery"),
        ({"deferralReason": "B2B"}, "held back until the business customer has paid"),
        ({"contextType": "Deferred", "deferralReason": "NEW"}, "held back: NEW"),
        ({}, "held back"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", ["DEFERRED", "deferred"])
def test_what_amazon_holds_back_is_pending_with_its_day_and_reason(context, reason, status):
    contexts = [{**context, "maturityDate": "2026-10-20T08:00:00+02:00"}]
    raw = transaction_event("Refund", "-3", transactionStatus=status, contexts=contexts)
    found = find_claim(raw)
    claim = claim_of(told_of(raw, found), "ID-1")
    assert (claim.status, found.was_deferred) == ("pending", True)
    assert claim.matures_at == datetime(2026, 10, 20, 6, tzinfo=UTC)
    assert claim.description == f"Refund of order, {reason}"


@pytest.mark.parametrize("status", ["DEFERRED_RELEASED", "Deferred Released", "RELEASED"])
def test_what_amazon_has_released_is_approved_and_was_deferred(status):
    contexts = [{"deferralReason": "DD7", "maturityDate": "2026-10-20T08:00:00Z"}]
    raw = transaction_event("Refund", "-3", transactionStatus=status, contexts=contexts)
    claim = claim_of(told_of(raw, find_claim(raw)), "ID-1")
    assert (claim.status, claim.matures_at) == ("approved", None)
    assert find_claim(raw).was_deferred
    assert claim.description == "Refund of order"


NONE = object()


def node(total, *inner, name="Sales"):
    return {"breakdownType": name, "breakdownAmount": total, "breakdowns": list(inner)}


@pytest.mark.parametrize(
    ("fields", "worth", "unread"),
    [
        ({"totalAmount": amount("-12.10"), "breakdowns": [node(amount(-1))]}, "-12.10", ()),
        ({"totalAmount": amount("0.00"), "breakdowns": [node(amount(0))]}, "0", ()),
        ({"totalAmount": {"CurrencyAmount": "-5.00", "CurrencyCode": "USD"}}, "-5", ()),
        ({"totalAmount": None, "breakdowns": [node(amount(-7)), node(amount(2))]}, "-5", ()),
        ({"totalAmount": {}, "breakdowns": node(amount(-5))}, "-5", ()),
        ({"totalAmount": {"currencyCode": "USD"},
          "breakdowns": [node(None, node(amount(-7)), node(amount(2)))]}, "-5", ()),
        ({"totalAmount": None, "breakdowns": [node(amount(-5), node(amount(-4)))]}, "-5", ()),
        ({"totalAmount": {"currencyAmount": "lots"},
          "breakdowns": [None, node(amount(-5))]}, "-5", ("totalAmount",)),
        ({"totalAmount": 5, "breakdowns": [node(amount(-5))]}, "-5", ("totalAmount",)),
        ({"totalAmount": None, "breakdowns": ["odd"],
          "items": [{"totalAmount": amount(-3)}, {"totalAmount": amount(-2)}]}, "-5", ()),
    ],
)  # fmt: skip
def test_it_is_worth_its_total_or_the_sum_of_its_breakdowns(fields, worth, unread):
    found = find_claim(transaction_event("Refund", 0, **fields))
    assert (found.money.amount, found.money.currency) == (Decimal(worth), "USD")
    assert found.unread == unread


@pytest.mark.parametrize(
    "fields",
    [
        {"totalAmount": None},
        {"totalAmount": {"currencyAmount": Decimal(5)}},
        {"totalAmount": amount("NaN")},
        {"totalAmount": None, "breakdowns": [node(amount(-5)), node(None)]},
        {"totalAmount": None, "breakdowns": [node(amount(-5)), node(amount(-5, "CAD"))]},
        {"totalAmount": None, "items": [{"totalAmount": amount(-3)}, {}]},
    ],
)
def test_without_a_readable_amount_it_is_named_and_left_out(fields):
    found = find_claim(
        transaction_event("Refund", 0, relatedIdentifiers=related(ORDER_ID=ORDER), **fields)
    )
    assert isinstance(found, Skipped)
    assert found.record.startswith(f"Refund transaction {ORDER} (")
    assert "2026-10-01T10:00:00Z" in found.record
    assert found.why.endswith(".")


@pytest.mark.parametrize(
    ("name", "odd"),
    [
        ("description", {"of": "tomorrow"}),
        ("transactionId", ["T1"]),
        ("transactionStatus", {"x": 1}),
        ("postedDate", "yesterday"),
        ("contexts", [{"maturityDate": "soon"}]),
    ],
)
def test_a_field_that_cannot_be_read_costs_nothing_but_itself(name, odd):
    found = find_claim(transaction_event("Refund", "-3", **{name: odd}))
    assert found.money.amount == -3
    assert found.unread == ("maturityDate" if name == "contexts" else name,)


def test_what_is_told_is_of_transactions_with_the_payload_as_it_came():
    raw = transaction_event("Refund", "-3", FieldOfTomorrow=[1])
    told = told_of(raw, find_claim(raw))
    assert (told.source, told.event_list) == (ClaimsSource.TRANSACTIONS, "transactions")
    assert told.payload == raw.payload


def test_dateless_transactions_are_told_apart_by_what_they_say():
    one, same, other = (
        content_of(transaction_event("Refund", total, postedDate=None))
        for total in ["-3", "-3", "-4"]
    )
    assert one == same != other


SCALARS = st.sampled_from(
    [None, True, 0, -7, 10**40, 10**4000, "", "DEFERRED", "2026-10-01", "\0", "\ud800", "Refund",
     "ORDER_ID", "Deferred", "0001-01-01T00:00:00+14:00", Decimal("NaN"), Decimal("1E+9999999")]
)  # fmt: skip
NAMES = [
    "transactionType", "transactionId", "transactionStatus", "description", "postedDate",
    "totalAmount", "items", "contexts", "breakdowns", "relatedIdentifiers", "currencyAmount",
    "currencyCode", "breakdownAmount", "breakdownType", "sku", "quantityShipped", "contextType",
    "maturityDate", "relatedIdentifierName", "relatedIdentifierValue",
]  # fmt: skip
JSONS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(deadline=None)  # a busy computer is no fault
@given(st.dictionaries(st.sampled_from(NAMES[:10]), JSONS, max_size=5), st.booleans())
def test_no_answer_of_amazon_stops_the_page(odd, is_refund):
    base = transaction_event("Refund", "-3").payload if is_refund else {}
    raw = transaction({**base, **odd})
    assert isinstance(find_claim(raw), Reading | Skipped | None)
