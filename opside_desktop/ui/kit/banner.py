"""Messages above a page: what happened, why, and what to do, with a button that does it."""

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QCoreApplication, QSize
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QFrame, QLabel, QWidget

from opside_desktop.domain.errors import DatabaseGone, ErrorCode, NeedsUser, OpsideError, RetryLater
from opside_desktop.ui.kit.buttons import Choice, button, press_by_key, tool_button
from opside_desktop.ui.kit.labels import label
from opside_desktop.ui.kit.layouts import Stretch, column, row, shown, take_away
from opside_desktop.ui.kit.override import override
from opside_desktop.ui.kit.theme import ICON, Role, Space, Theme

MAX_BANNERS = 3


class Banner(QFrame):
    """One message. Says what, why and what to do; a small code and a copy for support."""

    def __init__(self, theme: Theme, message: "Message", parent: QWidget) -> None:
        super().__init__(parent)
        self.message = message
        self._theme = theme
        self.setObjectName("banner")
        self.setProperty("kind", "banner")
        self.setProperty("role", message.role.value)
        self._icon = QLabel()
        self._icon.setFixedSize(QSize(ICON, ICON))
        what = label(message.what, font="strong", wrap=True, name="bannerWhat", selectable=True)
        rest = label(message.rest, role="muted", wrap=True, name="bannerRest", selectable=True)
        rest.setVisible(bool(message.rest))
        line = row(
            self._icon,
            Stretch(column(what, rest, spacing=2)),
            margins=(Space.M, Space.S, Space.S, Space.S),
            parent=self,
        )
        for choice in message.choices:
            made = button(choice.text, choice.slot, name=choice.name or "bannerAction")
            made.clicked.connect(self.close_banner)
            line.addWidget(made)
        if message.code:
            copy = self.tr("Copy for ticket")
            line.addWidget(button(copy, message.copy, kind="link", name="bannerCopy"))
        close = self.tr("Close this message")
        line.addWidget(tool_button(theme, "close", close, self.close_banner, name="bannerClose"))
        theme.changed.connect(self._paint)
        self._paint()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not press_by_key(event):
            super().keyPressEvent(event)

    def close_banner(self) -> None:
        """Take the message away."""
        take_away(self)

    def _paint(self) -> None:
        icon = {Role.INFO: "info", Role.WARN: "warning"}.get(self.message.role, "stop")
        dpr = self.devicePixelRatioF()
        self._icon.setPixmap(self._theme.pixmap(icon, self.message.role, ICON, dpr))


class Message(NamedTuple):
    """What a banner says.

    One that `outlives` its cause tells of something that was not done, and stays to be read.
    """

    what: str
    rest: str = ""
    code: str = ""
    role: Role = Role.ERROR
    choices: Sequence[Choice] = ()
    request_id: str | None = None
    outlives: bool = False

    @property
    def key(self) -> str:
        """What it is known by: two messages with the same key are one."""
        return f"{self.code}\n{self.what}"

    @classmethod
    def of(cls, error: BaseException, choices: Sequence[Choice] = ()) -> "Message":
        """Put an error into words. An unknown one is our mistake, and the log has its details."""
        if isinstance(error, OpsideError):
            mild = isinstance(error, (RetryLater, NeedsUser, DatabaseGone))
            parts = [error.why, error.fix]
            if isinstance(error, DatabaseGone):
                # The window looks for it, and takes this message back when it answers.
                again = QCoreApplication.translate(
                    "Message", "This window tries again by itself; the rows on the screen stay."
                )
                parts = [error.why, again, error.fix]
            return cls(
                error.what,
                rest=" ".join(part for part in parts if part),
                code=error.code,
                role=Role.WARN if mild else Role.ERROR,
                choices=choices,
                request_id=error.request_id,
            )
        return cls(
            "A mistake of this program stopped what you asked for.",
            rest="Nothing of your data was lost. Please try again; if it comes back, send the "
            "program's log to support.",
            code=f"{ErrorCode.INTERNAL} ({type(error).__name__})",
            choices=choices,
        )

    def copy(self) -> None:
        """Copy the message as text for support; errors hold no secrets."""
        lines = [self.what, self.rest, f"Code: {self.code}"]
        if self.request_id:
            lines.append(f"Amazon's request id: {self.request_id}")
        QGuiApplication.clipboard().setText("\n".join(line for line in lines if line))


class BannerArea(QWidget):
    """The messages above the page, newest on top, each only once."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._column = column(spacing=0, parent=self)

    def say(self, message: Message) -> None:
        """Show a message on top; the same message replaces its older self."""
        self.take_back(message.key)
        for old in self._banners()[MAX_BANNERS - 1 :]:
            old.close_banner()
        banner = Banner(self._theme, message, self)
        self._column.insertWidget(0, banner)
        banner.show()

    def take_back(self, key: str) -> None:
        """Remove the messages of that key."""
        for banner in self._banners():
            if banner.message.key == key:
                banner.close_banner()

    def take_back_code(self, code: str) -> None:
        """Remove the messages with that code: what they told of is over."""
        for banner in self._banners():
            if banner.message.code == code and not banner.message.outlives:
                banner.close_banner()

    def close_newest(self) -> bool:
        """Close the top message; tells whether there was one."""
        banners = self._banners()
        if banners:
            banners[0].close_banner()
        return bool(banners)

    def _banners(self) -> list[Banner]:
        return shown(self._column, Banner)
