"""Seller accounts and their connection to Amazon."""

from typing import Annotated, Any

import msgspec

from opside_desktop.contract.wire import Moment, Outcome, Wire
from opside_desktop.domain.accounts import CredentialSource, CredentialStatus, Mode, Region

SourceOrNone = Annotated[
    Any,
    msgspec.Meta(extra_json_schema={"type": ["null", "string"], "enum": [*CredentialSource, None]}),
]
"""A `CredentialSource`, or None."""


class Connection(Outcome):
    """Whether and how Amazon is connected."""

    connected: bool
    status: CredentialStatus
    sandbox: bool
    seller_id: str | None
    marketplace_id: str | None
    region: str | None
    credential_source: SourceOrNone
    last_sync: Moment | None
    active_sync_id: str | None


class Account(Wire):
    """One connected seller, without a secret."""

    user_id: str
    display_name: str
    seller_id: str | None
    marketplace_id: str
    region: Region
    mode: Mode
    status: CredentialStatus
    credential_source: CredentialSource | None
    is_mock: bool


class Accounts(Outcome):
    """The connected accounts."""

    accounts: list[Account]


class AccountAdded(Outcome):
    """An account has been connected."""

    account: Account


class AccountRemoved(Outcome):
    """An account has been forgotten."""

    user_id: str


class ConnectionCheck(Wire):
    """What was asked of Amazon, and whether it works."""

    name: str
    ok: bool
    message: str


class ConnectionChecks(Outcome):
    """A test of an account's secrets."""

    checks: list[ConnectionCheck]
