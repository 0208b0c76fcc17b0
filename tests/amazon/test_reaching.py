"""How Amazon is reached: what each call says of itself, proxies and certificates."""

import platform
from datetime import UTC, datetime, timedelta

import pytest

from opside_desktop.amazon.headers import user_agent
from opside_desktop.amazon.pacing import Pacer
from opside_desktop.amazon.session import AmazonSession
from opside_desktop.amazon.timings import Limits
from opside_desktop.domain.accounts import PRODUCTION_HOSTS, Endpoint, Region
from opside_desktop.domain.errors import (
    NetworkDown,
    SettingsFault,
)

STOCK = "/fba/inventory/v1/summaries"
ORDERS = "/orders/2026-01-01/orders"
EMPTY = {"payload": {"granularity": {}, "inventorySummaries": []}}
US = "ATVPDKIKX0DER"
END = datetime(2026, 11, 20, tzinfo=UTC)
START = END - timedelta(days=7)


async def test_queries_are_encoded_once_and_repeated_byte_for_byte(amazon, connect, reply):
    amazon.says(ORDERS, reply(200, {"orders": []}))
    session = await connect(amazon.url)
    await session.orders.page(START, END)
    await session.orders.page(START, END, token="a+b/c=|&?%41 ,ü")
    first, second = (request.target for request in amazon.calls(ORDERS))
    assert first == (
        f"{ORDERS}?lastUpdatedAfter=2026-11-13T00%3A00%3A00Z"
        "&lastUpdatedBefore=2026-11-20T00%3A00%3A00Z&maxResultsPerPage=100"
        "&includedData=PROCEEDS%2CFULFILLMENT"
    )
    assert second == f"{first}&paginationToken=a%2Bb%2Fc%3D%7C%26%3F%2541%20%2C%C3%BC"


async def test_the_headers_are_those_amazon_asks_for(amazon, connect, reply):
    amazon.says(STOCK, reply(200, EMPTY))
    session = await connect(amazon.url)
    await session.inventory.page(US)
    headers = amazon.calls(STOCK)[0].headers
    assert headers["x-amz-access-token"] == "Atza|first"
    assert headers["user-agent"].startswith(
        f"Opside Desktop/0.1.0 (Language=Python/{platform.python_version()}; Platform="
    )
    assert "authorization" not in headers


def test_the_user_agent_escapes_what_amazon_gives_a_meaning(monkeypatch):
    monkeypatch.setattr(platform, "system", lambda: "Odd;OS)")
    monkeypatch.setattr(platform, "release", lambda: "1" * 600)
    agent = user_agent("1.0(beta")
    assert agent.startswith(r"Opside Desktop/1.0\(beta (Language=Python/")
    assert r"Platform=Odd\;OS\)/111" in agent
    assert len(agent) == 500


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
async def test_this_computer_is_never_reached_through_a_proxy(
    amazon, connect, reply, monkeypatch, name, unused_tcp_port
):
    monkeypatch.setenv(name, f"http://127.0.0.1:{unused_tcp_port}")
    amazon.says(STOCK, reply(200, EMPTY))
    session = await connect(amazon.url)
    await session.inventory.page(US)


async def test_amazon_is_reached_through_the_proxy_but_this_computer_is_not(
    amazon, connect, reply, monkeypatch, secrets, clock
):
    monkeypatch.setenv("HTTPS_PROXY", amazon.url)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    session = AmazonSession(
        Endpoint(amazon.url),  # the sign-in stays at Amazon's own address
        secrets,
        pacer=Pacer(clock),
        clock=clock,
        app_version="0.1",
        limits=Limits(network_down_s=1),
    )
    async with session:
        with pytest.raises(NetworkDown, match="proxy of this network"):
            await session.sign_in()
    asked = {(request.method, request.target) for request in amazon.requests}
    assert asked == {("CONNECT", "api.amazon.com:443")}


async def test_a_certificate_nobody_trusts_is_named(connect, monkeypatch, secrets, clock, tls):
    async with tls() as url:
        session = await connect(url, limits=Limits(network_down_s=1))
        with pytest.raises(NetworkDown, match="certificate is not trusted"):
            await session.sign_in()


async def test_a_proxy_setting_nobody_can_use_is_told_in_words(clock, secrets, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "gopher://user:CANARY4@proxy")
    with pytest.raises(SettingsFault, match="HTTPS_PROXY") as caught:
        AmazonSession(
            Endpoint(PRODUCTION_HOSTS[Region.NA]),
            secrets,
            pacer=Pacer(clock),
            clock=clock,
            app_version="0.1",
        )
    assert "CANARY" not in caught.value.sentence
