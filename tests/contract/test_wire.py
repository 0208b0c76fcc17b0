"""The JSON that scripts and other programs rely on."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec

from opside_desktop.contract.refusals import refusal_of
from opside_desktop.contract.syncs import newest_of, sync_of
from opside_desktop.contract.wire import cents, encode, keys
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import ErrorCode, SyncInProgress, SyncNotRunning
from opside_desktop.domain.ids import ExternalUserId, SyncId, UserId
from opside_desktop.domain.syncs import DatasetResult, DatasetStatus, SyncRun, SyncStatus

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
RUN = SyncRun(
    sync_id=SyncId("sync_ann_1"),
    user_id=UserId("07b4f03d-352e-473f-a316-af97d9017d69"),
    external_user_id=ExternalUserId("ann"),
    status=SyncStatus.COMPLETED,
    progress=100,
    message="Done.",
    step=5,
    started_at=START,
    updated_at=START + timedelta(seconds=41, milliseconds=500),
    completed_at=START + timedelta(seconds=41, milliseconds=500),
    results={
        Dataset.CLAIMS: DatasetResult(status=DatasetStatus.SUCCESS, count=37),
        Dataset.INVENTORY: DatasetResult(status=DatasetStatus.SUCCESS, count=150, skipped=1),
        Dataset.ORDERS: DatasetResult(
            status=DatasetStatus.FAILED, count=9, error="No.", error_code=ErrorCode.NETWORK
        ),
    },
)


def test_no_sync_takes_less_than_no_time_although_the_databases_clock_was_set_back():
    run = msgspec.structs.replace(RUN, completed_at=START - timedelta(hours=1))
    assert msgspec.json.decode(encode(sync_of(run)))["durationSeconds"] == 0


def test_a_sync_answers_with_every_documented_key():
    answer = msgspec.json.decode(encode(sync_of(RUN)))
    assert answer == {
        "syncId": "sync_ann_1",
        "status": "completed",
        "progress": 100,
        "message": "Done.",
        "step": 5,
        "totalSteps": 5,
        "startedAt": "2026-11-20T09:00:00Z",
        "updatedAt": "2026-11-20T09:00:41.500Z",
        "completedAt": "2026-11-20T09:00:41.500Z",
        "durationSeconds": 41.5,
        "estimatedCompletion": None,
        "ordersProcessed": 9,
        "totalOrders": None,
        "inventoryCount": 150,
        "claimsDetected": 37,
        "results": {
            "claims": {
                "count": 37,
                "skipped": 0,
                "status": "success",
                "error": None,
                "source": None,
                "completeSince": None,
                "warnings": [],
            },
            "inventory": {
                "count": 150,
                "skipped": 1,
                "status": "success",
                "error": None,
                "source": None,
                "completeSince": None,
                "warnings": [],
            },
            "orders": {
                "count": 9,
                "skipped": 0,
                "status": "failed",
                "error": "No.",
                "source": None,
                "completeSince": None,
                "warnings": [],
            },
        },
        "error": None,
        "errorCode": None,
        "isMock": False,
    }


def test_a_user_without_any_sync_gets_the_same_keys():
    assert keys(newest_of(None)).keys() == keys(newest_of(RUN)).keys()


def test_amounts_are_numbers_with_two_places():
    assert encode({"amount": cents(Decimal("12.1"))}) == b'{"amount":12.10}'


def test_errors_carry_the_extra_keys_of_their_kind():
    conflict = keys(refusal_of(SyncInProgress(SyncId("sync_ann_1"))))
    assert conflict["message"] == (
        "Sync already in progress (sync_ann_1). Please wait for it to complete or cancel it first."
    )
    assert conflict["existingSyncId"] == "sync_ann_1"
    assert keys(refusal_of(SyncNotRunning("completed"))) == {
        "success": False,
        "message": "Sync is not running (completed).",
        "error": "sync_not_running",
        "status": "completed",
    }
