"""Connecting to a PostgreSQL server, and saying why where that does not work."""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import asyncpg

from opside_desktop.domain.errors import DatabaseFault, DatabaseGone
from opside_desktop.store.faults import refusal
from opside_desktop.store.postgres.connect_options import Target
from opside_desktop.store.postgres.farewell import Hearing, made
from opside_desktop.store.timings import LockTimings

SILENT_S = 10
PROBE_EVERY_S = 5
PROBES = 3
"""An unused connection is probed after so many seconds, so often, and given up after so many."""

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


_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED;"


class Session(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """A connection. `generation` is the pool's, `on_begin` goes with a write's BEGIN.

    `hearing` knows what the server said last.
    """

    generation = 0
    on_begin = ""
    hearing: Hearing

    async def execute(self, query: str, *args: Any, **options: Any) -> str:
        """Run statements; a BEGIN takes along what would be a turn of its own over the network."""
        if query == _BEGIN:
            query += self.on_begin
        done: str = await super().execute(query, *args, **options)
        return done


async def connect(target: Target, locks: LockTimings, *, is_proved: bool) -> Session:
    """Make a connection.

    Args:
        is_proved: wait for an answer over it, too. A pooler may accept a connection and let its
            first statement wait until another one has gone.

    Raises:
        DatabaseFault: there is none.
    """
    with _reached(target):
        async with asyncio.timeout(target.timeout_s):
            session: Session = await asyncpg.connect(
                **target.connect_args, connection_class=Session
            )
            session.hearing = session._protocol  # noqa: SLF001  # asyncpg shows it nowhere
            session.on_begin = locks.statements
            if is_proved:
                try:
                    await session.execute("SELECT 1")
                except BaseException:
                    session.terminate()
                    raise
    probe(session)
    _know_arrays(session)
    return session


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
    heard: list[Hearing] = []
    made.set(heard)
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
            target, f"The server does not answer within {target.timeout_s:g} s.", FIX_PLACE
        ) from error
    except (socket.gaierror, UnicodeError) as error:
        raise unusable(
            target,
            f"No computer of the name {target.host} is found.",
            "Correct the host in the database address, or look at the network.",
        ) from error
    except OSError as error:
        if isinstance(error, ConnectionError) and "SSL" in str(error) and error.errno is None:
            raise unusable(target, _NO_TLS, _FIX_TLS, kind=DatabaseFault) from error
        raise unusable(target, "Nothing answers at that host and port.", FIX_PLACE) from error
    except asyncpg.PostgresError as error:
        said = [each.farewell for each in heard]
        last = next((each for each in reversed(said) if each is not None), error)
        raise refusal(last, target.shown_address, target.password) from error
    except (asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise unusable(
            target,
            "What answers at that host and port does not speak as PostgreSQL does.",
            "Correct the host and the port in the database address.",
            kind=DatabaseFault,
        ) from error


FIX_PLACE = (
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
    return kind(f"The database {target.shown_address} cannot be used.", why=why, fix=fix)
