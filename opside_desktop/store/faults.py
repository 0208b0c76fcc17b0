"""One place that turns a database's errors into sentences."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from opside_desktop.domain.errors import DatabaseBusy, DatabaseFault, DatabaseGone
from opside_desktop.logs.redaction import redact
from opside_desktop.store.schema.types import UnreadableValue
from opside_desktop.store.server_words import MOST_WORDS, TOO_MANY, error_state, known, said

DISK_FULL = "The disk is full."

_LOCKED_BY_ANOTHER = "Another program has locked it and did not let go in time."
_LOCKED_FILE = (_LOCKED_BY_ANOTHER, "Close other programs that use the file, then try again.")

_KNOWN = {
    sqlite3.SQLITE_BUSY: _LOCKED_FILE,
    sqlite3.SQLITE_LOCKED: _LOCKED_FILE,
    sqlite3.SQLITE_READONLY: (
        "The file or its folder may only be read.",
        "Give yourself the right to write there, or choose another folder with OPSIDE_HOME.",
    ),
    sqlite3.SQLITE_PERM: (
        "The file may not be opened.",
        "Give yourself the right to read and write it.",
    ),
    sqlite3.SQLITE_FULL: (
        DISK_FULL,
        "Free some space, then try again; what was stored before is safe.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "The file cannot be opened or created.",
        "Check that its folder exists and that you may write there.",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "The file is damaged.",
        "Move it away and sync again, or put back a copy of it.",
    ),
    sqlite3.SQLITE_NOTADB: (
        "The file is not an SQLite database.",
        "Move it away; the program makes a new one at its next start.",
    ),
    sqlite3.SQLITE_IOERR: (
        "The disk reports an error.",
        "Check the disk, and that the folder is not on a network drive that went away.",
    ),
}

_FOREIGN_RULE = (
    "A rule that somebody added to its tables does not allow what was to be stored.",
    "Ask the database's owner to take the rule away.",
)
"""This program's own tables refer to no others and check nothing."""

_LOCKED = "55P03"

_SILENT = (
    "The server ended what this program had begun, because it heard nothing for too long.",
    "Try again; a computer that slept meanwhile is the usual cause.",
)

_SQLSTATES = {
    "08": (
        "The connection to the server was lost.",
        "Check the network and that the server runs, then try again.",
    ),
    "25P03": _SILENT,
    "25P04": _SILENT,
    "25006": (
        "It may only be read.",
        "Ask its owner for the right to write, or connect to the server that takes writes.",
    ),
    "28": (
        "The server does not accept this user or password.",
        "Correct the user and the password in the database address.",
    ),
    "3D000": (
        "The server has no database of that name.",
        "Correct the name in the database address, or let an administrator make the database.",
    ),
    "23503": _FOREIGN_RULE,
    "23514": _FOREIGN_RULE,
    "3F": (
        "The schema in which its tables should be is not there.",
        "Correct search_path in the database address or on the server, or make the schema.",
    ),
    "40": ("Another program was changing the same rows.", "Try again."),
    "42501": ("Its user lacks a right that is needed.", "Ask the database's owner for it."),
    "53": (
        "The server has no room left: connections, memory or disk.",
        "Try again later, or tell its administrator.",
    ),
    _LOCKED: (
        _LOCKED_BY_ANOTHER,
        "Close other programs that use the database, then try again.",
    ),
    "57014": (
        "The server stopped the query because it took too long.",
        "Try again later, or ask the administrator for a longer statement_timeout.",
    ),
    "57P": ("The server is shutting down or starting.", "Try again in a moment."),
    "58": ("The server reports an error of its disk.", "Tell its administrator."),
    "XX": ("The server reports damage or an error of its own.", "Tell its administrator."),
}
"""By SQLSTATE: a whole code, or the beginning of all codes of a class."""

_PASSING = ("08", "25P03", "25P04", "40", "53", _LOCKED, "57P")

_OUR_MISTAKES = ("0A", "22", "23", "42601", "42804", "42883")
"""SQLSTATEs of statements that were wrong, and of values that broke a rule of a table."""

_OF_POOLERS = ("08", "28", "3D", "53", "55000", "57", "58", "XX")
"""SQLSTATEs under which a pooler may speak in place of the server."""

_NEEDS_NO_WORDS = ("40", _LOCKED, "57014")

