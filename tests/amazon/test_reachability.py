"""No connection for a minute ends every call, also those that only wait; a sleep does not count."""

import asyncio
import base64
import time
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest

from opside_desktop.amazon.pacing import Pacer
from opside_desktop.amazon.session import AmazonSession
from opside_desktop.amazon.timings import Limits
from opside_desktop.amazon.usage_plans import Operation
from opside_desktop.domain.accounts import PRODUCTION_HOSTS, Endpoint, Region
from opside_desktop.domain.clock import SystemClock
from opside_desktop.domain.errors import NetworkDown
from opside_desktop.domain.pacing import SavedLevel
from tests.clocks import MovedClock
from tests.waiting import LIMIT_S, until

ORDERS = "/orders/2026-01-01/orders"
STOCK = "/fba/inventory/v1/summaries"
END = datetime(2026, 11, 20, tzinfo=UTC)
START = END - timedelta(days=7)
LOOKING = Limits(probe_every_s=0.02)
"""Looks fifty times a second, by the loop's time; minutes pass by the test's clock only."""


@pytest.fixture
def clock():
    return MovedClock(time.time())


@pytest.fixture
def long_wait(clock):
    """A pacer whose next orders page comes in some days."""
    empty = SavedLevel(level=-2000.0, rate=0.0056, at=clock.now())
    return Pacer(clock, levels={Operation.SEARCH_ORDERS: empty})


@asynccontextmanager
async def waiting(session, waits):
    """A call that waits for Amazon's quota."""
    heard = asyncio.Event()

    def hear(wait):
        waits.append(wait)
        heard.set()

    call = asyncio.create_task(session.orders.page(START, END, on_wait=hear))
    await asyncio.wait_for(heard.wait(), LIMIT_S)
    try:
        yield call
    finally:
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)


class Proxy:
    """A proxy that notes what it is asked, and refuses."""

    def __init__(self):
        self.asked = []
        self.place = ""

    async def __call__(self, reader, writer):
        with suppress(asyncio.IncompleteReadError):  # a look that was called off
            self.asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
        await writer.drain()
        writer.close()

    async def see_looks(self, clock, seconds):
        """Let time pass, and two looks be taken after it; the first may have begun before."""
        clock.seconds += seconds
        before = len(self.asked)
        await until(lambda: len(self.asked) >= before + 2)


@pytest.fixture
async def proxy():
    made = Proxy()
    server = await asyncio.start_server(made, "127.0.0.1", 0)
    made.place = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield made
    server.close()


async def long_enough(clock):
    """Let 50 seconds pass, after which nobody has been reached for a while."""
    end = clock.seconds + 50

    def is_over():
        clock.seconds += 1
        return clock.seconds >= end

    await until(is_over)


async def run_out(clock, *calls):
    """Let time pass, forty times as fast as it does, until the calls have ended."""

    def ended():
        clock.seconds += 0.2
        return all(call.done() for call in calls)

    await until(ended)
    return await asyncio.gather(*calls, return_exceptions=True)


async def test_a_lost_network_ends_a_wait_for_quota(amazon, connect, waits, long_wait, clock):
    session = await connect(amazon.url, pacer=long_wait, limits=LOOKING)
    await session.sign_in()
    async with waiting(session, waits) as call:
        assert waits[0].reason == "quota"
        await amazon.__aexit__()
        began = clock.now()
        (error,) = await run_out(clock, call)
    assert isinstance(error, NetworkDown)
    assert clock.now() - began >= 60
    assert error.code == "network"
    assert "No connection could be made." in error.sentence
    assert amazon.calls(ORDERS) == []


async def test_a_lost_network_ends_waits_for_answers_and_for_quota_together(
    amazon, connect, waits, long_wait, reply, clock
):
    amazon.says(STOCK, reply(silent=True))
    limits = Limits(probe_every_s=0.02, read_s=LIMIT_S)
    session = await connect(amazon.url, pacer=long_wait, limits=limits)
    stock = asyncio.create_task(session.inventory.page("ATVPDKIKX0DER"))
    await asyncio.wait_for(amazon.next_request(STOCK), LIMIT_S)
    async with waiting(session, waits) as orders:
        amazon._server.close()  # what is connected stays so, and silent
        ended = await run_out(clock, stock, orders)
    assert [type(error) for error in ended] == [NetworkDown] * 2


