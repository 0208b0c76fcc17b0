"""One place that turns a database's errors into sentences."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from opside_desktop.domain.errors import DatabaseFault

_KNOWN = {
    sqlite3.SQLITE_BUSY: (
        "Another program has locked it and did not let go in time.",
        "Close other programs that use the file, then try again.",
    ),
    sqlite3.SQLITE_LOCKED: (
        "Another program has locked it and did not let go in time.",
        "Close other programs that use the file, then try again.",
    ),
    sqlite3.SQLITE_READONLY: (
        "The file or its folder may only be read.",
        "Give yourself the right to write there, or choose another folder with OPSIDE_HOME.",
    ),
    sqlite3.SQLITE_PERM: (
        "The file may not be opened.",
        "Give yourself the right to read and write it.",
    ),
    sqlite3.SQLITE_FULL: (
        "The disk is full.",
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
        "Move it away, or choose another file with OPSIDE_DATABASE_URL.",
    ),
    sqlite3.SQLITE_IOERR: (
        "The disk reports an error.",
        "Check the disk, and that the folder is not on a network drive that went away.",
    ),
}

_UNKNOWN = (
    "It answered in a way this program does not expect.",
    "Run `opside-desktop db check`; the log holds the details.",
)


def fault_of(error: BaseException, place: str) -> DatabaseFault | None:
    """Translate an error of the driver; None for one that is our own mistake or none of these.

    `place` names the database to people and holds no password.
    """
    if isinstance(error, PoolTimeout):
        why, fix = "It is too busy to answer.", "Try again in a moment."
    else:
        original = error.orig if isinstance(error, DBAPIError) else error
        if not isinstance(original, sqlite3.DatabaseError) or isinstance(
            original, sqlite3.IntegrityError | sqlite3.ProgrammingError | sqlite3.DataError
        ):
            return None
        # Extended codes keep the basic one in their low byte.
        code = (getattr(original, "sqlite_errorcode", None) or 0) & 0xFF
        why, fix = _KNOWN.get(code, _UNKNOWN)
    return DatabaseFault(f"The database {place} cannot be used.", why=why, fix=fix)


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Raise DatabaseFault in place of the driver's errors."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        fault = fault_of(error, place)
        if fault is None:
            raise
        raise fault from error
