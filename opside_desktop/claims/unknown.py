"""Events of kinds that this program does not know: kept, and named in the sync's warnings."""

import threading
from collections.abc import Iterator, Mapping
from typing import Any, Final

from opside_desktop.claims.event_fields import Payload, text
from opside_desktop.claims.money import UnreadableEvent, sum_amounts
from opside_desktop.claims.readings import Reading
from opside_desktop.domain.claim_types import ClaimType
from opside_desktop.domain.records import Money

MOST_SHOWN: Final = 50
"""So many new claims of one unknown kind are shown in a sync; those beyond are kept hidden."""

_DEEPEST: Final = 20
_SHOWN: Final = 60
"""Characters of a kind's name in a sentence."""


def read_unknown(event_list: str, payload: Payload) -> Reading | None:
    """Read an event of a list that nobody knows; None where it holds no money at all.

    Raises:
        UnreadableEvent: it holds several amounts, and nothing tells which of them counts.
    """
    money = _one_amount(payload)
    if money is None:
        return None
    kind = event_list.removesuffix("EventList") or event_list
    return Reading(
        ClaimType.OTHER,
        money,
        f"Event of a kind that is not known: {kind}",
        event_type=event_list,
        order_id=next(filter(None, (text(payload, name) for name in _ORDERS)), None),
        unknown=event_list,
    )


_ORDERS: Final = ("AmazonOrderId", "OrderId", "orderId")


def _one_amount(payload: Payload) -> Money | None:
    """Give the one amount of an event, or of several the one that stands out as its total."""
    top = {name: list(_amounts(value, 0)) for name, value in payload.items() if _is_money(value)}
    totals = {name: found for name, found in top.items() if "total" in name.casefold()}
    everything = list(_amounts(payload, _DEEPEST))
    for found in (everything, [one for each in top.values() for one in each],
                  [one for each in totals.values() for one in each]):  # fmt: skip
        told = [money for money in found if money.amount]
        if len(told) == 1:
            return told[0]
    if any(money.amount for money in everything):
        raise UnreadableEvent("Its kind is not known, and it holds several amounts.")
    return next((money for money in everything if money.currency), None)


def _is_money(value: Any) -> bool:
    return isinstance(value, Mapping) and "CurrencyAmount" in value


def _amounts(value: Any, levels: int) -> Iterator[Money]:
    """Yield every amount inside a value that can be read."""
    if _is_money(value):
        try:
            yield sum_amounts(value)
        except UnreadableEvent:
            return
    elif levels and isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _amounts(inner, levels - 1)


class UnknownKinds:
    """How many claims of each unknown kind one sync has brought. Safe for several threads.

    Attributes:
        met: that number by Amazon's name of the kind; it can be stored, and handed to a new count
            that goes on with it.
    """

    def __init__(self, met: Mapping[str, int] | None = None) -> None:
        self.met = dict(met or {})
        self._turn = threading.Lock()

    def hides(self, kind: str | None) -> bool:
        """Count an event of which a claim is made; tells whether it is one too many to be shown.

        Args:
            kind: `Reading.unknown`; None for a kind that is known, of which none is hidden.
        """
        if kind is None:
            return False
        with self._turn:
            self.met[kind] = self.met.get(kind, 0) + 1
            return self.met[kind] > MOST_SHOWN

    def forget(self, counted: Mapping[str, int]) -> None:
        """Take back what was counted: the window that it came with begins again."""
        with self._turn:
            left = {kind: count - counted.get(kind, 0) for kind, count in self.met.items()}
            self.met = {kind: count for kind, count in left.items() if count > 0}

    def sentences(self) -> list[str]:
        """Say of each kind, in a sentence, how often it came and what became of it."""
        return [_sentence(kind, count) for kind, count in sorted(self.met.items())]


def _sentence(kind: str, count: int) -> str:
    name = kind if len(kind) <= _SHOWN else f"{kind[:_SHOWN]}…"
    came = f"Amazon sent {count:,} financial event{'' if count == 1 else 's'} of a kind that this"
    kept = f"{came} program does not know (“{name}”), kept as “other adjustment”."
    if count > MOST_SHOWN:
        return f"{kept} Those after the first {MOST_SHOWN} are hidden."
    return kept
