"""How an SQLite file is opened: by which address, with which settings, to be read or written."""

import os
import sqlite3
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL
from sqlalchemy.pool import QueuePool

from opside_desktop.store.database import READERS, ReadOnly
from opside_desktop.store.schema.types import dump_json, load_stored_json


def has_content(path: Path) -> bool:
    """Tell whether there is a file that is not empty."""
    try:
        return path.stat().st_size > 0
    except OSError:
        return False


def read_only_of(path: Path) -> ReadOnly | None:
    """Say why a file cannot be written; None where it can, or is still to be made."""
    # Unlike the path's own method this one minds no folder that may not be looked into.
    if not os.path.exists(path):  # noqa: PTH110
        return None
    for one, name in ((path, "file"), (path.parent, "folder")):
        if not _may_write(one):
            return ReadOnly(
                f"The {name} {one} may only be read.",
                "Give yourself the right to write it, or use another database.",
            )
    return None


def _may_write(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def url_of(path: Path, read_only: ReadOnly | None) -> URL:
    """Say to SQLite which file is meant, and how it is opened where it may only be read."""
    if read_only is None:
        return URL.create("sqlite+pysqlite", database=str(path))
    query = {"mode": "ro", "uri": "true"}
    # Whoever has it open keeps both, and the first may be empty; the second alone is a left-over.
    wal, shm = (path.with_name(f"{path.name}{end}") for end in ("-wal", "-shm"))
    is_in_use = has_content(wal) or (os.path.lexists(wal) and has_content(shm))
    if not is_in_use and not _may_write(path.parent):
        # Nobody writes now, and where we may not put the files for reading beside it, SQLite reads
        # no other way.
        query["immutable"] = "1"
    return URL.create("sqlite+pysqlite", database=path.as_uri(), query=query)


def make_engine(url: URL, busy_timeout_s: float, *, is_alone: bool) -> sa.Engine:
    """Make connections to a file, as many as are used at once.

    Transactions take the write lock at their beginning with the execution option `immediate`, and
    wait for it `lock_wait_s` seconds instead of the usual time where that is given.

    Args:
        busy_timeout_s: so long is a lock of another program waited for.
        is_alone: over one connection only, which keeps others out.
    """
    engine = sa.create_engine(
        url,
        poolclass=QueuePool,
        pool_size=1 if is_alone else READERS + 1,
        max_overflow=0,
        connect_args={"check_same_thread": False, "timeout": busy_timeout_s},
        json_serializer=dump_json,
        json_deserializer=load_stored_json,
        hide_parameters=True,
    )

    @sa.event.listens_for(engine, "connect")
    def on_connect(driver: sqlite3.Connection, record: object) -> None:
        # The driver must not begin transactions by itself; `on_begin` does, and says how.
        driver.isolation_level = None
        if is_alone:
            # Before anything that reads the file, which would look for what readers share.
            driver.execute("PRAGMA locking_mode = EXCLUSIVE")
            driver.execute("PRAGMA temp_store = MEMORY")
        driver.execute("PRAGMA foreign_keys = ON")
        driver.execute("PRAGMA synchronous = NORMAL")

    @sa.event.listens_for(engine, "begin")
    def on_begin(connection: sa.Connection) -> None:
        options = connection.get_execution_options()
        begin = "BEGIN IMMEDIATE" if options.get("immediate") else "BEGIN"
        lock_wait_s = options.get("lock_wait_s")
        if lock_wait_s is None:
            connection.exec_driver_sql(begin)
            return
        _set_busy_timeout(connection, lock_wait_s)
        try:
            connection.exec_driver_sql(begin)
        finally:
            _set_busy_timeout(connection, busy_timeout_s)

    return engine


def _set_busy_timeout(connection: sa.Connection, lock_wait_s: float) -> None:
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(lock_wait_s * 1000)}")
