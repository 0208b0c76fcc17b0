"""An SQLite file behind `Database`: one thread writes, a few read."""

import asyncio
import dataclasses
import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from opside_desktop.domain.clock import Clock, utc
from opside_desktop.domain.errors import DatabaseFault
from opside_desktop.store import upgrade
from opside_desktop.store.database import READERS, Database, ReadOnly, T, Work
from opside_desktop.store.faults import DISK_FULL, translated
from opside_desktop.store.sqlite.engine import has_content, make_engine, read_only_of, url_of
from opside_desktop.store.timings import LockTimings, StoreTimings

log = logging.getLogger(__name__)


class SqliteDatabase(Database):
    """An open SQLite file."""

    def __init__(
        self,
        engine: sa.Engine,
        shown_address: str,
        read_only: ReadOnly | None,
        clock: Clock,
        timings: StoreTimings,
        *,
        readers: int = READERS,
    ) -> None:
        super().__init__(shown_address, LockTimings(take_over_s=timings.busy_s), read_only)
        self._clock = clock
        self._timings = timings
        self._engine = engine
        self._opened = _identity(shown_address)
        self._write_engine = engine.execution_options(immediate=True)
        # A single thread writes, so writes queue fairly and never spin on SQLite's lock among
        # themselves.
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="store-write")
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="store-read")

    @property
    def file(self) -> Path | None:
        """The file, as it was named."""
        return Path(self.shown_address)

    async def read(self, work: Work[T]) -> T:
        """Run `work` in one of the reading threads; cancelling stops even a long query's middle."""
        lock = threading.Lock()
        reading: list[Any] = []

        def run() -> T:
            with translated(self.shown_address), self._engine.begin() as connection:
                with lock:
                    reading.append(connection.connection.driver_connection)
                try:
                    return work(connection)
                finally:
                    with lock:
                        reading.clear()

        try:
            return await self._run(self._readers, run)
        except asyncio.CancelledError:
            with lock:
                for driver in reading:
                    driver.interrupt()
            raise

    async def write(self, work: Work[T], *, lock_wait_s: float | None = None) -> T:
        """Run `work` in the writing thread."""
        self.check_writable()
        engine = self._write_engine
        if lock_wait_s is not None:
            engine = engine.execution_options(lock_wait_s=lock_wait_s)

        def run() -> T:
            self._check_file()
            with translated(self.shown_address), engine.begin() as connection:
                return work(connection)

        return await self._run(self._writer, run)

    async def check_usable(self) -> None:
        """See whether the file answers, and is still the one that was opened."""
        await self._run(self._readers, self._check_file)
        await self.ping()

    def _check_file(self) -> None:
        # What is written into a file that was moved, deleted or written over goes with it.
        found = _identity(self.shown_address)
        if found == self._opened:
            return
        if found is None:
            why = "The file is no longer there: it was moved or deleted, or its folder was."
            fix = (
                "Move it back to where it was, and all goes on. Otherwise close the program and "
                "open it again."
            )
        else:
            why = "The file there is no longer the one that was opened: it was replaced."
            fix = "Close the program and open it again."
        raise DatabaseFault(
            f"Nothing can be stored in {self.shown_address} any more.", why=why, fix=fix
        )

    async def checkpoint(self) -> None:
        """Move what the file's log (`-wal`) holds into the file, as far as no reader is in the way.

        Waits for nobody, and nobody waits for it but writes of this program.
        """
        if self.read_only is not None:
            return
        deadline = self._clock.monotonic() + self._timings.checkpoint_s
        while not await self._run(self._writer, self._checkpoint):
            # A reader that began before the last write keeps the rest of it in the log.
            if self._clock.monotonic() > deadline:
                return
            await self._clock.sleep(self._timings.checkpoint_pause_s)

    def _checkpoint(self) -> bool:
        """Tell whether all is in the file now."""
        self._check_file()
        with translated(self.shown_address):
            raw = self._engine.raw_connection()
            try:
                # Passive: the other kinds wait for readers, and let no one write meanwhile.
                found = raw.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            finally:
                raw.close()
        is_busy, in_log, moved = found
        return not is_busy and bool(in_log == moved)

    async def close(self) -> None:
        for pool in (self._writer, self._readers):
            await asyncio.to_thread(pool.shutdown, wait=True, cancel_futures=True)
        await asyncio.to_thread(self._engine.dispose)

    async def _run(self, executor: Executor, call: Callable[[], T]) -> T:
        try:
            future = asyncio.get_running_loop().run_in_executor(executor, call)
        except RuntimeError as error:
            raise self.closed_fault() from error
        return await future


