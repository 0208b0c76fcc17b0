"""Fetching one small file: one GET that follows no redirect and keeps no cookie."""

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

import httpx

from opside_desktop.domain.errors import NetworkDown
from opside_desktop.net.transport import ConnectionLimits, find_routes, network_reason, open_http


class Download(NamedTuple):
    """What came: the status, and where that is 200, the content as far as it was read."""

    status: int
    content: bytes


async def download(
    url: str, *, headers: Mapping[str, str], limit_s: float, most_bytes: int
) -> Download:
    """Ask once, through the system's proxy. What is longer than `most_bytes` is not read on.

    Args:
        limit_s: so long the whole may take.

    Raises:
        ValueError: the address names no host.
        SettingsFault: the proxy settings cannot be used.
        NetworkDown: nothing came within `limit_s` seconds.
    """
    try:
        (route,) = find_routes(url)
        _ = route.url.host  # decodes it: what begins with xn-- may be no name
    except httpx.InvalidURL as error:
        raise ValueError("not an address") from error
    limits = ConnectionLimits(connect_s=limit_s, read_s=limit_s)
    content = bytearray()
    try:
        async with (
            asyncio.timeout(limit_s),
            open_http((route,), limits) as client,
            client.stream("GET", route.url, headers=headers) as answer,
        ):
            if answer.status_code == httpx.codes.OK:
                async for part in answer.aiter_raw():
                    content += part
                    if len(content) > most_bytes:
                        break
            return Download(answer.status_code, bytes(content))
    except (TimeoutError, httpx.HTTPError) as error:
        raise NetworkDown(
            f"{route.url.host} cannot be reached.",
            why=network_reason(error, route),
            fix="Try again later.",
        ) from None
