"""Builds the program out of its parts: settings, database, key store, Amazon, sync.

Nothing slow is imported before it is needed: the window paints first and opens the rest behind it.
"""

import asyncio
import contextlib
import importlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

from opside_desktop import __version__
from opside_desktop.accounts.timings import AccountTimings
from opside_desktop.domain.clock import SYSTEM_CLOCK, Clock
from opside_desktop.domain.errors import DatabaseFault, SettingsFault
from opside_desktop.logs.bugs import log_bug
from opside_desktop.logs.file import start_logging
from opside_desktop.logs.redaction import hide
from opside_desktop.program import Program
from opside_desktop.settings.environment import Settings
from opside_desktop.settings.home import make_home
from opside_desktop.settings.options import DATABASE
from opside_desktop.store.timings import StoreTimings
from opside_desktop.sync.timings import SyncTimings

log = logging.getLogger(__name__)


class ProgramTimings(NamedTuple):
    """How long the program's parts wait.

    Attributes:
        close_s: each part has so long to close; the program ends even where one does not.
        accounts: for the key store and the sample seller.
        store: for the database.
        syncs: how often syncs look and tell.
    """

    close_s: float = 10.0
    accounts: AccountTimings = AccountTimings()
    store: StoreTimings = StoreTimings()
    syncs: SyncTimings = SyncTimings()


SHIPPED: Final = ProgramTimings()
"""What the program goes by."""


def prepare(settings: Settings) -> SettingsFault | None:
    """Make the data folder and start the log, which must never see a secret.

    Where they cannot be written, this gives the reason, and the program works without a log: what
    is stored can be read all the same, and the database says by itself what it cannot do.
    """
    secrets = settings.env_secrets
    if secrets is not None:
        hide(secrets.client_id, secrets.client_secret, secrets.refresh_token)
    try:
        with contextlib.suppress(OSError):  # the log's fault tells of it
            make_home(settings.home)
        start_logging(settings.log_file, settings.log_level)
    except SettingsFault as fault:
        return fault
    return None


@asynccontextmanager
async def open_program(
    settings: Settings, *, clock: Clock = SYSTEM_CLOCK, timings: ProgramTimings = SHIPPED
) -> AsyncIterator[Program]:
    """Open database, key store and sync manager; close them all at the end.

    Works on any asyncio loop, Qt's included: the slow imports run in a thread. Runs that a former
    program of this computer left behind are closed.

    The program's settings are those given with the database that was chosen in them.

    Raises:
        DatabaseFault: the database cannot be opened or brought up to date.
        SettingsFault, KeyStoreFault: which one it is, or its password, cannot be read.
    """
    await asyncio.to_thread(importlib.import_module, "opside_desktop.accounts.connections")
    await asyncio.to_thread(importlib.import_module, "opside_desktop.sync.manager")
    from opside_desktop.accounts.connections import Connections
    from opside_desktop.accounts.key_store import KeyStore
    from opside_desktop.accounts.server_password import with_chosen_database
    from opside_desktop.store.opening import open_database
    from opside_desktop.sync.board import SyncBoard
    from opside_desktop.sync.manager import SyncManager
    from opside_desktop.sync.preparing import Preparation
    from opside_desktop.sync.processes import close_dead_runs

    key_store = KeyStore(limit_s=timings.accounts.key_store_s)
    settings = await with_chosen_database(settings, key_store)
    async with contextlib.AsyncExitStack() as stack:
        try:
            db = await open_database(
                settings.database_url, app_version=__version__, clock=clock, timings=timings.store
            )
        except DatabaseFault as fault:
            if not settings.demo or not any(name in fault.fix for name in DATABASE.names):
                raise
            # The demo has its own file, whatever the environment says.
            fix = f"Move {settings.home} away; the demo makes a new one."
            raise DatabaseFault(fault.what, why=fault.why, fix=fix) from fault
        stack.push_async_callback(_close, "database", db.close, timings.close_s)
        board = SyncBoard(db, clock, timings.syncs)
        stack.push_async_callback(_close, "board", board.close, timings.close_s)
        connections = Connections(
            db, key_store, settings, clock=clock, app_version=__version__, timings=timings.accounts
        )
        stack.push_async_callback(_close, "connections", connections.close, timings.close_s)
        manager = SyncManager(
            db,
            board,
            connect=connections.open,
            clock=clock,
            app_version=__version__,
            on_end=connections.on_sync_end,
            timings=timings.syncs,
        )
        stack.push_async_callback(_close, "syncs", manager.close, timings.close_s)
        preparation = Preparation(db, clock, timings.syncs)
        stack.push_async_callback(_close, "preparation", preparation.close, timings.close_s)
        await close_dead_runs(db)
        yield Program(settings, db, key_store, connections, board, manager, preparation)


async def _close(name: str, close: Callable[[], Awaitable[None]], limit_s: float) -> None:
    try:
        async with asyncio.timeout(limit_s):
            await close()
    except TimeoutError:
        log.warning("The part %r did not close within %g seconds.", name, limit_s)
    except Exception as error:  # noqa: BLE001  # the other parts must close all the same
        log_bug(log, f"The part {name!r} did not close.", error)
