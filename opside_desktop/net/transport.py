"""How this program reaches other computers: TLS, proxies, time-outs, pauses."""

import importlib
import logging
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.request import getproxies

import httpcore
import httpx
import truststore

from opside_desktop.domain.accounts import is_loopback
from opside_desktop.domain.errors import SettingsFault

# httpx would load this at its first request and hold the loop, which may be the window's.
importlib.import_module("anyio._backends._asyncio")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """How long one connection may take, and from when on a host counts as lost; seconds.

    `read_s` is for the first byte and each pause after it. `network_down_s` after nothing has got
    through any more, calls end; meanwhile the host is looked for every `probe_every_s`.
    """

    connect_s: float = 10
    read_s: float = 240
    write_s: float = 30
    network_down_s: float = 60
    probe_every_s: float = 12


@dataclass(frozen=True, slots=True)
class Route:
    """The way to one host.

    Attributes:
        proxy: to go through; None for this computer itself, and where none is set.
        tls: checks certificates against the system's own trust store, so that a company's proxy
            works where the browser does.
    """

    url: httpx.URL
    proxy: httpx.Proxy | None
    tls: ssl.SSLContext

    @property
    def proxy_name(self) -> str:
        """The proxy's host and port, without user and password; empty where there is none."""
        url = self.proxy.url if self.proxy else None
        return f"{url.host}:{port_of(url)}" if url else ""


def find_routes(*urls: str) -> list[Route]:
    """Find the ways to some addresses; proxies come from environment or system.

    Raises:
        SettingsFault: the proxy settings cannot be used.
    """
    tls = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return [_find_route(url, tls) for url in urls]


def _find_route(url: str, tls: ssl.SSLContext) -> Route:
    parsed = httpx.URL(url)
    proxies = getproxies()
    chosen = proxies.get(parsed.scheme) or proxies.get("all")
    if not chosen or is_loopback(url) or _is_exempt(parsed, proxies.get("no", "")):
        return Route(parsed, None, tls)
    try:
        address = httpx.URL(chosen if "://" in chosen else f"http://{chosen}")
        proxy = httpx.Proxy(address, ssl_context=tls if address.scheme == "https" else None)
        if proxy.url.scheme not in ("http", "https") or not proxy.url.host:
            raise ValueError("not a proxy that can be used")
    except (ValueError, httpx.InvalidURL) as error:
        raise SettingsFault(
            "The proxy settings of this computer cannot be used.",
            why="A proxy must be given as an http:// or https:// address.",
            fix="Correct HTTPS_PROXY, HTTP_PROXY and ALL_PROXY, or the system's proxy settings.",
        ) from error
    return Route(parsed, proxy, tls)


def _is_exempt(url: httpx.URL, no_proxy: str) -> bool:
    """Tell whether NO_PROXY names a host, its domain, or everything."""
    names = [name.strip().lower().lstrip("*.") or name.strip() for name in no_proxy.split(",")]
    host = url.host.lower()
    return any(
        name in ("*", host, f"{host}:{port_of(url)}") or host.endswith(f".{name}")
        for name in names
        if name
    )


def port_of(url: httpx.URL) -> int:
    """Give an address's port, or its scheme's."""
    return url.port or (443 if url.scheme == "https" else 80)


def open_http(routes: Sequence[Route], limits: ConnectionLimits) -> httpx.AsyncClient:
    """Build the HTTP client of one session, which reaches the routes' hosts and no others."""
    # Both log every URL and httpcore every header, with the access token.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    ways: dict[str, httpx.AsyncBaseTransport | None] = {
        f"{route.url.scheme}://{route.url.netloc.decode()}": httpx.AsyncHTTPTransport(
            verify=route.tls, proxy=route.proxy
        )
        for route in routes
    }
    return httpx.AsyncClient(
        mounts=ways,
        verify=routes[0].tls,
        trust_env=False,
        follow_redirects=False,
        timeout=httpx.Timeout(
            connect=limits.connect_s,
            read=limits.read_s,
            write=limits.write_s,
            pool=limits.read_s,
        ),
    )


def network_reason(error: Exception, route: Route) -> str:
    """Say in a sentence why no connection came about; a proxy is named, its password is not."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return (
                "The server's certificate is not trusted; a wrong date on this computer, or a"
                " proxy or virus scanner that reads along, does that."
            )
        cause = cause.__cause__ or cause.__context__
    name = route.proxy_name
    if isinstance(error, httpx.ProxyError | httpcore.ProxyError):
        return f"The proxy of this network ({name}) does not let the connection through."
    if isinstance(error, httpx.ConnectTimeout | httpcore.TimeoutException | TimeoutError):
        return (
            f"Nothing came through the proxy of this network ({name}) in time."
            if name
            else "The server did not answer in time."
        )
    return (
        f"No connection could be made through the proxy of this network ({name})."
        if name
        else "No connection could be made."
    )
