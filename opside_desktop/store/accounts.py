"""The connected accounts. Their secrets are in the key store, never here."""

from dataclasses import replace
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from opside_desktop.domain.accounts import Account, CredentialStatus
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import BadInput
from opside_desktop.domain.ids import UserId
from opside_desktop.domain.sellers import SellerRecord
from opside_desktop.store.database import Database, read_now
from opside_desktop.store.schema import tables
from opside_desktop.store.schema.tables import seller_accounts
from opside_desktop.store.schema.types import db_now
from opside_desktop.store.writing.bulk import Upsert

_C = seller_accounts.c
_UPSERT = Upsert(seller_accounts, keep=("created_at",))

_M = tables.sync_checkpoints.c
_RECORD: Final = Upsert(tables.sync_checkpoints)
_RECORDS: Final = "seller"
"""Whose rows are stored stands among the checkpoints of a dataset that is none: the rows outlive
the account's entry, and accounts of the environment have none. By origin."""


async def list_accounts(db: Database) -> list[Account]:
    """Read all accounts, by name."""

    def read(connection: sa.Connection) -> list[Account]:
        rows = connection.execute(
            sa.select(seller_accounts).order_by(sa.func.lower(_C.display_name), _C.user_id)
        )
        return [_account(row) for row in rows]

    return await db.read(read)


async def get_account(db: Database, user_id: UserId) -> Account | None:
    """Read one account."""
    return await db.read(lambda connection: _get(connection, user_id))


async def save_account(db: Database, account: Account) -> Account:
    """Add an account, or replace the one of the same user. Returns it with its times.

    Raises:
        BadInput: a text is too long; the sentence names it.
    """
    for column in seller_accounts.columns:
        value = getattr(account, column.name)
        limit = getattr(column.type, "length", None)
        if isinstance(value, str) and limit is not None and len(value) > limit:
            name = column.name.replace("_", " ")
            raise BadInput(f"The {name} is too long.", fix=f"It may have {limit} characters.")

    def write(connection: sa.Connection) -> Account:
        now = read_now(connection)
        before = _get(connection, account.user_id)
        created = before.created_at if before is not None else account.created_at
        stored = replace(account, created_at=created or now, updated_at=now)
        names = seller_accounts.columns.keys()
        _UPSERT.run(connection, {name: [getattr(stored, name)] for name in names})
        return stored

    return await db.write(write)


async def set_credential_status(db: Database, user_id: UserId, status: CredentialStatus) -> None:
    """Note what is known of an account's permission at Amazon, and that it is known now.

    Unknown users are left alone.
    """

    def write(connection: sa.Connection) -> None:
        connection.execute(
            seller_accounts.update()
            .where(_C.user_id == user_id)
            .values(credential_status=status.value, updated_at=db_now())
        )

    await db.write(write)


async def remove_account(db: Database, user_id: UserId) -> bool:
    """Forget an account and what is remembered of Amazon's quotas; its copied rows stay.

    Its checkpoints go too: connected again, it may be another seller, whose rows must be read from
    the start. What stays tells of the rows: whose they are, and of which marketplace the stock is.
    Returns whether there was one.
    """

    def write(connection: sa.Connection) -> bool:
        stays = _M.dataset.in_((_RECORDS, Dataset.INVENTORY.value))
        connection.execute(tables.sync_checkpoints.delete().where(_M.user_id == user_id, ~stays))
        buckets = tables.rate_buckets
        connection.execute(buckets.delete().where(buckets.c.user_id == user_id))
        gone = connection.execute(seller_accounts.delete().where(_C.user_id == user_id))
        return gone.rowcount > 0

    return await db.write(write)


async def seller_record(db: Database, user_id: UserId, origin: str) -> SellerRecord:
    """Read what is known of the seller whose rows of an origin are stored."""

    def read(connection: sa.Connection) -> SellerRecord:
        select = sa.select(_M.state).where(
            _M.user_id == user_id, _M.dataset == _RECORDS, _M.window == origin
        )
        state = connection.execute(select).scalar()
        return SellerRecord() if state is None else msgspec.convert(state, SellerRecord)

    return await db.read(read)


async def keep_seller_record(
    db: Database, user_id: UserId, origin: str, record: SellerRecord
) -> None:
    """Note whose rows of an origin are stored, and in the account's entry, if it has one."""

    def write(connection: sa.Connection) -> None:
        row = {
            "user_id": user_id,
            "dataset": _RECORDS,
            "window": origin,
            "state": msgspec.to_builtins(record),
            "updated_at": read_now(connection),
        }
        _RECORD.run(connection, {name: [value] for name, value in row.items()})
        connection.execute(
            seller_accounts.update()
            .where(_C.user_id == user_id)
            .values(seller_id=record.seller_id if record.asked is None else None)
        )

    await db.write(write)


def _get(connection: sa.Connection, user_id: UserId) -> Account | None:
    row = connection.execute(sa.select(seller_accounts).where(_C.user_id == user_id)).first()
    return None if row is None else _account(row)


def _account(row: sa.Row[Any]) -> Account:
    return msgspec.convert(row, Account, from_attributes=True)
