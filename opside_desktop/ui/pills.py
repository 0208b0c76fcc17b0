"""A state as a small pill: icon and word on a tinted ground, the same in tables and elsewhere."""

from typing import NamedTuple

from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter

from opside_desktop.ui.theme import FontRole, Role, Space, Theme

ICON_PX = 14
HEIGHT_PX = 20
TINT = 0.13
"""How much of its role's colour the ground takes."""


class Look(NamedTuple):
    """How a state is shown: a word, an icon and a colour; never the colour alone."""

    word: str
    icon: str
    role: Role


_BESIDE = ICON_PX + 2 * Space.XS + 2 + Space.S
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


def pill_width(look: Look, metrics: QFontMetrics) -> int:
    """Give the width of a whole pill."""
    return metrics.horizontalAdvance(look.word) + _BESIDE


def paint_pill(painter: QPainter, rect: QRect, look: Look, theme: Theme) -> None:
    """Paint a pill at the left of `rect`, in the middle of its height; elided where too narrow."""
    painter.setFont(theme.font(FontRole.SMALL))
    metrics = painter.fontMetrics()
    width, height = min(pill_width(look, metrics), rect.width()), theme.px(HEIGHT_PX)
    top = rect.top() + (rect.height() - height) // 2
    pill = QRect(rect.left(), top, width, height)
    ground = QColor(theme.color(look.role))
    ground.setAlphaF(TINT)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(pill, height / 2, height / 2)
    painter.restore()
    device = painter.device()
    dpr = device.devicePixelRatioF() if device is not None else 1.0
    corner = QPointF(pill.left() + Space.XS + 2, top + (height - ICON_PX) / 2)
    painter.drawPixmap(corner, theme.pixmap(look.icon, look.role, ICON_PX, dpr))
    painter.setPen(theme.color(Role.TEXT))
    room = width - _BESIDE
    word = metrics.elidedText(look.word, Qt.TextElideMode.ElideRight, room + 1)
    painter.drawText(pill.adjusted(_BESIDE - Space.S + 2, 0, 0, 0), _LEFT, word)
