"""Whether an answer that cannot be read is damaged for good, or only on its way this time."""

import re
from typing import Final

import msgspec

from opside_desktop.amazon.timings import Limits
from opside_desktop.domain.clock import Clock

_SHOWN: Final = 200


class Doubt:
    """Counts how often one call's answers came whole and failed at the same place.

    Args:
        clock: goes on while the call waits.
        known: whether the answer is part of one that has been judged, so that once is enough.
    """

    def __init__(self, clock: Clock, limits: Limits, *, known: bool) -> None:
        self._clock = clock
        self._limits = limits
        self._known = known
        self._path = ""
        self._tries = 0
        self._since = 0.0

    def is_for_good(self, path: str) -> bool:
        """Note that an answer came whole and failed at a place; tell whether it always will."""
        now = self._clock.now()
        if path != self._path:
            self._path, self._tries, self._since = path, 0, now
        self._tries += 1
        self._since = min(self._since, now)  # the clock may have been set back
        enough = self._tries >= self._limits.unreadable_tries
        return self._known or (enough and now - self._since >= self._limits.unreadable_s)

    @property
    def pause_s(self) -> float:
        """How long to wait before the next try: a third of the time, then what is left of it."""
        if self._tries < self._limits.unreadable_tries - 1:
            return self._limits.unreadable_s / self._limits.unreadable_tries
        return max(0.0, self._limits.unreadable_s - (self._clock.now() - self._since))


def path_of(error: Exception) -> str:
    """Say where and why an answer could not be read, without any of its content."""
    if isinstance(error, UnicodeError):
        return "bytes that are not UTF-8"
    if isinstance(error, msgspec.MsgspecError):
        # Its sentences hold positions and our own names of fields; keys of Amazon's are `[...]`.
        return re.sub(r"\s+", " ", str(error))[:_SHOWN]
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return type(error).__name__
