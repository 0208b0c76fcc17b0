"""Asking whether there is a newer version: one GET that tells nothing about who asks."""

import asyncio
from http import HTTPStatus
from typing import Final

from opside_desktop.domain.clock import SYSTEM_CLOCK, Clock
from opside_desktop.domain.errors import NetworkDown
from opside_desktop.net.download import download
from opside_desktop.updates.signed_news import BadNews, ReleaseNews, read_key, read_news
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


async def fetch_news(
    source: Source, *, limit_s: float = LIMIT_S, clock: Clock = SYSTEM_CLOCK
) -> ReleaseNews:
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
        found = await download(url, headers=_HEADERS, limit_s=limit_s, most_bytes=MAX_BYTES)
    except ValueError:
        raise bad_address() from None
    except NetworkDown as error:
        raise NetworkDown(
            "The address for news about new versions cannot be reached.",
            why=error.why,
            fix=error.fix,
        ) from None
    if found.status != HTTPStatus.OK:
        raise BadNews(
            f"The address for news about new versions answers with the status {found.status}, "
            "and holds no news.",
            fix="Look at the address in Settings.",
        )
    if len(found.content) > MAX_BYTES:
        raise BadNews(
            "What came is too large for news about new versions.",
            fix="Look at the address in Settings.",
        )
    return await asyncio.to_thread(read_news, found.content, key, clock)
