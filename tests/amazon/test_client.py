"""One call to Amazon and all that can become of it, over HTTP on a real loopback socket."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from opside_desktop.amazon.errors import (
    AnswerTooLarge,
    PageTokenExpired,
)
from opside_desktop.amazon.pacing import Pacer
from opside_desktop.amazon.timings import Limits
from opside_desktop.domain.errors import (
    AccessDenied,
    AmazonUnavailable,
    BadData,
    NetworkDown,
    Throttled,
)
from tests.waiting import LIMIT_S, never, turns, until

STOCK = "/fba/inventory/v1/summaries"
FINANCES = "/finances/v0/financialEvents"
EMPTY = {"payload": {"granularity": {}, "inventorySummaries": []}}
US = "ATVPDKIKX0DER"
END = datetime(2026, 11, 20, tzinfo=UTC)
START = END - timedelta(days=7)


@pytest.fixture
def throttle(reply):
    return reply.error(429, "QuotaExceeded", "You exceeded your quota for the resource.")


FAULTS = {
    "500": {"status": 500, "body": {"errors": [{"code": "InternalFailure"}]}},
    "503": {"status": 503, "body": None},
    "gateway": {"status": 502, "body": "<html><h1>Bad Gateway</h1></html>"},
    "html": {"status": 200, "body": "<html>Welcome</html>"},
    "html403": {"status": 403, "body": "<html>Forbidden</html>"},
    "badjson": {"status": 200, "body": '{"payload": {"inventorySumma'},
    "nothing": {"status": 200, "body": None},
    "cut": {"status": 200, "body": EMPTY, "cut": True},
    "redirect": {"status": 302, "body": "", "headers": {"Location": "http://127.0.0.1:9/"}},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
async def test_passing_faults_are_tried_again_with_growing_pauses(
    amazon, connect, reply, waits, clock, fault
):
    amazon.says(STOCK, *[reply(**fault)] * 4, reply(200, EMPTY))
    session = await connect(amazon.url)
    start = clock.now()
    page = await session.inventory.page(US, on_wait=waits.append)
    assert page.request_id == "request-6"
    assert 3.0 <= clock.now() - start <= 3.0 * 1.25 + 0.1  # 0.2 + 0.4 + 0.8 + 1.6
    told = [wait for wait in waits if wait]
    assert [(wait.reason, wait.attempt) for wait in told] == [("retry", n) for n in (2, 3, 4)]
    assert all(wait.why for wait in told)
    assert waits[-1] is None


@pytest.mark.parametrize("fault", ["500", "html", "cut"])
async def test_the_tenth_fault_in_a_row_ends_the_call(amazon, connect, reply, clock, fault):
    amazon.says(STOCK, reply(**FAULTS[fault]))
    session = await connect(amazon.url)
    start = clock.now()
    with pytest.raises(AmazonUnavailable) as caught:
        await session.inventory.page(US)
    assert len(amazon.calls(STOCK)) == 10
    assert clock.now() - start < 120
    assert caught.value.code == "amazon_unavailable"
    # An answer of any kind is one: to say that Amazon gave none would contradict the reason.
    assert caught.value.sentence.startswith("Amazon gave no usable answer in 10 tries when asked")
    assert fault == "cut" or caught.value.request_id == "request-11"


async def test_an_answer_that_does_not_come_is_a_fault_too(amazon, connect, reply):
    amazon.says(STOCK, reply(silent=True), reply(200, EMPTY))
    session = await connect(amazon.url, limits=Limits(read_s=0.05))
    await session.inventory.page(US)
    assert len(amazon.calls(STOCK)) >= 2  # on a busy machine, other answers take too long as well


async def test_an_answer_that_never_ends_is_a_fault_too(amazon, connect, reply):
    amazon.says(STOCK, reply(drips=True), reply(200, EMPTY))
    session = await connect(amazon.url, limits=Limits(call_s=0.5))
    await session.inventory.page(US)
    assert len(amazon.calls(STOCK)) >= 2  # a busy machine may miss the second one's end, too


async def test_refusals_for_the_quota_do_not_count_as_faults(
    amazon, connect, reply, throttle, clock, waits
):
    amazon.says(STOCK, *[throttle] * 15, reply(200, EMPTY))
    pacer = Pacer(clock, jitter=lambda: 0.0)
    session = await connect(amazon.url, pacer=pacer)
    start = clock.now()
    await session.inventory.page(US, on_wait=waits.append)
    assert len(amazon.calls(STOCK)) == 16
    first = 1 / 1.96
    assert clock.now() - start == pytest.approx(
        sum(min(300, first * 2**n) for n in range(15)), abs=1
    )
    assert {wait.reason for wait in waits if wait} == {"quota"}


async def test_half_an_hour_of_refusals_ends_the_call(amazon, connect, throttle, clock):
    amazon.says(STOCK, throttle)
    session = await connect(amazon.url, pacer=Pacer(clock))
    start = clock.now()
    with pytest.raises(Throttled) as caught:
        await session.inventory.page(US)
    assert 1800 <= clock.now() - start <= 1800 + 330
    assert caught.value.code == "throttled"
    assert caught.value.request_id


@pytest.mark.parametrize("hours", [-24, 1])
async def test_a_computer_that_slept_or_was_set_has_not_been_refused_meanwhile(
    amazon, connect, reply, throttle, clock, hours
):
    def after_the_jump(request):
        clock.time += hours * 3600
        return throttle

    amazon.says(STOCK, throttle, after_the_jump, throttle, reply(200, EMPTY))
    session = await connect(amazon.url)
    await session.inventory.page(US)
    amazon.says(STOCK, throttle, after_the_jump, throttle)
    start = clock.now() + hours * 3600
    with pytest.raises(Throttled):
        await session.inventory.page(US)
    assert 1400 < clock.now() - start < 2700


async def test_the_rate_header_reaches_the_pacer(amazon, connect, reply, clock):
    amazon.says(STOCK, reply(200, EMPTY, headers={"x-amzn-RateLimit-Limit": "0.25"}))
    pacer = Pacer(clock)
    session = await connect(amazon.url, pacer=pacer)
    await session.inventory.page(US)
    assert pacer.level("getInventorySummaries").rate == 0.25


async def test_without_network_a_call_ends_after_a_minute(connect, amazon, clock, waits):
    session = await connect(amazon.url)
    await session.sign_in()
    await amazon.__aexit__()
    start = clock.now()
    with pytest.raises(NetworkDown) as caught:
        await session.inventory.page(US, on_wait=waits.append)
    assert 60 <= clock.now() - start < 75
    assert caught.value.code == "network"
    assert {wait.reason for wait in waits if wait} <= {"network", "retry"}
    assert any(wait.reason == "network" for wait in waits if wait)


async def test_calls_that_never_reach_amazon_cost_no_quota(connect, amazon, clock):
    pacer = Pacer(clock)
    session = await connect(amazon.url, pacer=pacer)
    await session.sign_in()
    await amazon.__aexit__()
    start = clock.now()
    with pytest.raises(NetworkDown):
        await session.orders.page(START, END)
    assert pacer.level("searchOrders").level == 20
    assert clock.now() - start < 75


async def test_a_short_loss_of_network_is_waited_out(connect, amazon, reply, clock):
    amazon.says(STOCK, reply(200, EMPTY))
    session = await connect(amazon.url)
    await session.sign_in()
    port = int(amazon.url.rpartition(":")[2])
    await amazon.__aexit__()
    call = asyncio.create_task(session.inventory.page(US))
    await clock.sleep(20)
    server = await asyncio.start_server(amazon._serve, "127.0.0.1", port)
    try:
        assert (await call).records == []
    finally:
        server.close()


async def test_a_denied_call_names_what_to_check(amazon, connect, reply):
    denied = "Access to requested resource is denied."
    amazon.says(FINANCES, reply.error(403, "Unauthorized", denied))
    session = await connect(amazon.url)
    with pytest.raises(AccessDenied) as caught:
        await session.finances.page(START, END)
    assert len(amazon.calls(FINANCES)) == 1
    for word in ("Finance and Accounting", "region", "marketplace", "Seller Central"):
        assert word in caught.value.sentence
    assert caught.value.request_id == "request-2"


@pytest.mark.parametrize(
    "message",
    [
        "Token is not valid, token duration is 3 minutes.",
        "Next token is invalid or expired",
        "The paginationToken you have submitted is not valid. All parameters must match.",
    ],
)
async def test_a_refused_page_token_is_told_at_once(amazon, connect, reply, message):
    amazon.says(FINANCES, reply.error(400, "InvalidInput", message))
    session = await connect(amazon.url)
    with pytest.raises(PageTokenExpired):
        await session.finances.page(START, END, token="t")
    assert len(amazon.calls(FINANCES)) == 1


async def test_an_odd_refusal_of_a_later_page_is_tried_twice_more(amazon, connect, reply):
    odd = reply.error(400, "InvalidInput", "$errorResponse.Message")
    amazon.says(FINANCES, odd, odd, reply(200, {"payload": {"FinancialEvents": {}}}))
    session = await connect(amazon.url)
    assert (await session.finances.page(START, END, token="t")).records == []
    amazon.says(FINANCES, odd)
    with pytest.raises(PageTokenExpired):
        await session.finances.page(START, END, token="t")
    assert len(amazon.calls(FINANCES)) == 6


async def test_a_bad_window_is_not_taken_for_a_large_answer(amazon, connect, reply):
    message = "PostedBefore must be no later than 2 minutes before the request."
    amazon.says(FINANCES, reply.error(400, "InvalidInput", message))
    session = await connect(amazon.url)
    with pytest.raises(BadData, match="2 minutes") as caught:
        await session.finances.page(START, END)
    assert not isinstance(caught.value, AnswerTooLarge)


async def test_a_wrong_base_url_is_told(amazon, connect):
    session = await connect(amazon.url)
    with pytest.raises(BadData, match="base URL"):
        await session.inventory.page(US)


@pytest.mark.parametrize("hours", [-3, 2])
async def test_amazons_clock_is_believed_rather_than_ours(amazon, connect, clock, reply, hours):
    class Elsewhere:
        def now(self):
            return clock.now() + hours * 3600

    amazon.clock = Elsewhere()
    amazon.says(STOCK, reply(200, EMPTY))
    session = await connect(amazon.url)
    assert session.now().timestamp() == clock.now()
    await session.sign_in()
    assert session.now().timestamp() == pytest.approx(clock.now() + hours * 3600, abs=1)
    await session.inventory.page(US)
    sent = datetime.fromisoformat(amazon.calls(STOCK)[0].headers["x-amz-date"])
    assert sent.timestamp() == pytest.approx(clock.now() + hours * 3600, abs=2)


@pytest.mark.parametrize(
    "date",
    [
        "yesterday",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Mon, 01 Jan 0001 00:00:00 +2359",
        "Fri, 31 Dec 9999 23:59:59 -2359",
    ],
)
async def test_a_date_nobody_can_use_is_ignored(amazon, connect, clock, reply, date):
    amazon.says(STOCK, reply(200, EMPTY, headers={"Date": date}))
    session = await connect(amazon.url)
    await session.inventory.page(US)
    await session.inventory.page(US)
    assert session.now().timestamp() == clock.now()


async def test_every_pause_can_be_cancelled(amazon, connect, reply, throttle, clock):
    pauses = [
        throttle,
        reply(500, None),
        reply(silent=True),
        reply(200, {}),
        reply(200, '{"payload": 01}'),
        reply.error(400, "InvalidInput", "Request has invalid parameters."),
    ]
    for pause in pauses:
        amazon.says(STOCK, pause)
        session = await connect(amazon.url, clock=Standing(clock))
        call = asyncio.create_task(session.inventory.page(US))
        await asyncio.wait_for(amazon.next_request(STOCK), LIMIT_S)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call


class Standing:
    """A clock on which sleepers never wake by themselves."""

    def __init__(self, clock):
        self.now = clock.now

    async def sleep(self, seconds):
        await never()


async def test_closing_closes_all_connections_even_where_it_is_cancelled(amazon, connect, reply):
    refused = reply.error(403, "Unauthorized")
    amazon.says(STOCK, refused)
    amazon.says(FINANCES, refused)
    session = await connect(amazon.url)
    calls = session.inventory.page(US), session.finances.page(START, END)
    for failed in await asyncio.gather(*calls, return_exceptions=True):
        assert isinstance(failed, AccessDenied)
    assert amazon.connections == 2
    closing = asyncio.create_task(session.aclose())
    await turns()
    for _ in range(2):
        closing.cancel()
        await turns()
    with pytest.raises(asyncio.CancelledError):
        await closing
    await until(lambda: not amazon.connections)
