"""How far a sync has come, in a number and in words. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.durations import waiting_time
from opside_desktop.domain.syncs import TOTAL_STEPS
from opside_desktop.domain.waits import Wait, WaitReason

WEIGHTS: Final[Mapping[Dataset, float]] = {
    Dataset.CLAIMS: 0.4,
    Dataset.INVENTORY: 0.2,
    Dataset.ORDERS: 0.4,
}
"""Each dataset's share of the bar; those not asked for leave theirs to the others."""

CONNECTED: Final = 3
"""Percent once Amazon has let us in."""

ALMOST: Final = 99
"""Percent that only a completed sync passes."""

_TELL_WAITS_FROM_S: Final = 1.5
_TELL_AMID_WORK_FROM_S: Final = 5.0
"""One dataset's wait while others work is told only if it is long enough to be read."""

ROWS: Final[Mapping[Dataset, tuple[str, str]]] = {
    Dataset.CLAIMS: ("claim", "claims"),
    Dataset.INVENTORY: ("SKU", "SKUs"),
    Dataset.ORDERS: ("order", "orders"),
}
"""What one row of a dataset is called, and what several are."""

Pace = Callable[[int], float]
"""Tells how many seconds Amazon's quota makes so many calls take from now on."""

Ends = Mapping[Dataset, datetime | None]
"""When each running dataset is expected to end; None where that is not known."""

_NO_ENDS: Final[Ends] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class DatasetProgress:
    """How one dataset stands.

    Attributes:
        fraction: 0 to 1.
        records: what Amazon has sent so far in this sync: events, stock records, orders.
        wait: the pause that is on.
        calls: what Amazon has answered in this sync.
        calls_left: how many more it will take; None if that is not known.
        began: when its copying has begun; from then on `pace` is known.
        answered: when Amazon answered last.
        heard: when it answered or a pause began or ended.
        ended: whether its copying is over, in whatever way.
    """

    fraction: float = 0.0
    records: int = 0
    wait: Wait | None = None
    calls: int = 0
    calls_left: int | None = None
    began: datetime | None = None
    pace: Pace | None = None
    answered: datetime | None = None
    heard: datetime | None = None
    ended: bool = False


@dataclass(slots=True)
class SyncProgress:
    """The progress of one sync. Nothing in it ever falls.

    `preparing`: says what is done with what is stored, before Amazon is asked. `only_history`:
    whether nothing but history is left to be read.
    """

    datasets: frozenset[Dataset]
    preparing: str = ""
    only_history: bool = False
    connected: bool = False
    database_gone: bool = False
    sign_in_wait: Wait | None = None
    _states: dict[Dataset, DatasetProgress] = field(default_factory=dict)
    _shown: int = 0

    def __post_init__(self) -> None:
        self._states = {
            dataset: DatasetProgress() for dataset in Dataset if dataset in self.datasets
        }

    def __getitem__(self, dataset: Dataset) -> DatasetProgress:
        return self._states[dataset]

    def update(self, dataset: Dataset, **changes: object) -> None:
        old = self._states[dataset]
        new = replace(old, **changes)  # type: ignore[arg-type]  # the names are the fields'
        self._states[dataset] = replace(new, fraction=max(old.fraction, min(1.0, new.fraction)))

    @property
    def fraction(self) -> float:
        """How much of all datasets is done, 0 to 1."""
        total = sum(WEIGHTS[dataset] for dataset in self._states)
        done = sum(WEIGHTS[dataset] * state.fraction for dataset, state in self._states.items())
        return done / total if total else 1.0

    @property
    def percent(self) -> int:
        """What the bar shows: 0 to 99; completion itself is the 100."""
        now = CONNECTED + int((ALMOST - CONNECTED) * self.fraction) if self.connected else 0
        self._shown = max(self._shown, min(ALMOST, now))
        return self._shown

    @property
    def step(self) -> int:
        """How many of the five steps are finished; a dataset not asked for counts as finished."""
        if not self.connected:
            return 0
        not_asked = len(Dataset) - len(self._states)
        ended = sum(state.ended for state in self._states.values())
        return min(TOTAL_STEPS - 1, 1 + not_asked + ended)

    @property
    def running(self) -> dict[Dataset, DatasetProgress]:
        return {dataset: state for dataset, state in self._states.items() if not state.ended}

    def message(self, now: datetime, ends: Ends = _NO_ENDS) -> str:
        """Say in one sentence what goes on; it is always about something that has not ended."""
        if self.database_gone:
            return "Waiting for the database…"
        if self.preparing:
            return self.preparing
        if not self.connected:
            if _is_long(self.sign_in_wait, now):
                return waiting(None, self.sign_in_wait, now)
            return "Connecting to Amazon…"
        running = self.running
        if not running:
            return "Finishing…"
        waits = self._shown_wait(now, ends)
        if waits is not None:
            return waiting(waits, running[waits].wait, now)
        busy = next(d for d, state in running.items() if not _is_long(state.wait, now))
        return working(busy, running[busy].records, only_history=self.only_history)

    def wait_until(self, now: datetime, ends: Ends = _NO_ENDS) -> datetime | None:
        """Tell when the wait that `message` tells of is over."""
        if self.database_gone:
            return None
        wait = self.sign_in_wait
        if self.connected:
            waits = self._shown_wait(now, ends)
            wait = self._states[waits].wait if waits else None
        return wait.until if wait is not None and _is_long(wait, now) else None

    def _shown_wait(self, now: datetime, ends: Ends) -> Dataset | None:
        """Find the dataset whose wait holds up the sync: all wait, or the longest one does."""
        running = self.running

        def end(dataset: Dataset) -> datetime:
            wait = running[dataset].wait
            return max(ends.get(dataset) or now, wait.until if wait else now)

        if not running:
            return None
        longest = max(running, key=end)
        all_wait = all(_is_long(state.wait, now) for state in running.values())
        least_s = _TELL_WAITS_FROM_S if all_wait else _TELL_AMID_WORK_FROM_S
        return longest if _is_long(running[longest].wait, now, least_s) else None


