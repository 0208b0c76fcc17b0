"""Connecting to a PostgreSQL server, and saying why where that does not work."""

import socket
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import asyncpg
import sqlalchemy as sa
from sqlalchemy.exc import DisconnectionError, InterfaceError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from opside_desktop.domain.errors import DatabaseFault, DatabaseGone
from opside_desktop.store import tables
from opside_desktop.store.database import READERS, ReadOnly
from opside_desktop.store.faults import translated
from opside_desktop.store.postgres_dialect import DRIVER
from opside_desktop.store.postgres_url import Target
from opside_desktop.store.types import dump_json, load_json

OLDEST_SERVER = 13
"""The first version of PostgreSQL that this program works with."""

ENCODING = "UTF8"

SILENT_S = 10
PROBE_EVERY_S = 5
PROBES = 3
"""An unused connection is probed after so many seconds, so often, and given up after so many."""

_PROBING = (
    ("SO_KEEPALIVE", socket.SOL_SOCKET, 1),
    ("TCP_KEEPIDLE", socket.IPPROTO_TCP, SILENT_S),
    ("TCP_KEEPALIVE", socket.IPPROTO_TCP, SILENT_S),  # the name on macOS
    ("TCP_KEEPINTVL", socket.IPPROTO_TCP, PROBE_EVERY_S),
    ("TCP_KEEPCNT", socket.IPPROTO_TCP, PROBES),
    # What was sent and never acknowledged, in milliseconds.
    ("TCP_USER_TIMEOUT", socket.IPPROTO_TCP, (SILENT_S + PROBE_EVERY_S * PROBES) * 1000),
)


