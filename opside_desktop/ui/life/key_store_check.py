"""Whether the secrets of the accounts can be read: looked at once when the window opens."""

import logging
from collections.abc import Callable, Sequence

from PySide6.QtCore import QCoreApplication

from opside_desktop.domain.accounts import Account, CredentialSource
from opside_desktop.domain.errors import ErrorCode, KeyStoreFault
from opside_desktop.ui.kit.banner import BannerArea, Message
from opside_desktop.ui.kit.buttons import Choice
from opside_desktop.ui.program.services import Services

log = logging.getLogger(__name__)


async def check_key_store(
    services: Services,
    accounts: Sequence[Account],
    banners: BannerArea,
    again: Callable[[], object],
) -> None:
    """Look at the key store where one of these accounts has its secrets there.

    Where it gives nothing, that is said above the page, with a button that does it `again`.
    """
    source = services.connections.credential_source
    if all(source(account) is not CredentialSource.KEYRING for account in accounts):
        return
    try:
        await services.key_store.check()
    except KeyStoreFault as fault:
        log.warning("The secrets cannot be read: %s", fault)
        text = QCoreApplication.translate("KeyStoreCheck", "Try again")
        banners.take_back_code(ErrorCode.KEY_STORE)
        banners.say(Message.of(fault, [Choice(text, again, "keyStoreRetry")]))
