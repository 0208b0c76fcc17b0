"""Starting and stopping syncs from the window."""

import logging
from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject, Signal

from opside_desktop.domain.accounts import Account
from opside_desktop.domain.errors import DatabaseGone, OpsideError, SyncInProgress, SyncNotRunning
from opside_desktop.domain.ids import UserId
from opside_desktop.domain.syncs import SyncKey, SyncRequest, SyncRun
from opside_desktop.ui.kit.tasks import TaskOwner
from opside_desktop.ui.program.services import Services

log = logging.getLogger(__name__)


class SyncActions(QObject):
    """What Sync now and Cancel do. A second click while the first is on its way does nothing."""

    starting_changed = Signal()
    """An account's sync is being started, or has been."""

    started = Signal(object)
    """SyncRun: it has begun."""

    start_failed = Signal(object, object)
    """Account, DatabaseGone: its sync could not be written down, and did not begin."""

    waiting = Signal(object, str)
    """Account, sentence: its sync waits for another program before it begins."""

    stop_failed = Signal(object)
    """SyncKey: a sync could not be stopped."""

    def __init__(self, services: Services, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self._tasks = TaskOwner(self, services.report)
        self._starting: set[UserId] = set()

    def is_syncing(self, user_id: UserId) -> bool:
        """Tell whether an account syncs or is about to."""
        return user_id in self._starting or self._services.board.syncs(user_id).running is not None

    def may_start(self, user_id: UserId) -> bool:
        """Tell whether a sync may be started: none runs, or one that gives way."""
        running = self._services.board.syncs(user_id).running
        return user_id not in self._starting and (running is None or running.only_reads_history)

    @property
    def starting(self) -> int:
        """How many syncs are about to begin."""
        return len(self._starting)

    async def until_started(self) -> None:
        """Wait until no sync is about to begin any more."""
        await self._tasks.until_idle()

    def start(self, accounts: Sequence[Account]) -> None:
        """Start a sync of each of these accounts that is connected here and may be synced."""
        self.start_as([(account, SyncRequest()) for account in accounts])

    def start_as(self, wanted: Sequence[tuple[Account, SyncRequest]]) -> None:
        """Start a sync of each of these accounts, as described, where `start` would."""
        if self._services.read_only:
            return
        for account, request in wanted:
            if not account.is_elsewhere and self.may_start(account.user_id):
                self._starting.add(account.user_id)
                self._tasks.start(f"start {account.user_id}", self._start(account, request))
        self.starting_changed.emit()

    def cancel(self, runs: Sequence[SyncRun]) -> None:
        """Stop these syncs, whichever program runs them; what they copied is kept."""
        if self._services.read_only:
            return
        for run in runs:
            self._tasks.start(f"cancel {run.key}", self._cancel(run.key))

    async def _start(self, account: Account, request: SyncRequest) -> None:
        services = self._services
        try:
            run = await services.manager.start(
                account,
                request,
                endpoint=services.connections.endpoint(account),
                on_wait=partial(self.waiting.emit, account),
            )
            self.started.emit(run)
        except SyncInProgress:
            # Another program was faster: show its sync, which is what was asked for.
            await services.board.look()
        except DatabaseGone as error:
            log.warning("The sync of %s did not start: %s", account.user_id, error)
            self.start_failed.emit(account, error)
        finally:
            self._starting.discard(account.user_id)
            self.starting_changed.emit()

    async def _cancel(self, key: SyncKey) -> None:
        try:
            await self._services.manager.cancel(key.user_id, key.sync_id)
        except SyncNotRunning:
            await self._services.board.look()
        except OpsideError:
            self.stop_failed.emit(key)
            raise
