"""Hearing of changes as a server tells them, over one connection that does nothing else."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg
import sqlalchemy as sa

from opside_desktop.domain.errors import DatabaseFault
from opside_desktop.store.postgres.connect import probe
from opside_desktop.store.postgres.pool import Pool
from opside_desktop.store.sync_row_changes import CHANNEL, RowChanges

log = logging.getLogger(__name__)

_FAULTS = (
    OSError,
    UnicodeError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    DatabaseFault,
)


class Listener:
    """Passes a server's notifications on. Belongs to the pool's loop.

    Its connection is one more than the pool's, and given up where the server has none to spare.
    """

    def __init__(self, pool: Pool, changes: RowChanges) -> None:
        self._pool = pool
        self._changes = changes
        self._timings = pool.timings.server
        self._task: asyncio.Task[None] | None = None
        self._driver: asyncpg.Connection | None = None

    async def run(self) -> None:
        """Listen until `stop`, over a new connection where the old one is lost.

        Returns where no notification comes that way, as behind a pooler that gives each transaction
        another session. Nobody is told: those who want to know look by themselves.
        """
        self._task = asyncio.current_task()
        pause_s = self._timings.listen_pause_s
        while True:
            try:
                if not self._pool.sessions.is_cramped:
                    async with self._connected() as (driver, lost):
                        self._driver = driver
                        if not await self._hears(driver) and not lost.is_set():
                            log.info("The server notifies of nothing; looking again and again.")
                            return
                        self._changes.is_live = not lost.is_set()
                        pause_s = self._timings.listen_pause_s
                        await lost.wait()
            except _FAULTS as error:
                log.debug("Listening to the server failed: %s", type(error).__name__)
            finally:
                self._changes.is_live = False
                self._driver = None
            await self._pool.clock.sleep(pause_s)
            pause_s = min(2 * pause_s, self._timings.longest_listen_pause_s)

    async def leave(self) -> bool:
        """Close the connection for somebody who needs it more; tells whether there was one."""
        driver, self._driver = self._driver, None
        if driver is None:
            return False
        with suppress(*_FAULTS):
            await driver.close(timeout=self._timings.listen_farewell_s)
        return True

    def stop(self) -> None:
        """Let `run` end; it closes its connection first."""
        if self._task is not None:
            self._task.cancel()

    async def _hears(self, driver: asyncpg.Connection) -> bool:
        """Begin to listen; tell whether a notification sent over another connection arrives."""
        session = await driver.fetchval("SELECT pg_backend_pid()", timeout=self._timings.proof_s)
        if session != driver.get_server_pid():
            # There is a pooler in between, and other programs will get this session.
            return False
        word = secrets.token_hex(8)
        came = asyncio.Event()

        def on_notification(_: object, __: int, ___: str, payload: object) -> None:
            if payload == word:
                came.set()
            else:
                self._changes.notify(str(payload))

        async with asyncio.timeout(self._timings.proof_s):
            await driver.add_listener(CHANNEL, on_notification)
        sent = sa.select(sa.func.pg_notify(CHANNEL, word))
        limit_s = self._timings.proof_s
        async with self._pool.connected(to_read=False, limit_s=limit_s) as one, one.begin():
            await one.execute(sent)
        return await self._pool.clock.wait(came, self._timings.proof_s)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[tuple[asyncpg.Connection, asyncio.Event]]:
        """Open a connection; the event says that it is lost."""
        driver = await asyncpg.connect(**self._pool.target.connect_args)
        lost = asyncio.Event()
        driver.add_termination_listener(lambda _: lost.set())
        try:
            probe(driver)
            yield driver, lost
        finally:
            with suppress(*_FAULTS):
                await driver.close(timeout=self._timings.listen_farewell_s)
