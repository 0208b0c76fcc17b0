"""What a server is, and what its user may do there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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
        raise unusable(
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
