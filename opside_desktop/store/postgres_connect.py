"""Connecting to a PostgreSQL server, and saying why where that does not work."""

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import asyncpg
import sqlalchemy as sa
from sqlalchemy.exc import DisconnectionError, InterfaceError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from opside_desktop.domain.errors import DatabaseFault, DatabaseGone
from opside_desktop.store.database import READERS
from opside_desktop.store.faults import translated
from opside_desktop.store.postgres_dialect import DRIVER
from opside_desktop.store.postgres_url import Target
from opside_desktop.store.types import dump_json, load_json

SILENT_S = 10
PROBE_EVERY_S = 5
PROBES = 3
"""An unused connection is probed after so many seconds, so often, and given up after so many."""

FAREWELL_S = 2.0
"""Closing connections takes so long at most."""

_ARRAYS = {
    "bool": (1000, 16),
    "int4": (1007, 23),
    "text": (1009, 25),
    "varchar": (1015, 1043),
    "float8": (1022, 701),
    "timestamp": (1115, 1114),
    "numeric": (1231, 1700),
    "uuid": (2951, 2950),
    "jsonb": (3807, 3802),
}
"""The numbers of array types and of their elements, which are the same on every server."""

_PROBING = (
    ("SO_KEEPALIVE", socket.SOL_SOCKET, 1),
    ("TCP_KEEPIDLE", socket.IPPROTO_TCP, SILENT_S),
    ("TCP_KEEPALIVE", socket.IPPROTO_TCP, SILENT_S),  # the name on macOS
    ("TCP_KEEPINTVL", socket.IPPROTO_TCP, PROBE_EVERY_S),
    ("TCP_KEEPCNT", socket.IPPROTO_TCP, PROBES),
    # What was sent and never acknowledged, in milliseconds.
    ("TCP_USER_TIMEOUT", socket.IPPROTO_TCP, (SILENT_S + PROBE_EVERY_S * PROBES) * 1000),
)


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
    """The connections to a server: made when needed, kept, and left when they fall silent.

    Belongs to one asyncio loop.
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        self._engine = _make_engine(target)
        self._read_engine = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._reads: set[StatementLimit] = set()
        self._trusted_since = 0.0
        self._makes_spare = False
        for name in ("connect", "checkout", "before_cursor_execute", "commit"):
            sa.event.listen(self._engine.sync_engine, name, getattr(self, f"_on_{name}"))

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
        try:
            async with timeout:
                if to_read:
                    self._reads.add(limit)
                with translated(self.target.place):
                    with _reached(self.target):
                        connection = await engine.connect()
                    info = connection.sync_connection.info  # type: ignore[union-attr]  # it is open
                    info["limit"] = limit
                    try:
                        yield connection
                    finally:
                        await connection.close()
        except OverflowError as error:
            # From asyncpg, which has read the answer to its end all the same.
            raise DatabaseFault(
                f"The database {self.target.place} holds a date that cannot be read.",
                why="It lies before the year 1 or after the year 9999; another program wrote it.",
                fix="Let the database's administrator correct or remove that row.",
            ) from error
        except TimeoutError as error:
            if not limit.was_given_up:
                self.distrust()
                for other in self._reads - {limit}:
                    # It waits for the same server. Who comes after this asks anew.
                    other.give_up()
            why = "The server does not answer any more."
            raise unusable(self.target, why, _FIX_PLACE) from error
        finally:
            self._reads.discard(limit)

    def needs_spare(self) -> bool:
        """Tell whether the next one who asks would wait for a connection to be made."""
        made = self._engine.pool
        if not isinstance(made, AsyncAdaptedQueuePool):
            return False
        return not self._makes_spare and not made.checkedin() and made.checkedout() <= READERS

    async def make_spare(self) -> None:
        """Make a connection that nobody waits for; over a slow network that takes five turns."""
        self._makes_spare = True
        try:
            # Who needs one will be told what is wrong.
            with suppress(DatabaseFault):
                async with self.connected(to_read=True):
                    pass
        finally:
            self._makes_spare = False

    def distrust(self) -> None:
        """Use none of the present connections any more."""
        self._trusted_since = time.monotonic()

    async def close(self) -> None:
        """Close all connections; no server is waited for that does not hear the farewell."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_S):
                await self._engine.dispose()

    def _on_connect(self, driver: Any, record: Any) -> None:
        record.info["made"] = time.monotonic()
        probe(driver.driver_connection)
        _know_arrays(driver.driver_connection)

    def _on_checkout(self, driver: Any, record: Any, proxy: Any) -> None:
        connection = driver.driver_connection
        if record.info["made"] < self._trusted_since:
            # Saying goodbye to a server that does not answer would take seconds.
            connection.terminate()
        # A restarted server, too, has cut it meanwhile; the pool then makes a new one.
        if connection.is_closed():
            raise DisconnectionError

    def _on_before_cursor_execute(self, connection: sa.Connection, *_: Any) -> None:
        self._on_commit(connection)

    def _on_commit(self, connection: sa.Connection) -> None:
        limit = connection.info.get("limit")
        if limit is not None:  # the pool's own first statements have none
            limit.begin()


