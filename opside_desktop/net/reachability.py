"""Whether anything gets through to a host at all: one answer for all calls, and while they wait."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

import httpcore
import httpx

from opside_desktop.domain.clock import Clock
from opside_desktop.domain.errors import NetworkDown
from opside_desktop.net.transport import ConnectionLimits, Route, network_reason, port_of

_SLEPT: Final = 3
"""Tries follow each other faster than so many times the limit of one, or the computer slept."""

_PROXY_SAYS: Final = 16_384
"""Bytes; a proxy's answer is shorter, unless it is none."""

_NO_CONNECTION = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProxyError, OSError)


class Reachability:
    """Counts how long nothing has got through to a host, and ends every call when that is too long.

    Calls report what became of their connections. While they wait, for quota or for an answer, it
    is looked for now and then: connected to and left again, which costs nobody's quota.

    Args:
        route: of the host.
        clock: tells the time; a clock that jumps, as when a computer slept, begins the count anew.
        lost: words the end of the calls, out of the reason why no connection came about.
    """

    def __init__(
        self,
        route: Route,
        clock: Clock,
        limits: ConnectionLimits,
        lost: Callable[[str], NetworkDown],
    ) -> None:
        self._route = route
        self._clock = clock
        self._limits = limits
        self._lost = lost
        self._heard = clock.now()
        self._tried = 0.0
        self._down_since: float | None = None
        self._why = ""
        self._calls: set[asyncio.Timeout] = set()
        self._watch: asyncio.Task[None] | None = None

    def reached(self) -> None:
        """Note that something got through."""
        self._heard = self._clock.now()
        self._down_since = None

    def failed(self, error: Exception, started: float) -> str:
        """Note that a try to connect, begun at `started`, has failed; tell why in a sentence.

        Raises:
            NetworkDown: nothing has got through for the time that the limits allow. All other calls
                under way end in the same way.
        """
        now = self._clock.now()
        slept_s = _SLEPT * self._limits.connect_s
        if self._down_since is None or not 0 <= now - self._tried <= slept_s:
            self._down_since = min(now, max(started, now - self._limits.connect_s))
        self._tried = now
        self._why = network_reason(error, self._route)
        if now - self._down_since >= self._limits.network_down_s:
            loop_time = asyncio.get_running_loop().time()
            while self._calls:
                self._calls.pop().reschedule(loop_time)
            raise self._lost(self._why)
        return self._why

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Look for the host as long as what is done in here waits.

        Raises:
            NetworkDown: see `failed`.
        """
        call = asyncio.timeout(None)
        try:
            async with call:
                self._calls.add(call)
                if self._watch is None:
                    self._watch = asyncio.create_task(self._probe(), name="looking for a host")
                yield
        except TimeoutError:
            if not call.expired():
                raise
            raise self._lost(self._why) from None
        finally:
            self._calls.discard(call)
            if not self._calls and self._watch is not None:
                self._watch.cancel()
                self._watch = None

    async def _probe(self) -> None:
        # On the loop's own time: the clock only stamps.
        every_s = pause_s = self._limits.probe_every_s
        while True:
            await asyncio.sleep(pause_s)
            started = self._clock.now()
            quiet_s = started - self._heard
            if self._down_since is None and 0 <= quiet_s < every_s:
                pause_s = every_s - quiet_s
                continue
            try:
                await self._connect()
            except _NO_CONNECTION as error:
                with suppress(NetworkDown):  # the calls end by it
                    self.failed(error, started)
                pause_s = every_s / 3
            else:
                self.reached()
                pause_s = every_s

    async def _connect(self) -> None:
        """Connect as a call would: through the proxy, and with TLS where the address has it."""
        route, proxy = self._route, self._route.proxy
        async with asyncio.timeout(self._limits.connect_s):
            first = proxy.url if proxy else route.url
            stream = await httpcore.AnyIOBackend().connect_tcp(first.host, port_of(first))
            try:
                if proxy is not None:
                    if proxy.url.scheme == "https":
                        stream = await stream.start_tls(route.tls, proxy.url.host)
                    await _tunnel(stream, route.url, proxy)
                if route.url.scheme == "https":
                    stream = await stream.start_tls(route.tls, route.url.host)
            finally:
                await stream.aclose()


async def _tunnel(stream: httpcore.AsyncNetworkStream, url: httpx.URL, proxy: httpx.Proxy) -> None:
    """Ask a proxy for a way through, as a call does for an https address."""
    host = f"{url.raw_host.decode()}:{port_of(url)}"
    lines = [f"CONNECT {host} HTTP/1.1", f"Host: {host}"]
    if proxy.raw_auth is not None:
        pair = base64.b64encode(b":".join(proxy.raw_auth)).decode()
        lines.append(f"Proxy-Authorization: Basic {pair}")
    await stream.write("\r\n".join([*lines, "", ""]).encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        some = await stream.read(_PROXY_SAYS)
        answer += some
        if not some or len(answer) > _PROXY_SAYS:
            break
    words = answer.split(maxsplit=2)
    if len(words) < 2 or not words[1].startswith(b"2"):
        raise httpcore.ProxyError("The proxy refused.")
