"""A state as a small pill: icon and word on a tinted ground, the same in tables and elsewhere."""

from typing import NamedTuple

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from opside_desktop.ui.kit.layouts import mirrored
from opside_desktop.ui.kit.override import override
from opside_desktop.ui.kit.theme import FontRole, Role, Space, Theme

ICON_PX = 14
HEIGHT_PX = 20
TINT = 0.13
"""How much of its role's colour the ground takes."""


class PillStyle(NamedTuple):
    """How a state is shown: a word, an icon and a colour; never the colour alone."""

    word: str
    icon: str
    role: Role


_LEAD_PX = ICON_PX + 2 * Space.XS + 2
AROUND_PX = ICON_PX + 3 * Space.XS + Space.S
"""What a pill takes beside its word."""

_MIDDLE = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute
_LEFT = Qt.AlignmentFlag.AlignLeft | _MIDDLE
_RIGHT = Qt.AlignmentFlag.AlignRight | _MIDDLE


def pill_width(style: PillStyle, metrics: QFontMetrics) -> int:
    """Give the width of a whole pill."""
    return metrics.horizontalAdvance(style.word) + AROUND_PX


def paint_pill(
    painter: QPainter,
    rect: QRect,
    style: PillStyle,
    theme: Theme,
    *,
    height: int = 0,
    beneath: Role | None = None,
) -> None:
    """Paint a pill where reading `rect` begins, in the middle of its height; elided if too narrow.

    That is the left, or the right where the painter's direction is from right to left.

    Args:
        height: in pixels; 0 for the usual one.
        beneath: a colour below the tint, where what lies around is coloured itself.
    """
    is_mirrored = painter.layoutDirection() is Qt.LayoutDirection.RightToLeft
    painter.setFont(theme.font(FontRole.SMALL))
    metrics = painter.fontMetrics()
    width, height = min(pill_width(style, metrics), rect.width()), height or theme.px(HEIGHT_PX)
    top = rect.top() + (rect.height() - height) // 2
    pill = QRect(rect.left(), top, width, height)
    icon = QRect(pill.left() + Space.XS + 2, 0, ICON_PX, ICON_PX)
    words = pill.adjusted(_LEAD_PX, 0, 0, 0)
    if is_mirrored:
        pill, icon, words = (mirrored(rect, part) for part in (pill, icon, words))
    ground = QColor(theme.color(style.role))
    ground.setAlphaF(TINT)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    for brush in (ground,) if beneath is None else (theme.color(beneath), ground):
        painter.setBrush(brush)
        painter.drawRoundedRect(pill, height / 2, height / 2)
    painter.restore()
    device = painter.device()
    dpr = device.devicePixelRatioF() if device is not None else 1.0
    corner = QPoint(icon.left(), top + (height - ICON_PX) // 2)
    painter.drawPixmap(corner, theme.pixmap(style.icon, style.role, ICON_PX, dpr))
    painter.setPen(theme.color(Role.TEXT))
    room = width - AROUND_PX
    word = metrics.elidedText(style.word, Qt.TextElideMode.ElideRight, room + 1)
    painter.drawText(words, _RIGHT if is_mirrored else _LEFT, word)


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
