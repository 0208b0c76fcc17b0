"""Long work in a reading transaction that can be stopped, and that holds up no other query."""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.util.concurrency import await_only, in_greenlet

from opside_desktop.domain.errors import Cancelled
from opside_desktop.domain.finishing import finished
from opside_desktop.store.database import Database

T = TypeVar("T")

END_LIMIT_S = 10.0

Keep = Callable[[], None]
"""To be called often by work that can be stopped: raises Cancelled where it is to stop."""


async def run_stoppable(db: Database, work: Callable[[sa.Connection, Keep], T], stopped: str) -> T:
    """Do the work in a reading transaction; when cancelled, wait until it has ended.

    Args:
        stopped: the sentence of the `Cancelled` that ends the work then.

    Raises:
        DatabaseFault: the database cannot be read.
    """
    stop, began, ended = threading.Event(), threading.Event(), threading.Event()

    def keep() -> None:
        if stop.is_set():
            raise Cancelled(stopped)

    def run(connection: sa.Connection) -> T:
        began.set()
        try:
            keep()
            return work(connection, keep)
        finally:
            ended.set()

    def wait_for_end() -> None:
        if began.is_set():
            ended.wait(END_LIMIT_S)

    reading = asyncio.ensure_future(db.read(run))
    try:
        return await asyncio.shield(reading)
    except asyncio.CancelledError:
        stop.set()
        reading.cancel()
        # The thread goes on for a moment after its reading has been given up.
        ending = asyncio.ensure_future(asyncio.to_thread(wait_for_end))
        await finished(ending, reading)
        raise


def offload(connection: sa.Connection, work: Callable[[], T]) -> T:
    """Do blocking work within a reading function where it holds up no other query.

    SQLite's reads have a thread each. PostgreSQL's share a loop, so there the work goes to another
    thread, and the loop is free meanwhile. However long it takes, that is no silence of the server.
    """
    if not in_greenlet():
        return work()
    limit = connection.info["limit"]
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
