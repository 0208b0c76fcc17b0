"""Connections: which seller accounts there are; connecting, testing and removing them.

The environment's three secrets are an account of one user; the demo is an account of its own; all
others are rows of `seller_accounts`, whose secrets lie in the key store.
"""

import contextlib
import logging
import shlex
from dataclasses import asdict, replace

from opside_desktop.accounts.checks import (
    CheckListener,
    check_datasets,
    check_marketplace,
    check_seller,
    ignore,
)
from opside_desktop.accounts.seller_checks import checked_seller
from opside_desktop.accounts.sessions import Sessions
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
from opside_desktop.domain.errors import (
    AuthRevoked,
    BadInput,
    ErrorCode,
    KeyStoreFault,
    NotConnected,
    OpsideError,
    SyncInProgress,
    UnknownUser,
)
from opside_desktop.domain.ids import DEMO_USER, ExternalUserId, UserId, stored_user_id
from opside_desktop.domain.sellers import SellerRecord, token_mark
from opside_desktop.domain.syncs import DatasetStatus, SyncRun
from opside_desktop.store import accounts
from opside_desktop.store.runs import sync_runs
from opside_desktop.store.users import StoredUser, get_user, get_users, users_of

log = logging.getLogger(__name__)

MOST_OTHERS = 100
"""Users without an account that are offered to choose from; others can be named with --user."""


