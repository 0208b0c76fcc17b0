"""Prepares the claims of a database of version 0.1, named by its address; prints the seconds."""

import asyncio
import sys
import time

from benchmarks.old_data import USER
from opside_desktop.store.old_events.bringing_over import bring_over
from opside_desktop.store.opening import open_database


async def _main(url: str) -> None:
    db = await open_database(url, app_version="0", backup=False)
    began = time.perf_counter()
    mark = await bring_over(db, USER, lambda done: None)
    print(time.perf_counter() - began, mark.doubles, flush=True)
    await db.close()


asyncio.run(_main(sys.argv[1]))
