"""Time, handed in: everything that waits or stamps takes a clock, so that tests can own it."""

import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Protocol, overload

if TYPE_CHECKING:
    import asyncio

EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)
"""Beyond every moment that can be stored."""


class Clock(Protocol):
    """Wall time, time that only grows, and waiting.

    The limit of an answer (`asyncio.timeout`) is no business of the clock: it runs on the loop,
    because what does not come must end whatever a test makes of the time.
    """

    def now(self) -> float:
        """Return seconds since the Unix epoch; it may be set, forward and back."""
        ...

    def monotonic(self) -> float:
        """Return seconds since some moment; nobody sets them, so they measure how long it took."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; may return early, so callers look at the clock again."""
        ...

    async def wait(self, event: "asyncio.Event", seconds: float) -> bool:
        """Wait for an event, so long at most; tells whether it is set."""
        ...


class SystemClock:
    """The computer's own, which waits on the running loop; its timers may fire a little early."""

    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)

    async def sleep(self, seconds: float) -> None:
        import asyncio  # 50 modules, and the window's first frame only asks what time it is

        await asyncio.sleep(seconds)

    async def wait(self, event: "asyncio.Event", seconds: float) -> bool:
        import asyncio

        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()
        return event.is_set()


SYSTEM_CLOCK: Final = SystemClock()


def utc(epoch_seconds: float) -> datetime:
    """Turn epoch seconds into an aware UTC datetime."""
    return datetime.fromtimestamp(epoch_seconds, UTC)


@overload
def iso(moment: datetime) -> str: ...
@overload
def iso(moment: datetime | None) -> str | None: ...
def iso(moment: datetime | None) -> str | None:
    """Spell a UTC moment as ISO 8601 with `Z` and milliseconds only where there are any."""
    if moment is None:
        return None
    text = moment.astimezone(UTC).isoformat(
        timespec="milliseconds" if moment.microsecond else "seconds"
    )
    return text.replace("+00:00", "Z")


def moment(when: datetime | None) -> datetime | None:
    """Put a moment of Amazon's into UTC, which Amazon means where it names no zone.

    None where it lies before the first year or after the last one.
    """
    if when is None:
        return None
    try:
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except OverflowError:
        return None


def parse_moment(text: str | None) -> datetime | None:
    """Read a moment of Amazon's; None where it is none (its sandbox sends `1.569521782042E9`)."""
    try:
        return moment(datetime.fromisoformat(text)) if text else None
    except ValueError:
        return None
