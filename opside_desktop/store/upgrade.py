"""Bringing a database to the present schema, and refusing those that are not ours. Blocking."""

import os
import re
import shutil
import sqlite3
from collections.abc import Set as AbstractSet
from contextlib import closing, suppress
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from opside_desktop.domain.errors import DatabaseFault, DatabaseGone
from opside_desktop.store.database import ReadOnly
from opside_desktop.store.faults import fault_of
from opside_desktop.store.schema import tables
from opside_desktop.store.schema.problems import schema_problems

if TYPE_CHECKING:
    from alembic.config import Config

VERSIONS = ("0001", "0002")
"""The schema's versions in order, as the migrations name them."""

PRESENT = VERSIONS[-1]

LOCK = 0x0F51DE
"""The number of PostgreSQL's advisory lock under which one program at a time changes the tables."""


def is_present(
    connection: sa.Connection,
    shown_address: str,
    app_version: str,
    names: AbstractSet[str] | None = None,
) -> bool:
    """Tell whether the schema is the present one. Only reads.

    `names`: the tables that are there, if that is known.

    Raises:
        DatabaseFault: the database was made by a newer version, or by another program.
    """
    if names is None:
        names = set(sa.inspect(connection).get_table_names())
    if not names:
        return False
    if not names & tables.metadata.tables.keys():
        raise DatabaseFault(
            f"The database {shown_address} belongs to another program.",
            why="It holds tables, but none of this program's.",
            fix="Choose another file or database with OPSIDE_DATABASE_URL.",
        )
    version = _version(connection, shown_address) if "alembic_version" in names else None
    if version is not None and version not in VERSIONS:
        raise DatabaseFault(
            f"The database {shown_address} was made by a newer version of this program.",
            why=f"Version {app_version} cannot know what has changed in it since.",
            fix="Install the newest version of Opside Desktop.",
        )
    if version is None:
        # Tables made by another program must have what this one needs.
        for name, why in schema_problems(connection, names, is_old=True):
            raise DatabaseFault(
                f"The table {name} of the database {shown_address} does not fit this program.",
                why=why,
                fix="Choose another file or database with OPSIDE_DATABASE_URL.",
            )
    return version == PRESENT


def outdated(shown_address: str, read_only: ReadOnly) -> DatabaseFault:
    """Refuse a database whose tables would have to be made or changed, where that is impossible."""
    return DatabaseFault(
        f"The tables in {shown_address} are not those of this version.",
        why=read_only.why,
        fix="Let the database's owner run `opside-desktop db upgrade` of this version.",
    )


def stored_version(connection: sa.Connection) -> str | None:
    """Read which version of the schema a database says it has; it must hold `alembic_version`."""
    version: str | None = connection.exec_driver_sql(
        "SELECT version_num FROM alembic_version"
    ).scalar()
    return version


def refuse_newer(connection: sa.Connection, shown_address: str) -> None:
    """See that nobody has brought the database to a newer schema since this program opened it.

    Raises:
        DatabaseFault: a newer version of this program has.
    """
    if stored_version(connection) not in VERSIONS:
        raise DatabaseFault(
            f"The database {shown_address} was changed by a newer version of this program.",
            why="That happened while this version had it open.",
            fix="Close this program and open the newest version.",
        )


def _version(connection: sa.Connection, shown_address: str) -> str | None:
    """Read the version at the opening.

    Raises:
        DatabaseFault: another program keeps its own version there.
    """
    try:
        rows = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
    except DBAPIError as error:
        if error.connection_invalidated or not isinstance(
            error, ProgrammingError | OperationalError
        ):
            raise
        fault = fault_of(error, shown_address)
        if isinstance(fault, DatabaseGone):
            raise
        raise _not_ours(shown_address) from error
    if len(rows) > 1 or (rows and not _OURS.fullmatch(rows[0])):
        raise _not_ours(shown_address)
    return rows[0] if rows else None


_OURS = re.compile("[0-9]{4}")
"""What the versions of this program look like; other programs' are longer."""


def _not_ours(shown_address: str) -> DatabaseFault:
    return DatabaseFault(
        f"The database {shown_address} is kept up to date by another program.",
        why="Its table alembic_version holds another program's version.",
        fix="Choose another database with OPSIDE_DATABASE_URL, or another schema on its server.",
    )


def take_lock(connection: sa.Connection) -> None:
    """Take the lock under which tables are changed, until the end of a writing transaction.

    Of an SQLite file such a transaction has it from the beginning.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")


def upgrade(connection: sa.Connection, backup: Path | None) -> None:
    """Run the missing migrations within the caller's transaction, which holds the write lock.

    `backup`: where to copy an SQLite database as it was before, if it holds anything.
    """
    # Imported here because it costs a quarter of a second, and is hardly ever needed.
    from alembic import command

    if backup is not None and sa.inspect(connection).get_table_names():
        _check_space(Path(connection.engine.url.database or ""))
        _copy(Path(connection.engine.url.database or ""), backup)
    command.upgrade(_config(connection=connection), PRESENT)


def postgres_statements(version: str | None) -> list[str]:
    """Write the statements that bring a PostgreSQL database from a version to the present one.

    `version`: None where there is none yet; tables made by hand may be there all the same.
    """
    from alembic import command

    written = StringIO()
    command.upgrade(_config(written), f"{version or 'base'}:{PRESENT}", sql=True)
    lines = (line.rstrip() for line in written.getvalue().split("\n"))
    code = "\n".join(line for line in lines if not line.startswith("--"))
    return ["BEGIN", *(one.strip() for one in code.split(";\n") if one.strip()), "COMMIT"]


def _config(buffer: TextIO | None = None, **attributes: Any) -> "Config":
    from alembic.config import Config

    config = Config(output_buffer=buffer) if buffer is not None else Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "schema/migrations"))
    config.attributes.update(attributes)
    return config


def backup_path(database: Path, made_at: datetime) -> Path:
    """Name the copy of a database that is made before its schema changes."""
    stamp = made_at.strftime("%Y%m%d-%H%M%S-%f")
    return database.with_name(f"{database.stem}.before-upgrade-{stamp}{database.suffix}")


def kept_copies(database: Path) -> list[Path]:
    """List the copies that upgrades have kept of a database, the oldest first."""
    return sorted(database.parent.glob(f"{database.stem}.before-upgrade-*{database.suffix}"))


def make_private(path: Path) -> None:
    """Make a new, empty file that is its owner's only; one that is there stays as it is.

    SQLite gives the files it puts beside it the same rights.
    """
    with suppress(OSError):  # SQLite itself will say what is wrong
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _check_space(database: Path) -> None:
    """See that a file can be copied and still grow by as much.

    Raises:
        DatabaseFault: it cannot.
    """
    parts = (database, database.with_name(f"{database.name}-wal"))
    needed = 2 * sum(part.stat().st_size for part in parts if part.exists())
    free = shutil.disk_usage(database.parent).free
    if free < needed:
        raise DatabaseFault(
            f"The database {database} cannot be brought up to date: the disk is too full.",
            why=f"That needs twice the file's size, {needed / 1e6:,.1f} MB, and "
            f"{free / 1e6:,.1f} MB are free.",
            fix="Free some space, then start the program again. Nothing was changed.",
        )


def _copy(source: Path, target: Path) -> None:
    # SQLite's own way of copying: it includes what the write-ahead log still holds.
    # Under another name until it is whole: half a copy must not be taken for one.
    unfinished = target.with_name(f"{target.name}.part")
    make_private(unfinished)
    try:
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(unfinished)) as new:
            old.backup(new)
        unfinished.replace(target)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
