"""What is known of one user's syncs. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime

from opside_desktop.domain.ids import UserId
from opside_desktop.domain.syncs import SyncRun, SyncStatus
from opside_desktop.store.users import Stored


@dataclass(frozen=True, slots=True)
class UserSyncs:
    """The last syncs of one user, and of nobody else.

    Attributes:
        newest: the one that runs, else the one that began last.
        ended: the last one that has ended, in whatever way.
        completed: the last one that completed.
        rows: what is stored of a user without a completed sync, if that was read.
    """

    user_id: UserId
    newest: SyncRun | None = None
    ended: SyncRun | None = None
    completed: SyncRun | None = None
    rows: Stored | None = None

    def __post_init__(self) -> None:
        """Refuse another user's syncs.

        Raises:
            ValueError: one of them is another user's.
        """
        for run in (self.newest, self.ended, self.completed):
            if run is not None and run.user_id != self.user_id:
                raise ValueError(f"{run.sync_id} of {run.user_id} is no sync of {self.user_id}.")

    @property
    def running(self) -> SyncRun | None:
        return self.newest if self.newest is not None and self.newest.is_running else None

    @property
    def read_at(self) -> datetime | None:
        """When the recent part was last read whole; the sync may have gone on with history."""
        runs = (self.newest, self.ended, self.completed)
        return max((at for run in runs if run and (at := run.recent_at)), default=None)

    @property
    def is_history_left(self) -> bool:
        """Whether all of the recent part has been read, and not all of the history."""
        if self.newest is not None and self.newest.only_reads_history:
            return True
        return self.completed is not None and self.completed.leaves_history

    @property
    def complete_since(self) -> datetime | None:
        """From when on everything has been read that a sync asks for, if that is known."""
        known = [run.complete_since for run in (self.newest, self.completed) if run]
        return next((moment for moment in known if moment), None)

    @property
    def stored(self) -> Stored:
        """Whether rows are stored, and when the newest was, if that is known.

        A completed sync is not their only source: others may have stored some before they failed,
        and so may other programs.
        """
        run = self.completed or self.newest
        if run is not None and any(result.count for result in run.results.values()):
            return Stored(any=True, newest=run.completed_at or run.updated_at)
        return self.rows or Stored(any=False, newest=None)

    def with_newest(self, run: SyncRun) -> "UserSyncs":
        """Give the same with a newer record of the newest sync, or with one that began later."""
        return replace(
            self,
            newest=run,
            ended=self.ended if run.is_running else run,
            completed=run if run.status is SyncStatus.COMPLETED else self.completed,
        )

    def is_news(self, run: SyncRun) -> bool:
        """Tell whether `with_newest` is to be asked for a record that has come."""
        if self.newest is None or self.newest.key == run.key:
            return self.newest is None or is_later(run, self.newest)
        return run.started_at >= self.newest.started_at


def is_later(run: SyncRun, known: SyncRun) -> bool:
    """Tell whether a record of the same sync is a later one: what has ended stays as it is."""
    if run == known or not known.is_running:
        return False
    return not run.is_running or run.updated_at >= known.updated_at
