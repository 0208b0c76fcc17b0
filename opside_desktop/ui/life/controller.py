"""What the open program does in the window: accounts, pages, syncs and their messages."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, SignalInstance

from opside_desktop.domain.accounts import Account, marketplace_zone
from opside_desktop.domain.errors import DatabaseGone, ErrorCode
from opside_desktop.domain.ids import UserId, stored_user_id
from opside_desktop.domain.syncs import SyncRun, SyncStatus
from opside_desktop.ui.frame.main_window import MainWindow
from opside_desktop.ui.frame.stand_in_pages import WelcomePage
from opside_desktop.ui.kit.tasks import TaskOwner
from opside_desktop.ui.life import resuming
from opside_desktop.ui.life.failures import RECONNECT, SyncFailures
from opside_desktop.ui.life.key_store_check import check_key_store
from opside_desktop.ui.life.own_work import OwnWork
from opside_desktop.ui.life.page_switcher import PageSwitcher
from opside_desktop.ui.life.preparing import prepare_claims
from opside_desktop.ui.pages.page import Page
from opside_desktop.ui.program.facts import (
    freshness,
    newest_sync,
    running_syncs,
    standing,
    syncs_of,
)
from opside_desktop.ui.program.services import Services
from opside_desktop.ui.program.sync_actions import SyncActions
from opside_desktop.ui.tables.rows.query import HIDDEN_DOUBLES

if TYPE_CHECKING:
    from opside_desktop.sync.preparing import Preparation

FIRST_PAGE = "claims"


class WindowController(QObject):
    """Fills the window once the program is open, and keeps it true from then on."""

    def __init__(self, window: MainWindow, services: Services) -> None:
        super().__init__(window)
        self._window = window
        self._services = services
        self._tasks = TaskOwner(self, services.report)
        self._actions = SyncActions(services, self)
        self._accounts: tuple[Account, ...] = ()
        self._chosen: UserId | None = None
        self._pages = PageSwitcher(window, services, self._connect_page, self._make_welcome)
        self._failures = SyncFailures(window.banners, self._pages.show, self)
        self.work = OwnWork(window, services, self._actions)
        self._unannounced: list[SyncRun] = []
        """Failed syncs of which the messages above the page are still to tell."""
        self._links: tuple[tuple[SignalInstance, Callable[..., object]], ...] = ()
        self._size_timer = QTimer(self)
        self._size_timer.setInterval(services.timings.size_every_ms)
        self._size_timer.timeout.connect(self._on_size_due)

    async def open(self) -> None:
        """Read the accounts and show the page that was shown last.

        Raises:
            UnknownUser: somebody's rows were asked for whom nobody knows.
            DatabaseFault: the accounts cannot be read.
        """
        services = self._services
        await services.connections.asked_user()
        await self._load_accounts(is_first=True)
        self._connect_signals()
        self._window.set_usable(is_usable=True)
        if services.read_only:
            self._window.top_bar.refuse_sync(services.read_only_reason)
        self._window.strip.allow_cancel(is_allowed=not services.read_only)
        remembered = services.window_state.get("page")
        names = [entry.name for entry in self._window.entries]
        self._pages.show(remembered if remembered in names else FIRST_PAGE)
        self._show_runs()
        self._on_size_due()
        self._size_timer.start()
        self._check_key_store()

    @property
    def is_syncing(self) -> bool:
        """Whether an account syncs, or is about to."""
        return any(self._actions.is_syncing(account.user_id) for account in self._accounts)

    def resume_interrupted(self) -> None:
        """Start again what broke off when its program ended; see `resuming`."""
        self._actions.start_as(resuming.to_resume(self._services, self._shown_accounts()))

    def prepare_claims(self, preparation: "Preparation") -> None:
        """Prepare what version 0.1 has stored, behind the window."""
        if self._services.read_only:
            return
        work = prepare_claims(
            preparation,
            self._window,
            [account.user_id for account in self._accounts],
            refresh=self._pages.refresh_all,
            show_hidden=lambda: self._pages.show("claims", HIDDEN_DOUBLES),
        )
        self._tasks.start("prepare claims", work)

    @property
    def refusal(self) -> str:
        """Why another database cannot be opened now; empty where nothing is in the way."""
        if self.is_syncing:
            return self.tr("A sync is running. Wait until it ends, or cancel it.")
        if self.work.exports:
            return self.tr("An export is running. Wait until it ends, or cancel it.")
        return ""

    def close(self) -> None:
        """Stop starting anything new: the program ends, or works with another database."""
        resuming.forget(self._services, self._services.board.own_runs)
        self._size_timer.stop()
        self._services.board.unwatch()
        self._services.sync_signals.stop()
        self._services.database_health.stop()
        for signal, slot in self._links:
            signal.disconnect(slot)
        self._links = ()

    def clear(self) -> None:
        """Take what it shows out of the window, so that another can fill it."""
        window = self._window
        window.list_more_shortcuts(tuple)
        window.top_bar.show_accounts((), {}, None)
        window.top_bar.refuse_sync("")
        window.status.show_database("")
        window.status.show_note("")
        window.strip.show_runs((), None)
        while window.banners.close_newest():
            pass
        self.work.clear()
        self._pages.clear()
        self._services.sync_signals.deleteLater()
        self._services.database_health.deleteLater()
        self.deleteLater()

    def _connect_signals(self) -> None:
        window, services = self._window, self._services
        # The window outlives this program where another database is chosen.
        links: tuple[tuple[SignalInstance, Callable[..., object]], ...] = (
            (window.page_chosen, self._pages.show),
            (window.cancel_pressed, self._on_cancel_pressed),
            (window.refresh_pressed, lambda: self._pages.with_shown(lambda page: page.refresh())),
            (window.rows_wanted, lambda: self._pages.with_shown(lambda page: page.take_focus())),
            (window.back_pressed, self._pages.go_back),
            (window.forward_pressed, self._pages.go_forward),
            (window.find_pressed, lambda: self._pages.with_shown(lambda page: page.focus_find())),
            (window.escape_pressed, self._on_escape),
            (window.top_bar.sync_clicked, self._on_sync),
            (window.top_bar.account_chosen, self._on_account_chosen),
            (window.strip.cancel_clicked, self._on_cancel),
            (window.strip.details_clicked, lambda run: self._pages.show("syncs", run.key)),
        )
        for signal, slot in links:
            signal.connect(slot)
        self._links = links
        window.list_more_shortcuts(lambda: self._pages.shortcut_groups)
        services.sync_signals.changed.connect(self._on_run)
        services.sync_signals.ended.connect(self._on_run_ended)
        services.database_health.answered.connect(self._on_database_answered)
        self._actions.starting_changed.connect(self._show_syncing)
        self._actions.started.connect(self._on_sync_started)
        self._actions.start_failed.connect(self._on_start_failed)
        self._actions.waiting.connect(self._failures.say_waiting)
        self._actions.stop_failed.connect(window.strip.show_not_stopped)

    # Accounts

    def _check_key_store(self) -> None:
        look = check_key_store(
            self._services, self._accounts, self._window.banners, self._check_key_store
        )
        self._tasks.start("check key store", look)

    async def _load_accounts(self, *, is_first: bool = False) -> None:
        services = self._services
        self._accounts = tuple(await services.connections.users())
        ids = {account.user_id for account in self._accounts}
        if is_first:
            self._chosen = self._chosen_at_first(ids)
        elif self._chosen not in ids:
            self._chosen = None
        await services.board.watch(
            [account.user_id for account in self._accounts],
            seldom=[account.user_id for account in self._accounts if account.is_elsewhere],
            every_s=services.timings.look_every_s,
            on_look=services.database_health.on_look,
        )
        services.database_health.start()
        self._show_accounts()

    def _chosen_at_first(self, ids: set[UserId]) -> UserId | None:
        """Show whom the start asked for; else whom the window showed last, or the default."""
        settings = self._services.settings
        asked = stored_user_id(settings.user)
        remembered = self._services.window_state.get("account")
        order = [asked] if settings.user_option else [remembered, asked]
        return next((each for each in order if each in ids), None)

    def _show_accounts(self) -> None:
        endpoints = {a.user_id: self._services.connections.endpoint(a) for a in self._accounts}
        self._window.top_bar.show_accounts(self._accounts, endpoints, self._chosen)
        self._failures.take_back_elsewhere()
        self._services.formats.follow_marketplace(marketplace_zone(self._shown_accounts()))
        self._pages.show_accounts(self._shown_accounts())
        self._show_runs()

    def _shown_accounts(self) -> tuple[Account, ...]:
        if self._chosen is None:
            return self._accounts
        return tuple(a for a in self._accounts if a.user_id == self._chosen)

    def _on_account_chosen(self, user_id: UserId | None) -> None:
        self._chosen = user_id
        self._services.window_state.put("account", user_id)
        self._show_accounts()

    def _on_accounts_changed(self, new: UserId | None = None) -> None:
        if new is not None:
            self._chosen = new
            self._services.window_state.put("account", new)

        async def reload() -> None:
            await self._load_accounts()
            self._pages.refresh_all()  # an account's rows may have been deleted

        self._tasks.replace("load accounts", reload())

    # Pages

    def _connect_page(self, page: Page) -> None:
        page.sync_requested.connect(self._on_sync)
        page.account_sync_requested.connect(lambda account: self._actions.start([account]))
        page.open_requested.connect(self._pages.show)
        page.caught_up.connect(self._show_runs)
        page.accounts_changed.connect(self._on_accounts_changed)
        page.export_requested.connect(self.work.export)

    def _make_welcome(self) -> WelcomePage:
        return WelcomePage(
            on_connect=partial(self._pages.show, "accounts", "connect"),
            on_demo=self._on_demo,
            read_only=self._services.read_only,
        )

    def _on_escape(self) -> None:
        if not self._pages.close_topmost():
            self._window.banners.close_newest()

    def _on_demo(self) -> None:
        from opside_desktop.ui.life.sample import open_demo

        self._window.banners.say(open_demo())

    # Syncs

    def _on_sync(self) -> None:
        if self._window.top_bar.sync_button.hasFocus():
            # The button is about to be disabled, and Qt would move the focus to the navigation.
            self._window.stack.setFocus()
            self._pages.with_shown(lambda page: page.take_focus())
        shown = self._shown_accounts()
        if all(account.is_elsewhere for account in shown):
            self._failures.say_elsewhere(shown)
        self._actions.start(shown)

    def _on_sync_started(self, run: SyncRun) -> None:
        """Take back what is no longer true: the database answers, and this account syncs."""
        self._window.banners.take_back_code(ErrorCode.DATABASE)
        self._failures.take_back(run.user_id)
        if run.trigger == resuming.TRIGGER:
            resuming.remember(self._services, run)

    def _on_start_failed(self, account: Account, error: DatabaseGone) -> None:
        again = partial(self._actions.start, [account])
        self._failures.say_not_started(account, error, again)

    def _on_cancel(self, runs: Sequence[SyncRun]) -> None:
        for run in runs:
            self._window.strip.show_stopping(run.key)
        self._actions.cancel(runs)

    def _on_cancel_pressed(self) -> None:
        known = syncs_of(self._services.board, self._accounts)
        self._on_cancel([run for _, run in running_syncs(known)])

    def _on_run(self, run: SyncRun) -> None:
        # The pages first: the end of a sync is told when the rows of its last page are shown.
        if any(account.user_id == run.user_id for account in self._shown_accounts()):
            for page in self._pages.made:
                page.on_run(run)
        self._show_runs()

    def _on_run_ended(self, run: SyncRun) -> None:
        resuming.forget(self._services, [run])
        self._on_size_due()
        if run.status is SyncStatus.FAILED:
            self._unannounced.append(run)
            self._show_runs()

    def _announce_failures(self) -> None:
        failed, self._unannounced = self._unannounced, []
        for run in failed:
            self._failures.say(run, self._name(run))
            if run.error_code in RECONNECT:
                self._on_accounts_changed()

    def _show_runs(self) -> None:
        """Write bar, strip and messages once the page in sight shows the same rows."""
        if any(page.is_behind for page in self._pages.made):
            return
        board, shown = self._services.board, self._shown_accounts()
        known = syncs_of(board, shown)
        others = syncs_of(board, [each for each in self._accounts if each not in shown])
        running = running_syncs((*known, *others))
        self._window.strip.show_runs(running, newest_sync(known))
        if shown:
            self._window.top_bar.show_freshness(freshness(known))
        self._window.top_bar.show_standing(standing(known))
        self._show_syncing()
        self._announce_failures()

    def _show_syncing(self) -> None:
        shown = self._shown_accounts()
        busy = bool(shown) and not any(self._actions.may_start(each.user_id) for each in shown)
        self._window.top_bar.show_syncing(is_syncing=busy)

    def _name(self, run: SyncRun) -> str:
        names = {account.user_id: account.display_name for account in self._accounts}
        return names.get(run.user_id, run.external_user_id)

    # Database

    def _on_database_answered(self) -> None:
        self._window.banners.take_back_code(ErrorCode.DATABASE)
        self._pages.with_shown(lambda page: page.refresh())

    def _on_size_due(self) -> None:
        self._tasks.start("database size", self._show_size())

    async def _show_size(self) -> None:
        """Show a file's size, or a server's address without its password."""
        db, formats = self._services.db, self._services.formats
        if db.file is None:
            self._window.status.show_database(db.shown_address)
            return
        with suppress(OSError):
            size = await asyncio.to_thread(_size_of, db.file)
            self._window.status.show_database(formats.size(size))


def _size_of(file: Path) -> int:
    parts = [file, file.with_name(file.name + "-wal")]
    return sum(part.stat().st_size for part in parts if part.exists())
