"""A server or a pooler that gives one connection: all that the program does works, only slower."""

import asyncio
import re
from contextlib import contextmanager

import pytest

from opside_desktop.domain.errors import DatabaseGone
from opside_desktop.store.database import READERS, Database
from opside_desktop.store.maintenance import examine
from opside_desktop.store.opening import open_database
from opside_desktop.store.timings import ServerTimings, StoreTimings
from tests.flows.world import counts, world
from tests.postgres import run_sql
from tests.postgres_refusals import gate
from tests.postgres_wire import pooler
from tests.waiting import LIMIT_S, until


async def opened(url, **limits):
    timings = StoreTimings(server=ServerTimings(**limits))
    return await open_database(url, app_version="0.1.0", timings=timings)


def one(connection):
    return connection.exec_driver_sql("SELECT 1").scalar()


async def read_one(db):
    return await db.read(one)


@pytest.fixture(params=["role", "refused", "hang", "stall", "pooler"])
def single(request, postgres_url, limited_postgres):
    """The address of a server that gives one connection, in one of the ways in which they do."""

    @contextmanager
    def single():
        if request.param == "role":
            yield limited_postgres(1)
        elif request.param == "pooler":
            with pooler(postgres_url, sessions=1) as (_, url):
                yield url
        else:
            words = {"refused": "no more connections allowed (max_client_conn)"}
            beyond = words.get(request.param, request.param)
            with gate(postgres_url, 1, beyond) as (seen, url):
                yield f"{url}?connect_timeout=2"
                assert seen.turned_away

    with single() as url:
        yield url


async def test_a_sync_and_all_who_read_share_one_connection(monkeypatch, tmp_path, single):
    (tmp_path / "database-url").write_text(single)
    async with world(monkeypatch, tmp_path, scenario="normal_week") as program:
        program.db.listen()

        async def look(*ways):
            while not looked_enough.is_set():
                arrived = len(requests)
                await asyncio.gather(*(way(program.db) for way in ways))
                # Once more beside each page: they are to be in the way of the sync, not to end it.
                await until(lambda: looked_enough.is_set() or len(requests) > arrived)  # noqa: B023

        requests = program.tap.requests
        looked_enough = asyncio.Event()
        looking = [
            asyncio.create_task(look(*ways))
            for ways in ((examine, Database.ping, read_one), *[(Database.ping, read_one)] * 2)
        ]
        async with asyncio.timeout(LIMIT_S):
            run = await program.sync()
            looked_enough.set()
            await asyncio.gather(*looking)
        assert (run.status, run.error) == ("completed", None)
        assert counts(run) == (37, 150, 250)


async def test_a_connection_that_is_lost_is_made_anew_though_it_is_the_only_one(
    postgres_url, limited_postgres
):
    db = await opened(limited_postgres(1))
    db.listen()
    await asyncio.gather(*(db.read(one) for _ in range(READERS)))
    for _ in range(3):
        run_sql(
            postgres_url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'few_%'",
        )
        async with asyncio.timeout(LIMIT_S):
            assert await asyncio.gather(*(db.read(one) for _ in range(2 * READERS))) == [1] * 8
    readings = [
        asyncio.create_task(db.read(lambda one: one.exec_driver_sql("SELECT pg_sleep(60)")))
        for _ in range(2)
    ]
    sleeping = "SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'"
    await until(lambda: run_sql(postgres_url, sleeping))
    # Only the first one has the connection; who gives up takes it along.
    for reading in readings:
        reading.cancel()
    assert await db.read(one) == 1
    await db.close()


async def test_news_leave_their_connection_to_those_who_need_it(limited_postgres):
    db = await opened(limited_postgres(2))
    db.listen()
    await until(lambda: db.row_changes.is_live)
    inside = []

    def together(connection):
        inside.append(1)
        for _ in range(3000):
            connection.exec_driver_sql("SELECT pg_sleep(0.01)")
            if len(inside) == 2:
                return True
        return False

    async with asyncio.timeout(LIMIT_S):
        assert all(await asyncio.gather(db.read(together), db.read(together)))
    assert not db.row_changes.is_live
    await db.close()


async def test_another_connection_is_tried_again_after_a_while(postgres_url, limited_postgres):
    url = limited_postgres(1)
    db = await opened(url, cramped_s=0.05)
    await asyncio.gather(*(db.read(one) for _ in range(READERS)))
    name = re.search("//([^:]*):", url)[1]
    run_sql(postgres_url, f"ALTER ROLE {name} CONNECTION LIMIT 4")
    open_ones = f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{name}'"  # noqa: S608

    async def read():
        await asyncio.gather(*(db.read(one) for _ in range(READERS)))

    async with asyncio.timeout(LIMIT_S):
        while run_sql(postgres_url, open_ones)[0][0] < 3:
            await read()
    await db.close()


async def test_without_any_connection_it_is_said_why(limited_postgres):
    with pytest.raises(DatabaseGone) as caught:
        await opened(limited_postgres(0))
    assert "gives no further connection" in caught.value.why
    assert "too many connections for role" in caught.value.why
