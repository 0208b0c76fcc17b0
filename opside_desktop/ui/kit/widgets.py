"""Small widgets that several pages share."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from PySide6.QtCore import QCoreApplication, QEvent, QRect, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import (
    QFontMetrics,
    QGuiApplication,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from opside_desktop.ui.kit.literal import literal, literal_tip
from opside_desktop.ui.kit.mirror import mirrored
from opside_desktop.ui.kit.override import override
from opside_desktop.ui.kit.pills import HEIGHT_PX, PillStyle, paint_pill, pill_width
from opside_desktop.ui.kit.theme import ICON, FontRole, Role, Space, Theme

COPIED_MS = 1200
EMPTY_TEXT_PX = 460
LEAST_CHARS = 12
"""How much an elided text shows at least, about."""

_MNEMONIC = Qt.TextFlag.TextShowMnemonic.value
_AT_BEGIN = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading


def label(
    text: str = "",
    *,
    role: str | None = None,
    font: str | None = None,
    wrap: bool = False,
    name: str = "",
    selectable: bool = False,
) -> QLabel:
    """Make a label in the stylesheet's roles."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("role", role)
    made.setProperty("type", font)
    made.setWordWrap(wrap)
    made.setObjectName(name)
    if selectable:
        made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made


def _at_least(full: QSize, metrics: QFontMetrics) -> QSize:
    return QSize(min(full.width(), LEAST_CHARS * metrics.averageCharWidth()), full.height())


class ElidedLabel(QLabel):
    """One line that ends in `…` where there is no room; the tool tip has it whole.

    It takes all the room that is left, or with `hugs` no more than its text needs.
    """

    def __init__(self, name: str, *, font: str | None = None, hugs: bool = False) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("type", font)
        self.setTextFormat(Qt.TextFormat.PlainText)
        wide = QSizePolicy.Policy.Preferred if hugs else QSizePolicy.Policy.Ignored
        self.setSizePolicy(wide, QSizePolicy.Policy.Preferred)

    @override
    def minimumSizeHint(self) -> QSize:
        return _at_least(super().minimumSizeHint(), self.fontMetrics())

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        rect, metrics = self.contentsRect(), self.fontMetrics()
        shown = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, rect.width())
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(rect, _AT_BEGIN, shown)
        self.setToolTip(literal_tip(self.text()) if shown != self.text() else "")
        painter.end()


class ElidedButton(QPushButton):
    """A button whose text ends in `…` where there is no room for all of it."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    @override
    def minimumSizeHint(self) -> QSize:
        return _at_least(super().minimumSizeHint(), self.fontMetrics())

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


def set_role(widget: QWidget, role: Role | None) -> None:
    """Change the colour role of a widget that the stylesheet knows."""
    value = None if role is None else role.value
    if widget.property("role") != value:
        widget.setProperty("role", value)
        # Not through `widget.style()`: that loads all the names of Qt's styles, which takes 5 ms.
        QCoreApplication.sendEvent(widget, QEvent(QEvent.Type.Polish))


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


def refuse(widget: QWidget, reason: str) -> None:
    """Switch a control off and say why; an empty reason switches it on."""
    widget.setEnabled(not reason)
    widget.setToolTip(reason)
    widget.setAccessibleDescription(reason)


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
    made = QToolButton()
    made.setIcon(theme.icon(icon, role))
    made.setIconSize(QSize(ICON, ICON))
    made.setToolTip(text)
    made.setAccessibleName(text)
    made.setObjectName(name)
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    made.clicked.connect(lambda: slot())
    return made


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


class StatusPill(QWidget):
    """Shows a state; its accessible name is the state's word."""

    def __init__(self, theme: Theme, style: PillStyle | None = None, *, name: str = "") -> None:
        super().__init__()
        self._theme = theme
        self._style = style
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)
        theme.changed.connect(self.update)
        if style is not None:
            self.setAccessibleName(style.word)

    @property
    def text(self) -> str:
        """The word it shows."""
        return "" if self._style is None else self._style.word

    def show_style(self, style: PillStyle) -> None:
        """Show another state."""
        if style != self._style:
            self._style = style
            self.setAccessibleName(style.word)
            self.updateGeometry()
            self.update()

    @override
    def sizeHint(self) -> QSize:
        if self._style is None:
            return QSize(0, HEIGHT_PX)
        metrics = QFontMetrics(self._theme.font(FontRole.SMALL))
        return QSize(pill_width(self._style, metrics), self._theme.px(HEIGHT_PX))

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        if self._style is not None:
            painter = QPainter(self)
            paint_pill(painter, self.rect(), self._style, self._theme)
            painter.end()


