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


_FLOORS = {
    "bare_window.py": "bare PySide6 window, empty table on a Python model",
    "barest_window.py": "bare PySide6 window, empty table on Qt's own model",
}


def measure() -> list[Figure]:
    """Start both bare windows and ours in turn, on a database with a synced sample seller."""
    floors: dict[str, list[float]] = {script: [] for script in _FLOORS}
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
            bare = {script: _moments(script, home)["painted"] for script in _FLOORS}
            ours = _moments("our_window.py", home, "--demo")
            if number:  # the first round only warms the disk's cache
                for script, seconds in bare.items():
                    floors[script].append(seconds)
                frame.append(ours["painted"])
                rows.append(ours["rows"])
    return [
        Figure(
            f"cold start to {what}",
            statistics.median(ours_s),
            "s",
            yardstick,
            statistics.median(floors[script]),
            f"at most {goal}",
        )
        for script, yardstick in _FLOORS.items()
        for what, ours_s, goal in (
            ("the first painted frame", frame, 1.5),
            ("rows on screen", rows, 3.5),
        )
    ]
