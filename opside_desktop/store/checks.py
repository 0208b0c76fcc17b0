"""What a record must be like to be stored, alike on both databases.

PostgreSQL refuses texts that are too long or hold a NUL character and numbers out of range, with
the whole page; SQLite takes anything. So each record is looked at before a page is written.
"""

from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any

import sqlalchemy as sa

from opside_desktop.domain.errors import BadData
from opside_desktop.domain.records import Claim, FinancialEvent, InventoryItem, Order, OrderItem
from opside_desktop.store import tables
from opside_desktop.store.types import Json, Money, dump_json

Record = Claim | FinancialEvent | InventoryItem | Order

_INTEGER_LIMIT = 2**31

Check = Callable[[Any], str | None]
"""Takes a value and says what is wrong with it, as the end of a sentence about a field."""

_TABLES: dict[type[Any], tuple[sa.Table, str, str]] = {
    Claim: (tables.amazon_claims, "claim", "claim_id"),
    FinancialEvent: (tables.financial_events, "financial event", "event_key"),
    InventoryItem: (tables.amazon_inventory, "inventory item", "sku"),
    Order: (tables.amazon_orders, "order", "order_id"),
    OrderItem: (tables.amazon_order_items, "order line", "line_number"),
}


def check_record(record: Record) -> None:
    """Look whether a record, with its lines, can be stored.

    Raises:
        BadData: it cannot; the sentence names the record and the field. The others of its page can.
    """
    _check(record, _TABLES[type(record)][1], str(getattr(record, _TABLES[type(record)][2])))
    if isinstance(record, Order):
        for item in record.items or ():
            _check(item, f"line {item.line_number} of order", record.order_id)


def _check(record: Any, noun: str, name: str) -> None:
    kind: type = type(record)
    for field, check in _checks(kind):
        wrong = check(getattr(record, field))
        if wrong is not None:
            # A name that is itself at fault is cut, and shown without what cannot be printed.
            shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)[
                :60
            ]
            raise BadData(
                f"The {noun} {shown} cannot be stored.",
                why=f"Its {field.replace('_', ' ')} {wrong}.",
            )


@cache
def _checks(kind: type) -> tuple[tuple[str, Check], ...]:
    table, _, key = _TABLES[kind]
    checks: list[tuple[str, Check]] = []
    for column in table.columns:
        if column.name not in kind.__dataclass_fields__:  # type: ignore[attr-defined]  # records are dataclasses
            continue
        check = _check_of(column.type)
        if check is not None:
            required = not column.nullable or column.name == key
            checks.append((column.name, _present(check) if required else _optional(check)))
    return tuple(checks)


def _optional(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


def _present(check: Check) -> Check:
    return lambda value: "is missing" if value is None or value == "" else check(value)


def _check_of(kind: sa.types.TypeEngine[Any]) -> Check | None:
    if isinstance(kind, sa.String):  # Text, too
        return _text(kind.length)
    if isinstance(kind, Money):
        return _money(kind.digits)
    if isinstance(kind, sa.Integer):
        return _integer
    if isinstance(kind, Json):
        return _json
    return None


def _text(limit: int | None) -> Check:
    def check(value: str) -> str | None:
        if limit is not None and len(value) > limit:
            return f"is longer than {limit} characters"
        if "\0" in value:
            return "holds a NUL character"
        return None if value.isascii() or _is_unicode(value) else "is not valid text"

    return check


def _is_unicode(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _money(digits: int) -> Check:
    # Half a cent below the limit still rounds to something that fits.
    limit = Decimal(10) ** (digits - 2) - Decimal("0.005")

    def check(value: Decimal) -> str | None:
        if not value.is_finite():
            return "is not a number"
        return None if -limit < value < limit else f"has more than {digits - 2} digits"

    return check


def _integer(value: int) -> str | None:
    return None if -_INTEGER_LIMIT <= value < _INTEGER_LIMIT else "is too large a number"


def _json(value: Any) -> str | None:
    try:
        text = dump_json(value)
    except (TypeError, ValueError, UnicodeEncodeError):
        return "is not valid JSON"
    # JSON escapes NUL; most texts hold no such escape, so the slow look is rare.
    return "holds a NUL character" if "\\u0000" in text and _holds_nul(value) else None


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_holds_nul(part) for pair in value.items() for part in pair)
    if isinstance(value, list | tuple):
        return any(_holds_nul(part) for part in value)
    return False
