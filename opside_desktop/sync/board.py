"""Which syncs run, and how the last ones of each user ended: one owner in each program.

What is known comes from three sides and meets here. This program's own syncs put each change on the
board; a server tells that a row of another program's sync has changed (`store.sync_row_changes`);
and where nobody tells, rows are read now and then. Everybody who shows syncs watches the board:
window, terminal, server and its streams. It knows no Qt, and belongs to one asyncio loop.
"""

import asyncio
import logging
import math
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from opside_desktop.domain.clock import Clock
from opside_desktop.domain.errors import DatabaseFault
from opside_desktop.domain.ids import SyncId, UserId
from opside_desktop.domain.syncs import SyncKey, SyncRun
from opside_desktop.logs.bugs import log_bug
from opside_desktop.store.database import Database
from opside_desktop.store.runs import sync_runs
from opside_desktop.store.users import stored_rows
from opside_desktop.sync.notify_throttle import Throttle
from opside_desktop.sync.polling import OnLook, Polling
from opside_desktop.sync.processes import close_dead_runs
from opside_desktop.sync.timings import SHIPPED, SyncTimings
from opside_desktop.sync.user_syncs import UserSyncs, is_later

log = logging.getLogger(__name__)

Watcher = Callable[[SyncRun], None]


@dataclass(slots=True)
class _Followed:
    """A sync that somebody follows to its end; `run` is None once it can be followed no more."""

    run: SyncRun | None
    changed: list[asyncio.Event] = field(default_factory=list)


