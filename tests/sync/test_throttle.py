"""How often those who watch hear of a sync."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from opside_desktop.domain.ids import ExternalUserId, SyncId, UserId
from opside_desktop.domain.syncs import SyncRun, SyncStatus
from opside_desktop.sync.notify_throttle import Throttle
from tests.waiting import until

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NEVER_S = 3600.0


def running(percent, user="u"):
    return SyncRun(
        sync_id=SyncId("sync_alice_1"),
        user_id=UserId(user),
        external_user_id=ExternalUserId("alice"),
        status=SyncStatus.RUNNING,
        progress=percent,
        started_at=NOON,
        updated_at=NOON + timedelta(seconds=percent),
    )


async def test_the_beginning_and_the_end_are_told_at_once_and_nothing_after():
    heard = []
    throttle = Throttle(NEVER_S, heard.append)
    for percent in range(50):
        throttle.put(running(percent))
    assert heard == [running(0)]
    last = replace(running(100), status=SyncStatus.COMPLETED)
    throttle.put(last)
    assert heard == [running(0), last]


async def test_the_newest_record_of_an_interval_is_told_at_its_end():
    heard = []
    throttle = Throttle(0.01, heard.append)
    for percent in range(50):
        throttle.put(running(percent))
    await until(lambda: len(heard) > 1)
    assert [run.progress for run in heard] == [0, 49]


async def test_one_users_sync_does_not_hold_back_anothers_of_the_same_id():
    heard = []
    throttle = Throttle(NEVER_S, heard.append)
    throttle.put(running(1, "u"))
    throttle.put(running(2, "v"))
    assert heard == [running(1, "u"), running(2, "v")]


async def test_what_waits_is_dropped_when_all_ends():
    heard = []
    throttle = Throttle(0.0, heard.append)
    throttle.put(running(1))
    throttle.close()
    assert heard == [running(1)]
