"""A thousand listeners to one running sync, as Server-Sent Events."""

import asyncio
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

from benchmarks.http_load import Load, put_load
from benchmarks.http_server import SYNC, Home, MakeHome, Server, homes, server
from benchmarks.program import simulator_process
from benchmarks.report import Figure

_LISTENERS = 1_000
_SELLER = ("--scenario", "normal_week", "--skus", "1500")
_MEGABYTE = 1_000_000


async def _listen(under: Server, sync_id: str, heard: list[int], number: int) -> bytes:
    place = urlsplit(under.url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    writer.write(
        f"GET /api/sse/sync-progress/{sync_id} HTTP/1.1\r\nHost: {place.netloc}\r\n"
        f"Authorization: Bearer {under.token}\r\nConnection: close\r\n\r\n".encode()
    )
    last = b""
    while piece := await reader.read(65_536):
        heard[number] += piece.count(b"event: ")
        last = (last + piece)[-2_000:]
    writer.close()
    return last


async def _listened(home: Home) -> tuple[float, float, float]:
    with simulator_process(*_SELLER) as amazon:
        async with AsyncExitStack() as stack:
            under = await stack.enter_async_context(server(home, amazon))
            sync_id = (await under.ask(SYNC, "POST"))["syncId"]
            heard = [0] * _LISTENERS
            listeners = [
                asyncio.create_task(_listen(under, sync_id, heard, number))
                for number in range(_LISTENERS)
            ]
            async with asyncio.timeout(60):
                # The present state, and a change after it.
                while min(heard) < 2:
                    await asyncio.sleep(0.1)
            alone = await put_load(Load(under.url, under.token, ["/api/sync/status"], 100, 300))
            memory = under.process.memory_info().rss / _MEGABYTE
            await under.finished(sync_id)
            async with asyncio.timeout(60):
                ends = await asyncio.gather(*listeners)
            told = sum(b"event: sync_complete" in end for end in ends)
    return memory, alone.p99_ms, told


def measure() -> list[Figure]:
    """Listen a thousand times, and look at the server's memory, on each database."""
    return [figure for name, make in homes() for figure in _measure(name, make)]


def _measure(name: str, make: MakeHome) -> list[Figure]:
    with make() as home:
        memory, p99_ms, told = asyncio.run(_listened(home))
    name = f"HTTP, {name}"
    return [
        Figure(
            f"{name}: the whole server with {_LISTENERS:,} listeners to one sync",
            memory,
            "MB",
            "limit",
            150,
            "below 1",
        ),
        Figure(
            f"{name}: polls beside those listeners, p99", p99_ms, "ms", "limit", 50, "at most 1"
        ),
        Figure(f"{name}: listeners told of the end", told, "", "all", _LISTENERS, "1"),
    ]
