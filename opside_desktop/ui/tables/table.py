"""The table component: filters above, rows in the middle, details beside, the sum below."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from msgspec.structs import replace
from PySide6.QtCore import QItemSelectionModel, Qt, QTimer, Signal
from PySide6.QtWidgets import QSplitter, QWidget

from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import DatabaseGone
from opside_desktop.store.reading.queries import Sort
from opside_desktop.ui.kit.buttons import below
from opside_desktop.ui.kit.layouts import Stretch, column
from opside_desktop.ui.kit.theme import ROW, ROW_COMPACT
from opside_desktop.ui.kit.words import count_words
from opside_desktop.ui.tables.details.side_panel import SidePanel
from opside_desktop.ui.tables.filters.bar import FilterBar
from opside_desktop.ui.tables.filters.chip_row import ChipRow
from opside_desktop.ui.tables.grid.column_layout import ColumnLayout
from opside_desktop.ui.tables.grid.footer import Footer
from opside_desktop.ui.tables.grid.states import TableStates
from opside_desktop.ui.tables.grid.view import RecordsView
from opside_desktop.ui.tables.rows.clipboard import CopyFormat
from opside_desktop.ui.tables.rows.copier import Copier
from opside_desktop.ui.tables.rows.model import RecordsModel
from opside_desktop.ui.tables.rows.query import Condition, Op, TableQuery
from opside_desktop.ui.tables.rows.selection import RowSelection
from opside_desktop.ui.tables.views.saved_views import SavedViews

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from opside_desktop.domain.errors import OpsideError
    from opside_desktop.store.reading.packed_ids import RowId
    from opside_desktop.ui.kit.window_state import Memory
    from opside_desktop.ui.tables.details.row_details import Sheet
    from opside_desktop.ui.tables.grid.frozen import FrozenColumns
    from opside_desktop.ui.tables.rows.source import TableContext
    from opside_desktop.ui.tables.rows.table_columns import TableColumn
    from opside_desktop.ui.tables.views.menu import ViewsMenu


class RecordsTable(QWidget):
    """One dataset's rows, to read, narrow, sort, choose, copy and look into."""

    sync_asked = Signal()
    link_followed = Signal(str, object)
    """page, target: what belongs to a row is on another page."""

    lost = Signal(object)
    """DatabaseGone: rows could not be read; those there stay."""

    def __init__(
        self,
        context: TableContext,
        read_sheet: Callable[[RowId], Awaitable[Sheet | None]],
        *,
        memory: Memory,
        panel_memory: Memory,
    ) -> None:
        super().__init__()
        self.spec = spec = context.spec
        self.theme = theme = context.theme
        self.formats = context.formats
        self.model = RecordsModel(context, self)
        self.view = RecordsView(self.model, theme)
        self.view.setAccessibleName(self.tr("Rows"))
        self.selection = RowSelection(self.model, self.view.selectionModel(), context.tasks, self)
        self.columns = ColumnLayout(spec, self.view.header, theme, self)
        self.views = SavedViews(spec, memory, self.columns, self)
        self.filters = FilterBar(context, ChipRow(context, self.columns.available))
        self.copier = Copier(context, self.model, self.selection, self)
        self.footer = Footer(context, self.model, self.selection)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self.details = SidePanel(
            context, self.view, self.model, self._splitter, read_sheet, panel_memory
        )
        """The side panel: it is opened for the current row, and follows it from then on."""

        self._frozen: FrozenColumns | None = None
        """Made when the first column is to stay."""

        self.states = TableStates(self.view, theme)
        self._build()
        self._busy_time = QTimer(self)
        self._busy_time.setSingleShot(True)
        self._busy_time.setInterval(context.timings.busy_after_ms)
        self._busy_time.timeout.connect(self._on_busy_for_long)
        self._connect()
        self.model.query = self.views.query
        self.filters.show_query(self.views.query)
        self.view.header.set_sort(self.views.query.sort)
        self._on_columns_shown()
        self._on_view_changed()

    def _build(self) -> None:
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self.states.stack)
        column(
            self.filters,
            self.states.above,
            Stretch(self._splitter),
            self.theme.hairline(self),
            self.footer,
            spacing=0,
            parent=self,
        )

    def _connect(self) -> None:
        model, view, header, filters = self.model, self.view, self.view.header, self.filters
        model.loading_changed.connect(self._on_loading_changed)
        model.count_changed.connect(self._show_state)
        model.load_failed.connect(self._on_load_failed)
        header.sort_asked.connect(self._on_sort_asked)
        header.sectionHandleDoubleClicked.connect(view.fit)
        header.move_asked.connect(self.columns.move)
        filters.views_asked.connect(lambda: self.views_menu.pop_up(below(filters.views_button)))
        filters.changed.connect(self._on_filters_changed)
        filters.left.connect(view.setFocus)
        self.columns.shown.connect(self._on_columns_shown)
        self.theme.changed.connect(self._on_columns_shown)
        self.views.changed.connect(self._on_view_changed)
        view.room_changed.connect(self.columns.fill)
        view.details_asked.connect(self.details.open)
        # Giving the choice back must not scroll: the person looks where they look.
        self.selection.will_restore.connect(lambda: view.setAutoScroll(False))
        self.selection.restored.connect(lambda: view.setAutoScroll(True))
        self.selection.restored.connect(self.details.follow)
        self.formats.changed.connect(self._on_formats_changed)
        self.details.closed.connect(view.setFocus)
        self.details.link_followed.connect(self.link_followed)
        self.states.retry_asked.connect(self.refresh)
        self.states.show_new_asked.connect(self.show_new)
        self.states.remove_last_asked.connect(filters.chips.remove_last)
        self.states.clear_find_asked.connect(filters.clear_find)
        self.states.clear_asked.connect(filters.clear)
        self.states.sync_asked.connect(self.sync_asked)
        self.copier.said.connect(self.footer.say)
        self.copier.failed.connect(self._on_load_failed)

    @cached_property
    def views_menu(self) -> ViewsMenu:
        """The menu of saved views, made when it is first wanted."""
        from opside_desktop.ui.tables.views.menu import ViewsMenu

        menu = ViewsMenu(self.views, self)
        menu.chosen.connect(self.show_rows)
        return menu

    # What to show

    def show_rows(self, query: TableQuery | None = None) -> None:
        """Show another query from its first row; None reads the present one afresh."""
        query = query or self.model.query
        self.states.announce("")
        self.view.keeps_rows = False
        self.filters.show_query(query)
        self._show_sort(query)
        self.views.note(query)
        self.model.show_query(query)

    def look_for(self, words: str) -> None:
        """Show only what contains these words."""
        self.show_rows(replace(self.model.query, search=words, conditions=()))

    def refresh(self) -> None:
        """Read the rows again; place, selection, filters and columns stay."""
        self.states.announce("")
        self.view.keeps_rows = True
        self.model.refresh()
        self.details.follow()

    def take_focus(self) -> None:
        """Give the keyboard to the rows, or to what stands in for them until they come."""
        shown = self.states.stack.currentWidget()
        if shown is not None:
            shown.setFocus()

    @property
    def is_in_use(self) -> bool:
        """Whether a person reads something that new rows would push away."""
        view = self.view
        return (
            view.verticalScrollBar().value() > 0
            or self.selection.count > 0
            or self.model.query.is_narrowed
            or self.details.is_open
        )

    def announce_new(self, count: int) -> None:
        """Say quietly that there are more rows than shown; 0 takes the words back."""
        one, many = self.tr("1 new row."), self.tr("{count} new rows.")
        words = one if count == 1 else many.format(count=self.formats.number(count))
        self.states.announce(words if count > 0 else "")

    def show_new(self) -> None:
        """Show the rows that have come meanwhile, from the first row on."""
        self.states.announce("")
        self.view.keeps_rows = False
        self.model.refresh(from_top=True)

    def set_empty_words(self, title: str, text: str, *, offers_sync: bool = True) -> None:
        """Say what an empty table without filters means, and whether a sync would fill it."""
        self.states.set_empty_words(title, text, offers_sync=offers_sync)
        self._show_state()

    def choose_first(self) -> None:
        """Choose the first row, if there is any."""
        if self.model.rowCount():
            flags = QItemSelectionModel.SelectionFlag
            self.view.selectionModel().setCurrentIndex(
                self.model.index(0, 0), flags.ClearAndSelect | flags.Rows
            )

    def sort_by(self, field: str, descending: bool) -> None:
        """Sort by one column."""
        self.show_rows(replace(self.model.query, sort=(Sort(field, descending),)))

    def sort_without(self, field: str) -> None:
        """Leave one of several columns out of the order."""
        query = self.model.query
        kept = tuple(key for key in query.sort if key.column != field)
        self.show_rows(replace(query, sort=kept or query.sort))

    def add_condition(self, condition: Condition) -> None:
        """Narrow the table further."""
        self.filters.chips.add(condition)

    def copy(self) -> None:
        """Copy the chosen rows as cells; of a single row, only the current cell."""
        if self.selection.count > 1:
            self.copy_rows(CopyFormat.CELLS)
        elif self.view.currentIndex().isValid():
            self.copier.copy_cell(self.view.currentIndex())

    def copy_rows(self, form: CopyFormat) -> None:
        """Copy the chosen rows as they are shown."""
        self.copier.copy_rows(self.visible_columns(), form)

    def _on_sort_asked(self, field: str, add: bool) -> None:
        self.show_rows(self.model.query.sorted_by(field, add=add))

    def _on_filters_changed(self, query: TableQuery) -> None:
        self.show_rows(replace(query, sort=self.model.query.sort))

    # Columns

    def visible_columns(self) -> list[TableColumn]:
        """List the columns that are shown, as they stand from left to right."""
        return [self.spec.columns[number] for number in self.columns.shown_numbers()]

    def show_column(self, field: str) -> None:
        """Show a column, if need be, and put the keyboard on it."""
        if field in self.columns.hidden:
            self.columns.set_hidden(field, False)
        number = next(n for n, column in enumerate(self.spec.columns) if column.field == field)
        index = self.view.currentIndex()
        if self.model.rowCount():
            row = index.row() if index.isValid() else max(self.view.rowAt(0), 0)
            flags = QItemSelectionModel.SelectionFlag
            self.view.selectionModel().setCurrentIndex(
                self.model.index(row, number), flags.NoUpdate
            )
        self.view.header.go_to(number)
        self.view.setFocus()

    def fit_all(self) -> None:
        """Make every column as wide as what it shows now."""
        for number in self.columns.shown_numbers():
            self.view.fit(number)

    def reset_columns(self) -> None:
        """Put the columns and the order where they were at first."""
        self.columns.reset()
        self.show_rows(replace(self.model.query, sort=self.spec.sort))

    def _on_columns_shown(self) -> None:
        height = self.theme.px(ROW_COMPACT if self.columns.is_compact else ROW)
        if height != self.view.row_height:
            self.view.set_row_height(height)
        if self.columns.frozen and self._frozen is None:
            from opside_desktop.ui.tables.grid.frozen import FrozenColumns

            self._frozen = FrozenColumns(self.view, self.model, self.columns, self.theme)

    def _show_sort(self, query: TableQuery) -> None:
        self.view.header.set_sort(query.sort)
        if self._frozen is not None:
            self._frozen.header.set_sort(query.sort)

    def _on_view_changed(self) -> None:
        self.filters.show_view(self.views.current.name, is_changed=self.views.is_changed)

    # States

    def _on_loading_changed(self, loading: bool) -> None:
        if loading:
            self._busy_time.start()
            return
        self._busy_time.stop()
        self.view.mark_current()
        if not self.model.is_stalled:
            self.states.take_back_banner()
        self._show_state()

    def _on_busy_for_long(self) -> None:
        self.filters.count.setText(self.tr("Reading…"))
        if not self.model.has_loaded:
            self.states.show_skeleton()

    def _on_load_failed(self, error: OpsideError) -> None:
        if isinstance(error, DatabaseGone):
            # Said once for the whole window, which reads again when the database is back.
            self.lost.emit(error)
        else:
            self.states.show_error(error)

    def _on_formats_changed(self) -> None:
        # "Today" begins at another moment in another zone.
        self.filters.show_query(self.model.query)
        if any(c.op in (Op.DURING, Op.DAYS) for c in self.model.query.conditions):
            self.refresh()

    def _show_state(self) -> None:
        rows, query = self.model.rowCount(), self.model.query
        if rows or not self.model.has_loaded:
            if rows or not self.model.is_loading:
                self.states.show_rows()
            self._show_count()
            return
        if self.model.is_loading:
            return
        QTimer.singleShot(0, self.view.cells.warm_up)
        self._show_count()
        if query.is_narrowed:
            nothing = {
                Dataset.CLAIMS: self.tr("No claims match."),
                Dataset.INVENTORY: self.tr("No SKUs match."),
                Dataset.ORDERS: self.tr("No orders match."),
            }
            last = self.filters.chips.last_words()
            self.states.say_nothing_matches(nothing[self.spec.dataset], query.search, last)
        else:
            self.states.say_empty()

    def _show_count(self) -> None:
        if not self.model.has_loaded:
            return
        words = count_words(self.spec.dataset, self.model.rowCount(), self.formats)
        if not self.model.is_count_exact:
            words = self.tr("more than {count}").format(count=words)
        self.filters.count.setText(words)
