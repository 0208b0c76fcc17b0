"""Whole pages that stand in for the others: no account yet, and the program cannot open."""

from collections.abc import Callable

from PySide6.QtWidgets import QVBoxLayout

from opside_desktop.ui.kit.banner import Message
from opside_desktop.ui.kit.buttons import Choice, Ground, button
from opside_desktop.ui.kit.labels import label
from opside_desktop.ui.kit.layouts import Stretch, add, column, row
from opside_desktop.ui.kit.placeholders import EmptyState
from opside_desktop.ui.kit.theme import Space


class WelcomePage(Ground):
    """What the program does, in two lines, and the two ways to begin."""

    def __init__(
        self, *, on_connect: Callable[[], object], on_demo: Callable[[], object], read_only: bool
    ) -> None:
        super().__init__("page")
        self.setObjectName("welcomePage")
        choices = [Choice(self.tr("Try with sample data"), on_demo, "trySampleData")]
        if not read_only:
            connect = self.tr("Connect an account")
            choices.insert(0, Choice(connect, on_connect, "connectFirst", is_primary=True))
        state = EmptyState(
            self.tr("See and keep what Amazon owes you"),
            self.tr(
                "Opside Desktop copies your claims, FBA inventory and orders from Amazon into a "
                "database of your own.\nConnect your seller account, or look around with the "
                "sample seller first."
            ),
            choices,
        )
        QVBoxLayout(self).addWidget(state)
        if state.first is not None:
            self.setFocusProxy(state.first)


class FaultPage(Ground):
    """Why the program could not open, and a way to try again."""

    def __init__(
        self, *, on_retry: Callable[[], object], on_settings: Callable[[], object]
    ) -> None:
        super().__init__("page")
        self.setObjectName("faultPage")
        self._message: Message | None = None
        self._what = label(font="section", wrap=True, name="faultWhat", selectable=True)
        self._rest = label(role="muted", wrap=True, name="faultRest", selectable=True)
        self._code = label(role="muted", font="small", name="faultCode")
        for each in (self._what, self._rest):
            each.setFixedWidth(520)
        self._retry = button(self.tr("Try again"), on_retry, kind="primary", name="faultRetry")
        settings = button(self.tr("Settings"), on_settings, name="faultSettings")
        copy = button(self.tr("Copy for ticket"), self._on_copy, name="faultCopy")
        buttons = row(self._retry, settings, copy, Stretch())
        block = column(self._what, self._rest, self._code, buttons, spacing=Space.M)
        middle = row(Stretch(), block, Stretch())
        add(QVBoxLayout(self), Stretch(share=2), middle, Stretch(share=3))

    def say(self, error: BaseException) -> None:
        """Put an error into words."""
        self._message = Message.of(error)
        self._what.setText(self._message.what)
        self._rest.setText(self._message.rest)
        self._code.setText(self.tr("Code: {code}").format(code=self._message.code))

    def focus(self) -> None:
        """Put the focus on the way out."""
        self._retry.setFocus()

    def _on_copy(self) -> None:
        if self._message is not None:
            self._message.copy()
