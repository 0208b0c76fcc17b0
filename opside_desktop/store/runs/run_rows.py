"""Between a row of `sync_progress` and a SyncRun. Rows may stem from another program."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from opside_desktop.domain.clock import iso
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import ErrorCode
from opside_desktop.domain.ids import ExternalUserId, SyncId, UserId
from opside_desktop.domain.sources import SOURCES
from opside_desktop.domain.syncs import (
    TOTAL_STEPS,
    DatasetResult,
    DatasetStatus,
    Owner,
    SyncRun,
    SyncStatus,
)
from opside_desktop.store.runs.staleness import stale_before
from opside_desktop.store.schema.tables import sync_progress
from opside_desktop.store.schema.types import UnreadableValue, db_now, moment_read

INTERRUPTED = (
    "The sync was interrupted: the program that ran it ended. "
    "Start a new one; it goes on where this one stopped."
)
CANCELLED = "The sync was cancelled."
GAVE_WAY = "The recent part is complete. A newer sync, {newer}, goes on with the history."

SELECT_RUN = sa.select(sync_progress, db_now().label("db_now"))
"""Rows with the database's clock beside them, as `run_of` wants them."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def run_named(connection: sa.Connection, user_id: UserId, name: SyncId) -> SyncRun | None:
    """Read a user's sync by its name."""
    row = connection.execute(
        SELECT_RUN.where(sync_progress.c.user_id == user_id, sync_progress.c.sync_id == name)
    ).first()
    return None if row is None else run_of(row)


def run_of(row: sa.Row[Any]) -> SyncRun:
    """Read a row of `SELECT_RUN`. A stale one reads as failed and interrupted."""
    metadata = object_of(row.metadata)
    created = row.created_at or row.updated_at or _EPOCH
    updated = row.updated_at or created
    stale = row.status == SyncStatus.RUNNING and updated < stale_before(row.db_now)
    status = SyncStatus.FAILED if stale else _status(row.status)
    error, code = _text(metadata, "error"), _member(ErrorCode, metadata.get("errorCode"), None)
    if stale:
        error, code = INTERRUPTED, ErrorCode.INTERRUPTED
    completed = _moment(metadata, "completedAt")
    if completed is None and status is not SyncStatus.RUNNING:
        completed = updated
    running = status is SyncStatus.RUNNING
    progress = max(0, min(100, row.progress or 0))
    if status is not SyncStatus.COMPLETED:
        progress = min(progress, 99)
    return SyncRun(
        sync_id=SyncId(row.sync_id),
        user_id=UserId(row.user_id),
        external_user_id=ExternalUserId(_text(metadata, "externalUserId") or row.user_id),
        status=status,
        progress=progress,
        message=(error if stale else row.current_step) or "",
        step=row.step or 0,
        total_steps=row.total_steps or TOTAL_STEPS,
        started_at=created,
        updated_at=updated,
        completed_at=completed,
        estimated_completion=_moment(metadata, "estimatedCompletion") if running else None,
        results=_results(object_of(metadata.get("results")), status, error, code),
        total_orders=_number(metadata, "totalOrders"),
        error=error,
        error_code=code,
        request_ids=tuple(str(one) for one in _list(metadata, "requestIds")),
        trigger=_text(metadata, "trigger") or "manual",
        sources=_sources(object_of(metadata.get("window"))),
        history_left=metadata.get("historyLeft") is True,
        owner=owner_of(metadata),
        is_mock=metadata.get("isMock") is True,
        mock_scenario=_text(metadata, "mockScenario"),
        wait_until=_moment(metadata, "waitUntil") if running else None,
        recent_done_at=_moment(metadata, "recentDoneAt"),
        gave_way_to=SyncId(to) if (to := _text(metadata, "gaveWayTo")) else None,
    )


def _sources(window: Mapping[str, Any]) -> dict[Dataset, str]:
    """Read which sources the sync was told to use; what this version does not know is no choice."""
    asked = object_of(window.get("sources"))
    return {
        dataset: source
        for dataset, known in SOURCES.items()
        if (source := _text(asked, dataset.value)) in known
    }


def _status(stored: str) -> SyncStatus:
    """Read a state. Another program may write ends in capitals; what nobody knows has failed."""
    if stored == SyncStatus.RUNNING:
        return SyncStatus.RUNNING
    status: SyncStatus = _member(SyncStatus, stored.lower(), SyncStatus.FAILED)
    return SyncStatus.FAILED if status is SyncStatus.RUNNING else status


def _results(
    stored: Mapping[str, Any], status: SyncStatus, error: str | None, code: ErrorCode | None
) -> dict[Dataset, DatasetResult]:
    return {
        dataset: _result(object_of(stored.get(dataset.value)), status, error, code)
        for dataset in Dataset
    }


