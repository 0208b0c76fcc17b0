"""The seller accounts: their state, and what can be done with each."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea, QWidget

from opside_desktop.accounts.checks import ConnectionCheck
from opside_desktop.domain.accounts import MARKETPLACES, Account, CredentialSource, Region
from opside_desktop.domain.errors import OpsideError
from opside_desktop.domain.ids import UserId
from opside_desktop.domain.standing import Standing
from opside_desktop.domain.syncs import SyncRun
from opside_desktop.ui.dialogs.account import DisconnectDialog, ReplaceSecretDialog
from opside_desktop.ui.dialogs.connect import ConnectDialog
from opside_desktop.ui.kit.buttons import Ground, button, refuse
from opside_desktop.ui.kit.check_list import CheckList
from opside_desktop.ui.kit.flow import FlowLayout
from opside_desktop.ui.kit.labels import ElidedLabel, label, set_role
from opside_desktop.ui.kit.layouts import Stretch, add, clear, column, row
from opside_desktop.ui.kit.override import override
from opside_desktop.ui.kit.pills import StatusPill
from opside_desktop.ui.kit.placeholders import EmptyState
from opside_desktop.ui.kit.theme import Role, Space
from opside_desktop.ui.kit.words import mode_pill, source_words, standing_pill
from opside_desktop.ui.pages.page import Page
from opside_desktop.ui.program.facts import syncs_of
from opside_desktop.ui.program.services import Services

if TYPE_CHECKING:
    from opside_desktop.ui.dialogs.deleting import DeleteDataDialog


class AccountsPage(Page):
    """All accounts, whichever one the other pages show."""

    name = "accounts"

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._shown: list[tuple[Account, Standing]] = []
        self._rows: dict[str, AccountRow] = {}
        self._answers: dict[str, list[ConnectionCheck]] = {}
        self._connect = button(
            self.tr("Connect an account"), self.connect_user, kind="primary", name="connectAccount"
        )
        self._connect.setVisible(not services.settings.demo)
        refuse(self._connect, services.read_only_reason)
        self._empty = EmptyState(
            self.tr("No account is connected."),
            self.tr("Connect your own seller account to copy its claims, inventory and orders."),
        )
        self._list = column(spacing=0)
        head = row(label(self.tr("Accounts"), font="page"), Stretch(), self._connect)
        inner = Ground("surface")
        column(self._list, Stretch(self._empty), Stretch(), spacing=0, parent=inner)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inner)
        self.arrange(head, area)

    @override
    def activate(self) -> None:
        self.refresh()

    @override
    def refresh(self) -> None:
        self.tasks.replace("accounts", self._load())

    @override
    def open_item(self, what: object) -> None:
        if what == "connect":
            self.connect_user()

    @override
    def on_run(self, run: SyncRun) -> None:
        if not run.is_running and self.isVisible():
            self.refresh()  # its end may tell whether Amazon lets the account in

    async def _load(self) -> None:
        users = await self.services.connections.users()
        known = syncs_of(self.services.board, users)
        shown = [(one.account, one.standing) for one in known]
        self._empty.setVisible(not shown)
        if shown == self._shown:
            return
        self._shown = shown
        clear(self._list)
        self._rows = {}
        for account, standing in shown:
            row = AccountRow(self, account, standing)
            self._rows[account.user_id] = row
            for check in self._answers.get(account.user_id, ()):
                row.show_check(check)
            self._list.addWidget(row)
            self._list.addWidget(self.services.theme.hairline(self))

    def start_test(self, account: Account) -> None:
        """Ask Amazon whether an account's secrets are good."""
        self.tasks.start(f"test {account.user_id}", self._test(account))

    def replace_secret(self, account: Account) -> None:
        """Open the dialog for new secrets."""
        self._open(ReplaceSecretDialog(self.services, account, self.window()))

    def disconnect_account(self, account: Account) -> None:
        """Open the dialog that explains and disconnects."""
        self._open(DisconnectDialog(self.services, account, self.window()))

    def delete_data(self, account: Account) -> None:
        """Open the dialog that counts what is stored and deletes it."""
        from opside_desktop.ui.dialogs.deleting import DeleteDataDialog

        self._open(DeleteDataDialog(self.services, account, self.window()))

    def connect_user(self, known: Account | None = None) -> None:
        """Open the dialog that connects an account: a new one, or of a user with stored rows."""
        dialog = ConnectDialog(self.services, self.window(), known)
        dialog.connected.connect(lambda account: self._on_changed(account.user_id))
        dialog.sync_requested.connect(self.account_sync_requested)
        dialog.open()

    def _open(self, dialog: "ReplaceSecretDialog | DisconnectDialog | DeleteDataDialog") -> None:
        dialog.changed.connect(lambda: self._on_changed())
        dialog.open()

    async def _test(self, account: Account) -> None:
        user_id = account.user_id
        self._answers[user_id] = []

        def show(check: ConnectionCheck) -> None:
            # The list may have been read again meanwhile, with new rows.
            self._answers[user_id].append(check)
            if user_id in self._rows:
                self._rows[user_id].show_check(check)

        self._rows[user_id].begin_test()
        try:
            await self.services.connections.test_account(account, on_check=show)
        except OpsideError as error:
            if all(check.ok or not check.needed for check in self._answers[user_id]):
                show(ConnectionCheck("permission", ok=False, sentence=error.sentence))
        self._on_changed()

    def _on_changed(self, new: UserId | None = None) -> None:
        self.refresh()
        self.accounts_changed.emit(new)


