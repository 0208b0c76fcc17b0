"""What a record must be like to be stored, alike on both databases, and making it so.

PostgreSQL refuses texts that are too long or hold a NUL character and numbers out of range, with
the whole page; SQLite takes anything. So each record is looked at before a page is written. Its key
and its money must fit as they are; of what stands beside them, what does not fit is cut or left
empty.
"""

import dataclasses
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from msgspec.structs import replace

from opside_desktop.claims.sightings import Told
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
from opside_desktop.domain.records import Money as EventMoney
from opside_desktop.store.schema import tables
from opside_desktop.store.schema.types import Money, storable

Record = TypeVar("Record", Claim, FinancialEvent, InventoryItem, Order)

_INTEGER_LIMIT = 2**31
_CENT: Final = Decimal("0.01")

_MOST_ID: Final = 255
"""Characters of an id of Amazon's; an index takes no endless ones."""

_MOST_STATUS: Final = 50

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
            if wrong is not None:
                what = f"The {noun} {shown(name)} cannot be stored."
                changed[field.name] = _instead(field, value, what, wrong)
                mended.append(Mended(shown(name), f"{_words(field)}{where}", was_cut=True))
        fitted.append(replace(part, **changed) if changed else part)
    whole, *lines = fitted
    return (replace(whole, items=tuple(lines)) if lines and mended else whole), mended


def fit_told(told: Told) -> tuple[Told, list[str]]:
    """Make an event that is a claim fit for being stored: its claim, its event and its sighting.

    What a claim shows is mended as `fit_record` does it; ids and the status, which nobody sees, are
    made to fit without a word.

    Returns:
        the event, the very same if nothing had to be done, and the names of fields that were cut.

    Raises:
        BadData: its money does not fit; `why` says what is wrong with it.
    """
    reading = told.reading
    said = {
        "event_list": told.event_list,
        "amount": reading.money.amount,
        "currency": reading.money.currency,
        **{name: getattr(reading, name) for name in _OF_READING},
    }
    changed: dict[str, Any] = {}
    for field, check in _checks_of_told():
        wrong = check(said[field.name])
        if wrong is not None:
            what = "A financial event cannot be stored."
            changed[field.name] = _instead(field, said[field.name], what, wrong)
    cut = [name.replace("_", " ") for name in changed]
    event_list = changed.pop("event_list", told.event_list)
    fitted = dataclasses.replace(
        reading,
        money=_in_cents(reading.money),
        status=_fitting_status(reading.status),
        transaction_ids=_fitting(reading.transaction_ids),
        other_ids=_fitting(reading.other_ids),
        **changed,
    )
    if fitted == reading and event_list == told.event_list:
        return told, cut
    return dataclasses.replace(told, reading=fitted, event_list=event_list), cut


_OF_READING: Final = ("description", "event_type", "order_id", "sku", "quantity", "case_id")


@cache
def _checks_of_told() -> tuple[tuple[Field, Check], ...]:
    """List what has to be checked of a claim and its event; the claim's columns are narrower."""
    told = {"event_list", "amount", "currency", *_OF_READING}
    found: dict[str, tuple[Field, Check]] = {}
    for kind in (Claim, FinancialEvent):
        for field, check in _checks(kind):
            if field.name in told:
                found.setdefault(field.name, (field, check))
    return tuple(found.values())


def _in_cents(money: EventMoney) -> EventMoney:
    """Round as both databases do: else what is stored would not be what is told again."""
    amount = money.amount.quantize(_CENT, ROUND_HALF_UP)
    return money if amount == money.amount else replace(money, amount=amount)


def _fitting_status(status: str | None) -> str | None:
    return None if status is None else str(storable(status))[:_MOST_STATUS]


def _fitting(ids: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out ids that cannot be stored: what remains must do to know the event again."""
    return tuple(one for one in ids if len(one) <= _MOST_ID and storable(one) == one)


def _instead(field: Field, value: Any, what: str, wrong: str) -> Any:
    """Give what is stored in place of a value that does not fit."""
    if field.may_be_cut and value:
        return storable(value.replace("\0", ""))[: field.size]
    if field.optional:
        return None
    raise BadData(what, why=f"Its {_words(field)} {wrong}.")


def _words(field: Field) -> str:
    return field.name.replace("_", " ")


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
