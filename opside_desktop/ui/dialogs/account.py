"""Replacing an account's secrets, and disconnecting it; what all dialogs about an account share."""

from collections.abc import Coroutine
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from opside_desktop.domain.accounts import Account
from opside_desktop.ui.dialogs.secrets import SecretFields
from opside_desktop.ui.kit.buttons import button
from opside_desktop.ui.kit.dialog import WorkDialog, make_default
from opside_desktop.ui.kit.labels import label, literal
from opside_desktop.ui.kit.layouts import Stretch, add
from opside_desktop.ui.kit.override import override
from opside_desktop.ui.program.services import Services

LONGEST_ON_BUTTON = 30
"""Characters of a name on a button; the title above has the whole one."""


class AccountDialog(WorkDialog):
    """Does one thing to an account, which its title asks about."""

    changed = Signal()

    def __init__(
        self, services: Services, account: Account, title: str, name: str, parent: QWidget
    ) -> None:
        super().__init__(title, name, parent)
        self.services = services
        self.account = account
        self.setMinimumWidth(460)
        self.content.addWidget(label(title, font="section", wrap=True))

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Do the work, then close; stay open and say why where it fails."""
        self.clear_error()

        async def run() -> None:
            self.setDisabled(True)
            try:
                await work
            finally:
                self.setEnabled(True)
            self.changed.emit()
            self.accept()

        if self.tasks.start("work", run()) is None:
            work.close()


class ReplaceSecretDialog(AccountDialog):
    """New secrets, tested before the old ones are let go."""

    def __init__(self, services: Services, account: Account, parent: QWidget) -> None:
        title = self.tr("Replace the secrets of {name}").format(name=account.display_name)
        super().__init__(services, account, title, "replaceDialog", parent)
        note = self.tr(
            "Paste what has changed; what you leave empty stays as it is. Amazon is asked with the "
            "new secrets first, and the old ones stay if it refuses."
        )
        self._fields = SecretFields(placeholder=self.tr("unchanged"))
        add(self.content, label(note, role="muted", wrap=True), self._fields)
        replace = make_default(
            button(
                self.tr("Test and replace"), self._on_replace, kind="primary", name="replaceSecret"
            )
        )
        replace.setEnabled(False)
        self._fields.changed.connect(lambda: replace.setEnabled(self._fields.count > 0))
        cancel = button(self.tr("Cancel"), self.reject, name="replaceCancel")
        add(self.buttons, Stretch(), cancel, replace)

    @override
    def done(self, result: int) -> None:
        self._fields.clear()
        super().done(result)

    def _on_replace(self) -> None:
        new = self._fields.values
        self.run(self.services.connections.replace_secrets(self.account, new))


class DisconnectDialog(AccountDialog):
    """Says what goes and what stays before anything happens."""

    def __init__(self, services: Services, account: Account, parent: QWidget) -> None:
        title = self.tr("Disconnect {name}?").format(name=account.display_name)
        super().__init__(services, account, title, "disconnectDialog", parent)
        note = self.tr(
            "Removed: the three secrets in the key store and the account's entry here.\n"
            "Kept: every claim, SKU and order already copied, and the history of its syncs. They "
            "show again when you connect the account under the same user id."
        )
        at_amazon = self.tr(
            "Amazon still lists the permission until you withdraw it in Seller Central."
        )
        add(
            self.content,
            label(note, wrap=True, name="disconnectTold"),
            label(at_amazon, role="muted", wrap=True),
        )
        keep = make_default(button(self.tr("Keep it"), self.reject, name="disconnectCancel"))
        short = literal(account.display_name, LONGEST_ON_BUTTON)
        text = self.tr("Disconnect {name}").format(name=short)
        go = button(text, self._on_disconnect, kind="danger", name="disconnectConfirm")
        add(self.buttons, Stretch(), keep, go)
        keep.setFocus()

    def _on_disconnect(self) -> None:
        self.run(self.services.connections.remove(self.account.user_id))
