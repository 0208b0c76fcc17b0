"""The users of a database: those whose account is in it, and everyone with rows or syncs in it."""

from datetime import datetime
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from opside_desktop.domain.ids import ExternalUserId, UserId, stored_user_id
from opside_desktop.store.database import Database
from opside_desktop.store.runs.run_rows import SELECT_RUN, run_of
from opside_desktop.store.runs.sync_runs import NEWEST_FIRST
from opside_desktop.store.schema import tables

_ROWS: Final = (tables.amazon_claims, tables.amazon_inventory, tables.amazon_orders)
_SOURCES: Final = (
    tables.seller_accounts,
    tables.sync_progress,
    *_ROWS,
    tables.amazon_order_items,
    tables.financial_events,
)
"""Whoever is in none of them is unknown."""


_LOOKED_AT: Final = 20
"""So many of a user's newest syncs are asked for its name."""


class StoredUser(NamedTuple):
    """A user, by the name that its newest sync gives (else the UUID).

    `is_mock`: what was stored last is not a real seller's.
    """

    user_id: UserId
    external_user_id: ExternalUserId
    is_mock: bool


async def users_of(db: Database) -> list[UserId]:
    """List every user of a database, in a fixed order."""

    def read(connection: sa.Connection) -> list[UserId]:
        found = sa.union(*(_users_in(table) for table in _SOURCES)).subquery()
        ordered = sa.select(found.c.user_id).order_by(found.c.user_id)
        return [UserId(str(one)) for one in connection.execute(ordered).scalars()]

    return await db.read(read)


async def get_user(db: Database, user_id: UserId) -> StoredUser | None:
    """Read one user; None where the database holds nothing of them."""

    def read(connection: sa.Connection) -> StoredUser | None:
        for table in _SOURCES:
            one = sa.select(table.c.user_id).where(table.c.user_id == user_id).limit(1)
            if connection.execute(one).first() is not None:
                return _user(connection, user_id)
        return None

    return await db.read(read)


async def get_users(db: Database, user_ids: list[UserId]) -> list[StoredUser]:
    """Read users that `users_of` has named."""

    def read(connection: sa.Connection) -> list[StoredUser]:
        return [_user(connection, user_id) for user_id in user_ids]

    return await db.read(read)


class Stored(NamedTuple):
    """Whether any rows of a user are stored, and when the newest was, if that is known."""

    any: bool
    newest: datetime | None


async def stored_rows(db: Database, user_id: UserId) -> Stored:
    """Tell whether rows of a user are stored; a completed sync is not their only source."""

    def read(connection: sa.Connection) -> Stored:
        moments: list[datetime | None] = []
        for table in _ROWS:
            own = table.c.user_id == user_id
            if connection.execute(sa.select(sa.literal(1)).where(own).limit(1)).first():
                newest = sa.select(sa.func.max(table.c.synced_at)).where(own)
                moments.append(connection.execute(newest).scalar())
        return Stored(bool(moments), max((one for one in moments if one), default=None))

    return await db.read(read)


def _users_in(table: sa.Table) -> sa.Select[Any]:
    """Find the users of a table by as many steps along its index as it has users."""
    one = sa.select(table.c.user_id).order_by(table.c.user_id).limit(1)
    found = sa.select(one.scalar_subquery().label("user_id")).cte(
        f"in_{table.name}", recursive=True
    )
    others = table.alias()
    following = (
        sa.select(others.c.user_id)
        .where(others.c.user_id > found.c.user_id)
        .order_by(others.c.user_id)
        .limit(1)
        .correlate(found)
        .scalar_subquery()
    )
    steps = found.union_all(sa.select(following).where(found.c.user_id.is_not(None)))
    return sa.select(steps.c.user_id).where(steps.c.user_id.is_not(None))


def _user(connection: sa.Connection, user_id: UserId) -> StoredUser:
    of_user = SELECT_RUN.where(tables.sync_progress.c.user_id == user_id)
    newest = connection.execute(of_user.order_by(*NEWEST_FIRST).limit(_LOOKED_AT)).all()
    runs = [run_of(row) for row in newest]
    # Another program's syncs name nobody, or somebody else.
    names = [
        run.external_user_id for run in runs if stored_user_id(run.external_user_id) == user_id
    ]
    name = next(iter(names), ExternalUserId(user_id))
    is_mock = runs[0].is_mock if runs else _has_mock_rows(connection, user_id)
    return StoredUser(user_id, name, is_mock)


def _has_mock_rows(connection: sa.Connection, user_id: UserId) -> bool:
    for table in _ROWS:
        one = sa.select(table.c.is_mock).where(table.c.user_id == user_id).limit(1)
        row = connection.execute(one).first()
        if row is not None:
            return bool(row.is_mock)
    return False
