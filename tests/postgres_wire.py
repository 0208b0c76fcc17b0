"""What stands between a program and a PostgreSQL server: TLS, a bad network, a pooler.

Each runs on a loop and in a thread of its own and ends with its `with` block. With TEST_PG_POOLER
set, all tests of both databases go through a pooler.
"""

import asyncio
import contextlib
import os
import ssl
import struct
import threading
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from tests.waiting import LIMIT_S, turns

SSL_REQUEST = 80877103
CANCEL_REQUEST = 80877102

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def through(dsn: str, port: int, **changes: str) -> str:
    """Give the address of the same database behind another port of this computer."""
    parts = urlsplit(dsn)
    host = changes.pop("host", "127.0.0.1")
    return urlunsplit(
        parts._replace(netloc=f"{parts.username}:{parts.password}@{host}:{port}", **changes)
    )


@contextlib.contextmanager
def in_thread(serve: Callable[[], Coroutine[Any, Any, asyncio.Server]]) -> Iterator[int]:
    """Run a server of ours in a thread; yields its port."""
    loop = asyncio.new_event_loop()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.get_loop().run_forever()

    thread = threading.Thread(target=run, name="postgres-wire", daemon=True)
    thread.start()
    server = None

    async def end() -> None:
        if server is not None:
            server.close()
        own = asyncio.current_task()
        left = [task for task in asyncio.all_tasks() if task is not own]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await turns(10)  # closed connections are let go of

    try:
        server = asyncio.run_coroutine_threadsafe(serve(), loop).result(LIMIT_S)
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result(LIMIT_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(LIMIT_S)


async def _packet(reader: asyncio.StreamReader) -> bytes:
    """Read a packet without a type, as the first of a connection are."""
    size = await reader.readexactly(4)
    return size + await reader.readexactly(struct.unpack("!i", size)[0] - 4)


async def _message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    kind = await reader.readexactly(1)
    return kind, await _packet(reader)


async def _startup(client: Streams, *, tls: ssl.SSLContext | None) -> bytes | None:
    """Answer what comes before a session: gives its first packet, None for a cancel request."""
    reader, writer = client
    while True:
        packet = await _packet(reader)
        [code] = struct.unpack("!i", packet[4:8])
        if code == CANCEL_REQUEST:
            return None
        if code != SSL_REQUEST:
            return packet
        writer.write(b"N" if tls is None else b"S")
        await writer.drain()
        if tls is not None:
            await writer.start_tls(tls)


async def _listen(on_client: Callable[..., Coroutine[Any, Any, None]]) -> asyncio.Server:
    tasks: set[asyncio.Task[None]] = set()

    def begin(*client: Any) -> None:
        # As a task of ours: asyncio complains of its own where they are cancelled.
        task = asyncio.ensure_future(on_client(*client))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        # One that is cancelled before it begins closes nothing itself, and what a client does not
        # take any more would keep its connection open.
        task.add_done_callback(
            lambda done: client[1].transport.abort() if done.cancelled() else client[1].close()
        )

    return await asyncio.start_server(begin, "127.0.0.1", 0)


_GONE = (asyncio.IncompleteReadError, OSError)


class Network:
    """A way to a server that can be cut, silent, slow to refuse, or encrypted.

    `rewrite` may change what the server says while a session begins.
    """

    def __init__(
        self,
        dsn: str,
        *,
        tls: ssl.SSLContext | None = None,
        rewrite: Callable[[bytes, bytes], bytes] | None = None,
    ) -> None:
        parts = urlsplit(dsn)
        self._to = (parts.hostname, parts.port)
        self._tls = tls
        self._rewrite = rewrite
        self._open: set[asyncio.StreamWriter] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._passes: asyncio.Event | None = None
        self.is_refusing = False
        self.accepted = 0
        self.swallowed = 0
        """Ends of connections from which something was lost."""

    async def serve(self) -> asyncio.Server:
        """Begin to take connections."""
        self._loop = asyncio.get_running_loop()
        self._passes = asyncio.Event()
        self._passes.set()
        return await _listen(self._on_client)

    def swallow(self) -> None:
        """From now on nothing gets through, and nobody is told."""

        async def clear() -> None:
            self._passes.clear()

        asyncio.run_coroutine_threadsafe(clear(), self._loop).result(LIMIT_S)

    def recover(self) -> None:
        """Let what comes from now on through; what was swallowed is lost with its connections."""
        self.is_refusing = False
        self._loop.call_soon_threadsafe(self._passes.set)

    def cut(self) -> None:
        """Close all connections."""
        self._loop.call_soon_threadsafe(lambda: [one.close() for one in list(self._open)])

    async def _on_client(self, *client: Any) -> None:
        self.accepted += 1
        writers = [client[1]]
        self._open.add(client[1])
        try:
            if self.is_refusing:
                return
            await self._passes.wait()
            packet = await _startup(client, tls=self._tls)
            server = await asyncio.open_connection(*self._to)
            writers.append(server[1])
            self._open.add(server[1])
            if packet is None:
                return
            server[1].write(packet)
            ends = [
                self._pump(client[0], server[1], None),
                self._pump(server[0], client[1], self._rewrite),
            ]
            pumps = [asyncio.ensure_future(end) for end in ends]
            try:
                await asyncio.wait(pumps, return_when="FIRST_COMPLETED")
            finally:
                for pump in pumps:
                    pump.cancel()
        except (*_GONE, ssl.SSLError):
            pass
        finally:
            for writer in writers:
                self._open.discard(writer)
                writer.close()

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        rewrite: Callable[[bytes, bytes], bytes] | None,
    ) -> None:
        with contextlib.suppress(*_GONE):
            while rewrite is not None:
                kind, packet = await _message(reader)
                body = rewrite(kind, packet[4:])
                writer.write(kind + struct.pack("!i", len(body) + 4) + body)
                if kind == b"Z":
                    break
            while data := await reader.read(65536):
                if not self._passes.is_set():
                    self.swallowed += 1
                    # For good: a network that comes back does not bring lost packets of old
                    # connections with it in the time that anybody waits.
                    await asyncio.Event().wait()
                writer.write(data)
                await writer.drain()


