"""Paints the rows of the history: hairlines, the result as a pill, the focus around a row."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from opside_desktop.ui.kit.override import override
from opside_desktop.ui.kit.pills import paint_pill
from opside_desktop.ui.kit.theme import Role, Space, Theme
from opside_desktop.ui.pages.syncs_model import RunColumn, RunsModel

FOCUS_PX = 1


class RunDelegate(QStyledItemDelegate):
    """Paints what the model answers, in the theme's colours."""

    def __init__(self, model: RunsModel, theme: Theme, table: QTableView) -> None:
        super().__init__(table)
        self._model = model
        self._theme = theme
        self._table = table

    @override
    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        rect, state = option.rect, option.state
        is_selected = bool(state & QStyle.StateFlag.State_Selected)
        if is_selected:
            painter.fillRect(rect, self._theme.color(Role.SELECTION))
        painter.fillRect(
            QRect(rect.left(), rect.bottom(), rect.width(), 1), self._theme.color(Role.LINE)
        )
        col = RunColumn(index.column())
        lead = Space.L if col is RunColumn.RESULT else Space.S
        body = QStyle.visualRect(option.direction, rect, rect.adjusted(lead, 0, -Space.S, -1))
        run = self._model.run_at(index.row())
        if run is None:
            return
        if col is RunColumn.RESULT:
            painter.setLayoutDirection(option.direction)
            paint_pill(painter, body.adjusted(-2, 0, 2, 0), self._model.pill(run), self._theme)
        else:
            # Dates and figures read from left to right in every language.
            painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)
            is_quiet = col in (RunColumn.TRIGGER, RunColumn.PROBLEMS) and not is_selected
            self._paint_text(painter, body, index, option.direction, is_quiet=is_quiet)
        if is_selected and self._table.hasFocus():
            accent = self._theme.color(Role.ACCENT)
            width = rect.width()
            painter.fillRect(QRect(rect.left(), rect.top(), width, FOCUS_PX), accent)
            painter.fillRect(QRect(rect.left(), rect.bottom(), width, FOCUS_PX), accent)

    def _paint_text(
        self,
        painter: QPainter,
        rect: QRect,
        index: QModelIndex | QPersistentModelIndex,
        direction: Qt.LayoutDirection,
        *,
        is_quiet: bool,
    ) -> None:
        painter.setFont(self._model.data(index, Qt.ItemDataRole.FontRole) or self._table.font())
        painter.setPen(self._theme.color(Role.MUTED if is_quiet else Role.TEXT))
        text = str(self._model.data(index, Qt.ItemDataRole.DisplayRole))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
        alignment = Qt.AlignmentFlag(self._model.data(index, Qt.ItemDataRole.TextAlignmentRole))
        seen = QStyle.visualAlignment(direction, alignment) | Qt.AlignmentFlag.AlignAbsolute
        painter.drawText(rect, seen, shown)
