"""What a server is, and what its user may do there."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from opside_desktop.domain.errors import DatabaseFault
from opside_desktop.store.database import ReadOnly
from opside_desktop.store.postgres.connect import unusable
from opside_desktop.store.postgres.connect_options import Target
from opside_desktop.store.schema import tables

OLDEST_SERVER = 13
"""The first version of PostgreSQL that this program works with."""

ENCODING = "UTF8"


def check_server(connection: sa.Connection, target: Target) -> None:
    """Look at what a server told about itself while connecting; asks it nothing.

    Raises:
        DatabaseFault: its version or the database's encoding does not do.
    """
    driver: Any = connection.connection.driver_connection
    version = driver.get_server_version()
    if version.major < OLDEST_SERVER:
        raise unusable(
            target,
            f"Its server is PostgreSQL {version.major}.",
            f"Let its administrator install PostgreSQL {OLDEST_SERVER} or newer.",
            kind=DatabaseFault,
        )
    encoding = getattr(driver.get_settings(), "server_encoding", ENCODING)
    if encoding != ENCODING:
        raise unusable(
            target,
            f"Its texts are stored as {encoding}, which lacks most of the world's letters.",
            "Make a database with ENCODING 'UTF8' and name it in the database address.",
            kind=DatabaseFault,
        )


class Rights(NamedTuple):
    """Which tables stand in the schema of new tables, and why nothing can be written, if so."""

    names: frozenset[str]
    read_only: ReadOnly | None


def rights_of(connection: sa.Connection, target: Target) -> Rights:
    """Ask once for the tables and the rights to them.

    Raises:
        DatabaseFault: a table of ours may not even be read.
    """
    rows = connection.execute(_LOOK).all()
    ours = [row for row in rows if row.name in tables.metadata.tables]
    unreadable = sorted(row.name for row in ours if not row.readable)
    if unreadable:
        raise unusable(
            target,
            f"Its user may not read {_listed(unreadable)}.",
            "Ask the database's owner to GRANT SELECT on all of this program's tables.",
            kind=DatabaseFault,
        )
    names = frozenset(row.name for row in rows if row.name is not None)
    return Rights(names, _read_only(rows[0], sorted(row.name for row in ours if not row.writable)))


def _read_only(server: sa.Row[Any], unwritable: Sequence[str]) -> ReadOnly | None:
    if server.standby:
        return ReadOnly(
            "Its server is a standby, which only repeats what another server writes.",
            "Name the server that takes writes in the database address.",
        )
    if server.quiet:
        why = "The server lets this user only read (default_transaction_read_only is on)."
    elif unwritable:
        why = f"Its user may read but not change {_listed(unwritable)}."
    else:
        return None
    return ReadOnly(why, "Ask the database's owner for the right to write, or use another user.")


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