class Connections(Sessions):
    """The seller accounts of one program, and their sessions at Amazon."""

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

    async def users(self) -> list[Account]:
        """Give all accounts, then the other users of the database, each by name.

        Of those others not more than `MOST_OTHERS`, and in any case the one that was asked for.
        """
        found = await self.accounts()
        if self._settings.demo:
            return found
        known = {account.user_id for account in found}
        others = [each for each in await users_of(self._db) if each not in known]
        asked = self._settings.user_id
        others.sort(key=lambda each: each != asked)
        stored = await get_users(self._db, others[:MOST_OTHERS])
        return found + sorted(map(self._elsewhere, stored), key=lambda each: each.display_name)

    async def asked_user(self) -> Account | None:
        """Give the user whose rows were asked for; None where that is the default and empty.

        Raises:
            UnknownUser: somebody was named whom the database does not know.
        """
        settings = self._settings
        account = await self.account(settings.user)
        if account is not None or settings.demo:
            return account
        stored = await get_user(self._db, settings.user_id)
        if stored is not None:
            return self._elsewhere(stored)
        if settings.user_option is None:
            return None
        fix = (
            f"Check the spelling of {settings.user_option}, or connect an account of this user: "
            f"`opside-desktop accounts add --user {shlex.quote(settings.user)}`."
        )
        if settings.missing_secrets and settings.user == settings.env_user:
            fix += (
                f" Amazon's secrets in the environment lack {', '.join(settings.missing_secrets)}."
            )
        raise UnknownUser(
            f"The user {settings.user} is unknown.",
            why="No account of this user is connected here, and the database holds no rows and no "
            "syncs of it.",
            fix=fix,
        )

    def credential_source(self, account: Account) -> CredentialSource | None:
        """Tell where an account's secrets come from, without asking the key store."""
        if account.mode is Mode.DEMO:
            return CredentialSource.DEMO
        is_stored = account.created_at is not None
        if is_stored and account.credential_status is not CredentialStatus.DISCONNECTED:
            return CredentialSource.KEYRING
        is_given = self.from_environment(account.user_id) is not None
        return CredentialSource.ENVIRONMENT if is_given else None

    # Connecting and disconnecting

    async def test(
        self, secrets: AmazonSecrets, region: Region, *, on_check: CheckListener = ignore
    ) -> list[Participation] | None:
        """Ask Amazon whether three secrets are good, and for the seller's marketplaces.

        Each check is told to `on_check` as it ends. Gives None where Amazon does not tell them.

        Raises:
            AuthRevoked, RetryLater: Amazon refuses the secrets, or cannot be asked.
        """
        async with await self.open_with(self.endpoint_of(region), secrets) as session:
            return await check_seller(session, on_check)

    async def test_datasets(
        self,
        secrets: AmazonSecrets,
        region: Region,
        marketplace_id: str,
        *,
        on_check: CheckListener = ignore,
    ) -> None:
        """Ask Amazon for one page of each dataset; what is refused is told to `on_check`.

        Raises:
            OpsideError: no dataset answers, so there is nothing to connect.
        """
        async with await self.open_with(self.endpoint_of(region), secrets) as session:
            await check_datasets(session, marketplace_id, on_check, self._clock)

    async def test_account(self, account: Account, *, on_check: CheckListener = ignore) -> None:
        """Test a connected account with its stored secrets, and note what Amazon says of them.

        Raises:
            NotConnected, KeyStoreFault: see `open`.
            OpsideError: Amazon refuses the secrets or every dataset, or cannot be asked.
        """
        try:
            async with await self.open(account) as session:
                await check_seller(session, on_check)
                await check_datasets(session, account.marketplace_id, on_check, self._clock)
        except AuthRevoked:
            await self.save_status(account, CredentialStatus.RECONNECT_REQUIRED)
            raise
        await self.save_status(account, CredentialStatus.ACTIVE)

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
            OtherSeller: the rows stored of that user are another seller's.
            DatabaseFault: the database may only be read.
            KeyStoreFault: the secrets could not be stored; nothing is kept.
        """
        if self._settings.demo:
            raise BadInput("The demo has its sample seller and takes no other account.")
        self._db.check_writable()
        check_marketplace(marketplace_id, region)
        user_id = stored_user_id(external)
        former = None
        with contextlib.suppress(KeyStoreFault):  # a damaged entry is about to be replaced
            former = await self._key_store.load(user_id)
        endpoint = self.endpoint_of(region)
        seller = await self._seen_seller(user_id, endpoint, secrets, former)
        account = Account(
            user_id=user_id,
            external_user_id=external,
            display_name=display_name.strip() or external,
            seller_id=seller.seller_id
            if seller.proves(token_mark(secrets.refresh_token))
            else None,
            marketplace_id=marketplace_id,
            region=region,
            mode=Mode.SANDBOX if endpoint.is_mock else Mode.PRODUCTION,
            credential_status=CredentialStatus.ACTIVE,
        )
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
        await self._keep_seller(user_id, endpoint, seller)
        log.info("The account %s is connected (%s).", user_id, region)
        return await accounts.get_account(self._db, user_id) or account

    async def replace_secrets(self, account: Account, given: AmazonSecrets) -> None:
        """Replace those of an account's secrets that are not empty, having tested the new set.

        Raises:
            NotConnected: nothing is stored yet, and not all three are given.
            AuthRevoked, AccessDenied, RetryLater: Amazon refuses the new set; the old one stays.
            OtherSeller: the new set is another seller's; the old one stays.
        """
        new = given
        changes = {name: value for name, value in asdict(given).items() if value}
        is_whole = changes == asdict(given)
        old = None
        try:
            old = await self._key_store.load(account.user_id)
        except KeyStoreFault:
            if not is_whole:
                raise
        if not is_whole:
            if old is None:
                raise NotConnected
            new = replace(old, **changes)
        endpoint = self.endpoint(account)
        async with await self.open_with(endpoint, new) as session:
            if await check_seller(session, ignore) is None:
                await check_datasets(session, account.marketplace_id, ignore, self._clock)
        seller = await self._seen_seller(account.user_id, endpoint, new, old)
        await self._key_store.save(account.user_id, new)
        await self._keep_seller(account.user_id, endpoint, seller)
        await self.save_status(account, CredentialStatus.ACTIVE)

    async def _seen_seller(
        self, user_id: UserId, endpoint: Endpoint, new: AmazonSecrets, former: AmazonSecrets | None
    ) -> SellerRecord:
        """See that new secrets are of the seller whose rows of the user are stored.

        Where that was never noted, the former secrets may tell it.

        Raises:
            OtherSeller: they are another's.
            AuthRevoked, RetryLater: Amazon refuses them, or cannot be asked.
        """
        record = await accounts.seller_record(self._db, user_id, endpoint.origin)
        is_other = former is not None and former.refresh_token != new.refresh_token
        if record.seller_id is None and former is not None and is_other:
            with contextlib.suppress(OpsideError):  # withdrawn perhaps: then it tells nothing
                record = await self._asked_seller(endpoint, former, record)
        return await self._asked_seller(endpoint, new, record)

    async def _asked_seller(
        self, endpoint: Endpoint, secrets: AmazonSecrets, record: SellerRecord
    ) -> SellerRecord:
        async with await self.open_with(endpoint, secrets) as session:
            return await checked_seller(session, record, token_mark(secrets.refresh_token))

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

    def on_sync_end(self, run: SyncRun) -> None:
        """Keep what a sync that has ended says of the account's permission."""
        if self._settings.demo:
            return
        status = None
        if run.error_code is ErrorCode.AUTH_REVOKED:
            status = CredentialStatus.RECONNECT_REQUIRED
        elif any(result.status is DatasetStatus.SUCCESS for result in run.results.values()):
            status = CredentialStatus.ACTIVE
        if status is not None:
            self.save_status_later(run.user_id, status)

    def _elsewhere(self, stored: StoredUser) -> Account:
        asked = self._settings.user
        name = asked if stored_user_id(asked) == stored.user_id else stored.external_user_id
        return Account(
            user_id=stored.user_id,
            external_user_id=name,
            display_name=name,
            mode=Mode.SANDBOX if stored.is_mock else Mode.PRODUCTION,
            is_elsewhere=True,
        )

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
        endpoint = self.endpoint_of(region)
        seller = await accounts.seller_record(self._db, user_id, endpoint.origin)
        # There is no row that could remember it: the last sync tells whether Amazon accepted them.
        last = await sync_runs.newest_run(self._db, user_id)
        revoked = last is not None and last.error_code is ErrorCode.AUTH_REVOKED
        return Account(
            user_id=user_id,
            external_user_id=settings.env_user,
            display_name=settings.env_user,
            seller_id=seller.seller_of(settings.env_secrets.refresh_token),
            marketplace_id=marketplace_id,
            region=region,
            mode=Mode.SANDBOX if endpoint.is_mock else Mode.PRODUCTION,
            credential_status=CredentialStatus.RECONNECT_REQUIRED
            if revoked
            else CredentialStatus.ACTIVE,
        )
