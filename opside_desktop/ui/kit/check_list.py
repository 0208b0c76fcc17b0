"""A list of checks that turn green, or say what is wrong."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from opside_desktop.ui.kit.labels import label, set_role
from opside_desktop.ui.kit.layouts import Stretch, column, row, take_away
from opside_desktop.ui.kit.theme import ICON, Role, Space, Theme

_ICONS = {Role.MUTED: "clock", Role.OK: "check", Role.WARN: "warning", Role.ERROR: "stop"}


class CheckList(QWidget):
    """Lines of icon and sentence, by name; a line may be said again."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._lines: dict[str, tuple[QLabel, QLabel, Role]] = {}
        self._column = column(spacing=Space.XS, parent=self)
        theme.changed.connect(self._paint)

    def say(self, name: str, sentence: str, role: Role) -> None:
        """Show a check: muted while it runs, then ok, warn or error."""
        if name in self._lines:
            icon, text, _ = self._lines[name]
        else:
            icon, text = QLabel(), label(wrap=True, name=f"check_{name}", selectable=True)
            icon.setFixedSize(ICON, ICON)
            line = QWidget()
            row(icon, Stretch(text), parent=line).setAlignment(icon, Qt.AlignmentFlag.AlignTop)
            self._column.addWidget(line)
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
            if (line := icon.parentWidget()) is not None:
                take_away(line)

    def _paint(self) -> None:
        dpr = self.devicePixelRatioF()
        for icon, _, role in self._lines.values():
            icon.setPixmap(self._theme.pixmap(_ICONS.get(role, "info"), role, ICON, dpr))