def _result(
    stored: Mapping[str, Any], status: SyncStatus, error: str | None, code: ErrorCode | None
) -> DatasetResult:
    """Read one dataset's result; nothing of a sync that has ended is still pending or running."""
    own = _member(DatasetStatus, stored.get("status"), DatasetStatus.PENDING)
    own_error = _text(stored, "error")
    own_code = _member(ErrorCode, stored.get("errorCode"), None)
    if own in (DatasetStatus.PENDING, DatasetStatus.RUNNING):
        if status is SyncStatus.CANCELLED:
            own = DatasetStatus.CANCELLED
        elif status is SyncStatus.FAILED:
            own, own_error, own_code = DatasetStatus.FAILED, own_error or error, own_code or code
    return DatasetResult(
        status=own,
        count=_number(stored, "count") or 0,
        skipped=_number(stored, "skipped") or 0,
        error=own_error,
        error_code=own_code,
        source=_text(stored, "source"),
        warnings=tuple(str(one) for one in _list(stored, "warnings")),
        complete_since=_moment(stored, "completeSince"),
    )


def metadata_of(run: SyncRun) -> dict[str, Any]:
    """Write what a SyncRun knows as `metadata`, without the keys that never change."""
    return {
        "completedAt": iso(run.completed_at),
        "estimatedCompletion": iso(run.estimated_completion),
        "results": {dataset.value: result_of(result) for dataset, result in run.results.items()},
        "totalOrders": run.total_orders,
        "error": run.error,
        "errorCode": run.error_code,
        "requestIds": list(run.request_ids),
        "waitUntil": iso(run.wait_until),
        "recentDoneAt": iso(run.recent_done_at),
        "historyLeft": run.history_left,
    }


def result_of(result: DatasetResult) -> dict[str, Any]:
    """Write one dataset's result."""
    return {
        "count": result.count,
        "skipped": result.skipped,
        "status": result.status,
        "error": result.error,
        "errorCode": result.error_code,
        "source": result.source,
        "warnings": list(result.warnings),
        "completeSince": iso(result.complete_since),
    }


def merge(stored: Any, patch: Mapping[str, Any]) -> dict[str, Any]:
    """Put new metadata over what is stored; keys of others stay, counts and lists only grow."""
    old = object_of(stored)
    merged = {**old, **patch}
    if "requestIds" in patch:
        merged["requestIds"] = list(
            dict.fromkeys([*_list(old, "requestIds"), *patch["requestIds"]])
        )[:MAX_REQUEST_IDS]
    old_results = object_of(old.get("results"))
    results = {**old_results}
    for name, result in patch.get("results", {}).items():
        before = object_of(old_results.get(name))
        results[name] = {**before, **result}
        for counter in ("count", "skipped"):
            results[name][counter] = max(_number(before, counter) or 0, result.get(counter, 0))
    if results:
        merged["results"] = results
        merged["ordersProcessed"] = _count(results, Dataset.ORDERS)
        merged["inventoryCount"] = _count(results, Dataset.INVENTORY)
        merged["claimsDetected"] = _count(results, Dataset.CLAIMS)
    return merged


MAX_REQUEST_IDS = 50
"""Enough of Amazon's request ids for its support to find a failure."""


def owner_of(metadata: Mapping[str, Any]) -> Owner | None:
    """Read the program that runs a sync; None where another kind of program wrote the row."""
    owner = object_of(metadata.get("owner"))
    host, pid, instance = owner.get("host"), owner.get("pid"), owner.get("instance")
    if isinstance(host, str) and isinstance(pid, int) and isinstance(instance, str):
        return Owner(host=host, pid=pid, instance=instance)
    return None


def object_of(value: Any) -> Mapping[str, Any]:
    """Take a JSON object as it is, and anything else as an empty one."""
    return value if isinstance(value, dict) else {}


def _count(results: Mapping[str, Any], dataset: Dataset) -> int:
    return _number(object_of(results.get(dataset.value)), "count") or 0


def _text(of: Mapping[str, Any], key: str) -> str | None:
    value = of.get(key)
    return value if isinstance(value, str) else None


def _number(of: Mapping[str, Any], key: str) -> int | None:
    value = of.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _list(of: Mapping[str, Any], key: str) -> list[Any]:
    value = of.get(key)
    return value if isinstance(value, list) else []


def _moment(of: Mapping[str, Any], key: str) -> datetime | None:
    try:
        return moment_read(of.get(key))
    except UnreadableValue:
        return None


def _member(kind: Any, value: Any, other: Any) -> Any:
    try:
        return kind(value)
    except ValueError:
        return other
