"""Signing in: over HTTP, against an Amazon that says what it is told to."""

import asyncio

import pytest

from opside_desktop.amazon.timings import Limits
from opside_desktop.domain.errors import AmazonUnavailable, AuthRevoked, NetworkDown

LWA = "/auth/o2/token"
STOCK = "/fba/inventory/v1/summaries"
EMPTY = {"payload": {"granularity": {}, "inventorySummaries": []}}
US = "ATVPDKIKX0DER"


def grant(token, expires_in=3600, **more):
    return {"access_token": token, "token_type": "bearer", "expires_in": expires_in, **more}


@pytest.fixture(autouse=True)
def stock(amazon, reply):
    amazon.says(STOCK, reply(200, EMPTY))


def tokens_seen(amazon):
    return [request.headers["x-amz-access-token"] for request in amazon.calls(STOCK)]


async def test_one_exchange_serves_all_calls_that_wait(amazon, connect):
    session = await connect(amazon.url)
    await asyncio.gather(*(session.inventory.page(US) for _ in range(5)), session.sign_in())
    assert amazon.token_calls == 1
    assert tokens_seen(amazon) == ["Atza|first"] * 5
    form = amazon.calls(LWA)[0]
    assert form.headers["content-type"].startswith("application/x-www-form-urlencoded")
    assert sorted(form.body.split("&")) == [
        "client_id=client-CANARY1",
        "client_secret=secret-CANARY2",
        "grant_type=refresh_token",
        "refresh_token=Atzr%7Crefresh-CANARY3",
    ]


async def test_a_token_is_renewed_a_minute_before_it_ends(amazon, connect, clock, reply):
    amazon.says(LWA, reply(200, grant("Atza|1")), reply(200, grant("Atza|2")))
    session = await connect(amazon.url)
    await session.inventory.page(US)
    clock.time += 3530
    await session.inventory.page(US)
    clock.time += 15
    await session.inventory.page(US)
    assert tokens_seen(amazon) == ["Atza|1", "Atza|1", "Atza|2"]


async def test_a_clock_set_back_does_not_keep_an_old_token(amazon, connect, clock, reply):
    amazon.says(LWA, reply(200, grant("Atza|1")), reply(200, grant("Atza|2")))
    session = await connect(amazon.url)
    await session.inventory.page(US)
    clock.time -= 5000
    await session.inventory.page(US)
    assert tokens_seen(amazon) == ["Atza|1", "Atza|2"]


@pytest.mark.parametrize("status", [403, 401])
@pytest.mark.parametrize(
    "details",
    [
        "The access token you provided has expired.",
        "The access token you provided is revoked, malformed or invalid.",
    ],
)
async def test_a_refused_access_token_is_renewed_and_the_call_repeated(
    amazon, connect, reply, status, details
):
    denied = "Access to requested resource is denied."
    amazon.says(LWA, reply(200, grant("Atza|1")), reply(200, grant("Atza|2")))
    amazon.says(STOCK, reply.error(status, "Unauthorized", denied, details), reply(200, EMPTY))
    session = await connect(amazon.url)
    await session.inventory.page(US)
    assert tokens_seen(amazon) == ["Atza|1", "Atza|2"]


async def test_calls_refused_together_renew_the_token_once(amazon, connect, reply):
    expired = reply.error(403, "Unauthorized", "Denied.", "The access token has expired.")

    def only_the_second_is_good(request):
        old = request.headers["x-amz-access-token"] == "Atza|1"
        return expired if old else reply(200, EMPTY)

    amazon.says(LWA, *(reply(200, grant(f"Atza|{n}")) for n in (1, 2, 3)))
    amazon.says(STOCK, only_the_second_is_good)
    session = await connect(amazon.url)
    await asyncio.gather(*(session.inventory.page(US) for _ in range(3)))
    assert amazon.token_calls == 2