def _make_engine(target: Target) -> AsyncEngine:
    # No statement is prepared under a name, because a connection pooler may give each transaction
    # another server process, which does not know the name.
    return create_async_engine(
        target.url.set(drivername=DRIVER),
        isolation_level="READ COMMITTED",
        pool_size=READERS + 1,
        max_overflow=1,  # to ask whether it answers, when all wait
        pool_use_lifo=True,
        connect_args={
            "statement_cache_size": 0,
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": lambda: "",
            **target.connect_args,
        },
        json_serializer=dump_json,
        json_deserializer=load_json,
        hide_parameters=True,
    )


def _know_arrays(connection: asyncpg.Connection) -> None:
    """Tell asyncpg what it would ask a server at a connection's first array: six round trips."""
    unused = ("range_subtype", "attrtypoids", "basetype", "kind")
    types = [
        {
            **dict.fromkeys(unused),
            "oid": array,
            "name": f"_{name}",
            "ns": "pg_catalog",
            "elemtype": element,
            "elemtype_name": name,
            "elemdelim": ",",
        }
        for name, (array, element) in _ARRAYS.items()
    ]
    connection._protocol.get_settings().register_data_types(types)  # noqa: SLF001  # has no other way


def probe(connection: asyncpg.Connection) -> None:
    """Let the system notice a network or a server that went away without a word."""
    wire = connection._transport.get_extra_info("socket")  # noqa: SLF001  # asyncpg shows it nowhere
    if wire is None or wire.family not in (socket.AF_INET, socket.AF_INET6):
        return
    for name, level, value in _PROBING:
        option = getattr(socket, name, None)
        if option is not None:
            with suppress(OSError):  # not every system knows all of them
                wire.setsockopt(level, option, value)


@contextmanager
def _reached(target: Target) -> Iterator[None]:
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise unusable(target, *_of_certificate(error, target), kind=DatabaseFault) from error
    except ssl.SSLError as error:
        raise unusable(
            target,
            "The server and this program cannot agree on an encryption.",
            "Ask the server's administrator for TLS 1.2 or newer.",
        ) from error
    except TimeoutError as error:
        raise unusable(
            target, f"The server does not answer within {target.timeout_s:g} s.", _FIX_PLACE
        ) from error
    except (socket.gaierror, UnicodeError) as error:
        raise unusable(
            target,
            f"No computer of the name {target.host} is found.",
            "Correct the host in the database address, or look at the network.",
        ) from error
    except ConnectionError as error:
        if "SSL" in str(error) and error.errno is None:
            raise unusable(target, _NO_TLS, _FIX_TLS, kind=DatabaseFault) from error
        raise unusable(target, "Nothing answers at that host and port.", _FIX_PLACE) from error
    except OSError as error:
        raise unusable(target, "Nothing answers at that host and port.", _FIX_PLACE) from error
    except (InterfaceError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise unusable(
            target,
            "What answers at that host and port does not speak as PostgreSQL does.",
            "Correct the host and the port in the database address.",
            kind=DatabaseFault,
        ) from error


_FIX_PLACE = (
    "Check the host and the port in the database address, the network, and that the server runs."
)

_NO_TLS = "What answers there offers no encryption, so the password was not sent."
_FIX_TLS = (
    "Check the host and the port. If they are right, let the server's administrator switch TLS on; "
    "in a network that you trust, sslmode=disable at the end of the database address does without."
)
_FIX_AUTHORITY = (
    "Get the authority's certificate from the server's administrator and name the file at the "
    "end of the database address: ?sslrootcert=/path/to/file."
)

_EXPIRED = 10
_OTHER_NAME = (62, 64)
"""OpenSSL's numbers of what is wrong with a certificate: for a name, and for an address."""


def _of_certificate(error: ssl.SSLCertVerificationError, target: Target) -> tuple[str, str]:
    code = getattr(error, "verify_code", 0)
    if code in _OTHER_NAME:
        return (
            f"The server's certificate is not for {target.host}.",
            "Write the server's name in the database address as it stands in the certificate.",
        )
    if code == _EXPIRED:
        return "The server's certificate has expired.", "Tell the server's administrator."
    return (
        "The server's certificate is not signed by an authority that is trusted here.",
        _FIX_AUTHORITY,
    )


def unusable(
    target: Target, why: str, fix: str, *, kind: type[DatabaseFault] = DatabaseGone
) -> DatabaseFault:
    """Make the fault of a server; by default of one that may come back by itself."""
    return kind(f"The database {target.place} cannot be used.", why=why, fix=fix)
