"""Time, handed in: everything that waits or stamps takes a clock, so that tests can own it."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol

EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)
"""Beyond every moment that can be stored."""


class Clock(Protocol):
    """Wall time and waiting."""

    def now(self) -> float:
        """Return seconds since the Unix epoch."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; may return early, so callers look at the clock again."""
        ...


class SystemClock:
    """The computer's own clock."""

    def now(self) -> float:
        """Return seconds since the Unix epoch."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait on the running loop, whose timers may fire a little early."""
        await asyncio.sleep(seconds)


def utc(epoch_seconds: float) -> datetime:
    """Turn epoch seconds into an aware UTC datetime."""
    return datetime.fromtimestamp(epoch_seconds, UTC)


def iso(moment: datetime | None) -> str | None:
    """Spell a UTC moment as ISO 8601 with `Z` and milliseconds only where there are any."""
    if moment is None:
        return None
    text = moment.astimezone(UTC).isoformat(
        timespec="milliseconds" if moment.microsecond else "seconds"
    )
    return text.replace("+00:00", "Z")
