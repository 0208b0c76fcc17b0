"""Looking whether the database is sound, and printing the SQL that makes it."""

import asyncio
from dataclasses import dataclass

import sqlalchemy as sa

from opside_desktop.store import tables, upgrade
from opside_desktop.store.database import Database


@dataclass(frozen=True, slots=True)
class Examination:
    """What `examine` found. `problems` are sentences; none means all is well."""

    version: str
    size_bytes: int
    rows: dict[str, int]
    problems: tuple[str, ...]


async def examine(db: Database) -> Examination:
    """Read the whole database once: its structure, its indexes and how many rows it holds.

    Raises:
        DatabaseFault: it cannot be read at all.
    """

    def read(connection: sa.Connection) -> Examination:
        problems = [
            f"The check of the file reports: {found}."
            for found in connection.exec_driver_sql("PRAGMA integrity_check(20)").scalars()
            if found != "ok"
        ]
        present = set(sa.inspect(connection).get_table_names())
        rows = {}
        for name, table in tables.metadata.tables.items():
            if name in present:
                rows[name] = connection.execute(
                    sa.select(sa.func.count()).select_from(table)
                ).scalar_one()
            else:
                problems.append(f"The table {name} is missing.")
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        page_size = connection.exec_driver_sql("PRAGMA page_size").scalar_one()
        return Examination(
            version=upgrade.PRESENT,
            size_bytes=pages * page_size,
            rows=rows,
            problems=tuple(problems),
        )

    return await db.read(read)


async def schema_sql(app_version: str) -> list[str]:
    """Give the statements that make an empty SQLite file what this version works with."""
    return await asyncio.to_thread(_schema_sql, app_version)


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
    statements[0] = f"-- Opside Desktop {app_version}, schema {upgrade.PRESENT}\n{statements[0]}"
    return [*statements, f"INSERT INTO alembic_version VALUES ('{upgrade.PRESENT}')"]  # noqa: S608


def _trimmed(sql: str) -> str:
    return "\n".join(line.rstrip() for line in sql.strip().splitlines())
