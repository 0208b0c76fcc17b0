"""Waiting in tests: for a fact, never for a time."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

LIMIT_S: Final = 100.0
"""Only what hangs takes so long, however slow and busy the machine is: it bounds and measures
nothing."""


async def until(holds: Callable[[], Any], limit_s: float = LIMIT_S) -> None:
    """Wait until something holds that has no event of its own."""
    async with asyncio.timeout(limit_s):
        while not holds():  # noqa: ASYNC110  # see above
            await asyncio.sleep(0.005)


def wait_until(holds: Callable[[], Any], limit_s: float = LIMIT_S) -> None:
    """Wait in the same way where no loop runs, or where it is to stand still."""
    end = time.monotonic() + limit_s
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.005)
