"""A small web server that hands out news about new versions, and keeps what it was asked."""

import asyncio
import json
from base64 import b64encode
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from opside_desktop.updates.signed_news import ReleaseNews, write_news
from tests.waiting import turns

PAGE = "https://example.com/get"


class Maker:
    """Whoever makes new versions: has a key and signs."""

    def __init__(self):
        self.private = Ed25519PrivateKey.generate()
        self.key = b64encode(self.private.public_key().public_bytes_raw()).decode()

    def news(self, version, page=PAGE):
        return write_news(
            ReleaseNews(
                version=version,
                page=page,
                released=date(2026, 11, 20),
                expires=datetime.now(UTC).date() + timedelta(days=1),
            ),
            self.private,
        )

    def signs(self, text):
        """Sign any text as news."""
        signature = self.private.sign(b"opside-desktop news 1\n" + text.encode())
        return json.dumps({"news": text, "signature": b64encode(signature).decode()}).encode()


class Newsstand:
    """Answers every request with `answer`; `requests` are the heads of those that came.

    `came` and `left` tell that somebody did.
    """

    def __init__(self):
        self.url = ""
        self.requests = []
        self.open = set()
        self.status = "200 OK"
        self.headers = ()
        self.answer = b""
        self.came, self.left = asyncio.Event(), asyncio.Event()
        self.drips = False
        """Whether the answer comes one byte at a time and never ends."""
        self.holds_back = None
        """Where set, nothing is answered before it."""

    def shows(self, answer, status="200 OK", headers=()):
        self.answer, self.status, self.headers = answer, status, headers

    async def serve(self, reader, writer):
        self.open.add(writer)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.requests.append(head.decode())
            self.came.set()
            if self.holds_back is not None:
                await self.holds_back.wait()
            lines = [f"HTTP/1.1 {self.status}", "Connection: close", *self.headers, "", ""]
            writer.write("\r\n".join(lines).encode() + self.answer)
            await writer.drain()
            while self.drips and not reader.at_eof():
                writer.write(b" ")
                await writer.drain()
                with suppress(TimeoutError):
                    await asyncio.wait_for(reader.read(1), 0.02)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            self.open.discard(writer)
            self.left.set()


@pytest.fixture
def maker():
    return Maker()


@pytest.fixture
async def newsstand():
    stand = Newsstand()
    server = await asyncio.start_server(stand.serve, "127.0.0.1", 0)
    stand.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/update.json"
    yield stand
    if stand.holds_back is not None:
        stand.holds_back.set()
    server.close()
    for writer in stand.open:
        writer.transport.abort()
    await turns(10)  # closed connections are let go of
    await server.wait_closed()


@pytest.fixture
def program_asks(monkeypatch, newsstand, maker):
    """The environment names the newsstand and the maker's key."""
    monkeypatch.setenv("OPSIDE_UPDATE_URL", newsstand.url)
    monkeypatch.setenv("OPSIDE_UPDATE_KEY", maker.key)
