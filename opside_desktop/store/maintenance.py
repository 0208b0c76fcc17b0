"""Looking after the database: is it whole, what does it hold, and which SQL makes it."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from opside_desktop.store import tables
from opside_desktop.store.database import Database, open_database
from opside_desktop.store.upgrade import PRESENT

_PROBLEMS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Examination:
    """What `examine` found. `problems` is empty where the file is whole."""

    version: str
    rows: Mapping[str, int]
    problems: tuple[str, ...]


async def examine(db: Database) -> Examination:
    """Read the whole database, count its rows and look for damage. Slow on large files.

    Raises:
        DatabaseFault: it cannot be read.
    """

    def read(connection: sa.Connection) -> Examination:
        found = connection.exec_driver_sql(f"PRAGMA integrity_check({_PROBLEMS_SHOWN})").scalars()
        version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
        rows = {
            name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for name, table in sorted(tables.metadata.tables.items())
        }
        problems = tuple(text for text in found if text != "ok")
        return Examination(version=version, rows=rows, problems=problems)

    return await db.read(read)


async def schema_sql(app_version: str) -> list[str]:
    """Give the statements that make a database of this version, as the migrations leave it."""
    with tempfile.TemporaryDirectory(prefix="opside-schema-") as folder:
        url = sa.engine.URL.create("sqlite", database=str(Path(folder) / "schema.db"))
        db = await open_database(url.render_as_string(), app_version=app_version, backup=False)
        try:
            statements = await db.read(_statements)
        finally:
            await db.close()
    noted = f"INSERT INTO alembic_version (version_num) VALUES ('{PRESENT}')"  # noqa: S608  # ours
    return [*statements, noted]


def _statements(connection: sa.Connection) -> list[str]:
    return list(
        connection.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' "
            "ORDER BY type DESC, name"
        ).scalars()
    )
