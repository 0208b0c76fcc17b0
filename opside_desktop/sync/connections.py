"""Connections: which seller accounts there are, and the way from an account to its Amazon.

The environment's three secrets are an account of one user; the demo is an account of its own; all
others are rows of `seller_accounts`, whose secrets lie in the key store.
"""

import asyncio
import contextlib
import importlib
import logging
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from opside_desktop.credentials import KeyStore
from opside_desktop.demo import DemoSimulator
from opside_desktop.domain.accounts import (
    DEFAULT_MARKETPLACE,
    LWA_URL,
    MARKETPLACES,
    PRODUCTION_HOSTS,
    SANDBOX_HOSTS,
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
    DatabaseFault,
    ErrorCode,
    KeyStoreFault,
    NotConnected,
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
from opside_desktop.sync.levels import BucketLevels

if TYPE_CHECKING:
    from opside_desktop.amazon.pacing import Pacer
    from opside_desktop.amazon.session import AmazonSession

log = logging.getLogger(__name__)

_DEMO_SECRETS = AmazonSecrets("demo-client", "demo-secret", "demo-refresh-token")


def not_connected() -> NotConnected:
    """The contract's words for an account without secrets."""
    return NotConnected(
        "Amazon account not connected.", fix="Please connect your Amazon account first."
    )


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
        self._clock = clock
        self._app_version = app_version
        self._simulator = DemoSimulator(
            settings.home, settings.scenario, time_scale=settings.time_scale
        )
        self._levels = BucketLevels(db, clock, scale=settings.time_scale)
        self._demo_pacers: dict[str, Pacer] = {}
        self._notes: set[asyncio.Task[None]] = set()

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
        return CredentialSource.ENVIRONMENT if self._from_environment(account.user_id) else None

    def endpoint(self, account: Account) -> Endpoint:
        """Tell where an account's Amazon is.

        The demo's has no port before `open` has started its simulator.
        """
        if account.mode is Mode.DEMO:
            return Endpoint("http://127.0.0.1", "http://127.0.0.1", self._settings.scenario)
        return self.endpoint_of(account.region, sandbox=account.mode is Mode.SANDBOX)

    def endpoint_of(self, region: Region, *, sandbox: bool = False) -> Endpoint:
        """Tell where a region's Amazon is; AMAZON_SPAPI_BASE_URL and AMAZON_LWA_URL win."""
        hosts = SANDBOX_HOSTS if sandbox else PRODUCTION_HOSTS
        return Endpoint(self._settings.base_url or hosts[region], self._settings.lwa_url or LWA_URL)

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
        async with await self._session(endpoint, secrets, self._new_pacer()) as session:
            return await check_session(session, marketplace_id, on_check)

    async def test_account(
        self, account: Account, *, on_check: CheckListener = nobody
    ) -> list[Participation]:
        """Test a connected account with its stored secrets, and note what Amazon says of them."""
        try:
            async with await self.open(account) as session:
                found = await check_session(session, account.marketplace_id, on_check)
        except AuthRevoked:
            await self._note_status(account, CredentialStatus.RECONNECT_REQUIRED)
            raise
        await self._note_status(account, CredentialStatus.ACTIVE)
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
        await self._note_status(account, CredentialStatus.ACTIVE)

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

    async def open(self, account: Account) -> "AmazonSession":
        """Open a session for an account, with its secrets and the saved levels of its buckets.

        Raises:
            NotConnected: no secrets are stored for it.
            KeyStoreFault: the key store cannot be asked, and the environment has none either.
        """
        on_secrets: Callable[[AmazonSecrets], None] | None = None
        if account.mode is Mode.DEMO:
            base_url = await self._simulator.url()
            endpoint = Endpoint(base_url, f"{base_url}/auth/o2/token", self._settings.scenario)
            # A new simulator starts with full buckets, so nothing outlives it.
            if base_url not in self._demo_pacers:
                self._demo_pacers = {base_url: self._new_pacer()}
            pacer = self._demo_pacers[base_url]
            secrets = _DEMO_SECRETS
        else:
            endpoint = self.endpoint(account)
            secrets, on_secrets = await self._secrets(account)
            pacer = await self._levels.pacer(account.user_id, endpoint.base_url)
        return await self._session(endpoint, secrets, pacer, on_secrets)

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
            self._later(self._note(run.user_id, status))

    async def close(self) -> None:
        """Save what is still to be saved and end the demo's simulator."""
        await asyncio.gather(*self._notes)
        await self._levels.close()
        await self._simulator.close()

    async def _session(
        self,
        endpoint: Endpoint,
        secrets: AmazonSecrets,
        pacer: "Pacer",
        on_secrets: Callable[[AmazonSecrets], None] | None = None,
    ) -> "AmazonSession":
        # httpx takes a tenth of a second to import; the window's first rows do not wait for it.
        await asyncio.to_thread(importlib.import_module, "opside_desktop.amazon.session")
        from opside_desktop.amazon.session import open_session

        return open_session(
            endpoint,
            secrets,
            pacer=pacer,
            clock=self._clock,
            app_version=self._app_version,
            on_secrets=on_secrets,
        )

    def _new_pacer(self) -> "Pacer":
        from opside_desktop.amazon.pacing import Pacer

        return Pacer(self._clock, scale=self._settings.time_scale)

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

    def _from_environment(self, user_id: UserId) -> AmazonSecrets | None:
        """The environment's secrets, if they are this user's; nobody else may use them."""
        settings = self._settings
        return settings.env_secrets if user_id == stored_user_id(settings.env_user) else None

    async def _secrets(
        self, account: Account
    ) -> tuple[AmazonSecrets, Callable[[AmazonSecrets], None] | None]:
        """Find an account's secrets, and what to do when Amazon hands out another token."""
        of_environment = self._from_environment(account.user_id)
        try:
            stored = await self._key_store.load(account.user_id)
        except KeyStoreFault:
            if of_environment is None:
                raise
            log.info("The key store cannot be asked; the secrets come from the environment.")
            stored = None
        if stored is not None:
            return stored, lambda new: self._later(self._keep(account.user_id, new))
        if of_environment is not None:
            return of_environment, None
        await self._note_status(account, CredentialStatus.DISCONNECTED)
        raise not_connected()

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something whose end only `close` waits for."""
        task = asyncio.get_running_loop().create_task(work)
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)

    async def _keep(self, user_id: UserId, new: AmazonSecrets) -> None:
        try:
            await self._key_store.save(user_id, new)
        except KeyStoreFault as fault:
            log.warning("Amazon's new refresh token could not be kept: %s", fault)

    async def _note_status(self, account: Account, status: CredentialStatus) -> None:
        if account.created_at is not None and account.credential_status is not status:
            await self._note(account.user_id, status)

    async def _note(self, user_id: UserId, status: CredentialStatus) -> None:
        try:
            await accounts.set_credential_status(self._db, user_id, status)
        except DatabaseFault as fault:
            log.warning("The state of the permission could not be kept: %s", fault)
