"""The program as people run it: a process with arguments, an environment, two outputs, a code."""

import io
import json
import multiprocessing
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from multiprocessing.reduction import DupFd
from pathlib import Path

import pytest

from opside_desktop import cli
from opside_desktop.domain.ids import DEMO_USER, stored_user_id
from tests.accounts.private_store import private_secret_service
from tests.cli.forked import run_program
from tests.waiting import LIMIT_S, wait_until

MANY = 150_000
PROGRAM = (sys.executable, "-m", "opside_desktop")
FORKED = multiprocessing.get_context("forkserver")
AT_THE_START = ("LANG", "LC_", "PYTHONPATH", "PYTHONUTF8", "PYTHONIOENCODING", "QT_", "TZ")
"""What is heeded when an interpreter starts, and not by one that is forked from another."""
DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


@dataclass
class Result:
    """What a finished program leaves: its exit code and its two outputs."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        """The one document on standard output."""
        return json.loads(self.out)


@dataclass
class Running:
    """A program that runs, and the lines it has written so far."""

    process: subprocess.Popen
    lines: list[str] = field(default_factory=list)

    def __post_init__(self):
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stderr:
            self.lines.append(line)

    def wait_for_line(self, pattern):
        """Wait until standard error holds a line like this."""

        def is_there():
            was_over = self.process.poll() is not None and not self._reader.is_alive()
            found = any(re.search(pattern, line) for line in self.lines)
            assert found or not was_over, self.lines
            return found

        wait_until(is_there)

    def finish(self):
        """Wait for the end."""
        out = self.process.stdout.read()
        code = self.process.wait(LIMIT_S)
        self._reader.join(LIMIT_S)
        return Result(code, out, "".join(self.lines))


class Opside:
    """Runs the program in a home of its own. `env` holds what each run gets on top."""

    def __init__(self, home: Path):
        self.home = home
        self.env = {"OPSIDE_HOME": str(home)}
        self._running = []

    def environment(self, **more):
        hidden = (*DISPLAYS, "DBUS_SESSION_BUS_ADDRESS", "COLUMNS")
        kept = {name: value for name, value in os.environ.items() if name not in hidden}
        kept["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
        merged = {**kept, **self.env, **more}
        return {name: value for name, value in merged.items() if value is not None}

    def __call__(self, *words, stdin="", **env):
        environment = self.environment(**env)
        if any(name.startswith(AT_THE_START) for name in env):
            done = subprocess.run(
                [*PROGRAM, *words],
                input=stdin,
                capture_output=True,
                encoding="utf-8",
                timeout=LIMIT_S,
                env=environment,
                check=False,
            )
            result = Result(done.returncode, done.stdout, done.stderr)
        else:
            result = self._run_forked(words, environment, stdin)
        assert "Traceback" not in result.err
        return result

    def _run_forked(self, words, environment, stdin):
        with ExitStack() as stack:
            given, out, err = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(3))
            given.write(stdin.encode())
            given.seek(0)
            files = [DupFd(file.fileno()) for file in (given, out, err)]
            process = FORKED.Process(target=run_program, args=(words, environment, files))
            process.start()
            process.join(LIMIT_S)
            assert process.exitcode is not None, "It does not end."
            for file in (out, err):
                file.seek(0)
            return Result(process.exitcode, out.read().decode(), err.read().decode())

    def start(self, *words, **env):
        process = subprocess.Popen(
            [*PROGRAM, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env=self.environment(**env),
        )
        self._running.append(process)
        return Running(process)

    def close(self):
        for process in self._running:
            if process.poll() is None:
                process.kill()
            process.wait(LIMIT_S)
            process.stdout.close()
            process.stderr.close()


@pytest.fixture(scope="session", autouse=True)
def _import_once():
    FORKED.set_forkserver_preload(["tests.cli.forked"])


@pytest.fixture
def opside(private_home):
    program = Opside(private_home)
    yield program
    program.close()


@pytest.fixture
def command(monkeypatch, capfd):
    """The command line without a process of its own: for mistakes, which end before any work."""
    for name in DISPLAYS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")

    def run_command(*words, stdin="", **env):
        with monkeypatch.context() as patch:
            for name, value in env.items():
                patch.setenv(name, value)
            patch.setattr("sys.stdin", io.StringIO(stdin))
            code = cli.run(words)
        out, err = capfd.readouterr()
        return Result(code, out, err)

    return run_command


@pytest.fixture(scope="session")
def _synced_home(tmp_path_factory):
    """A home whose demo has been synced once."""
    home = tmp_path_factory.mktemp("synced") / "home"
    done = Opside(home)("--demo", "sync", OPSIDE_LOG_LEVEL="DEBUG")
    assert done.code == 0, done.err
    return home


@pytest.fixture
def synced(_synced_home, private_home):
    """The program in a home whose demo has been synced once."""
    shutil.copytree(_synced_home, private_home)
    program = Opside(private_home)
    yield program
    program.close()


@pytest.fixture(scope="session")
def _many_home(_synced_home, tmp_path_factory):
    """The same home with so many claims that an export of them takes a while."""
    home = tmp_path_factory.mktemp("many") / "home"
    shutil.copytree(_synced_home, home)
    user = stored_user_id(DEMO_USER)
    rows = (
        (f"00000000-0000-4000-8000-{n:012d}", f"RMB-{n:016x}", user, 100, f"Refund {n}")
        for n in range(MANY)
    )
    with closing(sqlite3.connect(home / "demo" / "opside.db")) as db, db:
        db.executemany(
            "INSERT INTO amazon_claims (id, claim_id, user_id, amount, description)"
            " VALUES (?, ?, ?, ?, ?)",
            rows,
        )
    return home


@pytest.fixture
def many(_many_home, private_home):
    """The program in a home whose demo has very many claims."""
    shutil.copytree(_many_home, private_home)
    program = Opside(private_home)
    yield program
    program.close()


SECRETS = {
    "AMAZON_CLIENT_ID": "amzn1.application-oa2-client.canary-1d",
    "AMAZON_CLIENT_SECRET": "canary-s3cret-plain",
    "AMAZON_SPAPI_REFRESH_TOKEN": "Atzr|canary-t0ken" + "x" * 1500,
}


@pytest.fixture
def simulator():
    """Start simulators with these options; gives the environment that points to them."""
    started = []

    def start(*options):
        process = subprocess.Popen(
            [*PROGRAM, "simulator", "--port", "0", "--until-eof", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        started.append(process)
        url = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())[0]
        return {"AMAZON_SPAPI_BASE_URL": url, **SECRETS}

    yield start
    for process in started:
        process.stdin.close()
        process.send_signal(signal.SIGTERM)
        process.wait(LIMIT_S)
        process.stdout.close()


@pytest.fixture(scope="session")
def _key_store():
    with private_secret_service() as environment:
        yield environment


@pytest.fixture
def with_key_store(opside, _key_store):
    """The program on a computer with a real key store."""
    opside.env |= _key_store
    opside.env["PYTHON_KEYRING_BACKEND"] = None
    return opside