class AccountRow(QWidget):
    """One account."""

    def __init__(self, page: AccountsPage, account: Account, standing: Standing) -> None:
        super().__init__()
        self._services = services = page.services
        self._account = account
        self.setObjectName(f"account_{account.external_user_id}")
        name = ElidedLabel("accountTitle", font="section", hugs=True)
        name.setText(account.display_name)
        mode = mode_pill(services.connections.endpoint(account))
        badge = label(mode.word, name="accountMode")
        badge.setProperty("kind", "badge")
        set_role(badge, mode.role)
        source = services.connections.credential_source(account)
        texts = column(
            row(name, badge, Stretch()),
            StatusPill(services.theme, standing_pill(standing), name="accountState"),
            label(self._where(), role="muted", font="small"),
            spacing=Space.XS,
        )
        if not account.is_elsewhere:
            texts.addWidget(label(source_words(source), role="muted", font="small"))
        if explained := self._explained(source):
            texts.addWidget(label(explained, role="muted", wrap=True, name="accountExplained"))
        self._checks = CheckList(services.theme)
        texts.addWidget(self._checks)
        below = QWidget()
        self._buttons = FlowLayout(below, Space.S)
        if account.is_elsewhere:
            self._add(self.tr("Connect…"), page.connect_user, "connectUser")
        else:
            self._add(self.tr("Test connection"), page.start_test, "testAccount")
            if source in (CredentialSource.KEYRING, None):
                self._add(self.tr("Replace secrets…"), page.replace_secret, "replaceSecrets")
                self._add(
                    self.tr("Disconnect…"), page.disconnect_account, "disconnectAccount", "danger"
                )
        self._add(self.tr("Delete data…"), page.delete_data, "deleteData", "danger")
        add(texts, Space.XS, below)
        row(Stretch(texts), margins=(Space.L,) * 4, parent=self)

    def begin_test(self) -> None:
        """Say that Amazon is being asked."""
        # Not disabled, which would take the keyboard on to what deletes; a second click is none.
        self._checks.clear()
        self._checks.say("permission", self.tr("Asking Amazon for access…"), Role.MUTED)

    def show_check(self, check: ConnectionCheck) -> None:
        """Show what Amazon answered to one question."""
        bad = Role.ERROR if check.needed else Role.WARN
        self._checks.say(check.name, check.sentence, Role.OK if check.ok else bad)

    def _add(self, text: str, slot: Callable[[Account], object], name: str, kind: str = "") -> None:
        made = button(text, partial(slot, self._account), kind=kind, name=name)
        made.setAccessibleName(f"{text.rstrip('…')}: {self._account.display_name}")
        refuse(made, self._services.read_only_reason)
        self._buttons.addWidget(made)

    def _where(self) -> str:
        regions = {
            Region.NA: self.tr("North America"),
            Region.EU: self.tr("Europe"),
            Region.FE: self.tr("Far East"),
        }
        if self._account.is_elsewhere:
            return self.tr("user id {user}").format(user=self._account.external_user_id)
        known = MARKETPLACES.get(self._account.marketplace_id)
        return self.tr("{region} · inventory of {marketplace} · user id {user}").format(
            region=regions[self._account.region],
            marketplace=known.name if known else self._account.marketplace_id,
            user=self._account.external_user_id,
        )

    def _explained(self, source: CredentialSource | None) -> str:
        if self._account.is_elsewhere:
            return self.tr(
                "The database holds rows and syncs of this user. They can be read here; to sync "
                "them on this computer, connect the account."
            )
        if source is CredentialSource.DEMO:
            return self.tr(
                "This is the sample seller: a simulation of Amazon on this computer. Nothing here "
                "is real and nothing reaches Amazon. To connect your own account, start Opside "
                "Desktop without --demo."
            )
        if source is CredentialSource.ENVIRONMENT:
            return self.tr(
                "The secrets were given in environment variables. To disconnect the account, start "
                "Opside Desktop without them."
            )
        return ""
