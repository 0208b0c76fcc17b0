"""Reading a record of which a part is not what Amazon's model says.

A record is decoded strictly first. Only one that fails is looked at field by field: what cannot be
read is left empty and named, all else is kept. Whether the record is of use without it is for its
reader to say.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import Any, Final, TypeVar, Union, get_args, get_origin

import msgspec

from opside_desktop.amazon.repair import exact_number

W = TypeVar("W")

_untyped = msgspec.json.Decoder(float_hook=exact_number)
_WHOLE: Final = re.compile(r"\s*[+-]?\d{1,18}(\.0*)?\s*")


def decode(raw: bytes | msgspec.Raw, decoder: msgspec.json.Decoder[W]) -> tuple[W, tuple[str, ...]]:
    """Decode one record, and name the fields that had to be left empty.

    Args:
        raw: one JSON object.
        decoder: of a struct whose every field may be absent. Structs in it, lists of structs and
            plain values are read field by field, item by item. A struct may refuse what was read
            of it (`__post_init__`), or say beforehand that nobody needs it (`is_needed`, a static
            method that takes the JSON object); then it is left out without a word.

    Returns:
        The record and the paths, in Amazon's names, of what was left empty: `product.title`. A
        number where text is wanted, and a whole number spelt as text, are read and not named.

    Raises:
        msgspec.DecodeError: it is no JSON, or no object.
    """
    try:
        return decoder.decode(raw), ()
    except (msgspec.ValidationError, ArithmeticError):
        tree = _untyped.decode(raw)
        if not isinstance(tree, dict):
            raise
        blanked: dict[str, None] = {}
        kept = _object(tree, decoder.type, (), blanked)
        return msgspec.convert(kept, decoder.type), tuple(blanked)


def _object(
    tree: Mapping[str, Any], struct: Any, path: tuple[str, ...], blanked: dict[str, None]
) -> dict[str, Any]:
    kept = {}
    for name, wanted in _fields(struct):
        if tree.get(name) is not None:
            value = _read(tree[name], wanted, (*path, name), blanked)
            if value is not None:
                kept[name] = value
    return kept


def _read(value: Any, wanted: Any, path: tuple[str, ...], blanked: dict[str, None]) -> Any:
    """Give what can be read of a value; None where that is nothing."""
    kind = get_origin(wanted) or wanted
    if isinstance(value, dict) and isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        is_needed = getattr(kind, "is_needed", None)
        if is_needed is not None and not is_needed(value):
            return None
        value = _object(value, kind, path, blanked)
        wanted = kind
    if isinstance(value, list) and kind is list:
        (item,) = get_args(wanted)
        read = (_read(one, item, path, blanked) for one in value if one is not None)
        return [one for one in read if one is not None]
    value = _respelt(value, kind)
    try:
        msgspec.convert(value, wanted)
    except msgspec.ValidationError:
        blanked[".".join(path)] = None
        return None
    return value


def _respelt(value: Any, kind: Any) -> Any:
    """Spell a value as its field wants it, where that is certain."""
    if isinstance(value, bool):
        return value
    if kind is str and isinstance(value, int):
        return str(value)
    if kind is int and isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value.partition(".")[0])
    if kind is int and isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    return value


@cache
def _fields(struct: Any) -> tuple[tuple[str, Any], ...]:
    return tuple((f.encode_name, _without_none(f.type)) for f in msgspec.structs.fields(struct))


def _without_none(wanted: Any) -> Any:
    if get_origin(wanted) not in (UnionType, Union):
        return wanted
    kinds = [one for one in get_args(wanted) if one is not type(None)]
    return kinds[0] if len(kinds) == 1 else wanted
