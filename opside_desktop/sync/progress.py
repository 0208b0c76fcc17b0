"""How far a sync has come, in a number and in words. Pure."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from opside_desktop.domain.datasets import Dataset
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

TRUSTED_FROM: Final = 0.2
TRUSTED_AFTER_S: Final = 10.0
TRUSTED_SPREAD: Final = 0.25
"""An estimate is shown once a fifth is done in at least ten seconds, and the last estimates of the
end lie no further apart than a quarter of the time still to go."""

_GUESSES: Final = 5
_GUESS_EVERY_S: Final = 1.0
_TELL_WAITS_FROM_S: Final = 1.5


@dataclass(frozen=True, slots=True)
class DatasetProgress:
    """How one dataset stands.

    Attributes:
        fraction: 0 to 1.
        records: what Amazon has sent so far in this sync: events, stock records, orders.
        wait: the pause that is on.
        started, ended: whether its copying has begun, and is over in whatever way.
    """

    fraction: float = 0.0
    records: int = 0
    wait: Wait | None = None
    started: bool = False
    ended: bool = False


@dataclass(slots=True)
class SyncProgress:
    """The progress of one sync. Nothing in it ever falls."""

    datasets: frozenset[Dataset]
    connected: bool = False
    _states: dict[Dataset, DatasetProgress] = field(default_factory=dict)
    _shown: int = 0

    def __post_init__(self) -> None:
        self._states = {
            dataset: DatasetProgress() for dataset in Dataset if dataset in self.datasets
        }

    def __getitem__(self, dataset: Dataset) -> DatasetProgress:
        """Give one dataset's state."""
        return self._states[dataset]

    def update(self, dataset: Dataset, **changes: object) -> None:
        """Change fields of a dataset's state."""
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

    def message(self, now: datetime) -> str:
        """Say in one sentence what goes on."""
        if not self.connected:
            return "Connecting to Amazon…"
        open_ = {dataset: state for dataset, state in self._states.items() if not state.ended}
        if not open_:
            return "Finishing…"
        busy = [dataset for dataset, state in open_.items() if not _is_long(state.wait, now)]
        if busy:
            return working(busy[0], open_[busy[0]].records)
        dataset = min(open_, key=lambda one: _until(open_[one]))
        return waiting(dataset, open_[dataset].wait, now)

    def wait_until(self, now: datetime) -> datetime | None:
        """Tell when the sync goes on, if all of it waits."""
        open_ = [state for state in self._states.values() if not state.ended]
        if not open_ or not all(_is_long(state.wait, now) for state in open_):
            return None
        return min(_until(state) for state in open_)


def working(dataset: Dataset, records: int) -> str:
    """Say what is being fetched and how much has come."""
    verb = "Processing" if dataset is Dataset.INVENTORY else "Fetching"
    noun = {
        Dataset.CLAIMS: ("event", "events"),
        Dataset.INVENTORY: ("stock record", "stock records"),
        Dataset.ORDERS: ("order", "orders"),
    }[dataset][records != 1]
    told = f" {records:,} {noun}" if records else ""
    return f"{verb} {dataset.value}…{told}"


def waiting(dataset: Dataset, wait: Wait | None, now: datetime) -> str:
    """Say what is waited for and how long."""
    if wait is None:
        return working(dataset, 0)
    name = dataset.value.capitalize()
    left = duration((wait.until - now).total_seconds())
    if wait.reason is WaitReason.QUOTA:
        return f"{name}: waiting {left} for Amazon's quota"
    if wait.reason is WaitReason.NETWORK:
        return f"{name}: no connection to Amazon, trying again in {left}"
    return f"{name}: Amazon did not answer, trying again in {left}"


def duration(seconds: float) -> str:
    """Spell a time to wait as people say it: 42 s, 3 min, 1 h 05 min."""
    whole = max(1, round(seconds))
    if whole < 120:
        return f"{whole} s"
    minutes = round(whole / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"


def summary(counts: Iterable[tuple[Dataset, int]]) -> str:
    """Say what a completed sync has brought."""
    nouns = {
        Dataset.CLAIMS: ("claim", "claims"),
        Dataset.INVENTORY: ("SKU", "SKUs"),
        Dataset.ORDERS: ("order", "orders"),
    }
    parts = [
        f"{count:,} {nouns[dataset][count != 1]}"
        if count or dataset is not Dataset.INVENTORY
        else "no FBA stock"
        for dataset, count in counts
    ]
    if not parts:
        return "Sync completed."
    told = ", ".join(parts[:-1]) + " and " + parts[-1] if len(parts) > 1 else parts[0]
    return f"Sync completed: {told}."


class Estimate:
    """When a sync will end, shown only while the guesses agree."""

    def __init__(self, started_at: datetime) -> None:
        self._started_at = started_at
        self._guesses: deque[datetime] = deque(maxlen=_GUESSES)
        self._at = started_at
        self._answer: datetime | None = None

    def guess(self, fraction: float, now: datetime) -> datetime | None:
        """Take in how far the sync is; give the moment of its end if that can be trusted."""
        elapsed = (now - self._started_at).total_seconds()
        if fraction < TRUSTED_FROM or elapsed < TRUSTED_AFTER_S:
            return None
        if (now - self._at).total_seconds() < _GUESS_EVERY_S:
            return self._answer
        self._at = now
        left_s = elapsed * (1 - fraction) / fraction
        self._guesses.append(now + timedelta(seconds=left_s))
        spread = (max(self._guesses) - min(self._guesses)).total_seconds()
        agreed = len(self._guesses) == _GUESSES and spread <= max(5.0, TRUSTED_SPREAD * left_s)
        self._answer = self._guesses[-1] if agreed else None
        return self._answer


def _is_long(wait: Wait | None, now: datetime) -> bool:
    return wait is not None and (wait.until - now).total_seconds() >= _TELL_WAITS_FROM_S


def _until(state: DatasetProgress) -> datetime:
    return state.wait.until if state.wait else datetime.max.replace(tzinfo=UTC)
