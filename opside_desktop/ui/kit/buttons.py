"""Buttons: with a text, with an icon alone, with a text that may be too long; and their ground."""

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QIcon, QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QApplication, QPushButton, QSizePolicy, QToolButton, QWidget

from opside_desktop.ui.kit.labels import elided_minimum
from opside_desktop.ui.kit.override import override
from opside_desktop.ui.kit.theme import ICON, FontRole, Role, Theme

_MNEMONIC = Qt.TextFlag.TextShowMnemonic.value


class Choice(NamedTuple):
    """A button of an empty state or a banner."""

    text: str
    slot: Callable[[], object]
    name: str = ""
    is_primary: bool = False


def button(text: str, slot: Callable[[], object], *, kind: str = "", name: str = "") -> QPushButton:
    """Make a push button; `kind` is empty (quiet), primary, danger or link."""
    made = QPushButton(text)
    made.setProperty("kind", kind)
    made.setObjectName(name)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    # Enter presses the button that has the focus, in the window as in dialogs.
    made.setAutoDefault(True)
    made.clicked.connect(lambda: slot())
    return made


def tool_button(
    theme: Theme,
    icon: str,
    text: str,
    slot: Callable[[], object],
    *,
    name: str = "",
    role: Role = Role.MUTED,
) -> QToolButton:
    """Make a flat button that shows only an icon; `text` is its name and tool tip."""
    made = _flat_button(theme.icon(icon, role), slot, name)
    made.setToolTip(text)
    made.setAccessibleName(text)
    return made


def text_button(
    theme: Theme, icon: str, text: str, slot: Callable[[], object], *, name: str
) -> QToolButton:
    """Make a flat button of an icon and a small text."""
    made = _flat_button(theme.icon(icon, Role.MUTED), slot, name)
    made.setText(text)
    made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    theme.wear(made, FontRole.SMALL)
    return made


def _flat_button(icon: QIcon, slot: Callable[[], object], name: str) -> QToolButton:
    made = QToolButton()
    made.setObjectName(name)
    made.setIcon(icon)
    made.setIconSize(QSize(ICON, ICON))
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    made.clicked.connect(lambda: slot())
    return made


def below(anchor: QWidget) -> QPoint:
    """Give the corner of the screen where a menu of this button begins."""
    return anchor.mapToGlobal(anchor.rect().bottomLeft())


def refuse(widget: QWidget, reason: str) -> None:
    """Switch a control off and say why; an empty reason switches it on."""
    widget.setEnabled(not reason)
    widget.setToolTip(reason)
    widget.setAccessibleDescription(reason)


def press_by_key(event: QKeyEvent) -> bool:
    """Let Enter press the flat button that has the focus, as Space does; tells whether it did.

    Qt gives a container those keys that the focused widget left alone.
    """
    focused = QApplication.focusWidget()
    is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
    if is_enter and isinstance(focused, QToolButton) and focused.isEnabled():
        focused.click()
        return True
    return False


class Ground(QWidget):
    """A part of the window with a colour of its own, where Enter presses flat buttons, too.

    `kind` is bar, page or surface.
    """

    def __init__(self, kind: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", kind)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not press_by_key(event):
            super().keyPressEvent(event)


class ElidedButton(QPushButton):
    """A button whose text ends in `…` where there is no room for all of it."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    @override
    def minimumSizeHint(self) -> QSize:
        return elided_minimum(super().minimumSizeHint(), self.fontMetrics())

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        missing = super().sizeHint().width() - self.width()
        if missing <= 0:
            super().paintEvent(event)
            return
        # They load all the names of Qt's styles, which the window's start does without.
        from PySide6.QtWidgets import QStyle, QStyleOptionButton, QStylePainter

        option = QStyleOptionButton()
        self.initStyleOption(option)
        metrics = self.fontMetrics()
        room = metrics.size(_MNEMONIC, option.text).width() - missing
        option.text = metrics.elidedText(option.text, Qt.TextElideMode.ElideRight, room, _MNEMONIC)
        painter = QStylePainter(self)
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        painter.end()
