"""Waiting for Amazon's quota in a whole sync of `normal_week`, at Amazon's true usage plans."""

import asyncio
import tempfile
from pathlib import Path

from benchmarks.outside_client import VirtualClock, read_whole_seller
from benchmarks.program import simulator_process, sync_manager, whole_sync
from benchmarks.report import Figure
from opside_desktop.amazon.pacing import Pacer
from opside_desktop.domain.clock import SystemClock
from opside_desktop.simulator.options import Options
from opside_desktop.simulator.server import serve


class _WaitingClock(SystemClock):
    """Adds up how long the pacer waited."""

    waited_s = 0.0

    async def sleep(self, seconds: float) -> None:
        before = self.now()
        await super().sleep(seconds)
        self.waited_s += self.now() - before


async def _ours() -> tuple[float, float]:
    clock = _WaitingClock()
    with (
        tempfile.TemporaryDirectory() as folder,
        simulator_process("--scenario", "normal_week") as url,
    ):
        async with sync_manager(Path(folder), url, Pacer(clock)) as manager:
            run = await whole_sync(manager, url)
    return clock.waited_s, run.duration_s


async def _peer() -> float:
    clock = VirtualClock()
    async with serve(Options(scenario="normal_week"), clock=clock) as url:
        run = await asyncio.to_thread(read_whole_seller, url, clock)
    if (run.orders, run.skus) != (250, 150):
        raise RuntimeError(f"The peer did not read the whole seller: {run}")
    return run.waited_s


def measure() -> list[Figure]:
    """Compare our waits with the limit of 1 s and with the peer's."""
    waited_s, whole_s = asyncio.run(_ours())
    peer_s = asyncio.run(_peer())
    return [
        Figure("waiting for quota, normal_week", waited_s, "s", "limit", 1.0, "at most 1"),
        Figure(
            "whole sync of normal_week",
            whole_s,
            "s",
            "waits alone of python-amazon-sp-api (orders v0, items per order)",
            peer_s,
            "far below 1",
        ),
    ]
