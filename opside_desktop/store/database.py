"""Opening the database, and the one way to read and to write it.

The functions that read or write are plain ones over a SQLAlchemy connection, run as a whole in a
thread of the database's own. That way a page's transaction crosses from the loop to the thread and
back once, not with each of its ten statements, which made page writes two and a half times as fast
as an asyncio driver; and the loop spends no time on converting rows.
"""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool

from opside_desktop.domain.errors import DatabaseFault
from opside_desktop.store import upgrade
from opside_desktop.store.faults import translated
from opside_desktop.store.types import db_now, dump_json, load_json

BUSY_TIMEOUT_S = 10.0
"""How long to wait for another program's write before giving up."""

READERS = 4
"""Reads that run at the same time, beside the one write."""

P = ParamSpec("P")
T = TypeVar("T")


class _Reading:
    """One read, so that a cancelled one can be stopped in the middle of a long query."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._driver: sqlite3.Connection | None = None

    def began(self, driver: Any) -> None:
        with self._lock:
            self._driver = driver

    def ended(self) -> None:
        with self._lock:
            self._driver = None

    def stop(self) -> None:
        with self._lock:
            if self._driver is not None:
                self._driver.interrupt()


class Database:
    """An open database. `place` names it to people and holds no password."""

    def __init__(self, engine: sa.Engine, *, place: str, path: Path) -> None:
        self.place = place
        self.path = path
        self._engine = engine
        self._write_engine = engine.execution_options(immediate=True)
        # A single thread writes, so writes queue fairly and never spin on SQLite's lock among
        # themselves.
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="store-write")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-read")

    @property
    def url_for_people(self) -> str:
        """Where the database is, without a password."""
        return self.place

    async def read(
        self, work: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `work(connection, …)` in a reading transaction, which sees one state throughout.

        When the awaiting task is cancelled, the running query stops.

        Raises:
            DatabaseFault: the database cannot be read.
        """
        reading = _Reading()

        def run() -> T:
            with translated(self.place), self._engine.begin() as connection:
                reading.began(connection.connection.driver_connection)
                try:
                    return work(connection, *args, **kwargs)
                finally:
                    reading.ended()

        try:
            return await self._run(self._readers, run)
        except asyncio.CancelledError:
            reading.stop()
            raise

    async def write(
        self, work: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `work(connection, …)` in a writing transaction: all of it is kept, or nothing.

        An exception rolls back. When the awaiting task is cancelled, a write that has begun is
        finished, one that still queues is dropped.

        Raises:
            DatabaseFault: the database cannot be written.
        """

        def run() -> T:
            with translated(self.place), self._write_engine.begin() as connection:
                return work(connection, *args, **kwargs)

        return await self._run(self._writer, run)

    async def close(self) -> None:
        """Wait for what is running, then close all connections. May be called twice."""
        for pool in (self._writer, self._readers):
            await asyncio.to_thread(pool.shutdown, wait=True, cancel_futures=True)
        await asyncio.to_thread(self._engine.dispose)

    async def _run(self, executor: Executor, call: Callable[[], T]) -> T:
        try:
            future = asyncio.get_running_loop().run_in_executor(executor, call)
        except RuntimeError as error:
            raise DatabaseFault(
                f"The database {self.place} is closed.", why="The program is ending."
            ) from error
        return await future


async def open_database(
    url: str, *, app_version: str, backup: bool = True, busy_timeout_s: float = BUSY_TIMEOUT_S
) -> Database:
    """Open a database, making or upgrading its tables first where needed.

    An SQLite file's folder is created. Before an upgrade, a file that holds anything is copied to
    a file beside it unless `backup` is off.

    Raises:
        DatabaseFault: the database cannot be opened, is not ours, or is newer than this program.
    """
    return await asyncio.to_thread(_open, _file(url), app_version, backup, busy_timeout_s)


def _file(url: str) -> Path:
    try:
        parsed = make_url(url)
    except ArgumentError:
        # The text may hold a password: it is not repeated.
        raise DatabaseFault(
            "The database address cannot be understood.",
            fix="OPSIDE_DATABASE_URL must look like sqlite:////folder/opside.db.",
        ) from None
    if (
        parsed.get_backend_name() != "sqlite"
        or not parsed.database
        or parsed.database == ":memory:"
    ):
        raise DatabaseFault(
            f"The database address {parsed.render_as_string(hide_password=True)} cannot be used.",
            why="This version stores its rows in an SQLite file.",
            fix="OPSIDE_DATABASE_URL must look like sqlite:////folder/opside.db.",
        )
    return Path(parsed.database).absolute()


def _open(path: Path, app_version: str, backup: bool, busy_timeout_s: float) -> Database:
    place = str(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseFault(
            f"The folder {path.parent} for the database cannot be made.",
            why=f"The system says: {error.strerror or 'no reason'}.",
            fix="Choose another folder with OPSIDE_HOME.",
        ) from error
    upgrade.make_private(path)
    engine = _engine(URL.create("sqlite+pysqlite", database=place), busy_timeout_s)
    try:
        with translated(place):
            _prepare(engine, path, place, app_version, backup, busy_timeout_s)
    except BaseException:
        engine.dispose()
        raise
    return Database(engine, place=place, path=path)


def _engine(url: URL, busy_timeout_s: float) -> sa.Engine:
    engine = sa.create_engine(
        url,
        poolclass=QueuePool,
        pool_size=READERS + 1,
        max_overflow=0,
        connect_args={"check_same_thread": False, "timeout": busy_timeout_s},
        json_serializer=dump_json,
        json_deserializer=load_json,
        hide_parameters=True,
    )

    @sa.event.listens_for(engine, "connect")
    def on_connect(driver: sqlite3.Connection, record: object) -> None:
        # The driver must not begin transactions by itself; `on_begin` does, and says how.
        driver.isolation_level = None
        driver.execute("PRAGMA foreign_keys = ON")
        driver.execute("PRAGMA synchronous = NORMAL")

    @sa.event.listens_for(engine, "begin")
    def on_begin(connection: sa.Connection) -> None:
        immediate = connection.get_execution_options().get("immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


def _prepare(
    engine: sa.Engine, path: Path, place: str, app_version: str, backup: bool, busy_timeout_s: float
) -> None:
    with engine.begin() as connection:
        present = upgrade.is_present(connection, place, app_version)
    _write_ahead(engine, busy_timeout_s)
    if present:
        return
    with engine.execution_options(immediate=True).begin() as connection:
        # Another program may have upgraded while this one waited for the lock.
        if not upgrade.is_present(connection, place, app_version):
            upgrade.upgrade(connection, upgrade.backup_path(path) if backup else None)


def _write_ahead(engine: sa.Engine, busy_timeout_s: float) -> None:
    """Let reads run beside a write. The file remembers it."""
    deadline = time.monotonic() + busy_timeout_s
    while True:
        raw = engine.raw_connection()
        try:
            raw.cursor().execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            # SQLite does not wait by itself here when two programs open a new file at once.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return
        finally:
            raw.close()


def read_now(connection: sa.Connection) -> datetime:
    """Read the database's clock, UTC."""
    return connection.execute(_NOW).scalar_one()


_NOW = sa.select(db_now())
