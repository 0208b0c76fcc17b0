"""What events of either source tell alike: texts, units, items."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from opside_desktop.claims.money import PLAIN, UnreadableEvent

Payload = Mapping[str, Any]

_MOST_DIGITS: Final = 9
"""Of a number of units."""

HELD_BACK: Final = frozenset({"DEFERRED", "DEFERRED_RELEASED"})
"""The statuses of money that Amazon holds back, or has held back."""


def plain_text(value: Any) -> str | None:
    """Give a plain value as text; None where it says nothing or has parts."""
    if value is None or value == "" or not isinstance(value, PLAIN):
        return None
    try:
        return str(value)
    except ValueError:  # Python does not spell out a number of thousands of digits
        return None


def text(payload: Payload, name: str) -> str | None:
    """Give a field as text; see `plain_text`."""
    return plain_text(payload.get(name))


def squashed(said: str | None) -> str:
    """Spell a word of Amazon's so that letter case and blanks do not count."""
    return "".join((said or "").split()).casefold()


def as_status(said: Any) -> str | None:
    """Spell the status of a transaction as Amazon's model does: `DEFERRED_RELEASED`."""
    status = plain_text(said)
    return "_".join(status.replace("_", " ").split()).upper() if status else None


def words(code: str) -> str:
    """Spell a code such as RETURNS_NOT_RECEIVED as words."""
    return code.replace("_", " ").lower() if code.isupper() else code


def units(quantity: Any) -> int:
    """Read a number of units; 0 where it says none."""
    said = plain_text(quantity) or ""
    return int(said) if said.isdecimal() and len(said) <= _MOST_DIGITS else 0


def objects(items: Any, name: str) -> list[Payload]:
    """Give a list of objects inside an event; an absent list is empty, as is an absent object.

    Raises:
        UnreadableEvent: it is no list, or something in it is no object.
    """
    items = items or []
    told = [item for item in items if item is not None] if isinstance(items, list) else [items]
    if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in told):
        raise UnreadableEvent(f"Its {name} is not a list of objects.")
    return told


def objects_within(payload: Payload) -> list[Payload]:
    """Give an event and the objects of its lists, whatever they are called."""
    nested = (value for value in payload.values() if isinstance(value, list))
    return [payload, *(item for items in nested for item in items if isinstance(item, Mapping))]


def all_said(objects: Iterable[Payload], *names: str) -> tuple[str, ...]:
    """Give what some fields of objects say, each once, in their order."""
    said = (plain_text(each.get(name)) for each in objects for name in names)
    return tuple(dict.fromkeys(one for one in said if one))


def about(said: str, skus: Sequence[str], quantity: int | None) -> str:
    """Add the SKU and the number of units to a description, where the event tells them."""
    details = [
        skus[0] if len(skus) == 1 else _plural(len(skus), "SKU") if skus else "",
        _plural(quantity, "unit") if quantity else "",
    ]
    told = ", ".join(detail for detail in details if detail)
    return f"{said} ({told})" if told else said


def _plural(count: int, one: str) -> str:
    return f"{count:,} {one}" if count == 1 else f"{count:,} {one}s"
