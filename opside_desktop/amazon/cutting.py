"""Cutting an answer into its records here, so that a damaged one costs no more than itself."""

import contextlib
import re
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from opside_desktop.amazon.pages import Frame
from opside_desktop.amazon.repair import STRICT_STRING, STRING, UNREADABLE, exact_number, repaired
from opside_desktop.domain.records import Skipped
from opside_desktop.logs.redaction import redact

DEEPEST: Final = 100
"""Levels of nesting in a record; Amazon's own have no ten."""

_SHALLOW: Final = 30
"""Levels that are looked for at once; what is deeper is looked at value by value."""

_NO_BRACKETS: Final = bytes(sign for sign in range(256) if sign not in b"{}[]")

_SIGNS: Final = rb"|[{}\[\],:]"
_TOKEN: Final = re.compile(STRICT_STRING + _SIGNS, re.DOTALL)
_LOOSE_TOKEN: Final = re.compile(STRING + _SIGNS, re.DOTALL)
_OPENED_BY: Final = {b"}": b"{", b"]": b"["}

_probe: Final = msgspec.json.Decoder(float_hook=exact_number)


class FrameBroken(Exception):
    """Not even where the records begin and end can be told."""


@dataclass(slots=True)
class _List:
    """A list of records: its name, what lies between its brackets, and where it is divided.

    `starts` and `ends` are those of its pieces: it is divided by commas, and where one is missing
    between two records.
    """

    name: str
    start: int
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    end: int = 0

    def divide(self, end: int, start: int) -> None:
        self.ends.append(end)
        self.starts.append(start)

    def pieces(self, body: bytes) -> list[bytes]:
        pairs = zip((self.start, *self.starts), (*self.ends, self.end), strict=True)
        return [body[start:end] for start, end in pairs]


def came_whole(body: bytes) -> bool:
    """Tell whether an answer that cannot be read is JSON by its looks, and no mere beginning."""
    body = repaired(body)
    if not body.lstrip().startswith((b"{", b"[")):
        return False
    try:
        return _find_lists(body, Frame(())) is not None
    except FrameBroken:
        return True


def cut(body: bytes, frame: Frame) -> tuple[bytes, list[Skipped]]:
    """Take the records that cannot be read out of an answer, and name them as far as possible.

    Raises:
        FrameBroken: the frame around them cannot be read.
    """
    lists = _find_lists(body, frame)
    if lists is None:
        raise FrameBroken
    kept: list[bytes] = []
    skipped: list[Skipped] = []
    done = 0
    for found in lists:
        sound: list[bytes] = []
        for piece in found.pieces(body):
            if _is_sound(piece):
                sound.append(piece)
            elif piece.strip():
                skipped.append(_named(piece, found.name, frame))
        kept += (body[done : found.start], b",".join(sound))
        done = found.end
    return b"".join((*kept, body[done:])), skipped


def is_too_deep(value: Any, left: int = DEEPEST) -> bool:
    """Tell whether a decoded value is nested more deeply than anything that Amazon means."""
    if isinstance(value, dict):
        return left == 0 or any(is_too_deep(each, left - 1) for each in value.values())
    if isinstance(value, list):
        return left == 0 or any(is_too_deep(each, left - 1) for each in value)
    return False


def looks_shallow(body: bytes) -> bool:
    """Tell whether nothing in JSON can be too deep, far sooner than by looking at each value."""
    brackets = body.translate(None, _NO_BRACKETS)
    for _ in range(_SHALLOW):
        if not brackets:
            return True
        brackets = brackets.replace(b"{}", b"").replace(b"[]", b"")
    return not brackets


def _is_sound(piece: bytes) -> bool:
    try:
        return not is_too_deep(_probe.decode(piece))
    except UNREADABLE:
        return False


def _find_lists(body: bytes, frame: Frame) -> list[_List] | None:
    """Find the lists of records by brackets, commas and keys alone; None if the text is cut short.

    Raises:
        FrameBroken: a bracket closes what it did not open, or more follows the end.
    """
    with contextlib.suppress(FrameBroken):
        found = _find_with(_TOKEN, body, frame)
        if found is not None:
            return found
    return _find_with(_LOOSE_TOKEN, body, frame)


def _find_with(token: re.Pattern[bytes], body: bytes, frame: Frame) -> list[_List] | None:
    lists: list[_List] = []
    opened: list[bytes] = []
    keys: list[str] = []
    text = b""
    inside: _List | None = None
    level = 0
    was_closed = False
    for found in token.finditer(body):
        sign = found[0]
        if sign[:1] == b'"':
            if found["end"] is None:
                return None
            text = sign
        elif sign in (b"{", b"["):
            if inside is None and sign == b"[" and _is_at(keys, frame):
                inside, level = _List(keys[-1] if frame.by_name else "", found.end()), len(keys)
            elif inside is not None and len(opened) == level + 1 and was_closed:
                inside.divide(found.start(), found.start())
            was_closed = False
            opened.append(sign)
            keys.append("")
        elif sign == b":":
            if keys and opened[-1] == b"{":
                keys[-1] = text[1:-1].decode("utf-8", "replace")
        elif sign == b",":
            if inside is not None and len(opened) == level + 1:
                inside.divide(found.start(), found.end())
            was_closed = False
        else:
            if not opened or opened.pop() != _OPENED_BY[sign]:
                raise FrameBroken
            keys.pop()
            was_closed = True
            if inside is not None and len(opened) == level:
                inside.end = found.start()
                lists.append(inside)
                inside = None
            if not opened:
                if body[found.end() :].strip():
                    raise FrameBroken
                return lists
    return None


def _is_at(keys: list[str], frame: Frame) -> bool:
    path = tuple(keys[:-1] if frame.by_name else keys)
    return path == frame.path


_ORDER: Final = re.compile(rb'"(?:amazon)?orderId"\s*:\s*"([\w-]{1,50})"', re.IGNORECASE)
_SKU: Final = re.compile(rb'"(?:seller)?sku"\s*:\s*("(?:[^"\\]|\\.){1,100}")', re.IGNORECASE)
_AMOUNT: Final = re.compile(rb'"(?:currency)?amount"\s*:\s*"?(-?\d{1,15}(?:\.\d{1,4})?)', re.I)
_CURRENCY: Final = re.compile(rb'"currencyCode"\s*:\s*"([A-Z]{3})"', re.IGNORECASE)


def _named(piece: bytes, list_name: str, frame: Frame) -> Skipped:
    """Name a record by what can be read of it: order, SKU, amount; as text that can be stored."""
    order, sku, amount, currency = (
        _found(pattern, piece) for pattern in (_ORDER, _SKU, _AMOUNT, _CURRENCY)
    )
    parts = (
        order and f"order {order}",
        sku and f"SKU {sku}",
        amount and f"{amount} {currency or ''}".strip(),
    )
    told = ", ".join(part for part in parts if part)
    name = f"{_plain(list_name)} ({told})" if list_name and told else _plain(list_name) or told
    return Skipped(
        name or "a record without a name",
        "Amazon sends it damaged, however often it is asked for.",
        {"order": order, "sku": sku}.get(frame.key),
    )


def _found(pattern: re.Pattern[bytes], piece: bytes) -> str | None:
    found = pattern.search(piece)
    if found is None:
        return None
    try:
        text = found[1].decode()
        return _plain(msgspec.json.decode(text) if text.startswith('"') else text) or None
    except UNREADABLE:
        return None


def _plain(text: str) -> str:
    return "".join(char for char in redact(text[:200]) if char.isprintable())
