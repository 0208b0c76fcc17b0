"""Reading JSON that is not quite JSON: what can be repaired for certain is, and the log says so."""

import codecs
import logging
import re
from collections import Counter
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Final, TypeVar

import msgspec

log = logging.getLogger(__name__)

T = TypeVar("T")

UNREADABLE: Final = (msgspec.MsgspecError, RecursionError, ValueError, ArithmeticError)
"""What decoders raise: `ValueError` for bytes that are not UTF-8, `ArithmeticError` for a number
beyond all bounds, `RecursionError` for JSON that is nested too deeply.
"""

_MARKS: Final = (
    # The longer ones first: one begins like another.
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

STRICT_STRING: Final = rb'"(?:[^"\\]++|\\.)*+(?:(?P<end>")|\\?\Z)'
# A quote within a text that nobody escaped is followed by no sign of structure; in sound JSON the
# first unescaped quote is always the end.
# The group is atomic rather than possessive: Python 3.11.2, which Debian 12 brings, forgets that a
# possessive one looks ahead.
STRING: Final = rb'"(?>(?:[^"\\]++|\\.|"(?!\s*+(?:[,:}\]]|\Z)))*)(?:(?P<end>")|\\?\Z)'
"""A text of JSON, for regular expressions, as it should be and as it may be; without the group
`end` it is cut off.
"""

_STRING_OR_CONTROL: Final = re.compile(STRING + rb"|[\x00-\x08\x0b\x0c\x0e-\x1f]", re.DOTALL)
_SUSPECT: Final = re.compile(rb"[\x00-\x1f\\]")
_PIECE: Final = re.compile(
    rb"(?P<pair>\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2})"
    rb"|(?P<half>\\u[dD][89a-fA-F][\da-fA-F]{2})"
    rb'|(?P<sound>\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))'
    rb"|(?P<quote>\\')"
    rb"|(?P<escape>\\)"
    rb"|(?P<control>[\x00-\x1f])"
)
_FAULTS: Final = {
    "half": "half a character",
    "quote": "invalid escape",
    "escape": "invalid escape",
    "control": "raw control character",
}


def decode(read: Callable[[bytes], T], body: bytes, name: str) -> T:
    """Decode an answer, if need be after repairing it.

    Args:
        read: a decoder; it may leave unread what it has no use for.
        name: of the answer, for the log.

    Raises:
        One of UNREADABLE: it is beyond repair.
    """
    text = _as_utf8(body, name)
    try:
        return read(text)
    except UNREADABLE:
        mended = _mended(text, name)
        if mended == text:
            raise
    return read(mended)


def repaired(body: bytes) -> bytes:
    """Give an answer as JSON in UTF-8 whose texts are sound, as far as that is certain."""
    return _mended(_as_utf8(body, None), None)


def exact_number(text: str) -> Decimal | str:
    """Read a number as it was written, for decoders; one beyond all bounds stays a text."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


def _as_utf8(body: bytes, name: str | None) -> bytes:
    encoding = "utf-8"
    for mark, of_mark in _MARKS:
        if body.startswith(mark):
            _tell(name, f"a byte order mark ({of_mark})", 0)
            body, encoding = body[len(mark) :], of_mark
            break
    if encoding == "utf-8":
        if body.isascii():
            return body
        try:
            body.decode()
        except UnicodeDecodeError as error:
            _tell(name, "bytes that are not UTF-8", error.start)
        else:
            return body
    return body.decode(encoding, "replace").encode("utf-8", "replace")


def _mended(text: bytes, name: str | None) -> bytes:
    """Mend the texts of JSON; half a surrogate pair becomes U+FFFD, what was meant stays."""
    faults: Counter[str] = Counter()
    first = -1

    def piece(found: re.Match[bytes]) -> bytes:
        kind = found.lastgroup or ""
        if kind not in _FAULTS:
            return found[0]
        faults[_FAULTS[kind]] += 1
        match kind:
            case "half":
                return rb"\ufffd"
            case "quote":
                return b"'"
            case "escape":
                return rb"\\"
            case _:
                return rb"\u%04x" % found[0][0]

    def token(found: re.Match[bytes]) -> bytes:
        nonlocal first
        whole = found[0]
        if whole[:1] != b'"':
            faults["control character between values"] += 1
            new = b" "
        elif _SUSPECT.search(whole):
            new = _PIECE.sub(piece, whole)
        else:
            return whole
        if first < 0 and new != whole:
            first = found.start()
        return new

    new = _STRING_OR_CONTROL.sub(token, text)
    if faults:
        _tell(name, ", ".join(f"{kind} ({n})" for kind, n in faults.items()), first)
    return new


def _tell(name: str | None, what: str, position: int) -> None:
    if name is not None:
        log.info("%s: repaired its answer at byte %d: %s.", name, position, what)
