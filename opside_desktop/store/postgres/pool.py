"""The connections to a server: as many as are needed, or as few as it gives."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from opside_desktop.domain.clock import SYSTEM_CLOCK, Clock
from opside_desktop.domain.errors import DatabaseFault, DatabaseGone
from opside_desktop.store.database import READERS
from opside_desktop.store.faults import refusal, translated
from opside_desktop.store.postgres.connect import FIX_PLACE, Session, connect, unusable
from opside_desktop.store.postgres.connect_options import Target
from opside_desktop.store.postgres.dialect import DRIVER
from opside_desktop.store.schema.types import dump_json, load_json
from opside_desktop.store.server_words import NoRoom
from opside_desktop.store.timings import SHIPPED, StoreTimings

log = logging.getLogger(__name__)

MOST = READERS + 2
"""One for each read, one for the write, and one to ask whether the server answers."""


class Sessions:
    """Hands connections out, and makes them meanwhile.

    Where another one is refused or does not come, those who wait get the next of ours that is
    free. Nobody is refused while one of ours lives.

    `close_guest` closes a connection that somebody else holds to the same server, for those who
    need it more; it tells whether there was one.
    """

    def __init__(self, target: Target, clock: Clock, timings: StoreTimings) -> None:
        self.close_guest: Callable[[], Awaitable[bool]] | None = None
        self._target = target
        self._clock = clock
        self._timings = timings.server
        self._locks = timings.locks
        self._ours: set[Session] = set()
        self._idle: list[Session] = []
        self._waiting: deque[asyncio.Future[Session]] = deque()
        self._making: set[asyncio.Task[None]] = set()
        self._is_stopped = False
        self._is_closed = False
        self._room = MOST
        self._cramped_until = 0.0
        self._generation = 0

    @property
    def is_cramped(self) -> bool:
        """Whether the server has lately given fewer than were wanted."""
        return self._room < MOST and self._clock.monotonic() < self._cramped_until

    @property
    def is_busy(self) -> bool:
        """Whether whoever comes now waits for one that works, because the server gives no other."""
        return self._room < MOST and bool(self._ours) and not self._idle

    async def take(self) -> Session:
        """Get a connection.

        Raises:
            DatabaseFault: the server gives none, and none of ours lives.
        """
        while self._idle:
            session = self._idle.pop()
            if self._is_good(session):
                return session
            self.drop(session)
        waiter: asyncio.Future[Session] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        self._grow()
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self.give(waiter.result())
            raise
        finally:
            with suppress(ValueError):
                self._waiting.remove(waiter)

    def give(self, session: Session) -> None:
        """Give a connection back, to whoever waits for it."""
        if not self._is_good(session):
            self.drop(session)
            return
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(session)
                self._grow()
                return
        self._idle.append(session)

    def keep_spare(self) -> None:
        """Begin to make one that nobody waits for yet: that takes five turns over the network."""
        if not (self._idle or self._making or self.is_cramped) and len(self._ours) <= READERS:
            self._make()

    def distrust(self) -> None:
        """Use none of the present connections any more, nor those that are on their way."""
        self._generation += 1
        self._room = MOST
        for task in self._making:
            task.cancel()
        self._making.clear()
        self._grow()

    def stop(self) -> None:
        """Make none any more."""
        self._is_stopped = True
        for task in self._making:
            task.cancel()

    async def close(self) -> None:
        """Close those that nobody has; no server is waited for that does not hear the farewell."""
        self.stop()
        self._is_closed = True
        idle, self._idle = self._idle, []
        with suppress(TimeoutError):
            async with asyncio.timeout(self._timings.farewell_s):
                await asyncio.gather(
                    *self._making,
                    *(session.close(timeout=self._timings.farewell_s) for session in idle),
                    return_exceptions=True,
                )
        for session in idle:
            session.terminate()

    def _is_good(self, session: Session) -> bool:
        return not (
            self._is_closed
            or session.is_closed()
            or session.generation < self._generation
            or session.is_in_transaction()
        )

    def drop(self, session: Session) -> None:
        """Do not use a connection any more."""
        self._ours.discard(session)
        # Saying goodbye to a server that does not answer would take seconds.
        session.terminate()
        self._grow()

    def _on_lost(self, session: Session) -> None:
        self._ours.discard(session)
        with suppress(ValueError):
            self._idle.remove(session)
        self._grow()

    def _grow(self) -> None:
        """Begin to make as many as are waited for, and as there is room for."""
        room = self._room if self.is_cramped else MOST
        if self._is_stopped:
            return
        wanted = sum(not waiter.done() for waiter in self._waiting) - len(self._making)
        free = room - len(self._ours) - len(self._making)
        for _ in range(min(wanted, free)):
            self._make()

    def _make(self) -> None:
        task = asyncio.get_running_loop().create_task(self._add(), name="database connection")
        self._making.add(task)

    async def _add(self) -> None:
        fault: Exception | None = None
        generation = self._generation
        try:
            session = await self._connected()
        except Exception as error:  # noqa: BLE001  # is raised to those who wait
            fault = error
        finally:
            self._making.discard(asyncio.current_task())
        if fault is not None:
            self._refused(fault)
            return
        session.generation = generation
        self._ours.add(session)
        if len(self._ours) > self._room:
            self._room = MOST
        session.add_termination_listener(lambda _: self._on_lost(session))
        self.give(session)

    async def _connected(self) -> Session:
        deadline = self._clock.monotonic() + self._timings.room_s
        while True:
            try:
                return await connect(self._target, self._locks, is_proved=bool(self._ours))
            except DatabaseFault as fault:
                if self.close_guest is not None and await self.close_guest():
                    continue
                is_room = isinstance(fault, NoRoom)
                if not is_room or self._ours or self._clock.monotonic() > deadline:
                    raise
            await self._clock.sleep(self._timings.room_pause_s)

    def _refused(self, fault: Exception) -> None:
        if self._ours:
            self._room = len(self._ours)
            self._cramped_until = self._clock.monotonic() + self._timings.cramped_s
            log.info("No further connection for now, so %d are shared: %s", self._room, fault)
        elif not self._making:
            while self._waiting:
                waiter = self._waiting.popleft()
                if not waiter.done():
                    waiter.set_exception(_own(fault))


def _own(fault: Exception) -> Exception:
    """Copy a fault, because each who is told it adds where that was."""
    if not isinstance(fault, DatabaseFault):
        return fault
    mine = type(fault)(fault.what, why=fault.why, fix=fault.fix)
    mine.__cause__ = fault.__cause__
    return mine


class StatementLimit:
    """Gives up a connection whose server takes too long for a statement, or for its next rows.

    `was_given_up` says that it was given up because another one waited too long.
    """

    def __init__(self, timeout: asyncio.Timeout, limit_s: float | None) -> None:
        self._timeout = timeout
        self._limit_s = limit_s
        self.was_given_up = False

    def begin(self) -> None:
        """Wait for the server from now on; without a limit for as long as it takes."""
        if self._limit_s is not None:
            self._until(asyncio.get_running_loop().time() + self._limit_s)

    def pause(self) -> None:
        """Do not wait for the server: it has nothing to do for us."""
        self._until(None)

    def give_up(self) -> None:
        """Wait no longer, whatever begins from now on."""
        self._until(asyncio.get_running_loop().time())
        self.was_given_up = True

    def _until(self, moment: float | None) -> None:
        if not (self.was_given_up or self._timeout.expired()):
            self._timeout.reschedule(moment)


class Pool:
    """The way to a server's database. Belongs to one asyncio loop."""

    def __init__(
        self, target: Target, *, clock: Clock = SYSTEM_CLOCK, timings: StoreTimings = SHIPPED
    ) -> None:
        self.target = target
        self.clock = clock
        self.timings = timings
        self.sessions = Sessions(target, clock, timings)
        self._engine = _make_engine(self.sessions)
        self._read_engine = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._reads: set[StatementLimit] = set()
        for name in ("before_cursor_execute", "commit"):
            sa.event.listen(self._engine.sync_engine, name, _begin_limit)

    @asynccontextmanager
    async def connected(
        self, *, to_read: bool, limit_s: float | None = None
    ) -> AsyncIterator[AsyncConnection]:
        """Take a connection; what goes wrong with it is raised as a DatabaseFault.

        Args:
            limit_s: so long the server may take for each statement.
        """
        engine = self._read_engine if to_read else self._engine
        timeout = asyncio.timeout(None)
        limit = StatementLimit(timeout, limit_s)
        session: Session | None = None
        try:
            async with timeout:
                with translated(self.target.shown_address):
                    session = await self.sessions.take()
                    if to_read:
                        self._reads.add(limit)
                    try:
                        _taken.set(session)
                        connection = await engine.connect()
                    except BaseException:
                        self.sessions.drop(session)
                        raise
                    info = connection.sync_connection.info  # type: ignore[union-attr]  # it is open
                    info["limit"] = limit
                    try:
                        yield connection
                    finally:
                        await connection.close()
        except DatabaseGone as gone:
            last = session.hearing.farewell if session is not None and session.is_closed() else None
            if last is None:
                raise
            said = refusal(last, self.target.shown_address, self.target.password)
            raise DatabaseGone(said.what, why=said.why, fix=said.fix) from gone.__cause__
        except OverflowError as error:
            # From asyncpg, which has read the answer to its end all the same.
            raise DatabaseFault(
                f"The database {self.target.shown_address} holds a date that cannot be read.",
                why="It lies before the year 1 or after the year 9999; another program wrote it.",
                fix="Let the database's administrator correct or remove that row.",
            ) from error
        except TimeoutError as error:
            if not limit.was_given_up:
                self.sessions.distrust()
                for other in self._reads - {limit}:
                    # It waits for the same server. Who comes after this asks anew.
                    other.give_up()
            why = "The server does not answer any more."
            raise unusable(self.target, why, FIX_PLACE) from error
        finally:
            self._reads.discard(limit)


_taken: ContextVar[Session] = ContextVar("taken")
"""The connection that SQLAlchemy is to work with next."""


def _make_engine(sessions: Sessions) -> AsyncEngine:
    async def taken(**_: Any) -> Session:
        return _taken.get()

    # No statement is prepared under a name, because a connection pooler may give each transaction
    # another server process, which does not know the name.
    engine = create_async_engine(
        URL.create(DRIVER),  # how to connect is not its business
        isolation_level="READ COMMITTED",
        poolclass=NullPool,
        connect_args={
            "async_creator_fn": taken,
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": lambda: "",
        },
        json_serializer=dump_json,
        json_deserializer=load_json,
        hide_parameters=True,
    )
    engine.sync_engine.dialect.give_back = sessions.give  # type: ignore[attr-defined]  # ours
    return engine


def _begin_limit(connection: sa.Connection, *_: Any) -> None:
    limit = connection.info.get("limit")
    if limit is not None:  # SQLAlchemy's own first statements have none
        limit.begin()
