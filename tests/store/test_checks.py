"""Records that cannot be stored are named one by one; what passes can be stored."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opside_desktop.domain.errors import BadData
from opside_desktop.store import pages
from opside_desktop.store.checks import check_record

BAD = {
    "a claim without a name": (lambda m: m.claim(1, claim_id=""), "claim id is missing"),
    "a long claim id": (lambda m: m.claim(1, claim_id="c" * 256), "claim id is longer than 255"),
    "a long type": (lambda m: m.claim(1, type="t" * 101), "type is longer than 100"),
    "a NUL in an unlimited text": (lambda m: m.claim(1, description="a\0b"), "description holds"),
    "half a character": (lambda m: m.claim(1, description="\ud83d"), "description is not valid"),
    "no amount": (lambda m: m.claim(1, amount=None), "amount is missing"),
    "not a number": (lambda m: m.claim(1, amount=Decimal("NaN")), "amount is not a number"),
    "infinity": (lambda m: m.claim(1, amount=Decimal("-Infinity")), "amount is not a number"),
    "nine digits": (lambda m: m.claim(1, amount=Decimal("100000000")), "more than 8 digits"),
    "rounds to nine": (lambda m: m.claim(1, amount=Decimal("99999999.995")), "more than 8"),
    "a long name": (lambda m: m.item(1, product_name="p" * 501), "product name is longer than 500"),
    "too many": (lambda m: m.item(1, quantity_total=2**31), "quantity total is too large"),
    "too few": (lambda m: m.item(1, quantity_inbound=-(2**31) - 1), "quantity inbound is too"),
    "an order's total": (lambda m: m.order(1, total_amount=Decimal("1E+10")), "more than 10"),
    "a line": (lambda m: m.order(1, items=(m.line(2, sku="s" * 256),)), "sku is longer than 255"),
    "a NUL in the JSON": (lambda m: m.event(1, payload={"a": [{"b\0": 1}]}), "payload holds a NUL"),
    "no JSON": (lambda m: m.event(1, payload={"a": object()}), "payload is not valid JSON"),
}


@pytest.mark.parametrize("case", list(BAD))
def test_a_bad_record_is_named_with_its_field(make, case):
    record, why = BAD[case]
    with pytest.raises(BadData) as caught:
        check_record(record(make))
    assert why in caught.value.why
    assert "\0" not in caught.value.sentence
    caught.value.sentence.encode()


def test_the_sentence_names_order_and_line(make):
    with pytest.raises(BadData) as caught:
        check_record(make.order(7, items=(make.line(1), make.line(2, title="\0"))))
    assert "line 2 of order 902-0000007-0000001" in caught.value.what


def test_the_largest_values_that_fit_pass(make):
    check_record(make.claim(1, claim_id="ü" * 255, amount=Decimal("-99999999.99")))
    check_record(make.claim(1, order_id=None, created_at=None, description="d" * 100_000))
    check_record(make.item(1, quantity_total=2**31 - 1, quantity_inbound=-(2**31)))
    check_record(make.order(1, total_amount=None, items=()))
    check_record(make.event(1, payload={"text": "a literal \\u0000 is no NUL"}))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    text=st.text(max_size=300) | st.text(st.characters(), max_size=5),
    amount=st.decimals(allow_nan=True) | st.decimals(-(10**9), 10**9, places=3),
)
async def test_whatever_passes_the_check_can_be_stored(db, run, make, text, amount):
    record = make.claim(1, claim_id=text, description=text, amount=amount)
    try:
        check_record(record)
    except BadData:
        return
    await pages.write_claims_page(db, run, [], [record], chain_started_at=run.started_at)
