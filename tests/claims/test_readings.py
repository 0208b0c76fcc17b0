"""What is read from events of Finances v0 beside type and worth, and the claim that comes of it."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from opside_desktop.claims.claim_rows import claim_of
from opside_desktop.claims.classes import CLASS_OF_LIST, NEVER_CLAIMS, EventClass
from opside_desktop.claims.classify import content_of, find_claim, told_of
from opside_desktop.claims.readings import Reading
from opside_desktop.claims.rules import RULES
from opside_desktop.claims.unknown import MOST_SHOWN, UnknownKinds
from opside_desktop.domain.records import Skipped
from opside_desktop.domain.sources import ClaimsSource
from tests.claims.events import adjustment, charge, event, fee_credit, order_event, usd

POSTED = "2026-10-01T10:00:00Z"


def claim_from(raw, day=None):
    return claim_of(told_of(raw, find_claim(raw), day), "ID-1")


def test_every_list_is_of_a_class_or_never_a_claim():
    assert set(RULES) | {"AffordabilityExpenseEventList"} == set(CLASS_OF_LIST)
    assert not set(CLASS_OF_LIST) & NEVER_CLAIMS
    assert len(CLASS_OF_LIST) + len(NEVER_CLAIMS) == 34
    assert find_claim(fee_credit("1")).event_class is EventClass.FEE
    assert find_claim(event("Tomorrow", Amount=usd("1"))).event_class is EventClass.OTHER


def test_sku_quantity_and_ids_are_those_of_the_items():
    raw = order_event("RefundEventList", "-30")
    raw.payload["ShipmentItemAdjustmentList"][0]["OrderAdjustmentItemId"] = 8001
    found = find_claim(raw)
    assert (found.sku, found.quantity, found.other_ids) == ("MUG-RED", 1, ("8001",))
    raw.payload["ShipmentItemAdjustmentList"].append(
        {"SellerSKU": "MUG-BLUE", "QuantityShipped": 2, "OrderAdjustmentItemId": "8002"}
    )
    found = find_claim(raw)
    assert (found.sku, found.quantity, found.other_ids) == (None, 3, ("8001", "8002"))
    assert found.description.endswith("(2 SKUs, 3 units)")


def test_a_safet_claim_keeps_its_case():
    raw = event(
        "SAFETReimbursementEventList",
        PostedDate=POSTED,
        SAFETClaimId="1-2-3",
        ReasonCode="RETURNS_NOT_RECEIVED",
        ReimbursedAmount=usd("20"),
        SAFETReimbursementItemList=[{"quantity": "1", "itemChargeList": [charge("S", "20")]}],
    )
    found = find_claim(raw)
    assert (found.case_id, found.quantity, found.other_ids) == ("1-2-3", 1, ("1-2-3",))
    assert claim_from(raw).case_id == "1-2-3"
    assert found.description == "SAFE-T claim 1-2-3: returns not received (1 unit)"


@pytest.mark.parametrize("said", ["DEFERRED", "deferred", " Deferred "])
def test_what_amazon_holds_back_is_pending_whatever_it_will_be(said):
    raw = order_event("ChargebackEventList", "-30")
    assert claim_from(raw).status == "denied"
    waiting = event("ChargebackEventList", TransactionStatus=said, **raw.payload)
    found = find_claim(waiting)
    assert (found.status, found.was_deferred) == ("DEFERRED", True)
    assert claim_from(waiting).status == "pending"


def test_an_event_tells_its_second_and_its_day_in_utc():
    raw = adjustment("WAREHOUSE_LOST", "1", posted="2026-10-01T23:30:00.750-08:00")
    told = told_of(raw, find_claim(raw), date(2020, 1, 1))
    assert told.posted_at == datetime(2026, 10, 2, 7, 30, tzinfo=UTC)
    assert (told.day, told.source) == (date(2026, 10, 2), ClaimsSource.EVENTS_V0)
    undated = fee_credit("4.20")
    told = told_of(undated, find_claim(undated), date(2026, 10, 3))
    assert (told.day, told.posted_at) == (date(2026, 10, 3), None)
    with pytest.raises(ValueError, match="needs the day"):
        told_of(undated, find_claim(undated))


def test_a_service_fee_that_carries_a_date_one_day_has_that_date():
    fields = fee_credit("1.25").payload
    first = event("ServiceFeeEventList", PostedDate="2026-11-23T10:00:00Z", **fields)
    second = event("ServiceFeeEventList", PostedDate="2026-10-19T10:00:00Z", **fields)
    days = [told_of(raw, find_claim(raw)).day for raw in (first, second)]
    assert days == [date(2026, 11, 23), date(2026, 10, 19)]


def test_a_claim_of_nothing_is_kept_and_hidden():
    raw = order_event("RefundEventList", "0.00")
    claim = claim_from(raw)
    assert (claim.amount, claim.hidden_reason) == (0, "zero")
    assert claim_from(order_event("RefundEventList", "-1")).hidden_reason is None


@pytest.mark.parametrize(
    ("fields", "amount"),
    [
        ({"Amount": usd("250")}, "250"),
        ({"Amount": usd("-250"), "Tax": usd("0")}, "-250"),
        ({"Parts": [{"Amount": usd("5")}]}, "5"),
        ({"Amount": usd("7"), "Parts": [{"Amount": usd("5")}, {"Amount": usd("2")}]}, "7"),
        ({"Fee": usd("5"), "Tax": usd("2"), "TotalAmount": usd("7")}, "7"),
        ({"Amount": usd("0.00")}, "0"),
        ({"Amount": usd("8"), "Odd": {"CurrencyAmount": "many"}}, "8"),
    ],
)
def test_an_event_of_an_unknown_list_is_kept_with_its_one_amount(fields, amount):
    found = find_claim(event("PerformanceBondRefundEventList", OrderId="1-2", **fields))
    assert (found.money.amount, found.type) == (Decimal(amount), "other_adjustment")
    assert found.unknown == "PerformanceBondRefundEventList"
    assert found.order_id == "1-2"
    assert found.description == "Event of a kind that is not known: PerformanceBondRefund"


def test_an_event_of_an_unknown_list_with_several_amounts_is_named_and_left_out():
    found = find_claim(event("ListOfTomorrow", A=usd("1"), B=usd("2")))
    assert isinstance(found, Skipped)
    assert found.why == "Its kind is not known, and it holds several amounts."


def test_equal_dateless_events_of_an_unknown_list_have_one_content_and_others_another():
    one, same, other = (
        content_of(event("ListOfTomorrow", Code=code, Amount=usd("1"))) for code in "AAB"
    )
    assert one == same != other


def test_of_one_unknown_kind_only_so_many_are_shown_in_a_sync():
    kinds = UnknownKinds()
    bond = find_claim(event("BondEventList", Amount=usd("1")))
    hidden = [kinds.hides(bond.unknown) for _ in range(MOST_SHOWN + 2)]
    assert hidden == [False] * MOST_SHOWN + [True] * 2
    resumed = UnknownKinds(kinds.met)
    assert resumed.hides(bond.unknown)
    assert not resumed.hides("OtherEventList")
    assert not resumed.hides(find_claim(fee_credit("1")).unknown)
    bonds, others = resumed.sentences()
    assert bonds == (
        "Amazon sent 53 financial events of a kind that this program does not know"
        " (“BondEventList”), kept as “other adjustment”. Those after the first 50 are hidden."
    )
    assert others == (
        "Amazon sent 1 financial event of a kind that this program does not know"
        " (“OtherEventList”), kept as “other adjustment”."
    )


@pytest.mark.parametrize("odd", [{"of": "tomorrow"}, ["x"], 7, True, None, "", "9" * 5000])
@pytest.mark.parametrize("event_list", sorted(RULES))
def test_no_odd_field_stops_a_rule(event_list, odd):
    raw = event(event_list, PostedDate=POSTED)
    names = ("AmazonOrderId", "OrderId", "SellerSKU", "AdjustmentType", "FeeReason", "eventType",
             "RentalEventType", "DebtRecoveryType", "transactionType", "Description",
             "SAFETClaimId", "ReasonCode", "invoiceId", "Quantity", "AdjustmentItemList",
             "ShipmentItemAdjustmentList", "RemovalShipmentItemAdjustmentList")  # fmt: skip
    for name in names:
        raw.payload[name] = odd
    assert isinstance(find_claim(raw), Reading | Skipped | None)
