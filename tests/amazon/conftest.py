"""A clock that tests own, and an Amazon that says what it is told to, on a real loopback socket."""

import asyncio
import heapq
import itertools
import json
import shutil
import ssl
import subprocess
from collections.abc import Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any, Self

import pytest

from opside_desktop.amazon.client import Client
from opside_desktop.amazon.finances_2024 import Finances2024
from opside_desktop.amazon.pacing import Pacer
from opside_desktop.amazon.session import AmazonSession
from opside_desktop.amazon.timings import Limits
from opside_desktop.domain.accounts import AmazonSecrets, Endpoint
from tests.waiting import LIMIT_S

START = 1_795_420_800.0  # 2026-11-23T08:00:00Z
IDLE_ROUNDS = 20


class VirtualClock:
    """Time stands still while anything runs and jumps to the next sleeper when nothing does."""

    def __init__(self) -> None:
        self.time = START
        self.early = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = itertools.count()
        self._driving = False

    def now(self) -> float:
        return self.time

    monotonic = now

    async def sleep(self, seconds: float) -> None:
        """Sleep; `early` is the part of the time by which sleepers are woken too soon."""
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        wake = self.time + max(0.0, seconds) * (1 - self.early)
        heapq.heappush(self._sleepers, (wake, next(self._count), future))
        if not self._driving:
            self._driving = True
            loop.call_soon(self._drive, loop, IDLE_ROUNDS)
        await future

    def _drive(self, loop: asyncio.AbstractEventLoop, rounds: int) -> None:
        if rounds:
            loop.call_soon(self._drive, loop, rounds - 1)
            return
        while self._sleepers:
            wake, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                self.time = max(self.time, wake)
                future.set_result(None)
                break
        self._driving = bool(self._sleepers)
        if self._driving:
            loop.call_soon(self._drive, loop, IDLE_ROUNDS)


@dataclass
class Request:
    """What arrived: the target is as it stood on the request line."""

    method: str
    target: str
    headers: dict[str, str]
    body: str

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


@dataclass
class Reply:
    """What to answer. `cut` closes in mid-answer, `silent` never answers, `drips` never ends."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    silent: bool = False
    drips: bool = False


TOKEN = Reply(body={"access_token": "Atza|first", "token_type": "bearer", "expires_in": 3600})


class ScriptedAmazon:
    """Answers each path with its replies in turn; the last one is repeated."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.url = ""
        self.requests: list[Request] = []
        self.script: dict[str, list[Reply | Callable[[Request], Reply]]] = {
            "/auth/o2/token": [TOKEN]
        }
        self._connections: set[asyncio.Task[None]] = set()
        self._numbers = itertools.count(1)
        self._awaited: dict[str, asyncio.Event] = {}

    async def next_request(self, path: str) -> None:
        """Wait until another request for this path has come in."""
        await self._awaited.setdefault(path, asyncio.Event()).wait()

    def says(self, path: str, *replies: Reply | Callable[[Request], Reply]) -> None:
        self.script[path] = list(replies)

    def calls(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path == path]

    @property
    def connections(self) -> int:
        """How many are open now."""
        return len(self._connections)

    @property
    def token_calls(self) -> int:
        return len(self.calls("/auth/o2/token"))

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *error: object) -> None:
        self._server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            while await self._answer(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(task)
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines if line)
        }
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        request = Request(method, target, headers, body.decode())
        self.requests.append(request)
        if (event := self._awaited.pop(request.path, None)) is not None:
            event.set()
        replies = self.script.get(request.path, [Reply(404, error("NotFound"))])
        said = replies.pop(0) if len(replies) > 1 else replies[0]
        reply = said if isinstance(said, Reply) else said(request)
        if reply.silent:
            await asyncio.Event().wait()
        raw = reply.body if isinstance(reply.body, str | bytes) else json.dumps(reply.body)
        raw = raw if isinstance(raw, bytes) else raw.encode()
        content = b"" if reply.body is None else raw
        if reply.drips:
            await self._drip(writer)
        answer_headers = {
            "Date": formatdate(self.clock.now(), usegmt=True),
            "Content-Length": str(len(content)),
            "x-amzn-RequestId": f"request-{next(self._numbers)}",
            **reply.headers,
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in answer_headers.items())
        writer.write(f"HTTP/1.1 {reply.status} Said\r\n{head}\r\n".encode())
        writer.write(content[: len(content) // 2] if reply.cut else content)
        await writer.drain()
        return not reply.cut

    async def _drip(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"1\r\n \r\n")
            await writer.drain()
            await asyncio.sleep(0.01)  # how slow it is, and no waiting for anything


def error(code: str, message: str = "", details: str = "") -> dict[str, Any]:
    return {"errors": [{"code": code, "message": message, "details": details}]}


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture(scope="session")
def make_clock():
    return VirtualClock


@pytest.fixture
async def amazon(clock):
    async with ScriptedAmazon(clock) as server:
        yield server


@pytest.fixture
def reply():
    """Make a reply; `reply.error(status, code, message, details)` makes Amazon's error body."""

    def make(status: int = 200, body: Any = None, **more: Any) -> Reply:
        return Reply(status, body, **more)

    def make_error(
        status: int, code: str, message: str = "", details: str = "", **more: Any
    ) -> Reply:
        return Reply(status, error(code, message, details), **more)

    make.error = make_error  # type: ignore[attr-defined]
    return make


@pytest.fixture
def secrets():
    return AmazonSecrets("client-CANARY1", "secret-CANARY2", "Atzr|refresh-CANARY3")


@pytest.fixture
async def connect(clock, secrets):
    """Open a session at a base URL; closed when the test ends."""
    async with AsyncExitStack() as stack:

        async def open_at(url: str, **more: Any) -> Any:
            settings: dict[str, Any] = {
                "pacer": Pacer(clock, scale=1000, jitter=lambda: 0.0),
                "clock": clock,
                "app_version": "0.1.0",
                "finances_api": "v0",
                "limits": Limits(connect_s=LIMIT_S, read_s=LIMIT_S),
                **more,
            }
            session = AmazonSession(Endpoint(url, f"{url}/auth/o2/token"), secrets, **settings)
            return await stack.enter_async_context(session)

        yield open_at


@pytest.fixture
async def connect_transactions(clock, secrets):
    """Open listTransactions at a base URL; closed when the test ends."""
    async with AsyncExitStack() as stack:

        def open_at(url: str) -> Finances2024:
            client = Client(
                Endpoint(url, f"{url}/auth/o2/token"),
                secrets,
                pacer=Pacer(clock, scale=1000, jitter=lambda: 0.0),
                clock=clock,
                app_version="0.1.0",
                limits=Limits(connect_s=LIMIT_S, read_s=LIMIT_S),
            )
            stack.push_async_callback(client.aclose)
            return Finances2024(client)

        yield open_at


@pytest.fixture
def waits():
    """A listener that keeps all it is told."""
    return []


@pytest.fixture
def tls(tmp_path):
    """An https server on loopback whose certificate nobody vouches for."""
    if shutil.which("openssl") is None:
        pytest.skip("makes its certificate with openssl")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-days", "2"),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        timeout=LIMIT_S,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")

    @asynccontextmanager
    async def serve():
        server = await asyncio.start_server(
            lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context
        )
        async with server:
            yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    return serve