class SyncBoard:
    """Holds the newest record of each sync that is wanted, and notifies those who watch."""

    def __init__(self, db: Database, clock: Clock, timings: SyncTimings = SHIPPED) -> None:
        self._db = db
        self._clock = clock
        self._timings = timings
        self._users: dict[UserId, UserSyncs] = {}
        self._own: dict[SyncKey, Callable[[], None]] = {}
        """This program's running syncs, and what lets one see that somebody else has ended it."""
        self._confirmed: dict[SyncKey, float] = {}
        """Until when memory counts for those who ask, by the monotonic clock."""
        self._followed: dict[SyncKey, _Followed] = {}
        self._given_way: set[SyncKey] = set()
        """Syncs that ran when a newer one of their user came; their end is still to be told."""
        self._watchers: list[Watcher] = []
        self._watched: tuple[UserId, ...] = ()
        self._seldom: frozenset[UserId] = frozenset()
        self._throttle = Throttle(timings.notify_every_s, self._notify)
        self._polling = Polling(
            db.row_changes, clock, timings, others=self._others, read=self._read, look=self.look
        )
        self._unsubscribe = db.row_changes.subscribe(self._on_row_changed)

    # What is known

    def syncs(self, user_id: UserId) -> UserSyncs:
        """Give what is known of a user's syncs, from memory."""
        return self._users.get(user_id) or UserSyncs(user_id)

    def own(self, user_id: UserId) -> SyncRun | None:
        """Give the present record of the sync that this program runs for a user, from memory."""
        run = self.syncs(user_id).running
        return run if run is not None and run.key in self._own else None

    @property
    def own_runs(self) -> tuple[SyncRun, ...]:
        """The syncs that this program runs, of whichever users."""
        found = (self.own(key.user_id) for key in self._own)
        return tuple(run for run in found if run is not None)

    async def confirmed(self, user_id: UserId) -> SyncRun | None:
        """Give the same as `own`, having looked whether another program has ended it.

        The row is not read for each who asks, and memory counts where the database is silent.
        """
        run = self.own(user_id)
        now = self._clock.monotonic()
        if run is None or now < self._confirmed.get(run.key, -math.inf):
            return run
        self._confirmed[run.key] = now + self._timings.confirm_every_s
        with suppress(DatabaseFault, TimeoutError):
            async with asyncio.timeout(self._timings.confirm_limit_s):
                if not await sync_runs.is_ours(self._db, run):
                    self._lose(run.key)
        return self.own(user_id)

    async def present(self, user_id: UserId) -> SyncRun | None:
        """Give a user's running sync, else the newest, as it stands now.

        This program's own comes from memory (`confirmed`), another one from its row.
        """
        return await self.confirmed(user_id) or await sync_runs.newest_run(self._db, user_id)

    async def find(self, user_id: UserId, sync_id: SyncId) -> SyncRun | None:
        """Give one sync of a user as it stands now, from where `present` takes it."""
        own = await self.confirmed(user_id)
        if own is not None and own.sync_id == sync_id:
            return own
        return await sync_runs.get_run(self._db, user_id, sync_id)

    # This program's own syncs

    def begin(self, run: SyncRun, check_row_now: Callable[[], None]) -> None:
        """Put up a sync that this program has begun; `check_row_now` lets it read its row."""
        self._own[run.key] = check_row_now
        known = self.syncs(run.user_id)
        if _key(known.newest) == run.key:
            self._take(run)  # a look has found its row already, and perhaps its end
            return
        # The newest although its start may lie before the last one's: a clock can be set back.
        self._note_given_way(known.newest, run)
        self._users[run.user_id] = known.with_newest(run)
        self._follow_up(run)
        self._throttle.put(run)

    def put(self, run: SyncRun) -> None:
        """Put up a newer record of a sync of this program; the final one ends it."""
        if run.key in self._own or not run.is_running:
            self._take(run)
        if not run.is_running:
            self._forget_own(run.key)

    def end(self, run: SyncRun) -> None:
        """Put up the final record of a sync that a person has cancelled, whoever runs it."""
        self._lose(run.key)
        self._take(run)

    def forget(self, key: SyncKey) -> None:
        """Let go of a sync of ours that has ended without a final record: its row counts now."""
        if key in self._own:
            self._lose(key)
            self._polling.read_again()

    def _lose(self, key: SyncKey) -> None:
        """Take a sync for none of ours any more, and let it see that it was ended."""
        check_row_now = self._forget_own(key)
        if check_row_now is not None:
            check_row_now()

    def _forget_own(self, key: SyncKey) -> Callable[[], None] | None:
        self._confirmed.pop(key, None)
        return self._own.pop(key, None)

    # Who watches

    def subscribe(self, watcher: Watcher) -> Callable[[], None]:
        """Hear of every change on the board, throttled to ten a second for each sync.

        The final record of a sync is always told. Returns what ends the subscription.
        """
        self._watchers.append(watcher)

        def unsubscribe() -> None:
            if watcher in self._watchers:
                self._watchers.remove(watcher)

        return unsubscribe

    async def follow(self, run: SyncRun) -> AsyncGenerator[SyncRun, None]:
        """Yield the present record of a sync, then each newer one, up to the final one.

        A slow reader misses records in between, never the last. However many follow it, the row of
        another program's sync is read once. Ends early where all of the user is deleted, or the row
        cannot be read for a reason that nobody expected.

        Args:
            run: a record of it.
        """
        newest = self.syncs(run.user_id).newest
        if newest is not None and newest.key == run.key and is_later(newest, run):
            run = newest
        followed = self._followed.setdefault(run.key, _Followed(run))
        changed = asyncio.Event()
        followed.changed.append(changed)
        self._polling.read_again()
        last: SyncRun | None = None
        try:
            while (present := followed.run) is not None:
                changed.clear()
                if present != last:
                    last = present
                    yield present
                elif present.is_running:
                    await changed.wait()
                else:
                    return
        finally:
            followed.changed.remove(changed)
            if not followed.changed:
                self._followed.pop(run.key, None)

    async def watch(
        self,
        users: Sequence[UserId],
        *,
        every_s: float,
        on_look: OnLook,
        seldom: Collection[UserId] = (),
    ) -> None:
        """Look at these users' newest syncs, and know them from now on.

        Args:
            every_s: how soon another program's new sync is found where no server tells of it.
            on_look: called after each look that follows, with what went wrong.
            seldom: those of whom it may be found later.

        Raises:
            DatabaseFault: they cannot be read now.
        """
        self._watched, self._seldom = tuple(users), frozenset(seldom)
        self._users = {user: replace(known, rows=None) for user, known in self._users.items()}
        await self.look()
        self._polling.look_again(every_s, on_look)

    def unwatch(self) -> None:
        self._watched = ()
        self._polling.look_no_more()

    async def look(self, everywhere: bool = True) -> None:
        """Look at the newest sync of every watched user now, or only of those not seldom looked at.

        Raises:
            DatabaseFault: they cannot be read.
        """
        for user_id in self._watched:
            if everywhere or user_id not in self._seldom:
                await self._look_at(user_id)
        self._polling.read_again()

    async def close(self) -> None:
        self._unsubscribe()
        self._throttle.close()
        await self._polling.close()

    # What other programs do

    def _others(self) -> set[SyncKey]:
        followed = {key for key, one in self._followed.items() if one.run and one.run.is_running}
        watched = {run.key for user in self._watched if (run := self.syncs(user).running)}
        return (followed | watched | self._given_way) - self._own.keys()

    def _on_row_changed(self, user_id: UserId, sync_id: SyncId) -> None:
        key = SyncKey(user_id, sync_id)
        newest = self.syncs(user_id).newest
        if key in self._others():
            self._polling.read_soon(key)
        elif user_id in self._watched and (newest is None or newest.key != key):
            self._polling.look_soon()

    async def _read(self, key: SyncKey) -> None:
        try:
            run = await sync_runs.get_run(self._db, key.user_id, key.sync_id)
        except DatabaseFault:
            raise
        except Exception:
            self._end_following(key)  # who follows it must not wait for ever
            raise
        if run is not None:
            self._take(run)
        else:
            self._given_way.discard(key)
            self._end_following(key)  # all of the user has been deleted

    def _end_following(self, key: SyncKey) -> None:
        if (followed := self._followed.get(key)) is not None:
            followed.run = None
            _wake(followed)

    async def _look_at(self, user_id: UserId) -> None:
        before = self.syncs(user_id)
        found = await sync_runs.recent_runs(self._db, user_id)
        if found.newest is not None and self._is_silent(found.newest):
            # Where its program is gone from this computer, nobody needs to wait for it any longer.
            await close_dead_runs(self._db)
            found = await sync_runs.recent_runs(self._db, user_id)
        rows = before.rows
        if found.completed is None and rows is None:
            rows = await stored_rows(self._db, user_id)
        known = self.syncs(user_id)
        if _key(known.newest) != _key(before.newest):
            return  # another one began meanwhile; the next look is at that
        syncs = UserSyncs(user_id, found.newest, found.ended, found.completed, rows)
        if known.newest is not None and (
            known.newest.key in self._own or not _is_other_or_later(found.newest, known.newest)
        ):
            syncs = syncs.with_newest(known.newest)  # memory is ahead of the row
        self._note_given_way(known.newest, syncs.newest)
        self._users[user_id] = syncs
        if syncs.newest is not None and syncs.newest != known.newest:
            self._follow_up(syncs.newest)
            self._throttle.put(syncs.newest)

    def _is_silent(self, run: SyncRun) -> bool:
        silence_s = self._clock.now() - run.updated_at.timestamp()
        is_own = run.key in self._own
        return run.is_running and not is_own and silence_s > self._timings.silent_after_s

    # Taking in and telling

    def _take(self, run: SyncRun) -> None:
        known = self.syncs(run.user_id)
        is_news = known.is_news(run)
        if run.key in self._given_way and not run.is_running:
            self._given_way.discard(run.key)
            self._throttle.put(run)
        if is_news:
            self._note_given_way(known.newest, run)
            self._users[run.user_id] = known.with_newest(run)
        if self._follow_up(run) or is_news:
            self._throttle.put(run)

    def _note_given_way(self, known: SyncRun | None, newest: SyncRun | None) -> None:
        if known is not None and known.is_running and known.key != _key(newest):
            self._given_way.add(known.key)
            self._polling.read_again()

    def _follow_up(self, run: SyncRun) -> bool:
        """Keep a record for those who follow the sync; tells whether it is news to them."""
        followed = self._followed.get(run.key)
        if followed is None or followed.run is None or not is_later(run, followed.run):
            return False
        followed.run = run
        return True

    def _notify(self, run: SyncRun) -> None:
        for watcher in tuple(self._watchers):
            try:
                watcher(run)
            except Exception as error:  # noqa: BLE001  # a watcher's mistake must not end a sync
                log_bug(log, "A watcher of syncs failed.", error)
        if (followed := self._followed.get(run.key)) is not None:
            _wake(followed)


def _wake(followed: _Followed) -> None:
    for changed in followed.changed:
        changed.set()


def _key(run: SyncRun | None) -> SyncKey | None:
    return None if run is None else run.key


def _is_other_or_later(found: SyncRun | None, known: SyncRun) -> bool:
    return found is None or found.key != known.key or is_later(found, known)
