"""The parts of a transaction of listTransactions: identifiers, contexts, breakdowns, its money.

Amazon sends what its model forbids: breakdowns as an object, contexts without their type,
identifiers without underscores. What says nothing readable is passed over; money never is.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from opside_desktop.claims.event_fields import Payload, all_said, plain_text, squashed, units
from opside_desktop.claims.money import UnreadableEvent, is_readable, sum_amounts
from opside_desktop.domain.records import Money

_DEEPEST: Final = 20
"""Levels of breakdowns; Amazon's own have no six."""


def listed(value: Any) -> list[Payload]:
    """Give the objects of a list; one that stands where a list should is taken for its only one."""
    if isinstance(value, Mapping):
        return [value]
    items = value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, Mapping)]


def parts_of(payload: Payload) -> Iterator[Payload]:
    """Give a transaction, then its items."""
    yield payload
    yield from listed(payload.get("items"))


class Identifiers:
    """The related identifiers of a transaction and its items.

    Their names are compared without letter case, underscores and blanks.
    """

    def __init__(self, payload: Payload) -> None:
        self._own = _identifiers([payload])
        self._of_items = _identifiers(listed(payload.get("items")))

    def own(self, *names: str) -> tuple[str, ...]:
        """Give the values that the transaction itself has under these names, each once."""
        return tuple(value for name in names for value in self._own.get(_bare(name), ()))

    def all(self, *names: str) -> tuple[str, ...]:
        """Give the values under these names of the transaction and its items, each once."""
        of_items = (value for name in names for value in self._of_items.get(_bare(name), ()))
        return tuple(dict.fromkeys((*self.own(*names), *of_items)))

    @property
    def order_id(self) -> str | None:
        """The order of the transaction; None where it, or else its items, name several."""
        named = self.own("ORDER_ID") or self.all("ORDER_ID")
        return named[0] if len(named) == 1 else None


def _identifiers(parts: Iterable[Payload]) -> dict[str, dict[str, None]]:
    found: dict[str, dict[str, None]] = {}
    for part in parts:
        for one in listed(part.get("relatedIdentifiers")):
            name = one.get("relatedIdentifierName", one.get("itemRelatedIdentifierName"))
            value = one.get("relatedIdentifierValue", one.get("itemRelatedIdentifierValue"))
            said = plain_text(value)
            if isinstance(name, str) and said:
                found.setdefault(_bare(name), {})[said] = None
    return found


@lru_cache(maxsize=200)
def _bare(name: str) -> str:
    return squashed(name.replace("_", ""))


@dataclass(frozen=True, slots=True)
class Product:
    """What a transaction is about: its SKUs, each once, and the units of all."""

    skus: tuple[str, ...]
    quantity: int | None


def product_of(payload: Payload) -> Product:
    """Read the product contexts of a transaction, or else those of its items."""
    own = _product_contexts([payload])
    found = own or _product_contexts(listed(payload.get("items")))
    quantity = sum(units(one.get("quantityShipped")) for one in found)
    return Product(all_said(found, "sku"), quantity or None)


def _product_contexts(parts: Iterable[Payload]) -> list[Payload]:
    contexts = (context for part in parts for context in listed(part.get("contexts")))
    return [one for one in contexts if "sku" in one or "quantityShipped" in one]


@dataclass(frozen=True, slots=True)
class Deferral:
    """Why Amazon holds money back, in its word (DD7, B2B), and until when, as it spells that."""

    reason: str | None
    until: str | None


def deferral_of(payload: Payload) -> Deferral | None:
    """Read the deferred context of a transaction, or else of an item; None if there is none."""
    for part in parts_of(payload):
        for context in listed(part.get("contexts")):
            kind = squashed(plain_text(context.get("contextType")))
            if kind.startswith("deferred") or {"deferralReason", "maturityDate"} & set(context):
                return Deferral(
                    plain_text(context.get("deferralReason")),
                    plain_text(context.get("maturityDate")),
                )
    return None


def breakdown_names(payload: Payload) -> Iterator[str]:
    """Yield the names of all breakdowns of a transaction, the outer ones first."""
    level = listed(payload.get("breakdowns"))
    for _ in range(_DEEPEST):
        yield from all_said(level, "breakdownType")
        level = [inner for node in level for inner in listed(node.get("breakdowns"))]
        if not level:
            break


def money_of(payload: Payload) -> tuple[Money, tuple[str, ...]]:
    """Give what a transaction is worth, and the name of its total where that was unreadable.

    Where it tells no total, its breakdowns are added up, or else the totals of its items.

    Raises:
        UnreadableEvent: nothing tells it.
    """
    total = as_v0(payload.get("totalAmount"))
    is_told = total is not None
    if total is not None and is_readable(total):
        try:
            return sum_amounts(total), ()
        except UnreadableEvent:
            is_told = False  # it names no amount
    unread = ("totalAmount",) if is_told else ()
    with suppress(UnreadableEvent):
        return sum_amounts(*_leaves(payload.get("breakdowns"), _DEEPEST)), unread
    totals = [item.get("totalAmount") for item in listed(payload.get("items"))]
    if all(totals):
        with suppress(UnreadableEvent):
            return sum_amounts(*map(as_v0, totals)), unread
    raise UnreadableEvent("Its amount cannot be read." if is_told else "It has no amount.")


def _leaves(breakdowns: Any, levels: int) -> Iterator[Any]:
    """Yield the amounts that make up a list of breakdowns, each told by itself or by its parts."""
    nodes = breakdowns if isinstance(breakdowns, list) else [breakdowns]
    for node in nodes:
        if node is None:
            continue
        if not isinstance(node, Mapping) or not levels:
            raise UnreadableEvent("Something else stands where a breakdown should.")
        amount, inner = as_v0(node.get("breakdownAmount")), node.get("breakdowns")
        if amount is not None and (not inner or _is_amount(amount)):
            yield amount
        elif inner:
            yield from _leaves(inner, levels - 1)
        else:
            raise UnreadableEvent("One of its breakdowns has no amount.")


def _is_amount(amount: Any) -> bool:
    try:
        sum_amounts(amount)
    except UnreadableEvent:
        return False
    return True


def as_v0(amount: Any) -> Any:
    """Spell an amount as Finances v0 does; None where there is none."""
    if not isinstance(amount, Mapping):
        return amount or None
    named = {str(name).casefold(): value for name, value in amount.items()}
    if named.get("currencyamount") is None:
        return None
    return {
        "CurrencyAmount": named["currencyamount"],
        "CurrencyCode": named.get("currencycode"),
    }
