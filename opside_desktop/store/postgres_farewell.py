"""What a server said last, before it closed a connection: asyncpg drops that."""

import asyncio
from typing import Any

import asyncpg

_KEPT = 4096
"""Bytes of what came last; an error is shorter."""


class Hearing(asyncio.Protocol):
    """Stands before asyncpg's protocol on a connection's transport, and passes all on."""

    def __init__(self, transport: Any) -> None:
        self._protocol = transport.get_protocol()
        self._last = b""
        transport.set_protocol(self)

    def data_received(self, data: bytes) -> None:
        """Keep the end of what came."""
        self._last = (self._last + data[-_KEPT:])[-_KEPT:]
        self._protocol.data_received(data)

    def eof_received(self) -> bool | None:
        """Pass it on."""
        closes: bool | None = self._protocol.eof_received()
        return closes

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass it on."""
        self._protocol.connection_lost(exc)

    def pause_writing(self) -> None:
        """Pass it on."""
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        """Pass it on."""
        self._protocol.resume_writing()

    @property
    def farewell(self) -> asyncpg.PostgresError | None:
        """The error that came last, after which nothing came any more; None where none did."""
        data, at = self._last, len(self._last)
        while (at := data.rfind(b"E", 0, at)) >= 0:
            body = data[at + 5 :]
            if int.from_bytes(data[at + 1 : at + 5], "big") != len(body) + 4:
                continue
            parts = [part for part in body.split(b"\0") if part]
            fields = {chr(part[0]): part[1:].decode(errors="replace") for part in parts}
            if fields.keys() >= {"C", "M"}:
                return asyncpg.PostgresError.new(fields)
        return None
