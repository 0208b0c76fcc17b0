"""More connections than there are places: who asks is served, who is idle makes room."""

import asyncio
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack

import pytest

from tests.api.conftest import SECRET, token
from tests.api.test_serve_command import ask, opside
from tests.api.test_streams import listening, whole
from tests.cli.conftest import LIMIT_S, PROGRAM, Running
from tests.waiting import wait_until

__all__ = ["opside"]

resource = pytest.importorskip("resource", reason="Windows counts no descriptors")

FEW = 100
HEALTH = b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture
async def small(programs):
    """A server with ten places."""
    return await programs.api(slots=10)


@pytest.fixture
async def idle(small):
    """Open connections that ask nothing."""
    writers = []

    async def idle(count):
        place = small.client.base_url
        opened = [await asyncio.open_connection(place.host, place.port) for _ in range(count)]
        writers.extend(writer for _, writer in opened)
        return opened

    yield idle
    for writer in writers:
        writer.close()


async def test_who_is_idle_makes_room(small, idle, until):
    lines = await idle(30)
    answer = await small.raw(HEALTH.replace(b"Host: a", b"Host: a\r\nConnection: close"))
    assert answer.startswith(b"HTTP/1.1 200 ")
    await until(lambda: len(small.server._state.connections) <= 10)
    # Those who came first have left first.
    assert [reader.at_eof() for reader, _ in lines[:20]] == [True] * 20
    reader, writer = lines[-1]
    writer.write(HEALTH)
    assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")


async def test_a_connection_kept_for_later_makes_room_too(small, idle):
    kept = await idle(5)
    for reader, writer in kept:
        writer.write(HEALTH)
        await reader.readuntil(b"}")
    await idle(10)
    assert [await reader.read() for reader, _ in kept] == [b""] * 5


async def test_who_is_served_stays(small, idle, until):
    small.tap.held = "/auth/o2/token"
    sync_id = await small.start()
    async with listening(small, sync_id) as following:
        assert (await following())[0] == "sync_progress"
        await idle(50)
        small.tap.gate.set()
        last = None
        while (event := await following()) is not None:
            last = event
    assert last[0] == "sync_complete"


async def test_where_all_are_served_the_next_one_is_told_so(small, until):
    small.tap.held = "/auth/o2/token"
    sync_id = await small.start()
    streams = [asyncio.create_task(whole(small, sync_id)) for _ in range(10)]
    await until(lambda: len(small.server._state.tasks) == 10)
    answer = await small.get("/health")
    assert answer.failure == (503, "service_unavailable")
    assert answer.headers["connection"] == "close"
    assert "Please try again" in answer.body["message"]
    small.tap.gate.set()
    for events in await asyncio.gather(*streams):
        assert events[-1][0] == "sync_complete"
    assert (await small.get("/health")).status == 200


LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, ({0}, {1}))
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


@pytest.fixture
def limited(opside):
    """Start a server that may have only so many descriptors, or raise them only so far."""

    def limited(soft, hard):
        process = subprocess.Popen(
            [sys.executable, "-c", LIMITED.format(soft, hard), *PROGRAM[1:], "serve", "--demo"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env=opside.environment(JWT_SECRET=SECRET, PORT="0", OPSIDE_LOG_LEVEL="INFO"),
        )
        opside._running.append(process)
        line = process.stdout.readline()
        return Running(process), line.split(" on ")[1].split(";")[0]

    return limited


@pytest.mark.parametrize(("soft", "hard"), [(FEW, FEW), (FEW, 4 * FEW)])
def test_idle_connections_beyond_the_descriptors_stop_nothing(opside, limited, soft, hard):
    running, url = limited(soft, hard)
    port = int(url.rpartition(":")[2])
    with ExitStack() as lines:
        for _ in range(hard + 20):
            lines.enter_context(socket.create_connection(("127.0.0.1", port), timeout=LIMIT_S))
        headers = {"Authorization": f"Bearer {token('demo-user')}"}
        assert ask(url, "/health")["status"] == "ok"
        # There are descriptors left for a whole sync.
        sync = ask(url, "/api/v1/integrations/amazon/sync", "POST", **headers)["syncId"]
        states = []

        def has_ended():
            states.append(ask(url, f"/api/sync/status/{sync}", **headers))
            return states[-1]["status"] != "running"

        wait_until(has_ended)
        last = states[-1]
        assert (last["status"], last["claimsDetected"]) == ("completed", 37)
    running.process.send_signal(signal.SIGTERM)
    assert running.finish().code == 0
    logs = list((opside.home / "demo" / "logs").iterdir())
    assert len(logs) == 1
    written = logs[0].read_text()
    assert "The HTTP API listens on" in written
    assert "out of system resource" not in written
    assert written.count("places for connections are taken") <= 5
    assert len(written) < 50_000


@pytest.mark.parametrize("most", [64, 256])
def test_a_burst_of_connections_takes_no_descriptors_from_the_rest(opside, limited, most):
    running, url = limited(most, most)
    place = ("127.0.0.1", int(url.rpartition(":")[2]))
    log = opside.home / "demo" / "logs" / "opside.log"
    bursts, deadline = 0, time.monotonic() + LIMIT_S
    # A busy machine may have forgotten a burst before its server has looked at it.
    while bursts < 4 or "places for connections are taken" not in log.read_text():
        assert time.monotonic() < deadline
        bursts += 1
        with ExitStack() as lines:
            for _ in range(5 * most):
                line = lines.enter_context(socket.socket())
                line.setblocking(False)
                line.connect_ex(place)
            assert ask(url, "/health")["status"] == "ok"
    running.process.send_signal(signal.SIGTERM)
    assert running.finish().code == 0
    assert "out of system resource" not in log.read_text()


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux tells of other processes")
def test_the_limit_of_descriptors_is_raised(limited):
    running, _ = limited(FEW, 4 * FEW)
    limits = resource.prlimit(running.process.pid, resource.RLIMIT_NOFILE)
    assert limits == (4 * FEW, 4 * FEW)
