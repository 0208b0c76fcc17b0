"""A first load, its last 30 days first, and a repetition after it.

Time is scaled: Amazon's usage plans run so many times faster, on both sides, and its answers take
0.3 s of that time. What this computer needs itself is scaled with it, so figures are a little high.
The repetition follows at once, while the first load has left no calls of orders to spare.
"""

import asyncio
import tempfile
from pathlib import Path

from benchmarks.program import simulator_process, sync_manager, whole_sync
from benchmarks.report import Figure
from opside_desktop.amazon.pacing import Pacer
from opside_desktop.domain.clock import SystemClock
from opside_desktop.domain.syncs import SyncRun

ANSWER_S = 0.3
SIZES = ((250, 5.0), (2_000, 20.0), (10_000, 400.0))
"""Orders of the seller, and by how much time is scaled."""


async def _loaded(orders: int, scale: float) -> tuple[SyncRun, SyncRun]:
    """Give the first load, and the sync after it."""
    latency = f"latency={ANSWER_S / scale}"
    options = ("--orders", str(orders), "--time-scale", str(scale), "--faults", latency)
    with tempfile.TemporaryDirectory() as folder, simulator_process(*options) as url:
        pacer = Pacer(SystemClock(), scale=scale)
        async with sync_manager(Path(folder), url, pacer) as manager:
            return await whole_sync(manager, url), await whole_sync(manager, url)


def measure() -> list[Figure]:
    """Compare the time to the last 30 days with that of the whole first load."""
    figures = []
    for orders, scale in SIZES:
        first, again = asyncio.run(_loaded(orders, scale))
        recent = ((first.recent_done_at or first.updated_at) - first.started_at).total_seconds()
        whole_s = first.duration_s * scale
        name = f"{orders:,} orders"
        figures += [
            Figure(
                f"last 30 days complete, {name}",
                recent * scale,
                "s",
                "whole first load",
                whole_s,
                "far below 1 where there is much",
            ),
            Figure(
                f"repetition, {name}",
                again.duration_s * scale,
                "s",
                "whole first load",
                whole_s,
                "far below 1",
            ),
        ]
    return figures
