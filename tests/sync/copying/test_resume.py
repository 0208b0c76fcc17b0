"""What a new sync resumes of an interrupted one."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import ErrorCode
from opside_desktop.domain.syncs import SyncRun, SyncStatus
from opside_desktop.store.writing.checkpoints import Checkpoint
from opside_desktop.sync.copying.resume import (
    EXPIRES_AFTER,
    READ_AGAIN_AFTER,
    as_checkpoint,
    is_read_again,
    read_checkpoints,
    state_to_resume,
    stopped_before,
)
from opside_desktop.sync.copying.resume_state import Cursor, HeldEvent, ResumeState, Scan, Search
from opside_desktop.sync.copying.windows import Span

START = datetime(2026, 11, 20, 8, tzinfo=UTC)
REACH = datetime(2026, 8, 22, tzinfo=UTC)
RESUME_STATE = ResumeState(
    endpoint="mock normal_week",
    started_at=START,
    sync_id="sync_alice_1",
    reach=REACH,
    scans=(
        Scan(
            start=REACH,
            end=REACH + timedelta(days=15),
            token="a+/=|b",
            read_at=START,
            undated={"def": 1},
            held={"def": HeldEvent("ServiceFeeEventList", '{"x":0.10}')},
            searches=[Search(REACH, REACH + timedelta(days=1), {"def": 1})],
        ),
        Scan(start=REACH + timedelta(days=15), end=REACH + timedelta(days=30), token="c"),
    ),
)


def run(status, code=None, sync_id="sync_alice_1"):
    return SyncRun(
        sync_id=sync_id,
        user_id="u",
        external_user_id="alice",
        status=status,
        started_at=START,
        updated_at=START,
        error_code=code,
    )


INTERRUPTED = run(SyncStatus.FAILED, ErrorCode.INTERRUPTED)
CURSOR = Cursor(endpoint="mock normal_week", until=START, per_day=7, resume_state=RESUME_STATE)


def test_checkpoints_come_back_as_they_were_written():
    stored = [
        as_checkpoint(Dataset.CLAIMS, RESUME_STATE),
        as_checkpoint(Dataset.CLAIMS, CURSOR),
    ]
    through_json = [
        Checkpoint(one.dataset, one.window, msgspec.json.decode(msgspec.json.encode(one.state)))
        for one in stored
    ]
    assert read_checkpoints(through_json, "mock normal_week") == (RESUME_STATE, CURSOR)


def test_what_version_0_1_wrote_is_read():
    old = {"endpoint": "mock normal_week", "started_at": START, "sync_id": "1", "reach": REACH}
    scan = {"start": REACH, "end": START, "token": "t", "twins": {"abc": 2}}
    stored = [
        Checkpoint(Dataset.CLAIMS, "chain", {**old, "scan": scan}),
        Checkpoint(Dataset.CLAIMS, "cursor", {"endpoint": "mock normal_week", "chain": old}),
    ]
    state, cursor = read_checkpoints(stored, "mock normal_week")
    [taken] = state.scans
    assert (taken.token, taken.read_at, state.source) == ("t", None, "")
    assert cursor.resume_state.reach == REACH


def test_what_another_origin_or_version_wrote_is_left_aside():
    stored = [
        as_checkpoint(Dataset.CLAIMS, RESUME_STATE),
        as_checkpoint(Dataset.CLAIMS, CURSOR),
    ]
    assert read_checkpoints(stored, "https://sellingpartnerapi-na.amazon.com") == (None, None)
    odd = [Checkpoint(Dataset.CLAIMS, "chain", {"endpoint": 7})]
    assert read_checkpoints(odd, "mock normal_week") == (None, None)


def test_what_was_read_does_not_expire_but_counts_alone_do():
    just, late = START + EXPIRES_AFTER - timedelta(seconds=1), START + EXPIRES_AFTER
    empty = msgspec.structs.replace(RESUME_STATE, scans=())
    assert state_to_resume(RESUME_STATE, None, (), late) == RESUME_STATE
    assert state_to_resume(empty, None, (), just) == empty
    assert state_to_resume(empty, None, (), late) is None


@pytest.mark.parametrize(
    ("recent_at", "stopped", "again"),
    [
        (None, (), False),
        (START, (), True),
        (START, ("sync_alice_1",), False),
        (START - READ_AGAIN_AFTER, ("sync_alice_1",), True),
    ],
)
def test_a_recent_part_is_read_again_unless_it_was_read_just_now(recent_at, stopped, again):
    state = msgspec.structs.replace(RESUME_STATE, recent_at=recent_at, read_to=START)
    assert is_read_again(state, stopped, START) is again


def test_a_state_that_is_opened_again_keeps_its_history():
    day = timedelta(days=1)
    state = RESUME_STATE.with_finished(Span(REACH + 40 * day, REACH + 80 * day))
    state = msgspec.structs.replace(state, records=40, recent_at=START, read_to=REACH + 80 * day)
    again = state.reopened(REACH + 78 * day, START)
    assert again.finished == (Span(REACH + 40 * day, REACH + 78 * day),)
    assert (again.records, again.recent_at, again.late_at) == (38, None, None)
    assert again.scans == RESUME_STATE.scans
    assert state.reopened(REACH + 60 * day, START).late_at == START


@pytest.mark.parametrize(
    ("runs", "taken"),
    [
        ([INTERRUPTED], True),
        ([run(SyncStatus.CANCELLED)], True),
        ([run(SyncStatus.FAILED, ErrorCode.INTERRUPTED, "sync_alice_2"), INTERRUPTED], True),
        ([run(SyncStatus.COMPLETED)], False),
        ([run(SyncStatus.FAILED, ErrorCode.ACCESS_DENIED)], False),
        ([run(SyncStatus.COMPLETED, None, "sync_alice_2"), INTERRUPTED], False),
        ([], False),
    ],
)
def test_a_finished_dataset_is_resumed_only_if_its_sync_was_stopped(runs, taken):
    beginning = run(SyncStatus.RUNNING, None, "sync_alice_3")
    stopped = stopped_before([beginning, *runs], beginning.sync_id)
    assert (state_to_resume(None, CURSOR, stopped, START) is not None) is taken


def test_a_resumed_state_may_reach_to_another_moment():
    later = REACH + timedelta(days=20)
    taken = RESUME_STATE.resumed("sync_alice_2", later)
    kept = RESUME_STATE.scans[1:]
    assert (taken.sync_id, taken.reach, taken.scans) == ("sync_alice_2", later, kept)
    assert RESUME_STATE.resumed("sync_alice_2", None).scans == RESUME_STATE.scans


def test_a_state_that_skips_ahead_remembers_where_it_left_something_unread():
    day = timedelta(days=1)
    read = RESUME_STATE.with_finished(Span(REACH, REACH + 10 * day))
    assert read.resumed("2", REACH + 10 * day).unread_from is None
    ahead = read.resumed("2", REACH + 20 * day)
    assert ahead.unread_from == REACH + 10 * day
    assert ahead.resumed("3", None).unread_from == REACH + 10 * day
    assert ahead.resumed("3", REACH + 15 * day).unread_from == REACH + 10 * day
    assert ahead.resumed("3", REACH - day).unread_from is None


def test_finished_windows_grow_together():
    day = timedelta(days=1)
    done = RESUME_STATE.with_finished(Span(REACH, REACH + day))
    done = done.with_finished(Span(REACH + 2 * day, REACH + 3 * day))
    done = done.with_finished(Span(REACH + day, REACH + 2 * day))
    assert done.finished == (Span(REACH, REACH + 3 * day),)
    assert done.scans == RESUME_STATE.scans[1:]
