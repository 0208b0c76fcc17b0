"""The package: how long it takes to build, how big it is, and how soon its window is there.

Needs Xvfb and dpkg-deb beside what `make setup` installs.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.report import Figure
from benchmarks.screen import screen

_ROOT = Path(__file__).parent.parent
_ROUNDS = 9
_MB = 1e6


def measure() -> list[Figure]:
    """Build the package aside, weigh it, and start it and the unpackaged program by turns."""
    for needed in ("Xvfb", "dpkg-deb"):
        if shutil.which(needed) is None:
            raise RuntimeError(f"This benchmark needs {needed}, which is not installed.")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        began = time.perf_counter()
        built = _build(folder)
        packed = _pack(built, folder)
        took_s = time.perf_counter() - began
        weight = sum(one.lstat().st_size for one in built.rglob("*") if not one.is_dir())
        starts = _starts(folder, built / "opside-desktop")
        return [
            Figure("package: time to build", took_s, "s", "limit", 300, "at most 1"),
            Figure("package: the folder", weight / _MB, "MB", "limit", 150, "at most 1"),
            Figure(
                "package: the .deb", packed.stat().st_size / _MB, "MB", "limit", 48, "at most 1"
            ),
            Figure(
                "package: cold start to the first pixel",
                statistics.median(starts["packaged"]),
                "s",
                "the unpackaged program",
                statistics.median(starts["unpackaged"]),
                "at most 1.1",
            ),
        ]


def _build(folder: Path) -> Path:
    words = ("--noconfirm", "--log-level", "ERROR", "--distpath", str(folder / "dist"))
    work = ("--workpath", str(folder / "work"), str(_ROOT / "build.spec"))
    subprocess.run(
        [sys.executable, "-m", "PyInstaller", *words, *work],
        cwd=_ROOT,
        check=True,
        capture_output=True,
    )
    return folder / "dist" / "opside-desktop"


def _pack(built: Path, folder: Path) -> Path:
    script = _ROOT / "resources" / "installers" / "linux" / "package.py"
    subprocess.run(
        [sys.executable, str(script), str(built), "--out", str(folder), "--no-archive"],
        check=True,
        capture_output=True,
    )
    (made,) = folder.glob("*.deb")
    return made


def _starts(folder: Path, packaged: Path) -> dict[str, list[float]]:
    programs = {
        "packaged": [str(packaged)],
        "unpackaged": [sys.executable, "-m", "opside_desktop"],
    }
    seconds: dict[str, list[float]] = {name: [] for name in programs}
    with screen() as shown:
        for number in range(_ROUNDS + 1):
            for name, command in programs.items():
                painted = shown.watch(command, {"OPSIDE_HOME": str(folder / "home")})
                if number:  # the first round only warms the disk's cache
                    seconds[name].append(painted.first_s)
    return seconds
