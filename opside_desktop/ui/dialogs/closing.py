"""The question before the window closes on something that still runs."""

from PySide6.QtCore import Signal, SignalInstance
from PySide6.QtWidgets import QWidget

from opside_desktop.ui.kit.buttons import button
from opside_desktop.ui.kit.dialog import WorkDialog, make_default
from opside_desktop.ui.kit.labels import label
from opside_desktop.ui.kit.layouts import Stretch, add, column
from opside_desktop.ui.kit.theme import Space

MIN_WIDTH = 480


class ClosingDialog(WorkDialog):
    """Offers to go on without the window, to stop, or not to close, which Esc means as well."""

    going_on = Signal()
    """All is to go on without the window."""

    stopping = Signal()
    """All is to stop as soon as nothing is lost by it."""

    def __init__(self, syncs: int, exports: int, parent: QWidget) -> None:
        super().__init__(self.tr("Close the window?"), "closingDialog", parent)
        self.setMinimumWidth(MIN_WIDTH)
        self.content.addWidget(
            label(self._what_runs(syncs, exports), font="section", wrap=True, name="closingWhat")
        )
        self._offer(
            self.tr("Keep going without the window"),
            self.tr(
                "The program ends by itself when all is done. Start it again to see the window."
            ),
            self.going_on,
            name="closingGoOn",
        )
        stop, note = self._stop_words(syncs, exports)
        self._offer(stop, note, self.stopping, name="closingStop")
        stay = make_default(button(self.tr("Do not close"), self.reject, name="closingStay"))
        add(self.buttons, Stretch(), stay)
        stay.setFocus()

    def _offer(self, text: str, note: str, answer: SignalInstance, *, name: str) -> None:
        made = button(text, lambda: self._on_chosen(answer), name=name)
        made.setAccessibleDescription(note)
        self.content.addLayout(column(made, label(note, role="muted", wrap=True), spacing=Space.XS))

    def _on_chosen(self, answer: SignalInstance) -> None:
        self.accept()
        answer.emit()

    def _what_runs(self, syncs: int, exports: int) -> str:
        if syncs and exports:
            return (
                self.tr("A sync and an export are still running.")
                if syncs == exports == 1
                else self.tr("Syncs and exports are still running.")
            )
        if syncs:
            many = self.tr("{count} syncs are still running.").format(count=syncs)
            return self.tr("A sync is still running.") if syncs == 1 else many
        many = self.tr("{count} exports are still running.").format(count=exports)
        return self.tr("An export is still running.") if exports == 1 else many

    def _stop_words(self, syncs: int, exports: int) -> tuple[str, str]:
        kept = self.tr(
            "What was copied is kept, and the next start of the program goes on from there."
        )
        no_file = self.tr("A stopped export leaves no file.")
        if not syncs:
            text = self.tr("Stop the export") if exports == 1 else self.tr("Stop the exports")
            return text, no_file
        return self.tr("Stop after this page"), f"{kept} {no_file}" if exports else kept
