"""The class of a transaction: by its type, then its description, then its breakdowns.

Types and descriptions are free text at Amazon; letter case and blanks do not count.
"""

import re
from collections.abc import Iterable
from itertools import chain
from typing import Final

from opside_desktop.claims.adjustment_kinds import is_known, is_movement
from opside_desktop.claims.classes import CLASS_OF_LIST, NEVER_CLAIMS, EventClass
from opside_desktop.claims.event_fields import squashed


def _type_name(event_list: str) -> str:
    return squashed(event_list.removesuffix("EventList"))


_CLASS_OF_TYPE: Final = {_type_name(name): class_ for name, class_ in CLASS_OF_LIST.items()}
"""Types that are called as v0's lists."""

_NEVER: Final = {_type_name(name) for name in NEVER_CLAIMS} | {
    "transfer",
    "disbursement",
    "reserve",
    "orderpayment",
}
_NEVER_STARTS: Final = ("reserve", "loan")

_NO_CHARGEBACK: Final = re.compile(r"(shipping|gift-?wrap)chargeback")
"""Fees for what Amazon paid for shipping and wrapping."""

_A_TO_Z: Final = re.compile(r"(?<![a-z])a[\s_-]*to[\s_-]*z")

_WORDS: Final = (
    (re.compile(r"guarantee"), EventClass.GUARANTEE),
    (re.compile(r"chargeback"), EventClass.CHARGEBACK),
    (re.compile(r"safe-?t(?!y)"), EventClass.SAFET),
    (re.compile(r"liquidation"), EventClass.LIQUIDATION),
    (re.compile(r"retrocharge"), EventClass.TAX),
    (re.compile(r"^(order)?refund(order|sales|expenses)?$"), EventClass.REFUND),
)
"""What a type, a description or a breakdown is known by."""

_FEE_ENDS: Final = ("fee", "charge", "payment")


def class_of_transaction(
    kind: str | None, description: str | None, breakdowns: Iterable[str]
) -> EventClass | None:
    """Give the class of a transaction; OTHER for one that nobody knows, None if it is no claim.

    Args:
        kind: its type; where it has none, its description stands for it.
        breakdowns: their names.
    """
    kind, description = kind or description or "", description or ""
    type_, said = squashed(kind), squashed(description)
    if type_.startswith("debt"):
        return EventClass.FEE if "debtadjustment" in (type_, said) else None
    if type_ in _NEVER or type_.startswith(_NEVER_STARTS) or is_movement(kind):
        return None
    found = _by_words(kind) or _CLASS_OF_TYPE.get(type_)
    if found is None and (type_ == "adjustment" or is_known(kind)):
        found = EventClass.ADJUSTMENT
    if found is EventClass.ADJUSTMENT and is_movement(description):
        return None
    if found is None and (type_.endswith(_FEE_ENDS) or _NO_CHARGEBACK.search(type_)):
        found = EventClass.FEE
    if found is not None:
        return found
    if said in _NEVER or is_movement(description):
        return None
    for text in chain([description], breakdowns):
        found = _by_words(text) or (EventClass.ADJUSTMENT if _is_adjustment(text) else None)
        if found is not None:
            return found
    return EventClass.OTHER


def _by_words(text: str) -> EventClass | None:
    if _A_TO_Z.search(text.casefold()):
        return EventClass.GUARANTEE
    said = _NO_CHARGEBACK.sub("", squashed(text))
    return next((class_ for words, class_ in _WORDS if words.search(said)), None)


def _is_adjustment(kind: str) -> bool:
    return is_known(kind) and not is_movement(kind)
