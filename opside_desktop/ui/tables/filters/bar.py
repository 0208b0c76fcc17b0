"""The bar above a table: its conditions as chips, the find field, and the count."""

from __future__ import annotations

import asyncio
from functools import cached_property, partial
from typing import TYPE_CHECKING

from msgspec.structs import replace
from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from opside_desktop.domain.errors import OpsideError
from opside_desktop.ui.kit.buttons import (
    tool_button,
)
from opside_desktop.ui.kit.flow import FlowLayout, let_flow
from opside_desktop.ui.kit.focus import Spot
from opside_desktop.ui.kit.labels import (
    label,
    literal,
    literal_tip,
)
from opside_desktop.ui.kit.override import override
from opside_desktop.ui.kit.theme import ICON, FontRole, Role, Space
from opside_desktop.ui.kit.words import dataset_word
from opside_desktop.ui.tables.filters.chips import Chip, condition_words
from opside_desktop.ui.tables.grid.columns import Kind
from opside_desktop.ui.tables.rows.query import Condition, Op, TableQuery

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtGui import QKeyEvent

    from opside_desktop.ui.kit.formats import Formats
    from opside_desktop.ui.kit.tasks import TaskOwner
    from opside_desktop.ui.kit.theme import Theme
    from opside_desktop.ui.tables.filters.editors import Editor, TextEditor
    from opside_desktop.ui.tables.filters.menu import FilterMenus
    from opside_desktop.ui.tables.grid.columns import Column, TableSpec
    from opside_desktop.ui.tables.rows.source import RowSource

FIND_AFTER_S = 0.25
"""How long typing must pause before the table is searched."""

FIND_NARROW, FIND_WIDTH = 120, 240
FIND_STRETCH = 1000
LONGEST_VIEW = 32
"""Characters of a view's name that its button shows."""

SUGGEST_LIMIT_S = 3.0
"""A database that takes longer to find values is left in peace."""

SUGGEST_FROM = 2
"""Characters from which on values are offered."""


