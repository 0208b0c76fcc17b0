"""Records are made fit for being stored or named one by one; what is fit can be stored."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from opside_desktop.domain.errors import BadData
from opside_desktop.domain.records import Mended
from opside_desktop.store.writing.fit_records import fit_record
from tests.store.claim_pages import write_claims_page

BAD = {
    "a claim without a name": (lambda m: m.claim(1, claim_id=""), "claim id is missing"),
    "a long claim id": (lambda m: m.claim(1, claim_id="c" * 256), "claim id is longer than 255"),
    "a NUL in an order id": (lambda m: m.order(1, order_id="902\0"), "order id holds a NUL"),
    "a NUL in an SKU": (lambda m: m.item(1, sku="S\0KU"), "sku holds a NUL"),
    "a long SKU": (lambda m: m.item(1, sku="s" * 256), "sku is longer than 255"),
    "no amount": (lambda m: m.claim(1, amount=None), "amount is missing"),
    "not a number": (lambda m: m.claim(1, amount=Decimal("NaN")), "amount is not a number"),
    "infinity": (lambda m: m.claim(1, amount=Decimal("-Infinity")), "amount is not a number"),
    "nine digits": (lambda m: m.claim(1, amount=Decimal("100000000")), "more than 8 digits"),
    "rounds to nine": (lambda m: m.claim(1, amount=Decimal("99999999.995")), "more than 8"),
    "a long currency": (lambda m: m.claim(1, currency="U" * 11), "currency is longer than 10"),
}


@pytest.mark.parametrize("case", list(BAD))
def test_a_record_that_cannot_do_without_its_bad_value_is_named(make, case):
    record, why = BAD[case]
    with pytest.raises(BadData) as caught:
        fit_record(record(make))
    assert why in caught.value.why
    assert "\0" not in caught.value.sentence
    caught.value.sentence.encode()


CUT = {
    "a long type": (lambda m: m.claim(1, type="t" * 101), "type", "t" * 100),
    "a NUL in a text": (lambda m: m.claim(1, description="a\0b"), "description", "ab"),
    "half a character": (lambda m: m.claim(1, description="\ud83d!"), "description", "\ufffd!"),
    "a long title": (lambda m: m.item(1, product_name="p" * 501), "product_name", "p" * 500),
    "a long state": (lambda m: m.item(1, condition="c" * 51), "condition", "c" * 50),
    "a long ASIN": (lambda m: m.item(1, asin="B" * 256), "asin", None),
    "a NUL in the order of a claim": (lambda m: m.claim(1, order_id="9\0"), "order_id", None),
    "an order's total": (lambda m: m.order(1, total_amount=Decimal("1E+10")), "total_amount", None),
    "an order's currency": (lambda m: m.order(1, currency="U" * 11), "currency", None),
}


@pytest.mark.parametrize("case", list(CUT))
def test_only_what_does_not_fit_is_cut_or_left_empty(make, case):
    record, field, kept = CUT[case]
    fitted, mended = fit_record(record(make))
    assert fitted == replace(record(make), **{field: kept})
    assert [(one.field, one.was_cut) for one in mended] == [(field.replace("_", " "), True)]


def test_a_line_is_cut_within_its_order(make):
    order = make.order(7, items=(make.line(1), make.line(2, title="a\0", sku="s" * 256)))
    fitted, mended = fit_record(order)
    assert fitted.items == (make.line(1), make.line(2, title="a", sku=None))
    assert mended == [
        Mended("902-0000007-0000001", "sku of line 2", was_cut=True),
        Mended("902-0000007-0000001", "title of line 2", was_cut=True),
    ]


def test_the_sentence_names_order_and_line(make):
    with pytest.raises(BadData) as caught:
        fit_record(make.order(7, items=(make.line(1), make.line(2**31))))
    assert "line 2147483648 of order 902-0000007-0000001" in caught.value.what


@pytest.mark.parametrize(
    "record",
    [
        lambda m: m.claim(1, claim_id="ü" * 255, amount=Decimal("-99999999.99")),
        lambda m: m.claim(1, order_id=None, created_at=None, description="d" * 100_000),
        lambda m: m.item(1, quantity_total=2**31 - 1, quantity_inbound=-(2**31)),
        lambda m: m.order(1, total_amount=None, items=()),
        lambda m: m.event(1, payload={"text": "a literal \\u0000 is no NUL"}),
    ],
)
def test_the_largest_values_that_fit_are_left_alone(make, record):
    given_record = record(make)
    fitted, mended = fit_record(given_record)
    assert fitted is given_record
    assert mended == []


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(max_size=300) | st.text(st.characters(), max_size=5),
    amount=st.decimals(allow_nan=True) | st.decimals(-(10**9), 10**9, places=3),
)
async def test_whatever_was_made_fit_can_be_stored(db, run, make, text, amount):
    try:
        record, _ = fit_record(
            make.claim(1, claim_id=text or "c", order_id=text, description=text, amount=amount)
        )
        event, _ = fit_record(make.event(1, event_type=text, payload={text: [text, amount]}))
    except BadData:
        return
    await write_claims_page(db, run, [event], [record], first_started_at=run.started_at)
