"""The messages above the page about syncs that did not finish."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject

from opside_desktop.domain.accounts import Account
from opside_desktop.domain.errors import DatabaseGone, ErrorCode
from opside_desktop.domain.ids import UserId
from opside_desktop.domain.syncs import SyncRun
from opside_desktop.ui.kit.banner import BannerArea, Message
from opside_desktop.ui.kit.buttons import Choice
from opside_desktop.ui.kit.theme import Role

RECONNECT = (ErrorCode.AUTH_REVOKED, ErrorCode.AMAZON_NOT_CONNECTED)
"""What only a new permission of the seller mends."""


class SyncFailures(QObject):
    """Says which accounts' last sync failed, each until the account's next sync begins.

    `show_page` shows a page by name and, where one is given, a thing on it.
    """

    def __init__(
        self, banners: BannerArea, show_page: Callable[..., object], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._banners = banners
        self._show_page = show_page
        self._keys: dict[UserId, str] = {}
        self._elsewhere = ""
        self._unread: dict[UserId, str] = {}
        """Names of the accounts whose secrets a silent or locked key store kept back."""

    def say(self, run: SyncRun, name: str) -> None:
        """Say that the sync of the account of this name failed, why, and what to do."""
        if run.error_code is ErrorCode.KEY_STORE:
            self._unread[run.user_id] = name
            self._say_key_store(run.error or "")
            return
        reconnect = run.error_code in RECONNECT
        details = Choice(self.tr("Details"), partial(self._show_page, "syncs", run.key))
        message = Message(
            self.tr("The sync of “{name}” did not finish.").format(name=name),
            rest=run.error or "",
            code=str(run.error_code or ErrorCode.INTERNAL),
            role=Role.WARN if reconnect else Role.ERROR,
            choices=[self._open_accounts() if reconnect else details],
            request_id=run.request_ids[-1] if run.request_ids else None,
        )
        self._say_of(run.user_id, message)

    def _say_of(self, user_id: UserId, message: Message) -> None:
        self._keys[user_id] = message.key
        self._banners.say(message)

    def _open_accounts(self) -> Choice:
        return Choice(self.tr("Open accounts"), partial(self._show_page, "accounts"))

    def _say_key_store(self, error: str) -> None:
        """Say once for all accounts what hinders them all."""
        self._banners.take_back_code(ErrorCode.KEY_STORE)
        names = ", ".join(f"“{name}”" for name in self._unread.values())
        what = self.tr("Without their secrets, {names} did not sync.").format(names=names)
        self._banners.say(Message(what, rest=error, code=ErrorCode.KEY_STORE))

    def say_elsewhere(self, accounts: Sequence[Account]) -> None:
        """Say why users of whom only rows are here cannot be synced."""
        names = ", ".join(f"“{account.display_name}”" for account in accounts)
        what = self.tr("{names} cannot be synced here: not connected on this computer.")
        message = Message(
            what.format(names=names),
            rest=self.tr("What is stored can be read. To sync it, connect the account."),
            role=Role.INFO,
            choices=[self._open_accounts()],
        )
        self._elsewhere = message.key
        self._banners.say(message)

    def take_back_elsewhere(self) -> None:
        """Take that back: others are shown, or it is mended."""
        self._banners.take_back(self._elsewhere)

    def say_not_started(
        self, account: Account, error: DatabaseGone, again: Callable[[], object]
    ) -> None:
        """Say that a sync never began. The database may answer again at once: that starts none."""
        self.take_back(account.user_id)
        message = Message(
            self.tr("The sync of “{name}” did not start.").format(name=account.display_name),
            rest=error.sentence,
            code=error.code,
            role=Role.WARN,
            choices=[Choice(self.tr("Try again"), again, "startAgain")],
            outlives=True,
        )
        self._say_of(account.user_id, message)

    def say_waiting(self, account: Account, sentence: str) -> None:
        """Say what a sync waits for before it begins."""
        self.take_back(account.user_id)
        message = Message(
            self.tr("The sync of “{name}” has not begun yet.").format(name=account.display_name),
            rest=sentence,
            code=str(ErrorCode.DATABASE),
            role=Role.WARN,
            outlives=True,
        )
        self._say_of(account.user_id, message)

    def take_back(self, user_id: UserId) -> None:
        """Take the message about an account's last sync away, if there is one."""
        self._banners.take_back(self._keys.pop(user_id, ""))
        if self._unread.pop(user_id, None) and not self._unread:
            self._banners.take_back_code(ErrorCode.KEY_STORE)
