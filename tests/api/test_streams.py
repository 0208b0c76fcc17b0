"""The progress of syncs as Server-Sent Events."""

import asyncio
import json
import time
from contextlib import asynccontextmanager

import pytest

from opside_desktop.api.timings import SHIPPED, ApiTimings
from tests.api.conftest import ALICE, bearer, token, user_id
from tests.api.test_syncs import SYNC
from tests.waiting import LIMIT_S

ORDERS = "/orders/2026-01-01/orders"


def _stop_reading(writer):
    assert isinstance(writer.transport, asyncio.Transport)
    writer.transport.pause_reading()


def url(sync_id):
    return f"/api/sse/sync-progress/{sync_id}"


@asynccontextmanager
async def listening(api, sync_id, headers=None):
    """Listen to a sync; yields what gives the next (event, data), and comments as (":", text)."""
    async with (
        asyncio.timeout(LIMIT_S),
        api.client.stream("GET", url(sync_id), headers=headers or bearer()) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        lines = answer.aiter_lines()

        async def following():
            name = None
            async for line in lines:
                if line.startswith(":"):
                    return ":", line[1:].strip()
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    return name, json.loads(line.removeprefix("data: "))
            return None

        yield following


def followers(api):
    """How many follow syncs on the board, whoever listens to them."""
    return sum(len(one.changed) for one in api.program.board._followed.values())


async def whole(api, sync_id, headers=None):
    found = []
    async with listening(api, sync_id, headers) as following:
        while (event := await following()) is not None:
            found.append(event)
    return [event for event in found if event[0] != ":"]


async def test_a_whole_sync(api):
    api.tap.held = "/auth/o2/token"
    sync_id = await api.start()
    async with listening(api, sync_id) as following:
        name, present = await following()
        assert (name, present["status"], present["progress"]) == ("sync_progress", "running", 0)
        assert set(present) == SYNC
        api.tap.gate.set()
        events = []
        while (event := await following()) is not None:
            events.append(event)
    assert {name for name, _ in events[:-1]} <= {"sync_progress"}
    name, last = events[-1]
    assert (name, last["status"], last["progress"]) == ("sync_complete", "completed", 100)
    progress = [data["progress"] for _, data in events]
    assert progress == sorted(progress)
    # Polling shows the same facts.
    polled = (await api.get(f"/api/sync/status/{sync_id}")).body
    assert {key: polled[key] for key in SYNC} == last


async def test_a_finished_sync_is_told_once(api):
    sync_id = await api.sync()
    ((name, data),) = await whole(api, sync_id)
    assert (name, data["status"]) == ("sync_complete", "completed")


async def test_many_listeners_are_one_subscription(api, until):
    api.tap.held = ORDERS
    sync_id = await api.start()
    await api.tap.until_held()
    tasks = [asyncio.create_task(whole(api, sync_id)) for _ in range(50)]
    await until(lambda: len(api.server._state.connections) >= 50)
    await until(lambda: followers(api) > 0)
    assert followers(api) == 1
    api.tap.gate.set()
    for events in await asyncio.gather(*tasks):
        assert events[0][0] == "sync_progress"
        assert events[-1][0] == "sync_complete"
    await until(lambda: followers(api) == 0)


async def test_a_listener_who_comes_late_begins_with_the_present(api):
    api.tap.held = ORDERS
    sync_id = await api.start()
    await api.tap.until_held()
    async with listening(api, sync_id) as first:
        _, before = await first()
        while before["results"]["inventory"]["status"] != "success":
            _, before = await first()
        async with listening(api, sync_id) as second:
            _, late = await second()
            assert late["progress"] >= before["progress"] > 0


async def test_a_vanished_listener_harms_nobody(api, until):
    api.tap.held = ORDERS
    sync_id = await api.start()
    await api.tap.until_held()
    stays = asyncio.create_task(whole(api, sync_id))
    for _ in range(5):
        async with listening(api, sync_id) as following:
            await following()
    await until(lambda: len(api.server._state.tasks) <= 1)
    api.tap.gate.set()
    assert (await stays)[-1][0] == "sync_complete"
    await until(lambda: not api.server._state.tasks)
    await until(lambda: followers(api) == 0)


async def test_when_all_have_gone_nobody_follows(api, until):
    api.tap.held = ORDERS
    sync_id = await api.start()
    await api.tap.until_held()
    async with listening(api, sync_id) as following:
        await following()
        assert followers(api) == 1
    await until(lambda: followers(api) == 0)


async def test_a_listener_who_does_not_read_harms_nobody(api):
    api.tap.held = ORDERS
    sync_id = await api.start()
    await api.tap.until_held()
    place = api.client.base_url
    _, writer = await asyncio.open_connection(place.host, place.port)
    authorization = bearer()["Authorization"]
    writer.write(
        f"GET {url(sync_id)} HTTP/1.1\r\nHost: a\r\nAuthorization: {authorization}\r\n\r\n".encode()
    )
    _stop_reading(writer)
    other = asyncio.create_task(whole(api, sync_id))
    api.tap.gate.set()
    async with asyncio.timeout(LIMIT_S):
        assert (await api.program.manager.wait(user_id(ALICE), sync_id)).status == "completed"
        assert (await other)[-1][0] == "sync_complete"
    writer.transport.abort()


async def test_who_takes_nothing_for_long_is_cut_off(programs, until):
    api = await programs.api(timings=ApiTimings(stall_s=0.1))
    place = api.client.base_url
    _, writer = await asyncio.open_connection(place.host, place.port)
    _stop_reading(writer)
    # More answers than the system keeps for a reader.
    writer.write(b"GET /schema/openapi.json HTTP/1.1\r\nHost: a\r\n\r\n" * 1000)
    await until(lambda: api.server._state.connections)
    await until(lambda: not api.server._state.connections)
    writer.transport.abort()


def test_a_silent_stream_says_often_enough_that_it_is_alive():
    assert SHIPPED.heartbeat_s <= 15


async def test_a_silent_stream_says_that_it_is_alive(programs):
    api = await programs.api(timings=ApiTimings(heartbeat_s=0.05))
    api.tap.held = "/auth/o2/token"
    sync_id = await api.start()
    async with listening(api, sync_id) as following:
        events = [await following() for _ in range(4)]
    assert events[0][0] == "sync_progress"
    assert (":", "alive") in events


async def test_a_stream_ends_when_its_token_does(api):
    api.tap.held = "/auth/o2/token"
    sync_id = await api.start()
    # Ten seconds of leeway: it is taken for two more.
    expires = int(time.time()) - 8
    short = {"Authorization": f"Bearer {token(sub=ALICE, exp=expires)}"}
    async with listening(api, sync_id) as following:
        assert (await following())[0] == "sync_progress"
        events = await whole(api, sync_id, short)
        assert time.time() >= expires + 10
        assert [name for name, _ in events] == ["sync_progress", "unauthorized"]
        refused = await api.get(url(sync_id), short)
        assert events[-1][1] == refused.body
        assert refused.failure == (401, "unauthorized")
        # Whoever has a longer one hears on.
        api.tap.gate.set()
        last = None
        while (event := await following()) is not None:
            last = event
    assert last[0] == "sync_complete"


async def test_the_head_of_a_stream_ends_it(api, until):
    api.tap.held = "/auth/o2/token"
    sync_id = await api.start()
    answer = await api.request("HEAD", url(sync_id))
    assert (answer.status, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")
    await until(lambda: not api.server._state.tasks)
    await until(lambda: followers(api) == 0)
    # The connection goes on to the next request.
    assert (await api.get("/health")).status == 200


async def test_a_token_for_more_than_all_time(api):
    api.tap.held = "/auth/o2/token"
    sync_id = await api.start()
    long = {"Authorization": f"Bearer {token(sub=ALICE, exp=10**400)}"}
    async with listening(api, sync_id, long) as following:
        assert (await following())[0] == "sync_progress"
        await api.post(f"/api/sync/cancel/{sync_id}")
        assert (await following())[0] == "sync_complete"


@pytest.mark.parametrize("pieces", [2_000, 3])
async def test_a_body_that_belongs_to_no_stream(api, pieces):
    sync_id = await api.sync()

    async def body():
        for _ in range(pieces):
            yield b"x" * 50

    answer = await api.request("GET", url(sync_id), content=body())
    if pieces == 3:
        assert answer.content.startswith(b"event: sync_complete")
    else:
        assert answer.failure == (413, "payload_too_large")


async def test_the_sync_of_another_program(programs):
    here, there = await programs.api(), await programs.api(await programs.program())
    programs.tap.held = ORDERS
    sync_id = await here.start()
    await programs.tap.until_held()
    async with listening(there, sync_id) as following:
        name, present = await following()
        assert (name, present["status"]) == ("sync_progress", "running")
        programs.tap.gate.set()
        last = present
        while (event := await following()) is not None:
            name, last = event
    assert (name, last["status"]) == ("sync_complete", "completed")


@pytest.mark.parametrize("how", ["cancelled", "stopped"])
async def test_the_stream_tells_of_every_end(programs, how):
    api = await programs.api(timings=ApiTimings(finish_s=0.0))
    api.tap.held = ORDERS
    sync_id = await api.start()
    await api.tap.until_held()
    async with listening(api, sync_id) as following:
        assert (await following())[0] == "sync_progress"
        if how == "cancelled":
            await api.post(f"/api/sync/cancel/{sync_id}")
        else:
            await api.server.stop(stop_syncs=True)
        last = None
        while (event := await following()) is not None:
            last = event
    status = {"cancelled": "cancelled", "stopped": "failed"}[how]
    assert (last[0], last[1]["status"]) == ("sync_complete", status)