@pytest.fixture
async def watched_wait(proxy, secrets, clock, long_wait, waits, monkeypatch, amazon):
    """A call that waits for quota, with a proxy between it and Amazon."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:CANARY5@{proxy.place}")
    endpoint = Endpoint(PRODUCTION_HOSTS[Region.NA], f"{amazon.url}/auth/o2/token")
    session = AmazonSession(
        endpoint, secrets, pacer=long_wait, clock=clock, app_version="1", limits=LOOKING
    )
    async with session, waiting(session, waits) as call:
        yield call


async def test_a_sleep_begins_the_minute_anew(watched_wait, proxy, clock):
    for seconds in (1, 20, 20, 3600, 20, 20):
        await proxy.see_looks(clock, seconds)
        assert not watched_wait.done()
    clock.seconds += 25
    with pytest.raises(NetworkDown):
        await asyncio.wait_for(watched_wait, LIMIT_S)


async def test_a_clock_that_is_set_back_begins_the_minute_anew(watched_wait, proxy, clock):
    for seconds in (1, 20, 20, -3600, 20, 20):
        await proxy.see_looks(clock, seconds)
        assert not watched_wait.done()


async def test_looking_goes_through_the_proxy_and_costs_no_quota(
    watched_wait, proxy, clock, amazon
):
    (error,) = await run_out(clock, watched_wait)
    assert f"The proxy of this network ({proxy.place}) does not let" in error.sentence
    assert "proxy settings" in error.sentence
    assert "CANARY" not in error.sentence
    first, *headers = proxy.asked[0].split("\r\n")
    assert first == "CONNECT sellingpartnerapi-na.amazon.com:443 HTTP/1.1"
    pair = base64.b64encode(b"user:CANARY5").decode()
    assert f"Proxy-Authorization: Basic {pair}" in headers
    assert [request.path for request in amazon.requests] == ["/auth/o2/token"]


async def test_a_network_that_comes_back_in_time_is_waited_out(
    amazon, connect, waits, long_wait, clock
):
    session = await connect(amazon.url, pacer=long_wait, limits=LOOKING)
    await session.sign_in()
    port = int(amazon.url.rpartition(":")[2])
    await amazon.__aexit__()
    looks = []

    def look(reader, writer):
        looks.append(clock.now())
        writer.close()

    async with waiting(session, waits) as call:
        for _ in range(3):
            await long_enough(clock)
            seen = len(looks)
            server = await asyncio.start_server(look, "127.0.0.1", port)
            await until(lambda: len(looks) > seen)  # noqa: B023  # awaited here
            server.close()
        assert not call.done()


async def test_looking_ends_with_the_call(amazon, connect, waits, long_wait):
    session = await connect(amazon.url, pacer=long_wait, limits=LOOKING)
    await session.sign_in()

    def looking():
        return "looking for a host" in {task.get_name() for task in asyncio.all_tasks()}

    async with waiting(session, waits) as call:
        assert looking()
        call.cancel()
        await asyncio.wait({call})
        await until(lambda: not looking())


async def test_a_dead_proxy_is_named(secrets, monkeypatch, unused_tcp_port):
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:CANARY6@127.0.0.1:{unused_tcp_port}")
    endpoint = Endpoint(PRODUCTION_HOSTS[Region.EU])
    clock = SystemClock()
    limits = Limits(network_down_s=0.2, first_pause_s=0.05)
    session = AmazonSession(
        endpoint, secrets, pacer=Pacer(clock), clock=clock, app_version="1", limits=limits
    )
    async with session:
        with pytest.raises(NetworkDown) as caught:
            await session.sign_in()
    assert f"through the proxy of this network (127.0.0.1:{unused_tcp_port})" in str(caught.value)
    assert "CANARY" not in str(caught.value)
