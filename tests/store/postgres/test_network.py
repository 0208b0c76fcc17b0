"""Servers that restart, fail over or fall silent: reads recover, nothing waits for ever."""

import asyncio
import shutil
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
import sqlalchemy as sa

from opside_desktop.domain.errors import DatabaseFault, DatabaseGone
from opside_desktop.store.database import READERS
from opside_desktop.store.offload import offload
from opside_desktop.store.opening import open_database
from opside_desktop.store.runs import sync_runs
from opside_desktop.store.timings import ServerTimings, StoreTimings
from tests.postgres import own_server, run_sql
from tests.postgres_wire import network
from tests.waiting import LIMIT_S, once_possible, until


async def opened(url, **limits):
    timings = StoreTimings(server=ServerTimings(**limits))
    return await open_database(url, app_version="0.1.0", timings=timings)


@pytest.fixture(scope="module")
def server():
    """A server that the tests may stop and start."""
    with own_server() as server:
        yield server


@pytest.fixture(scope="module")
def in_thread():
    """Block elsewhere. The thread lasts, because a server ends with the one that started it."""
    with ThreadPoolExecutor(1) as thread:

        async def in_thread(call, *args, **kwargs):
            call = partial(call, *args, **kwargs)
            return await asyncio.get_running_loop().run_in_executor(thread, call)

        yield in_thread


def one(connection):
    return connection.exec_driver_sql("SELECT 1").scalar()


async def all_connections(db):
    """Have every connection of the pool open."""

    def sleep(connection):
        connection.exec_driver_sql("SELECT pg_sleep(0.1)")

    await asyncio.gather(*(db.read(sleep) for _ in range(READERS)), db.write(sleep))


@pytest.mark.parametrize("at_once", [False, True])
async def test_after_a_restart_nobody_notices(server, in_thread, at_once, make):
    db = await opened(server.dsn)
    await all_connections(db)
    await in_thread(server.stop, at_once=at_once)
    with pytest.raises(DatabaseGone):
        await db.read(one)
    await in_thread(server.start)
    assert await asyncio.gather(*(db.read(one) for _ in range(2 * READERS))) == [1] * 2 * READERS
    name = f"restart-{at_once}"
    assert (await make.start(db, make.account(name))).is_running
    await db.close()


async def test_a_server_that_says_it_is_starting_is_tried_again_by_the_reader(server, in_thread):
    db = await opened(server.dsn)
    await in_thread(server.stop)
    restart = asyncio.create_task(in_thread(server.start))
    assert await once_possible(lambda: db.read(one), DatabaseGone) == 1
    await restart
    await db.close()


async def test_a_read_whose_connection_is_cut_in_the_middle_is_done_again(postgres_url):
    with network(postgres_url) as (wire, url):
        db = await opened(url)
        begun = []

        def slow_at_first(connection):
            begun.append(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar())
            if len(begun) == 1:
                wire.cut()
                connection.exec_driver_sql("SELECT pg_sleep(20)")
            return "read"

        async with asyncio.timeout(LIMIT_S):
            assert await db.read(slow_at_first) == "read"
        assert len(set(begun)) == 2
        await db.close()


async def test_a_write_whose_connection_is_cut_is_not_done_again(postgres_url):
    with network(postgres_url) as (wire, url):
        db = await opened(url)
        begun = []

        def cut(connection):
            begun.append(1)
            connection.exec_driver_sql("SELECT 1")
            wire.cut()
            connection.exec_driver_sql("SELECT pg_sleep(20)")

        with pytest.raises(DatabaseGone, match="connection to the server was lost"):
            await db.write(cut)
        assert begun == [1]
        assert await db.write(one) == 1
        await db.close()


