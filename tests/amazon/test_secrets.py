"""No secret ever leaves through a log, a repr or an exception."""

import logging
import traceback
from datetime import UTC, datetime

import pytest

from opside_desktop.domain.errors import OpsideError

STOCK = "/fba/inventory/v1/summaries"
FINANCES = "/finances/v0/financialEvents"
LWA = "/auth/o2/token"
WINDOW = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)
US = "ATVPDKIKX0DER"
PAGE_TOKEN = "page-CANARY7"
CANARIES = ("CANARY", "nextToken", "NextToken", "Atz")


@pytest.fixture
def everything_logged(caplog):
    caplog.set_level(logging.DEBUG)
    return caplog


def assert_clean(text):
    for canary in CANARIES:
        assert canary not in text


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500, "body": "Atza|CANARY"},
        {"status": 403, "body": {"errors": [{"code": "Unauthorized", "details": ""}]}},
        {"status": 200, "body": "<html>CANARY</html>"},
        {"status": 200, "body": {"payload": "CANARY"}, "cut": True},
        {"status": 404, "body": {"errors": [{"code": "NotFound", "message": "CANARY"}]}},
    ],
    ids=["500", "403", "html", "cut", "404"],
)
async def test_failing_calls_show_no_secret(amazon, connect, reply, everything_logged, fault):
    grant = {"access_token": "Atza|CANARY5", "refresh_token": "Atzr|CANARY6", "expires_in": 3600}
    amazon.says(LWA, reply(200, grant))
    amazon.says(STOCK, reply(**fault))
    session = await connect(amazon.url)
    with pytest.raises(OpsideError) as caught:
        await session.inventory.page(US, token=PAGE_TOKEN)
    assert_clean("".join(traceback.format_exception(caught.value)))
    assert_clean(repr(caught.value) + caught.value.sentence)
    assert "getInventorySummaries" in everything_logged.text
    assert_clean(everything_logged.text)
    for value in vars(session).values():
        assert_clean(repr(value))
    assert_clean(repr(vars(session._client)) + repr(vars(session._client.login)))


@pytest.mark.parametrize("status", [400, 500])
async def test_a_failing_sign_in_shows_no_secret(amazon, connect, reply, everything_logged, status):
    body = {"error": "invalid_grant", "error_description": "Atzr|refresh-CANARY3 is bad"}
    amazon.says(LWA, reply(status, body))
    session = await connect(amazon.url)
    with pytest.raises(OpsideError) as caught:
        await session.sign_in()
    assert_clean("".join(traceback.format_exception(caught.value)))
    assert_clean(everything_logged.text)


@pytest.mark.parametrize("code", ["refresh_token=Atzr%7Crefresh-CANARY3", "secret-CANARY2", "ça\n"])
async def test_a_sign_in_that_sends_the_request_back_shows_no_secret(amazon, connect, reply, code):
    amazon.says(LWA, reply(400, {"error": code}))
    session = await connect(amazon.url)
    with pytest.raises(OpsideError) as caught:
        await session.sign_in()
    assert_clean(caught.value.sentence)
    assert "Its answer was" not in caught.value.sentence


async def test_what_amazon_says_is_shown_without_secrets_and_in_one_short_line(
    amazon, connect, reply
):
    said = "Wrong\x1b[2J\nstart for Atza|CANARY5. " + "x" * 100_000
    amazon.says(FINANCES, reply.error(400, "Odd", said, ""))
    session = await connect(amazon.url)
    with pytest.raises(OpsideError) as caught:
        await session.finances.page(*WINDOW)
    assert "Amazon answered: Wrong[2J start for [hidden]" in caught.value.sentence
    assert caught.value.sentence.isprintable()
    assert len(caught.value.sentence) < 600


async def test_a_working_session_logs_operation_status_and_request_id(
    amazon, connect, reply, everything_logged
):
    amazon.says(FINANCES, reply(200, {"payload": {"NextToken": "CANARY8"}}))
    session = await connect(amazon.url)
    await session.finances.page(*WINDOW, token=PAGE_TOKEN)
    lines = [record.getMessage() for record in everything_logged.records]
    assert any(line.startswith("listFinancialEvents: 200 in ") for line in lines)
    assert any(line.endswith("request request-2") for line in lines)
    assert_clean(everything_logged.text)
    assert amazon.url not in everything_logged.text