def _identity(shown_address: str) -> tuple[int, int] | None:
    """Tell a file from any other that may come to stand in its place; None where there is none."""
    try:
        found = Path(shown_address).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def open_sqlite(
    path: Path, app_version: str, backup: bool, clock: Clock, timings: StoreTimings
) -> SqliteDatabase:
    """Open a file, making its folder and its tables where needed; see `open_database`. Blocking."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseFault(
            f"The folder {path.parent} for the database cannot be made.",
            why=f"The system says: {error.strerror or 'no reason'}.",
            fix="Choose another folder with OPSIDE_HOME.",
        ) from error
    upgrade.make_private(path)
    opening = _Opening(path, app_version, backup, clock, timings, read_only_of(path))
    try:
        return opening.open()
    except DatabaseFault as fault:
        if fault.why != DISK_FULL or not has_content(path):
            raise
        log.warning("%s is only read: %s", path, fault)
        read_only = ReadOnly(DISK_FULL, "Free some space, then open it again.")
        try:
            return dataclasses.replace(opening, read_only=read_only, is_alone=True).open()
        except DatabaseFault:
            raise fault from None


@dataclasses.dataclass(frozen=True, slots=True)
class _Opening:
    """One way to open a file.

    Attributes:
        is_alone: over one connection, which keeps others out and so needs no room for what readers
            share.
    """

    path: Path
    app_version: str
    backup: bool
    clock: Clock
    timings: StoreTimings
    read_only: ReadOnly | None
    is_alone: bool = False

    def open(self) -> SqliteDatabase:
        url = url_of(self.path, None if self.is_alone else self.read_only)
        engine = make_engine(url, self.timings.busy_s, is_alone=self.is_alone)
        shown_address = str(self.path)
        try:
            with translated(shown_address):
                self._prepare(engine)
        except BaseException:
            engine.dispose()
            raise
        readers = 1 if self.is_alone else READERS
        return SqliteDatabase(
            engine, shown_address, self.read_only, self.clock, self.timings, readers=readers
        )

    def _prepare(self, engine: sa.Engine) -> None:
        with engine.begin() as connection:
            is_present = self._is_present(connection)
        if self.read_only is not None:
            if not is_present:
                raise upgrade.outdated(str(self.path), self.read_only)
        elif is_present:
            _keep_reading(engine, self.path)
        else:
            _write_ahead(engine, self.timings.busy_s)
            with engine.execution_options(immediate=True).begin() as connection:
                # Another program may have upgraded while this one waited for the lock.
                if not self._is_present(connection):
                    copy = upgrade.backup_path(self.path, utc(self.clock.now()))
                    upgrade.upgrade(connection, copy if self.backup else None)

    def _is_present(self, connection: sa.Connection) -> bool:
        return upgrade.is_present(connection, str(self.path), self.app_version)


def _keep_reading(engine: sa.Engine, path: Path) -> None:
    """Let reads run beside a write, unless that would have to wait for another program's write."""
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        if driver.execute("PRAGMA journal_mode").fetchone() == ("wal",):
            return
        driver.execute("PRAGMA busy_timeout = 0")
        try:
            driver.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            log.info("%s stays as it is: %s", path, error)
        finally:
            # Its time to wait is that of a new connection again.
            connection.invalidate()


def _write_ahead(engine: sa.Engine, busy_s: float) -> None:
    """Let reads run beside a write. The file remembers it."""
    # In a thread, where no loop lets the program's clock sleep.
    deadline = time.monotonic() + busy_s
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
