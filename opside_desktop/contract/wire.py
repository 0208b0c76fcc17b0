"""What all answers have in common: their keys, their moments and amounts, and how they are written.

Keys are camelCase and always present; an unknown value is None.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final, TypeVar

import msgspec

from opside_desktop.domain.clock import iso
from opside_desktop.domain.utf8 import encodable

Moment = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]
"""ISO 8601 with `Z`, as `domain.clock.iso` spells it."""

Amount = Annotated[Decimal, msgspec.Meta(extra_json_schema={"type": "number"})]
"""Money: a JSON number with two places, as `cents` gives it."""

W = TypeVar("W", bound=msgspec.Struct)

_encoder: Final = msgspec.json.Encoder(decimal_format="number")


class Wire(msgspec.Struct, rename="camel", kw_only=True):
    """An object whose keys are all always there."""


class Outcome(Wire):
    """How something ended."""

    success: bool


def built(answer: type[W], facts: object, **more: Any) -> W:
    """Build an answer: each key that is not given is the attribute of its name, as JSON spells it.

    Raises:
        AttributeError: there is no such fact.
    """
    names = answer.__struct_fields__
    return answer(
        **{one: more[one] if one in more else spelled(getattr(facts, one)) for one in names}
    )


def encode(answer: Any) -> bytes:
    """Write an answer as UTF-8 JSON, with decimals as numbers.

    U+FFFD stands for what is no text, such as a path's bytes: it must not turn a success into a
    failure.
    """
    try:
        return _encoder.encode(answer)
    except UnicodeEncodeError:
        return _encoder.encode(encodable(keys(answer)))


def keys(answer: Any) -> Any:
    """Give what JSON shows of an answer as objects, lists and values; amounts stay exact."""
    return msgspec.to_builtins(answer, builtin_types=(Decimal,))


def cents(amount: Decimal | None) -> Decimal | None:
    """Give an amount two places, as the wire shows it; what is no number is unknown.

    Another program may have stored NaN on a server, which JSON cannot say.
    """
    if amount is None or not amount.is_finite():
        return None
    return amount.quantize(Decimal("0.01"))


def spelled(value: Any) -> Any:
    """Spell a stored value as the wire does."""
    if isinstance(value, datetime):
        return iso(value)
    return cents(value) if isinstance(value, Decimal) else value
