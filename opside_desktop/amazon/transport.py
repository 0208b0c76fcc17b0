"""How this program reaches Amazon: TLS, proxies, time-outs, pauses."""

import importlib
import logging
import platform
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
import truststore

from opside_desktop.domain.accounts import Endpoint, is_loopback
from opside_desktop.domain.errors import SettingsFault

# httpx would load these at its first request and hold the loop, which may be the window's.
for _late in ("httpcore", "anyio._backends._asyncio"):
    importlib.import_module(_late)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how often to try; seconds unless the name says otherwise.

    Amazon's finance pages were seen to take 200 s, hence `read_s`.
    """

    connect_s: float = 10
    read_s: float = 240
    write_s: float = 30
    tries: int = 10
    first_pause_s: float = 0.2
    longest_pause_s: float = 30
    network_down_s: float = 60
    throttled_s: float = 1800

    def pause_s(self, failures: int, jitter: float) -> float:
        """Tell the pause after so many failures in a row (from 1); `jitter` is 0 to 1."""
        growing = self.first_pause_s * 2.0 ** min(failures - 1, 30)
        return min(self.longest_pause_s, growing) * (1 + 0.25 * jitter)


def open_http(endpoint: Endpoint, limits: Limits) -> httpx.AsyncClient:
    """Build the HTTP client of one session.

    Certificates are checked against the system's own trust store, so that a company's proxy works
    where the browser does. Proxies come from the environment or the system, but never for this
    computer itself.

    Raises:
        SettingsFault: the proxy settings cannot be used.
    """
    # Both log every URL and httpcore every header, with the access token.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    urls = (endpoint.base_url, endpoint.lwa_url)
    direct: dict[str, httpx.AsyncBaseTransport | None] = {
        f"all://{_host(url)}": None for url in urls if is_loopback(url)
    }
    try:
        return httpx.AsyncClient(
            verify=truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            mounts=direct,
            trust_env=not all(is_loopback(url) for url in urls),
            follow_redirects=False,
            timeout=httpx.Timeout(
                connect=limits.connect_s,
                read=limits.read_s,
                write=limits.write_s,
                pool=limits.read_s,
            ),
        )
    except (ValueError, ImportError, httpx.InvalidURL) as error:
        raise SettingsFault(
            "The proxy settings of this computer cannot be used.",
            why="A proxy must be given as an http:// or https:// address.",
            fix="Correct HTTPS_PROXY, HTTP_PROXY and ALL_PROXY, or the system's proxy settings.",
        ) from error


def _host(url: str) -> str:
    host = httpx.URL(url).host
    return f"[{host}]" if ":" in host else host


def user_agent(app_version: str) -> str:
    """Name this program in the form Amazon demands, at most 500 characters."""
    language = _escaped(platform.python_version(), ")", ";")
    system = _escaped(f"{platform.system()}/{platform.release()}", ")", ";")
    name, version = _escaped("Opside Desktop", "/"), _escaped(app_version, "(")
    text = f"{name}/{version} (Language=Python/{language}; Platform={system})"
    return text.encode("ascii", "replace").decode()[:500]


def _escaped(text: str, *characters: str) -> str:
    for character in ("\\", *characters):
        text = text.replace(character, "\\" + character)
    return text


def answer_date(response: httpx.Response) -> datetime | None:
    """Read an answer's `Date`, if it has a readable one."""
    try:
        date = parsedate_to_datetime(response.headers["date"])
    except (KeyError, ValueError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def network_reason(error: httpx.TransportError) -> str:
    """Say in a sentence why no connection came about."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return (
                "The server's certificate is not trusted; a wrong date on this computer, or a"
                " proxy or virus scanner that reads along, does that."
            )
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.ProxyError):
        return "The proxy of this network does not let the connection through."
    if isinstance(error, httpx.ConnectTimeout):
        return "The server did not answer in time."
    return "No connection could be made."
