"""Servers and poolers that give few connections, or none and say why; see `postgres_wire`."""

import asyncio
import contextlib
import struct
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from tests.postgres_wire import (
    _GONE,
    _listen,
    _message,
    _startup,
    in_thread,
    through,
)


def refusal(code: str, words: str | bytes, **more: str) -> bytes:
    """The wire's form of an error that ends a connection; `more` are its fields by their letter."""
    fields = {"S": "FATAL", "V": "FATAL", "C": code, "M": words, **more}
    body = b"".join(
        key.encode() + (value if isinstance(value, bytes) else value.encode()) + b"\0"
        for key, value in fields.items()
    )
    body += b"\0"
    return b"E" + struct.pack("!i", len(body) + 4) + body


@contextlib.contextmanager
def refusing(code: str, words: str | bytes, *, when: str = "at once", **more: str) -> Iterator[int]:
    """A server that lets nobody in and says this; yields its port.

    `when`: `at once`, after the `password`, or at the first `query`.
    """

    async def on_client(reader: Any, writer: Any) -> None:
        try:
            await _startup((reader, writer), tls=None)
            if when != "at once":
                writer.write(b"R" + struct.pack("!ii", 8, 3))  # the password, please
                await _message(reader)
                writer.write(b"R" + struct.pack("!ii", 8, 0))
            if when == "query":
                for setting in (b"server_version\x0016.1\0", b"server_encoding\0UTF8\0"):
                    writer.write(b"S" + struct.pack("!i", len(setting) + 4) + setting)
                writer.write(b"Z" + struct.pack("!i", 5) + b"I")
                await _message(reader)
            writer.write(refusal(code, words, **more))
            await writer.drain()
        except _GONE:
            pass
        finally:
            writer.close()

    with in_thread(lambda: _listen(on_client)) as port:
        yield port


class Gate:
    """Lets a number of clients through to a server at once, and no more.

    Those beyond it are refused in words, never answered (`hang`), or let in and then never
    answered (`stall`), as by a pooler whose clients keep their session.
    """

    def __init__(self, dsn: str, most: int, beyond: str) -> None:
        parts = urlsplit(dsn)
        self._to = (parts.hostname, parts.port)
        self._most = most
        self._beyond = beyond
        self._inside: set[Any] = set()
        self.turned_away = 0

    async def serve(self) -> asyncio.Server:
        """Begin to take connections."""
        return await _listen(self._on_client)

    async def _on_client(self, *client: Any) -> None:
        writers = [client[1]]
        is_inside = len(self._inside) < self._most
        if is_inside:
            self._inside.add(client[1])
        else:
            self.turned_away += 1
        try:
            packet = await _startup(client, tls=None)
            if not is_inside and self._beyond == "hang":
                await client[0].read()
                return
            if not is_inside and self._beyond != "stall":
                client[1].write(refusal("08P01", self._beyond))
                await client[1].drain()
                return
            server = await asyncio.open_connection(*self._to)
            writers.append(server[1])
            if packet is None:
                return
            server[1].write(packet)
            heard = asyncio.Event()
            heard.set()
            ends = [
                self._pump(client[0], server[1], heard),
                self._pump(server[0], client[1], heard)
                if is_inside
                else self._until_ready(server[0], client[1], heard),
            ]
            pumps = [asyncio.ensure_future(end) for end in ends]
            try:
                await asyncio.wait(pumps, return_when="FIRST_COMPLETED")
            finally:
                for pump in pumps:
                    pump.cancel()
        except _GONE:
            pass
        finally:
            self._inside.discard(client[1])
            for writer in writers:
                writer.close()

    async def _until_ready(self, reader: Any, writer: Any, heard: asyncio.Event) -> None:
        """Let a client sign in, and hear nothing of it any more."""
        with contextlib.suppress(*_GONE):
            while True:
                kind, packet = await _message(reader)
                if kind == b"Z":
                    heard.clear()
                writer.write(kind + packet)

    async def _pump(self, reader: Any, writer: Any, heard: asyncio.Event) -> None:
        with contextlib.suppress(*_GONE):
            while data := await reader.read(65536):
                if heard.is_set():
                    writer.write(data)
                    await writer.drain()


@contextlib.contextmanager
def gate(dsn: str, most: int, beyond: str) -> Iterator[tuple[Gate, str]]:
    """Put a gate before a server; yields it and the address behind it."""
    made = Gate(dsn, most, beyond)
    with in_thread(made.serve) as port:
        yield made, through(dsn, port)
