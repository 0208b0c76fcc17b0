"""Waiting in tests: for a fact, never for a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

T = TypeVar("T")

LIMIT_S: Final = 100.0
"""Only what hangs takes so long, however slow and busy the machine is: it bounds and measures
nothing."""

_PAUSE_S: Final = 0.005


async def until(holds: Callable[[], Any], limit_s: float = LIMIT_S) -> None:
    """Wait until something holds that has no event of its own."""
    async with asyncio.timeout(limit_s):
        while not holds():  # noqa: ASYNC110  # see above
            await asyncio.sleep(_PAUSE_S)


def wait_until(holds: Callable[[], Any], limit_s: float = LIMIT_S) -> None:
    """Wait in the same way where no loop runs, or where it is to stand still."""
    end = time.monotonic() + limit_s
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(_PAUSE_S)


async def once_possible(call: Callable[[], Awaitable[T]], refusal: type[Exception]) -> T:
    """Do something as soon as it is not refused any more."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            try:
                return await call()
            except refusal:
                await asyncio.sleep(_PAUSE_S)


async def turns(number: int = 1) -> None:
    """Let the loop do what is ready by now, and what becomes ready by that."""
    for _ in range(number):
        await asyncio.sleep(0)


async def never() -> None:
    """Go on until cancelled."""
    await asyncio.Event().wait()


async def lateness(goes_on: Callable[[], Any]) -> list[float]:
    """Measure how late the loop is while something goes on, in seconds: at each beat of 5 ms."""
    late = []
    while goes_on():
        due = time.perf_counter() + _PAUSE_S
        await asyncio.sleep(_PAUSE_S)
        late.append(time.perf_counter() - due)
    return late
