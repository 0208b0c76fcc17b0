"""The view of a table: rows of one height, chosen whole, with a ring around the current cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QHoverEvent,
    QKeyEvent,
    QMouseEvent,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QApplication, QHeaderView, QTableView, QWidget

from opside_desktop.ui.kit.override import override
from opside_desktop.ui.kit.theme import ROW, Space
from opside_desktop.ui.tables.grid.delegate import CellDelegate
from opside_desktop.ui.tables.grid.header import RecordsHeader

if TYPE_CHECKING:
    from opside_desktop.store.reading.packed_ids import RowId
    from opside_desktop.ui.kit.theme import Theme
    from opside_desktop.ui.tables.rows.model import RecordsModel

SAMPLE_ROWS = 200
"""Rows measured to fit a column: never all of them."""

WIDEST = 640


class RowsView(QTableView):
    """Rows of one height, chosen whole; asks for details and menus, and tells what is hovered."""

    details_asked = Signal()
    hovered = Signal(int)
    """Row number: it lies under the mouse now; -1 for none."""

    menu_asked = Signal(QModelIndex, QPoint)
    """The cell and the global position of its menu."""

    def __init__(self, model: RecordsModel, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # Asked for a viewport that Qt has made, PySide loads every class of QtWidgets to find its
        # type: 12 ms. It knows this one.
        self.setViewport(QWidget())
        self.row_height = ROW
        self.header = RecordsHeader(model.columns, theme, self)
        self.setHorizontalHeader(self.header)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().hide()
        self.cells = CellDelegate(model, self.header, theme, self)
        self.setItemDelegate(self.cells)
        self.setModel(model)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        theme.changed.connect(self.viewport().update)

    def set_row_height(self, height: int) -> None:
        """Make all rows this tall."""
        self.row_height = height
        self.verticalHeader().setMinimumSectionSize(height)
        self.verticalHeader().setDefaultSectionSize(height)

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        super().mouseDoubleClickEvent(event)
        if self.indexAt(event.position().toPoint()).isValid():
            self.details_asked.emit()

    @override
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = self.indexAt(event.pos())
        if index.isValid():
            self.menu_asked.emit(index, event.globalPos())

    @override
    def viewportEvent(self, event: QEvent) -> bool:
        # Rows also come to lie under a mouse that rests, so moves of the mouse are not enough.
        if isinstance(event, QHoverEvent):
            leaves = event.type() is QEvent.Type.HoverLeave
            self.hover(-1 if leaves else self.rowAt(int(event.position().y())))
        return super().viewportEvent(event)

    def hover(self, row: int) -> None:
        """Show a row as lying under the mouse; -1 for none."""
        before, self.cells.hovered_row = self.cells.hovered_row, row
        if before == row:
            return
        for number in (before, row):
            if number >= 0:
                top = self.rowViewportPosition(number)
                self.viewport().update(0, top, self.viewport().width(), self.row_height)
        self.hovered.emit(row)


class RecordsView(RowsView):
    """Shows a `RecordsModel`, and tells it what is on screen."""

    room_changed = Signal(int)
    """Pixels there are for columns."""

    def __init__(self, model: RecordsModel, theme: Theme) -> None:
        # Before all else: Qt asks for them while it makes the view.
        self._records = model
        self.keeps_rows = False
        """Whether the next reset shows the same rows again, so that they do not move."""

        self._covered_columns: frozenset[int] = frozenset()
        self._covered_width = 0
        self._top: tuple[RowId, int] | None = None
        """The row that is to be on top after a reset, and its distance from there in pixels."""
        super().__init__(model, theme)
        self.setObjectName("recordsTable")
        super().set_row_height(ROW)
        self.setCornerButtonEnabled(False)
        self.setCornerWidget(QWidget())
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.header.current_moved.connect(self.show_column)
        model.modelAboutToBeReset.connect(self._on_model_about_to_be_reset)
        model.count_changed.connect(self._on_count_changed)
        model.ids_ready.connect(self._on_ids_ready)

    def mark_current(self) -> None:
        """Give the keyboard, where it is here, a cell to start from: that shows where it is."""
        if self.hasFocus() and self._records.rowCount() and not self.currentIndex().isValid():
            first = self._records.index(max(self.rowAt(0), 0), self.header.logicalIndex(0))
            self.selectionModel().setCurrentIndex(first, QItemSelectionModel.SelectionFlag.NoUpdate)

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.mark_current()

    def cover(self, columns: frozenset[int], width: int) -> None:
        """Learn which columns something shows above this view, in so many pixels of its width."""
        self._covered_columns, self._covered_width = columns, width

    @override
    def set_row_height(self, height: int) -> None:
        """Make all rows this tall; the one on top stays there."""
        top = max(self.rowAt(0), 0)
        super().set_row_height(height)
        self.verticalScrollBar().setValue(top * height)

    def fit(self, number: int) -> None:
        """Make a column as wide as what it shows now."""
        column = self._records.columns[number]
        first = max(self.rowAt(0), 0)
        widths = [self.fontMetrics().horizontalAdvance(column.name) + 2 * Space.XL]
        for row_number in range(first, min(first + SAMPLE_ROWS, self._records.rowCount())):
            row = self._records.row(row_number)
            if row is not None:
                widths.append(self.cells.needed_width(row, column))
        self.setColumnWidth(number, min(max(widths), WIDEST))

    def show_column(self, number: int) -> None:
        """Scroll sideways until a column is in sight."""
        if number in self._covered_columns:
            return
        left, width = self.columnViewportPosition(number), self.columnWidth(number)
        bar, room = self.horizontalScrollBar(), self.viewport().width()
        if self.isRightToLeft():
            left = room - left - width
        left -= self._covered_width
        room -= self._covered_width
        if left < 0:
            bar.setValue(bar.value() + left)
        elif left + width > room:
            bar.setValue(bar.value() + min(left, left + width - room))

    def _on_model_about_to_be_reset(self) -> None:
        top = self.rowAt(0)
        row_id = self._records.row_id(top) if top >= 0 else None
        self._top = None
        if self.keeps_rows and row_id is not None and self.verticalScrollBar().value() > 0:
            self._top = (row_id, self.rowViewportPosition(top))

    @override
    def reset(self) -> None:
        super().reset()
        if self._top is None:
            self.scrollToTop()

    def _on_count_changed(self) -> None:
        if not self._records.is_count_exact:
            # The first rows of a query: Qt would wait some milliseconds before it paints, and by
            # then compete with the reading of all ids.
            self.viewport().repaint()

    def _on_ids_ready(self) -> None:
        top, self._top = self._top, None
        ids = self._records.ids
        if top is None or ids is None:
            return
        row_id, offset = top
        try:
            number = ids.index(row_id)
        except ValueError:
            return
        # Until it is laid out, the scroll bar would not go beyond where the former rows ended.
        self.updateGeometries()
        self.verticalScrollBar().setValue(number * self.row_height - offset)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._keep_current_in_sight(event.oldSize().height())
        self.room_changed.emit(self.viewport().width())

    def _keep_current_in_sight(self, height_before: int) -> None:
        """Let nothing that opens below or beside the rows cover the current one."""
        index = self.currentIndex()
        if index.isValid():
            bottom = self.rowViewportPosition(index.row()) + self.row_height
            below = bottom - self.viewport().height()
            if below > 0 and bottom <= height_before:
                self.verticalScrollBar().setValue(self.verticalScrollBar().value() + below)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        first = self.rowAt(0)
        last = self.rowAt(self.viewport().height() - 1)
        if first >= 0:
            self._records.set_visible(first, last if last >= 0 else self._records.rowCount() - 1)
        super().paintEvent(event)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        plain = event.modifiers() in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.KeypadModifier,
        )
        if plain and key in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.currentIndex().isValid():
                self.details_asked.emit()
            return
        shift_f10 = key == Qt.Key.Key_F10 and event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if (key == Qt.Key.Key_Menu or shift_f10) and QApplication.activePopupWidget() is None:
            self.ask_menu_at_current()
            return
        super().keyPressEvent(event)

    @override
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            if QApplication.activePopupWidget() is None:
                self.ask_menu_at_current()
            return
        super().contextMenuEvent(event)

    def ask_menu_at_current(self) -> None:
        """Ask for the menu of the current cell."""
        index = self.currentIndex()
        if index.isValid():
            below = self.visualRect(index).bottomLeft()
            self.menu_asked.emit(index, self.viewport().mapToGlobal(below))

    @override
    def scrollTo(
        self,
        index: QModelIndex | QPersistentModelIndex,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        # A click on a cell that is cut off must not make the columns jump sideways.
        sideways = self.horizontalScrollBar().value()
        super().scrollTo(index, hint)
        if QApplication.mouseButtons() is not Qt.MouseButton.NoButton:
            self.horizontalScrollBar().setValue(sideways)
        elif self._covered_columns:
            self.horizontalScrollBar().setValue(sideways)
            self.show_column(index.column())
