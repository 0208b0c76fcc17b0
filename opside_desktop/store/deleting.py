"""Deleting all that is stored of a user, after telling what that is."""

from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from opside_desktop.domain.errors import SyncInProgress
from opside_desktop.domain.ids import SyncId, UserId
from opside_desktop.domain.syncs import SyncStatus
from opside_desktop.store.database import Database
from opside_desktop.store.runs.run_rows import run_of
from opside_desktop.store.runs.sync_runs import running_of
from opside_desktop.store.schema import tables

USER_TABLES = tuple(
    table for table in tables.metadata.sorted_tables if table is not tables.seller_accounts
)
"""Everything that is stored of a user, except that the account is connected."""

_RUNS = tables.sync_progress


async def stored_of(db: Database, user_id: UserId) -> dict[str, int]:
    """Count a user's rows in each table that holds any."""

    def read(connection: sa.Connection) -> dict[str, int]:
        counts = {
            table.name: connection.execute(
                sa.select(sa.func.count()).select_from(table).where(table.c.user_id == user_id)
            ).scalar_one()
            for table in USER_TABLES
        }
        return {name: count for name, count in counts.items() if count}

    return await db.read(read)


async def delete_data(db: Database, user_id: UserId) -> dict[str, int]:
    """Delete all that is stored of a user, in one transaction. Gives the rows of each table.

    The account stays connected: `remove_account` is another matter.

    Raises:
        SyncInProgress: a sync of the user runs, here or elsewhere.
        DatabaseFault: the database cannot be written.
    """
    return await db.write(lambda connection: _delete(connection, user_id))


def _delete(connection: sa.Connection, user_id: UserId) -> dict[str, int]:
    refuse_running(connection, user_id)
    gone = {_RUNS.name: _delete_from(connection, _RUNS, user_id)}
    # While this row stands no other program can start a sync, which would believe in checkpoints
    # that are about to go.
    placeholder = {
        "id": str(uuid4()),
        "sync_id": f"deleting-{uuid4()}",
        "user_id": user_id,
        "status": SyncStatus.RUNNING,
    }
    try:
        with connection.begin_nested():
            connection.execute(_RUNS.insert(), placeholder)
    except IntegrityError:
        refuse_running(connection, user_id)
        raise
    for table in USER_TABLES:
        if table is not _RUNS:
            gone[table.name] = _delete_from(connection, table, user_id)
    _delete_from(connection, _RUNS, user_id)
    return {name: count for name, count in gone.items() if count}


def refuse_running(connection: sa.Connection, user_id: UserId) -> None:
    """See that no sync of a user runs; a stale one does not.

    Raises:
        SyncInProgress: one does.
    """
    row = connection.execute(running_of(user_id)).first()
    if row is not None and run_of(row).is_running:
        raise SyncInProgress(SyncId(row.sync_id))


def _delete_from(connection: sa.Connection, table: sa.Table, user_id: UserId) -> int:
    return connection.execute(table.delete().where(table.c.user_id == user_id)).rowcount
