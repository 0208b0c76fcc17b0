"""The table component: filters above, rows in the middle, details beside, the sum below."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from msgspec.structs import replace
from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from opside_desktop.domain.errors import OpsideError
from opside_desktop.store.queries import Sort
from opside_desktop.ui.banner import Banner, Message
from opside_desktop.ui.tables import details
from opside_desktop.ui.tables.copier import Copier
from opside_desktop.ui.tables.copying import CopyForm
from opside_desktop.ui.tables.details import DetailsPanel, Sheet
from opside_desktop.ui.tables.filters import FilterBar
from opside_desktop.ui.tables.footer import Footer
from opside_desktop.ui.tables.memory import ColumnLayout, Memory
from opside_desktop.ui.tables.menus import TableMenus
from opside_desktop.ui.tables.model import RecordsModel
from opside_desktop.ui.tables.query import Condition, Op, TableQuery
from opside_desktop.ui.tables.selection import RowSelection
from opside_desktop.ui.tables.view import RecordsView
from opside_desktop.ui.theme import Space
from opside_desktop.ui.widgets import Choice, EmptyState, Skeleton, button, label
from opside_desktop.ui.words import count_words

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from opside_desktop.ui.formats import Formats
    from opside_desktop.ui.tables.columns import Column, TableSpec
    from opside_desktop.ui.tables.source import RowSource
    from opside_desktop.ui.tasks import TaskOwner
    from opside_desktop.ui.theme import Theme

BUSY_AFTER_MS = 300
DETAILS_AFTER_S = 0.04
"""How long the current row must rest before its details are read: keys repeat faster."""


class RecordsTable(QWidget):
    """One dataset's rows, to read, narrow, sort, choose, copy and look into."""

    sync_asked = Signal()
    link_followed = Signal(str, str)
    """page, target: what belongs to a row is on another page."""

    def __init__(
        self,
        spec: TableSpec,
        source: RowSource,
        read_sheet: Callable[[int], Awaitable[Sheet | None]],
        *,
        theme: Theme,
        formats: Formats,
        tasks: TaskOwner,
        memory: Memory,
        panel_memory: Memory,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.spec = spec
        self._theme = theme
        self.formats = formats
        self._tasks = tasks
        self._source = source
        self._read_sheet = read_sheet
        self._empty_words = ("", "")
        self._offers_sync = True
        self._panel_memory = panel_memory
        self.model = RecordsModel(spec, source, formats, tasks, self)
        self.view = RecordsView(self.model, theme)
        self.view.setAccessibleName(self.tr("Rows"))
        self.selection = RowSelection(self.model, self.view.selectionModel(), tasks, self)
        self.columns = ColumnLayout(spec, self.view.header, memory, self)
        self.filters = FilterBar(spec, source, theme, formats, tasks)
        self.copier = Copier(self.model, self.selection, source, formats, tasks, self)
        self.footer = Footer(self.model, self.selection, source, formats, tasks)
        self.details = DetailsPanel(theme)
        self.details.hide()
        self._menus = TableMenus(self)
        self._skeleton = Skeleton()
        self._empty = EmptyState("", "")
        self._empty.setObjectName("tableEmpty")
        self._build()
        self._busy_time = QTimer(self)
        self._busy_time.setSingleShot(True)
        self._busy_time.setInterval(BUSY_AFTER_MS)
        self._busy_time.timeout.connect(self._on_busy_for_long)
        self._connect()
        self.model.query = TableQuery(sort=self.columns.sort)
        self.view.header.set_sort(self.columns.sort)

    def _build(self) -> None:
        self._stack = QStackedWidget()
        for widget in (self.view, self._skeleton, self._empty):
            self._stack.addWidget(widget)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self._stack)
        self._splitter.addWidget(self.details)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setStretchFactor(1, 0)
        self._splitter.splitterMoved.connect(self._on_splitter_moved)
        self._news = QWidget()
        self._news.setProperty("kind", "bar")
        self._news.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._news.setObjectName("newRows")
        self._news.hide()
        self._news_words = label(font="small", role="info", name="newRowsWords")
        news = QHBoxLayout(self._news)
        news.setContentsMargins(Space.L, 2, Space.L, 2)
        news.addWidget(self._news_words)
        news.addWidget(button(self.tr("Show"), self.show_new, kind="link", name="showNew"))
        news.addStretch(1)
        self._banners = QVBoxLayout()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.filters)
        column.addLayout(self._banners)
        column.addWidget(self._news)
        column.addWidget(self._splitter, 1)
        column.addWidget(self._theme.hairline(self))
        column.addWidget(self.footer)

    def _connect(self) -> None:
        model, header, filters = self.model, self.view.header, self.filters
        model.loading_changed.connect(self._on_loading_changed)
        model.count_changed.connect(self._show_state)
        model.load_failed.connect(self._on_load_failed)
        header.sort_asked.connect(self._on_sort_asked)
        header.direction_asked.connect(self.sort_by)
        header.hide_asked.connect(lambda field: self.columns.set_hidden(field, True))
        header.fit_asked.connect(self.view.fit)
        header.reset_asked.connect(self._on_reset_asked)
        header.columns_asked.connect(self._menus.choose_columns)
        filters.columns_asked.connect(self._menus.choose_columns)
        filters.changed.connect(self._on_filters_changed)
        filters.left.connect(self.view.setFocus)
        self.view.room_changed.connect(self.columns.fill)
        self.view.details_asked.connect(self.open_details)
        self.view.menu_asked.connect(self._on_menu_asked)
        self.view.selectionModel().currentRowChanged.connect(self._on_current_row_changed)
        # Giving the choice back must not scroll: the person looks where they look.
        self.selection.will_restore.connect(lambda: self.view.setAutoScroll(False))
        self.selection.restored.connect(lambda: self.view.setAutoScroll(True))
        self.selection.restored.connect(self._on_current_row_changed)
        self.formats.changed.connect(self._on_formats_changed)
        self.details.close_asked.connect(self.close_details)
        self.details.link_followed.connect(self.link_followed)
        self.copier.said.connect(self.footer.say)
        self.copier.failed.connect(self._on_load_failed)

    # What to show

    def show_rows(self, query: TableQuery | None = None) -> None:
        """Show another query from its first row; None reads the present one afresh."""
        query = query or self.model.query
        self._news.hide()
        self.view.keep_place(False)
        self.filters.show_query(query)
        self.view.header.set_sort(query.sort)
        self.columns.set_sort(query.sort)
        self.model.show_query(query)

    def look_for(self, words: str) -> None:
        """Show only what contains these words."""
        self.show_rows(replace(self.model.query, search=words, conditions=()))

    def refresh(self) -> None:
        """Read the rows again; place, selection, filters and columns stay."""
        self._news.hide()
        self.view.keep_place(True)
        self.model.refresh()
        if not self.details.isHidden():
            self._load_details(after_s=DETAILS_AFTER_S)

    def take_focus(self) -> None:
        """Give the keyboard to the rows, or to what stands in for them until they come."""
        shown = self._stack.currentWidget()
        if shown is not None:
            shown.setFocus()

    def announce_new(self, count: int) -> None:
        """Say quietly that there are more rows than shown; 0 takes the words back."""
        if count <= 0:
            self._news.hide()
            return
        one, many = self.tr("1 new row."), self.tr("{count} new rows.")
        self._news_words.setText(
            one if count == 1 else many.format(count=self.formats.number(count))
        )
        self._news.show()

    def show_new(self) -> None:
        """Show the rows that have come meanwhile, from the first row on."""
        self._news.hide()
        self.view.keep_place(False)
        self.model.refresh(from_top=True)

    def set_empty_words(self, title: str, text: str, *, offers_sync: bool = True) -> None:
        """Say what an empty table without filters means, and whether a sync would fill it."""
        self._empty_words = (title, text)
        self._offers_sync = offers_sync
        self._show_state()

    def sort_by(self, field: str, descending: bool) -> None:
        """Sort by one column."""
        self.show_rows(replace(self.model.query, sort=(Sort(field, descending),)))

    def add_condition(self, condition: Condition) -> None:
        """Narrow the table further."""
        self.filters.add(condition)

    def visible_columns(self) -> list[Column]:
        """List the columns that are shown, as they stand from left to right."""
        header = self.view.header
        order = sorted(range(len(self.spec.columns)), key=header.visualIndex)
        return [self.spec.columns[n] for n in order if not header.isSectionHidden(n)]

    def copy(self) -> None:
        """Copy the chosen rows as cells; of a single row, only the current cell."""
        if self.selection.count > 1:
            self.copy_rows(CopyForm.CELLS)
        elif self.view.currentIndex().isValid():
            self.copier.copy_cell(self.view.currentIndex())

    def copy_rows(self, form: CopyForm) -> None:
        """Copy the chosen rows as they are shown."""
        self.copier.copy_rows(self.visible_columns(), form)

    def _on_sort_asked(self, field: str, add: bool) -> None:
        self.show_rows(self.model.query.sorted_by(field, add=add))

    def _on_filters_changed(self, query: TableQuery) -> None:
        self.show_rows(replace(query, sort=self.model.query.sort))

    def _on_reset_asked(self) -> None:
        self.columns.reset()
        self.show_rows(replace(self.model.query, sort=self.columns.sort))

    # States

    def _on_loading_changed(self, loading: bool) -> None:
        if loading:
            self._busy_time.start()
            return
        self._busy_time.stop()
        if not self.model.is_stalled:
            self._take_back_banner()
        self._show_state()

    def _on_empty_sync(self) -> None:
        self.sync_asked.emit()

    def _on_busy_for_long(self) -> None:
        self.filters.count.setText(self.tr("Reading…"))
        if not self.model.has_loaded:
            self._stack.setCurrentWidget(self._skeleton)

    def _on_load_failed(self, error: OpsideError) -> None:
        self._take_back_banner()
        again = Choice(text=self.tr("Try again"), slot=self.refresh, name="tryAgain")
        banner = Banner(self._theme, Message.of(error, [again]), self)
        banner.setObjectName("tableBanner")
        self._banners.addWidget(banner)

    def _take_back_banner(self) -> None:
        # Asked of the layout, because a person may have closed the banner meanwhile.
        for place in range(self._banners.count()):
            item = self._banners.itemAt(place)
            if item is not None and isinstance(banner := item.widget(), Banner):
                banner.close_banner()

    def _on_formats_changed(self) -> None:
        # "Today" begins at another moment in another zone.
        if any(condition.op is Op.DURING for condition in self.model.query.conditions):
            self.refresh()

    def _show_state(self) -> None:
        rows, query = self.model.rowCount(), self.model.query
        if rows or not self.model.has_loaded:
            if rows or not self.model.is_loading:
                self._stack.setCurrentWidget(self.view)
            self._show_count()
            return
        if self.model.is_loading:
            return
        QTimer.singleShot(0, self.view.cells.warm_up)
        self._show_count()
        if query.is_narrowed:
            self._empty.say(
                {
                    "claims": self.tr("No claims match."),
                    "inventory": self.tr("No SKUs match."),
                    "orders": self.tr("No orders match."),
                }[self.spec.dataset.value],
                "",
                [
                    Choice(
                        text=self.tr("Remove “{filter}”").format(filter=self.filters.last_words()),
                        slot=self.filters.remove_last,
                        name="removeLast",
                    ),
                    Choice(text=self.tr("Clear all"), slot=self.filters.clear, name="clearAll"),
                ],
            )
        else:
            title, text = self._empty_words
            sync = Choice(
                text=self.tr("Sync now"),
                slot=self._on_empty_sync,
                name="emptySyncNow",
                is_primary=True,
            )
            self._empty.say(title, text, [sync] if self._offers_sync else [])
        self._stack.setCurrentWidget(self._empty)

    def _show_count(self) -> None:
        if not self.model.has_loaded:
            return
        words = count_words(self.spec.dataset, self.model.rowCount(), self.formats)
        if not self.model.is_count_exact:
            words = self.tr("more than {count}").format(count=words)
        self.filters.count.setText(words)

    # Details

    def choose_first(self) -> None:
        """Choose the first row, if there is any."""
        if self.model.rowCount():
            flags = QItemSelectionModel.SelectionFlag
            self.view.selectionModel().setCurrentIndex(
                self.model.index(0, 0), flags.ClearAndSelect | flags.Rows
            )

    def open_details(self) -> None:
        """Open the side panel for the current row; it follows the row from then on."""
        if self.details.isHidden():
            self._show_panel()
        self._load_details()

    def close_details(self) -> bool:
        """Close the side panel; tells whether it was open."""
        if self.details.isHidden():
            return False
        self.details.hide()
        self.view.setFocus()
        return True

    def _show_panel(self) -> None:
        """Open the side panel as wide as a person last made one, in whichever table."""
        saved = self._panel_memory.load()
        width = saved if isinstance(saved, int) and saved > 0 else details.WIDTH
        self.details.show()
        self._splitter.setSizes([max(self._splitter.width() - width, 1), width])

    def _on_splitter_moved(self) -> None:
        self._panel_memory.save(self.details.width())

    def _on_current_row_changed(self) -> None:
        if not self.details.isHidden():
            self._load_details(after_s=DETAILS_AFTER_S)

    def _load_details(self, after_s: float = 0) -> None:
        index = self.view.currentIndex()
        row_id = self.model.row_id(index.row()) if index.isValid() else None
        if row_id is None:
            self.details.show_sheet(None)
        else:
            self._tasks.replace("details", self._show_details(row_id, after_s))

    async def _show_details(self, row_id: int, after_s: float) -> None:
        await asyncio.sleep(after_s)
        try:
            sheet = await self._read_sheet(row_id)
        except OpsideError as error:
            self.details.say(error.sentence)
            return
        if sheet is None:
            self.details.say(self.tr("This row is no longer in the database."))
        else:
            self.details.show_sheet(sheet)

    def _on_menu_asked(self, index: QModelIndex, place: QPoint) -> None:
        self._menus.cell_menu(index).popup(place)
