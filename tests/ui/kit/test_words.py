"""What the window calls things: every state has its word and its icon."""

from datetime import UTC, datetime

import pytest

from opside_desktop.about.resources import resource
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.ids import ExternalUserId, SyncId, UserId
from opside_desktop.domain.syncs import DatasetResult, DatasetStatus, SyncRun, SyncStatus
from opside_desktop.ui.kit.words import result_pill, run_pill


@pytest.mark.parametrize("status", SyncStatus)
@pytest.mark.parametrize("part", DatasetStatus)
@pytest.mark.parametrize("skipped", [0, 2])
def test_every_state_has_a_word_and_an_icon(status, part, skipped, moment):
    result = DatasetResult(status=part, skipped=skipped)
    run = SyncRun(
        sync_id=SyncId("sync_acme_1"),
        user_id=UserId("u"),
        external_user_id=ExternalUserId("acme"),
        status=status,
        started_at=moment,
        updated_at=moment,
        results=dict.fromkeys(Dataset, result),
    )
    for look in (run_pill(run, moment), result_pill(result)):
        assert look.word
        assert resource(f"icons/{look.icon}.svg").is_file()


@pytest.fixture
def moment():
    return datetime(2026, 11, 23, 12, tzinfo=UTC)
