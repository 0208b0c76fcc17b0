"""Opening a database by its URL."""

import asyncio
import importlib
from pathlib import Path

from opside_desktop.domain.address_parsing import parse_address
from opside_desktop.domain.clock import SYSTEM_CLOCK, Clock
from opside_desktop.domain.database_address import ServerAddress
from opside_desktop.store.database import Database
from opside_desktop.store.timings import SHIPPED, StoreTimings


async def open_database(
    url: str,
    *,
    app_version: str,
    backup: bool = True,
    clock: Clock = SYSTEM_CLOCK,
    timings: StoreTimings = SHIPPED,
) -> Database:
    """Open a database, making or upgrading its tables first where needed.

    An SQLite file's folder is created. Before an upgrade, a file that holds anything is copied to
    a file beside it unless `backup` is off; a server's database is its owner's to copy.

    Raises:
        DatabaseFault: the database cannot be opened, is not ours, or is newer than this program.
    """
    address = parse_address(url)
    if isinstance(address, ServerAddress):
        # Half the drivers of SQLAlchemy come along, which is much for the caller's loop.
        await asyncio.to_thread(importlib.import_module, "opside_desktop.store.postgres.database")
        from opside_desktop.store.postgres.database import open_postgres

        return await open_postgres(address, app_version, clock, timings)
    path = Path(address.path)
    return await asyncio.to_thread(_open_file, path, app_version, backup, clock, timings)


def _open_file(
    path: Path, app_version: str, backup: bool, clock: Clock, timings: StoreTimings
) -> Database:
    from opside_desktop.store.sqlite.database import open_sqlite

    return open_sqlite(path.absolute(), app_version, backup, clock, timings)
