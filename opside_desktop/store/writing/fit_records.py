"""What a record must be like to be stored, alike on both databases, and making it so.

PostgreSQL refuses texts that are too long or hold a NUL character and numbers out of range, with
the whole page; SQLite takes anything. So each record is looked at before a page is written. Its key
and its money must fit as they are; of what stands beside them, what does not fit is cut or left
empty.
"""

from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from msgspec.structs import replace

from opside_desktop.domain.errors import BadData
from opside_desktop.domain.fields import Field, fields_of
from opside_desktop.domain.records import (
    Claim,
    FinancialEvent,
    InventoryItem,
    Mended,
    Order,
    OrderItem,
)
from opside_desktop.store.schema import tables
from opside_desktop.store.schema.types import Money, storable

Record = TypeVar("Record", Claim, FinancialEvent, InventoryItem, Order)

_INTEGER_LIMIT = 2**31

_MOST_NAME: Final = 200
"""Characters of a name that is shown: one that is itself at fault may be endless."""

Check = Callable[[Any], str | None]
"""Takes a value and says what is wrong with it, as the end of a sentence about a field."""

_TABLES: dict[type, sa.Table] = {
    Claim: tables.amazon_claims,
    FinancialEvent: tables.financial_events,
    InventoryItem: tables.amazon_inventory,
    Order: tables.amazon_orders,
    OrderItem: tables.amazon_order_items,
}

_NOUNS: dict[type, str] = {
    Claim: "claim",
    FinancialEvent: "financial event",
    InventoryItem: "inventory item",
    Order: "order",
}


def fit_record(record: Record) -> tuple[Record, list[Mended]]:
    """Make a record, with its lines, fit for being stored.

    Texts are cut and lose their NUL characters; ids, amounts and numbers that do not fit are left
    empty where the record may lack them.

    Returns:
        The record, the very same if nothing had to be done, and the fields that were changed.

    Raises:
        BadData: its key, or a value that it must have, does not fit; the sentence names the record
            and the field. The others of its page can be stored.
    """
    kind: type = type(record)
    name = str(next(getattr(record, one.name) for one in fields_of(kind) if one.key))
    parts: list[tuple[Any, str, str]] = [(record, _NOUNS[kind], "")]
    if isinstance(record, Order):
        parts += [
            (line, f"line {line.line_number} of order", f" of line {line.line_number}")
            for line in record.items or ()
        ]
    fitted: list[Any] = []
    mended: list[Mended] = []
    for part, noun, where in parts:
        changed: dict[str, Any] = {}
        for field, check in _checks(part.__class__):
            value = getattr(part, field.name)
            wrong = check(value)
            if wrong is None:
                continue
            words = field.name.replace("_", " ")
            if field.may_be_cut and value:
                changed[field.name] = storable(value.replace("\0", ""))[: field.size]
            elif field.optional:
                changed[field.name] = None
            else:
                what = f"The {noun} {shown(name)} cannot be stored."
                raise BadData(what, why=f"Its {words} {wrong}.")
            mended.append(Mended(shown(name), f"{words}{where}", was_cut=True))
        fitted.append(replace(part, **changed) if changed else part)
    whole, *lines = fitted
    return (replace(whole, items=tuple(lines)) if lines and mended else whole), mended


def wrong_with(column: sa.Column[Any], value: Any) -> str | None:
    """Say what keeps a value out of a column, as the end of a sentence; None where nothing does."""
    if value is None:
        return None if column.nullable else "is missing"
    check = _check_of(column.type)
    try:
        return None if check is None else check(value)
    except (AttributeError, TypeError, ValueError, ArithmeticError):
        return "is not what belongs there"


def shown(name: str) -> str:
    """Cut a name of a record to what can be shown, without what cannot be printed."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)[:_MOST_NAME]


@cache
def _checks(record: type) -> tuple[tuple[Field, Check], ...]:
    """List the fields of a record that have to be checked."""
    found = []
    for field in fields_of(record):
        check = _check_of(_TABLES[record].c[field.name].type)
        if check is not None:
            found.append((field, _optional(check) if field.nullable else _present(check)))
    return tuple(found)


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
    return None  # what was read as JSON can be written as JSON


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
