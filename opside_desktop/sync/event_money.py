"""What a financial event is worth: reading Amazon's amounts out of its nested lists."""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from opside_desktop.domain.records import Money


class UnreadableEvent(ValueError):
    """An event that should be a claim but says too little; the text is a sentence."""


def amounts(value: Any) -> Iterator[Money]:
    """Yield every amount inside a value, at any depth."""
    if isinstance(value, list | tuple):
        for item in value:
            yield from amounts(item)
    elif isinstance(value, dict):
        if "CurrencyAmount" in value:
            if value["CurrencyAmount"] is not None:
                yield _money(value)
        else:
            for inner in value.values():
                yield from amounts(inner)


def _money(value: Mapping[str, Any]) -> Money:
    try:
        amount = Decimal(str(value["CurrencyAmount"]))
    except InvalidOperation as error:
        raise UnreadableEvent("Its amount is not a number.") from error
    currency = value.get("CurrencyCode")
    if not amount.is_finite() or not currency:
        raise UnreadableEvent("Its amount has no currency or is not a number.")
    return Money(amount=amount, currency=str(currency))


def sum_amounts(*parts: Any) -> Money:
    """Add up every amount inside the parts.

    Raises:
        UnreadableEvent: there is none, one is no number, or they are in different currencies.
    """
    found = [money for part in parts for money in amounts(part)]
    if not found:
        raise UnreadableEvent("It has no amount.")
    if len({money.currency for money in found}) > 1:
        raise UnreadableEvent("Its amounts are in different currencies.")
    return Money(amount=sum((m.amount for m in found), Decimal(0)), currency=found[0].currency)


def sum_of(payload: Mapping[str, Any], *names: str) -> Money:
    """Add up every amount inside the named fields, as `sum_amounts` does."""
    return sum_amounts(*(payload.get(name) for name in names))
