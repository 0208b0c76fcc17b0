"""Waiting for what must come to its end, whoever is cancelled meanwhile."""

import asyncio
from typing import Any


async def finished(*tasks: asyncio.Future[Any]) -> None:
    """Wait until all have ended, however well, and only then let oneself be cancelled.

    Raises:
        asyncio.CancelledError: whoever waits was cancelled meanwhile, perhaps more than once.
    """
    cancelled: asyncio.CancelledError | None = None
    while not all(task.done() for task in tasks):
        try:
            await asyncio.wait(tasks)
        except asyncio.CancelledError as error:
            cancelled = error
    for task in tasks:
        if not task.cancelled():
            # Looked at, so that nobody complains of it.
            task.exception()
    if cancelled is not None:
        raise cancelled
