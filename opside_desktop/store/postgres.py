"""A PostgreSQL server behind `Database`: asyncpg on a loop of its own, in a thread of its own.

The reading and writing functions run in that thread, in greenlets that await asyncpg: a caller's
loop only waits for an answer, and a hundred thousand rows are converted without holding it.
"""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import Future
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Concatenate

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from opside_desktop.domain.errors import DatabaseFault
from opside_desktop.store import upgrade
from opside_desktop.store.database import BUSY_TIMEOUT_S, READERS, Database, P, T
from opside_desktop.store.faults import reached, translated
from opside_desktop.store.postgres_dialect import DRIVER
from opside_desktop.store.types import dump_json, load_json

log = logging.getLogger(__name__)

STOP_AFTER_S = 0.05
"""A cancelled read has so long to end by itself; stopping it costs its connection."""

UPGRADE_LOCK = 0x0F51DE
"""The number of the advisory lock under which one program at a time changes the tables."""

UPGRADE_TIMEOUT = "60s"
"""How long to wait for another program that changes them."""

INSUFFICIENT_PRIVILEGE = "42501"


class LoopThread:
    """An asyncio loop that runs in a thread of its own until it is stopped."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
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


class PostgresDatabase(Database):
    """An open PostgreSQL database."""

    def __init__(self, engine: AsyncEngine, thread: LoopThread, place: str) -> None:
        super().__init__(place)
        self._thread = thread
        self._engine = engine
        self._read_engine = engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        # The pool has a connection for each that passes, so nobody waits in it.
        self._reads = asyncio.Semaphore(READERS)
        self._writes = asyncio.Semaphore(1)
        self._running: set[Future[None]] = set()
        self._closed = False

    async def read(
        self, work: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `work` in a transaction that can change nothing."""
        answer: Future[T] = Future()
        running = self._start(self._read(lambda one: work(one, *args, **kwargs), answer))
        try:
            return await asyncio.wrap_future(answer)
        except asyncio.CancelledError:
            if not running.done():
                self._thread.later(STOP_AFTER_S, running.cancel)
            raise

    async def write(
        self, work: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `work` in a transaction, one after another."""
        answer: Future[T] = Future()
        self._start(self._write(lambda one: work(one, *args, **kwargs), answer))
        return await asyncio.wrap_future(answer)

    async def close(self) -> None:
        """Wait for what is running, then close all connections. May be called twice."""
        if self._closed:
            return
        self._closed = True
        while running := list(self._running):
            await asyncio.wait([asyncio.wrap_future(one) for one in running])
        await asyncio.wrap_future(self._thread.submit(self._engine.dispose()))
        await asyncio.to_thread(self._thread.stop)

    def _start(self, work: Coroutine[Any, Any, None]) -> Future[None]:
        if self._closed:
            work.close()
            raise self.closed_fault()
        running = self._thread.submit(work)
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        return running

    async def _read(self, work: Callable[[sa.Connection], T], answer: Future[T]) -> None:
        async with self._reads:
            if not answer.set_running_or_notify_cancel():
                return
            try:
                async with _connected(self._read_engine, self.place) as connection:
                    # The answer does not wait for the end of the transaction.
                    answer.set_result(await connection.run_sync(work))
            except BaseException as error:
                _fail(answer, error)
                if isinstance(error, asyncio.CancelledError):
                    raise

    async def _write(self, work: Callable[[sa.Connection], T], answer: Future[T]) -> None:
        async with self._writes:
            if not answer.set_running_or_notify_cancel():
                return
            try:
                async with _connected(self._engine, self.place) as connection, connection.begin():
                    result = await connection.run_sync(work)
                answer.set_result(result)
            except BaseException as error:
                _fail(answer, error)
                if isinstance(error, asyncio.CancelledError):
                    raise


def _fail(answer: Future[Any], error: BaseException) -> None:
    if answer.done():
        log.debug("A reading transaction did not end well.", exc_info=error)
    else:
        answer.set_exception(error)


async def open_postgres(url: URL, app_version: str, connect_timeout_s: float) -> PostgresDatabase:
    """Open a server's database, making or upgrading its tables; see `open_database`."""
    place = place_of(url)
    thread = LoopThread("store-postgres")
    try:
        opening = thread.submit(_open(url, place, app_version, connect_timeout_s))
        engine = await asyncio.wrap_future(opening)
    except BaseException:
        await asyncio.to_thread(thread.stop)
        raise
    return PostgresDatabase(engine, thread, place)


def place_of(url: URL) -> str:
    """Name a server's database to people, without a password and without options."""
    shown = URL.create("postgresql", url.username, None, url.host, url.port, url.database)
    return shown.render_as_string()


def make_engine(url: URL, connect_timeout_s: float) -> AsyncEngine:
    """Make the engine, which connects when first used.

    No statement is prepared under a name, because a connection pooler may give each transaction
    another server process, which does not know the name.
    """
    return create_async_engine(
        url.set(drivername=DRIVER),
        isolation_level="READ COMMITTED",
        pool_size=READERS + 1,
        max_overflow=0,
        pool_use_lifo=True,
        connect_args={
            "timeout": connect_timeout_s,
            "statement_cache_size": 0,
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": lambda: "",
            "server_settings": {"timezone": "UTC", "application_name": "opside-desktop"},
        },
        json_serializer=dump_json,
        json_deserializer=load_json,
        hide_parameters=True,
    )


@asynccontextmanager
async def _connected(engine: AsyncEngine, place: str) -> AsyncIterator[AsyncConnection]:
    """Take a connection from the pool; what goes wrong with it is raised as a DatabaseFault."""
    with translated(place):
        with reached(place):
            connection = await engine.connect()
        try:
            yield connection
        finally:
            await connection.close()


async def _open(url: URL, place: str, app_version: str, connect_timeout_s: float) -> AsyncEngine:
    engine = make_engine(url, connect_timeout_s)
    try:
        async with _connected(engine, place) as connection:
            present = await connection.run_sync(upgrade.is_present, place, app_version)
        if not present:
            async with _connected(engine, place) as connection, connection.begin():
                await connection.run_sync(partial(_upgrade, place, app_version))
    except BaseException:
        await engine.dispose()
        raise
    return engine


def _upgrade(place: str, app_version: str, connection: sa.Connection) -> None:
    # Both hold until the end of the transaction only, so they work through a pooler.
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{UPGRADE_TIMEOUT}'")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({UPGRADE_LOCK})")
    # Another program may have upgraded while this one waited for the lock.
    if upgrade.is_present(connection, place, app_version):
        return
    try:
        upgrade.upgrade(connection, backup=None)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != INSUFFICIENT_PRIVILEGE:
            raise
        raise DatabaseFault(
            f"The tables in {place} cannot be made or changed.",
            why="Its user may not do that.",
            fix="Let the database's owner run what `opside-desktop db upgrade --sql` prints.",
        ) from error


async def version_at(url: str) -> str | None:
    """Read which version of the schema a database has; None where it has none. Changes nothing.

    Raises:
        DatabaseFault: it cannot be reached.
    """

    def read(connection: sa.Connection) -> str | None:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return upgrade.stored_version(connection)

    parsed = make_url(url)
    engine = make_engine(parsed, BUSY_TIMEOUT_S)
    try:
        async with _connected(engine, place_of(parsed)) as connection:
            return await connection.run_sync(read)
    finally:
        await engine.dispose()
