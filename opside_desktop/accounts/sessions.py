"""The way from an account to its Amazon: endpoint, secrets, saved bucket levels, session."""

import asyncio
import importlib
import logging
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from opside_desktop.accounts.bucket_levels import BucketLevels
from opside_desktop.accounts.key_store import KeyStore
from opside_desktop.accounts.sample_seller import DemoSimulator
from opside_desktop.accounts.seller_checks import checked_seller
from opside_desktop.accounts.timings import AccountTimings
from opside_desktop.domain.accounts import (
    LWA_URL,
    PRODUCTION_HOSTS,
    SANDBOX_HOSTS,
    Account,
    AmazonSecrets,
    CredentialStatus,
    Endpoint,
    Mode,
    Region,
)
from opside_desktop.domain.clock import Clock
from opside_desktop.domain.errors import DatabaseFault, KeyStoreFault, NotConnected
from opside_desktop.domain.ids import UserId, stored_user_id
from opside_desktop.domain.sellers import SellerRecord, token_mark
from opside_desktop.domain.waits import WaitListener
from opside_desktop.logs.redaction import hide
from opside_desktop.settings.environment import Settings
from opside_desktop.store import accounts
from opside_desktop.store.database import Database

if TYPE_CHECKING:
    from opside_desktop.amazon.pacing import Pacer
    from opside_desktop.amazon.session import AmazonSession, SeeSeller

log = logging.getLogger(__name__)

_Keep = Callable[[AmazonSecrets], None]

_DEMO_SECRETS = AmazonSecrets("demo-client", "demo-secret", "demo-refresh-token")


