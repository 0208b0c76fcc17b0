"""Connections: which seller accounts there are; connecting, testing and removing them.

The environment's three secrets are an account of one user; the demo is an account of its own; all
others are rows of `seller_accounts`, whose secrets lie in the key store.
"""

import contextlib
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from opside_desktop.credentials import KeyStore
from opside_desktop.domain.accounts import (
    DEFAULT_MARKETPLACE,
    MARKETPLACES,
    Account,
    AmazonSecrets,
    CredentialSource,
    CredentialStatus,
    Endpoint,
    Mode,
    Participation,
    Region,
)
from opside_desktop.domain.clock import Clock
from opside_desktop.domain.errors import (
    AuthRevoked,
    BadInput,
    ErrorCode,
    KeyStoreFault,
    OpsideError,
    SyncInProgress,
)
from opside_desktop.domain.ids import DEMO_USER, ExternalUserId, UserId, stored_user_id
from opside_desktop.domain.syncs import SyncRun
from opside_desktop.logs import hide
from opside_desktop.settings import Settings
from opside_desktop.store import accounts, sync_runs
from opside_desktop.store.database import Database
from opside_desktop.sync.checks import CheckListener, check_marketplace, check_session, nobody
from opside_desktop.sync.sessions import Sessions, not_connected

if TYPE_CHECKING:
    from opside_desktop.amazon.session import AmazonSession

log = logging.getLogger(__name__)


