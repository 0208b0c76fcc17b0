"""A list of checks that turn green, or say what is wrong."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from opside_desktop.ui.kit.labels import label, set_role
from opside_desktop.ui.kit.theme import ICON, Role, Space, Theme

_ICONS = {Role.MUTED: "clock", Role.OK: "check", Role.WARN: "warning", Role.ERROR: "stop"}


class CheckList(QWidget):
    """Lines of icon and sentence, by name; a line may be said again."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._lines: dict[str, tuple[QLabel, QLabel, Role]] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(Space.XS)
        theme.changed.connect(self._paint)

    def say(self, name: str, sentence: str, role: Role) -> None:
        """Show a check: muted while it runs, then ok, warn or error."""
        if name in self._lines:
            icon, text, _ = self._lines[name]
        else:
            icon, text = QLabel(), label(wrap=True, name=f"check_{name}", selectable=True)
            icon.setFixedSize(ICON, ICON)
            row = QWidget()
            inner = QHBoxLayout(row)
            inner.setContentsMargins(0, 0, 0, 0)
            inner.setSpacing(Space.S)
            inner.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
            inner.addWidget(text, 1)
            self._column.addWidget(row)
        self._lines[name] = (icon, text, role)
        text.setText(sentence)
        set_role(text, role if role in (Role.WARN, Role.ERROR) else None)
        text.setProperty("outcome", role.value)
        self._paint()

    def is_waiting(self, name: str) -> bool:
        """Tell whether a check still runs."""
        return name in self._lines and self._lines[name][2] is Role.MUTED

    def drop_waiting(self) -> None:
        """Remove the lines of checks that were not come to: nothing runs any more."""
        self._drop([name for name, (_, _, role) in self._lines.items() if role is Role.MUTED])

    def clear(self) -> None:
        """Remove all lines."""
        self._drop(list(self._lines))

    def _drop(self, names: Sequence[str]) -> None:
        for name in names:
            icon, _, _ = self._lines.pop(name)
            row = icon.parentWidget()
            if row is not None:
                row.hide()
                row.deleteLater()

    def _paint(self) -> None:
        dpr = self.devicePixelRatioF()
        for icon, _, role in self._lines.values():
            icon.setPixmap(self._theme.pixmap(_ICONS.get(role, "info"), role, ICON, dpr))