def make_engine(target: Target) -> AsyncEngine:
    """Make the engine, which connects when first used.

    No statement is prepared under a name, because a connection pooler may give each transaction
    another server process, which does not know the name.
    """
    engine = create_async_engine(
        target.url.set(drivername=DRIVER),
        isolation_level="READ COMMITTED",
        pool_size=READERS + 1,
        max_overflow=0,
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

    @sa.event.listens_for(engine.sync_engine, "connect")
    def on_connect(driver: Any, record: Any) -> None:
        _probe(driver.driver_connection)

    @sa.event.listens_for(engine.sync_engine, "checkout")
    def on_checkout(driver: Any, record: Any, proxy: Any) -> None:
        # A restarted server has cut it meanwhile; the pool then makes a new one.
        if driver.driver_connection.is_closed():
            raise DisconnectionError

    return engine


def _probe(connection: asyncpg.Connection) -> None:
    """Let the system notice a network or a server that went away without a word."""
    wire = connection._transport.get_extra_info("socket")  # noqa: SLF001  # asyncpg shows it nowhere
    if wire is None or wire.family not in (socket.AF_INET, socket.AF_INET6):
        return
    for name, level, value in _PROBING:
        option = getattr(socket, name, None)
        if option is not None:
            with suppress(OSError):  # not every system knows all of them
                wire.setsockopt(level, option, value)


@asynccontextmanager
async def connected(engine: AsyncEngine, target: Target) -> AsyncIterator[AsyncConnection]:
    """Take a connection from the pool; what goes wrong with it is raised as a DatabaseFault."""
    with translated(target.place):
        with _reached(target):
            connection = await engine.connect()
        try:
            yield connection
        finally:
            await connection.close()


@contextmanager
def _reached(target: Target) -> Iterator[None]:
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise _fault(target, *_of_certificate(error, target), kind=DatabaseFault) from error
    except ssl.SSLError as error:
        raise _fault(
            target,
            "The server and this program cannot agree on an encryption.",
            "Ask the server's administrator for TLS 1.2 or newer.",
        ) from error
    except TimeoutError as error:
        raise _fault(
            target, f"The server does not answer within {target.timeout_s:g} s.", _FIX_PLACE
        ) from error
    except (socket.gaierror, UnicodeError) as error:
        raise _fault(
            target,
            f"No computer of the name {target.host} is found.",
            "Correct the host in the database address, or look at the network.",
        ) from error
    except ConnectionError as error:
        if "SSL" in str(error) and error.errno is None:
            raise _fault(target, _NO_TLS, _FIX_TLS, kind=DatabaseFault) from error
        raise _fault(target, "Nothing answers at that host and port.", _FIX_PLACE) from error
    except OSError as error:
        raise _fault(target, "Nothing answers at that host and port.", _FIX_PLACE) from error
    except (InterfaceError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise _fault(
            target,
            "What answers at that host and port does not speak as PostgreSQL does.",
            "Correct the host and the port in the database address.",
            kind=DatabaseFault,
        ) from error


_FIX_PLACE = (
    "Check the host and the port in the database address, the network, and that the server runs."
)

_NO_TLS = "The server offers no encryption, so the password was not sent."
_FIX_TLS = (
    "Let its administrator switch TLS on. In a network that you trust, sslmode=disable at the end "
    "of the database address does without."
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


def _fault(
    target: Target, why: str, fix: str, *, kind: type[DatabaseFault] = DatabaseGone
) -> DatabaseFault:
    return kind(f"The database {target.place} cannot be used.", why=why, fix=fix)


def check_server(connection: sa.Connection, target: Target) -> None:
    """Look at what a server told about itself while connecting; asks it nothing.

    Raises:
        DatabaseFault: its version or the database's encoding does not do.
    """
    driver: Any = connection.connection.driver_connection
    version = driver.get_server_version()
    if version.major < OLDEST_SERVER:
        raise _fault(
            target,
            f"Its server is PostgreSQL {version.major}.",
            f"Let its administrator install PostgreSQL {OLDEST_SERVER} or newer.",
            kind=DatabaseFault,
        )
    encoding = getattr(driver.get_settings(), "server_encoding", ENCODING)
    if encoding != ENCODING:
        raise _fault(
            target,
            f"Its texts are stored as {encoding}, which lacks most of the world's letters.",
            "Make a database with ENCODING 'UTF8' and name it in the database address.",
            kind=DatabaseFault,
        )


@dataclass(frozen=True, slots=True)
class Rights:
    """Which tables stand in the schema of new tables, and what our user may do with ours."""

    names: frozenset[str]
    unreadable: tuple[str, ...]
    unwritable: tuple[str, ...]
    is_standby: bool
    is_default_read_only: bool

    @property
    def read_only(self) -> ReadOnly | None:
        """Why nothing can be written; None where it can."""
        if self.is_standby:
            return ReadOnly(
                "Its server is a standby, which only repeats what another server writes.",
                "Name the server that takes writes in the database address.",
            )
        if self.is_default_read_only:
            return ReadOnly(
                "The server lets this user only read (default_transaction_read_only is on).",
                _FIX_RIGHT,
            )
        if self.unwritable:
            return ReadOnly(
                f"Its user may read but not change {_listed(self.unwritable)}.", _FIX_RIGHT
            )
        return None


_FIX_RIGHT = "Ask the database's owner for the right to write, or use another user."


def rights_of(connection: sa.Connection, target: Target) -> Rights:
    """Ask once for the tables and the rights to them.

    Raises:
        DatabaseFault: a table of ours may not even be read.
    """
    rows = connection.execute(_LOOK).all()
    found = [row for row in rows if row.name is not None]
    ours = [row for row in found if row.name in tables.metadata.tables]
    rights = Rights(
        names=frozenset(row.name for row in found),
        unreadable=tuple(sorted(row.name for row in ours if not row.readable)),
        unwritable=tuple(sorted(row.name for row in ours if not row.writable)),
        is_standby=rows[0].standby,
        is_default_read_only=rows[0].quiet,
    )
    if rights.unreadable:
        raise _fault(
            target,
            f"Its user may not read {_listed(rights.unreadable)}.",
            "Ask the database's owner to GRANT SELECT on all of this program's tables.",
            kind=DatabaseFault,
        )
    return rights


def _listed(names: Sequence[str]) -> str:
    if len(names) == len(tables.metadata.tables):
        return "its tables"
    return f"the table {names[0]}" if len(names) == 1 else f"the tables {', '.join(names)}"


_LOOK = sa.text(
    "SELECT relname AS name, has_table_privilege(t.oid, 'SELECT') AS readable, "
    "has_table_privilege(t.oid, 'INSERT') AND has_table_privilege(t.oid, 'UPDATE') "
    "AND has_table_privilege(t.oid, 'DELETE') AS writable, pg_is_in_recovery() AS standby, "
    "current_setting('default_transaction_read_only') = 'on' AS quiet "
    "FROM (SELECT 1) AS one LEFT JOIN pg_class AS t ON relkind IN ('r', 'p') "
    "AND relnamespace = to_regnamespace(quote_ident(current_schema()))"
)
"""One row at least, also where there is no table."""
