"""What is known of one user's syncs, whatever comes in whichever order."""

from datetime import UTC, datetime, timedelta

import pytest

from opside_desktop.domain.ids import ExternalUserId, SyncId, UserId
from opside_desktop.domain.syncs import SyncRun, SyncStatus
from opside_desktop.sync.user_syncs import UserSyncs

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
RUNNING, COMPLETED, FAILED = SyncStatus.RUNNING, SyncStatus.COMPLETED, SyncStatus.FAILED


def sync(number, status=RUNNING, *, after_s=0, user="alice"):
    began = NOON + timedelta(hours=number)
    return SyncRun(
        sync_id=SyncId(f"sync_{number}"),
        user_id=UserId(user),
        external_user_id=ExternalUserId("alice"),
        status=status,
        started_at=began,
        updated_at=began + timedelta(seconds=after_s),
    )


@pytest.mark.parametrize("which", ["newest", "ended", "completed"])
def test_another_users_sync_has_no_place_in_it(which):
    with pytest.raises(ValueError, match="no sync of alice"):
        UserSyncs(UserId("alice"), **{which: sync(1, COMPLETED, user="bob")})


@pytest.mark.parametrize(
    ("known", "comes", "is_news"),
    [
        (None, sync(1), True),
        (sync(1), sync(1), False),
        (sync(1, after_s=2), sync(1, after_s=3), True),
        (sync(1, after_s=3), sync(1, after_s=2), False),
        (sync(1, after_s=3), sync(1, FAILED, after_s=2), True),
        (sync(1, COMPLETED), sync(1, after_s=9), False),
        (sync(1, COMPLETED), sync(1, FAILED, after_s=9), False),
        (sync(1, COMPLETED), sync(2), True),
        (sync(2), sync(1, FAILED), False),
    ],
)
def test_a_record_counts_where_it_is_newer_and_what_has_ended_stays(known, comes, is_news):
    assert UserSyncs(UserId("alice"), newest=known).is_news(comes) is is_news


def test_a_running_sync_leaves_what_is_known_of_those_before():
    syncs = UserSyncs(UserId("alice"))
    for each in (sync(1, COMPLETED), sync(2, FAILED), sync(3)):
        syncs = syncs.with_newest(each)
    assert syncs.running == sync(3)
    assert (syncs.ended, syncs.completed) == (sync(2, FAILED), sync(1, COMPLETED))
