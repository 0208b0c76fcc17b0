"""Looking whether the database is sound, and printing the SQL that makes it."""

import asyncio
from dataclasses import dataclass

import sqlalchemy as sa

from opside_desktop.domain.address_parsing import parse_address
from opside_desktop.domain.database_address import FileAddress
from opside_desktop.domain.errors import DatabaseFault
from opside_desktop.store import upgrade
from opside_desktop.store.database import Database
from opside_desktop.store.schema import tables
from opside_desktop.store.schema.problems import schema_problems


@dataclass(frozen=True, slots=True)
class Examination:
    """What `examine` found. `problems` are sentences; none means all is well."""

    version: str
    size_bytes: int
    rows: dict[str, int]
    problems: tuple[str, ...]


async def describe(db: Database) -> str:
    """Say in a few words what kind of database this is, and how safe the way to it.

    Raises:
        DatabaseFault: it cannot be read.
    """

    def read(connection: sa.Connection) -> str:
        if connection.dialect.name == "sqlite":
            version = connection.exec_driver_sql("SELECT sqlite_version()").scalar_one()
            return f"SQLite {version}"
        version, protocol = connection.exec_driver_sql(
            "SELECT current_setting('server_version'), (SELECT version FROM pg_stat_ssl "
            "WHERE pid = pg_backend_pid() AND ssl)"
        ).one()
        number = version.split()[0]
        return f"PostgreSQL {number}, {protocol or 'the connection is not encrypted'}"

    return await db.read(read)


async def examine(db: Database) -> Examination:
    """Read the whole database once: its structure, its indexes and how many rows it holds.

    Raises:
        DatabaseFault: it cannot be read at all.
    """

    return await db.read(_examine)


def _examine(connection: sa.Connection) -> Examination:
    found = _sqlite_file if connection.dialect.name == "sqlite" else _server
    size_bytes, problems = found(connection)
    present = set(sa.inspect(connection).get_table_names())
    rows = {}
    for name, table in tables.metadata.tables.items():
        if name in present:
            rows[name] = connection.execute(
                sa.select(sa.func.count()).select_from(table)
            ).scalar_one()
        else:
            problems.append(f"The table {name} is missing.")
    problems += [
        f"The table {name} has changed. {why}" for name, why in schema_problems(connection, present)
    ]
    return Examination(
        version=upgrade.stored_version(connection) or "",
        size_bytes=size_bytes,
        rows=rows,
        problems=tuple(problems),
    )


def _sqlite_file(connection: sa.Connection) -> tuple[int, list[str]]:
    """Give the file's size and what SQLite's own check finds."""
    problems = [
        f"The check of the file reports: {found}."
        for found in connection.exec_driver_sql("PRAGMA integrity_check(20)").scalars()
        if found != "ok"
    ]
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    return pages * connection.exec_driver_sql("PRAGMA page_size").scalar_one(), problems


def _server(connection: sa.Connection) -> tuple[int, list[str]]:
    """Give the size of our tables with their indexes, and the indexes that PostgreSQL gave up."""
    listed = {"names": list(tables.metadata.tables)}
    ours = "relname = ANY(:names) AND relnamespace = current_schema()::regnamespace"
    size = connection.execute(
        sa.text(f"SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE {ours}"),  # noqa: S608
        listed,
    ).scalar()
    broken = connection.execute(
        sa.text(
            "SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON oid = indrelid "  # noqa: S608
            f"WHERE NOT indisvalid AND {ours}"
        ),
        listed,
    ).scalars()
    return int(size or 0), [f"The index {name} is not valid." for name in broken]


async def schema_sql(url: str, app_version: str) -> list[str]:
    """Give the statements that bring the database of a URL to what this version works with.

    For an SQLite file they make a new one. For PostgreSQL they are what a database's owner runs
    where this program's own user may not; a database that cannot be reached counts as empty.
    """
    address = parse_address(url)
    if isinstance(address, FileAddress):
        return await asyncio.to_thread(_schema_sql, app_version)
    from opside_desktop.store.postgres.database import version_at

    try:
        version = await version_at(address)
        before = f"from schema {version}" if version else "from none"
    except DatabaseFault as error:
        version, before = None, f"from none, because it could not be looked at: {error.why}"
    statements = await asyncio.to_thread(upgrade.postgres_statements, version)
    return _titled(statements, f"{app_version}, schema {upgrade.PRESENT}, {before}")


def _titled(statements: list[str], title: str) -> list[str]:
    return [f"-- Opside Desktop {title}\n{statements[0]}", *statements[1:]]


def _schema_sql(app_version: str) -> list[str]:
    engine = sa.create_engine("sqlite+pysqlite://")
    try:
        with engine.begin() as connection:
            upgrade.upgrade(connection, backup=None)
            made = connection.exec_driver_sql(
                "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid"
            )
            statements = [_trimmed(sql) for sql in made.scalars()]
    finally:
        engine.dispose()
    statements.append(f"INSERT INTO alembic_version VALUES ('{upgrade.PRESENT}')")  # noqa: S608
    return _titled(statements, f"{app_version}, schema {upgrade.PRESENT}")


def _trimmed(sql: str) -> str:
    return "\n".join(line.rstrip() for line in sql.strip().splitlines())