@contextlib.contextmanager
def network(dsn: str, **options: Any) -> Iterator[tuple[Network, str]]:
    """Put a network of our own before a server; yields it and the address behind it."""
    made = Network(dsn, **options)
    with in_thread(made.serve) as port:
        yield made, through(dsn, port)


class Pooler:
    """A connection pooler in transaction mode, and a strict one.

    A client has a server's session from the first message of a transaction to its end only, and
    every transaction gets the session that was unused for longest. What a client asks of a
    session while connecting is not passed on; the sessions have strange settings. With
    `passes_numbers` it tells a client the number of the session it signed in with.
    """

    def __init__(self, dsn: str, sessions: int, *, passes_numbers: bool = False) -> None:
        parts = urlsplit(dsn)
        self._to = (parts.hostname, parts.port)
        self._limit = sessions
        self._passes_numbers = passes_numbers
        self._sessions: defaultdict[bytes, int] = defaultdict(int)
        self._clients: defaultdict[bytes, int] = defaultdict(int)
        self._idle: defaultdict[bytes, asyncio.Queue[Streams]] = defaultdict(asyncio.Queue)
        self._answering: set[asyncio.Task[None]] = set()
        self.most_clients = 0
        self.transactions = 0
        self.changes = 0
        self.names: set[bytes] = set()

    async def serve(self) -> asyncio.Server:
        """Begin to take connections."""
        return await _listen(self._on_client)

    async def _on_client(self, *client: Any) -> None:
        pool = None
        try:
            packet = await _startup(client, tls=None)
            if packet is not None:
                words = packet[8:].split(b"\0")
                given = dict(zip(words[::2], words[1::2], strict=False))
                pool = b"%s/%s" % (given[b"user"], given[b"database"])
                self._clients[pool] += 1
                self.most_clients = max(self.most_clients, self._clients[pool])
                await self._sign_in(client, pool, given)
                await self._relay(client, pool)
        except _GONE:
            pass
        finally:
            client[1].close()
            if pool is not None:
                self._clients[pool] -= 1
                while not self._clients[pool] and not self._idle[pool].empty():
                    self._idle[pool].get_nowait()[1].close()
                    self._sessions[pool] -= 1

    async def _sign_in(self, client: Streams, pool: bytes, given: dict[bytes, bytes]) -> None:
        """Let the server check the password; keep the session if there are not yet enough."""
        server = await asyncio.open_connection(*self._to)
        options = b"-c TimeZone=Asia/Tokyo -c DateStyle=German -c IntervalStyle=sql_standard"
        words = [b"user", given[b"user"], b"database", given[b"database"], b"options", options]
        body = struct.pack("!i", 196608) + b"\0".join(words) + b"\0\0"
        server[1].write(struct.pack("!i", len(body) + 4) + body)
        try:
            while True:
                kind, packet = await _message(server[0])
                if kind == b"K" and not self._passes_numbers:
                    # A pooler's clients have numbers of their own.
                    packet = packet[:4] + struct.pack("!ii", 1, 1)
                client[1].write(kind + packet)
                if kind == b"R" and packet[4:8] in (b"\0\0\0\x0a", b"\0\0\0\x0b"):
                    answer = await _message(client[0])
                    server[1].write(b"".join(answer))
                if kind in b"ZE":
                    break
        except BaseException:
            server[1].close()
            raise
        if kind == b"Z" and self._sessions[pool] < self._limit:
            self._sessions[pool] += 1
            self._idle[pool].put_nowait(server)
        else:
            server[1].write(b"X\0\0\0\4")
            server[1].close()

    async def _relay(self, client: Streams, pool: bytes) -> None:
        session: Streams | None = None
        last: Streams | None = None
        due, is_open, is_lost = 0, False, False

        async def answers(session_: Streams) -> None:
            nonlocal session, due, is_lost
            try:
                while True:
                    kind, packet = await _message(session_[0])
                    if not client[1].is_closing():
                        client[1].write(kind + packet)
                    if kind == b"Z":
                        due -= 1
                        if packet[4:] == b"I" and not due and not is_open:
                            session = None
                            self._give_back(pool, session_)
                            return
            except _GONE:
                is_lost, session = True, None
                self._sessions[pool] -= 1
                session_[1].close()
                client[1].close()
            except asyncio.CancelledError:
                session_[1].close()
                raise

        try:
            while True:
                kind, packet = await _message(client[0])
                if kind == b"X" or is_lost:
                    return
                if session is None:
                    session = await self._idle[pool].get()
                    self.transactions += 1
                    self.changes += last is not None and last[1] is not session[1]
                    last = session
                    self._answering.add(task := asyncio.ensure_future(answers(session)))
                    task.add_done_callback(self._answering.discard)
                if kind == b"P":
                    self.names.add(packet[4:].split(b"\0", 1)[0])
                is_open = kind not in b"QS"
                due += kind in b"QS"
                session[1].write(kind + packet)
                await session[1].drain()
        finally:
            if session is not None:
                # What the client left half done is undone, and others get the session: those who
                # wait for one would wait for ever if it went with its client.
                is_open = False
                due += 2
                session[1].write(b"f\0\0\0\5\0" + b"S\0\0\0\4" + b"Q\0\0\0\x0dROLLBACK\0")

    def _give_back(self, pool: bytes, session: Streams) -> None:
        if self._clients[pool]:
            self._idle[pool].put_nowait(session)
        else:
            self._sessions[pool] -= 1
            session[1].close()


@contextlib.contextmanager
def pooler(dsn: str, sessions: int = 2, **options: Any) -> Iterator[tuple[Pooler, str]]:
    """Put a pooler before a server; yields it and the address behind it."""
    made = Pooler(dsn, sessions, **options)
    with in_thread(made.serve) as port:
        yield made, through(dsn, port)


@contextlib.contextmanager
def as_asked(dsn: str) -> Iterator[str]:
    """Put a pooler before a server if TEST_PG_POOLER asks for that; yields the address."""
    if not os.environ.get("TEST_PG_POOLER"):
        yield dsn
        return
    with pooler(dsn) as (made, url):
        yield url
        assert made.names <= {b""}
