"""How fast claims of version 0.1 are prepared, and how late the window is meanwhile.

The window's timer is compared with the same one in an empty window of another process at the same
time: what both are late, the machine makes of it.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.old_data import EXTERNAL_USER, fill
from benchmarks.report import Figure

_CLAIMS = 50_000
_ROUNDS = 3
_LEAST_PER_S = 5_000
_P99_LATER_MS = 6.0


def measure() -> list[Figure]:
    """Prepare a file by itself, then behind an open window."""
    with tempfile.TemporaryDirectory() as name:
        filled = Path(name) / "filled.db"
        fill(filled, _CLAIMS)
        rates = [_rate(filled) for _ in range(_ROUNDS)]
        later = [_later_ms(filled) for _ in range(_ROUNDS)]
    return [
        Figure(
            f"claims of version 0.1 prepared a second, best of {_ROUNDS}",
            max(rates),
            "claims/s",
            "least",
            _LEAST_PER_S,
            "at least 1",
        ),
        Figure(
            "heartbeat p99 of a window that prepares them, later than that of an idle twin, "
            f"median of {_ROUNDS}",
            statistics.median(later),
            "ms",
            "limit",
            _P99_LATER_MS,
            "at most 1",
        ),
    ]


def _environment() -> dict[str, str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


def _rate(filled: Path) -> float:
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "opside.db"
        shutil.copy(filled, file)
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.bringing_over", f"sqlite:///{file}"],
            env=_environment(),
            capture_output=True,
            text=True,
            timeout=300,
            check=True,
        )
    return _CLAIMS / float(done.stdout.split()[0])


def _later_ms(filled: Path) -> float:
    with tempfile.TemporaryDirectory() as home:
        shutil.copy(filled, Path(home) / "opside.db")
        environment = {**_environment(), "OPSIDE_HOME": home, "OPSIDE_USER": EXTERNAL_USER}
        twin = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.idle_window"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.preparing_window"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=True,
        )
        idle, _ = twin.communicate()
    return _p99(done.stdout) - _p99(idle)


def _p99(out: str) -> float:
    return statistics.quantiles(json.loads(out.splitlines()[-1])["late_ms"], n=100)[98]
