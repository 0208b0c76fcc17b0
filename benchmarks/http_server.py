"""`opside-desktop serve` as a process of its own, for benchmarks."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psutil

from opside_desktop.api.tokens import make_token, new_secret
from opside_desktop.domain.ids import ExternalUserId
from tests.postgres import database, own_server

USER = ExternalUserId("bench")
SYNC = "/api/v1/integrations/amazon/sync"
_LIMIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Home:
    """An empty data folder and the address of its database."""

    folder: Path
    url: str


MakeHome = Callable[[], AbstractContextManager[Home]]


def homes() -> Iterator[tuple[str, MakeHome]]:
    """Give each database's name, and what makes an empty one; to be taken to the end."""
    yield "SQLite", _on_sqlite
    with own_server() as postgres:
        yield "PostgreSQL", partial(_on_postgres, postgres.dsn)


@contextmanager
def _on_sqlite() -> Iterator[Home]:
    with tempfile.TemporaryDirectory() as name:
        yield Home(Path(name), f"sqlite:///{name}/opside.db")


@contextmanager
def _on_postgres(dsn: str) -> Iterator[Home]:
    with tempfile.TemporaryDirectory() as name, database(dsn) as url:
        yield Home(Path(name), url)


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, and a token of its user."""

    url: str
    token: str
    process: psutil.Process

    async def ask(self, path: str, method: str = "GET") -> Any:
        """Ask one thing."""
        return await asyncio.to_thread(self._ask, path, method)

    def _ask(self, path: str, method: str) -> Any:
        request = Request(  # noqa: S310  # our own server
            self.url + path, method=method, headers={"Authorization": f"Bearer {self.token}"}
        )
        with urlopen(request, timeout=_LIMIT_S) as answer:  # noqa: S310
            return json.load(answer)

    async def finished(self, sync_id: str) -> Any:
        """Wait until a sync has ended; give it."""
        async with asyncio.timeout(300):
            while True:
                run = await self.ask(f"/api/sync/status/{sync_id}")
                if run["status"] != "running":
                    return run
                await asyncio.sleep(0.25)


@asynccontextmanager
async def server(home: Home, amazon: str) -> AsyncIterator[Server]:
    """Serve the database of `home`; its one account's Amazon is at `amazon`."""
    secret = new_secret()
    environment: Mapping[str, str] = {
        **{name: value for name, value in os.environ.items() if not name.startswith("OPSIDE_")},
        "OPSIDE_HOME": str(home.folder),
        "OPSIDE_DATABASE_URL": home.url,
        "OPSIDE_USER": USER,
        "AMAZON_SPAPI_BASE_URL": amazon,
        "AMAZON_CLIENT_ID": "benchmark",
        "AMAZON_CLIENT_SECRET": "benchmark",
        "AMAZON_SPAPI_REFRESH_TOKEN": "benchmark",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "JWT_SECRET": secret,
    }
    command = [sys.executable, "-m", "opside_desktop", "serve", "--port", "0", "--json"]
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        if process.stdout is None:
            raise RuntimeError("The server has no output.")
        url = json.loads(await process.stdout.readline())["url"]
        yield Server(url, make_token(secret, USER), psutil.Process(process.pid))
    finally:
        process.terminate()
        await process.wait()
