"""A program of its own that syncs once, to be killed by a test at any moment."""

import asyncio

from tests.flows.world import Tap, world


def sync_once(folder: str, url: str) -> None:
    async def main() -> None:
        async with world(None, folder, simulator=(url, Tap(None))) as program:
            await program.sync()

    asyncio.run(main())
