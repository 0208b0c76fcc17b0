"""The simulator's clock: it starts where it is told to, goes on with another clock, and jumps.

`Date` headers, windows, token lives, usage plans, deferrals and late events all go by it.
"""

import time
from dataclasses import dataclass, field
from typing import Protocol


class Clock(Protocol):
    """Tells the time that usage plans, token lives, window rules and the `Date` header go by."""

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        return time.time()


@dataclass(slots=True)
class SimulatedClock:
    """A clock that can start at another time, and be moved forward.

    Attributes:
        beneath: what it goes on with.
        start: where it starts, in seconds of the epoch; None starts where `beneath` stands.
    """

    beneath: Clock
    start: float | None = None
    _ahead: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        if self.start is not None:
            self._ahead = self.start - self.beneath.now()

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        return self.beneath.now() + self._ahead

    def advance(self, seconds: float) -> None:
        """Move forward by that many seconds, never back."""
        self._ahead += max(0.0, seconds)
