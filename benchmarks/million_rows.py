"""A million claims in the window: how long a person waits for what they see, and what it costs.

On an SQLite file, on a PostgreSQL server, and on one behind a network of 50 ms; beside them Qt's
own table model and a model that loads everything, on the same file.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.delay_proxy import delayed
from benchmarks.million_data import EXTERNAL_USER, fill_postgres, fill_sqlite
from benchmarks.report import Figure
from tests.postgres import database, own_server

_HERE = Path(__file__).parent
_STARTS = 5
_ROUND_TRIP_S = 0.050
_MEMORY_MB = 40.0
_P99_MS, _WORST_MS = 8.0, 16.0


def measure() -> list[Figure]:
    """Open the window over each database in turn."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        full, empty = folder / "full", folder / "empty"
        for home, count in ((full, None), (empty, 0)):
            home.mkdir()
            _fill(home / "opside.db", count)
        bare_mb = _window(empty, None, "--empty")["resident_mb"]
        figures = [*_starts(full, empty), *_used("SQLite", full, None, 50, bare_mb)]
        figures += _peers(full / "opside.db")
        with own_server() as server, database(server.dsn) as bare, database(server.dsn) as url:
            fill_postgres(bare, 0)
            bare_mb = _window(folder / "bare", bare, "--empty")["resident_mb"]
            fill_postgres(url)
            figures += _used("PostgreSQL", folder / "pg", url, 100, bare_mb)
            with delayed(url, _ROUND_TRIP_S) as far:
                figures += _far(folder / "far", far)
    return figures


def _fill(path: Path, count: int | None) -> None:
    if count is None:
        fill_sqlite(path)
    else:
        fill_sqlite(path, count)


def _window(home: Path, url: str | None, *words: str) -> dict[str, Any]:
    home.mkdir(exist_ok=True)
    environment = {
        **os.environ,
        "OPSIDE_HOME": str(home),
        "OPSIDE_USER": EXTERNAL_USER,
        "PYTHONPATH": str(_HERE.parent),
        **({"OPSIDE_DATABASE_URL": url} if url else {}),
    }
    environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return _json([sys.executable, "-m", "benchmarks.million_window", *words], environment)


def _json(command: list[str], environment: dict[str, str]) -> dict[str, Any]:
    started = time.time()
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    if done.returncode or not done.stdout.strip():
        raise RuntimeError(done.stderr)
    seen: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if "shown_at" in seen:
        seen["shown_s"] = seen["shown_at"] - started
    return seen


def _starts(full: Path, empty: Path) -> list[Figure]:
    """Cold starts, by turns."""
    seconds: dict[Path, list[float]] = {full: [], empty: []}
    for number in range(_STARTS + 1):
        for home, found in seconds.items():
            shown_s = _window(home, None, "--empty")["shown_s"]
            if number:  # the first round only warms the disk's cache
                found.append(shown_s)
    return [
        Figure(
            "1M claims, SQLite: cold start to first rows",
            statistics.median(seconds[full]),
            "s",
            "to the same table without rows",
            statistics.median(seconds[empty]),
            "at most 1.5",
        )
    ]


def _used(name: str, home: Path, url: str | None, jump_ms: float, bare_mb: float) -> list[Figure]:
    """Scroll, sort and search; `bare_mb` is what the same window takes without any row."""
    seen = _window(home, url)
    name = f"1M claims, {name}"
    grown = seen["resident_mb"] - bare_mb
    figures = [
        _limit(f"{name}: jump, p99 of {len(seen['jumps'])}", _p99(seen["jumps"]), jump_ms),
        Figure(
            f"{name}: memory over the empty table", grown, "MB", "limit", _MEMORY_MB, "at most 1"
        ),
    ]
    beats = list(seen["jumps beats"])
    for kind, found in seen.items():
        if not isinstance(found, dict):
            continue
        beats += found["beats"]
        first = statistics.median(found["first"])
        if found["own"]:
            own = statistics.median(found["own"])
            what = f"{name}: by {kind}, first rows"
            figures.append(Figure(what, first, "ms", "the database's own time", own, "at most 1.2"))
        else:
            figures.append(_limit(f"{name}: by {kind}, first rows", first, 100))
        if found["jumps"]:
            figures.append(_limit(f"{name}: by {kind}, jump p99", _p99(found["jumps"]), jump_ms))
    figures.append(_limit(f"{name}: heartbeat late meanwhile, p99", _p99(beats), _P99_MS))
    figures.append(_limit(f"{name}: heartbeat late meanwhile, worst", max(beats), _WORST_MS))
    return figures


def _far(home: Path, url: str) -> list[Figure]:
    seen = _window(home, url)
    name = "1M claims, PostgreSQL behind 50 ms"
    first = statistics.median(seen["indexed column, newest first"]["first"])
    return [
        _limit(f"{name}: first rows", first, 300),
        _limit(f"{name}: jump, p99 of {len(seen['jumps'])}", _p99(seen["jumps"]), 250),
    ]


def _peers(path: Path) -> list[Figure]:
    """What others need for the same file; nothing is asked of them."""
    figures = []
    for kind, name in (("sql", "QSqlTableModel"), ("list", "a model that loads everything")):
        copy = path.with_name(f"{kind}.db")
        shutil.copy(path, copy)
        command = [sys.executable, str(_HERE / "million_peer.py"), kind, str(copy)]
        seen = _json(command, {**os.environ, "QT_QPA_PLATFORM": "offscreen"})
        copy.unlink()
        for what, value, unit in (
            ("first rows", seen["first_ms"], "ms"),
            ("the last row, first time", seen["last_ms"], "ms"),
            ("jump p99 afterwards", _p99(seen["jumps"]), "ms"),
            ("memory over the empty window", seen["grown_mb"], "MB"),
        ):
            figures.append(Figure(f"1M claims, {name}: {what}", value, unit, "one", 1, "a peer"))
    return figures


def _p99(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


def _limit(name: str, value: float, limit: float) -> Figure:
    return Figure(name, value, "ms", "limit", limit, "at most 1")
