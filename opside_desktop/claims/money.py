"""What a financial event is worth: reading Amazon's amounts out of its nested lists."""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from opside_desktop.domain.records import Money

PLAIN: Final = (str, int, Decimal)
"""Kinds of values without parts."""


_HOLDS_MONEY: Final = ("Amount", "List", "Withheld")
"""How those fields of the parts of a sum are called that hold amounts or, in turn, parts."""


class UnreadableEvent(ValueError):
    """An event that should be a claim but says too little; the text is a sentence."""


def amounts(value: Any) -> Iterator[Money]:
    """Yield every amount inside a part of a sum, at any depth.

    Raises:
        UnreadableEvent: one is no amount, or something else stands where one should.
    """
    if isinstance(value, list | tuple):
        for item in value:
            yield from amounts(item)
    elif not isinstance(value, dict):
        if value:
            raise UnreadableEvent("Something else stands where an amount should.")
    elif "CurrencyAmount" in value:
        if value["CurrencyAmount"] is not None:
            yield _money(value)
    else:
        for name, inner in value.items():
            if name.endswith(_HOLDS_MONEY):
                yield from amounts(inner)


def _money(value: Mapping[str, Any]) -> Money:
    try:
        amount = Decimal(str(value["CurrencyAmount"]))
    except InvalidOperation as error:
        raise UnreadableEvent("Its amount is not a number.") from error
    currency = value.get("CurrencyCode") or ""
    if not isinstance(currency, PLAIN):
        currency = ""
    if not amount.is_finite() or (amount and not currency):
        raise UnreadableEvent("Its amount has no currency or is not a number.")
    return Money(amount=amount, currency=str(currency))


def sum_amounts(*parts: Any) -> Money:
    """Add up every amount inside the parts.

    One of 0.00 counts only where there is no other: it may lack a currency or be in another.

    Raises:
        UnreadableEvent: there is none, one is no number, or they are in different currencies.
    """
    found = [money for part in parts for money in amounts(part)]
    counted = [money for money in found if money.amount]
    counted = counted or [money for money in found if money.currency][:1]
    if not counted:
        raise UnreadableEvent("It has no amount.")
    if len({money.currency for money in counted}) > 1:
        raise UnreadableEvent("Its amounts are in different currencies.")
    total = sum((money.amount for money in counted), Decimal(0))
    return Money(amount=total, currency=counted[0].currency)


def total_of(total: Any, *parts: Any) -> Money:
    """Give a total, or the sum of its parts where the total is absent, 0.00 or cannot be read.

    Raises:
        UnreadableEvent: neither can be read, or not the parts of a total of 0.00.
    """
    try:
        told = sum_amounts(total)
    except UnreadableEvent:
        try:
            return sum_amounts(*parts)
        except UnreadableEvent:
            return sum_amounts(total if total else parts)  # tells what is wrong
    return sum_amounts(*parts) if not told.amount and has_amount(*parts) else told


def has_amount(*parts: Any) -> bool:
    """Tell whether any amount inside the parts is not 0.

    Raises:
        UnreadableEvent: see `amounts`.
    """
    found = list(amounts(parts))
    return any(money.amount for money in found)


def is_readable(value: Any) -> bool:
    """Tell whether every amount inside a value can be read; it may hold none."""
    try:
        for _ in amounts(value):
            pass
    except UnreadableEvent:
        return False
    return isinstance(value, dict | list)


def spelt_amount(value: Any) -> str:
    """Give the first amount inside a value that is not 0 as Amazon spells it; empty if none is."""
    if isinstance(value, dict) and "CurrencyAmount" in value:
        amount, currency = value["CurrencyAmount"], value.get("CurrencyCode")
        told = [str(one) for one in (amount, currency) if one and isinstance(one, PLAIN)]
        return " ".join(told) if amount else ""
    if not isinstance(value, dict | list):
        return ""
    inner = value.values() if isinstance(value, dict) else value
    return next((spelt for part in inner if (spelt := spelt_amount(part))), "")


def sum_of(payload: Mapping[str, Any], *names: str) -> Money:
    """Add up every amount inside the named fields, as `sum_amounts` does."""
    return sum_amounts(*(payload.get(name) for name in names))
