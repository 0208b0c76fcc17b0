"""Polling and starting over HTTP while a sync at Amazon's true rates runs.

The seller has so much inventory that a sync of it waits for Amazon's quota for about fifteen
seconds, which it must go on doing to the second while 500 programs a second ask how it stands.
"""

import asyncio
import time

from benchmarks.http_load import Answered, Load, put_load
from benchmarks.http_server import SYNC, Home, MakeHome, Server, homes, server
from benchmarks.program import simulator_process
from benchmarks.report import Figure

_RATE = 500
_SECONDS = 12
_STARTS = 60
_SELLER = ("--scenario", "normal_week", "--skus", "1500")


async def _sync(under: Server) -> float:
    """One whole sync; tells how long it took, in seconds."""
    run = await under.finished((await under.ask(SYNC, "POST"))["syncId"])
    if run["status"] != "completed":
        raise RuntimeError(f"The sync ended as {run['status']}: {run['error']}")
    return float(run["durationSeconds"])


async def _alone(home: Home) -> float:
    with simulator_process(*_SELLER) as amazon:
        async with server(home, amazon) as under:
            return await _sync(under)


async def _polled(home: Home) -> tuple[float, Answered]:
    with simulator_process(*_SELLER) as amazon:
        async with server(home, amazon) as under:
            syncing = asyncio.create_task(_sync(under))
            await asyncio.sleep(0.5)
            load = Load(under.url, under.token, ["/api/sync/status"], _RATE, _RATE * _SECONDS)
            answered = await put_load(load)
            return await syncing, answered


async def _starts(home: Home) -> list[float]:
    """Start and cancel a sync again and again; how long each start took, in milliseconds."""
    took = []
    with simulator_process(*_SELLER) as amazon:
        async with server(home, amazon) as under:
            for _ in range(_STARTS):
                began = time.perf_counter()
                sync_id = (await under.ask(SYNC, "POST"))["syncId"]
                took.append((time.perf_counter() - began) * 1000)
                await under.ask(f"/api/sync/cancel/{sync_id}", "POST")
    return sorted(took)


def measure() -> list[Figure]:
    """Sync alone, sync while polled, and start many syncs, on each database."""
    return [figure for name, make in homes() for figure in _measure(name, make)]


def _measure(name: str, make: MakeHome) -> list[Figure]:
    with make() as home:
        alone_s = asyncio.run(_alone(home))
    with make() as home:
        polled_s, answered = asyncio.run(_polled(home))
    with make() as home:
        starts_ms = asyncio.run(_starts(home))
    if answered.errors:
        raise RuntimeError(f"{answered.errors} polls failed.")
    name = f"HTTP, {name}"
    what = f"{name}: {_RATE} polls a second while a sync runs"
    p99_start_ms = starts_ms[int(0.99 * len(starts_ms))]
    return [
        Figure(f"{what}, p99", answered.p99_ms, "ms", "limit", 50, "at most 1"),
        Figure(f"{what}, answered", answered.per_second, "1/s", "asked", _RATE, "1, no error"),
        Figure(
            f"{name}: a sync waiting for quota, under {_RATE} polls a second",
            polled_s,
            "s",
            "the same sync alone",
            alone_s,
            "1: its waits are unchanged",
        ),
        Figure(f"{name}: starting a sync, p99", p99_start_ms, "ms", "limit", 100, "at most 1"),
    ]
