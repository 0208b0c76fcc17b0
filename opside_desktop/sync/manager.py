"""Starting and ending syncs: the one door to them for window, terminal and server."""

import asyncio
import importlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import KW_ONLY, dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from opside_desktop.domain.accounts import Account, Endpoint
from opside_desktop.domain.clock import Clock
from opside_desktop.domain.errors import (
    DatabaseBusy,
    Interrupted,
    OpsideError,
    SyncInProgress,
    SyncNotFound,
)
from opside_desktop.domain.ids import SyncId, UserId
from opside_desktop.domain.syncs import SyncKey, SyncRequest, SyncRun
from opside_desktop.logs.bugs import log_bug
from opside_desktop.store.database import Database
from opside_desktop.store.runs import ending, starting, sync_runs
from opside_desktop.sync import going_on
from opside_desktop.sync.board import SyncBoard
from opside_desktop.sync.processes import close_dead_runs, this_program
from opside_desktop.sync.timings import SHIPPED, SyncTimings

if TYPE_CHECKING:
    from opside_desktop.sync.run import Connect, SyncTask

log = logging.getLogger(__name__)

_REMEMBERED: Final = 50

_COPYING: Final = ("opside_desktop.sync.run", "psutil", "opside_desktop.amazon.session")


@dataclass(eq=False)
class SyncManager:
    """Runs this program's syncs, one for each user at most, and cancels those of others.

    Belongs to one asyncio loop, Qt's or any other. What its syncs tell is put on the `board`.
    A sync of it that gave way to a newer one is gone on with by itself once that has ended.

    Attributes:
        connect: opens the line to Amazon.
        on_end: called with the last record of each sync, once all its work is done.
    """

    db: Database
    board: SyncBoard
    _: KW_ONLY
    connect: "Connect"
    clock: Clock
    app_version: str
    on_end: Callable[[SyncRun], None] | None = None
    timings: SyncTimings = SHIPPED
    _running: dict[SyncKey, "SyncTask"] = field(default_factory=dict)
    _tasks: dict[SyncKey, asyncio.Task[SyncRun]] = field(default_factory=dict)
    _starting: set[asyncio.Task[SyncRun]] = field(default_factory=set)
    _going_on: dict[UserId, asyncio.Task[None]] = field(default_factory=dict)
    _is_closed: bool = False

    async def start(
        self,
        account: Account,
        request: SyncRequest,
        *,
        endpoint: Endpoint,
        on_wait: Callable[[str], None] | None = None,
    ) -> SyncRun:
        """Begin a sync and return once its row is stored, before any call to Amazon.

        Args:
            on_wait: told in a sentence where that waits for another program, which has begun to
                write and fell asleep. It is waited for as long as `LockTimings` says; where
                nobody is told, it counts as one that runs.

        Raises:
            SyncInProgress: one of this user already runs, here or elsewhere, and reads more than
                history; one that only reads history gives way.
            DatabaseFault: the database cannot be written.
        """
        if self._is_closed:
            raise Interrupted("The sync was not started.", why="The program is ending.")
        # A caller who gives up in the middle must not leave a row behind that nobody works on.
        starting = asyncio.create_task(self._start(account, request, endpoint, on_wait))
        self._starting.add(starting)
        starting.add_done_callback(self._started)
        return await asyncio.shield(starting)

    async def load(self) -> None:
        """Load what copies, if that has not been done; a window's first rows do not wait for it."""
        for module in _COPYING:
            await asyncio.to_thread(importlib.import_module, module)

    async def wait(self, user_id: UserId, sync_id: SyncId) -> SyncRun:
        """Wait until a sync of this program has ended; give its last record.

        Raises:
            SyncNotFound: this program runs no such sync and remembers none.
        """
        task = self._tasks.get(SyncKey(user_id, sync_id))
        if task is None:
            raise SyncNotFound
        return await asyncio.shield(task)

    async def cancel(self, user_id: UserId, sync_id: SyncId) -> SyncRun:
        """Cancel a sync, whichever program runs it; visible at once, over within 2 seconds.

        Raises:
            SyncNotFound, SyncNotRunning: there is none, or it has ended in another way.
        """
        run = await ending.cancel_run(self.db, user_id, sync_id)
        self.board.end(run)
        return run

    async def until_idle(self) -> None:
        while self._starting or self._running:
            pending = [task for task in self._tasks.values() if not task.done()]
            if pending := [*self._starting, *pending]:
                await asyncio.wait(pending)
            await asyncio.sleep(0)  # what has ended is let go of in its callbacks

    async def close(self, *, grace_s: float = 0.0) -> None:
        """Start no sync any more, and end this program's as interrupted; the next take them up.

        Args:
            grace_s: so long each may take to reach the end of the page it is fetching.
        """
        self._is_closed = True
        for waiting in self._going_on.values():
            waiting.cancel()
        if self._starting:
            await asyncio.wait(self._starting)
        tasks = [task for task in self._tasks.values() if not task.done()]
        if tasks and grace_s > 0:
            for running in self._running.values():
                running.stop_at_page_end()
            await asyncio.wait(tasks, timeout=grace_s)
        for running in self._running.values():
            running.interrupt()
        if tasks:
            await asyncio.wait(tasks)

    async def _start(
        self,
        account: Account,
        request: SyncRequest,
        endpoint: Endpoint,
        on_wait: Callable[[str], None] | None,
    ) -> SyncRun:
        await self.load()
        from opside_desktop.sync.run import SyncTask

        insert = partial(
            starting.start_run,
            self.db,
            account,
            request,
            this_program(),
            endpoint_is_mock=endpoint.is_mock,
            mock_scenario=endpoint.mock_scenario,
            app_version=self.app_version,
        )
        try:
            run = await self._insert(insert, account.user_id, on_wait)
        except SyncInProgress as refused:
            existing = SyncKey(account.user_id, refused.existing_sync_id)
            if not await self._store_end(existing) and not await close_dead_runs(
                self.db, lock_wait_s=self.timings.close_dead_s
            ):
                raise
            run = await self._insert(insert, account.user_id, on_wait)
        for older in self._running.values():
            if older.started.user_id == account.user_id:
                older.check_row_now()  # it may have given way just now
        running = SyncTask(
            self.db,
            run,
            account,
            request,
            origin=endpoint.origin,
            connect=self.connect,
            clock=self.clock,
            publish=self.board.put,
            timings=self.timings,
        )
        self._running[run.key] = running
        task = asyncio.create_task(self._run(running, endpoint), name=run.sync_id)
        task.add_done_callback(lambda done: self._ended(run.key, done))
        self._tasks[run.key] = task
        while len(self._tasks) > _REMEMBERED and next(iter(self._tasks.values())).done():
            del self._tasks[next(iter(self._tasks))]
        self.board.begin(run, running.check_row_now)
        return run

    async def _run(self, running: "SyncTask", endpoint: Endpoint) -> SyncRun:
        run = await running.main()
        if self.on_end is not None:
            self.on_end(run)
        if run.gave_way_to is not None and not self._is_closed:
            if (waiting := self._going_on.get(run.user_id)) is not None:
                waiting.cancel()
            work = self._go_on(run, running.account, running.request, endpoint)
            self._going_on[run.user_id] = asyncio.create_task(work, name=f"{run.sync_id} history")
        return run

    async def _go_on(
        self, gave_way: SyncRun, account: Account, request: SyncRequest, endpoint: Endpoint
    ) -> None:
        """Go on with the history of a sync that gave way, once no newer one runs any more."""
        wanted = replace(request, recent=False, takes_over=False, trigger=going_on.TRIGGER)
        try:
            while await going_on.until_free(self.db, self.clock, gave_way, self.timings):
                try:
                    await self.start(account, wanted, endpoint=endpoint)
                except SyncInProgress:
                    continue  # another program was faster
                return
        except OpsideError as error:
            log.warning("%s: its history does not go on by itself: %s", gave_way.sync_id, error)
        except Exception as error:  # noqa: BLE001  # nobody waits for this task
            log_bug(log, f"Going on with the history of {gave_way.sync_id} failed.", error)

    async def _insert(
        self,
        insert: Callable[..., Awaitable[SyncRun]],
        user_id: UserId,
        on_wait: Callable[[str], None] | None,
    ) -> SyncRun:
        """Insert a sync's row, as soon as no other program holds the database."""
        locks = self.db.locks
        began = self.clock.monotonic()
        is_notified = False
        while True:
            try:
                return await insert(lock_wait_s=min(locks.notify_after_s, locks.take_over_s))
            except DatabaseBusy:
                if self.clock.monotonic() - began >= locks.take_over_s:
                    raise
                if self._is_closed:
                    raise Interrupted(
                        "The sync was not started.", why="The program is ending."
                    ) from None
                # Between the tries, because there may be no other connection to ask over.
                await self.db.end_silent_writers()
                holder = await sync_runs.unended_run(self.db, user_id)
                if on_wait is None and holder is not None and holder.is_running:
                    raise SyncInProgress(holder.sync_id) from None
                if not is_notified:
                    is_notified = True
                    sentence = _waiting_for(holder, locks.take_over_s)
                    log.warning("%s: %s", user_id, sentence)
                    if on_wait is not None:
                        on_wait(sentence)

    async def _store_end(self, key: SyncKey) -> bool:
        """Store the end of a sync of ours that could not be stored, as on a full disk."""
        task = self._tasks.get(key)
        if task is None or not task.done() or task.cancelled() or task.exception() is not None:
            return False
        return await sync_runs.end_run(self.db, task.result())

    def _started(self, starting: asyncio.Task[SyncRun]) -> None:
        self._starting.discard(starting)
        if not starting.cancelled():
            starting.exception()  # the caller has it, unless he gave up

    def _ended(self, key: SyncKey, task: asyncio.Task[SyncRun]) -> None:
        self._running.pop(key, None)
        self.board.forget(key)
        if not task.cancelled() and (error := task.exception()) is not None:
            log_bug(log, f"The end of {key.sync_id} failed.", error)


def _waiting_for(holder: SyncRun | None, limit_s: float) -> str:
    owner = None if holder is None else holder.owner
    who = "" if owner is None else f" ({owner.host}, process {owner.pid})"
    return f"Waiting for another program{who} that has locked the database, {limit_s:g} s at most."
