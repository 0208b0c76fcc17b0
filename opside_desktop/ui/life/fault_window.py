"""A small window for what keeps the program from starting, for people without a terminal."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog

from opside_desktop.ui.kit.banner import Message
from opside_desktop.ui.kit.buttons import button
from opside_desktop.ui.kit.labels import label
from opside_desktop.ui.kit.layouts import Stretch, column, row
from opside_desktop.ui.kit.theme import Space, Theme

UNSEEN_PLATFORMS = frozenset({"offscreen", "minimal", "minimalegl", "vnc"})
"""Qt's platforms that nobody looks at: a window there would wait for ever."""


class FaultWindow(QDialog):
    """Says what happened, why, and what to do."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        message = Message.of(error)
        self.setObjectName("faultWindow")
        self.setWindowTitle(self.tr("Opside Desktop cannot start"))
        what = label(message.what, font="section", wrap=True, name="faultWhat", selectable=True)
        rest = label(message.rest, wrap=True, name="faultRest", selectable=True)
        rest.setVisible(bool(message.rest))
        words = self.tr("Code: {code}").format(code=message.code)
        code = label(words, role="muted", font="small")
        close = button(self.tr("Close"), self.accept, kind="primary", name="faultClose")
        close.setDefault(True)
        copy = button(self.tr("Copy for ticket"), message.copy, name="faultCopy")
        column(
            what,
            rest,
            Stretch(),
            Space.S,
            row(code, Stretch(), copy, close),
            spacing=Space.M,
            margins=(Space.XL, Space.XL, Space.XL, Space.L),
            parent=self,
        )
        self.setMinimumWidth(480)
        close.setFocus(Qt.FocusReason.OtherFocusReason)


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
