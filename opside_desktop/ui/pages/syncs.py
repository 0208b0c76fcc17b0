"""The history of syncs: every run, newest first, live while one runs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QSplitter, QStackedWidget, QWidget

from opside_desktop.domain.accounts import Account
from opside_desktop.domain.syncs import SyncKey, SyncRun
from opside_desktop.store.runs import sync_runs
from opside_desktop.ui.kit.buttons import Choice, button
from opside_desktop.ui.kit.labels import label
from opside_desktop.ui.kit.layouts import Stretch, column, row
from opside_desktop.ui.kit.override import override
from opside_desktop.ui.kit.panels import PanelWidth
from opside_desktop.ui.kit.placeholders import EmptyState, Skeleton
from opside_desktop.ui.kit.shortcuts import Shortcut, install
from opside_desktop.ui.kit.theme import Space
from opside_desktop.ui.pages.page import Page
from opside_desktop.ui.pages.sync_details import SyncDetails
from opside_desktop.ui.pages.syncs_table import ACCOUNT, RunsModel, SyncsTable
from opside_desktop.ui.program.services import Services
from opside_desktop.ui.program.sync_actions import SyncActions

if TYPE_CHECKING:
    from opside_desktop.domain.ids import UserId

PAGE_SIZE = 200
WIDTH = 360


class SyncsPage(Page):
    """Runs in a table, and one of them in full beside it."""

    name = "syncs"

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._names: dict[UserId, str] = {}
        self._total = 0
        self._is_loaded = False
        self._wanted: SyncKey | None = None
        self._actions = SyncActions(services, self)
        self._model = RunsModel(services.theme, services.formats, self)
        self._table = SyncsTable(self._model, services.theme)
        self._table.selectionModel().currentRowChanged.connect(self._on_current_changed)
        self._table.clicked.connect(self._open_current)
        self._details = SyncDetails(
            services.theme,
            services.formats,
            on_close=self.close_topmost,
            on_cancel=self._on_cancel_clicked,
        )
        self._count = label(role="muted", name="syncsCount")
        self._more = button(self.tr("Show more"), self._on_more, kind="link", name="syncsMore")
        self._empty = EmptyState("", "")
        self._stack = QStackedWidget()
        self._splitter = QSplitter()
        self._splitter.addWidget(self._stack)
        self._width = PanelWidth(
            self._splitter,
            self._details,
            services.window_state.memory("syncs/panel"),
            lambda: services.theme.px(WIDTH),
        )
        self._arrange()

    @override
    def show_accounts(self, accounts: Sequence[Account]) -> None:
        self._names = {account.user_id: account.display_name for account in accounts}
        self._is_loaded = False
        self._table.setColumnHidden(ACCOUNT, len(accounts) == 1)
        if self.isVisible():
            self.refresh()

    @override
    def activate(self) -> None:
        if not self._is_loaded:
            self.refresh()
        self._table.setFocus()

    @override
    def take_focus(self) -> None:
        self._table.setFocus()

    @override
    def refresh(self) -> None:
        self.tasks.replace("history", self._load())

    @override
    def on_run(self, run: SyncRun) -> None:
        if not self._is_loaded:
            return
        is_new = self._model.row_of(run.key) is None
        self._model.update_run(run)
        self._total += is_new
        self._write_count()
        shown = self._details.run
        if shown is not None and shown.key == run.key:
            self._show_details(run)

    @override
    def open_item(self, what: object) -> None:
        self._wanted = what if isinstance(what, SyncKey) else None
        if self._is_loaded:
            self._select_wanted()

    @override
    def close_topmost(self) -> bool:
        was_open = self._details.isVisible()
        self._details.hide()
        if was_open:
            self._table.setFocus()
        return was_open

    @override
    def page_shortcuts(self) -> Sequence[Shortcut]:
        words, slot = self.tr("Show the sync's details"), self._open_current
        return [Shortcut("Space Return", words, slot), *self.panel_shortcuts(self._width.widen)]

    @override
    def install_shortcuts(self) -> None:
        # On the table only: elsewhere on the page Space and Return press the focused button.
        details, *others = self.page_shortcuts()
        install(self._table, [details], Qt.ShortcutContext.WidgetShortcut)
        install(self, others, Qt.ShortcutContext.WidgetWithChildrenShortcut)

    async def _load(self) -> None:
        limit = max(PAGE_SIZE, self._model.rowCount())
        chosen = self._details.run
        self._model.show_runs(await self._read(limit, 0), self._names)
        self._is_loaded = True
        self._write_count()
        if self._wanted is None and chosen is not None and self._details.isVisible():
            self._wanted = chosen.key
        self._select_wanted()
        if not self._table.currentIndex().isValid():
            self._table.choose(0)

    async def _load_more(self) -> None:
        self._model.append(await self._read(PAGE_SIZE, self._model.rowCount()))
        self._write_count()

    async def _read(self, limit: int, offset: int) -> Sequence[SyncRun]:
        runs, self._total = await sync_runs.history(
            self.services.db, list(self._names), limit=limit, offset=offset
        )
        return runs

    def _write_count(self) -> None:
        formats = self.services.formats
        shown = self._model.rowCount()
        self._count.setText(
            self.tr("{count} syncs").format(count=formats.number(self._total))
            if self._total != 1
            else self.tr("1 sync")
        )
        self._more.setVisible(shown < self._total)
        if shown:
            self._stack.setCurrentIndex(1)
            return
        sync = Choice(self.tr("Sync now"), self.sync_requested.emit, "syncFirst", is_primary=True)
        names = ", ".join(self._names.values())
        self._empty.say(
            self.tr("No sync has run yet."),
            self.tr("A sync copies claims, inventory and orders of {names} from Amazon.").format(
                names=names
            ),
            () if self.services.read_only else (sync,),
        )
        self._stack.setCurrentIndex(2)

    def _select_wanted(self) -> None:
        wanted, self._wanted = self._wanted, None
        row = None if wanted is None else self._model.row_of(wanted)
        if row is not None:
            self._table.choose(row)
            self._show_row(row)

    def _open_current(self) -> None:
        self._show_row(self._table.currentIndex().row())

    def _show_row(self, row: int) -> None:
        run = self._model.run_at(row)
        if run is not None:
            self._show_details(run)

    def _show_details(self, run: SyncRun) -> None:
        name = self._names.get(run.user_id, run.external_user_id)
        self._details.show_run(run, name, may_cancel=not self.services.read_only)
        self._width.open()

    def _on_more(self) -> None:
        self.tasks.start("more", self._load_more())

    def _on_cancel_clicked(self) -> None:
        if self._details.run is not None:
            self._actions.cancel([self._details.run])

    def _on_current_changed(self, current: QModelIndex) -> None:
        if self._details.isVisible():
            self._show_row(current.row())

    def _arrange(self) -> None:
        title = label(self.tr("Syncs"), font="page")
        head = row(title, self._count, Stretch(), spacing=Space.M)
        head.setAlignment(self._count, Qt.AlignmentFlag.AlignBottom)
        listed = QWidget()
        whole = column(Stretch(self._table), self._more, spacing=0, parent=listed)
        whole.setAlignment(self._more, Qt.AlignmentFlag.AlignHCenter)
        self._stack.addWidget(Skeleton())
        self._stack.addWidget(listed)
        self._stack.addWidget(self._empty)
        self._splitter.setChildrenCollapsible(False)
        self.arrange(head, self._splitter)