class CopyLabel(QToolButton):
    """An identifier in the fixed-width font; a click copies it.

    Its text stands where a label's would, and its sign behind it.
    """

    EDGE = 2
    _SIGN = 12

    def __init__(self, theme: Theme, what: str, text: str = "") -> None:
        super().__init__()
        self._theme = theme
        self._what = what
        self._copied = ""
        theme.wear(self, FontRole.MONO)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self._on_clicked)
        theme.changed.connect(self.update)
        self.show_text(text)

    def show_text(self, text: str) -> None:
        """Show another identifier."""
        self._copied = text
        self.setText(literal(text))
        self.setAccessibleName(self.tr("Copy {what} {text}").format(what=self._what, text=text))
        self.setToolTip(literal_tip(self.tr("Copy {text}").format(text=text)))

    def _on_clicked(self) -> None:
        QGuiApplication.clipboard().setText(self._copied)
        self.setText(self.tr("Copied"))
        QTimer.singleShot(COPIED_MS, self, lambda: self.setText(literal(self._copied)))

    @override
    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self._theme.font(FontRole.MONO))
        # As wide as the identifier also while it says "Copied", so that nothing moves.
        width = metrics.horizontalAdvance(self._copied) + Space.XS + 2 + self._SIGN
        return QSize(width + 2 * self.EDGE, metrics.height() + 2 * self.EDGE)

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(Space.XL * 2, self.sizeHint().height())

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter, edge = self._theme, QPainter(self), self.EDGE
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = self.rect().adjusted(edge, 0, -edge, 0)
        font = theme.font(FontRole.MONO)
        metrics, shown = QFontMetrics(font), self.text().replace("&&", "&")
        room = body.width() - self._SIGN - Space.XS - 2
        if metrics.horizontalAdvance(shown) > room:
            shown = metrics.elidedText(shown, Qt.TextElideMode.ElideMiddle, max(room, 0))
        used = metrics.horizontalAdvance(shown)
        painter.setFont(font)
        # An identifier reads from left to right, whatever surrounds it.
        painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        painter.setPen(theme.color(Role.ACCENT if self.underMouse() else Role.TEXT))
        place = QRect(body.left(), body.top(), used, body.height())
        painter.drawText(self._seen(body, place), Qt.AlignmentFlag.AlignVCenter, shown)
        top = body.center().y() - self._SIGN // 2 + 1
        sign = QRect(body.left() + used + Space.XS + 2, top, self._SIGN, self._SIGN)
        role = Role.ACCENT if self.underMouse() else Role.MUTED
        picture = theme.pixmap("copy", role, self._SIGN, self.devicePixelRatioF())
        painter.drawPixmap(self._seen(body, sign).topLeft(), picture)
        if self.hasFocus():
            painter.setPen(QPen(theme.color(Role.ACCENT), 1.5))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)
        painter.end()

    def _seen(self, whole: QRect, part: QRect) -> QRect:
        return mirrored(whole, part) if self.isRightToLeft() else part


class Choice(NamedTuple):
    """A button of an empty state or a banner."""

    text: str
    slot: Callable[[], object]
    name: str = ""
    is_primary: bool = False


class EmptyState(QWidget):
    """What a page says when it has nothing to show, and what can be done about it."""

    def __init__(self, title: str, text: str, choices: Sequence[Choice] = ()) -> None:
        super().__init__()
        self._said: tuple[str, str, tuple[Choice, ...]] | None = None
        self._title = label(title, font="section", name="emptyTitle")
        self._title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._text = label(text, role="muted", wrap=True, name="emptyText")
        self._text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._text.setFixedWidth(EMPTY_TEXT_PX)
        self.first: QPushButton | None = None
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(Space.S)
        column = QVBoxLayout(self)
        column.setSpacing(Space.S)
        column.addStretch(2)
        column.addWidget(self._title, 0, Qt.AlignmentFlag.AlignHCenter)
        # A label that wraps asks for its height only where no alignment is given.
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(self._text)
        middle.addStretch(1)
        column.addLayout(middle)
        column.addSpacing(Space.S)
        column.addLayout(self._buttons)
        column.addStretch(3)
        self.say(title, text, choices)

    def say(self, title: str, text: str, choices: Sequence[Choice] = ()) -> None:
        """Show other words and buttons. The keyboard stays here when its button goes."""
        if self._said == (title, text, tuple(choices)):
            return
        self._said = (title, text, tuple(choices))
        self._title.setText(title)
        self._text.setText(text)
        self._text.setVisible(bool(text))
        focused = QApplication.focusWidget()
        had_focus = focused is not None and (focused is self or self.isAncestorOf(focused))
        if had_focus:
            self.setFocus()
        while (item := self._buttons.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        self._buttons.addStretch(1)
        self.first = None
        for choice in choices:
            kind = "primary" if choice.is_primary else ""
            made = button(choice.text, choice.slot, kind=kind, name=choice.name)
            self.first = self.first or made
            self._buttons.addWidget(made)
        self._buttons.addStretch(1)
        if had_focus and self.first is not None:
            self.first.setFocus()


class Skeleton(QWidget):
    """Grey bars where rows will be: the page while its data is not there yet."""

    def __init__(self, rows: int = 9) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Loading"))
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.XL, Space.XL, Space.XL, Space.XL)
        column.setSpacing(Space.L)
        widths = (180, 520, 460, 540, 500, 430, 520, 480, 450, 510)
        for number in range(rows):
            bar = QFrame()
            bar.setProperty("kind", "skeleton")
            bar.setFixedHeight(20 if number == 0 else 10)
            bar.setMaximumWidth(widths[number % len(widths)])
            column.addWidget(bar)
        column.addStretch(1)
