"""What one running sync tells: its record, kept up to date."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from opside_desktop.domain.clock import Clock, utc
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import OpsideError
from opside_desktop.domain.sources import joined_sources
from opside_desktop.domain.syncs import DatasetResult, DatasetStatus, SyncRun
from opside_desktop.domain.waits import Wait
from opside_desktop.sync.estimate import Estimate, dataset_end
from opside_desktop.sync.progress import Ends, Pace, SyncProgress
from opside_desktop.sync.timings import SyncTimings

MOST_WARNINGS: Final = 50
"""So many warnings of one dataset are kept: each is a sentence that somebody is to read."""


@dataclass(eq=False)
class Reporter:
    """Holds the SyncRun of one sync. Belongs to one loop; nothing here waits.

    Attributes:
        run: the record as it stands.
        changed: whether it differs from what the row holds; the supervisor resets it.
    """

    run: SyncRun
    datasets: frozenset[Dataset]
    clock: Clock
    publish: Callable[[SyncRun], None]
    timings: SyncTimings
    changed: bool = True
    _ended: bool = False

    def __post_init__(self) -> None:
        self._progress = SyncProgress(self.datasets)
        self._estimate = Estimate(utc(self.clock.now()), self.timings.estimate)
        self._began = self.clock.monotonic()
        self._recent: set[Dataset] = set()

    def now(self) -> datetime:
        """Tell the time by the database's clock, which the start was written with."""
        return self.run.started_at + timedelta(seconds=self.clock.monotonic() - self._began)

    def is_waiting(self, dataset: Dataset) -> bool:
        """Tell whether a dataset's copying pauses, so that no page of it is on its way."""
        return self._progress[dataset].wait is not None

    def preparing(self, sentence: str) -> None:
        """Tell what is done with what is stored, before Amazon is asked; nothing once it is."""
        if sentence != self._progress.preparing:
            self._progress.preparing = sentence
            self._change()

    def sign_in_wait(self, wait: Wait | None) -> None:
        self._progress.sign_in_wait = wait
        self._change()

    def connected(self) -> None:
        self._progress.connected = True
        self._change()

    def database_gone(self, is_gone: bool) -> None:
        self._progress.database_gone = is_gone
        self._change()

    def take_over(self, dataset: Dataset, result: DatasetResult) -> None:
        """Take over a dataset's counts: of the interrupted sync, or as the database has them."""
        source = joined_sources(result.source, self.run.result(dataset).source)
        self._set(dataset, count=result.count, skipped=result.skipped, source=source)

    def answered_from(self, dataset: Dataset, source: str) -> None:
        """Note which source of a dataset has answered."""
        known = self.run.result(dataset).source
        if (both := joined_sources(known, source)) != known:
            self._set(dataset, source=both)

    def begin(self, dataset: Dataset, pace: Pace) -> None:
        """Note that a dataset's copying has begun, and how fast Amazon lets it go on."""
        self._progress.update(dataset, began=utc(self.clock.now()), pace=pace)
        self._set(dataset, status=DatasetStatus.RUNNING)

    def wait(self, dataset: Dataset, wait: Wait | None) -> None:
        self._progress.update(dataset, wait=wait, heard=utc(self.clock.now()))
        self._change()

    def advance(
        self,
        dataset: Dataset,
        *,
        fraction: float,
        records: int,
        calls: int = 0,
        calls_left: int | None = None,
    ) -> None:
        """Note how much of a dataset is done, and how much is left.

        Args:
            fraction: 0 to 1.
            records, calls: how many have come, and were answered, in this sync.
            calls_left: how many more are expected; None if that is not known.
        """
        before, now = self._progress[dataset], utc(self.clock.now())
        self._progress.update(
            dataset,
            fraction=fraction,
            records=records,
            calls=calls,
            calls_left=calls_left,
            answered=now if calls > before.calls else before.answered,
            heard=now,
        )
        self._change()

    def stored(self, dataset: Dataset, *, new: int, skipped: int) -> None:
        """Add rows to the counts that a page's transaction has written."""
        old = self.run.result(dataset)
        self._set(dataset, count=old.count + new, skipped=old.skipped + skipped)
        if dataset is Dataset.ORDERS and self.run.total_orders is not None:
            self.run = replace(self.run, total_orders=self.run.result(dataset).count)

    def complete_since(self, dataset: Dataset, moment: datetime | None) -> None:
        """Note from when on a dataset has been read up to now, by Amazon's clock."""
        if moment != self.run.result(dataset).complete_since:
            self._set(dataset, complete_since=moment)

    def recent_done(self, dataset: Dataset) -> None:
        """Note that a dataset's recent part is stored: nothing but history is left of it."""
        self._recent.add(dataset)
        if self._recent >= self.datasets and self.run.recent_done_at is None:
            self.run = replace(self.run, recent_done_at=self.now())
            self._progress.only_history = True
            self._change()

    def history_left(self) -> None:
        """Note that the sync ends without reading all history, as it was asked to."""
        self.run = replace(self.run, history_left=True)
        self._change()

    def warn(self, dataset: Dataset, sentence: str) -> bool:
        """Add a warning to a dataset's result. Gives whether it is a new one."""
        known = self.run.result(dataset).warnings
        if sentence in known or len(known) >= MOST_WARNINGS:
            return False
        self._set(dataset, warnings=(*known, sentence))
        return True

    def end(
        self, dataset: Dataset, status: DatasetStatus, error: OpsideError | None = None
    ) -> None:
        done = 1.0 if status is DatasetStatus.SUCCESS else 0.0
        self._progress.update(dataset, ended=True, wait=None, fraction=done)
        if status is DatasetStatus.SUCCESS:
            self.recent_done(dataset)
        if dataset is Dataset.ORDERS and status is DatasetStatus.SUCCESS:
            self.run = replace(self.run, total_orders=self.run.result(dataset).count)
        if error is not None and error.request_id:
            ids = dict.fromkeys((*self.run.request_ids, error.request_id))
            self.run = replace(self.run, request_ids=tuple(ids))
        self._set(
            dataset,
            status=status,
            error=error.sentence if error else None,
            error_code=error.code if error else None,
        )

    def refresh(self) -> None:
        """Word the message anew: waits grow shorter by themselves."""
        wording = self._wording()
        shown = {name: getattr(self.run, name) for name in wording}
        if shown != wording:
            self._change()

    def close(self, run: SyncRun) -> None:
        """Publish the last record; nothing is published after it."""
        self.run = run
        self._ended = True
        self.publish(run)

    def _set(self, dataset: Dataset, **changes: object) -> None:
        result = replace(self.run.result(dataset), **changes)
        self.run = replace(self.run, results={**self.run.results, dataset: result})
        self._change()

    def _wording(self) -> dict[str, object]:
        now = utc(self.clock.now())
        running = self._progress.running.items()
        ends: Ends = {dataset: dataset_end(state, now) for dataset, state in running}
        # The datasets run side by side, so the last one to end decides; it may be the unknown one.
        known = [end for end in ends.values() if end is not None]
        last = max(known) if known and len(known) == len(ends) else None
        end = self._estimate.guess(last, now)
        return {
            "progress": self._progress.percent,
            "step": self._progress.step,
            "message": self._progress.message(now, ends),
            "wait_until": self._progress.wait_until(now, ends),
            "estimated_completion": self._by_database(end, now),
        }

    def _by_database(self, moment: datetime | None, now: datetime) -> datetime | None:
        """Put a moment of this computer's clock into the database's time."""
        return (self.now() + (moment - now)).replace(microsecond=0) if moment else None

    def _change(self) -> None:
        if self._ended:
            return
        wording = self._wording()
        self.run = replace(self.run, updated_at=self.now(), **wording)
        self.changed = True
        self.publish(self.run)