class FilterBar(QWidget):
    """Shows the search words and conditions of a query, and changes them."""

    changed = Signal(object)
    """TableQuery: the rows to show now."""

    left = Signal()
    """The find field is done: the keyboard belongs to the rows."""

    columns_asked = Signal(QPoint)
    views_asked = Signal(QPoint)
    more_asked = Signal(QPoint)

    def __init__(
        self,
        spec: TableSpec,
        source: RowSource,
        theme: Theme,
        formats: Formats,
        tasks: TaskOwner,
        columns: Callable[[], Sequence[Column]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._spec = spec
        self._source = source
        self._columns_there_are = columns
        self._theme = theme
        self._formats = formats
        self._query = TableQuery()
        self._editor: Editor | None = None
        self._opener: Spot | None = None
        """What had the keyboard before the editor."""
        self._tasks = tasks
        self._chips = QWidget()
        self._flow = FlowLayout(self._chips, Space.S)
        let_flow(self._chips)
        self._add = self._text_button("plus", "addFilter", self.open_menu)
        self._add.setText(self.tr("Filter"))
        self._add.setAccessibleName(self.tr("Add a filter"))
        self._flow.addWidget(self._add)
        self.find_field = FindField()
        self.find_field.setObjectName("find")
        self.find_field.setPlaceholderText(self.tr("Find in table"))
        self.find_field.setAccessibleName(self.tr("Find in table"))
        self.find_field.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.find_field.addAction(
            theme.icon("search", Role.MUTED), QLineEdit.ActionPosition.LeadingPosition
        )
        self.find_field.textEdited.connect(self._on_find_edited)
        self.find_field.returnPressed.connect(self._on_find_settled)
        self.find_field.left.connect(self.left)
        self.count = label(role="muted", font="small", name="count")
        self._views = self._text_button("chevron-down", "views", self.open_views)
        # The sign that more hides behind it stands on the far side, as in a drop-down list.
        mirrored = self.isRightToLeft()
        directions = Qt.LayoutDirection
        self._views.setLayoutDirection(
            directions.LeftToRight if mirrored else directions.RightToLeft
        )
        self._columns = tool_button(
            theme, "columns", self.tr("Choose columns"), self.open_columns, name="chooseColumns"
        )
        self._more = tool_button(
            theme, "more", self.tr("More for this table"), self.open_more, name="tableMore"
        )
        title = label(dataset_word(spec.dataset), font="page", name="pageTitle")
        top = QHBoxLayout()
        top.setSpacing(Space.S)
        top.addWidget(title)
        top.addSpacing(Space.XS)
        top.addWidget(self._views)
        top.addStretch(1)
        # It gives way where the window is narrow, before the empty space beside it grows.
        top.addWidget(self.find_field, FIND_STRETCH)
        top.addWidget(self._columns)
        top.addWidget(self._more)
        below = QHBoxLayout()
        below.setSpacing(Space.M)
        below.addWidget(self._chips, 1)
        self._on_theme_changed()
        theme.changed.connect(self._on_theme_changed)
        below.addWidget(self.count, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.L, Space.M, Space.L, Space.S)
        column.setSpacing(Space.S)
        column.addLayout(top)
        column.addLayout(below)

    @property
    def has_editor(self) -> bool:
        """Whether a chip is being written."""
        return self._editor is not None

    @cached_property
    def menus(self) -> FilterMenus:
        """The menus that build conditions, made when the first is wanted."""
        from opside_desktop.ui.tables.filters.menu import FilterMenus

        menus = FilterMenus(
            self._source,
            self._formats,
            self._tasks,
            lambda: self._query,
            self._columns_there_are,
            self,
        )
        menus.chosen.connect(lambda old, new: self._change(self._query.exchanged(old, new)))
        menus.editor_asked.connect(self.write)
        return menus

    def show_view(self, name: str, *, is_changed: bool) -> None:
        """Name the view that is shown, with a mark where it has been changed."""
        pattern = self.tr("{view} (changed)") if is_changed else "{view}"
        self._views.setText(pattern.format(view=literal(name, LONGEST_VIEW)))
        self._views.setToolTip(literal_tip(name) if len(name) > LONGEST_VIEW else "")
        words = pattern.format(view=name)
        self._views.setAccessibleName(self.tr("View: {view}").format(view=words))

    def show_query(self, query: TableQuery) -> None:
        """Show another query's words and conditions."""
        self._query = query
        if _words_of(self.find_field) != query.search:
            self.find_field.setText(query.search)
        self._tasks.cancel("find")
        self._make_chips()

    def clear(self) -> None:
        """Show everything: no words, no conditions."""
        self.close_editor()
        # Words that were written a moment ago are not looked for yet, and go as well.
        self._tasks.cancel("find")
        self.find_field.clear()
        self._change(replace(self._query, search="", conditions=()))

    def clear_find(self) -> bool:
        """Take the search words away; tells whether there were any."""
        had_words = bool(self.find_field.text())
        self.find_field.clear()
        self._on_find_settled()
        return had_words

    def remove_last(self) -> None:
        """Take away the last condition."""
        self._change(self._query.without_condition(self._query.conditions[-1]))

    def last_words(self) -> str:
        """Say what `remove_last` would take away; empty without a condition."""
        if not self._query.conditions:
            return ""
        return condition_words(self._query.conditions[-1], self._spec, self._formats)

    def add(self, condition: Condition) -> None:
        """Add a condition."""
        self._change(self._query.with_condition(condition))

    def open_menu(self) -> None:
        """Offer the columns to filter by."""
        self.menus.all_columns().popup(_below(self._add))

    def open_views(self) -> None:
        """Offer the saved views."""
        self.views_asked.emit(_below(self._views))

    def open_columns(self) -> None:
        """Offer the columns to show."""
        self.columns_asked.emit(_below(self._columns))

    def open_more(self) -> None:
        """Offer what else there is to do with the table."""
        self.more_asked.emit(_below(self._more))

    def write(self, field: str, op: Op, before: Condition | None = None) -> None:
        """Let a person write a text or a range that a column is to match."""
        from opside_desktop.ui.tables.filters.editors import RANGE_OPS, RangeEditor, TextEditor

        self.close_editor()
        column = self._spec.column(field)
        if column is None:
            return
        editor: Editor
        if op in RANGE_OPS:
            editor = RangeEditor(self._theme, column, self._formats, before, self._chips)
        else:
            text = "" if before is None else str(before.values[0] or "")
            editor = TextEditor(self._theme, column, op, text, self._chips)
            editor.typed.connect(partial(self._on_typed, editor, before))
        self._editor = editor
        editor.done.connect(lambda condition: self._on_written(before, condition))
        editor.given_up.connect(self.close_editor)
        self._flow.insert_widget(self._flow.count() - 1, editor)
        editor.show()
        had_keyboard = QApplication.focusWidget()
        self._opener = None if had_keyboard is None else Spot(had_keyboard, self)
        editor.first_field().setFocus()
        editor.first_field().selectAll()
        self._chips.updateGeometry()

    def close_editor(self) -> bool:
        """Give up a chip that is being written; tells whether there was one."""
        self._tasks.cancel("suggest")
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
        self._tasks.replace("suggest", self._suggest(editor, before, text.strip()))

    async def _suggest(self, editor: TextEditor, before: Condition | None, text: str) -> None:
        from opside_desktop.ui.tables.filters.suggestions import suggest

        await asyncio.sleep(FIND_AFTER_S)
        found: Sequence[tuple[object, int]] = []
        if len(text) >= SUGGEST_FROM:
            query = self._query if before is None else self._query.without_condition(before)
            wanted = query.with_condition(Condition(editor.column.field, Op.CONTAINS, (text,)))
            try:
                async with asyncio.timeout(SUGGEST_LIMIT_S):
                    found = await self._source.choices(wanted, editor.column.field)
            except (OpsideError, TimeoutError):
                return  # Rows that cannot be read say so themselves; a late help is none.
        if self._editor is editor:
            suggest(editor.first_field(), found, self._formats)

    def _on_written(self, before: Condition | None, condition: Condition) -> None:
        self.close_editor()
        self._change(self._query.exchanged(before, condition))

    def _text_button(self, icon: str, name: str, slot: Callable[[], object]) -> QToolButton:
        made = QToolButton()
        made.setObjectName(name)
        made.setIcon(self._theme.icon(icon, Role.MUTED))
        made.setIconSize(QSize(ICON, ICON))
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._theme.wear(made, FontRole.SMALL)
        made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        made.clicked.connect(lambda: slot())
        return made

    def _on_find_edited(self) -> None:
        # Not sooner: the button takes its time to make.
        self.find_field.setClearButtonEnabled(True)
        self._tasks.replace("find", self._find_soon())

    async def _find_soon(self) -> None:
        await asyncio.sleep(FIND_AFTER_S)
        self._on_find_settled()

    def _on_find_settled(self) -> None:
        words = _words_of(self.find_field)
        if words != self._query.search:
            self._change(replace(self._query, search=words))

    def _change(self, query: TableQuery) -> None:
        if query != self._query:
            self.show_query(query)
            self.changed.emit(query)

    def _make_chips(self) -> None:
        for chip in self._chips.findChildren(Chip):
            self._flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        for place, condition in enumerate(self._query.conditions):
            words = condition_words(condition, self._spec, self._formats)
            edit, remove = partial(self._edit, condition), partial(self._remove, condition)
            chip = Chip(self._theme, words, edit, remove)
            self._flow.insert_widget(place, chip)
            chip.show()  # now, for the keyboard to return to
        self._chips.updateGeometry()

    def _on_theme_changed(self) -> None:
        self.find_field.setMinimumWidth(FIND_NARROW)
        self.find_field.setMaximumWidth(max(self._theme.px(FIND_WIDTH), FIND_WIDTH))
        # Beside the first line of chips, however many lines there are.
        self.count.setMinimumHeight(self._add.sizeHint().height())

    def _remove(self, condition: Condition) -> None:
        self._change(self._query.without_condition(condition))

    def _edit(self, condition: Condition, anchor: QToolButton) -> None:
        from opside_desktop.ui.tables.filters.editors import RANGE_OPS, TEXT_OPS

        column = self._spec.column(condition.field)
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
        menu.popup(_below(anchor))


def _below(anchor: QToolButton) -> QPoint:
    """Where a menu of this button begins."""
    return anchor.mapToGlobal(anchor.rect().bottomLeft())


def _words_of(field: QLineEdit) -> str:
    # Lines that were pasted are words like others.
    return " ".join(field.text().split())


class FindField(QLineEdit):
    """Search words; the arrow down goes on to the rows."""

    left = Signal()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down:
            self.left.emit()
            return
        super().keyPressEvent(event)