_UNKNOWN = (
    "It answered in a way this program does not expect.",
    "Run `opside-desktop db check`, or ask the database's administrator.",
)

_REFUSED = (
    "The server, or a connection pooler before it, refuses or ends the connection.",
    "Do what its answer asks for, or show it to the server's administrator.",
)


def fault_of(error: BaseException, shown_address: str) -> DatabaseFault | None:
    """Translate an error of a driver; None for one that is our own mistake or none of these.

    `shown_address` names the database to people and holds no password.
    """
    original = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(original, "sqlstate", None)
    kind: type[DatabaseFault] = DatabaseGone
    found: tuple[str, str] | None = None
    if isinstance(error, PoolTimeout):
        found = ("It is too busy to answer.", "Try again in a moment.")
    elif isinstance(original, sqlite3.Error):
        found = _of_sqlite(original)
        kind = DatabaseBusy if found == _LOCKED_FILE else DatabaseFault
    elif isinstance(state, str):
        refused = known(error) if state.startswith(_OF_POOLERS) else None
        if refused is not None:
            found, kind = refused[:2], refused[2]
        else:
            found, kind = _of_state(state), _kind_of_state(state)
        if found is not None and not state.startswith(_NEEDS_NO_WORDS):
            found = (f"{found[0]} {said(error)}".strip(), found[1])
    elif isinstance(error, InterfaceError):
        # asyncpg's own complaints have no code; all but those of a lost connection are mistakes.
        found = _SQLSTATES["08"] if "connection" in str(original) else None
    elif isinstance(error, InternalError):
        # asyncpg lost its bearings, as it does when a connection is cut between two messages.
        found = _SQLSTATES["08"]
    if found is None:
        return None
    why, fix = found
    return kind(f"The database {shown_address} cannot be used.", why=why, fix=fix)


def refusal(error: BaseException, shown_address: str, password: str | None) -> DatabaseFault:
    """Say why a server did not let a connection begin, in its own words, too.

    `error` is the driver's; nothing that a server says there is our own mistake.
    """
    words, state = said(error, password, whole=True), error_state(error)
    kind: type[DatabaseFault] = DatabaseGone if state.startswith(_PASSING) else DatabaseFault
    if found := known(error):
        why, fix, kind = found
    elif not words:
        why, fix = _SQLSTATES["08"]
        kind = DatabaseGone
    elif state == "53300":
        why, fix, kind = TOO_MANY
    elif state.startswith("08") or (listed := _of_state(state)) in (None, _UNKNOWN):
        why, fix = _REFUSED
    else:
        why, fix = listed
    return kind(
        f"The database {shown_address} cannot be used.", why=f"{why} {words}".strip(), fix=fix
    )


def _kind_of_state(state: str) -> type[DatabaseFault]:
    """Tell whether it may be over when it is tried again."""
    if state == _LOCKED:
        return DatabaseBusy
    return DatabaseGone if state.startswith(_PASSING) else DatabaseFault


def _of_sqlite(error: sqlite3.Error) -> tuple[str, str] | None:
    if not isinstance(error, sqlite3.DatabaseError) or isinstance(
        error, sqlite3.IntegrityError | sqlite3.ProgrammingError | sqlite3.DataError
    ):
        return None
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_IOERR_SHMSIZE:
        # The file for readers beside the database finds no room.
        return _KNOWN[sqlite3.SQLITE_FULL]
    found = _KNOWN.get(_code(error))
    return found or (f"{_UNKNOWN[0]} SQLite says: {redact(str(error))[:MOST_WORDS]}.", _UNKNOWN[1])


def _code(error: sqlite3.Error) -> int:
    # Extended codes keep the basic one in their low byte.
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


def _of_state(state: str) -> tuple[str, str] | None:
    for length in (5, 3, 2):
        if found := _SQLSTATES.get(state[:length]):
            return found
    return None if state.startswith(_OUR_MISTAKES) else _UNKNOWN


@contextmanager
def translated(shown_address: str) -> Iterator[None]:
    """Raise DatabaseFault in place of the drivers' errors."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        fault = fault_of(error, shown_address)
        if fault is None:
            raise
        raise fault from error
    except UnreadableValue as error:
        raise DatabaseFault(
            f"The database {shown_address} holds a value that cannot be read.",
            why=f"{error} Another program wrote it.",
            fix="Correct or delete that row with the program that wrote it.",
        ) from error
