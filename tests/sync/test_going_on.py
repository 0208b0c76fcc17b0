"""Whether the history of a sync that gave way is to be gone on with."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import ErrorCode
from opside_desktop.domain.ids import ExternalUserId, SyncId, UserId
from opside_desktop.domain.syncs import DatasetResult, DatasetStatus, SyncRun, SyncStatus
from opside_desktop.sync.going_on import is_left

WHEN = datetime(2026, 9, 1, tzinfo=UTC)
READ = DatasetResult(status=DatasetStatus.SUCCESS)
NOT_ASKED = DatasetResult(status=DatasetStatus.SKIPPED)


def a_run(number, **fields):
    return SyncRun(
        sync_id=SyncId(f"sync_acme_{number}"),
        user_id=UserId("acme"),
        external_user_id=ExternalUserId("acme"),
        status=fields.pop("status", SyncStatus.COMPLETED),
        started_at=WHEN,
        updated_at=WHEN,
        results=fields.pop("results", dict.fromkeys(Dataset, READ)),
        **fields,
    )


OLDER = a_run(1, gave_way_to=SyncId("sync_acme_2"))
ONLY_CLAIMS = {one: READ if one is Dataset.CLAIMS else NOT_ASKED for one in Dataset}
FAILED = SyncStatus.FAILED


@pytest.mark.parametrize(
    "newer",
    [
        a_run(2, history_left=True),
        a_run(2, gave_way_to=SyncId("sync_acme_3")),
        a_run(2, results=ONLY_CLAIMS),
        a_run(2, status=FAILED, error_code=ErrorCode.INTERRUPTED),
        a_run(2, status=FAILED, error_code=ErrorCode.NETWORK),
    ],
)
def test_history_is_left_where_the_newer_sync_has_not_read_all_of_it(newer):
    assert is_left(OLDER, [newer, OLDER])


@pytest.mark.parametrize(
    "newer",
    [
        a_run(2),
        a_run(2, status=SyncStatus.CANCELLED, error_code=ErrorCode.CANCELLED),
        a_run(2, status=FAILED, error_code=ErrorCode.AUTH_REVOKED),
        a_run(2, status=FAILED, error_code=ErrorCode.AMAZON_NOT_CONNECTED),
    ],
)
def test_none_is_begun_where_all_is_read_or_a_person_has_to_act(newer):
    assert not is_left(OLDER, [newer, OLDER])


def test_whichever_newer_one_has_read_all_nothing_is_left():
    assert not is_left(
        OLDER, [a_run(4, history_left=True), a_run(3), a_run(2, history_left=True), OLDER]
    )


def test_a_part_that_was_not_asked_for_is_nobodys_history():
    older = replace(OLDER, results=ONLY_CLAIMS)
    assert not is_left(older, [a_run(2, results=ONLY_CLAIMS), older])


def test_nothing_is_left_of_a_user_who_was_deleted():
    assert not is_left(OLDER, [])
