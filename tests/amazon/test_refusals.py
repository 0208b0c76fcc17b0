"""What Amazon refuses, and what of that is believed, when, and in whose words."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from opside_desktop.amazon.errors import (
    AnswerTooLarge,
    DeniedWithoutCause,
    PageTokenExpired,
    RefusedWithoutCause,
)
from opside_desktop.domain.errors import AccessDenied, AmazonUnavailable, AuthRevoked, BadData

CASES = Path(__file__).parent / "cases"
STOCK = "/fba/inventory/v1/summaries"
FINANCES = "/finances/v0/financialEvents"
SEARCH = "/orders/2026-01-01/orders"
EMPTY = {"payload": {"inventorySummaries": []}}
US = "ATVPDKIKX0DER"
END = datetime(2026, 11, 20, tzinfo=UTC)
START = END - timedelta(days=7)
DENIED = "Access to requested resource is denied."
GENERIC = "Request has missing or invalid parameters and cannot be parsed."


async def test_an_expired_client_secret_is_told_as_that(amazon, connect, reply):
    amazon.says(STOCK, reply(403, (CASES / "C04_403_secret_expired.json").read_bytes()))
    session = await connect(amazon.url)
    with pytest.raises(AuthRevoked, match="client secret of this account's app has expired") as e:
        await session.inventory.page(US)
    assert e.value.code == "auth_revoked"
    assert "developer console" in e.value.fix
    assert "The LWA secret token you provided has expired." in e.value.why
    assert len(amazon.calls(STOCK)) == 1


async def test_a_refusal_with_a_raw_line_feed_is_read_at_once(amazon, connect, reply):
    amazon.says(STOCK, reply(403, (CASES / "C06_403_raw_newline.json").read_bytes()))
    session = await connect(amazon.url)
    with pytest.raises(AccessDenied, match=r"denied\. second line"):
        await session.inventory.page(US)
    assert len(amazon.calls(STOCK)) == 1


@pytest.mark.parametrize(
    ("details", "kind"), [("", DeniedWithoutCause), ("Seller Atzr|CANARY is gone.", AccessDenied)]
)
async def test_a_denial_shows_amazons_reason_where_it_gives_one(
    amazon, connect, reply, details, kind
):
    amazon.says(STOCK, reply.error(403, "Unauthorized", DENIED, details))
    session = await connect(amazon.url)
    with pytest.raises(AccessDenied) as caught:
        await session.inventory.page(US)
    assert type(caught.value) is kind
    assert ("Amazon gives no reason" in caught.value.why) == (not details)
    assert ("Seller [hidden] is gone." in caught.value.why) == bool(details)


@pytest.mark.parametrize("status", [400, 403])
@pytest.mark.parametrize(
    "body",
    [
        {"errors": [{"code": "Unauthorized", "details": "The security token included is expired"}]},
        {"errors": [{"code": "InvalidInput", "message": "$errorResponse.Message"}]},
        b"<html>Forbidden</html>",
        b"",
        b'{"errors": [{"co',
    ],
    ids=["security token", "errorResponse", "html", "nothing", "cut"],
)
async def test_refusals_that_are_known_to_pass_are_asked_again(
    amazon, connect, reply, clock, status, body
):
    amazon.says(STOCK, *[reply(status, body)] * 3, reply(200, EMPTY))
    session = await connect(amazon.url)
    start = clock.now()
    assert (await session.inventory.page(US)).records == []
    assert clock.now() - start < 15


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RefusedWithoutCause),
        (401, BadData),
        (403, DeniedWithoutCause),
        (404, BadData),
        (415, BadData),
    ],
)
async def test_a_refusal_that_stays_unreadable_is_told_with_its_status(
    amazon, connect, reply, clock, status, kind
):
    amazon.says(STOCK, reply(status, b"<html>No</html>"))
    session = await connect(amazon.url)
    start = clock.now()
    with pytest.raises(kind) as caught:
        await session.inventory.page(US)
    assert status == 404 or str(status) in caught.value.sentence
    assert len(amazon.calls(STOCK)) == 5
    assert clock.now() - start < 15


@pytest.mark.parametrize(
    ("errors", "kind", "calls"),
    [
        ([{"code": "Unauthorized", "message": DENIED, "details": "Not yours."}], AccessDenied, 1),
        ([{"code": "InvalidInput", "message": "Invalid value for details"}], BadData, 1),
        ([{"code": "NotFound"}], BadData, 1),
        ([{"code": "InternalFailure"}], AmazonUnavailable, 10),
        ([{"code": "ServiceUnavailable"}], AmazonUnavailable, 10),
        ([{"code": "SomethingNew"}], AmazonUnavailable, 10),
        (["nothing but words"], AmazonUnavailable, 10),
        ({"code": "Unauthorized", "details": "Not yours."}, AccessDenied, 1),
    ],
)
async def test_errors_in_a_good_answer_are_errors(amazon, connect, reply, errors, kind, calls):
    amazon.says(STOCK, reply(200, {"errors": errors, "payload": EMPTY["payload"]}))
    session = await connect(amazon.url)
    with pytest.raises(kind):
        await session.inventory.page(US)
    assert len(amazon.calls(STOCK)) == calls


async def test_a_quota_in_a_good_answer_goes_through_the_bucket(amazon, connect, reply, waits):
    amazon.says(
        STOCK, *[reply(200, {"errors": [{"code": "QuotaExceeded"}]})] * 12, reply(200, EMPTY)
    )
    session = await connect(amazon.url)
    await session.inventory.page(US, on_wait=waits.append)
    assert {wait.reason for wait in waits if wait} <= {"quota"}


async def test_a_refused_token_in_a_good_answer_is_renewed(amazon, connect, reply):
    refused = {"code": "Unauthorized", "details": "The access token you provided has expired."}
    amazon.says(STOCK, reply(200, {"errors": [refused]}), reply(200, EMPTY))
    session = await connect(amazon.url)
    await session.inventory.page(US)
    assert amazon.token_calls == 2


@pytest.mark.parametrize("errors", [[], None, {}])
async def test_an_empty_list_of_errors_is_none(amazon, connect, reply, errors):
    rows = [{"sellerSku": "A", "productName": 'a "errors" b'}]
    amazon.says(STOCK, reply(200, {"payload": {"inventorySummaries": rows}, "errors": errors}))
    session = await connect(amazon.url)
    assert [each.sku for each in (await session.inventory.page(US)).records] == ["A"]


@pytest.mark.parametrize("words", [GENERIC, "", "$errorResponse.Message"])
async def test_a_refusal_without_a_cause_is_asked_again_for_a_minute_and_a_half(
    amazon, connect, reply, clock, waits, words
):
    amazon.says(STOCK, reply.error(400, "InvalidInput", words, ""))
    session = await connect(amazon.url)
    start = clock.now()
    with pytest.raises(RefusedWithoutCause) as caught:
        await session.inventory.page(US, on_wait=waits.append)
    assert caught.value.amazon_code == "InvalidInput"
    said = words if words == GENERIC else "InvalidInput."
    assert caught.value.why == f"Amazon answered: {said}"
    assert len(amazon.calls(STOCK)) == (5 if words.startswith("$") else 4)
    assert clock.now() - start == pytest.approx(3 if words.startswith("$") else 90, abs=2)
    assert sum(wait is not None for wait in waits) == 3


async def test_a_refusal_without_a_cause_may_pass(amazon, connect, reply):
    amazon.says(
        SEARCH, *[reply.error(400, "InvalidInput", GENERIC)] * 3, reply(200, {"orders": []})
    )
    session = await connect(amazon.url)
    assert (await session.orders.page(START, END)).records == []


async def test_a_refusal_that_names_its_cause_is_told_at_once_in_amazons_words(
    amazon, connect, reply
):
    said = "PostedBefore must be no later than 2 minutes before the request."
    amazon.says(FINANCES, reply.error(400, "InvalidInput", said))
    session = await connect(amazon.url)
    with pytest.raises(BadData, match="2 minutes") as caught:
        await session.finances.page(START, END)
    assert "newer version" not in caught.value.sentence
    assert "date and time of this computer" in caught.value.fix
    assert len(amazon.calls(FINANCES)) == 1


@pytest.mark.parametrize(
    "said",
    [
        "Could not validate the request.",
        "Please update your settings.",
        "Outdated candidate",
        "Wait a minute",
        "Too many requests",
        "La fecha no es válida.",
        "GESPERRT",
    ],
)
async def test_words_that_only_look_like_a_cause_are_none(amazon, connect, reply, said):
    amazon.says(FINANCES, reply.error(400, "InvalidInput", said, ""))
    session = await connect(amazon.url)
    with pytest.raises(RefusedWithoutCause) as caught:
        await session.finances.page(START, END)
    assert caught.value.why == f"Amazon answered: {said.rstrip('.')}."
    assert "date and time" not in caught.value.sentence
    assert len(amazon.calls(FINANCES)) == 5


@pytest.mark.parametrize(
    "said", ["INVALID DATE RANGE", "lastUpdatedBefore lies in the future", "Invalid startDateTime"]
)
async def test_a_refused_date_is_a_cause_in_any_spelling(amazon, connect, reply, said):
    amazon.says(FINANCES, reply.error(400, "InvalidInput", said, ""))
    session = await connect(amazon.url)
    with pytest.raises(BadData, match="date and time of this computer"):
        await session.finances.page(START, END)
    assert len(amazon.calls(FINANCES)) == 1


@pytest.mark.parametrize(
    "said", ["RESPONSE TOO BIG", "Payload exceeds the allowed size.", "Response size exceeded"]
)
async def test_words_on_size_may_be_others(amazon, connect, reply, said):
    amazon.says(FINANCES, reply.error(400, "InvalidInput", said, ""))
    session = await connect(amazon.url)
    with pytest.raises(AnswerTooLarge):
        await session.finances.page(START, END)
    assert len(amazon.calls(FINANCES)) == 1


async def test_a_refusal_of_finances_is_no_word_on_size(amazon, connect, reply):
    amazon.says(FINANCES, reply.error(400, "InvalidInput", GENERIC, "Seller is on hold."))
    session = await connect(amazon.url)
    with pytest.raises(RefusedWithoutCause, match="Seller is on hold"):
        await session.finances.page(START, END)
    assert len(amazon.calls(FINANCES)) == 5  # four times the same, and once half of it


async def test_a_refusal_of_finances_that_goes_away_when_asked_smaller_is_about_size(
    amazon, connect, reply
):
    whole = f"PostedBefore={END:%Y-%m-%d}"

    def only_halves(request):
        if whole in request.target:
            return reply.error(400, "InvalidInput", GENERIC)
        return reply(200, {"payload": {"FinancialEvents": {}}})

    amazon.says(FINANCES, only_halves)
    session = await connect(amazon.url)
    with pytest.raises(AnswerTooLarge):
        await session.finances.page(START, END)
    assert len(amazon.calls(FINANCES)) == 5
    with pytest.raises(AnswerTooLarge):
        await session.finances.page(START, END, page_size=50)
    assert len(amazon.calls(FINANCES)) == 6  # what is known is not waited for again


async def test_words_on_size_are_believed_at_once(amazon, connect, reply):
    amazon.says(FINANCES, reply.error(400, "InvalidInput", "The response is too large."))
    session = await connect(amazon.url)
    with pytest.raises(AnswerTooLarge, match="too large"):
        await session.finances.page(START, END)
    assert len(amazon.calls(FINANCES)) == 1


async def test_a_status_on_size_is_one_too(amazon, connect, reply):
    amazon.says(FINANCES, reply.error(413, "RequestTooLarge", ""))
    session = await connect(amazon.url)
    with pytest.raises(AnswerTooLarge):
        await session.finances.page(START, END)


async def test_a_later_page_that_stays_refused_has_a_dead_token(amazon, connect, reply):
    amazon.says(STOCK, reply.error(400, "InvalidInput", GENERIC))
    session = await connect(amazon.url)
    with pytest.raises(PageTokenExpired):
        await session.inventory.page(US, token="t")
    assert len(amazon.calls(STOCK)) == 3


@pytest.mark.parametrize(
    "said",
    ["Atza|first", "client_secret=secret", "x" * 65, "request 1", "b\u00e9", "../1", "agent/1"],
)
async def test_what_looks_like_no_request_id_is_not_kept(amazon, connect, reply, said):
    headers = {"x-amzn-RequestId": said.encode().decode("latin-1")}
    amazon.says(STOCK, reply(200, EMPTY, headers=headers))
    session = await connect(amazon.url)
    assert (await session.inventory.page(US)).request_id is None


async def test_a_part_of_what_was_sent_to_the_sign_in_is_no_request_id(
    amazon, connect, reply, secrets
):
    sent = secrets.refresh_token.partition("|")[2]
    amazon.says(STOCK, reply(200, EMPTY, headers={"x-amzn-RequestId": sent}))
    session = await connect(amazon.url)
    assert (await session.inventory.page(US)).request_id is None


async def test_a_server_that_sends_the_request_back_gets_no_secret_kept(
    amazon, connect, reply, caplog
):
    caplog.set_level("DEBUG")
    secret = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
    amazon.says("/auth/o2/token", reply(200, {"access_token": secret, "expires_in": 3600}))

    def echo(request):
        sent = request.headers["x-amz-access-token"]
        return reply.error(403, sent, sent, sent, headers={"x-amzn-RequestId": sent[4:]})

    amazon.says(STOCK, echo)
    session = await connect(amazon.url)
    with pytest.raises(AccessDenied) as caught:
        await session.inventory.page(US)
    assert caught.value.request_id is None
    assert secret[4:] not in caught.value.sentence + caplog.text
