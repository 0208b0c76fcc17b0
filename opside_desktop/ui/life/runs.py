"""Which syncs run, whoever runs them: this window, a terminal or a server."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from opside_desktop.domain.accounts import Account
from opside_desktop.domain.clock import SYSTEM_CLOCK, Clock
from opside_desktop.domain.errors import DatabaseGone, OpsideError
from opside_desktop.domain.ids import SyncId, UserId
from opside_desktop.domain.syncs import SyncRun, SyncStatus
from opside_desktop.ui.kit.tasks import Report, TaskOwner
from opside_desktop.ui.kit.timings import SHIPPED, WindowTimings

if TYPE_CHECKING:
    from opside_desktop.store.database import Database
    from opside_desktop.store.users import Stored
    from opside_desktop.sync.manager import SyncManager

ELSEWHERE_EVERY = 10
"""Users who are not connected here may be many: only each tenth look is at them, too."""


class RunWatch(QObject):
    """Knows the newest sync of every account and tells when something about one changes.

    Own syncs come as events; those of other processes are found in their rows, which a server's
    news make it look at sooner.
    """

    changed = Signal(object)
    """SyncRun: a newer record of a sync, at most ten a second for each account."""

    ended = Signal(object)
    """SyncRun: a sync that was seen running has reached its final state."""

    database_answered = Signal()
    """The database answers again after a silence that was reported."""

    def __init__(
        self,
        db: "Database",
        manager: "SyncManager",
        report: Report,
        parent: QObject,
        *,
        clock: Clock = SYSTEM_CLOCK,
        timings: WindowTimings = SHIPPED,
    ) -> None:
        super().__init__(parent)
        self._db = db
        self._manager = manager
        self._report = report
        self._clock = clock
        self._timings = timings
        self._tasks = TaskOwner(self, self.report)
        self._accounts: tuple[Account, ...] = ()
        self._newest: dict[UserId, SyncRun] = {}
        self._ended: dict[UserId, SyncRun] = {}
        self._completed: dict[UserId, SyncRun] = {}
        self._stored: dict[UserId, Stored] = {}
        """Of accounts without a completed sync; read once for each `start`."""
        self._own: set[SyncId] = set()
        self._pending: dict[UserId, SyncRun] = {}
        self._is_database_silent = False
        self._told = asyncio.Event()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(timings.publish_every_ms)
        self._timer.timeout.connect(self._publish)
        self._unsubscribe = manager.subscribe(self._on_own_run)
        self._unsubscribe_news = db.news.subscribe(self._on_news)

    def report(self, error: BaseException) -> None:
        """Show an error to the person, as the pages do; notice where the database is away."""
        self._is_database_silent |= isinstance(error, DatabaseGone)
        self._report(error)

    async def start(self, accounts: Sequence[Account]) -> None:
        """Look at these accounts' newest syncs, and watch them from now on."""
        self._accounts = tuple(accounts)
        self._stored.clear()
        await self.look()
        self._tasks.replace("watch", self._watch())
        self._tasks.replace("ping", self._ping())

    async def look(self, *, everywhere: bool = True) -> None:
        """Read the newest sync of every account once; else of those connected here."""
        for account in self._accounts:
            if everywhere or not account.is_elsewhere:
                await self._look_at(account.user_id)

    def stop(self) -> None:
        """Watch nothing any more."""
        self._unsubscribe()
        self._unsubscribe_news()
        self._tasks.cancel_all()
        self._timer.stop()

    def current(self, user_id: UserId) -> SyncRun | None:
        """Give the running sync of an account."""
        run = self._newest.get(user_id)
        return run if run is not None and run.is_running else None

    def newest(self, user_id: UserId) -> SyncRun | None:
        """Give the newest sync of an account, running or not."""
        return self._newest.get(user_id)

    def newest_ended(self, user_id: UserId) -> SyncRun | None:
        """Give the newest sync of an account that has ended, in whatever way."""
        return self._ended.get(user_id)

    def completed(self, user_id: UserId) -> SyncRun | None:
        """Give the newest sync of an account that completed."""
        return self._completed.get(user_id)

    def stored(self, user_id: UserId) -> tuple[bool, datetime | None]:
        """Tell whether rows of an account are stored, and when the newest was, if that is known.

        A completed sync is not the only source of rows: others may have stored some before they
        failed, and so may other programs.
        """
        run = self._completed.get(user_id) or self._newest.get(user_id)
        if run is not None and any(result.count for result in run.results.values()):
            return True, run.completed_at or run.updated_at
        known = self._stored.get(user_id)
        return (known.any, known.newest) if known is not None else (False, None)

    async def _watch(self) -> None:
        for number in count(1):
            is_told = await self._clock.wait(self._told, self._timings.look_every_s)
            everywhere = is_told or number % ELSEWHERE_EVERY == 0
            self._told.clear()
            try:
                await self.look(everywhere=everywhere)
                if self._is_database_silent:
                    # Of a file that was moved away, rows can still be read.
                    await self._db.check_usable()
                    self._is_database_silent = False
                    self.database_answered.emit()
            except OpsideError as error:
                self._on_silence(error)

    async def _ping(self) -> None:
        """Notice a silent database sooner than those do who wait for their rows.

        And one whose file was moved away, which nobody notices who only reads.
        """
        while True:
            await self._clock.sleep(self._timings.look_every_s)
            try:
                await self._db.check_usable()
            except OpsideError as error:
                self._on_silence(error)

    def _on_silence(self, error: OpsideError) -> None:
        # Said once; the watch goes on, because the database may come back.
        if not self._is_database_silent:
            self._is_database_silent = True
            self._report(error)

    async def _look_at(self, user_id: UserId) -> None:
        from opside_desktop.store.runs import sync_runs
        from opside_desktop.store.users import stored_rows

        if user_id not in self._completed:
            found, _ = await sync_runs.history(
                self._db, [user_id], limit=1, status=SyncStatus.COMPLETED
            )
            if found:
                self._completed[user_id] = found[0]
            elif user_id not in self._stored:
                self._stored[user_id] = await stored_rows(self._db, user_id)
        known = self._newest.get(user_id)
        run = await sync_runs.newest_run(self._db, user_id)
        if run is None and self._newest.get(user_id) is known:
            # All that was stored of the account has been deleted, its syncs as well.
            for runs in (self._newest, self._ended, self._completed):
                runs.pop(user_id, None)
        if run is None or run.sync_id in self._own:
            return
        silent_s = self._clock.now() - run.updated_at.timestamp()
        if run.is_running and silent_s > self._timings.silent_after_s:
            # Where its program is gone from this computer, nobody needs to wait for it any longer.
            await self._manager.close_dead_runs()
            run = await sync_runs.newest_run(self._db, user_id) or run
        if run.is_running and user_id not in self._ended:
            # While it runs, the one before tells whether Amazon lets the account in.
            latest, _ = await sync_runs.history(self._db, [user_id], limit=2)
            ended = next((each for each in latest if not each.is_running), None)
            if ended is not None:
                self._ended[user_id] = ended
        self._take(run)
        if run.is_running:
            self._tasks.start(f"follow {run.sync_id}", self._follow(run))

    async def _follow(self, run: SyncRun) -> None:
        async for record in self._manager.follow(run.user_id, run.sync_id):
            self._take(record)

    def _on_news(self, user_id: UserId, sync_id: SyncId) -> None:
        known = self._newest.get(user_id)
        is_followed = known is not None and known.sync_id == sync_id and known.is_running
        is_shown = any(account.user_id == user_id for account in self._accounts)
        if is_shown and not is_followed and sync_id not in self._own:
            self._told.set()

    def _on_own_run(self, run: SyncRun) -> None:
        self._own.add(run.sync_id)
        self._take(run)

    def _take(self, run: SyncRun) -> None:
        known = self._newest.get(run.user_id)
        is_new = known is None or known.sync_id != run.sync_id
        if known is not None and is_new and run.started_at < known.started_at:
            return
        if known == run or (known is not None and not is_new and not known.is_running):
            return
        self._newest[run.user_id] = run
        self._pending[run.user_id] = run
        if not run.is_running:
            self._ended[run.user_id] = run
        if run.status is SyncStatus.COMPLETED:
            self._completed[run.user_id] = run
        if is_new or not run.is_running:
            self._publish()
        elif not self._timer.isActive():
            self._timer.start()
        if not run.is_running and known is not None and not is_new:
            self.ended.emit(run)

    def _publish(self) -> None:
        pending, self._pending = self._pending, {}
        for run in pending.values():
            self.changed.emit(run)
