"""Making a page of an answer's bytes; to be called in threads, for it takes milliseconds."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from opside_desktop.amazon import repair
from opside_desktop.amazon.cutting import FrameBroken, came_whole, cut
from opside_desktop.amazon.pages import Frame, Page
from opside_desktop.amazon.refusals import WireError, errors_within

T = TypeVar("T")


def read_answer(
    body: bytes, decode: Callable[[bytes], Page[T]], name: str
) -> Page[T] | tuple[WireError, ...]:
    """Give the page, or the errors that an answer holds although its status says all is well.

    Args:
        name: of the answer, for the log, where something had to be repaired.

    Raises:
        One of `repair.UNREADABLE`: it is beyond repair.
    """
    return errors_within(body) or repair.decode(decode, body, name)


def read_damaged(body: bytes, decode: Callable[[bytes], Page[T]], frame: Frame) -> Page[T] | None:
    """Give what can be read of an answer that came whole; the rest of its records are skipped.

    None where the frame around the records is damaged itself.
    """
    try:
        kept, skipped = cut(repair.repaired(body), frame)
        page = decode(kept)
    except (FrameBroken, *repair.UNREADABLE):
        return None
    return replace(page, skipped=[*skipped, *page.skipped])


def is_whole(body: bytes) -> bool:
    """Tell whether an answer that cannot be read is no mere beginning, and is JSON by its looks."""
    return came_whole(repair.repaired(body))
