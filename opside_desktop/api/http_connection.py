"""One connection to the HTTP API: its requests, its time limits, and what is no HTTP at all."""

import asyncio
import re
from typing import Any, Final

import h11
from litestar.response.base import ASGIResponse
from uvicorn.protocols.http.h11_impl import H11Protocol

from opside_desktop.api.answers import JSON, KEPT_NOWHERE
from opside_desktop.api.connection_limit import ConnectionLimit
from opside_desktop.api.errors import NO_HTTP, TOO_MANY_CONNECTIONS
from opside_desktop.api.timings import ApiTimings
from opside_desktop.contract.wire import encode

_ABSOLUTE: Final = re.compile(rb"https?://([^/?#]*)(.*)", re.IGNORECASE)


_REFUSE: Final = ASGIResponse(
    body=encode(TOO_MANY_CONNECTIONS),
    status_code=503,
    media_type=JSON,
    headers={**KEPT_NOWHERE, "Connection": "close"},
)
"""What answers where all places are taken."""


class _Http(h11.Connection):
    """Reads requests; refuses those of doubtful length, and takes addresses in either form."""

    def next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """Give the next event.

        Raises:
            h11.RemoteProtocolError: what has come is no HTTP, or may be understood in two ways.
        """
        event = super().next_event()
        if isinstance(event, h11.Request):
            _check_length(event)
            return _in_origin_form(event)
        return event


def _check_length(request: h11.Request) -> None:
    """Refuse a body whose end another program on the way may have seen elsewhere.

    With two lengths, or with pieces in HTTP/1.0, which knows none, the rest could be taken for a
    request of somebody else (RFC 9112, 6.1).
    """
    names = {name for name, _ in request.headers}
    if b"transfer-encoding" not in names:
        return
    if b"content-length" in names or request.http_version < b"1.1":
        raise h11.RemoteProtocolError("the length of the body is doubtful")


def _in_origin_form(request: h11.Request) -> h11.Request:
    """Turn `GET http://host/path`, as clients of a proxy ask, into `GET /path` of that host.

    The host there counts, whatever the header Host says (RFC 9112, 3.2.2).
    """
    absolute = _ABSOLUTE.fullmatch(request.target)
    if absolute is None:
        return request
    host, rest = absolute.groups()
    if not host or b"@" in host:
        raise h11.RemoteProtocolError("the address names no host, or more than that")
    others = [(name, value) for name, value in request.headers if name != b"host"]
    return h11.Request(
        method=request.method,
        target=rest if rest.startswith(b"/") else b"/" + rest,
        headers=[(b"host", host), *others],
        http_version=request.http_version,
    )


class Connection(H11Protocol):
    """Uvicorn's HTTP/1.1, which answers what is no HTTP at all with the contract's body too."""

    def __init__(self, limit: ConnectionLimit, timings: ApiTimings, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._limit = limit
        self._timings = timings
        self.conn = _Http(h11.SERVER)
        self.access_log = False
        self._hanging_up = False
        self._arriving: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        """Begin; the first request is awaited for a limited time."""
        super().connection_made(transport)
        self._limit.enter(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._limit.leave(self.transport)
        self._has_arrived()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what comes, unless the connection is about to end."""
        if not self._hanging_up:
            self.app = _REFUSE if self._limit.is_overfull else self.config.loaded_app
            super().data_received(data)
            self._note()
            self._watch()

    def on_response_complete(self) -> None:
        """Go on to the next request; a part of it may already be here."""
        super().on_response_complete()
        self._note()
        if self.conn.trailing_data[0] or self.conn.their_state is h11.SEND_BODY:
            self._watch()

    def pause_writing(self) -> None:
        """Wait for the reader, but not for ever."""
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(self._timings.stall_s, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on: the reader has taken something."""
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
        super().resume_writing()

    def _note(self) -> None:
        is_busy = self.cycle is not None and not self.cycle.response_complete
        self._limit.note(self.transport, is_busy=is_busy)

    def _watch(self) -> None:
        """Limit the time of a request that has not arrived as a whole."""
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._has_arrived()
        elif self._arriving is None:
            self._arriving = self.loop.call_later(self._timings.request_s, self.transport.close)

    def _has_arrived(self) -> None:
        if self._arriving is not None:
            self._arriving.cancel()
            self._arriving = None

    def send_400_response(self, msg: str) -> None:
        """Refuse a broken request and hang up."""
        if self.cycle is not None and not self.cycle.response_complete:
            if self.cycle.response_started or not self.cycle.more_body:
                # Half an answer is on its way: another one would end up in its middle.
                self.transport.close()
                return
            # The body broke off: who waits for it hears that the client is gone.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        body = encode(NO_HTTP)
        headers = [
            (b"content-type", JSON.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        for event in (
            h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        # Closed at once with something unread, the connection would take the answer with it.
        self._hanging_up = True
        self.transport.write_eof()
        self.loop.call_later(self._timings.hang_up_s, self.transport.close)