class Sessions:
    """Opens sessions at Amazon, and keeps what they tell of an account.

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
        timings: AccountTimings,
    ) -> None:
        self._db = db
        self._key_store = key_store
        self._settings = settings
        self._clock = clock
        self._app_version = app_version
        self._simulator = DemoSimulator(settings, clock, timings)
        self._levels = BucketLevels(
            db, clock, scale=settings.time_scale, save_every_s=timings.save_levels_every_s
        )
        self._demo_pacers: dict[str, Pacer] = {}
        self._saving: set[asyncio.Task[None]] = set()

    def endpoint(self, account: Account) -> Endpoint:
        """Tell where an account's Amazon is.

        The demo's has no port before `open` has started its simulator.
        """
        if account.mode is Mode.DEMO:
            return Endpoint("http://127.0.0.1", "http://127.0.0.1", self._settings.scenario)
        if account.is_elsewhere:
            # Nobody asks there; it only tells whose the rows are.
            hosts = SANDBOX_HOSTS if account.mode is Mode.SANDBOX else PRODUCTION_HOSTS
            return Endpoint(hosts[account.region], scenario="simulator")
        return self.endpoint_of(account.region, sandbox=account.mode is Mode.SANDBOX)

    def endpoint_of(self, region: Region, *, sandbox: bool = False) -> Endpoint:
        """Tell where a region's Amazon is; AMAZON_SPAPI_BASE_URL and AMAZON_LWA_URL win."""
        hosts = SANDBOX_HOSTS if sandbox else PRODUCTION_HOSTS
        return Endpoint(self._settings.base_url or hosts[region], self._settings.lwa_url or LWA_URL)

    async def open(self, account: Account) -> "AmazonSession":
        """Open a session for an account, with its secrets and the saved levels of its buckets.

        Signing in sees that it is of the seller whose rows are stored.

        Raises:
            NotConnected: no secrets are stored for it.
            KeyStoreFault: the key store cannot be asked, and the environment has none either.
        """
        on_secrets: _Keep | None = None
        see_seller: SeeSeller | None = None
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
            see_seller = await self._seller_check(account.user_id, endpoint, secrets)
        return await self._session(endpoint, secrets, pacer, on_secrets, see_seller)

    async def open_with(self, endpoint: Endpoint, secrets: AmazonSecrets) -> "AmazonSession":
        """Open a session with secrets that are not kept yet, whose buckets nobody shares."""
        hide(secrets.client_id, secrets.client_secret, secrets.refresh_token)
        return await self._session(endpoint, secrets, self._new_pacer())

    def from_environment(self, user_id: UserId) -> AmazonSecrets | None:
        """The environment's secrets, if they are this user's; nobody else may use them."""
        settings = self._settings
        return settings.env_secrets if user_id == stored_user_id(settings.env_user) else None

    async def save_status(self, account: Account, status: CredentialStatus) -> None:
        """Keep what Amazon says of a stored account's permission, and when it said so."""
        if account.created_at is not None:
            await self._save_status(account.user_id, status)

    def save_status_later(self, user_id: UserId, status: CredentialStatus) -> None:
        """Keep what Amazon says of a user's permission; only `close` waits for it."""
        self._later(self._save_status(user_id, status))

    async def close(self) -> None:
        """Save what is still to be saved and end the demo's simulator."""
        await asyncio.gather(*self._saving)
        await self._levels.close()
        await self._simulator.close()

    async def _session(
        self,
        endpoint: Endpoint,
        secrets: AmazonSecrets,
        pacer: "Pacer",
        on_secrets: _Keep | None = None,
        see_seller: "SeeSeller | None" = None,
    ) -> "AmazonSession":
        # httpx takes a tenth of a second to import; the window's first rows do not wait for it.
        await asyncio.to_thread(importlib.import_module, "opside_desktop.amazon.session")
        from opside_desktop.amazon.session import AmazonSession

        return AmazonSession(
            endpoint,
            secrets,
            pacer=pacer,
            clock=self._clock,
            app_version=self._app_version,
            on_secrets=on_secrets,
            see_seller=see_seller,
        )

    async def _seller_check(
        self, user_id: UserId, endpoint: Endpoint, secrets: AmazonSecrets
    ) -> "SeeSeller":
        """Make what sees that a session is of the seller whose rows of the user are stored."""
        record = await accounts.seller_record(self._db, user_id, endpoint.origin)
        mark = token_mark(secrets.refresh_token)

        async def see_seller(session: "AmazonSession", on_wait: WaitListener) -> None:
            now_known = await checked_seller(session, record, mark, on_wait)
            if now_known != record:
                await self._keep_seller(user_id, endpoint, now_known)

        return see_seller

    async def _keep_seller(self, user_id: UserId, endpoint: Endpoint, record: SellerRecord) -> None:
        try:
            await accounts.keep_seller_record(self._db, user_id, endpoint.origin, record)
        except DatabaseFault as fault:
            log.warning("Whose the rows are could not be kept: %s", fault)

    def _new_pacer(self) -> "Pacer":
        from opside_desktop.amazon.pacing import Pacer

        return Pacer(self._clock, scale=self._settings.time_scale)

    async def _secrets(self, account: Account) -> tuple[AmazonSecrets, _Keep | None]:
        """Find an account's secrets, and what to do when Amazon hands out another token."""
        of_environment = self.from_environment(account.user_id)
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
        await self.save_status(account, CredentialStatus.DISCONNECTED)
        raise NotConnected

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something whose end only `close` waits for."""
        task = asyncio.get_running_loop().create_task(work)
        self._saving.add(task)
        task.add_done_callback(self._saving.discard)

    async def _keep(self, user_id: UserId, new: AmazonSecrets) -> None:
        try:
            await self._key_store.save(user_id, new)
        except KeyStoreFault as fault:
            log.warning("Amazon's new refresh token could not be kept: %s", fault)

    async def _save_status(self, user_id: UserId, status: CredentialStatus) -> None:
        try:
            await accounts.set_credential_status(self._db, user_id, status)
        except DatabaseFault as fault:
            log.warning("The state of the permission could not be kept: %s", fault)
