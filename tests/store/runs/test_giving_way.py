"""A sync that only reads history any more gives way to the next one, in one transaction."""

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace

from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import ErrorCode, SyncInProgress
from opside_desktop.domain.syncs import (
    DatasetResult,
    DatasetStatus,
    Owner,
    SyncRequest,
    SyncStatus,
)
from opside_desktop.store.opening import open_database
from opside_desktop.store.runs import events, sync_runs
from opside_desktop.store.writing import pages
from opside_desktop.store.writing.page_write import RunEnded

READING = DatasetResult(status=DatasetStatus.RUNNING, count=7)
DONE = DatasetResult(status=DatasetStatus.SUCCESS, count=150)
FAILED = DatasetResult(
    status=DatasetStatus.FAILED, error="Amazon refuses.", error_code=ErrorCode.ACCESS_DENIED
)


async def reads_history(db, run, orders=READING):
    """Let a sync have stored its recent part, and read on."""
    stage = replace(
        run,
        progress=62,
        message="Reading history: orders…",
        results={Dataset.CLAIMS: READING, Dataset.INVENTORY: DONE, Dataset.ORDERS: orders},
        recent_done_at=run.started_at + timedelta(seconds=5),
    )
    assert await sync_runs.update_run(db, stage)
    return stage


async def stored(db, run):
    return await sync_runs.get_run(db, run.user_id, run.sync_id)


async def test_the_older_one_is_completed_with_what_it_has_and_names_the_newer(db, start, run):
    await reads_history(db, run)
    newer = await start()
    older = await stored(db, run)
    assert (older.status, older.progress) == (SyncStatus.COMPLETED, 62)
    assert (older.gave_way_to, older.leaves_history) == (newer.sync_id, True)
    assert older.message == (
        f"The recent part is complete. A newer sync, {newer.sync_id}, goes on with the history."
    )
    assert older.result(Dataset.ORDERS) == replace(READING, status=DatasetStatus.SUCCESS)
    assert older.result(Dataset.INVENTORY) == DONE
    assert older.error is None
    assert older.completed_at is not None
    assert await sync_runs.running_run(db, run.user_id) == newer
    [note] = await events.list_events(db, run.user_id, run.sync_id)
    assert (note.kind, note.message, note.detail) == (
        "gave_way", older.message, {"newer": newer.sync_id},
    )  # fmt: skip


async def test_the_older_worker_can_write_nothing_any_more(db, start, run, make):
    stage = await reads_history(db, run)
    await start()
    before = await stored(db, run)
    assert not await sync_runs.is_ours(db, stage)
    assert not await sync_runs.update_run(db, replace(stage, progress=90))
    assert not await sync_runs.touch(db, stage)
    assert not await sync_runs.end_run(db, replace(stage, status=SyncStatus.FAILED))
    with pytest.raises(RunEnded):
        await pages.write_orders_page(db, run, [make.order(1)], first_started_at=run.started_at)
    assert await stored(db, run) == before


async def test_one_that_still_reads_its_recent_part_does_not_give_way(start, run):
    with pytest.raises(SyncInProgress):
        await start()


async def test_nor_does_one_give_way_to_history_that_goes_on_by_itself(db, start, run):
    await reads_history(db, run)
    with pytest.raises(SyncInProgress) as caught:
        await start(request=SyncRequest(takes_over=False))
    assert caught.value.existing_sync_id == run.sync_id
    assert (await stored(db, run)).is_running


@pytest.mark.parametrize(
    "request_", [SyncRequest(recent=True), SyncRequest(datasets=frozenset({Dataset.INVENTORY}))]
)
async def test_it_gives_way_to_a_part_of_a_sync_in_the_same_manner(db, start, run, request_):
    await reads_history(db, run)
    newer = await start(request=request_)
    assert (await stored(db, run)).gave_way_to == newer.sync_id


async def test_where_reading_history_had_failed_that_is_what_is_told(db, start, run):
    await reads_history(db, run, orders=FAILED)
    await start()
    older = await stored(db, run)
    assert (older.status, older.error) == (SyncStatus.FAILED, FAILED.error)
    assert (older.error_code, older.result(Dataset.ORDERS)) == (ErrorCode.ACCESS_DENIED, FAILED)
    assert older.result(Dataset.CLAIMS).status is DatasetStatus.SUCCESS


async def test_of_twelve_starters_exactly_one_takes_over(url, db, run, make):
    await reads_history(db, run)
    databases = [await open_database(url, app_version="0.1.0") for _ in range(12)]
    answers = await asyncio.gather(
        *(make.start(each, owner=Owner(host="here", pid=n, instance="1"))
          for n, each in enumerate(databases)),
        return_exceptions=True,
    )  # fmt: skip
    for each in databases:
        await each.close()
    [winner] = [one for one in answers if not isinstance(one, BaseException)]
    losers = [one for one in answers if isinstance(one, SyncInProgress)]
    assert len(losers) == 11
    assert {one.existing_sync_id for one in losers} == {winner.sync_id}
    assert (await stored(db, run)).gave_way_to == winner.sync_id
    runs, total = await sync_runs.history(db, [run.user_id], limit=20)
    assert total == 2
    assert [one.sync_id for one in runs if one.is_running] == [winner.sync_id]
