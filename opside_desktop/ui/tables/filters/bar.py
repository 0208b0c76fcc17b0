"""The bar above a table: its conditions as chips, the find field, and the count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QWidget

from opside_desktop.ui.kit.buttons import text_button, tool_button
from opside_desktop.ui.kit.labels import label, literal, literal_tip
from opside_desktop.ui.kit.layouts import Stretch, column, row
from opside_desktop.ui.kit.override import override
from opside_desktop.ui.kit.theme import Role, Space
from opside_desktop.ui.kit.words import dataset_word
from opside_desktop.ui.tables.rows.query import TableQuery

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent

    from opside_desktop.ui.tables.filters.chip_row import ChipRow
    from opside_desktop.ui.tables.rows.source import TableContext

FIND_NARROW, FIND_WIDTH = 120, 240
FIND_STRETCH = 1000
LONGEST_VIEW = 32
"""Characters of a view's name that its button shows."""


class FilterBar(QWidget):
    """Shows the search words and conditions of a query, and changes them."""

    changed = Signal(object)
    """TableQuery: the rows to show now."""

    left = Signal()
    """The find field is done: the keyboard belongs to the rows."""

    columns_asked = Signal()
    views_asked = Signal()
    more_asked = Signal()

    def __init__(self, context: TableContext, chips: ChipRow) -> None:
        super().__init__()
        theme = context.theme
        self._context = context
        self._query = TableQuery()
        self.chips = chips
        self.chips.asked.connect(self._change)
        self.chips.left.connect(self.left)
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
        self.views_button = text_button(
            theme, "chevron-down", "", self.views_asked.emit, name="views"
        )
        # The sign that more hides behind it stands on the far side, as in a drop-down list.
        mirrored = self.isRightToLeft()
        directions = Qt.LayoutDirection
        self.views_button.setLayoutDirection(
            directions.LeftToRight if mirrored else directions.RightToLeft
        )
        self.columns_button = tool_button(
            theme,
            "columns",
            self.tr("Choose columns"),
            self.columns_asked.emit,
            name="chooseColumns",
        )
        self.more_button = tool_button(
            theme, "more", self.tr("More for this table"), self.more_asked.emit, name="tableMore"
        )
        title = label(dataset_word(context.spec.dataset), font="page", name="pageTitle")
        top = row(
            title,
            Space.XS,
            self.views_button,
            Stretch(),
            # It gives way where the window is narrow, before the empty space beside it grows.
            Stretch(self.find_field, FIND_STRETCH),
            self.columns_button,
            self.more_button,
        )
        second = row(Stretch(self.chips), self.count, spacing=Space.M)
        second.setAlignment(self.count, Qt.AlignmentFlag.AlignTop)
        column(top, second, margins=(Space.L, Space.M, Space.L, Space.S), parent=self)
        self._on_theme_changed()
        theme.changed.connect(self._on_theme_changed)

    def show_view(self, name: str, *, is_changed: bool) -> None:
        """Name the view that is shown, with a mark where it has been changed."""
        pattern = self.tr("{view} (changed)") if is_changed else "{view}"
        self.views_button.setText(pattern.format(view=literal(name, LONGEST_VIEW)))
        self.views_button.setToolTip(literal_tip(name) if len(name) > LONGEST_VIEW else "")
        words = pattern.format(view=name)
        self.views_button.setAccessibleName(self.tr("View: {view}").format(view=words))

    def show_query(self, query: TableQuery) -> None:
        """Show another query's words and conditions."""
        self._query = query
        if _words_of(self.find_field) != query.search:
            self.find_field.setText(query.search)
        self._context.tasks.cancel("find")
        self.chips.show_query(query)

    def clear(self) -> None:
        """Show everything: no words, no conditions."""
        self.chips.close_editor()
        # Words that were written a moment ago are not looked for yet, and go as well.
        self._context.tasks.cancel("find")
        self.find_field.clear()
        self._change(replace(self._query, search="", conditions=()))

    def clear_find(self) -> bool:
        """Take the search words away; tells whether there were any."""
        had_words = bool(self.find_field.text())
        self.find_field.clear()
        self._on_find_settled()
        return had_words

    def _on_find_edited(self) -> None:
        # Not sooner: the button takes its time to make.
        self.find_field.setClearButtonEnabled(True)
        self._context.tasks.debounce("find", self._context.timings.find_after_s, self._find)

    async def _find(self) -> None:
        self._on_find_settled()

    def _on_find_settled(self) -> None:
        words = _words_of(self.find_field)
        if words != self._query.search:
            self._change(replace(self._query, search=words))

    def _change(self, query: TableQuery) -> None:
        if query != self._query:
            self.show_query(query)
            self.changed.emit(query)

    def _on_theme_changed(self) -> None:
        self.find_field.setMinimumWidth(FIND_NARROW)
        self.find_field.setMaximumWidth(max(self._context.theme.px(FIND_WIDTH), FIND_WIDTH))
        # Beside the first line of chips, however many lines there are.
        self.count.setMinimumHeight(self.chips.line_height)


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
