"""The table's header: sorting by one or more columns, and a menu for everything the mouse does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRect, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QHeaderView, QWidget

from opside_desktop.ui.kit.layouts import mirrored
from opside_desktop.ui.kit.override import override
from opside_desktop.ui.kit.theme import ROW, FontRole, Role, Space

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opside_desktop.store.reading.queries import Sort
    from opside_desktop.ui.kit.theme import Theme
    from opside_desktop.ui.tables.rows.table_columns import TableColumn

MIN_WIDTH = 48
WIDER_BY = Space.L
"""How much a column grows by one press of a key."""

_LEFT = Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class RecordsHeader(QHeaderView):
    """Columns by name, with an arrow, and a number where several sort together.

    The header decides nothing: it asks for a sort, a menu or a move by its signals. On the
    keyboard the arrows go from column to column, with Ctrl they move the column, and with Shift
    they make it wider or narrower.
    """

    sort_asked = Signal(str, bool)
    """field, add: sort by it, with `add` behind the keys already there."""

    menu_asked = Signal(int, QPoint)
    """Column number, and the global position of its menu."""

    move_asked = Signal(int, int)
    """Column number, and by how many places: 1 or -1."""

    current_moved = Signal(int)
    """Column number: the keyboard is on its header now."""

    def __init__(self, columns: Sequence[TableColumn], theme: Theme, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._columns = columns
        self._theme = theme
        self._sort: tuple[Sort, ...] = ()
        self._pressed: QPoint | None = None
        self._current = 0
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setObjectName("tableHeader")
        viewport = QWidget()  # known to PySide, as the table's own is
        viewport.setMouseTracking(True)
        self.setViewport(viewport)
        self.setAccessibleName(self.tr("Column headers"))
        self.setSectionsMovable(True)
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        self.setMinimumSectionSize(MIN_WIDTH)
        theme.wear(self, FontRole.SMALL)
        self._take_height()
        theme.changed.connect(self._take_height)

    def _take_height(self) -> None:
        self.setFixedHeight(self._theme.px(ROW + Space.XS))

    @property
    def sort(self) -> tuple[Sort, ...]:
        """Which columns sort the rows."""
        return self._sort

    def set_sort(self, sort: tuple[Sort, ...]) -> None:
        """Show which columns sort the rows."""
        self._sort = sort
        self.viewport().update()

    def go_to(self, section: int) -> None:
        """Put the header's keyboard on a column."""
        self._current = self.visualIndex(section)
        self.current_moved.emit(section)
        self.viewport().update()

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = event.position().toPoint()
        super().mousePressEvent(event)

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        released = event.position().toPoint()
        resizing = self.cursor().shape() == Qt.CursorShape.SplitHCursor
        super().mouseReleaseEvent(event)
        if pressed is None or event.button() is not Qt.MouseButton.LeftButton or resizing:
            return
        section = self.logicalIndexAt(released)
        moved = (released - pressed).manhattanLength() > Space.S
        if section >= 0 and not moved:
            add = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.sort_asked.emit(self._columns[section].field, add)

    @override
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        section = self.logicalIndexAt(event.pos())
        if section >= 0:
            self.menu_asked.emit(section, event.globalPos())

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, held = event.key(), event.modifiers()
        shift = bool(held & Qt.KeyboardModifier.ShiftModifier)
        section = self.logicalIndex(self._current)
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            forward = (key == Qt.Key.Key_Right) is not self.isRightToLeft()
            step = 1 if forward else -1
            if held & Qt.KeyboardModifier.ControlModifier:
                self.move_asked.emit(section, step)
                self._current = self.visualIndex(section)
            elif shift:
                wider = self.sectionSize(section) + step * WIDER_BY
                self.resizeSection(section, max(wider, MIN_WIDTH))
            else:
                self._move_current(step)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.sort_asked.emit(self._columns[section].field, shift)
        elif key == Qt.Key.Key_Menu or (key == Qt.Key.Key_F10 and shift):
            below = QPoint(self.sectionViewportPosition(section), self.height())
            self.menu_asked.emit(section, self.mapToGlobal(below))
        else:
            super().keyPressEvent(event)

    def _move_current(self, step: int) -> None:
        visual = self._current + step
        while 0 <= visual < self.count() and self.isSectionHidden(self.logicalIndex(visual)):
            visual += step
        if 0 <= visual < self.count():
            self._current = visual
            self.current_moved.emit(self.logicalIndex(visual))
            self.viewport().update()

    @override
    def paintSection(self, painter: QPainter, rect: QRect, logical_index: int) -> None:
        column = self._columns[logical_index]
        rank = next((n for n, key in enumerate(self._sort) if key.column == column.field), None)
        painter.save()
        painter.fillRect(rect, self._theme.color(Role.SURFACE))
        line = QRect(rect.left(), rect.bottom(), rect.width(), 1)
        painter.fillRect(line, self._theme.color(Role.LINE))
        mark = 0 if rank is None else Space.L + (Space.S if len(self._sort) > 1 else 0)
        lead = Space.L if self.sectionPosition(logical_index) == 0 else Space.S
        body = self._seen(rect, rect.adjusted(lead, 0, -Space.S, 0))
        words = body.adjusted(0, 0, -mark, 0)
        painter.setFont(self.font())
        painter.setPen(self._theme.color(Role.MUTED if rank is None else Role.TEXT))
        metrics = painter.fontMetrics()
        text = metrics.elidedText(column.name, Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(
            self._seen(body, words),
            _RIGHT if column.is_right_aligned else _LEFT,
            text,
        )
        if rank is not None:
            used = words.width() if column.is_right_aligned else metrics.horizontalAdvance(text)
            beside = QRect(words.left() + used + Space.XS, body.top(), mark, body.height())
            seen = self._seen(body, beside)
            self._paint_mark(painter, seen, rank)
        if self.hasFocus() and self.visualIndex(logical_index) == self._current:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self._theme.color(Role.ACCENT), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(2, 2, -3, -3), Space.XS, Space.XS)
        painter.restore()

    def _seen(self, whole: QRect, part: QRect) -> QRect:
        return mirrored(whole, part) if self.isRightToLeft() else part

    def _paint_mark(self, painter: QPainter, rect: QRect, rank: int) -> None:
        """Paint the direction, and which of several keys it is."""
        down = self._sort[rank].descending
        mirrored = self.isRightToLeft()
        edge = rect.right() - Space.XS if mirrored else rect.left() + Space.XS + 1
        middle = QPointF(edge, rect.center().y() + 1)
        half, tall = 3.5, 2.0 if down else -2.0
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(self._theme.color(Role.ACCENT), 1.5)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawPolyline(
            QPolygonF(
                [
                    middle + QPointF(-half, -tall),
                    middle + QPointF(0, tall),
                    middle + QPointF(half, -tall),
                ]
            )
        )
        if len(self._sort) > 1:
            number = (
                rect.adjusted(0, 0, -Space.M, 0) if mirrored else rect.adjusted(Space.M, 0, 0, 0)
            )
            painter.drawText(number, _LEFT, str(rank + 1))
