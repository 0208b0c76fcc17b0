"""A screen without a monitor that tells from outside when a program has painted on it.

Xvfb keeps its picture in a file that is mapped into memory, so any program can be watched as it
is, packaged or not.
"""

import mmap
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

_SIZE = "1360x860"
_STEP = 16 * 1360 * 4 + 64
"""Bytes between two looks: a handful of pixels of every sixteenth row or so."""

QUIET_S = 0.8


class Painted(NamedTuple):
    """Seconds from a program's start to its first pixel, and to the last change of the picture."""

    first_s: float
    settled_s: float


class Screen:
    """The screen. `environment` lets a program find it."""

    def __init__(self, number: int, picture: mmap.mmap) -> None:
        self.environment = {**os.environ, "DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
        # Programs that people install are compiled; without this every start would do it anew.
        self.environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self._picture = picture

    def watch(self, command: list[str], environment: dict[str, str]) -> Painted:
        """Start a program, wait until its picture no longer changes, and end it.

        Raises:
            TimeoutError: nothing was painted within 30 seconds.
        """
        blank = self._look()
        started = time.perf_counter()
        first = changed = 0.0
        last = blank
        with subprocess.Popen(
            command,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                while not changed or time.perf_counter() - changed < QUIET_S:
                    now = time.perf_counter()
                    if now - started > 30:
                        raise TimeoutError(f"{command[0]} painted nothing for 30 seconds.")
                    if (look := self._look()) != last:
                        last, changed = look, now
                        first = first or now
                    time.sleep(0.001)
            finally:
                process.terminate()
                process.wait(20)
        limit = time.monotonic() + 10
        while self._look() != blank and time.monotonic() < limit:
            time.sleep(0.01)
        return Painted(first - started, changed - started)

    def _look(self) -> bytes:
        return self._picture[4096::_STEP] + self._picture[300_000 : 300_000 + 64_000]


@contextmanager
def screen() -> Iterator[Screen]:
    """Run Xvfb as long as the screen is used."""
    with tempfile.TemporaryDirectory() as folder:
        read, write = os.pipe()
        shown = ("-displayfd", str(write), "-fbdir", folder, "-screen", "0", f"{_SIZE}x24")
        with subprocess.Popen(
            ["Xvfb", *shown, "-nolisten", "tcp", "-noreset"],
            pass_fds=[write],
            stderr=subprocess.DEVNULL,
        ) as server:
            os.close(write)
            try:
                with os.fdopen(read) as told:
                    number = int(told.readline())
                with (Path(folder) / "Xvfb_screen0").open("rb") as file:
                    picture = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
                    with picture:
                        yield Screen(number, picture)
            finally:
                server.terminate()
                server.wait(20)
