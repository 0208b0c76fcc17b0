"""A PostgreSQL server behind `Database`: asyncpg on a loop of its own, in a thread of its own.

The reading and writing functions run in that thread, in greenlets that await asyncpg: a caller's
loop only waits for an answer, and a hundred thousand rows are converted without holding it.
"""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from opside_desktop.domain.clock import Clock
from opside_desktop.domain.database_address import ServerAddress
from opside_desktop.domain.errors import DatabaseFault, DatabaseGone
from opside_desktop.store import upgrade
from opside_desktop.store.database import READERS, Database, ReadOnly, T, Work
from opside_desktop.store.postgres.connect_options import Target, target_of
from opside_desktop.store.postgres.notifications import Listener
from opside_desktop.store.postgres.pool import Pool
from opside_desktop.store.postgres.rights import Rights, check_server, rights_of
from opside_desktop.store.postgres.silent_writers import SilentWriters
from opside_desktop.store.timings import SHIPPED, StoreTimings

log = logging.getLogger(__name__)

UPGRADE_TIMEOUT = "140s"
"""How long to wait for another program that changes them, or fell asleep doing that."""

INSUFFICIENT_PRIVILEGE = "42501"
READ_ONLY_TRANSACTION = "25006"


class LoopThread:
    """An asyncio loop that runs in a thread of its own until it is stopped."""

    def __init__(self, name: str) -> None:
        # Windows' usual kind would take Ctrl-C away from the main thread's loop.
        self._loop = asyncio.SelectorEventLoop()
        self._loop.set_exception_handler(_on_asyncpg_error)
        # Must not keep a program alive whose server never answers.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.get_loop().run_forever()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Start a coroutine on the loop, from any thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def later(self, delay_s: float, call: Callable[[], Any]) -> None:
        """Call something on the loop's thread after a while, from any thread."""
        self._loop.call_soon_threadsafe(self._loop.call_later, delay_s, call)

    def stop(self) -> None:
        """End the loop, and with it what still runs there. Blocks until it has ended."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()


def _on_asyncpg_error(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Let go of what asyncpg tells nobody: that a connection, given up while it was being made over
    TLS, is lost (`TLSUpgradeProto.connection_lost`). Whoever gave it up knows; the rest is told.
    """
    error = context.get("exception")
    if isinstance(error, ConnectionError) and "unexpected connection_lost() call" in str(error):
        log.debug("A connection was given up while it was being made.")
    else:
        loop.default_exception_handler(context)


class PostgresDatabase(Database):
    """An open PostgreSQL database."""

    def __init__(self, pool: Pool, thread: LoopThread, read_only: ReadOnly | None) -> None:
        locks = pool.timings.locks
        super().__init__(pool.target.shown_address, locks, read_only, pool.target.warning)
        self._pool = pool
        self._timings = pool.timings.server
        self._thread = thread
        # The pool has a connection for each that passes, so nobody waits in it.
        self._reads = asyncio.Semaphore(READERS)
        self._writes = asyncio.Semaphore(1)
        self._running: set[Future[None]] = set()
        self._closed = False
        self._listener: Listener | None = None
        self._silent = SilentWriters(locks.silence_s, pool.clock)

    async def read(self, work: Work[T]) -> T:
        """Run `work` in a transaction that can change nothing."""
        answer: Future[T] = Future()
        running = self._start(_in_turn(self._reads, answer, lambda: self._read(work, answer)))
        try:
            return await asyncio.wrap_future(answer)
        except asyncio.CancelledError:
            if not running.done():
                self._thread.later(self._timings.stop_after_s, running.cancel)
            raise

    async def write(self, work: Work[T], *, lock_wait_s: float | None = None) -> T:
        """Run `work` in a transaction, one after another."""
        self.check_writable()
        answer: Future[T] = Future()

        def patient(connection: sa.Connection) -> T:
            if lock_wait_s is not None:
                # Within the transaction only, as a pooler wants it; 0 would mean for ever.
                wait_ms = max(1, int(lock_wait_s * 1000))
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {wait_ms}")
            return work(connection)

        self._start(_in_turn(self._writes, answer, lambda: self._write(patient, answer)))
        return await asyncio.wrap_future(answer)

    async def end_silent_writers(self) -> None:
        """End sessions that keep others waiting and have heard nothing for `locks.silence_s`."""
        try:
            for one in await self.read(self._silent.look):
                await self.read(partial(self._silent.end, one))
        except DatabaseFault as fault:
            log.info("Silent sessions could not be looked for or ended: %s", fault)

    async def ping(self) -> None:
        """See whether the server answers, however many wait for it."""
        await asyncio.wrap_future(self._start(self._ping()))

    def listen(self) -> None:
        """Open one more connection, over which the server tells of changes; once is enough."""
        if self._listener is None and not self._closed:
            self._listener = Listener(self._pool, self.row_changes)
            self._pool.sessions.close_guest = self._listener.leave
            self._start(self._listener.run())

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if self._listener is not None:
            self._thread.later(0, self._listener.stop)
        while running := list(self._running):
            await asyncio.wait([asyncio.wrap_future(one) for one in running])
        await asyncio.wrap_future(self._thread.submit(self._leave()))
        await asyncio.to_thread(self._thread.stop)

    async def _leave(self) -> None:
        # A cancelled read counts as done at once, but still has its connection for a moment.
        self._pool.sessions.stop()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        if left:
            await asyncio.wait(left, timeout=self._timings.farewell_s)
        await self._pool.sessions.close()

    def _start(self, work: Coroutine[Any, Any, None]) -> Future[None]:
        if self._closed:
            work.close()
            raise self.closed_fault()
        running = self._thread.submit(work)
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        return running

    async def _read(self, work: Work[T], answer: Future[T]) -> None:
        try:
            await self._read_once(work, answer)
        except DatabaseGone as gone:
            if answer.done() or not isinstance(gone.__cause__, DBAPIError):
                raise
            # Its connection was cut; nothing is lost by asking over a new one.
            await self._read_once(work, answer)

    async def _ping(self) -> None:
        if self._pool.sessions.is_busy:
            # The server gives no other one, and those that work have limits of their own.
            return
        async with self._pool.connected(to_read=True, limit_s=self._timings.ping_s) as connection:
            await connection.exec_driver_sql("SELECT 1")

    async def _read_once(self, work: Work[T], answer: Future[T]) -> None:
        async with self._pool.connected(to_read=True, limit_s=self._timings.read_s) as connection:
            # The answer does not wait for the end of the transaction, nor the next read for this
            # connection, nor for a new one to be made.
            answer.set_result(await connection.run_sync(work))
            if not self._closed:
                self._pool.sessions.keep_spare()

    async def _write(self, work: Work[T], answer: Future[T]) -> None:
        try:
            async with (
                self._pool.connected(to_read=False, limit_s=self._timings.write_s) as connection,
                connection.begin(),
            ):
                done = await connection.run_sync(work)
        except DatabaseFault as fault:
            if _state_of(fault.__cause__) != READ_ONLY_TRANSACTION:
                raise
            # The server became a standby; behind the same address there may be another by now.
            self._pool.sessions.distrust()
            raise DatabaseGone(fault.what, why=fault.why, fix=fault.fix) from fault
        answer.set_result(done)


