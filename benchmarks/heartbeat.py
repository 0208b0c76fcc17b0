"""How late a 10 ms heartbeat on the window's loop is while an unthrottled sync runs.

The window is open on the program's own loop, its strip and tables follow the sync, and the
simulator runs in a process of its own without usage plans.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.program import simulator_process
from benchmarks.report import Figure

_P99_LIMIT_MS = 8.0
_WORST_LIMIT_MS = 16.0


def measure() -> list[Figure]:
    """Sync `high_volume` in an open window and read how late its beats were."""
    with (
        tempfile.TemporaryDirectory() as home,
        simulator_process("--scenario", "high_volume", "--usage-plans", "none") as url,
    ):
        environment = {
            **os.environ,
            "OPSIDE_HOME": home,
            "AMAZON_SPAPI_BASE_URL": url,
            "AMAZON_CLIENT_ID": "bench",
            "AMAZON_CLIENT_SECRET": "bench",
            "AMAZON_SPAPI_REFRESH_TOKEN": "bench",
            "PYTHONPATH": str(Path(__file__).parent.parent),
        }
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.syncing_window"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=True,
        )
    seen = json.loads(done.stdout.splitlines()[-1])
    if seen["status"] != "completed":
        raise RuntimeError(f"The sync ended as {seen['status']}.")
    return [
        Figure(
            f"heartbeat late, p99 of {seen['beats']} beats",
            seen["p99_ms"],
            "ms",
            "limit",
            _P99_LIMIT_MS,
            "at most 1",
        ),
        Figure(
            "heartbeat late, worst", seen["worst_ms"], "ms", "limit", _WORST_LIMIT_MS, "at most 1"
        ),
    ]
