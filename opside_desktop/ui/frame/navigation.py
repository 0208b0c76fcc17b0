"""The navigation: one entry for each page, as icon and text."""

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QSizePolicy, QToolButton

from opside_desktop.ui.kit.buttons import Ground
from opside_desktop.ui.kit.layouts import column
from opside_desktop.ui.kit.theme import ICON_NAV, Space, Theme

WIDE_PX = 168
NARROW_PX = 56


class NavigationEntry(NamedTuple):
    """A page in the navigation: its name in the program, which its icon has, too, and its title."""

    name: str
    title: str


class Navigation(Ground):
    """Buttons of which one is chosen; shows icons only where the window is narrow."""

    chosen = Signal(str)

    def __init__(self, theme: Theme, entries: Sequence[NavigationEntry]) -> None:
        super().__init__("page")
        self._theme = theme
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._buttons: dict[str, QToolButton] = {}
        whole = column(spacing=2, margins=(Space.S, Space.M, Space.S, Space.M), parent=self)
        for number, entry in enumerate(entries, 1):
            made = QToolButton()
            made.setObjectName(f"nav_{entry.name}")
            made.setProperty("kind", "nav")
            made.setText(f" {entry.title}")
            made.setAccessibleName(entry.title)
            made.setToolTip(f"{entry.title}  (Ctrl+{number})")
            made.setIcon(theme.icon(entry.name))
            made.setCheckable(True)
            made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            made.clicked.connect(lambda _=False, name=entry.name: self.chosen.emit(name))
            self._group.addButton(made)
            self._buttons[entry.name] = made
            whole.addWidget(made)
        whole.addStretch(1)
        self.show_narrow(is_narrow=False)

    def show_chosen(self, name: str) -> None:
        """Mark the page that is shown."""
        self._buttons[name].setChecked(True)

    def show_narrow(self, *, is_narrow: bool) -> None:
        """Show only the icons, or icons and texts, in the present size of texts."""
        style = (
            Qt.ToolButtonStyle.ToolButtonIconOnly
            if is_narrow
            else Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        )
        icon = max(self._theme.px(ICON_NAV), ICON_NAV)
        for made in self._buttons.values():
            made.setToolButtonStyle(style)
            made.setIconSize(QSize(icon, icon))
        width = NARROW_PX if is_narrow else WIDE_PX
        self.setFixedWidth(max(self._theme.px(width), width))