def _state_of(error: BaseException | None) -> str | None:
    state: str | None = getattr(getattr(error, "orig", None), "sqlstate", None)
    return state


async def _in_turn(
    turns: asyncio.Semaphore, answer: Future[Any], work: Callable[[], Awaitable[None]]
) -> None:
    """Do the work, which gives the answer, when its turn comes; unless nobody waits any more."""
    async with turns:
        if not answer.set_running_or_notify_cancel():
            return
        try:
            await work()
        except BaseException as error:
            if answer.done():
                log.debug("A reading transaction did not end well.", exc_info=error)
            else:
                answer.set_exception(error)
            if isinstance(error, asyncio.CancelledError):
                raise


async def open_postgres(
    address: ServerAddress, app_version: str, clock: Clock, timings: StoreTimings
) -> PostgresDatabase:
    """Open a server's database, making or upgrading its tables; see `open_database`."""
    target = target_of(address, timings.busy_s)
    if address.unneeded:
        log.info("Not needed in the database's address: %s", ", ".join(address.unneeded))
    if target.warning:
        log.warning(target.warning)
    thread = LoopThread("store-postgres")
    try:
        pool, read_only = await asyncio.wrap_future(
            thread.submit(_open(target, app_version, clock, timings))
        )
    except BaseException:
        await asyncio.to_thread(thread.stop)
        raise
    return PostgresDatabase(pool, thread, read_only)


async def _open(
    target: Target, app_version: str, clock: Clock, timings: StoreTimings
) -> tuple[Pool, ReadOnly | None]:
    pool = Pool(target, clock=clock, timings=timings)
    try:
        async with pool.connected(to_read=True, limit_s=pool.timings.server.read_s) as connection:
            rights, is_present = await connection.run_sync(
                partial(rights_and_presence, target, app_version)
            )
        if not is_present:
            if rights.read_only is not None:
                raise upgrade.outdated(target.shown_address, rights.read_only)
            async with pool.connected(to_read=False) as connection, connection.begin():
                await connection.run_sync(partial(_upgrade, target.shown_address, app_version))
    except BaseException:
        await pool.sessions.close()
        raise
    return pool, rights.read_only


def rights_and_presence(
    target: Target, app_version: str, connection: sa.Connection
) -> tuple[Rights, bool]:
    """See what our user may do with the tables, and whether they are those of this version.

    Raises:
        DatabaseFault: the database cannot be used, is not ours, or is newer than this program.
    """
    check_server(connection, target)
    rights = rights_of(connection, target)
    return rights, upgrade.is_present(connection, target.shown_address, app_version, rights.names)


def _upgrade(shown_address: str, app_version: str, connection: sa.Connection) -> None:
    # Both hold until the end of the transaction only, so they work through a pooler.
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{UPGRADE_TIMEOUT}'")
    upgrade.take_lock(connection)
    # Another program may have upgraded while this one waited for the lock.
    if upgrade.is_present(connection, shown_address, app_version):
        return
    try:
        upgrade.upgrade(connection, backup=None)
    except DBAPIError as error:
        if _state_of(error) != INSUFFICIENT_PRIVILEGE:
            raise
        raise DatabaseFault(
            f"The tables in {shown_address} cannot be made or changed.",
            why="Its user may not do that.",
            fix="Let the database's owner run what `opside-desktop db upgrade --sql` prints.",
        ) from error


async def version_at(address: ServerAddress) -> str | None:
    """Read which version of the schema a database has; None where it has none. Changes nothing.

    Raises:
        DatabaseFault: it cannot be reached.
    """

    def read(connection: sa.Connection) -> str | None:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return upgrade.stored_version(connection)

    return await ask_once(target_of(address, SHIPPED.busy_s), read)


async def ask_once(target: Target, work: Work[T]) -> T:
    """Read from a server over a connection of its own, on the running loop.

    Raises:
        DatabaseFault: it cannot be reached or read.
    """
    pool = Pool(target)
    try:
        async with pool.connected(to_read=True, limit_s=pool.timings.server.read_s) as connection:
            return await connection.run_sync(work)
    finally:
        await pool.sessions.close()
