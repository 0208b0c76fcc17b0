"""Making a page of an answer's bytes; to be called in threads, for it takes milliseconds."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final, TypeVar

import msgspec

from opside_desktop.amazon import repair
from opside_desktop.amazon.cutting import FrameBroken, cut
from opside_desktop.amazon.pages import Frame, Page, Take
from opside_desktop.amazon.refusals import WireError, errors_within

T = TypeVar("T")
R = TypeVar("R")

_SHOWN: Final = 200
_AROUND: Final = 16_384
"""Bytes at an answer's ends: its errors stand before or behind the records."""


class Undecodable(Exception):
    """An answer is beyond repair; the text says where and why, without any of its content."""


def read_answer(
    body: bytes, decode: Callable[[bytes], Page[T]], take: Take[T, R], name: str
) -> Page[R] | tuple[WireError, ...]:
    """Give the page, or the errors that an answer holds although its status says all is well.

    Args:
        decode: a decoder; it may leave unread what it has no use for.
        name: of the answer, for the log, where something had to be repaired.

    Raises:
        Undecodable: see there.
    """
    # To search the records for errors, too, would cost a fifth of the reading.
    if b'"errors"' in body[:_AROUND] or b'"errors"' in body[-_AROUND:]:
        errors = errors_within(body)
        if errors:
            return errors
    page = None
    if body.isascii():  # sound as a rule
        with suppress(*repair.UNREADABLE):
            page = decode(body)
    if page is None:
        try:
            page = repair.decode(decode, body, name)
        except repair.UNREADABLE as error:
            raise Undecodable(_path_of(error)) from error
    return take(page)


def read_damaged(
    body: bytes, decode: Callable[[bytes], Page[T]], take: Take[T, R], frame: Frame
) -> Page[R] | None:
    """Give what can be read of an answer that came whole; the rest of its records are skipped.

    None where the frame around the records is damaged itself.
    """
    try:
        kept, skipped = cut(repair.repaired(body), frame)
        page = decode(kept)
    except (FrameBroken, *repair.UNREADABLE):
        return None
    return take(replace(page, skipped=[*skipped, *page.skipped]))


def _path_of(error: Exception) -> str:
    """Say where and why an answer could not be read, without any of its content."""
    if isinstance(error, UnicodeError):
        return "bytes that are not UTF-8"
    if isinstance(error, msgspec.MsgspecError):
        # Its sentences hold positions and our own names of fields; keys of Amazon's are `[...]`.
        return re.sub(r"\s+", " ", str(error))[:_SHOWN]
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return type(error).__name__
