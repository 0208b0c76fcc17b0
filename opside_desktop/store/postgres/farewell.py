"""What a server said last, before it closed a connection: asyncpg drops that.

It also reads no answer that is not UTF-8, as servers in other languages give before a connection
has an encoding, and takes the connection for lost.
"""

from contextvars import ContextVar
from typing import Any

import asyncpg
import asyncpg.protocol

_KEPT = 4096
"""Bytes of what came last; an error is shorter."""


class Hearing(asyncpg.protocol.Protocol):  # type: ignore[misc]  # asyncpg has no types
    """asyncpg's side of a connection, which keeps the end of what came."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._last = b""
        made.get([]).append(self)

    def data_received(self, data: bytes) -> None:
        """Keep the end of what came."""
        self._last = (self._last + data[-_KEPT:])[-_KEPT:]
        super().data_received(data)

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


made: ContextVar[list[Hearing]] = ContextVar("made")
"""Where those are put that asyncpg makes for one connection: it may try several times."""

# It has no other place for this.
asyncpg.protocol.Protocol = Hearing
