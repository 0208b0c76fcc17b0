"""Whole pages that stand in for the others: no account yet, and the program cannot open."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from opside_desktop.ui.kit.banner import Message
from opside_desktop.ui.kit.buttons import Choice, button
from opside_desktop.ui.kit.labels import label
from opside_desktop.ui.kit.placeholders import EmptyState
from opside_desktop.ui.kit.theme import Space


def _stage(widget: QWidget, name: str) -> QVBoxLayout:
    widget.setObjectName(name)
    widget.setProperty("kind", "page")
    widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    return QVBoxLayout(widget)


class WelcomePage(QWidget):
    """What the program does, in two lines, and the two ways to begin."""

    def __init__(
        self, *, on_connect: Callable[[], object], on_demo: Callable[[], object], read_only: bool
    ) -> None:
        super().__init__()
        choices = [
            Choice(text=self.tr("Try with sample data"), slot=on_demo, name="trySampleData"),
        ]
        if not read_only:
            connect = Choice(
                text=self.tr("Connect an account"),
                slot=on_connect,
                name="connectFirst",
                is_primary=True,
            )
            choices.insert(0, connect)
        state = EmptyState(
            self.tr("See and keep what Amazon owes you"),
            self.tr(
                "Opside Desktop copies your claims, FBA inventory and orders from Amazon into a "
                "database of your own.\nConnect your seller account, or look around with the "
                "sample seller first."
            ),
            choices,
        )
        _stage(self, "welcomePage").addWidget(state)
        if state.first is not None:
            self.setFocusProxy(state.first)


class FaultPage(QWidget):
    """Why the program could not open, and a way to try again."""

    def __init__(
        self, *, on_retry: Callable[[], object], on_settings: Callable[[], object]
    ) -> None:
        super().__init__()
        self._message: Message | None = None
        self._what = label(font="section", wrap=True, name="faultWhat", selectable=True)
        self._rest = label(role="muted", wrap=True, name="faultRest", selectable=True)
        self._code = label(role="muted", font="small", name="faultCode")
        for each in (self._what, self._rest):
            each.setFixedWidth(520)
        buttons = QHBoxLayout()
        buttons.setSpacing(Space.S)
        self._retry = button(self.tr("Try again"), on_retry, kind="primary", name="faultRetry")
        buttons.addWidget(self._retry)
        buttons.addWidget(button(self.tr("Settings"), on_settings, name="faultSettings"))
        buttons.addWidget(button(self.tr("Copy for ticket"), self._on_copy, name="faultCopy"))
        buttons.addStretch(1)
        block = QVBoxLayout()
        block.setSpacing(Space.M)
        for each in (self._what, self._rest, self._code):
            block.addWidget(each)
        block.addLayout(buttons)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addLayout(block)
        middle.addStretch(1)
        column = _stage(self, "faultPage")
        column.addStretch(2)
        column.addLayout(middle)
        column.addStretch(3)

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
            QGuiApplication.clipboard().setText(self._message.for_ticket)
