"""Paints the cells: pills, badges, figures and identifiers, straight from the model's rows."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from opside_desktop.ui.kit.layouts import mirrored
from opside_desktop.ui.kit.override import override
from opside_desktop.ui.kit.pills import AROUND_PX, TINT, paint_pill
from opside_desktop.ui.kit.theme import CORNER, ROW, FontRole, Role, Space
from opside_desktop.ui.tables.rows.amazon_words import status_pill
from opside_desktop.ui.tables.rows.model import PLACEHOLDER, RecordsModel
from opside_desktop.ui.tables.rows.table_columns import Kind, TableColumn

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QTableView

    from opside_desktop.store.reading.queries import Row
    from opside_desktop.ui.kit.theme import Theme

PAD = Space.S
LEAD = Space.S
"""How much further the first column stands in, so that it lines up with the page's title."""

MOST_PICTURES = 200
_MIDDLE = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute
_SIDES = (Qt.AlignmentFlag.AlignLeft | _MIDDLE, Qt.AlignmentFlag.AlignRight | _MIDDLE)
_ELIDE = Qt.TextElideMode.ElideRight


class CellDelegate(QStyledItemDelegate):
    """One delegate for all columns.

    It asks the model in Python instead of through roles: about eight calls less for each cell.
    """

    def __init__(
        self, model: RecordsModel, header: QHeaderView, theme: Theme, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._header = header
        self._theme = theme
        self._colors: dict[Role, QColor] = {}
        self._tints: dict[Role, QColor] = {}
        self._pictures: dict[tuple[object, ...], QPixmap] = {}
        self._fonts: dict[FontRole, QFont] = {}
        self._metrics: dict[FontRole, QFontMetrics] = {}
        self._currency_width = 0
        self.hovered_row = -1
        self._is_warm = False
        self._on_selection = False
        self._is_mirrored = False
        self._mock = self.tr("MOCK")
        self._hidden = self.tr("HIDDEN")
        self._badge_font = QFont()
        self._badge_widths: dict[str, int] = {}
        self._zoom = 0
        self._take_theme()
        theme.changed.connect(self._take_theme)

    def _take_theme(self) -> None:
        if self._zoom != self._theme.zoom:
            self._zoom = self._theme.zoom
            self._take_fonts()
        self._take_colors()

    def _take_fonts(self) -> None:
        theme = self._theme
        self._badge_font = QFont(theme.font(FontRole.SMALL))
        self._badge_font.setPixelSize(theme.px(10))
        self._badge_font.setWeight(QFont.Weight.DemiBold)
        badges = QFontMetrics(self._badge_font)
        self._badge_widths = {
            words: badges.horizontalAdvance(words) for words in (self._mock, self._hidden)
        }
        for role in (FontRole.SMALL, FontRole.MONO, FontRole.FIGURES):
            self._fonts[role] = theme.font(role)
            self._metrics[role] = QFontMetrics(self._fonts[role])
        figures = self._metrics[FontRole.FIGURES]
        self._currency_width = max(figures.horizontalAdvance(c) for c in ("EUR", "MXN", "USD"))

    def _take_colors(self) -> None:
        self._pictures.clear()
        self._colors = {role: self._theme.color(role) for role in Role}
        self._tints = {}
        for role, color in self._colors.items():
            tint = QColor(color)
            tint.setAlphaF(TINT)
            self._tints[role] = tint

    @override
    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(self._model.columns[index.column()].width, ROW)

    @override
    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        rect, view = option.rect, cast("QTableView", option.widget)
        column = self._model.columns[index.column()]
        # Not through `option.state`: its flags would load all the names of Qt's styles.
        self._on_selection = view.selectionModel().isSelected(index)
        self._is_mirrored = option.direction is Qt.LayoutDirection.RightToLeft
        if self._on_selection:
            painter.fillRect(rect, self._colors[Role.SELECTION])
        elif index.row() == self.hovered_row:
            painter.fillRect(rect, self._colors[Role.WINDOW])
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, self._colors[Role.LINE])
        if self._is_mirrored:
            # A date or an order's number keeps its own direction.
            painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)
        row = self._model.row(index.row())
        lead = PAD + (LEAD if self._header.sectionPosition(index.column()) == 0 else 0)
        body = (
            rect.adjusted(PAD, 0, -lead, -1)
            if self._is_mirrored
            else rect.adjusted(lead, 0, -PAD, -1)
        )
        if row is None:
            painter.setPen(self._colors[Role.MUTED])
            painter.drawText(body, self._side(far=column.is_right_aligned), PLACEHOLDER)
        elif column.kind is Kind.STATUS:
            self._paint_status(painter, body, self._model.value(row, column.field))
        elif column.kind is Kind.MONEY:
            self._paint_money(painter, body, row, column)
        else:
            self._paint_text(painter, body, row, column)
        if view.hasFocus() and view.currentIndex() == index:
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self._colors[Role.ACCENT], 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(rect).adjusted(1, 1, -1, -2), Space.XS, Space.XS)
            painter.restore()

    def warm_up(self) -> None:
        """Draw what rows are made of once, unseen: else their first paint stalls the loop."""
        if self._is_warm:
            return
        self._is_warm = True
        letters = "".join(map(chr, range(32, 127)))
        unseen = QPixmap(8, ROW)
        painter = QPainter(unseen)
        painter.fillRect(unseen.rect(), self._colors[Role.LINE])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter, unseen.rect(), CORNER, Role.OK)
        for font in (*self._fonts.values(), self._badge_font):
            painter.setFont(font)
            painter.setPen(self._colors[Role.TEXT])
            painter.drawText(unseen.rect(), _SIDES[0], letters)
        painter.end()

    def needed_width(self, row: Row, column: TableColumn) -> int:
        """Give the width at which a cell is shown whole."""
        text = self._model.text(row, column)
        width = self._metrics[_font_role(column)].horizontalAdvance(text) + 2 * PAD + LEAD + 2
        if column.kind is Kind.STATUS:
            width += AROUND_PX
        if column.key:
            width += sum(self._badge_widths[words] + 2 * PAD for words in self._badges(row))
        return width

    def _badges(self, row: Row) -> list[str]:
        """What is to be known of a row before anything else; of most rows nothing."""
        badges = [self._mock] if self._model.is_mock(row) else []
        return [*badges, self._hidden] if self._model.hidden_reason(row) else badges

    def _paint_text(self, painter: QPainter, rect: QRect, row: Row, column: TableColumn) -> None:
        role = _font_role(column)
        if column.key:
            for words in self._badges(row):
                rect = self._paint_badge(painter, rect, words)
        painter.setFont(self._fonts[role])
        painter.setPen(self._quiet_color() if column.quiet else self._colors[Role.TEXT])
        text = self._model.text(row, column)
        metrics = self._metrics[role]
        if metrics.horizontalAdvance(text) > rect.width():
            text = metrics.elidedText(text, _ELIDE, rect.width())
        painter.drawText(rect, self._side(far=column.is_right_aligned), text)

    def _paint_money(self, painter: QPainter, rect: QRect, row: Row, column: TableColumn) -> None:
        """Figures under figures: the currency has its own narrow place behind them."""
        text = self._model.text(row, column)
        if not text:
            return
        painter.setFont(self._fonts[FontRole.FIGURES])
        figures, _, currency = text.rpartition(" ")
        metrics = self._metrics[FontRole.FIGURES]
        room = rect.width() - self._currency_width - Space.XS
        if not figures or metrics.horizontalAdvance(figures) > room:
            painter.setPen(self._colors[Role.TEXT])
            painter.drawText(
                rect, self._side(far=True), metrics.elidedText(text, _ELIDE, rect.width())
            )
            return
        painter.setPen(self._colors[Role.TEXT])
        beside = rect.adjusted(0, 0, -self._currency_width - Space.XS, 0)
        painter.drawText(self._seen(rect, beside), self._side(far=True), figures)
        painter.setPen(self._quiet_color())
        area = rect.adjusted(rect.width() - self._currency_width, 0, 0, 0)
        painter.drawText(self._seen(rect, area), self._side(far=False), currency)

    def _paint_status(self, painter: QPainter, rect: QRect, status: str | None) -> None:
        if status is None:
            return
        area = rect.adjusted(-2, 0, 0, 0)
        key = ("pill", status, area.width(), area.height())
        made = self._picture(painter, key, area.size(), partial(self._draw_pill, status))
        painter.drawPixmap(self._seen(rect, area).topLeft(), made)

    def _draw_pill(self, status: str, painter: QPainter, size: QSize) -> None:
        directions = Qt.LayoutDirection
        painter.setLayoutDirection(
            directions.RightToLeft if self._is_mirrored else directions.LeftToRight
        )
        whole = QRect(QPoint(2 if self._is_mirrored else 0, 0), size - QSize(2, 0))
        paint_pill(
            painter,
            whole,
            status_pill(status),
            self._theme,
            height=size.height() - 2 * Space.XS,
            beneath=Role.SURFACE if self._on_selection else None,
        )

    def _picture(
        self,
        painter: QPainter,
        key: tuple[object, ...],
        size: QSize,
        draw: Callable[[QPainter, QSize], None],
    ) -> QPixmap:
        """Give a part of a cell that many rows show alike; it is drawn once."""
        device = painter.device()
        dpr = device.devicePixelRatioF() if device is not None else 1.0
        key = (*key, dpr, self._on_selection, self._is_mirrored)
        found = self._pictures.get(key)
        if found is None:
            if len(self._pictures) >= MOST_PICTURES:
                self._pictures.clear()
            found = QPixmap(size * dpr)
            found.setDevicePixelRatio(dpr)
            found.fill(Qt.GlobalColor.transparent)
            inner = QPainter(found)
            inner.setRenderHint(QPainter.RenderHint.Antialiasing)
            draw(inner, size)
            inner.end()
            self._pictures[key] = found
        return found

    def _side(self, *, far: bool) -> Qt.AlignmentFlag:
        """Where a text stands: at the side where reading begins, or at the far one."""
        return _SIDES[far is not self._is_mirrored]

    def _seen(self, cell: QRect, part: QRect) -> QRect:
        """Where a part of a cell lies for those who read from right to left, or from left."""
        if not self._is_mirrored:
            return part
        return mirrored(cell, part)

    def _quiet_color(self) -> QColor:
        # On a chosen row the muted colour would lack contrast.
        return self._colors[Role.TEXT if self._on_selection else Role.MUTED]

    def _paint_ground(self, painter: QPainter, rect: QRect, radius: float, role: Role) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        if self._on_selection:
            painter.setBrush(self._colors[Role.SURFACE])
            painter.drawRoundedRect(rect, radius, radius)
        painter.setBrush(self._tints[role])
        painter.drawRoundedRect(rect, radius, radius)

    def _paint_badge(self, painter: QPainter, rect: QRect, words: str) -> QRect:
        """Mark a row that is not a real seller's, or is hidden; gives the room that is left."""
        width = self._badge_widths[words] + 2 * Space.XS
        height = self._theme.px(15)
        top = rect.center().y() - height // 2
        area = QRect(rect.right() - width + 1, top, width, height)
        draw = partial(self._draw_badge, words)
        made = self._picture(painter, ("badge", words), area.size(), draw)
        painter.drawPixmap(self._seen(rect, area).topLeft(), made)
        return self._seen(rect, rect.adjusted(0, 0, -width - Space.XS, 0))

    def _draw_badge(self, words: str, painter: QPainter, size: QSize) -> None:
        badge = QRect(QPoint(0, 0), size)
        role = Role.WARN if words == self._mock else Role.MUTED
        self._paint_ground(painter, badge, CORNER / 2, role)
        painter.setFont(self._badge_font)
        painter.setPen(self._colors[role])
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, words)


def _font_role(column: TableColumn) -> FontRole:
    if column.kind is Kind.ID:
        return FontRole.MONO
    return FontRole.FIGURES if column.is_right_aligned else FontRole.SMALL
