"""The program as a person starts it: packaged where OPSIDE_PROGRAM names it, else from the source.

Nothing of the program is imported or replaced here: what these tests see is what a user sees.
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.waiting import wait_until

LIMIT_S = 200
PACKAGED = os.environ.get("OPSIDE_PROGRAM")
PROGRAM = [str(Path(PACKAGED).absolute())] if PACKAGED else [sys.executable, "-m", "opside_desktop"]
HIDDEN = ("OPSIDE_", "AMAZON_", "XDG_", "PYTHON", "COV_")
"""What of the environment is not handed on: a person's own choices, and the test run's."""

IS_ROOT = sys.platform == "linux" and os.geteuid() == 0
BOUND = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
"""Rights of files hold for the superuser as well, when started so."""


@dataclass(frozen=True)
class Result:
    """What a finished program leaves: its exit code and its two outputs."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        """The one document on standard output."""
        return json.loads(self.out)


class Opside:
    """Starts the program in a home of its own. `env` and `before` hold for every start."""

    def __init__(self, folder: Path):
        self.user_home = folder / "user"
        self.home = folder / "home"
        self.env = {}
        self.before = []
        self.program = PROGRAM
        self.cwd = folder
        self._running = []

    def environment(self, **more):
        kept = {name: text for name, text in os.environ.items() if not name.startswith(HIDDEN)}
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "DBUS_SESSION_BUS_ADDRESS"):
            kept.pop(name, None)
        self.user_home.mkdir(parents=True, exist_ok=True)
        folders = dict.fromkeys(("HOME", "USERPROFILE"), str(self.user_home))
        return {**kept, **folders, "OPSIDE_HOME": str(self.home), **self.env, **more}

    def __call__(self, *words, stdin="", **env):
        """Run a command to its end."""
        done = subprocess.run(
            [*self.before, *self.program, *words],
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            timeout=LIMIT_S,
            cwd=self.cwd,
            env=self.environment(**env),
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Result(done.returncode, done.stdout, done.stderr)

    def start(self, *words, **env):
        """Start it and leave it running."""
        process = psutil.Popen(
            [*self.before, *self.program, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            cwd=self.cwd,
            env=self.environment(**env),
        )
        self._running.append(process)
        return process

    def window(self, *words, **env):
        """Open the window on a screen that nobody sees."""
        return self.start(*words, QT_QPA_PLATFORM="offscreen", **env)

    def totals(self, *words):
        """How many rows are stored of claims, inventory and orders, as the program says."""
        lists = [self(*words, "list", name, "--limit", "1", "--json") for name in DATASETS]
        return [each.json["pagination"]["total"] for each in lists]

    def rows(self, *folders):
        """How many rows are stored of claims, inventory and orders, as the database says."""
        with closing(sqlite3.connect(self.home.joinpath(*folders, "opside.db"))) as file:
            counts = [f"SELECT count(*) FROM amazon_{name}" for name in DATASETS]  # noqa: S608
            return [file.execute(count).fetchone()[0] for count in counts]

    def log(self, *folders):
        """What the program has written about itself so far."""
        path = self.home.joinpath(*folders, "logs", "opside.log")
        return path.read_text("utf-8") if path.exists() else ""

    def close(self):
        for process in self._running:
            if process.is_running():
                process.kill()
            process.communicate(timeout=LIMIT_S)


DATASETS = ("claims", "inventory", "orders")


def until(holds, process=None, limit_s=LIMIT_S):
    """Wait until something holds, which the process is to bring about."""

    def holds_or_ended():
        assert process is None or process.poll() is None, process.communicate()
        return holds()

    wait_until(holds_or_ended, limit_s)


def is_open(process):
    """Tell whether a program has opened its database."""
    return any(Path(each.path).name == "opside.db" for each in process.open_files())


def ended(process):
    """Ask a program to end, as the session's end does; gives what it leaves."""
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=LIMIT_S)
    assert "Traceback" not in err, err
    return Result(process.returncode, out, err)


posix_only = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no signal that asks a window to close"
)
