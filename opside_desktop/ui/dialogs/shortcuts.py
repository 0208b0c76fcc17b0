"""The list of what the keyboard can do."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from opside_desktop.ui.shortcuts import Shortcut
from opside_desktop.ui.theme import Space
from opside_desktop.ui.widgets import button, label


class ShortcutsDialog(QDialog):
    """Shows the same tables of shortcuts that the window installs."""

    def __init__(self, groups: Sequence[tuple[str, Sequence[Shortcut]]], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("shortcutsDialog")
        self.setWindowTitle(self.tr("What the keyboard can do"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        columns = QHBoxLayout()
        columns.setSpacing(40)
        for title, shortcuts in groups:
            if shortcuts:
                columns.addLayout(self._group(title, shortcuts))
        close = button(self.tr("Close"), self.accept, name="closeShortcuts")
        close.setDefault(True)
        bottom = QHBoxLayout()
        bottom.addStretch(1)
        bottom.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.XL, Space.XL, Space.XL, Space.L)
        column.setSpacing(Space.XL)
        column.addLayout(columns)
        column.addStretch(1)
        column.addLayout(bottom)

    def _group(self, title: str, shortcuts: Sequence[Shortcut]) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(Space.M)
        column.addWidget(label(title, font="section"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(Space.XL)
        grid.setVerticalSpacing(Space.S)
        for row, shortcut in enumerate(shortcuts):
            grid.addWidget(label(shortcut.text), row, 0)
            keys = label(shortcut.shown, role="muted")
            keys.setAlignment(Qt.AlignmentFlag.AlignRight)
            grid.addWidget(keys, row, 1)
        column.addLayout(grid)
        column.addStretch(1)
        return column
