"""A sync: its states, what it reports while it runs, and what remains of it."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import msgspec

from opside_desktop.domain.datasets import ALL_DATASETS, Dataset
from opside_desktop.domain.errors import ErrorCode
from opside_desktop.domain.ids import ExternalUserId, SyncId, UserId

TOTAL_STEPS = 5
"""Connect, claims, inventory, orders, finish."""


class SyncStatus(StrEnum):
    """`running` is the only state that can change."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class DatasetStatus(StrEnum):
    """How one dataset of a sync stands."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class DatasetResult(msgspec.Struct, frozen=True, kw_only=True):
    """How one dataset of a sync stands.

    Attributes:
        count: distinct rows written.
        skipped: records that could not be read.
        source: where they came from (`domain.sources`), several joined by `+`; None before Amazon
            has answered.
        warnings: sentences about what is less than whole although nothing failed; they change
            neither status nor exit code.
        complete_since: from when on everything up to this sync has been read, by Amazon's clock;
            None where that is unknown, and of inventory, which has no times.
    """

    status: DatasetStatus = DatasetStatus.PENDING
    count: int = 0
    skipped: int = 0
    error: str | None = None
    error_code: ErrorCode | None = None
    source: str | None = None
    warnings: tuple[str, ...] = ()
    complete_since: datetime | None = None


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """The program that runs a sync. `instance` is its process's start time, as text."""

    host: str
    pid: int
    instance: str


class SyncRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a person asked for.

    Attributes:
        since: UTC midnight; overrides how far back a sync reaches.
        recent: whether it ends once the recent part is read, and leaves history to another.
        takes_over: whether another sync of the user that only reads history gives way to it.
        sources: the only source that a dataset may be read from, of those in `domain.sources`;
            the program chooses where none is named.
    """

    datasets: frozenset[Dataset] = ALL_DATASETS
    since: datetime | None = None
    sources: Mapping[Dataset, str] = msgspec.field(default_factory=dict)
    trigger: str = "manual"
    recent: bool = False
    takes_over: bool = True


class SyncKey(NamedTuple):
    """Which sync is meant: its id is its user's only, and another user's may be spelled alike."""

    user_id: UserId
    sync_id: SyncId


class SyncRun(msgspec.Struct, frozen=True, kw_only=True):
    """Everything people are told about one sync; also the progress record that is published.

    `progress` is 0..100, never falls, and is 100 only when completed. `message` is a sentence.
    `wait_until` is the moment a wait for Amazon ends, while one is on. `recent_done_at` is when the
    recent part of every dataset asked for was stored; only history is read after it. `gave_way_to`
    is the later sync that goes on with the history in its place; `history_left` says that this one
    ended without reading all of it, as it was asked to. For `sources` see `SyncRequest`.
    """

    sync_id: SyncId
    user_id: UserId
    external_user_id: ExternalUserId
    status: SyncStatus
    progress: int = 0
    message: str = ""
    step: int = 0
    total_steps: int = TOTAL_STEPS
    started_at: datetime
    updated_at: datetime
    completed_at: datetime | None = None
    estimated_completion: datetime | None = None
    results: Mapping[Dataset, DatasetResult] = msgspec.field(default_factory=dict)
    total_orders: int | None = None
    error: str | None = None
    error_code: ErrorCode | None = None
    request_ids: tuple[str, ...] = ()
    trigger: str = "manual"
    sources: Mapping[Dataset, str] = msgspec.field(default_factory=dict)
    owner: Owner | None = None
    is_mock: bool = False
    mock_scenario: str | None = None
    wait_until: datetime | None = None
    recent_done_at: datetime | None = None
    history_left: bool = False
    gave_way_to: SyncId | None = None

    def result(self, dataset: Dataset) -> DatasetResult:
        """Give one dataset's result; pending where nothing is known."""
        return self.results.get(dataset, DatasetResult())

    @property
    def key(self) -> SyncKey:
        """Which sync this is."""
        return SyncKey(self.user_id, self.sync_id)

    @property
    def is_running(self) -> bool:
        """Whether the sync can still change."""
        return self.status is SyncStatus.RUNNING

    @property
    def only_reads_history(self) -> bool:
        """Whether it runs, and gives way to the next sync that is started."""
        return self.is_running and self.recent_done_at is not None

    @property
    def leaves_history(self) -> bool:
        """Whether this sync completed although there was history still to be read."""
        is_completed = self.status is SyncStatus.COMPLETED
        return is_completed and (self.history_left or self.gave_way_to is not None)

    @property
    def complete_since(self) -> datetime | None:
        """From when on all that was asked for has been read; None while that is unknown."""
        known = [
            result.complete_since
            for dataset, result in self.results.items()
            if result.status is not DatasetStatus.SKIPPED and dataset is not Dataset.INVENTORY
        ]
        dated = [moment for moment in known if moment is not None]
        return max(dated) if dated and len(dated) == len(known) else None

    @property
    def recent_at(self) -> datetime | None:
        """When the recent part of all that was asked for had been read; None before that."""
        if self.recent_done_at is not None or self.status is not SyncStatus.COMPLETED:
            return self.recent_done_at
        return self.completed_at or self.updated_at  # of a version that knew no parts

    @property
    def duration_s(self) -> float:
        """Seconds from start to end, or to the last sign of life; never below 0.

        The database's clock tells both, and may be set back between them.
        """
        seconds = ((self.completed_at or self.updated_at) - self.started_at).total_seconds()
        return max(0.0, seconds)
