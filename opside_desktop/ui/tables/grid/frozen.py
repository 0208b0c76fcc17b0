"""The first columns of a table, standing still while the others move sideways below them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame

from opside_desktop.ui.kit.override import override
from opside_desktop.ui.kit.theme import Role
from opside_desktop.ui.tables.grid.view import RowsView

if TYPE_CHECKING:
    from opside_desktop.ui.kit.theme import Theme
    from opside_desktop.ui.tables.grid.column_layout import ColumnLayout
    from opside_desktop.ui.tables.grid.view import RecordsView
    from opside_desktop.ui.tables.rows.model import RecordsModel

EDGE = 2
"""Pixels of the line between what stays and what moves."""


class FrozenColumns(RowsView):
    """Lies over the left of a table and shows the same rows. The keyboard stays in the table."""

    _is_following = True  # until all of it is made

    def __init__(
        self, table: RecordsView, model: RecordsModel, layout: ColumnLayout, theme: Theme
    ) -> None:
        super().__init__(model, theme, table)
        self._table = table
        self._layout = layout
        self._theme = theme
        self.setObjectName("frozenColumns")
        self.setAccessibleName(self.tr("Columns that stay"))
        self.header.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.header.setSectionsMovable(False)
        self.setSelectionModel(table.selectionModel())
        self.setFocusProxy(table)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAutoScroll(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        theirs, ours = table.verticalScrollBar(), self.verticalScrollBar()
        theirs.valueChanged.connect(ours.setValue)
        ours.valueChanged.connect(theirs.setValue)
        self.header.sort_asked.connect(table.header.sort_asked)
        self.header.sectionHandleDoubleClicked.connect(table.fit)
        self.header.menu_asked.connect(table.header.menu_asked)
        self.header.sectionResized.connect(self._on_section_resized)
        table.header.sectionResized.connect(self.follow)
        table.verticalScrollBar().rangeChanged.connect(self._on_range_changed)
        table.viewport().installEventFilter(self)
        table.hovered.connect(self.hover)
        self.hovered.connect(table.hover)
        self.details_asked.connect(table.details_asked)
        self.menu_asked.connect(table.menu_asked)
        layout.shown.connect(self.follow)
        self._is_following = False
        self.follow()

    def follow(self) -> None:
        """Take the columns, widths and rows that the table has now."""
        if self._is_following:
            return
        self._is_following = True
        try:
            frozen = self._layout.shown_numbers()[: self._layout.frozen]
            for number in range(self.header.count()):
                self.setColumnHidden(number, number not in frozen)
            for visual, number in enumerate(frozen):
                self.header.moveSection(self.header.visualIndex(number), visual)
                self.setColumnWidth(number, self._table.columnWidth(number))
            self.set_row_height(self._table.row_height)
            self.header.set_sort(self._table.header.sort)
            self._lie_over(sum(self.columnWidth(number) for number in frozen))
            self.setVisible(bool(frozen))
            self._table.cover(frozenset(frozen), self.width() if frozen else 0)
        finally:
            self._is_following = False

    def _lie_over(self, width: int) -> None:
        view = self._table.viewport().geometry()
        head = self._table.header.geometry()
        width = min(width, view.width())
        left = view.right() - width + 1 if self.isRightToLeft() else view.left()
        self.setGeometry(left, head.top(), width, head.height() + view.height())
        self.raise_()

    def _on_range_changed(self) -> None:
        self.follow()
        self.updateGeometries()
        self.verticalScrollBar().setValue(self._table.verticalScrollBar().value())

    def _on_section_resized(self, number: int, _before: int, width: int) -> None:
        if not self._is_following:
            self._table.setColumnWidth(number, width)

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the table's size."""
        if event.type() is QEvent.Type.Resize and watched is self._table.viewport():
            self.follow()
        return super().eventFilter(watched, event)

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.LayoutDirectionChange:
            self.follow()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        edge = 0 if self.isRightToLeft() else self.viewport().width() - EDGE
        painter.fillRect(edge, 0, EDGE, self.viewport().height(), self._theme.color(Role.LINE))
        painter.end()
