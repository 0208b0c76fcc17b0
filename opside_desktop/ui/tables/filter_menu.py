"""The menus that build conditions: the values there are, periods, and texts to look for."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QMenu, QWidget

from opside_desktop.domain.errors import OpsideError
from opside_desktop.ui.override import override
from opside_desktop.ui.tables.chips import period_words, value_words
from opside_desktop.ui.tables.columns import Column, Kind, TableSpec
from opside_desktop.ui.tables.query import NEW_IN_LAST_SYNC, Condition, Op, Period

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opside_desktop.store.queries import FilterValue
    from opside_desktop.ui.formats import Formats
    from opside_desktop.ui.tables.query import TableQuery
    from opside_desktop.ui.tables.source import RowSource
    from opside_desktop.ui.tasks import TaskOwner

CENT = Decimal("0.01")


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

    text_asked = Signal(str)
    """Field: a text to look for in it is to be written."""

    def __init__(
        self,
        spec: TableSpec,
        source: RowSource,
        formats: Formats,
        tasks: TaskOwner,
        query: Callable[[], TableQuery],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.hide()
        self._spec = spec
        self._source = source
        self._formats = formats
        self._tasks = tasks
        self._query = query

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
        texts: list[Column] = []
        for column in self._spec.columns:
            if column.is_choice:
                menu.addMenu(self.choices(column, Op.IS, menu))
            elif column.kind is Kind.MOMENT:
                menu.addMenu(self.periods(column, menu))
            elif column.kind is Kind.MONEY:
                menu.addMenu(self._money(column, menu))
            elif column.kind is Kind.NUMBER:
                menu.addMenu(self._numbers(column, menu))
            else:
                texts.append(column)
        menu.addSeparator()
        for column in texts:
            words = self.tr("{column} contains…").format(column=column.name)
            menu.addAction(words, partial(self.text_asked.emit, column.field))
        return menu

    def choices(self, column: Column, op: Op, parent: QWidget | None = None) -> QMenu:
        """Make the menu of a column's values with their counts, read when it opens."""
        menu = StayOpenMenu(column.name, parent or self)
        menu.setObjectName(f"choices-{column.field}")
        menu.addAction(self.tr("Reading…")).setEnabled(False)
        menu.aboutToShow.connect(
            lambda: self._tasks.replace(
                f"choices-{column.field}", self._read_choices(menu, column, op)
            )
        )
        return menu

    async def _read_choices(self, menu: QMenu, column: Column, op: Op) -> None:
        query = self._query()
        own = self._own_condition(column, op)
        without = query if own is None else query.without_condition(own)
        try:
            found = await self._source.choices(without, column.field)
        except OpsideError as error:
            menu.clear()
            menu.addAction(error.what).setEnabled(False)
            return
        menu.clear()
        if not found:
            menu.addAction(self.tr("No values yet")).setEnabled(False)
        for value, count in found:
            words = value_words(column, value, self._formats)
            action = menu.addAction(f"{words}\t{self._formats.number(count)}")
            action.setCheckable(True)
            action.setChecked(own is not None and value in own.values)
            action.setData(value)
            action.toggled.connect(lambda _: self._on_choice_toggled(menu, column, op))
        menu.adjustSize()

    def _on_choice_toggled(self, menu: QMenu, column: Column, op: Op) -> None:
        values: tuple[FilterValue, ...] = tuple(
            action.data() for action in menu.actions() if action.isChecked()
        )
        own = self._own_condition(column, op)
        self.chosen.emit(own, Condition(column.field, op, values) if values else None)

    def _on_entry_triggered(
        self, own: Condition | None, condition: Condition, _checked: bool = False
    ) -> None:
        self.chosen.emit(own, condition)

    def _own_condition(self, column: Column, op: Op) -> Condition | None:
        return next(
            (c for c in self._query().conditions if c.field == column.field and c.op is op), None
        )

    def periods(self, column: Column, parent: QWidget | None = None) -> QMenu:
        """Make the menu of the periods a date can lie in."""
        own = self._own_condition(column, Op.DURING)
        entries = [
            (period_words(period), Condition(column.field, Op.DURING, (period.value,)))
            for period in Period
        ]
        return self._menu(column, entries, own, parent)

    def _money(self, column: Column, parent: QWidget) -> QMenu:
        entries = [
            (self.tr("Money in"), Condition(column.field, Op.AT_LEAST, (CENT,))),
            (self.tr("Money out"), Condition(column.field, Op.AT_MOST, (-CENT,))),
        ]
        return self._menu(column, entries, None, parent)

    def _numbers(self, column: Column, parent: QWidget) -> QMenu:
        entries = [
            (self.tr("None"), Condition(column.field, Op.AT_MOST, (0,))),
            (self.tr("At least 1"), Condition(column.field, Op.AT_LEAST, (1,))),
            (self.tr("At most 10"), Condition(column.field, Op.AT_MOST, (10,))),
        ]
        return self._menu(column, entries, None, parent)

    def _menu(
        self,
        column: Column,
        entries: Sequence[tuple[str, Condition]],
        own: Condition | None,
        parent: QWidget | None,
    ) -> QMenu:
        menu = QMenu(column.name, parent or self)
        menu.setObjectName(f"choices-{column.field}")
        for words, condition in entries:
            action = QAction(words, menu)
            action.setCheckable(own is not None)
            action.setChecked(condition == own)
            action.triggered.connect(partial(self._on_entry_triggered, own, condition))
            menu.addAction(action)
        return menu