@pytest.mark.parametrize("way", ["read", "write"])
async def test_nobody_waits_long_for_a_network_that_swallows_everything(postgres_url, way):
    with network(postgres_url) as (wire, url):
        db = await opened(f"{url}?connect_timeout=1", read_s=0.5, write_s=0.5)
        await all_connections(db)
        used = wire.accepted
        wire.swallow()
        began = time.monotonic()
        with pytest.raises(DatabaseGone, match="does not answer"):
            await getattr(db, way)(one)
        # Half a second for the answer, and two for a farewell that nobody hears.
        assert time.monotonic() - began < 5
        wire.recover()
        began = time.monotonic()
        # The other connections hang as well; none of them is waited for.
        assert await asyncio.gather(*(db.read(one) for _ in range(READERS))) == [1] * READERS
        assert await db.write(one) == 1
        assert time.monotonic() - began < 2
        assert wire.accepted > used
        async with asyncio.timeout(LIMIT_S):
            await db.close()


async def test_a_ping_tells_a_silence_soon_and_ends_what_else_waits(postgres_url):
    with network(postgres_url) as (wire, url):
        db = await opened(url, ping_s=0.3)
        await all_connections(db)
        await db.ping()
        wire.swallow()
        reads = [asyncio.create_task(db.read(one)) for _ in range(2 * READERS)]
        async with asyncio.timeout(LIMIT_S):
            await until(lambda: wire.swallowed >= READERS)
            with pytest.raises(DatabaseGone, match="does not answer"):
                await db.ping()
            wire.recover()
            ended = await asyncio.gather(*reads, return_exceptions=True)
        assert sum(isinstance(one, DatabaseGone) for one in ended) == READERS
        assert ended.count(1) == READERS
        await db.ping()
        await db.close()


async def test_a_long_query_may_take_longer_where_each_statement_does_not(postgres_url):
    db = await opened(postgres_url, read_s=1.0)

    def three(connection):
        for _ in range(3):
            connection.exec_driver_sql("SELECT pg_sleep(0.5)")
        return "read"

    assert await db.read(three) == "read"
    with pytest.raises(DatabaseGone, match="does not answer"):
        await db.read(lambda one: one.exec_driver_sql("SELECT pg_sleep(20)"))
    await db.close()


async def test_rows_may_be_worked_on_for_longer_than_the_server_may_take(postgres_url):
    db = await opened(postgres_url, read_s=0.5)

    def batches(connection):
        numbers = sa.select(sa.func.generate_series(1, 40))
        with connection.execute(numbers, execution_options={"yield_per": 10}) as result:
            for batch in result.partitions():
                offload(connection, partial(time.sleep, 0.7))
                yield len(batch)
        connection.exec_driver_sql("SELECT pg_sleep(20)")

    counted = []
    with pytest.raises(DatabaseGone, match="does not answer"):
        await db.read(lambda connection: counted.extend(batches(connection)))
    assert counted == [10, 10, 10, 10]
    await db.close()


async def test_the_system_probes_unused_connections(postgres_url):
    db = await opened(postgres_url)

    def options(connection):
        wire = connection.connection.driver_connection._transport.get_extra_info("socket")
        probing = wire.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        if sys.platform == "darwin":
            idle = socket.TCP_KEEPALIVE
        else:
            idle = socket.TCP_KEEPIDLE
        return bool(probing), wire.getsockopt(socket.IPPROTO_TCP, idle)

    assert await db.read(options) == (True, 10)
    await db.close()


async def test_a_standby_is_read_and_one_that_takes_over_is_written(server, in_thread, make):
    db = await opened(server.dsn)
    run = await make.start(db, make.account("failover"))
    await in_thread(server.stop)
    signal = server._data / "standby.signal"
    signal.touch()
    if server._who:
        shutil.chown(signal, "nobody", "nogroup")
    await in_thread(server.start)
    assert (await sync_runs.get_run(db, run.user_id, run.sync_id)).is_running
    with pytest.raises(DatabaseGone) as caught:
        await sync_runs.touch(db, run)
    assert "may only be read" in caught.value.why

    reader = await opened(server.dsn)
    assert "standby" in reader.read_only.why
    assert (await sync_runs.get_run(reader, run.user_id, run.sync_id)).is_running
    with pytest.raises(DatabaseFault, match="Nothing can be changed"):
        await sync_runs.touch(reader, run)
    await reader.close()

    await in_thread(run_sql, server.dsn, "SELECT pg_promote()")
    async with asyncio.timeout(LIMIT_S):
        assert await sync_runs.touch(db, run)
    await db.close()
