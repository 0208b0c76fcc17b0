"""The pages of claims, inventory and orders: one component with different columns."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from opside_desktop.domain.accounts import Account
from opside_desktop.domain.columns import OWNER_COLUMN
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import OpsideError
from opside_desktop.domain.ids import SyncId, UserId
from opside_desktop.domain.syncs import SyncKey, SyncRun
from opside_desktop.ui.kit.focus import copy_focused_text
from opside_desktop.ui.kit.layouts import column
from opside_desktop.ui.kit.override import override
from opside_desktop.ui.kit.shortcuts import Shortcut, install
from opside_desktop.ui.pages.page import Page
from opside_desktop.ui.program.facts import empty_words, running_syncs, syncs_of
from opside_desktop.ui.program.services import Services
from opside_desktop.ui.tables.details.row_details import Sheet
from opside_desktop.ui.tables.details.sheets import sheet_of
from opside_desktop.ui.tables.menus import TableMenus
from opside_desktop.ui.tables.rows.clipboard import CopyFormat
from opside_desktop.ui.tables.rows.query import Condition, TableQuery
from opside_desktop.ui.tables.rows.source import RowSource, TableContext
from opside_desktop.ui.tables.rows.table_columns import TABLES, with_owner
from opside_desktop.ui.tables.table import RecordsTable
from opside_desktop.ui.tables.timings import SHIPPED, TableTimings

if TYPE_CHECKING:
    from opside_desktop.store.reading.packed_ids import RowId
    from opside_desktop.ui.dialogs.export import Offer


class RecordsPage(Page):
    """One dataset's rows. New rows of a running sync are announced, and never jump in."""

    def __init__(
        self, dataset: Dataset, services: Services, *, timings: TableTimings = SHIPPED
    ) -> None:
        self.name = dataset.value
        super().__init__(services)
        self._dataset = dataset
        self._accounts: tuple[Account, ...] = ()
        self._names: dict[UserId, str] = {}
        self._counted: dict[UserId, int] = {}
        self._is_old = True
        self._opens_only_row = False
        self._looks_after_load = False
        self._filling: set[SyncKey] = set()
        self._fills_once = False
        self._must_catch_up = False
        self._source = RowSource(
            services.db, dataset, services.formats, newest_syncs=self._newest_syncs
        )
        spec = with_owner(TABLES[dataset], self._account_name)
        self.table = RecordsTable(
            TableContext(spec, self._source, services.theme, services.formats, self.tasks, timings),
            self._read_sheet,
            memory=services.window_state.memory(f"tables/{dataset.value}"),
            # As wide as a person last made one, in whichever table.
            panel_memory=services.window_state.memory("tables/panel"),
        )
        column(self.table, parent=self)
        self.table.sync_asked.connect(self.sync_requested)
        self.table.lost.connect(services.report)
        self.table.link_followed.connect(self.open_requested)
        self.table.model.ids_ready.connect(self._on_ids_ready)
        export = Shortcut("Ctrl+E", self.tr("Export…"), self.export)
        self._menus = TableMenus(self.table, [export])

    @override
    def show_accounts(self, accounts: Sequence[Account]) -> None:
        user_ids = tuple(account.user_id for account in accounts)
        self._accounts = tuple(accounts)
        self._names = {account.user_id: account.display_name for account in accounts}
        self.table.columns.set_available(OWNER_COLUMN, len(accounts) > 1)
        self._write_empty_words()
        if user_ids == self._source.user_ids and self.table.model.has_loaded:
            return
        self._source.user_ids = user_ids
        self._counted.clear()
        self._is_old = True
        if self.isVisible():
            self._read_afresh()

    @override
    def activate(self) -> None:
        if self._is_old:
            self._read_afresh()
        elif self.table.model.is_stalled:
            self.refresh()
        else:
            self._look_for_new()
        self.table.view.setFocus()

    @override
    def take_focus(self) -> None:
        self.table.take_focus()

    @override
    def refresh(self) -> None:
        self._write_empty_words()
        self.table.refresh()

    @override
    def focus_find(self) -> None:
        self.table.filters.find_field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.table.filters.find_field.selectAll()

    @override
    def open_item(self, what: object) -> None:
        """Show what a link named, and open its details where it is the only row."""
        self._is_old = False
        if isinstance(what, Condition):
            self.table.show_rows(TableQuery(conditions=(what,)))
            return
        self._opens_only_row = True
        self.table.look_for(str(what))

    @override
    def page_state(self) -> object:
        return self.table.model.query

    @override
    def restore(self, state: object) -> None:
        if isinstance(state, TableQuery) and state != self.table.model.query:
            self._is_old = False
            self.table.show_rows(state)

    @override
    def close_topmost(self) -> bool:
        filters = self.table.filters
        if self.table.details.close() or filters.chips.close_editor():
            return True
        if filters.clear_find():
            self.table.view.setFocus()
            return True
        return False

    @override
    def on_run(self, run: SyncRun) -> None:
        count = run.result(self._dataset).count
        if self._is_empty():
            # The first rows ever come by themselves, all of them: there is nobody to disturb.
            self._filling.add(run.key)
        if not run.is_running:
            self._fills_once |= run.key in self._filling
            self._filling.discard(run.key)
            self._counted[run.user_id] = count
            if self.isVisible():
                self.is_behind = self._must_catch_up = True
                self.tasks.start("catch up", self._catch_up())
            else:
                self._write_empty_words()
            return
        self._write_empty_words()
        if self._counted.get(run.user_id, 0) != count:
            self._counted[run.user_id] = count
            self.tasks.start("look for new", self._look_soon())

    async def _catch_up(self) -> None:
        """Show the last rows of a sync that has ended, or announce them, at once."""
        model = self.table.model
        try:
            while self._must_catch_up:
                self._must_catch_up = False
                await model.settled()  # what is being read may have begun before the last page
                if self._takes_new_rows():
                    self._fills_once = False
                    self.table.refresh()
                    await model.settled()
                else:
                    # Values may have changed in rows that were here before: they change in place.
                    model.reread()
                    await self._count_new()
        finally:
            self.is_behind = False
            self._write_empty_words()
            self.caught_up.emit()

    @override
    def page_shortcuts(self) -> Sequence[Shortcut]:
        # The rows and their header listen to some keys themselves; these are only told of.
        cell_menu, header = self.table.view.ask_menu_at_current, self.table.view.header.setFocus
        return [
            self._details_shortcut(),
            *self._shortcuts(),
            Shortcut(
                "Menu Shift+F10", self.tr("Menu of the cell, or of the column's header"), cell_menu
            ),
            Shortcut("Shift+Return", self.tr("On a header: sort by this as well"), header),
            Shortcut("Ctrl+Left Ctrl+Right", self.tr("On a header: move the column"), header),
            Shortcut("Shift+Left Shift+Right", self.tr("On a header: narrower, wider"), header),
        ]

    def _details_shortcut(self) -> Shortcut:
        return Shortcut("Space Return", self.tr("Show the row's details"), self.table.details.open)

    def _shortcuts(self) -> Sequence[Shortcut]:
        table, filters = self.table, self.table.filters
        copy_rows = partial(table.copy_rows, CopyFormat.TSV)
        return [
            Shortcut("Ctrl+L", self.tr("Clear all filters"), filters.clear),
            Shortcut("Ctrl+Shift+F", self.tr("Add a filter"), filters.chips.open_menu),
            Shortcut("Ctrl+E", self.tr("Export rows to a file"), self.export),
            Shortcut("Ctrl+G", self.tr("Go to a column"), self._menus.go_to_column),
            Shortcut("Ctrl+C", self.tr("Copy the cell or the selected rows"), self._copy),
            Shortcut("Ctrl+Shift+C", self.tr("Copy the selected rows with headers"), copy_rows),
            *self.panel_shortcuts(table.details.widen),
        ]

    @override
    def install_shortcuts(self) -> None:
        # On the rows only: elsewhere on the page Space and Return press the focused button.
        install(self.table.view, [self._details_shortcut()], Qt.ShortcutContext.WidgetShortcut)
        install(self, self._shortcuts(), Qt.ShortcutContext.WidgetWithChildrenShortcut)

    def _read_afresh(self) -> None:
        self._is_old = False
        self.table.show_rows()

    async def _look_soon(self) -> None:
        timings = self.services.timings
        after_s = timings.first_rows_after_s if self._is_empty() else timings.count_every_s
        await self.services.clock.sleep(after_s)
        self._look_for_new()

    def _look_for_new(self) -> None:
        model = self.table.model
        if not self.isVisible():
            return
        if model.is_loading or not model.has_loaded:
            self._looks_after_load = True
        elif self._takes_new_rows():
            self._fills_once = False
            self.table.refresh()
        else:
            self.tasks.start("count", self._count_new())

    def _takes_new_rows(self) -> bool:
        """Whether new rows come by themselves: the first ones ever, before anybody reads them."""
        is_filling = bool(self._filling) or self._fills_once
        return self._is_empty() or (is_filling and not self.table.is_in_use)

    def _is_empty(self) -> bool:
        model = self.table.model
        return model.has_loaded and not model.rowCount() and not model.query.is_narrowed

    async def _count_new(self) -> None:
        model = self.table.model
        query, shown, ids = model.query, model.rowCount(), model.ids
        try:
            count = await self._source.count(query)
        except OpsideError:
            return  # The sync itself says what is wrong with the database.
        if ids is model.ids and query == model.query:
            self.table.announce_new(count - shown)

    def _on_ids_ready(self) -> None:
        if self._looks_after_load:
            self._looks_after_load = False
            self.tasks.start("look for new", self._look_soon())
        opens, self._opens_only_row = self._opens_only_row, False
        if opens:
            self.table.choose_first()
            if self.table.model.rowCount() == 1:
                self.table.details.open()

    def _newest_syncs(self) -> tuple[SyncId, ...]:
        """The sync that began last of each shown account."""
        known = syncs_of(self.services.board, self._accounts)
        return tuple(one.syncs.newest.sync_id for one in known if one.syncs.newest is not None)

    async def _read_sheet(self, row_id: "RowId") -> Sheet | None:
        from opside_desktop.store.reading.details import details

        found = await details(self.services.db, self._source.user_ids, self._dataset, row_id)
        if found is None:
            return None
        return sheet_of(found, self.services.formats, self._account_name)

    def _copy(self) -> None:
        # A text beside the rows, such as Amazon's JSON, has been chosen to be copied itself.
        if not copy_focused_text():
            self.table.copy()

    def export(self) -> None:
        """Ask what of the shown rows is to be written into a file."""
        from opside_desktop.ui.dialogs.export import ExportDialog

        dialog = ExportDialog(self.services, self.export_offer(), self)
        dialog.decided.connect(self.export_requested)
        dialog.open()

    def export_offer(self) -> "Offer":
        """Tell what is shown now: rows, columns, and which of the rows are chosen."""
        from opside_desktop.ui.dialogs.export import Offer

        table = self.table
        return Offer(
            query=self._source.row_query(table.model.query),
            count=table.model.rowCount() if table.model.is_count_exact else None,
            chosen=table.selection.ids(),
            shown=table.visible_columns(),
            every=table.columns.available(),
            names=self._names,
        )

    def _account_name(self, user_id: UserId) -> str:
        return self._names.get(user_id, "")

    def _write_empty_words(self) -> None:
        services = self.services
        known = syncs_of(services.board, self._accounts)
        title, text = empty_words(self._dataset, known, services.formats)
        is_connected = any(not account.is_elsewhere for account in self._accounts)
        offers_sync = is_connected and not running_syncs(known) and not services.read_only
        self.table.set_empty_words(title, text, offers_sync=offers_sync)
