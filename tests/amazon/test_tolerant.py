"""A record of which a part cannot be read is kept without that part, and the part is named."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from opside_desktop.amazon import tolerant


class Money(msgspec.Struct, rename="camel"):
    amount: Decimal | None = None
    currency_code: str | None = None


class Line(msgspec.Struct, rename="camel"):
    title: str | None = None
    item_price: Money | None = None


class Record(msgspec.Struct, rename="camel"):
    order_id: str | None = None
    units: int | None = None
    placed_at: datetime | None = None
    total: Money | None = None
    all_lines: list[Line] | None = None


DECODER = msgspec.json.Decoder(Record)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
GOOD = {
    "orderId": "A",
    "units": 2,
    "placedAt": "2026-11-23T12:00:00Z",
    "total": {"amount": "9.00", "currencyCode": "USD"},
    "allLines": [{"title": "Mug", "itemPrice": {"amount": 9.10}}],
}
WHOLE = Record("A", 2, NOON, Money(Decimal("9.00"), "USD"), [Line("Mug", Money(Decimal("9.1")))])


def read(**changed: Any) -> tuple[Record, tuple[str, ...]]:
    return tolerant.decode(json.dumps(GOOD | changed).encode(), DECODER)


def but(**changed: Any) -> Record:
    return msgspec.structs.replace(WHOLE, **changed)


def test_a_record_as_the_model_says_is_whole() -> None:
    assert read(news={"of": "tomorrow"}) == (WHOLE, ())


@pytest.mark.parametrize(
    ("wrong", "kept", "named"),
    [
        ({"units": {}}, but(units=None), "units"),
        ({"units": True}, but(units=None), "units"),
        ({"units": 1.5}, but(units=None), "units"),
        ({"placedAt": "yesterday"}, but(placed_at=None), "placedAt"),
        ({"total": []}, but(total=None), "total"),
        ({"total": {"amount": "", "currencyCode": "USD"}}, but(total=Money(None, "USD")),
         "total.amount"),
        ({"allLines": {}}, but(all_lines=None), "allLines"),
        ({"allLines": [7, {"title": ["x"]}, {"title": "Cup", "itemPrice": 1}]},
         but(all_lines=[Line(), Line("Cup")]), "allLines allLines.title allLines.itemPrice"),
        ({"orderId": ["A"]}, but(order_id=None), "orderId"),
    ],
)  # fmt: skip
def test_only_what_cannot_be_read_is_left_empty(
    wrong: dict[str, Any], kept: Record, named: str
) -> None:
    assert read(**wrong) == (kept, tuple(named.split()))


@pytest.mark.parametrize(
    ("spelt", "kept"),
    [
        ({"units": "2"}, but(units=2)),
        ({"units": "2", "orderId": 12}, but(order_id="12")),
        ({"units": 2.0, "orderId": 12}, but(order_id="12")),
        ({"allLines": None, "units": "-3"}, but(all_lines=None, units=-3)),
    ],
)
def test_what_is_only_spelt_in_another_way_is_read(spelt: dict[str, Any], kept: Record) -> None:
    assert read(**spelt) == (kept, ())


def test_amounts_stay_exact_where_a_neighbour_is_wrong() -> None:
    raw = b'{"orderId": [], "total": {"amount": 1234567890123456.10}}'
    record, _ = tolerant.decode(raw, DECODER)
    assert record.total == Money(Decimal("1234567890123456.10"))


@pytest.mark.parametrize("raw", [b"7", b"[]", b'"A"', b"null", b'{"orderId": "A'])
def test_what_is_no_object_is_no_record(raw: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        tolerant.decode(raw, DECODER)
