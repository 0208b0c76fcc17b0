"""Clocks that belong to tests."""

from opside_desktop.domain.clock import SystemClock


class MovedClock(SystemClock):
    """Tells the time that a test sets, in `seconds`; who sleeps by it sleeps in earnest."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds

    def now(self) -> float:
        return self.seconds

    def monotonic(self) -> float:
        return self.seconds
