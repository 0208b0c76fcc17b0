"""The list of what the keyboard can do."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QWidget

from opside_desktop.ui.kit.buttons import button
from opside_desktop.ui.kit.dialog import FRAME_PX, WorkDialog, make_default, scrolling
from opside_desktop.ui.kit.labels import label
from opside_desktop.ui.kit.layouts import Stretch, add, column
from opside_desktop.ui.kit.shortcuts import Shortcut
from opside_desktop.ui.kit.theme import Space

BESIDE = 40


class ShortcutsDialog(WorkDialog):
    """Shows the same tables of shortcuts that the window installs."""

    def __init__(self, groups: Sequence[tuple[str, Sequence[Shortcut]]], parent: QWidget) -> None:
        super().__init__(self.tr("What the keyboard can do"), "shortcutsDialog", parent)
        listed = QWidget()
        tables = QBoxLayout(QBoxLayout.Direction.LeftToRight, listed)
        tables.setContentsMargins(0, 0, Space.L, 0)
        tables.setSpacing(BESIDE)
        for title, shortcuts in groups:
            if shortcuts:
                tables.addWidget(self._group(title, shortcuts))
        self._area = scrolling(listed)
        self._area.setObjectName("shortcutsList")
        self._area.setAccessibleName(self.windowTitle())
        self._area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        close = make_default(button(self.tr("Close"), self.accept, name="closeShortcuts"))
        self.content.addWidget(self._area)
        add(self.buttons, Stretch(), close)
        self._show_whole(listed, tables)
        # The arrows scroll at once, Enter and Esc close.
        self._area.setFocus()

    def _show_whole(self, listed: QWidget, tables: QBoxLayout) -> None:
        """Be as large as the list, or as the screen, where the list has to scroll."""
        listed.ensurePolished()
        around = 2 * Space.XL + Space.S
        room = self.screen().availableGeometry().width() - FRAME_PX - around
        if listed.sizeHint().width() > room:
            tables.setDirection(QBoxLayout.Direction.TopToBottom)
        wanted = listed.sizeHint()
        bar = self._area.verticalScrollBar().sizeHint().width()
        self.take_size(wanted.width() + around + bar, wanted.height() + around + 2 * BESIDE)

    def _group(self, title: str, shortcuts: Sequence[Shortcut]) -> QWidget:
        group = QWidget()
        grid = QGridLayout()
        grid.setHorizontalSpacing(Space.XL)
        grid.setVerticalSpacing(Space.S)
        for line, shortcut in enumerate(shortcuts):
            grid.addWidget(label(shortcut.text), line, 0)
            keys = label(shortcut.shown, role="muted")
            keys.setAlignment(Qt.AlignmentFlag.AlignRight)
            grid.addWidget(keys, line, 1)
        column(label(title, font="section"), grid, Stretch(), spacing=Space.M, parent=group)
        return group
