"""What a table shows instead of rows, and above them: grey bars, words, errors, news."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QLabel, QStackedWidget, QVBoxLayout, QWidget
from shiboken6 import isValid

from opside_desktop.ui.kit.buttons import Choice, Ground, button
from opside_desktop.ui.kit.labels import label, literal
from opside_desktop.ui.kit.layouts import Stretch, row
from opside_desktop.ui.kit.placeholders import EmptyState, Skeleton
from opside_desktop.ui.kit.theme import Space

if TYPE_CHECKING:
    from opside_desktop.domain.errors import OpsideError
    from opside_desktop.ui.kit.banner import Banner
    from opside_desktop.ui.kit.theme import Theme
    from opside_desktop.ui.tables.grid.view import RecordsView

LONGEST = 56
"""Characters of a filter that its button shows."""


class TableStates(QObject):
    """Holds the rows and what stands in for them. Parts are made when they are first shown."""

    sync_asked = Signal()
    retry_asked = Signal()
    show_new_asked = Signal()
    remove_last_asked = Signal()
    clear_find_asked = Signal()
    clear_asked = Signal()

    def __init__(self, view: RecordsView, theme: Theme) -> None:
        self.stack = QStackedWidget()
        super().__init__(self.stack)
        self.above = QVBoxLayout()
        self._view = view
        self._theme = theme
        self._empty_words = ("", "")
        self._offers_sync = True
        self._skeleton: Skeleton | None = None
        self._empty: EmptyState | None = None
        self._news: tuple[QWidget, QLabel] | None = None
        self._banner: Banner | None = None
        self.stack.addWidget(view)

    def show_rows(self) -> None:
        """Show the rows."""
        self.stack.setCurrentWidget(self._view)

    def show_skeleton(self) -> None:
        """Show grey bars until rows come."""
        if self._skeleton is None:
            self._skeleton = Skeleton()
            self.stack.addWidget(self._skeleton)
        self.stack.setCurrentWidget(self._skeleton)

    def set_empty_words(self, title: str, text: str, *, offers_sync: bool) -> None:
        """Say what it means that there is nothing at all."""
        self._empty_words = (title, text)
        self._offers_sync = offers_sync

    def say_empty(self) -> None:
        """Say that there is nothing at all."""
        sync = Choice(self.tr("Sync now"), self.sync_asked.emit, "emptySyncNow", is_primary=True)
        self._say(*self._empty_words, [sync] if self._offers_sync else [])

    def say_nothing_matches(self, title: str, found: str, last_filter: str) -> None:
        """Say that nothing is left, and offer the ways back.

        `found`: the words looked for; `last_filter`: the last condition in words; either may be
        empty.
        """
        remove = self.tr("Remove “{filter}”")
        choices = [
            Choice(remove.format(filter=literal(words, LONGEST)), slot, name)
            for words, slot, name in (
                (found, self.clear_find_asked.emit, "removeFind"),
                (last_filter, self.remove_last_asked.emit, "removeLast"),
            )
            if words
        ]
        choices.append(Choice(self.tr("Clear all"), self.clear_asked.emit, "clearAll"))
        self._say(title, "", choices)

    def announce(self, words: str) -> None:
        """Say quietly above the rows that there are others; nothing takes the words back."""
        if self._news is None:
            if not words:
                return
            self._news = self._make_news()
        bar, told = self._news
        told.setText(words)
        bar.setVisible(bool(words))

    def show_error(self, error: OpsideError) -> None:
        """Say above the rows why they could not be read; those there are stay."""
        from opside_desktop.ui.kit.banner import Banner, Message

        self.take_back_banner()
        retry = Choice(text=self.tr("Try again"), slot=self.retry_asked.emit, name="tryAgain")
        self._banner = Banner(self._theme, Message.of(error, [retry]), self.stack)
        self._banner.setObjectName("tableBanner")
        self.above.insertWidget(0, self._banner)

    def take_back_banner(self) -> None:
        """Take the error back."""
        # A person may have closed it meanwhile.
        if self._banner is not None and isValid(self._banner):
            self._banner.close_banner()
        self._banner = None

    def _say(self, title: str, text: str, choices: list[Choice]) -> None:
        if self._empty is None:
            self._empty = EmptyState("", "")
            self._empty.setObjectName("tableEmpty")
            self.stack.addWidget(self._empty)
        self._empty.say(title, text, choices)
        self.stack.setCurrentWidget(self._empty)

    def _make_news(self) -> tuple[QWidget, QLabel]:
        bar = Ground("bar")
        bar.setObjectName("newRows")
        told = label(font="small", role="info", name="newRowsWords")
        show = button(self.tr("Show"), self.show_new_asked.emit, kind="link", name="showNew")
        row(told, show, Stretch(), margins=(Space.L, 2, Space.L, 2), parent=bar)
        self.above.addWidget(bar)
        return bar, told
