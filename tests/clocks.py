"""Clocks that belong to tests."""

import asyncio
from collections import Counter

from opside_desktop.domain.clock import SystemClock
from tests.waiting import until


class MovedClock(SystemClock):
    """Tells the time that a test sets, in `seconds`; who sleeps by it sleeps in earnest."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds

    def now(self) -> float:
        return self.seconds

    def monotonic(self) -> float:
        return self.seconds


class CountingClock(SystemClock):
    """Counts who sleeps: what is done every so many seconds is known by their number."""

    def __init__(self) -> None:
        self._begun: Counter[float] = Counter()

    async def sleep(self, seconds: float) -> None:
        self._begun[seconds] += 1
        await super().sleep(seconds)

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        self._begun[seconds] += 1
        return await super().wait(event, seconds)

    async def rounds(self, every_s: float, number: int = 5) -> None:
        """Wait until what is done every so many seconds has been done so often again."""
        before = self._begun[every_s]
        await until(lambda: self._begun[every_s] > before + number)
