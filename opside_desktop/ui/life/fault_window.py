"""A small window for what keeps the program from starting, for people without a terminal."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog, QHBoxLayout, QVBoxLayout

from opside_desktop.ui.kit.banner import Message
from opside_desktop.ui.kit.buttons import button
from opside_desktop.ui.kit.labels import label
from opside_desktop.ui.kit.theme import Space, Theme

UNSEEN_PLATFORMS = frozenset({"offscreen", "minimal", "minimalegl", "vnc"})
"""Qt's platforms that nobody looks at: a window there would wait for ever."""


class FaultWindow(QDialog):
    """Says what happened, why, and what to do."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self._message = Message.of(error)
        self.setObjectName("faultWindow")
        self.setWindowTitle(self.tr("Opside Desktop cannot start"))
        what = label(
            self._message.what, font="section", wrap=True, name="faultWhat", selectable=True
        )
        rest = label(self._message.rest, wrap=True, name="faultRest", selectable=True)
        rest.setVisible(bool(self._message.rest))
        code = label(
            self.tr("Code: {code}").format(code=self._message.code), role="muted", font="small"
        )
        close = button(self.tr("Close"), self.accept, kind="primary", name="faultClose")
        close.setDefault(True)
        buttons = QHBoxLayout()
        buttons.setSpacing(Space.S)
        buttons.addWidget(code)
        buttons.addStretch(1)
        buttons.addWidget(button(self.tr("Copy for ticket"), self._on_copy, name="faultCopy"))
        buttons.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.XL, Space.XL, Space.XL, Space.L)
        column.setSpacing(Space.M)
        column.addWidget(what)
        column.addWidget(rest)
        column.addStretch(1)
        column.addSpacing(Space.S)
        column.addLayout(buttons)
        self.setMinimumWidth(480)
        close.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._message.for_ticket)


def show_fault(error: BaseException) -> None:
    """Show why the program cannot start, until the window is closed.

    To be called outside any event loop. Does nothing where nobody could see a window.
    """
    from opside_desktop.ui.life.application import make_application

    app = make_application()
    if QApplication.platformName() in UNSEEN_PLATFORMS:
        return
    Theme(app)
    FaultWindow(error).exec()
