"""From the start of the process to the first painted frame, and to rows on the screen."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.report import Figure

_ROUNDS = 9
_HERE = Path(__file__).parent


def _moments(script: str, home: Path, *arguments: str) -> dict[str, float]:
    """Run a script and give the seconds from its start to each moment it prints."""
    environment = {**os.environ, "OPSIDE_HOME": str(home), "PYTHONPATH": str(_HERE.parent)}
    environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    # Programs that people install are compiled; without this every start would compile ours anew.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    started = time.time()
    done = subprocess.run(
        [sys.executable, str(_HERE / script), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    lines = (line.split() for line in done.stdout.splitlines())
    return {line[0]: float(line[1]) - started for line in lines if len(line) == 2}


def measure() -> list[Figure]:
    """Start the bare window and ours in turn, on a database with a synced sample seller."""
    bare: list[float] = []
    frame: list[float] = []
    rows: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        subprocess.run(
            [sys.executable, "-m", "opside_desktop", "--demo", "sync"],
            env={**os.environ, "OPSIDE_HOME": name},
            capture_output=True,
            timeout=60,
            check=True,
        )
        for number in range(_ROUNDS + 1):
            floor = _moments("bare_window.py", home)
            ours = _moments("our_window.py", home, "--demo")
            if number:  # the first round only warms the disk's cache
                bare.append(floor["painted"])
                frame.append(ours["painted"])
                rows.append(ours["rows"])
    floor_s = statistics.median(bare)
    yardstick = "bare PySide6 window with an empty table"
    return [
        Figure(
            "cold start to the first painted frame",
            statistics.median(frame),
            "s",
            yardstick,
            floor_s,
            "at most 1.5",
        ),
        Figure(
            "cold start to rows on screen",
            statistics.median(rows),
            "s",
            yardstick,
            floor_s,
            "at most 3.5",
        ),
    ]
