"""Every piece of work has an owner."""

import asyncio

import pytest
from PySide6.QtCore import QObject

from opside_desktop.domain.errors import DatabaseFault
from opside_desktop.ui.kit.tasks import TaskOwner
from tests.waiting import LIMIT_S, never, turns


@pytest.fixture
def reported():
    return []


@pytest.fixture
async def owner(qapp, reported):
    parent = QObject()
    made = TaskOwner(parent, reported.append)
    yield made
    await made.close()


async def test_a_key_that_is_busy_refuses_a_second_run(owner):
    started = []

    async def work(name):
        started.append(name)
        await never()

    assert owner.start("sync", work("first")) is not None
    assert owner.start("sync", work("second")) is None
    await turns(3)
    assert started == ["first"]


async def test_replacing_ends_what_ran_and_starts_the_new(owner, until, reported):
    ended = []

    async def work(name, lasts):
        try:
            if lasts:
                await never()
            ended.append(f"{name} done")
        except asyncio.CancelledError:
            ended.append(f"{name} cancelled")
            raise

    owner.start("load", work("old", True))
    await turns()
    owner.replace("load", work("new", False))
    await until(lambda: len(ended) == 2)
    assert sorted(ended) == ["new done", "old cancelled"]
    assert reported == []


async def test_closing_waits_for_what_was_replaced_too(owner):
    ended, may_end = [], asyncio.Event()

    async def work():
        try:
            await never()
        finally:
            await may_end.wait()
            ended.append("old")

    owner.start("load", work())
    await turns()
    owner.replace("load", turns())
    await turns()
    assert not owner.is_idle
    closing = asyncio.create_task(owner.close())
    await turns(3)
    assert not closing.done()
    may_end.set()
    await closing
    assert ended == ["old"]
    assert owner.is_idle


async def test_a_failure_is_reported_once_and_the_key_is_free_again(owner, until, reported):
    fault = DatabaseFault("The database is locked.")

    async def work():
        raise fault

    owner.start("load", work())
    await until(lambda: reported)
    assert reported == [fault]
    assert not owner.is_busy("load")


async def test_closing_ends_everything_and_lets_nothing_begin(owner):
    ended = asyncio.Event()

    async def work():
        try:
            await never()
        finally:
            ended.set()

    owner.start("load", work())
    await turns()
    await owner.close()
    assert ended.is_set()
    assert owner.start("load", work()) is None


async def test_closing_does_not_wait_for_ever(owner, until):
    release = asyncio.Event()

    async def stubborn():
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    task = owner.start("load", stubborn())
    await turns()
    async with asyncio.timeout(LIMIT_S):
        await owner.close(limit_s=0.05)
    assert not task.done()
    release.set()
    await until(task.done)