class Connections:
    """The seller accounts of one program, and their sessions at Amazon.

    `close` saves what is still to be saved and ends the demo's simulator.
    """

    def __init__(
        self,
        db: Database,
        key_store: KeyStore,
        settings: Settings,
        *,
        clock: Clock,
        app_version: str,
    ) -> None:
        self._db = db
        self._key_store = key_store
        self._settings = settings
        self._sessions = Sessions(db, key_store, settings, clock=clock, app_version=app_version)

    # Which accounts there are

    async def accounts(self) -> list[Account]:
        """Give all accounts: those of the database and the environment's; in the demo its own."""
        if self._settings.demo:
            return [self._demo_account()]
        found = await accounts.list_accounts(self._db)
        of_environment = await self._environment_account()
        if of_environment and all(each.user_id != of_environment.user_id for each in found):
            found = [of_environment, *found]
        return found

    async def account(self, external: ExternalUserId) -> Account | None:
        """Give one user's account, or None where that user has none."""
        if self._settings.demo:
            return self._demo_account() if external == DEMO_USER else None
        stored = await accounts.get_account(self._db, stored_user_id(external))
        if stored is not None:
            return stored
        of_environment = await self._environment_account()
        if of_environment and of_environment.user_id == stored_user_id(external):
            return of_environment
        return None

    def credential_source(self, account: Account) -> CredentialSource | None:
        """Tell where an account's secrets come from, without asking the key store."""
        if account.mode is Mode.DEMO:
            return CredentialSource.DEMO
        is_stored = account.created_at is not None
        if is_stored and account.credential_status is not CredentialStatus.DISCONNECTED:
            return CredentialSource.KEYRING
        return (
            CredentialSource.ENVIRONMENT
            if self._sessions.from_environment(account.user_id)
            else None
        )

    # The way to Amazon

    def endpoint(self, account: Account) -> Endpoint:
        """Tell where an account's Amazon is; see `Sessions.endpoint`."""
        return self._sessions.endpoint(account)

    def endpoint_of(self, region: Region) -> Endpoint:
        """Tell where a region's Amazon is; see `Sessions.endpoint_of`."""
        return self._sessions.endpoint_of(region)

    async def open(self, account: Account) -> "AmazonSession":
        """Open a session for an account; see `Sessions.open`.

        Raises:
            NotConnected: no secrets are stored for it.
            KeyStoreFault: the key store cannot be asked, and the environment has none either.
        """
        return await self._sessions.open(account)

    # Connecting and disconnecting

    async def test(
        self,
        secrets: AmazonSecrets,
        region: Region,
        *,
        marketplace_id: str | None = None,
        on_check: CheckListener = nobody,
    ) -> list[Participation]:
        """Ask Amazon whether three secrets are good, and for the seller's marketplaces.

        Each check is told to `on_check` as it ends. With a marketplace, each dataset is asked
        for one page too; a role that the app lacks is told there and raises nothing.

        Raises:
            AuthRevoked, AccessDenied, RetryLater: Amazon refuses the secrets, or cannot be asked.
        """
        return await self._test(secrets, self.endpoint_of(region), marketplace_id, on_check)

    async def _test(
        self,
        secrets: AmazonSecrets,
        endpoint: Endpoint,
        marketplace_id: str | None,
        on_check: CheckListener,
    ) -> list[Participation]:
        hide(secrets.client_id, secrets.client_secret, secrets.refresh_token)
        async with await self._sessions.open_with(endpoint, secrets) as session:
            return await check_session(session, marketplace_id, on_check)

    async def test_account(
        self, account: Account, *, on_check: CheckListener = nobody
    ) -> list[Participation]:
        """Test a connected account with its stored secrets, and note what Amazon says of them."""
        try:
            async with await self.open(account) as session:
                found = await check_session(session, account.marketplace_id, on_check)
        except AuthRevoked:
            await self._sessions.note_status(account, CredentialStatus.RECONNECT_REQUIRED)
            raise
        await self._sessions.note_status(account, CredentialStatus.ACTIVE)
        return found

    async def connect(
        self,
        external: ExternalUserId,
        display_name: str,
        region: Region,
        marketplace_id: str,
        secrets: AmazonSecrets,
    ) -> Account:
        """Keep a tested account: its secrets in the key store, read back, then its row.

        Raises:
            BadInput: this is the demo, or the marketplace is not of that region.
            DatabaseFault: the database may only be read.
            KeyStoreFault: the secrets could not be stored; nothing is kept.
        """
        if self._settings.demo:
            raise BadInput("The demo has its sample seller and takes no other account.")
        self._db.check_writable()
        check_marketplace(marketplace_id, region)
        user_id = stored_user_id(external)
        account = Account(
            user_id=user_id,
            external_user_id=external,
            display_name=display_name.strip() or external,
            marketplace_id=marketplace_id,
            region=region,
            mode=Mode.SANDBOX if self.endpoint_of(region).is_mock else Mode.PRODUCTION,
            credential_status=CredentialStatus.ACTIVE,
        )
        former = None
        with contextlib.suppress(KeyStoreFault):  # a damaged entry is about to be replaced
            former = await self._key_store.load(user_id)
        await self._key_store.save(user_id, secrets)
        try:
            await accounts.save_account(self._db, account)
        except OpsideError:
            with contextlib.suppress(KeyStoreFault):
                if former is None:
                    await self._key_store.delete(user_id)
                else:
                    await self._key_store.save(user_id, former)
            raise
        log.info("The account %s is connected (%s).", user_id, region)
        return await accounts.get_account(self._db, user_id) or account

    async def replace_secrets(
        self,
        account: Account,
        *,
        client_id: str | None = None,
        client_secret: str | None = None,
        refresh_token: str | None = None,
    ) -> None:
        """Replace some of an account's secrets, having tested the new set.

        Raises:
            NotConnected: nothing is stored yet, and not all three are given.
            AuthRevoked, AccessDenied, RetryLater: Amazon refuses the new set; the old one stays.
        """
        given = {
            "client_id": client_id,
            "client_secret": client_secret,
            "refresh_token": refresh_token,
        }
        changes = {name: value for name, value in given.items() if value}
        old = None
        if len(changes) < len(given):
            old = await self._key_store.load(account.user_id)
            if old is None:
                raise not_connected()
        new = replace(old or AmazonSecrets("", "", ""), **changes)
        await self._test(new, self.endpoint(account), None, nobody)
        await self._key_store.save(account.user_id, new)
        await self._sessions.note_status(account, CredentialStatus.ACTIVE)

    async def remove(self, user_id: UserId) -> None:
        """Forget an account and its secrets. All rows copied from Amazon stay.

        Raises:
            SyncInProgress: a sync of it runs.
            KeyStoreFault: the secrets could not be removed; the account stays.
        """
        self._db.check_writable()
        running = await sync_runs.running_run(self._db, user_id)
        if running is not None:
            raise SyncInProgress(running.sync_id)
        await self._key_store.delete(user_id)
        await accounts.remove_account(self._db, user_id)
        log.info("The account %s is no longer connected.", user_id)

    # The way to Amazon

    def note_run(self, run: SyncRun) -> None:
        """Listen to syncs: what a finished one says of the account's permission is kept."""
        if run.is_running or self._settings.demo:
            return
        status = None
        if run.error_code is ErrorCode.AUTH_REVOKED:
            status = CredentialStatus.RECONNECT_REQUIRED
        elif any(result.status == "success" for result in run.results.values()):
            status = CredentialStatus.ACTIVE
        if status is not None:
            self._sessions.note_later(run.user_id, status)

    async def close(self) -> None:
        """Save what is still to be saved and end the demo's simulator."""
        await self._sessions.close()

    def _demo_account(self) -> Account:
        return Account(
            user_id=stored_user_id(DEMO_USER),
            external_user_id=DEMO_USER,
            display_name="Sample seller",
            marketplace_id=DEFAULT_MARKETPLACE,
            mode=Mode.DEMO,
            credential_status=CredentialStatus.ACTIVE,
        )

    async def _environment_account(self) -> Account | None:
        settings = self._settings
        if settings.env_secrets is None:
            return None
        marketplace_id = settings.marketplace_id or DEFAULT_MARKETPLACE
        user_id = stored_user_id(settings.env_user)
        region = MARKETPLACES[marketplace_id].region
        # There is no row that could remember it: the last sync tells whether Amazon accepted them.
        last = await sync_runs.newest_run(self._db, user_id)
        revoked = last is not None and last.error_code is ErrorCode.AUTH_REVOKED
        return Account(
            user_id=user_id,
            external_user_id=settings.env_user,
            display_name=settings.env_user,
            marketplace_id=marketplace_id,
            region=region,
            mode=Mode.SANDBOX if self.endpoint_of(region).is_mock else Mode.PRODUCTION,
            credential_status=CredentialStatus.RECONNECT_REQUIRED
            if revoked
            else CredentialStatus.ACTIVE,
        )