async def test_fresh_tokens_that_are_refused_too_end_the_call(amazon, connect, reply):
    amazon.says(STOCK, reply.error(403, "Unauthorized", "", "The access token is invalid."))
    session = await connect(amazon.url)
    with pytest.raises(AuthRevoked, match="has just given out") as caught:
        await session.inventory.page(US)
    assert len(amazon.calls(STOCK)) == 4
    assert caught.value.request_id


@pytest.mark.parametrize(
    ("status", "code", "what_to_do"),
    [
        (400, "invalid_grant", "Authorise the app again"),
        (401, "invalid_client", "Replace the account's secrets"),
        (400, "unauthorized_client", "one and the same app"),
        (400, "invalid_request", "paste the three secrets again"),
        (400, "something_new", "something_new"),
    ],
)
async def test_a_refused_permission_is_told_and_never_tried_again(
    amazon, connect, reply, status, code, what_to_do
):
    amazon.says(LWA, reply(status, {"error": code, "error_description": "Because."}))
    session = await connect(amazon.url)
    for _ in range(3):
        with pytest.raises(AuthRevoked) as caught:
            await session.inventory.page(US)
        assert what_to_do in caught.value.sentence
        assert caught.value.code == "auth_revoked"
        assert caught.value.request_id == "request-1"
    assert amazon.token_calls == 1
    assert amazon.calls(STOCK) == []


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 503, "body": {"error": "temporarily_unavailable"}},
        {"status": 429, "body": {"error": "slow_down"}},
        {"status": 400, "body": {"error": "server_error"}},
        {"status": 403, "body": "<html>Gateway</html>"},
        {"status": 200, "body": "<html>Sign in to the hotel's network</html>"},
        {"status": 200, "body": grant("Atza|x"), "cut": True},
    ],
    ids=["503", "429", "server_error", "html403", "html200", "cut"],
)
async def test_passing_faults_of_the_sign_in_are_waited_out(
    amazon, connect, reply, waits, clock, fault
):
    amazon.says(LWA, *[reply(**fault)] * 3, reply(200, grant("Atza|late")))
    session = await connect(amazon.url)
    start = clock.now()
    await session.sign_in(waits.append)
    assert amazon.token_calls == 4
    assert 1.4 <= clock.now() - start <= 1.4 * 1.25
    assert [wait.reason for wait in waits if wait] == ["retry", "retry"]
    assert waits[-1] is None


async def test_a_sign_in_that_never_answers_ends_after_ten_tries(amazon, connect, reply):
    amazon.says(LWA, reply(500, "oops"))
    session = await connect(amazon.url)
    with pytest.raises(AmazonUnavailable, match="sign-in"):
        await session.sign_in()
    assert amazon.token_calls == 10


async def test_without_network_the_sign_in_ends_after_a_minute(connect, unused_tcp_port, clock):
    session = await connect(f"http://127.0.0.1:{unused_tcp_port}", limits=Limits())
    start = clock.now()
    with pytest.raises(NetworkDown, match="60 seconds"):
        await session.sign_in()
    assert 60 <= clock.now() - start < 75


async def test_another_refresh_token_is_handed_on_and_used(amazon, connect, clock, reply, secrets):
    amazon.says(LWA, reply(200, grant("Atza|1", refresh_token="Atzr|new")))
    kept = []
    session = await connect(amazon.url, on_secrets=kept.append)
    await session.sign_in()
    clock.time += 4000
    await session.sign_in()
    assert [(s.client_id, s.refresh_token) for s in kept] == [(secrets.client_id, "Atzr|new")]
    assert "Atzr%7Cnew" in amazon.calls(LWA)[1].body


async def test_the_same_refresh_token_is_not_handed_on(amazon, connect, reply, secrets):
    amazon.says(LWA, reply(200, grant("Atza|1", refresh_token=secrets.refresh_token)))
    kept = []
    await (await connect(amazon.url, on_secrets=kept.append)).sign_in()
    assert kept == []
