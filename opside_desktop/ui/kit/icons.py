"""The program's own icons: one family of strokes on a grid of 20, tinted when painted."""

from collections.abc import Callable
from functools import lru_cache

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from opside_desktop.about.resources import resource
from opside_desktop.ui.kit.override import override

Color = Callable[[], QColor]


@lru_cache(maxsize=256)
def _renderer(name: str, color: str) -> QSvgRenderer:
    source = resource(f"icons/{name}.svg").read_text("utf-8")
    return QSvgRenderer(QByteArray(source.replace("currentColor", color).encode()))


def render(name: str, color: QColor, size: QSize, dpr: float = 1.0) -> QPixmap:
    """Paint an icon in one colour. `size` is in logical pixels."""
    pixmap = QPixmap(size * dpr)
    pixmap.setDevicePixelRatio(dpr)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    _renderer(name, color.name()).render(painter, QRectF(0, 0, size.width(), size.height()))
    painter.end()
    return pixmap


class TintedIcon(QIconEngine):
    """Paints in the colour its role has at that moment, so a theme change needs no new icon."""

    def __init__(self, name: str, color: Color, disabled: Color) -> None:
        super().__init__()
        self._name = name
        self._color = color
        self._disabled = disabled

    @override
    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        color = self._disabled() if mode is QIcon.Mode.Disabled else self._color()
        _renderer(self._name, color.name()).render(painter, QRectF(rect))

    @override
    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return pixmap

    @override
    def clone(self) -> QIconEngine:
        return TintedIcon(self._name, self._color, self._disabled)
