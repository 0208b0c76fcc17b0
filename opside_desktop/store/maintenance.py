"""Looking whether the database is sound."""

from dataclasses import dataclass

import sqlalchemy as sa

from opside_desktop.store import tables, upgrade
from opside_desktop.store.database import Database


@dataclass(frozen=True, slots=True)
class DatabaseCheck:
    """What `check_database` found. `problems` are sentences; none means all is well."""

    place: str
    version: str
    size_bytes: int
    rows: dict[str, int]
    problems: tuple[str, ...]


async def check_database(db: Database) -> DatabaseCheck:
    """Read the whole database once: its structure, its indexes and how many rows it holds."""

    def read(connection: sa.Connection) -> DatabaseCheck:
        problems = [
            f"The file is damaged: {found}."
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
        return DatabaseCheck(
            place=db.place,
            version=upgrade.PRESENT,
            size_bytes=pages * page_size,
            rows=rows,
            problems=tuple(problems),
        )

    return await db.read(read)
