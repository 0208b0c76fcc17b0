"""Deleting all that is stored of an account, after showing what that is."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QWidget

from opside_desktop.domain.accounts import Account, CredentialSource
from opside_desktop.ui.dialogs.account import AccountDialog
from opside_desktop.ui.kit.buttons import button
from opside_desktop.ui.kit.dialog import check_box, make_default
from opside_desktop.ui.kit.labels import label
from opside_desktop.ui.kit.layouts import Stretch, add
from opside_desktop.ui.kit.theme import Space
from opside_desktop.ui.program.services import Services


class DeleteDataDialog(AccountDialog):
    """Counts what will go, table by table, before anything happens."""

    def __init__(self, services: Services, account: Account, parent: QWidget) -> None:
        title = self.tr("Delete the data of {name}?").format(name=account.display_name)
        super().__init__(services, account, title, "deleteDialog", parent)
        note = self.tr(
            "These rows are deleted from the database for good. Amazon keeps its own data: the "
            "next sync copies it again from the start."
        )
        self._counts = QFormLayout()
        self._counts.setHorizontalSpacing(Space.L)
        self._counts.setVerticalSpacing(Space.XS)
        self._words = label(self.tr("Counting…"), role="muted", name="deleteWords")
        self._disconnect = check_box(self.tr("Disconnect the account as well"), "deleteDisconnect")
        source = services.connections.credential_source(account)
        self._disconnect.setVisible(source in (CredentialSource.KEYRING, None))
        add(self.content, label(note, wrap=True), self._counts, self._words, self._disconnect)
        keep = make_default(button(self.tr("Keep it"), self.reject, name="deleteCancel"))
        self._delete = button(
            self.tr("Delete the data"), self._on_delete, kind="danger", name="deleteConfirm"
        )
        self._delete.setEnabled(False)
        add(self.buttons, Stretch(), keep, self._delete)
        keep.setFocus()
        self.tasks.start("count", self._count())

    async def _count(self) -> None:
        from opside_desktop.store.deleting import stored_of

        words = self._table_words()
        stored = await stored_of(self.services.db, self.account.user_id)
        for name, count in stored.items():
            if name in words:
                self._tell(words[name], count, name)
        notes = sum(count for name, count in stored.items() if name not in words)
        if notes:
            self._tell(self.tr("Notes of this program about them"), notes, "notes")
        self._words.setText("" if stored else self.tr("Nothing is stored of this account."))
        self._words.setVisible(not stored)
        self._delete.setEnabled(bool(stored))
        self.fit()

    def _tell(self, words: str, count: int, name: str) -> None:
        number = label(self.services.formats.number(count), font="figures", name=f"delete_{name}")
        number.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._counts.addRow(words, number)

    def _table_words(self) -> dict[str, str]:
        # A dialog has no room for each kind of note: they are told in one line.
        return {
            "amazon_claims": self.tr("Claims"),
            "amazon_inventory": self.tr("SKUs"),
            "amazon_orders": self.tr("Orders"),
            "amazon_order_items": self.tr("Order items"),
            "financial_events": self.tr("Financial events"),
            "sync_progress": self.tr("Syncs"),
            "sync_events": self.tr("Timeline entries of syncs"),
        }

    def _on_delete(self) -> None:
        self.run(self._delete_all())

    async def _delete_all(self) -> None:
        from opside_desktop.store.deleting import delete_data

        await delete_data(self.services.db, self.account.user_id)
        if self._disconnect.isChecked():
            await self.services.connections.remove(self.account.user_id)
