"""What the window switches on: the server on Qt's loop, beside everything else."""

import asyncio

from opside_desktop.api.tokens import make_token, new_secret
from opside_desktop.domain.ids import ExternalUserId
from tests.api.conftest import ALICE, SECRET, user_id
from tests.api.test_streams import whole
from tests.waiting import LIMIT_S, until


async def test_a_sync_by_http_in_the_window(api):
    api.tap.held = "/auth/o2/token"
    sync_id = await api.start()
    stream = asyncio.create_task(whole(api, sync_id))
    states = await asyncio.gather(*(api.get("/api/sync/status") for _ in range(20)))
    assert {state.body["status"] for state in states} == {"running"}
    api.tap.gate.set()
    assert (await stream)[-1][1]["status"] == "completed"


async def test_switching_off_ends_streams_and_leaves_the_sync_alone(api):
    api.tap.held = "/auth/o2/token"
    sync_id = await api.start()
    stream = asyncio.create_task(whole(api, sync_id))
    await until(lambda: api.server._state.tasks)
    async with asyncio.timeout(LIMIT_S):
        await api.server.stop()
        events = await stream
    assert all(data["status"] == "running" for _, data in events)
    api.tap.gate.set()
    async with asyncio.timeout(LIMIT_S):
        assert (await api.program.manager.wait(user_id(ALICE), sync_id)).status == "completed"


async def test_idle_connections_do_not_stop_the_window(programs, until):
    api = await programs.api(slots=10)
    place = api.client.base_url
    lines = [await asyncio.open_connection(place.host, place.port) for _ in range(40)]
    assert (await api.get("/health")).status == 200
    await until(lambda: len(api.server._state.connections) <= 10)
    for _, writer in lines:
        writer.close()


async def test_a_token_made_in_the_window_opens_its_server(api):
    made = make_token(SECRET, ExternalUserId(ALICE))
    answer = await api.get("/api/sync/status", {"Authorization": f"Bearer {made}"})
    assert answer.status == 200
    other = make_token(new_secret(), ExternalUserId(ALICE))
    answer = await api.get("/api/sync/status", {"Authorization": f"Bearer {other}"})
    assert answer.status == 401
