"""Syncs on the wire."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec.structs import asdict

from opside_desktop.contract.wire import Moment, Outcome, Wire, built
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.syncs import TOTAL_STEPS, DatasetStatus, SyncRun, SyncStatus
from opside_desktop.domain.syncs import DatasetResult as Result

StatusOrIdle = Annotated[str, msgspec.Meta(extra_json_schema={"enum": [*SyncStatus, "idle"]})]


class DatasetResult(Wire):
    """How one dataset of a sync stands.

    `source` names where its rows came from, several joined by `+`: `transactions`, `events-v0`;
    `inventory-v1`; `orders-2026`, `orders-v0`. Everything from `completeSince` up to this sync has
    been read; null where that is unknown, and of inventory, which has no times.
    """

    count: int
    skipped: int
    status: DatasetStatus
    error: str | None
    source: str | None
    complete_since: Moment | None
    warnings: Sequence[str]


class Results(Wire):
    """How the datasets of a sync stand."""

    claims: DatasetResult
    inventory: DatasetResult
    orders: DatasetResult


class NewestSync(Wire):
    """The keys of a sync, where there may be none."""

    sync_id: str | None
    status: StatusOrIdle
    progress: int
    message: str | None
    step: int
    total_steps: int
    started_at: Moment | None
    updated_at: Moment | None
    completed_at: Moment | None
    duration_seconds: float | None
    estimated_completion: Moment | None
    orders_processed: int
    total_orders: int | None
    inventory_count: int
    claims_detected: int
    results: Results
    error: str | None
    error_code: str | None
    is_mock: bool


class Sync(NewestSync):
    """A sync."""

    sync_id: str
    status: SyncStatus
    message: str
    started_at: Moment
    updated_at: Moment


class SyncState(Wire):
    """A sync's state, or that there is none."""

    __annotations__ = {"success": bool, "has_active_sync": bool, **NewestSync.__annotations__}


class SyncEvent(Wire):
    """An event of the stream. `data` is JSON: a Sync, or an error body for `unauthorized`."""

    event: Literal["sync_progress", "sync_complete", "unauthorized"]
    data: str


class SyncStarted(Outcome):
    """A sync has begun."""

    sync_id: str
    message: str
    status: Literal["in_progress"]
    estimated_duration: str


class SyncCancelled(Outcome):
    """A sync has been cancelled."""

    sync_id: str
    status: Literal["cancelled"]


def sync_of(run: SyncRun) -> Sync:
    """Build a sync."""
    return built(
        Sync,
        run,
        duration_seconds=round(run.duration_s, 3),
        orders_processed=run.result(Dataset.ORDERS).count,
        inventory_count=run.result(Dataset.INVENTORY).count,
        claims_detected=run.result(Dataset.CLAIMS).count,
        results=_results(run.results),
    )


def _results(known: Mapping[Dataset, Result]) -> Results:
    return Results(**{one.value: built(DatasetResult, known.get(one, Result())) for one in Dataset})


def newest_of(run: SyncRun | None) -> NewestSync:
    """Build a user's newest sync; nothing is known of one who never synced."""
    if run is not None:
        return sync_of(run)
    known: dict[str, Any] = {
        "status": "idle",
        "progress": 0,
        "step": 0,
        "total_steps": TOTAL_STEPS,
        "orders_processed": 0,
        "inventory_count": 0,
        "claims_detected": 0,
        "results": _results({}),
        "is_mock": False,
    }
    return NewestSync(**{**dict.fromkeys(NewestSync.__struct_fields__), **known})


def state_of(run: SyncRun | None, *, is_active: bool) -> SyncState:
    """Build a sync's state; `is_active` tells whether any sync of its user runs."""
    facts = {"success": True, "has_active_sync": is_active, **asdict(newest_of(run))}
    return SyncState(**facts)
