"""The conditions of a table as a row of chips, and the chip that is being written."""

from __future__ import annotations

import asyncio
from functools import cached_property, partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QWidget

from opside_desktop.domain.errors import OpsideError
from opside_desktop.ui.kit.buttons import below, text_button
from opside_desktop.ui.kit.flow import FlowLayout
from opside_desktop.ui.kit.focus import Spot
from opside_desktop.ui.kit.theme import Space
from opside_desktop.ui.tables.filters.chips import Chip, condition_words
from opside_desktop.ui.tables.rows.query import Condition, Op, TableQuery
from opside_desktop.ui.tables.rows.table_columns import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtWidgets import QToolButton

    from opside_desktop.ui.tables.filters.editors import Editor, TextEditor
    from opside_desktop.ui.tables.filters.menu import FilterMenus
    from opside_desktop.ui.tables.rows.source import TableContext
    from opside_desktop.ui.tables.rows.table_columns import TableColumn

SUGGEST_FROM = 2
"""Characters from which on values are offered."""


class ChipRow(QWidget):
    """Shows the conditions of a query; asks for others as a person changes them."""

    asked = Signal(object)
    """TableQuery: the one shown, with other conditions."""

    left = Signal()
    """Writing is done, and what had the keyboard before is gone."""

    def __init__(self, context: TableContext, columns: Callable[[], Sequence[TableColumn]]) -> None:
        super().__init__()
        self._context = context
        self._columns = columns
        self._query = TableQuery()
        self._editor: Editor | None = None
        self._opener: Spot | None = None
        """What had the keyboard before the editor."""
        self._flow = FlowLayout(self, Space.S)
        words, open_menu = self.tr("Filter"), self.open_menu
        self._add = text_button(context.theme, "plus", words, open_menu, name="addFilter")
        self._add.setAccessibleName(self.tr("Add a filter"))
        self._flow.addWidget(self._add)

    @property
    def line_height(self) -> int:
        """How high one line of chips is, in pixels."""
        return self._add.sizeHint().height()

    def show_query(self, query: TableQuery) -> None:
        """Show another query's conditions."""
        self._query = query
        self._make_chips()

    @cached_property
    def menus(self) -> FilterMenus:
        """The menus that build conditions, made when the first is wanted."""
        from opside_desktop.ui.tables.filters.menu import FilterMenus

        menus = FilterMenus(self._context, lambda: self._query, self._columns, self)
        menus.chosen.connect(lambda old, new: self.asked.emit(self._query.exchanged(old, new)))
        menus.editor_asked.connect(self.write)
        return menus

    def remove_last(self) -> None:
        """Take away the last condition."""
        self.asked.emit(self._query.without_condition(self._query.conditions[-1]))

    def last_words(self) -> str:
        """Say what `remove_last` would take away; empty without a condition."""
        if not self._query.conditions:
            return ""
        return self._words(self._query.conditions[-1])

    def add(self, condition: Condition) -> None:
        """Add a condition."""
        self.asked.emit(self._query.with_condition(condition))

    def open_menu(self) -> None:
        """Offer the columns to filter by."""
        self.menus.all_columns().popup(below(self._add))

    def write(self, field: str, op: Op, before: Condition | None = None) -> None:
        """Let a person write a text or a range that a column is to match."""
        from opside_desktop.ui.tables.filters.editors import RANGE_OPS, RangeEditor, TextEditor

        self.close_editor()
        column = self._context.spec.column(field)
        if column is None:
            return
        editor: Editor
        if op in RANGE_OPS:
            editor = RangeEditor(self._context.theme, column, self._context.formats, before, self)
        else:
            text = "" if before is None else str(before.values[0] or "")
            editor = TextEditor(self._context.theme, column, op, text, self)
            editor.typed.connect(partial(self._on_typed, editor, before))
        self._editor = editor
        editor.done.connect(lambda condition: self._on_written(before, condition))
        editor.given_up.connect(self.close_editor)
        self._flow.insert_widget(self._flow.count() - 1, editor)
        editor.show()
        had_keyboard = QApplication.focusWidget()
        self._opener = (
            None if had_keyboard is None else Spot(had_keyboard, self.parentWidget() or self)
        )
        editor.fields[0].setFocus()
        editor.fields[0].selectAll()
        self.updateGeometry()

    def close_editor(self) -> bool:
        """Give up a chip that is being written; tells whether there was one."""
        self._context.tasks.cancel("suggest")
        editor, self._editor = self._editor, None
        if editor is None:
            return False
        self._flow.removeWidget(editor)
        opener, self._opener = self._opener, None
        found = None if opener is None else opener.found()
        # Where it was, such as the chip itself; else the rows.
        if found is None:
            self.left.emit()
        else:
            found.setFocus()
        editor.hide()
        editor.deleteLater()
        return True

    def _on_typed(self, editor: TextEditor, before: Condition | None, text: str) -> None:
        work = partial(self._suggest, editor, before, text.strip())
        self._context.tasks.debounce("suggest", self._context.timings.find_after_s, work)

    async def _suggest(self, editor: TextEditor, before: Condition | None, text: str) -> None:
        from opside_desktop.ui.tables.filters.suggestions import suggest

        found: Sequence[tuple[object, int]] = []
        if len(text) >= SUGGEST_FROM:
            query = self._query if before is None else self._query.without_condition(before)
            wanted = query.with_condition(Condition(editor.column.field, Op.CONTAINS, (text,)))
            try:
                async with asyncio.timeout(self._context.timings.suggest_s):
                    found = await self._context.source.choices(wanted, editor.column.field)
            except (OpsideError, TimeoutError):
                return  # Rows that cannot be read say so themselves; a late help is none.
        if self._editor is editor:
            suggest(editor.fields[0], found, self._context.formats)

    def _on_written(self, before: Condition | None, condition: Condition) -> None:
        self.close_editor()
        self.asked.emit(self._query.exchanged(before, condition))

    def _make_chips(self) -> None:
        for chip in self.findChildren(Chip):
            self._flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        for number, condition in enumerate(self._query.conditions):
            edit, remove = partial(self._edit, condition), partial(self._remove, condition)
            chip = Chip(self._context.theme, self._words(condition), edit, remove)
            self._flow.insert_widget(number, chip)
            chip.show()  # now, for the keyboard to return to
        self.updateGeometry()

    def _words(self, condition: Condition) -> str:
        return condition_words(condition, self._context.spec, self._context.formats)

    def _remove(self, condition: Condition) -> None:
        self.asked.emit(self._query.without_condition(condition))

    def _edit(self, condition: Condition, anchor: QToolButton) -> None:
        from opside_desktop.ui.tables.filters.editors import RANGE_OPS, TEXT_OPS

        column = self._context.spec.column(condition.field)
        is_text = column is not None and column.kind in (Kind.ID, Kind.TEXT)
        if column is None:
            menu = self.menus.all_columns()
        elif condition.op in RANGE_OPS or (
            is_text and condition.op in TEXT_OPS and len(condition.values) == 1
        ):
            self.write(column.field, condition.op, condition)
            return
        elif column.is_choice and condition.op in (Op.IS, Op.IS_NOT):
            menu = self.menus.choices(column, condition.op)
        else:
            menu = self.menus.of_column(column)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(below(anchor))
