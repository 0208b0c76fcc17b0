"""Asking whether there is a newer version: one GET that tells nothing about who asks."""

import asyncio
from typing import Final

import httpx

from opside_desktop.domain.accounts import Endpoint
from opside_desktop.domain.errors import NetworkDown
from opside_desktop.net.transport import (
    Limits,
    Route,
    find_routes,
    network_reason,
    open_http,
)
from opside_desktop.updates.news import BadNews, News, read_key, read_news
from opside_desktop.updates.source import Source, bad_address, check_address

LIMIT_S: Final = 10.0
"""So long the whole request may take."""

MAX_BYTES: Final = 16 * 1024

_HEADERS: Final = {
    # Neither version nor system: who asks is nobody's business.
    "User-Agent": "opside-desktop",
    "Accept": "application/json",
    "Accept-Encoding": "identity",
}


async def fetch_news(source: Source, *, limit_s: float = LIMIT_S) -> News:
    """Ask once, check the signature, and give the newest version, newer than this one or not.

    Follows no redirect, keeps no cookie, and goes through the system's proxy.

    Raises:
        SettingsFault: the address, the key or the proxy settings cannot be used.
        NetworkDown: nothing came within `limit_s` seconds.
        BadNews: something else came than signed news.
    """
    key = read_key(source.key)
    url = check_address(source.address)
    try:
        route = find_routes(Endpoint(url, url))[0]
        _ = route.url.host  # decodes it: what begins with xn-- may be no name
    except (httpx.InvalidURL, UnicodeError):
        raise bad_address() from None
    try:
        async with asyncio.timeout(limit_s):
            content = await _get(route, limit_s)
    except (TimeoutError, httpx.HTTPError) as error:
        raise NetworkDown(
            "The address for news about new versions cannot be reached.",
            why=network_reason(error, route),
            fix="Try again later.",
        ) from None
    return await asyncio.to_thread(read_news, content, key)


async def _get(route: Route, limit_s: float) -> bytes:
    content = bytearray()
    async with (
        open_http((route,), Limits(connect_s=limit_s, read_s=limit_s)) as client,
        client.stream("GET", route.url, headers=_HEADERS) as answer,
    ):
        if answer.status_code != httpx.codes.OK:
            raise BadNews(
                f"The address for news about new versions answers with the status "
                f"{answer.status_code}, and holds no news.",
                fix="Look at the address in Settings.",
            )
        async for part in answer.aiter_raw():
            content += part
            if len(content) > MAX_BYTES:
                raise BadNews(
                    "What came is too large for news about new versions.",
                    fix="Look at the address in Settings.",
                )
    return bytes(content)
