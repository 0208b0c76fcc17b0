"""A program of its own that starts one sync at a given moment."""

import asyncio
import os

from opside_desktop.domain.errors import SyncInProgress
from opside_desktop.domain.syncs import Owner
from opside_desktop.store.opening import open_database
from tests.store.conftest import Make


def start_at(url, number, ready, go, answers):
    async def main():
        db = await open_database(url, app_version="0.1.0")
        owner = Owner(host="here", pid=os.getpid(), instance=str(number))
        ready.release()
        assert await asyncio.to_thread(go.wait, 60)
        try:
            run = await Make().start(db, owner=owner)
            answers.put(("won", run.sync_id))
        except SyncInProgress as error:
            answers.put(("lost", error.existing_sync_id))
        except Exception as error:  # noqa: BLE001  # the test shows it
            answers.put((repr(error), None))
        await db.close()

    asyncio.run(main())
