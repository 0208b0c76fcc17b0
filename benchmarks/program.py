"""The program without a window, put together for a benchmark."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import IO, cast

from opside_desktop.amazon.pacing import Pacer
from opside_desktop.amazon.session import AmazonSession
from opside_desktop.domain.accounts import Account, AmazonSecrets, Endpoint
from opside_desktop.domain.clock import SystemClock
from opside_desktop.domain.ids import ExternalUserId, stored_user_id
from opside_desktop.domain.syncs import SyncRequest, SyncRun
from opside_desktop.store.opening import open_database
from opside_desktop.sync.board import SyncBoard
from opside_desktop.sync.manager import SyncManager

_USER = ExternalUserId("bench")
ACCOUNT = Account(
    user_id=stored_user_id(_USER), external_user_id=_USER, display_name="Benchmark seller"
)
SECRETS = AmazonSecrets("bench", "bench", "bench")


@contextmanager
def simulator_process(*options: str) -> Iterator[str]:
    """Run a simulator in a process of its own; yields its address."""
    command = [sys.executable, "-m", "opside_desktop", "simulator", "--port", "0", "--until-eof"]
    with subprocess.Popen(
        [*command, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        stdin, stdout = cast("IO[str]", process.stdin), cast("IO[str]", process.stdout)
        try:
            yield stdout.readline().split()[-1]
        finally:
            stdin.close()
            process.wait(10)


@asynccontextmanager
async def sync_manager(folder: Path, base_url: str, pacer: Pacer) -> AsyncIterator[SyncManager]:
    """Open a database in `folder` and a manager whose calls go to `base_url` through `pacer`."""
    clock = SystemClock()
    endpoint = Endpoint(base_url, f"{base_url}/auth/o2/token")

    async def connect(account: Account) -> AmazonSession:
        return AmazonSession(endpoint, SECRETS, pacer=pacer, clock=clock, app_version="0")

    db = await open_database(f"sqlite:///{folder / 'opside.db'}", app_version="0")
    board = SyncBoard(db, clock)
    manager = SyncManager(db, board, connect=connect, clock=clock, app_version="0")
    try:
        yield manager
    finally:
        await manager.close()
        await board.close()
        await db.close()


async def whole_sync(manager: SyncManager, base_url: str) -> SyncRun:
    """Sync once and see that nothing failed."""
    endpoint = Endpoint(base_url, f"{base_url}/auth/o2/token")
    run = await manager.start(ACCOUNT, SyncRequest(), endpoint=endpoint)
    async with asyncio.timeout(300):
        run = await manager.wait(run.user_id, run.sync_id)
    if run.status != "completed":
        raise RuntimeError(json.dumps({"status": run.status, "error": run.error}))
    return run
