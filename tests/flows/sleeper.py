"""A program of its own that syncs once and tells how that ended; a test freezes it meanwhile."""

import asyncio
from typing import Any

from opside_desktop.store.timings import LockTimings
from tests.flows.world import Tap, world


def sync_and_tell(folder: str, url: str, silence_s: float, ends: Any) -> None:
    async def main() -> None:
        locks = LockTimings(silence_s=silence_s)
        async with world(None, folder, simulator=(url, Tap(None)), locks=locks) as program:
            run = await program.sync()
            ends.put((run.sync_id, str(run.status), str(run.error_code)))

    asyncio.run(main())
