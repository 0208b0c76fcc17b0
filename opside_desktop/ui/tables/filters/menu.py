"""The menus that build conditions: the values there are, periods, and texts to look for."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QMenu, QWidget
from shiboken6 import isValid

from opside_desktop.domain.errors import OpsideError
from opside_desktop.ui.kit.labels import literal
from opside_desktop.ui.kit.override import override
from opside_desktop.ui.tables.filters.chips import direction_words, period_words, value_words
from opside_desktop.ui.tables.rows.query import NEW_IN_LAST_SYNC, Condition, Op, Period
from opside_desktop.ui.tables.rows.table_columns import Kind, TableColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opside_desktop.store.reading.queries import FilterValue
    from opside_desktop.ui.tables.rows.query import TableQuery
    from opside_desktop.ui.tables.rows.source import TableContext

LONGEST = 56
"""Characters of a value that a menu shows."""


class StayOpenMenu(QMenu):
    """A menu that stays while its ticks are set."""

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        action = self.activeAction()
        if action is not None and action.isCheckable() and action.isEnabled():
            action.trigger()
            return
        super().mouseReleaseEvent(event)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        action = self.activeAction()
        if event.key() == Qt.Key.Key_Space and action is not None and action.isCheckable():
            action.trigger()
            return
        super().keyPressEvent(event)


class FilterMenus(QWidget):
    """Makes the menus of one table. It only asks; what is shown is decided by who listens."""

    chosen = Signal(object, object)
    """Condition or None: the one before, and the one that takes its place."""

    editor_asked = Signal(str, object)
    """field, Op: a text or a range for it is to be written."""

    def __init__(
        self,
        context: TableContext,
        query: Callable[[], TableQuery],
        columns: Callable[[], Sequence[TableColumn]],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.hide()
        self._context = context
        self._query = query
        self._columns = columns

    def all_columns(self) -> QMenu:
        """Make the menu of every column that can be filtered."""
        menu = QMenu(self)
        menu.setObjectName("filterMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        new = menu.addAction(
            self.tr("New in the last sync"), lambda: self.chosen.emit(None, NEW_IN_LAST_SYNC)
        )
        new.setObjectName("newInLastSync")
        menu.addSeparator()
        for column in self._columns():
            menu.addMenu(self.of_column(column, menu))
        return menu

    def of_column(self, column: TableColumn, parent: QWidget | None = None) -> QMenu:
        """Make the menu of the conditions on one column."""
        if column.is_choice:
            return self.choices(column, Op.IS, parent)
        menu = QMenu(column.name, parent or self)
        menu.setObjectName(f"choices-{column.field}")
        entries: list[tuple[str, Condition]] = []
        if column.kind is Kind.MOMENT:
            entries = [
                (
                    _capital(period_words(period)),
                    Condition(column.field, Op.DURING, (period.value,)),
                )
                for period in Period
            ]
        elif column.kind is Kind.MONEY:
            entries = [
                (_capital(direction), Condition(column.field, op, values))
                for (op, values), direction in direction_words().items()
            ]
        elif column.kind is Kind.NUMBER:
            entries = [
                (self.tr("None"), Condition(column.field, Op.AT_MOST, (0,))),
                (self.tr("At least 1"), Condition(column.field, Op.AT_LEAST, (1,))),
                (self.tr("At most 10"), Condition(column.field, Op.AT_MOST, (10,))),
            ]
        self._add(menu, entries)
        if entries:
            menu.addSeparator()
        self._add_editors(menu, column)
        menu.addSeparator()
        self._add(
            menu,
            [
                (self.tr("Is empty"), Condition(column.field, Op.EMPTY, ())),
                (self.tr("Is not empty"), Condition(column.field, Op.FILLED, ())),
            ],
        )
        return menu

    def _add_editors(self, menu: QMenu, column: TableColumn) -> None:
        write, field = self.editor_asked.emit, column.field
        if column.kind in (Kind.ID, Kind.TEXT):
            menu.addAction(self.tr("Contains…"), partial(write, field, Op.CONTAINS))
            menu.addAction(self.tr("Is…"), partial(write, field, Op.IS))
            return
        op = Op.DAYS if column.kind is Kind.MOMENT else Op.BETWEEN
        menu.addAction(self.tr("From … to …"), partial(write, field, op))

    def _add(self, menu: QMenu, entries: Sequence[tuple[str, Condition]]) -> None:
        present = self._query().conditions
        for words, condition in entries:
            action = QAction(words, menu)
            action.setCheckable(True)
            action.setChecked(condition in present)
            action.triggered.connect(partial(self._on_entry_triggered, action, condition))
            menu.addAction(action)

    def _on_entry_triggered(
        self, action: QAction, condition: Condition, _checked: bool = False
    ) -> None:
        if action.isChecked():
            self.chosen.emit(None, condition)
        else:
            self.chosen.emit(condition, None)

    def choices(self, column: TableColumn, op: Op, parent: QWidget | None = None) -> QMenu:
        """Make the menu of a column's values with their counts, read when it opens."""
        menu = StayOpenMenu(column.name, parent or self)
        menu.setObjectName(f"choices-{column.field}")
        menu.addAction(self.tr("Reading…")).setEnabled(False)
        menu.aboutToShow.connect(
            lambda: self._context.tasks.replace(
                f"choices-{column.field}", self._read_choices(menu, column, op)
            )
        )
        # Nobody waits for values of a menu that is closed.
        menu.aboutToHide.connect(lambda: self._context.tasks.cancel(f"choices-{column.field}"))
        return menu

    async def _read_choices(self, menu: QMenu, column: TableColumn, op: Op) -> None:
        query = self._query()
        own = self._own_condition(column, op)
        told = ""
        without = query if own is None else query.without_condition(own)
        found: Sequence[tuple[Any, int]] = []
        try:
            found = await self._context.source.choices(without, column.field)
        except OpsideError as error:
            told = error.what
        if not isValid(menu):
            return  # closed meanwhile
        menu.clear()
        if not found:
            menu.addAction(told or self.tr("No values yet")).setEnabled(False)
        for value, count in found:
            words = literal(value_words(column, value, self._context.formats), LONGEST)
            action = menu.addAction(f"{words}\t{self._context.formats.number(count)}")
            action.setCheckable(True)
            action.setChecked(own is not None and value in own.values)
            action.setData(value)
            action.toggled.connect(lambda _: self._on_choice_toggled(menu, column, op))
        menu.adjustSize()
        # It has grown: what would lie below the screen moves up.
        screen, area = menu.screen().availableGeometry(), menu.geometry()
        top = max(min(area.top(), screen.bottom() - area.height()), screen.top())
        menu.move(area.left(), top)

    def _on_choice_toggled(self, menu: QMenu, column: TableColumn, op: Op) -> None:
        values: tuple[FilterValue, ...] = tuple(
            action.data() for action in menu.actions() if action.isChecked()
        )
        own = self._own_condition(column, op)
        self.chosen.emit(own, Condition(column.field, op, values) if values else None)

    def _own_condition(self, column: TableColumn, op: Op) -> Condition | None:
        return next(
            (c for c in self._query().conditions if c.field == column.field and c.op is op), None
        )


def _capital(words: str) -> str:
    """Begin an entry as the others of a menu begin; in a chip the words stand in a sentence."""
    return words[:1].upper() + words[1:]
