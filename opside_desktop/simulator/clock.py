"""The simulator's clock: the wall clock, unless a test or benchmark brings its own."""

import time
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
