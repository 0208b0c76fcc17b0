"""Starting, following and ending syncs: the one door to them for window, terminal and server."""

import asyncio
import importlib
import logging
import math
import socket
from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Final

from opside_desktop.domain.accounts import Account, Endpoint
from opside_desktop.domain.clock import Clock
from opside_desktop.domain.errors import (
    DatabaseBusy,
    DatabaseFault,
    Interrupted,
    SyncInProgress,
    SyncNotFound,
)
from opside_desktop.domain.ids import SyncId, UserId
from opside_desktop.domain.syncs import Owner, SyncRequest, SyncRun
from opside_desktop.logs.bugs import log_bug
from opside_desktop.store.database import Database
from opside_desktop.store.runs import sync_runs
from opside_desktop.sync.timings import SHIPPED, SyncTimings

if TYPE_CHECKING:
    from opside_desktop.sync.run import Connect, SyncTask

log = logging.getLogger(__name__)

Listener = Callable[[SyncRun], None]

_Key = tuple[UserId, SyncId]
"""A sync's id is its user's only: two names may be spelled alike in it."""

_REMEMBERED: Final = 50

_COPYING: Final = (
    "opside_desktop.sync.run",
    "opside_desktop.sync.processes",
    "opside_desktop.amazon.session",
)


class SyncManager:
    """Runs this program's syncs, one for each user at most, and follows those of others.

    Belongs to one asyncio loop, Qt's or any other. `connect` opens the line to Amazon.
    """

    def __init__(
        self,
        db: Database,
        *,
        connect: "Connect",
        clock: Clock,
        app_version: str,
        timings: SyncTimings = SHIPPED,
    ) -> None:
        self._db = db
        self._connect = connect
        self._clock = clock
        self._timings = timings
        self._app_version = app_version
        self._listeners: list[Listener] = []
        self._running: dict[_Key, SyncTask] = {}
        self._cancelled: set[_Key] = set()
        self._looked: dict[_Key, float] = {}
        self._tasks: dict[_Key, asyncio.Task[SyncRun]] = {}
        self._starting: set[asyncio.Task[SyncRun]] = set()
        self._is_closed = False

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
            SyncInProgress: one of this user already runs, here or elsewhere.
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
        task = self._tasks.get((user_id, sync_id))
        if task is None:
            raise SyncNotFound
        return await asyncio.shield(task)

    async def cancel(self, user_id: UserId, sync_id: SyncId) -> SyncRun:
        """Cancel a sync, whichever program runs it; visible at once, over within 2 seconds.

        Raises:
            SyncNotFound, SyncNotRunning: there is none, or it has ended in another way.
        """
        run = await sync_runs.cancel_run(self._db, user_id, sync_id)
        running = self._running.get((user_id, sync_id))
        if running is not None:
            self._cancelled.add((user_id, sync_id))
            running.look_now()
        return run

    def present(self, user_id: UserId) -> SyncRun | None:
        """Give the present record of the sync that this program runs for a user, from memory.

        None if it runs none, or knows that it has just been cancelled; another program may run one.
        """
        for key, running in self._running.items():
            run = running.run
            if run.user_id == user_id and run.is_running and key not in self._cancelled:
                return run
        return None

    @property
    def own_runs(self) -> tuple[SyncRun, ...]:
        """The syncs that this program runs, of whichever users."""
        return tuple(
            running.run
            for key, running in self._running.items()
            if running.run.is_running and key not in self._cancelled
        )

    async def until_idle(self) -> None:
        """Wait until this program runs no sync any more."""
        while self._starting or self._running:
            pending = [task for task in self._tasks.values() if not task.done()]
            if pending := [*self._starting, *pending]:
                await asyncio.wait(pending)
            await asyncio.sleep(0)  # what has ended is let go of in its callbacks

    async def checked(self, user_id: UserId) -> SyncRun | None:
        """Give the same as `present`, having looked whether another program has ended it.

        The row is not read for each who asks, and memory counts where the database is silent.
        """
        run = self.present(user_id)
        if run is None:
            return None
        key = run.user_id, run.sync_id
        now = self._clock.monotonic()
        if now - self._looked.get(key, -math.inf) < self._timings.look_again_s:
            return run
        self._looked[key] = now
        try:
            async with asyncio.timeout(self._timings.look_s):
                ours = await sync_runs.is_ours(self._db, run)
        except (DatabaseFault, TimeoutError):
            ours = True
        running = self._running.get(key)
        if not ours and running is not None:
            self._cancelled.add(key)
            running.look_now()
        return self.present(user_id)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Hear of every change of this program's syncs, at most ten a second for each.

        The last record of a sync is always told. Returns what ends the subscription.
        """
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    async def follow(self, user_id: UserId, sync_id: SyncId) -> AsyncGenerator[SyncRun, None]:
        """Yield a sync's present record, then each newer one, up to the final one.

        A slow reader misses records in between, never the last. Yields nothing if there is no
        such sync.
        """
        news = asyncio.Event()

        def hear(run: SyncRun) -> None:
            if run.sync_id == sync_id and run.user_id == user_id:
                news.set()

        def hear_others(changed_of: UserId, changed: SyncId) -> None:
            if (changed_of, changed) == (user_id, sync_id):
                news.set()

        unsubscribe = self.subscribe(hear)
        unsubscribe_others = self._db.news.subscribe(hear_others)
        last: SyncRun | None = None
        try:
            while True:
                news.clear()
                running = self._running.get((user_id, sync_id))
                run = running.run if running else None
                if running is None:
                    run = await sync_runs.get_run(self._db, user_id, sync_id)
                if run is None:
                    return
                if run != last:
                    last = run
                    yield run
                if not run.is_running:
                    return
                timings = self._timings
                is_told = self._db.news.is_live
                await self._clock.wait(news, timings.told_poll_s if is_told else timings.poll_s)
        finally:
            unsubscribe()
            unsubscribe_others()

    async def close_dead_runs(self, *, patience_s: float = 0.0) -> list[SyncRun]:
        """Close the running syncs of programs on this computer that are gone.

        Where they cannot be closed now, because another program writes, the log says so: nobody
        who only reads has to wait for that.
        """
        try:
            closed = await sync_runs.close_dead_runs(
                self._db, host=socket.gethostname(), is_alive=_is_alive, patience_s=patience_s
            )
        except DatabaseFault as fault:
            log.warning("Syncs of programs that are gone could not be closed: %s", fault)
            return []
        for run in closed:
            log.info("%s was left behind by a program that is gone; closed", run.sync_id)
        return closed

    async def close(self, *, grace_s: float = 0.0) -> None:
        """Start no sync any more, and end this program's as interrupted; the next take them up.

        Args:
            grace_s: so long each may take to reach the end of the page it is fetching.
        """
        self._is_closed = True
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

        try:
            run = await self._insert(account, request, endpoint, on_wait)
        except SyncInProgress as refused:
            unended = await self._store_end((account.user_id, refused.existing_sync_id))
            if not unended and not await self.close_dead_runs(
                patience_s=self._timings.close_dead_s
            ):
                raise
            run = await self._insert(account, request, endpoint, on_wait)
        running = SyncTask(
            self._db,
            run,
            account,
            request,
            # A simulator's port changes; production's address tells the region.
            origin=f"mock {run.mock_scenario}" if run.is_mock else endpoint.base_url,
            connect=self._connect,
            clock=self._clock,
            timings=self._timings,
            publish=self._publish,
        )
        key = run.user_id, run.sync_id
        self._running[key] = running
        task = asyncio.create_task(running.main(), name=run.sync_id)
        task.add_done_callback(lambda done: self._ended(key, done))
        self._tasks[key] = task
        while len(self._tasks) > _REMEMBERED and next(iter(self._tasks.values())).done():
            del self._tasks[next(iter(self._tasks))]
        self._publish(run)
        return run

    async def _insert(
        self,
        account: Account,
        request: SyncRequest,
        endpoint: Endpoint,
        on_wait: Callable[[str], None] | None,
    ) -> SyncRun:
        from opside_desktop.sync.processes import this_program

        locks = self._db.locks
        began = self._clock.monotonic()
        is_told = False
        while True:
            try:
                return await sync_runs.start_run(
                    self._db,
                    account,
                    request,
                    this_program(),
                    endpoint_is_mock=endpoint.is_mock,
                    mock_scenario=endpoint.mock_scenario,
                    app_version=self._app_version,
                    patience_s=min(locks.told_after_s, locks.take_over_s),
                )
            except DatabaseBusy:
                if self._clock.monotonic() - began >= locks.take_over_s:
                    raise
                if self._is_closed:
                    raise Interrupted(
                        "The sync was not started.", why="The program is ending."
                    ) from None
                # Between the tries, because there may be no other connection to ask over.
                await self._db.end_silent_writers()
                holder = await sync_runs.unended_run(self._db, account.user_id)
                if on_wait is None and holder is not None and holder.is_running:
                    raise SyncInProgress(holder.sync_id) from None
                if not is_told:
                    is_told = True
                    sentence = _waiting_for(holder, locks.take_over_s)
                    log.warning("%s: %s", account.user_id, sentence)
                    if on_wait is not None:
                        on_wait(sentence)

    async def _store_end(self, key: _Key) -> bool:
        """Store the end of a sync of ours that could not be stored, as on a full disk."""
        task = self._tasks.get(key)
        if task is None or not task.done() or task.cancelled() or task.exception() is not None:
            return False
        return await sync_runs.end_run(self._db, task.result())

    def _started(self, starting: asyncio.Task[SyncRun]) -> None:
        self._starting.discard(starting)
        if not starting.cancelled():
            starting.exception()  # the caller has it, unless he gave up

    def _ended(self, key: _Key, task: asyncio.Task[SyncRun]) -> None:
        self._running.pop(key, None)
        self._cancelled.discard(key)
        self._looked.pop(key, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log_bug(log, f"The end of {key[1]} failed.", error)

    def _publish(self, run: SyncRun) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(run)
            except Exception as error:  # noqa: BLE001  # a listener's mistake must not end a sync
                log_bug(log, "A listener to syncs failed.", error)


def _waiting_for(holder: SyncRun | None, limit_s: float) -> str:
    owner = None if holder is None else holder.owner
    who = "" if owner is None else f" ({owner.host}, process {owner.pid})"
    return f"Waiting for another program{who} that has locked the database, {limit_s:g} s at most."


def _is_alive(owner: Owner) -> bool:
    # Asked only where a running sync is stored, so a start hardly ever loads this.
    from opside_desktop.sync.processes import is_alive

    return is_alive(owner)
