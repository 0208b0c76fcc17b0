"""Whether the secrets of the accounts can be read: looked at once when the window opens."""

import logging
from collections.abc import Sequence

from PySide6.QtCore import QObject

from opside_desktop.domain.accounts import Account, CredentialSource
from opside_desktop.domain.errors import ErrorCode, KeyStoreFault
from opside_desktop.ui.kit.banner import BannerArea, Message
from opside_desktop.ui.kit.buttons import Choice
from opside_desktop.ui.kit.tasks import TaskOwner
from opside_desktop.ui.program.services import Services

log = logging.getLogger(__name__)


class KeyStoreCheck(QObject):
    """Says above the page that the key store gives nothing, and offers to try again."""

    def __init__(self, banners: BannerArea, services: Services, parent: QObject) -> None:
        super().__init__(parent)
        self._banners = banners
        self._services = services
        self._tasks = TaskOwner(self, services.report)

    def start(self, accounts: Sequence[Account]) -> None:
        """Look at the key store where one of these accounts has its secrets there."""
        source = self._services.connections.credential_source
        if any(source(account) is CredentialSource.KEYRING for account in accounts):
            self._start()

    def _start(self) -> None:
        self._tasks.start("check key store", self._check())

    async def _check(self) -> None:
        try:
            await self._services.key_store.check()
        except KeyStoreFault as fault:
            log.warning("The secrets cannot be read: %s", fault)
            retry = Choice(text=self.tr("Try again"), slot=self._start, name="keyStoreRetry")
            self._banners.take_back_code(ErrorCode.KEY_STORE)
            self._banners.say(Message.of(fault, [retry]))
