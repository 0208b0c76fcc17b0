"""A database that is open: the one way to read and to write it.

The functions that read or write are plain ones over a SQLAlchemy connection, the same for both
kinds of database. They run off the caller's loop: on SQLite in threads, on PostgreSQL in a loop of
the database's own. So a page's transaction crosses over and back once, not with each of its ten
statements, and the caller's loop spends no time on converting rows.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, TypeVar

import sqlalchemy as sa

from opside_desktop.domain.errors import DatabaseFault
from opside_desktop.store.schema.types import db_now
from opside_desktop.store.sync_row_changes import RowChanges
from opside_desktop.store.timings import LockTimings

READERS = 4
"""Reads that run at the same time, beside the one write."""

T = TypeVar("T")

Work = Callable[[sa.Connection], T]
"""What is done within a transaction."""


class ReadOnly(NamedTuple):
    """Why nothing can be written, and what to do about it; whole sentences."""

    why: str
    fix: str


class Database(ABC):
    """An open database. `shown_address` names it to people and holds no password.

    `read_only` says why nothing can be written: every write is refused then. `warning` is
    a sentence where the connection is less sure than it could be. `row_changes` notifies of changes
    of syncs. `locks` says how long those of other programs are waited for.
    """

    def __init__(
        self,
        shown_address: str,
        locks: LockTimings,
        read_only: ReadOnly | None = None,
        warning: str = "",
    ) -> None:
        self.shown_address = shown_address
        self.locks = locks
        self.read_only = read_only
        self.warning = warning
        self.row_changes = RowChanges()

    @property
    def file(self) -> Path | None:
        """The file that it is; None where it is a server's."""
        return None

    @abstractmethod
    async def read(self, work: Work[T]) -> T:
        """Run `work(connection)` in a reading transaction, which sees one state throughout.

        When the awaiting task is cancelled, the running query stops.

        Raises:
            DatabaseFault: the database cannot be read.
        """

    @abstractmethod
    async def write(self, work: Work[T], *, lock_wait_s: float | None = None) -> T:
        """Run `work(connection)` in a writing transaction: all of it is kept, or nothing.

        An exception rolls back. When the awaiting task is cancelled, a write that has begun is
        finished, one that still queues is dropped.

        Args:
            lock_wait_s: wait for no other program longer than so many seconds.

        Raises:
            DatabaseBusy: another one holds what is to be written.
            DatabaseFault: the database cannot be written.
        """

    async def end_silent_writers(self) -> None:  # noqa: B027  # a file's lock ends with its program
        """Look who holds up writes with a program that has fallen silent, and end what it began.

        To be called again and again while another program's write is waited for: who has been
        silent from one call to another `locks.silence_s` later is ended, nobody else. Never fails.
        """

    async def ping(self) -> None:
        """See whether the database answers, sooner than a read would give up.

        Raises:
            DatabaseFault: it does not.
        """
        await self.read(lambda connection: connection.exec_driver_sql("SELECT 1").scalar())

    async def check_usable(self) -> None:
        """See whether the database answers, and is still there to be written.

        Raises:
            DatabaseFault: it does not, or is not.
        """
        await self.ping()

    async def checkpoint(self) -> None:  # noqa: B027  # a server sees to it itself
        """Put all that was stored where a copy of the database finds it. Takes a moment at most.

        Raises:
            DatabaseFault: the database cannot be written.
        """

    def listen(self) -> None:  # noqa: B027  # a file tells nothing
        """Learn of what other programs change, where the database can tell. Never waits."""

    @abstractmethod
    async def close(self) -> None:
        """Wait for what is running, then close all connections. May be called twice."""

    def check_writable(self) -> None:
        """Refuse to write where nothing can be written.

        Raises:
            DatabaseFault: it may only be read.
        """
        if self.read_only is not None:
            why, fix = self.read_only
            raise DatabaseFault(
                f"Nothing can be changed in {self.shown_address}.", why=why, fix=fix
            )

    def closed_fault(self) -> DatabaseFault:
        """Say that the database was closed."""
        return DatabaseFault(
            f"The database {self.shown_address} is closed.", why="The program is ending."
        )


def read_now(connection: sa.Connection) -> datetime:
    """Read the database's clock, UTC."""
    return connection.execute(_NOW).scalar_one()


_NOW = sa.select(db_now())
