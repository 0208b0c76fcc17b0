"""Long work in a reading transaction that can be stopped, and that holds up no other query."""

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.util.concurrency import await_only, in_greenlet

from opside_desktop.domain.errors import Cancelled
from opside_desktop.domain.finishing import finished
from opside_desktop.store.database import Database

T = TypeVar("T")

END_LIMIT_S = 10.0


class Stoppable(ABC, Generic[T]):
    """Work over a connection that looks now and then whether it is to go on."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._began = threading.Event()
        self._ended = threading.Event()

    @abstractmethod
    def work(self, connection: sa.Connection) -> T:
        """Do the work; call `keep` often."""

    @abstractmethod
    def stopped(self) -> Cancelled:
        """Say that the work was stopped."""

    def keep(self) -> None:
        """Go on, unless the work is to stop.

        Raises:
            Cancelled: it is.
        """
        if self._stop.is_set():
            raise self.stopped()

    def run(self, connection: sa.Connection) -> T:
        """Do the work, if it was not stopped before it began."""
        self._began.set()
        try:
            self.keep()
            return self.work(connection)
        finally:
            self._ended.set()

    def stop(self) -> None:
        """Let the work end soon."""
        self._stop.set()

    def wait_for_end(self) -> None:
        """Block until the work has ended, if it ever began."""
        if self._began.is_set():
            self._ended.wait(END_LIMIT_S)


async def run_stoppable(db: Database, work: Stoppable[T]) -> T:
    """Do the work in a reading transaction; when cancelled, wait until it has ended.

    Raises:
        DatabaseFault: the database cannot be read.
    """
    reading = asyncio.ensure_future(db.read(work.run))
    try:
        return await asyncio.shield(reading)
    except asyncio.CancelledError:
        work.stop()
        reading.cancel()
        # The thread goes on for a moment after its reading has been given up.
        ending = asyncio.ensure_future(asyncio.to_thread(work.wait_for_end))
        await finished(ending, reading)
        raise


def offload(connection: sa.Connection, work: Callable[[], T]) -> T:
    """Do blocking work within a reading function where it holds up no other query.

    SQLite's reads have a thread each. PostgreSQL's share a loop, so there the work goes to another
    thread, and the loop is free meanwhile. However long it takes, that is no silence of the server.
    """
    if not in_greenlet():
        return work()
    limit = connection.info.get("limit")
    if limit is None:
        return await_only(_in_thread(work))
    limit.pause()
    try:
        return await_only(_in_thread(work))
    finally:
        limit.begin()


async def _in_thread(work: Callable[[], T]) -> T:
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        # What the work has in hand is taken away next.
        await finished(running)
        raise
