# ruff: noqa: S608 - the SQL is the tests' own
"""The life of a sync: one at a time, final states final, stale ones shown as interrupted."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy.exc
from msgspec.structs import replace

from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import ErrorCode, SyncInProgress, SyncNotFound, SyncNotRunning
from opside_desktop.domain.ids import SyncId
from opside_desktop.domain.syncs import (
    DatasetResult,
    DatasetStatus,
    Owner,
    SyncRequest,
    SyncStatus,
)
from opside_desktop.store.opening import open_database
from opside_desktop.store.runs import ending, events, sync_runs
from opside_desktop.store.schema import tables

NEVER = datetime(1999, 1, 1, tzinfo=UTC)


async def stored(sql, run):
    [[row]] = await sql("SELECT metadata FROM sync_progress WHERE sync_id = ?", run.sync_id)
    return json.loads(row)


async def age(sql, seconds):
    """Let all rows look as if last touched so long ago."""
    touched = datetime.now(UTC).replace(tzinfo=None) - timedelta(seconds=seconds)
    await sql(f"UPDATE sync_progress SET updated_at = '{touched.isoformat(' ', 'microseconds')}'")


async def test_a_started_sync_reads_back_as_it_was_asked_for(db, start, make):
    request = SyncRequest(
        datasets=frozenset({Dataset.CLAIMS, Dataset.ORDERS}),
        since=make.september,
        sources={Dataset.CLAIMS: "events-v0"},
        trigger="timer",
    )
    run = await start(request=request)
    assert run == await sync_runs.get_run(db, run.user_id, run.sync_id)
    assert run == await sync_runs.running_run(db, run.user_id)
    assert (run.status, run.progress, run.step, run.total_steps) == (SyncStatus.RUNNING, 0, 0, 5)
    assert (run.trigger, run.is_mock, run.mock_scenario) == ("timer", True, "normal_week")
    assert run.sources == request.sources
    assert run.owner == make.owner
    assert run.external_user_id == "acme"
    assert run.result(Dataset.INVENTORY).status is DatasetStatus.SKIPPED
    assert run.result(Dataset.CLAIMS).status is DatasetStatus.PENDING
    assert run.started_at.utcoffset() == timedelta(0)


async def test_a_sync_is_named_after_its_user_and_the_millisecond_of_its_start(start, make):
    run = await start(make.account("Jane Doe/EU"))
    epoch_ms = int(run.started_at.timestamp() * 1000)
    assert run.sync_id == f"sync_Jane_Doe_EU_{epoch_ms}"


async def test_a_taken_millisecond_counts_up(db, start, make):
    # All names of the next three seconds are taken.
    account = make.account()
    now_ms = time.time_ns() // 1_000_000
    free = now_ms + 3000
    taken = [
        {
            "id": str(UUID(int=number)),
            "sync_id": f"sync_acme_{number}",
            "user_id": account.user_id,
            "status": "failed",
            "created_at": NEVER,
            "updated_at": NEVER,
        }
        for number in range(now_ms - 100, free)
    ]
    await db.write(lambda one: one.execute(tables.sync_progress.insert(), taken))
    run = await start(account)
    # A machine may need longer than that to take them.
    free = max(free, int(run.started_at.timestamp() * 1000))
    assert run.sync_id == f"sync_acme_{free}"


async def test_a_second_start_names_the_first(start, run):
    with pytest.raises(SyncInProgress) as caught:
        await start()
    assert caught.value.existing_sync_id == run.sync_id


async def test_two_users_sync_side_by_side(start, run, make):
    assert (await start(make.account("other"))).is_running


async def test_of_twelve_starters_exactly_one_wins(url, make):
    databases = [await open_database(url, app_version="0.1.0") for _ in range(12)]
    answers = await asyncio.gather(
        *(make.start(db, owner=Owner(host="here", pid=n, instance="1"))
          for n, db in enumerate(databases)),
        return_exceptions=True,
    )  # fmt: skip
    for db in databases:
        await db.close()
    [winner] = [one for one in answers if not isinstance(one, BaseException)]
    losers = [one for one in answers if isinstance(one, SyncInProgress)]
    assert len(losers) == 11
    assert {one.existing_sync_id for one in losers} == {winner.sync_id}


async def test_the_database_itself_refuses_a_second_running_row(db, sql, run):
    with pytest.raises(sqlalchemy.exc.IntegrityError):
        await sql(
            "INSERT INTO sync_progress (id, sync_id, user_id, status) VALUES "
            "(?, 'other', ?, 'running')",
            str(uuid4()),
            run.user_id,
        )


async def test_progress_is_stored_and_never_falls(db, run):
    until = run.started_at + timedelta(seconds=42)
    ahead = replace(
        run, progress=40, step=2, message="Fetching claims… 1,200 events", total_orders=500,
        results={Dataset.CLAIMS: DatasetResult(status=DatasetStatus.RUNNING, count=9, skipped=1)},
        wait_until=until, estimated_completion=until, request_ids=("r-1",),
    )  # fmt: skip
    assert await sync_runs.update_run(db, ahead)
    assert await sync_runs.update_run(
        db, replace(ahead, progress=30, step=1, message="Later", request_ids=("r-2",))
    )
    now = await sync_runs.get_run(db, run.user_id, run.sync_id)
    assert (now.progress, now.step, now.message) == (40, 2, "Later")
    assert (now.wait_until, now.estimated_completion, now.total_orders) == (until, until, 500)
    assert now.request_ids == ("r-1", "r-2")
    assert now.result(Dataset.CLAIMS) == ahead.results[Dataset.CLAIMS]
    assert now.result(Dataset.ORDERS).status is DatasetStatus.PENDING
    assert now.updated_at >= run.updated_at


async def test_a_running_sync_never_shows_a_hundred(db, run):
    await sync_runs.update_run(db, replace(run, progress=100))
    assert (await sync_runs.get_run(db, run.user_id, run.sync_id)).progress == 99


async def test_metadata_is_merged_and_never_replaced(db, sql, run):
    theirs = await stored(sql, run)
    theirs["note"] = "theirs"
    theirs["results"]["claims"]["colour"] = "red"
    theirs["results"]["returns"] = {"count": 1}
    await sql("UPDATE sync_progress SET metadata = ?", json.dumps(theirs))
    results = {Dataset.CLAIMS: DatasetResult(status=DatasetStatus.SUCCESS, count=37)}
    await sync_runs.update_run(db, replace(run, results=results))
    await sync_runs.end_run(db, replace(run, status=SyncStatus.COMPLETED, results=results))
    metadata = await stored(sql, run)
    assert metadata["note"] == "theirs"
    assert metadata["results"]["claims"]["colour"] == "red"
    assert metadata["results"]["returns"] == {"count": 1}
    assert metadata["claimsDetected"] == metadata["results"]["claims"]["count"] == 37
    assert metadata["externalUserId"] == "acme"
    assert metadata["owner"] == {"host": "here", "pid": 4711, "instance": "1795420000.25"}
    assert metadata["appVersion"] == "0.1.0"
    assert set(metadata) >= {
        "startedAt", "completedAt", "results", "ordersProcessed", "totalOrders", "inventoryCount",
        "claimsDetected", "error", "errorCode", "requestIds", "window", "owner", "externalUserId",
        "trigger", "isMock", "mockScenario", "appVersion",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "progress"),
    [(SyncStatus.COMPLETED, 100), (SyncStatus.FAILED, 60), (SyncStatus.CANCELLED, 60)],
)
async def test_a_final_state_is_final(db, sql, run, status, progress):
    await sync_runs.update_run(db, replace(run, progress=60))
    ended = replace(run, status=status, progress=60, message="Done.")
    assert await sync_runs.end_run(db, ended)
    before = await sql("SELECT * FROM sync_progress")
    assert not await sync_runs.update_run(db, replace(run, progress=70))
    assert not await sync_runs.end_run(db, replace(run, status=SyncStatus.FAILED))
    assert not await sync_runs.touch(db, run)
    assert not await sync_runs.is_ours(db, run)
    assert await sql("SELECT * FROM sync_progress") == before
    now = await sync_runs.get_run(db, run.user_id, run.sync_id)
    assert (now.status, now.progress) == (status, progress)
    assert now.completed_at >= run.started_at
    assert await sync_runs.running_run(db, run.user_id) is None


async def test_an_error_is_kept_with_its_code_and_amazons_request_id(db, run):
    failed = replace(
        run, status=SyncStatus.FAILED, error="Amazon said no.", error_code=ErrorCode.ACCESS_DENIED,
        request_ids=("abc",),
        results={
            Dataset.CLAIMS: DatasetResult(
                status=DatasetStatus.FAILED, error="No.", error_code=ErrorCode.ACCESS_DENIED
            )
        },
    )  # fmt: skip
    await sync_runs.end_run(db, failed)
    now = await sync_runs.newest_run(db, run.user_id)
    assert (now.error, now.error_code, now.request_ids) == (
        "Amazon said no.", ErrorCode.ACCESS_DENIED, ("abc",),
    )  # fmt: skip
    assert now.result(Dataset.CLAIMS).error_code is ErrorCode.ACCESS_DENIED


async def test_another_programs_sync_is_not_ours_to_write(db, run):
    stranger = replace(run, owner=Owner(host="there", pid=4711, instance="1"))
    assert not await sync_runs.is_ours(db, stranger)
    assert not await sync_runs.touch(db, stranger)
    assert not await sync_runs.update_run(db, replace(stranger, progress=50))
    assert not await sync_runs.end_run(db, replace(stranger, status=SyncStatus.FAILED))
    assert await sync_runs.is_ours(db, run)


async def test_cancelling_ends_a_sync_at_once_and_again_changes_nothing(db, sql, run):
    await sync_runs.update_run(db, replace(run, progress=30))
    cancelled = await ending.cancel_run(db, run.user_id, run.sync_id)
    before = await sql("SELECT * FROM sync_progress")
    again = await ending.cancel_run(db, run.user_id, run.sync_id)
    assert cancelled == again
    assert before == await sql("SELECT * FROM sync_progress")
    assert (cancelled.status, cancelled.progress) == (SyncStatus.CANCELLED, 30)
    assert cancelled.error_code is ErrorCode.CANCELLED
    assert cancelled.result(Dataset.ORDERS).status is DatasetStatus.CANCELLED
    assert cancelled.owner == run.owner, "the rest of the metadata stays"
    assert not await sync_runs.is_ours(db, run)


async def test_cancelling_what_is_unknown_or_ended_says_so(db, run, make):
    with pytest.raises(SyncNotFound):
        await ending.cancel_run(db, run.user_id, SyncId("sync_acme_1"))
    with pytest.raises(SyncNotFound):
        await ending.cancel_run(db, make.account("other").user_id, run.sync_id)
    await sync_runs.end_run(db, replace(run, status=SyncStatus.COMPLETED))
    with pytest.raises(SyncNotRunning) as caught:
        await ending.cancel_run(db, run.user_id, run.sync_id)
    assert caught.value.status == "completed"


async def test_a_stale_sync_reads_as_interrupted_everywhere(db, sql, run):
    await sync_runs.update_run(db, replace(run, progress=30))
    await age(sql, 121)
    user = run.user_id
    [in_history], total = await sync_runs.history(db, [user], limit=5, status=SyncStatus.FAILED)
    for shown in (
        await sync_runs.get_run(db, user, run.sync_id),
        await sync_runs.newest_run(db, user),
        in_history,
    ):
        assert shown.status is SyncStatus.FAILED
        assert shown.error_code is ErrorCode.INTERRUPTED
        assert "interrupted" in str(shown.error)
        assert shown.result(Dataset.CLAIMS).status is DatasetStatus.FAILED
        assert shown.completed_at == shown.updated_at
        assert shown.progress == 30
    assert total == 1
    assert await sync_runs.running_run(db, user) is None
    assert await sync_runs.history(db, [user], limit=5, status=SyncStatus.RUNNING) == ([], 0)
    with pytest.raises(SyncNotRunning):
        await ending.cancel_run(db, user, run.sync_id)
    assert await sql("SELECT status FROM sync_progress") == [("running",)], (
        "reading changes nothing"
    )


async def test_a_sync_touched_within_two_minutes_is_alive(db, sql, run):
    await age(sql, 110)
    assert await sync_runs.running_run(db, run.user_id) is not None


async def test_a_sign_of_life_revives_a_sync_that_slept(db, sql, run):
    await age(sql, 500)
    assert await sync_runs.touch(db, run)
    assert (await sync_runs.running_run(db, run.user_id)).sync_id == run.sync_id


async def test_the_next_start_closes_a_stale_sync_for_good(db, sql, run, start):
    await age(sql, 500)
    second = await start()
    first = await sync_runs.get_run(db, run.user_id, run.sync_id)
    assert second.is_running
    assert first.error_code is ErrorCode.INTERRUPTED
    assert not await sync_runs.touch(db, run)
    assert sorted(await sql("SELECT status FROM sync_progress")) == [("failed",), ("running",)]


async def test_dead_programs_of_this_computer_lose_their_syncs(db, start, make):
    dead = await start(make.account("a"), owner=Owner(host="here", pid=1, instance="old"))
    alive = await start(make.account("b"), owner=Owner(host="here", pid=1, instance="new"))
    elsewhere = await start(make.account("c"), owner=Owner(host="there", pid=9, instance="old"))
    closed = await ending.close_dead_runs(
        db, host="here", is_alive=lambda owner: owner.instance == "new", lock_wait_s=1
    )
    assert [(one.sync_id, one.error_code) for one in closed] == [
        (dead.sync_id, ErrorCode.INTERRUPTED)
    ]
    for run in (alive, elsewhere):
        assert (await sync_runs.get_run(db, run.user_id, run.sync_id)).is_running


async def test_history_is_newest_first_in_pages_and_of_these_users_only(db, start, make):
    names = []
    for _ in range(5):
        run = await start()
        names.append(run.sync_id)
        await sync_runs.end_run(db, replace(run, status=SyncStatus.COMPLETED))
    other = await start(make.account("other"))
    user = run.user_id
    page, total = await sync_runs.history(db, [user], limit=2, offset=1)
    assert ([one.sync_id for one in page], total) == ([names[3], names[2]], 5)
    everyone, total = await sync_runs.history(db, [user, other.user_id], limit=10)
    assert total == len(everyone) == 6
    assert everyone[0].sync_id == other.sync_id


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_clock_set_back_does_not_change_which_sync_began_last(db, sql, start):
    before = await start()
    await sync_runs.end_run(db, replace(before, status=SyncStatus.COMPLETED))
    await sql("UPDATE sync_progress SET created_at = datetime(created_at, '+9 hours')")
    now = await start()
    assert (await sync_runs.newest_run(db, now.user_id)).sync_id == now.sync_id
    listed, _ = await sync_runs.history(db, [now.user_id], limit=5)
    assert [one.sync_id for one in listed] == [now.sync_id, before.sync_id]


async def test_what_counts_as_read_is_the_recent_part(db, start, make):
    user = make.account().user_id
    assert await sync_runs.last_read(db, user) is None
    good = await start()
    await sync_runs.end_run(db, replace(good, status=SyncStatus.COMPLETED))
    bad = await start()
    await sync_runs.end_run(db, replace(bad, status=SyncStatus.FAILED))
    good = await sync_runs.get_run(db, user, good.sync_id)
    assert await sync_runs.last_read(db, user) == good.completed_at
    now = await start()
    recent = now.started_at + timedelta(seconds=3)
    assert await sync_runs.update_run(db, replace(now, recent_done_at=recent))
    assert await sync_runs.last_read(db, user) == recent
    await ending.cancel_run(db, user, now.sync_id)
    assert await sync_runs.last_read(db, user) == recent


async def test_rows_of_another_program_can_be_read(db, sql, make):
    user = make.account().user_id
    odd = (
        '{"error": 5, "completedAt": "yesterday", "owner": {"pid": "x"}, "results": {"claims": 1}}'
    )
    early = '{"completedAt": "0001-01-01T00:00:00+14:00"}'
    theirs = [
        ("in_progress", None), ("completed", "[1, 2]"), ("failed", odd),
        ("Completed", early), ("RUNNING", None),
    ]  # fmt: skip
    for day, (status, metadata) in enumerate(theirs, 1):
        await sql(
            "INSERT INTO sync_progress "
            "(id, sync_id, user_id, status, progress, metadata, created_at) "
            f"VALUES (?, ?, '{user}', ?, 250, ?, '2026-01-0{day} 10:00:00')",
            str(uuid4()), str(day), status, metadata,
        )  # fmt: skip
    runs, total = await sync_runs.history(db, [user], limit=10)
    assert total == 5
    statuses = ["failed", "completed", "failed", "completed", "failed"]
    assert [one.status for one in runs] == statuses
    assert [one.progress for one in runs] == [99, 100, 99, 100, 99]
    assert runs[2].owner is None
    assert runs[2].external_user_id == user


async def test_what_is_no_json_hinders_neither_reading_nor_cancelling(db, sql, make, kind):
    # A server checks what it stores; the nearest thing there is JSON that is no object.
    user = make.account().user_id
    for day, text in enumerate(("nonsense", "", "{'a': 1}"), 1):
        metadata = text if kind == "sqlite" else json.dumps(text)
        status = "running" if day == 3 else "completed"
        await sql(
            "INSERT INTO sync_progress (id, sync_id, user_id, status, metadata, updated_at) "
            f"VALUES (?, ?, '{user}', ?, ?, '2100-01-0{day} 10:00:00.000000')",
            str(uuid4()), str(day), status, metadata,
        )  # fmt: skip
    await ending.cancel_run(db, user, "3")
    runs, _ = await sync_runs.history(db, [user], limit=10)
    assert sorted(one.status for one in runs) == ["cancelled", "completed", "completed"]


async def test_a_timeline_keeps_its_order_and_its_numbers(db, run):
    await events.add_event(db, run, "connected", "Connected to Amazon.")
    await events.add_event(db, run, "page", "A page of claims.", {"rows": 100})
    found = await events.list_events(db, run.user_id, run.sync_id)
    assert [(one.kind, one.message, one.detail) for one in found] == [
        ("connected", "Connected to Amazon.", {}),
        ("page", "A page of claims.", {"rows": 100}),
    ]
    assert found[0].at >= run.started_at
