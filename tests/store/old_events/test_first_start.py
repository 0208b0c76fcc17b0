"""The first start on a database of version 0.1: room for it, the way back, who is waited for."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from types import SimpleNamespace

import pytest

from opside_desktop.domain.clock import SYSTEM_CLOCK
from opside_desktop.domain.errors import DatabaseFault
from opside_desktop.domain.syncs import SyncStatus
from opside_desktop.store.old_events.users import state_of
from opside_desktop.store.opening import open_database
from opside_desktop.store.runs import ending
from opside_desktop.store.upgrade import kept_copies
from opside_desktop.sync.preparing import Preparation
from opside_desktop.sync.timings import SyncTimings


def version_of(file):
    with closing(sqlite3.connect(file)) as opened:
        return opened.execute("SELECT version_num FROM alembic_version").fetchone()[0]


async def test_without_twice_the_files_size_nothing_is_changed(old_file, monkeypatch):
    size = old_file.stat().st_size
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=2 * size - 1))
    with pytest.raises(DatabaseFault) as refused:
        await open_database(f"sqlite:///{old_file}", app_version="0.2.0")
    assert "the disk is too full" in refused.value.what
    assert "twice the file's size" in refused.value.why
    assert version_of(old_file) == "0001"
    assert kept_copies(old_file) == []


async def test_the_copy_that_is_kept_is_what_version_0_1_had(old_file):
    with closing(sqlite3.connect(old_file)) as opened:
        was = list(opened.iterdump())
    db = await open_database(f"sqlite:///{old_file}", app_version="0.2.0")
    await db.close()
    assert version_of(old_file) != "0001"
    (copy,) = kept_copies(old_file)
    with closing(sqlite3.connect(copy)) as opened:
        assert list(opened.iterdump()) == was


async def test_a_sync_that_runs_elsewhere_is_waited_for_in_words(old, make):
    run = await make.start(old, make.account("local-user"))
    preparation = Preparation(old, SYSTEM_CLOCK, SyncTimings(preparing_poll_s=0.01))
    told, waits = [], asyncio.Event()

    def tell(done, sentence):
        told.append((done, sentence))
        if run.sync_id in sentence:
            waits.set()

    preparing = asyncio.create_task(preparation.run(tell))
    await waits.wait()
    assert (await state_of(old)).left
    await ending.cancel_run(old, run.user_id, run.sync_id)
    assert await preparing == 1
    assert told[-1] == (1.0, "Preparing stored claims… 99 %")
    assert (await state_of(old)).left == {}
    assert run.status is SyncStatus.RUNNING


async def test_what_is_prepared_in_the_background_may_be_closed_at_any_time(old):
    preparation = Preparation(old, SYSTEM_CLOCK, SyncTimings())
    preparation.start()
    preparation.start()
    await preparation.close()
    assert await Preparation(old, SYSTEM_CLOCK, SyncTimings()).run(lambda *told: None) in (0, 1)
    assert (await state_of(old)).left == {}
