"""The real server on a loopback socket, the program behind it, and Amazon simulated over HTTP."""

import asyncio
import json
import shutil
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import httpx
import jwt
import pytest

from opside_desktop import app
from opside_desktop.api.server import ApiServer, start_server
from opside_desktop.domain.ids import ExternalUserId, UserId, stored_user_id
from opside_desktop.program import Program
from opside_desktop.settings.environment import read_settings
from opside_desktop.store.opening import open_database
from tests import waiting
from tests.flows.world import FAST, Tap, simulated
from tests.waiting import LIMIT_S

SECRET = "a key of the tests, 32 characters or more"
ALICE = "alice"
AMZ = "/api/v1/integrations/amazon"
EPOCH = date(2026, 11, 16)
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients of plain HTTP: reading all certificates for each of them would take 30 ms."""


def token(user: Any = ALICE, *, key: str = SECRET, algorithm="HS256", **claims: Any) -> str:
    """A token whose `sub` is the user, unless claims are given."""
    return jwt.encode(claims or {"sub": user}, key, algorithm=algorithm)


def bearer(user: str = ALICE) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(user)}"}


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: httpx.Headers
    content: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.content)

    @property
    def failure(self) -> tuple[int, str]:
        """The status and the code of an error body, which holds the contract's keys and no more."""
        extra = {"errorId", "existingSyncId", "status"}
        assert set(self.body) - extra == {"success", "message", "error"}
        assert self.body["success"] is False
        assert self.headers["content-type"] == "application/json"
        return self.status, self.body["error"]


@dataclass
class Api:
    """One server, the program behind it, and a client."""

    program: Program
    server: ApiServer
    client: httpx.AsyncClient
    tap: Tap | None = None
    headers: dict[str, str] = field(default_factory=bearer)

    async def request(self, method: str, path: str, headers=None, **options: Any) -> Answer:
        sent = self.headers if headers is None else headers
        answer = await self.client.request(method, path, headers=sent, **options)
        return Answer(answer.status_code, answer.headers, answer.content)

    async def get(self, path: str, headers=None, **params: Any) -> Answer:
        # Empty parameters would replace those in the path.
        return await self.request("GET", path, headers, params=params or None)

    async def post(self, path: str, headers=None, **options: Any) -> Answer:
        return await self.request("POST", path, headers, **options)

    async def start(self, headers=None) -> str:
        """Start a sync and give its id."""
        started = await self.post(f"{AMZ}/sync", headers, json={})
        assert started.status == 200, started.content
        return started.body["syncId"]

    async def sync(self) -> str:
        """One sync to its end."""
        sync_id = await self.start()
        async with asyncio.timeout(LIMIT_S):
            run = await self.program.manager.wait(user_id(ALICE), sync_id)
        assert run.status == "completed"
        return sync_id

    async def raw(self, *parts: bytes) -> bytes:
        """Send bytes as they are; give everything that comes back until the server hangs up."""
        place = urlsplit(self.server.url)
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        try:
            async with asyncio.timeout(LIMIT_S):
                for part in parts:
                    writer.write(part)
                    await writer.drain()
                return await reader.read()
        finally:
            writer.close()


@dataclass
class Programs:
    """Opens programs on the test's database, and servers on them."""

    environ: dict[str, str]
    stack: AsyncExitStack
    tap: Tap | None = None

    async def program(self, **environ: str) -> Program:
        settings = read_settings({**self.environ, **environ}, demo=False, user=None)
        return await self.stack.enter_async_context(app.open_program(settings))

    async def api(self, program: Program | None = None, **options: Any) -> Api:
        program = program or await self.program()
        server = await start_server(program, secret=SECRET, port=0, **options)
        self.stack.push_async_callback(server.stop)
        client = httpx.AsyncClient(
            base_url=server.url, timeout=LIMIT_S, trust_env=False, verify=NO_CERTIFICATES
        )
        await self.stack.enter_async_context(client)
        return Api(program, server, client, self.tap)


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory):
    """A database file without rows, made once: making the tables takes a while."""
    file = tmp_path_factory.mktemp("empty") / "opside.db"

    async def create():
        await (await open_database(f"sqlite:///{file}", app_version="0.1.0")).close()

    with ThreadPoolExecutor(1) as thread:  # a loop of its own, whatever runs in this thread
        thread.submit(asyncio.run, create()).result(60)
    return file


@pytest.fixture
def kind():
    """Which of the two databases; modules of tests that read or write much ask for both."""
    return "sqlite"


@pytest.fixture
def environ(tmp_path, kind, request, monkeypatch):
    """The environment of Alice, whose Amazon nobody can reach yet."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    home = tmp_path / "data"
    home.mkdir()
    database = {}
    if kind == "postgresql":
        database["OPSIDE_DATABASE_URL"] = request.getfixturevalue("postgres_url")
    else:
        shutil.copy(request.getfixturevalue("empty_file"), home / "opside.db")
    return {
        **database,
        "OPSIDE_HOME": str(home),
        "OPSIDE_USER": ALICE,
        "AMAZON_CLIENT_ID": "amzn1.application-oa2-client.test",
        "AMAZON_CLIENT_SECRET": "the client secret",
        "AMAZON_SPAPI_REFRESH_TOKEN": "Atzr|test",
        "AMAZON_SPAPI_BASE_URL": "http://127.0.0.1:9",
    }


@asynccontextmanager
async def with_amazon(monkeypatch, environ, **options):
    """Programs whose Amazon is a simulator of their own."""
    chosen = {"epoch": EPOCH, **options}
    async with AsyncExitStack() as stack:
        url, tap = await stack.enter_async_context(simulated(monkeypatch, **chosen))
        environ = {
            **environ,
            "AMAZON_SPAPI_BASE_URL": url,
            "OPSIDE_TIME_SCALE": str(options.get("time_scale", FAST)),
            "MOCK_SCENARIO": options.get("scenario", "normal_week"),
        }
        yield Programs(environ, stack, tap)


@pytest.fixture
async def programs(monkeypatch, environ):
    """Programs on one database, whose Amazon is a simulated seller of a normal week."""
    async with with_amazon(monkeypatch, environ) as opened:
        yield opened


@pytest.fixture
async def api(programs):
    """A server with a simulated Amazon behind it. Alice is connected, nobody else is."""
    return await programs.api()


@pytest.fixture
async def bare(environ):
    """A server without any Amazon: for everything that is refused, or only read."""
    async with AsyncExitStack() as stack:
        yield await Programs(environ, stack).api()


@pytest.fixture
def until():
    """Wait until something holds."""
    return waiting.until


def user_id(name: str) -> UserId:
    return stored_user_id(ExternalUserId(name))
