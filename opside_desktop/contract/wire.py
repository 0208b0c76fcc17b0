"""The JSON shapes of the program's contract, the same for the command line and for HTTP.

Keys are camelCase and always present; an unknown value is None. Amounts are Decimals with two
places, which an encoder writes as JSON numbers (`encode`).
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from opside_desktop.domain.clock import iso
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import (
    Bug,
    ErrorCode,
    OpsideError,
    SyncInProgress,
    SyncNotRunning,
)
from opside_desktop.domain.syncs import SyncRun
from opside_desktop.domain.texts import encodable

_encoder = msgspec.json.Encoder(decimal_format="number")


def encode(answer: Mapping[str, Any]) -> bytes:
    """Write an answer as UTF-8 JSON, with decimals as numbers.

    U+FFFD stands for what is no text, such as a path's bytes: it must not turn a success into a
    failure.
    """
    try:
        return _encoder.encode(answer)
    except UnicodeEncodeError:
        return _encoder.encode(encodable(answer))


def cents(amount: Decimal | None) -> Decimal | None:
    """Give an amount two places, as the wire shows it; what is no number is unknown.

    Another program may have stored NaN on a server, which JSON cannot say.
    """
    if amount is None or not amount.is_finite():
        return None
    return amount.quantize(Decimal("0.01"))


def sync_answer(run: SyncRun) -> dict[str, Any]:
    """The contract's Sync."""
    return {
        "syncId": run.sync_id,
        "status": run.status,
        "progress": run.progress,
        "message": run.message,
        "step": run.step,
        "totalSteps": run.total_steps,
        "startedAt": iso(run.started_at),
        "updatedAt": iso(run.updated_at),
        "completedAt": iso(run.completed_at),
        "durationSeconds": round(run.duration_s, 3),
        "estimatedCompletion": iso(run.estimated_completion),
        "ordersProcessed": run.result(Dataset.ORDERS).count,
        "totalOrders": run.total_orders,
        "inventoryCount": run.result(Dataset.INVENTORY).count,
        "claimsDetected": run.result(Dataset.CLAIMS).count,
        "results": {
            dataset.value: {
                "count": result.count,
                "skipped": result.skipped,
                "status": result.status,
                "error": result.error,
                "warnings": list(result.warnings),
            }
            for dataset in Dataset
            for result in (run.result(dataset),)
        },
        "error": run.error,
        "errorCode": run.error_code,
        "isMock": run.is_mock,
    }


def idle_answer() -> dict[str, Any]:
    """The Sync of a user who never synced: every key, and nothing known."""
    unknown = dict.fromkeys(
        (
            "syncId", "message", "startedAt", "updatedAt", "completedAt", "durationSeconds",
            "estimatedCompletion", "totalOrders", "error", "errorCode",
        )
    )  # fmt: skip
    pending = {"count": 0, "skipped": 0, "status": "pending", "error": None, "warnings": []}
    return {
        **unknown,
        "status": "idle",
        "progress": 0,
        "step": 0,
        "totalSteps": 5,
        "ordersProcessed": 0,
        "inventoryCount": 0,
        "claimsDetected": 0,
        "results": {dataset.value: dict(pending) for dataset in Dataset},
        "isMock": False,
    }


def pagination(*, total: int, limit: int, offset: int, next_cursor: str | None) -> dict[str, Any]:
    """The `pagination` of every list."""
    return {
        "total": total,
        "limit": limit,
        "offset": offset,
        "hasMore": next_cursor is not None,
        "nextCursor": next_cursor,
    }


def list_answer(name: str, rows: Sequence[Any], page: Mapping[str, Any]) -> dict[str, Any]:
    """A list's answer: `success`, the rows under their name, and `pagination`."""
    return {"success": True, name: list(rows), "pagination": dict(page)}


_ANSWERED_AS = {
    ErrorCode.DATABASE: "service_unavailable",
    ErrorCode.INTERNAL: "internal_server_error",
}
"""Codes that a body spells otherwise than a sync's row does."""


def error_answer(error: OpsideError) -> dict[str, Any]:
    """The error body of the contract."""
    code = _ANSWERED_AS.get(error.code, error.code.value)
    body: dict[str, Any] = {"success": False, "message": error.sentence, "error": code}
    if isinstance(error, Bug):
        body["errorId"] = error.error_id
    if isinstance(error, SyncInProgress):
        body["existingSyncId"] = error.existing_sync_id
    if isinstance(error, SyncNotRunning):
        body["status"] = error.status
    return body