def working(dataset: Dataset, records: int, *, only_history: bool = False) -> str:
    """Say what is being fetched and how much has come."""
    verb = "Processing" if dataset is Dataset.INVENTORY else "Fetching"
    if only_history:
        verb = "Fetching history:"
    noun = {
        Dataset.CLAIMS: ("event", "events"),
        Dataset.INVENTORY: ("stock record", "stock records"),
        Dataset.ORDERS: ("order", "orders"),
    }[dataset][records != 1]
    told = f" {records:,} {noun}" if records else ""
    return f"{verb} {dataset.value}…{told}"


def waiting(dataset: Dataset | None, wait: Wait | None, now: datetime) -> str:
    """Say what is waited for and how long; without a dataset, to be let in."""
    left = waiting_time((wait.until - now).total_seconds()) if wait else waiting_time(0)
    reason = wait.reason if wait else WaitReason.QUOTA
    said = {
        WaitReason.QUOTA: f"waiting {left} for Amazon's quota",
        WaitReason.NETWORK: f"no connection to Amazon, trying again in {left}",
        WaitReason.RETRY: f"Amazon gave no usable answer, trying again in {left}",
    }[reason]
    return f"{dataset.value.capitalize()}: {said}" if dataset else said[0].upper() + said[1:]


def count_words(counts: Iterable[tuple[Dataset, int]], *, skipped: int = 0) -> str:
    """Say how many rows of each dataset have come: no new claims, 150 SKUs and 1 order."""

    def told(dataset: Dataset, count: int) -> str:
        # Stock that could not be read is no proof of having none.
        if not count and not skipped and dataset is Dataset.INVENTORY:
            return "no FBA stock"
        return f"{count:,} {ROWS[dataset][count != 1]}" if count else f"no new {ROWS[dataset][1]}"

    return listed([told(dataset, count) for dataset, count in counts])


def listed(parts: Sequence[str]) -> str:
    """Join words as people do: a, b and c."""
    return ", ".join(parts[:-1]) + " and " + parts[-1] if len(parts) > 1 else "".join(parts)


def summary(
    counts: Iterable[tuple[Dataset, int]], *, skipped: int = 0, history_left: bool = False
) -> str:
    """Say what a completed sync has brought, and how many records it could not read."""
    told = count_words(counts, skipped=skipped)
    records = "record" if skipped == 1 else "records"
    problems = f" {skipped:,} {records} could not be read." if skipped else ""
    left = " History is left to a later sync." if history_left else ""
    return f"Sync completed: {told}.{problems}{left}"


def failure(
    error: str, copied: Sequence[tuple[Dataset, int]], not_copied: Sequence[Dataset]
) -> str:
    """Say which datasets of a failed sync stand and which do not, and why the worst of them."""
    if not copied:
        return error
    missing = listed([dataset.value for dataset in not_copied]).capitalize()
    return f"{missing} could not be copied, the rest is complete: {count_words(copied)}. {error}"


def _is_long(wait: Wait | None, now: datetime, least_s: float = _TELL_WAITS_FROM_S) -> bool:
    return wait is not None and (wait.until - now).total_seconds() >= least_s
