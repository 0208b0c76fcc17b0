"""Duplicates: identical events of one complete window, told apart by their number. Pure."""

from collections.abc import Mapping
from typing import Final

_MARK: Final = 24
"""96 bits tell a window's events apart, and keep what is stored of them small."""


class DuplicateCount:
    """How often each event of one window was met so far.

    Attributes:
        met: that number by the beginning of an event's content hash; it can be stored, and handed
            to a new count that goes on with it.
    """

    def __init__(self, met: Mapping[str, int] | None = None) -> None:
        self.met = dict(met or {})

    def number(self, content: str) -> int:
        """Give the number of an event among its duplicates, from 0. `content`: its hash."""
        mark = content[:_MARK]
        number = self.met.get(mark, 0)
        self.met[mark] = number + 1
        return number
