"""listTransactions, as Amazon's model says and as it is sent: read page by page, numbers exact."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from opside_desktop.amazon.errors import DeniedWithoutCause, PageTokenExpired
from opside_desktop.amazon.usage_plans import USAGE_PLANS, Operation
from opside_desktop.domain.errors import AccessDenied
from opside_desktop.domain.records import RawEvent, Skipped
from opside_desktop.domain.sources import ClaimsSource

PATH = "/finances/2024-06-19/transactions"
START, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 8, tzinfo=UTC)


@pytest.fixture
async def finances(amazon, connect_transactions):
    return connect_transactions(amazon.url)


def refund(**more):
    return {"transactionType": "Refund", "transactionId": "T1", **more}


async def test_transactions_keep_every_figure_as_amazon_wrote_it(amazon, finances, reply):
    sent = (
        '{"transactionType": "Refund", "transactionId": "T1", "transactionStatus": "DEFERRED",'
        ' "postedDate": "2026-11-01T23:30:00-08:00",'
        ' "totalAmount": {"currencyCode": "USD", "currencyAmount": -12.10},'
        ' "FieldOfTomorrow": {"deep": [0.1, 1234567890123456.78, 1E-7]}}'
    )
    body = f'{{"payload": {{"nextToken": "n|1", "transactions": [{sent}]}}, "somethingNew": 1}}'
    amazon.says(PATH, reply(200, body))
    page = await finances.page(START, END)
    assert page.records == [
        RawEvent(
            event_list="transactions",
            posted_at=datetime(2026, 11, 2, 7, 30, tzinfo=UTC),
            status="DEFERRED",
            payload=json.loads(sent, parse_float=Decimal),
        )
    ]
    assert str(page.records[0].payload["totalAmount"]["currencyAmount"]) == "-12.10"
    assert (page.next_token, page.skipped, page.is_frameless) == ("n|1", [], False)


async def test_a_page_is_asked_for_by_posted_date_and_token_alone(amazon, finances, reply):
    amazon.says(PATH, reply(200, {"payload": {"transactions": []}}))
    await finances.page(START, END, page_size=25)
    await finances.page(START, END, token="a+/=")
    asked = "?postedAfter=2026-11-01T00%3A00%3A00Z&postedBefore=2026-11-08T00%3A00%3A00Z"
    targets = [request.target for request in amazon.calls(PATH)]
    assert targets == [f"{PATH}{asked}", f"{PATH}{asked}&nextToken=a%2B%2F%3D"]
    assert (finances.source, finances.has_page_size) == (ClaimsSource.TRANSACTIONS, False)


async def test_everything_of_one_order_is_asked_for_without_a_date(amazon, finances, reply):
    body = {"payload": {"transactions": [refund()], "nextToken": "n"}}
    amazon.says(PATH, reply(200, body))
    page = await finances.page_of_order("111-2222222-3333333")
    assert [event.payload["transactionId"] for event in page.records] == ["T1"]
    await finances.page_of_order("111-2222222-3333333", token="n")
    asked = "?relatedIdentifierName=ORDER_ID&relatedIdentifierValue=111-2222222-3333333"
    targets = [request.target for request in amazon.calls(PATH)]
    assert targets == [f"{PATH}{asked}", f"{PATH}{asked}&nextToken=n"]


@pytest.mark.parametrize("kind", ["Shipment", " shipment ", "SHIPMENT"])
async def test_of_sales_only_what_they_are_and_when_is_read(amazon, finances, reply, kind):
    head = {
        "transactionType": kind,
        "transactionId": "T9",
        "transactionStatus": "RELEASED",
        "postedDate": "2026-11-02T00:00:00Z",
    }
    sale = {**head, "totalAmount": {"currencyAmount": 9.99}, "items": [{"breakdowns": {}}]}
    amazon.says(PATH, reply(200, {"payload": {"transactions": [sale, refund()]}}))
    page = await finances.page(START, END)
    assert [event.payload for event in page.records] == [head, refund()]
    assert page.records[0].posted_at == datetime(2026, 11, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "payload",
    [None, {}, {"nextToken": "more"}, {"transactions": None}, {"transactions": []}],
)
async def test_a_page_without_its_list_proves_nothing(amazon, finances, reply, payload):
    amazon.says(PATH, reply(200, {"payload": payload}))
    page = await finances.page(START, END)
    assert page.records == []
    assert page.next_token == (payload or {}).get("nextToken")
    assert page.is_frameless is not ((payload or {}).get("transactions") == [])
    assert len(amazon.calls(PATH)) == (3 if page.is_frameless else 1)


async def test_what_is_no_transaction_is_skipped_and_the_rest_kept(amazon, finances, reply):
    deep = "[" * 150 + "]" * 150
    parts = ["7", "null", '"x"', "[]", f'{{"transactionId": "T2", "items": {deep}}}', "{}"]
    body = f'{{"payload": {{"transactions": [{", ".join(parts)}, {json.dumps(refund())}]}}}}'
    amazon.says(PATH, reply(200, body))
    page = await finances.page(START, END)
    assert [event.payload for event in page.records] == [{}, refund()]
    odd = Skipped("transaction", "Amazon sent something else than a transaction.")
    assert page.skipped == [
        *[odd] * 4,
        Skipped("transaction T2", "Amazon sent a transaction that is nested too deeply."),
    ]


ODD = {
    "transactionType": {"of": "tomorrow"},
    "transactionId": 7,
    "transactionStatus": ["DEFERRED"],
    "postedDate": {"x": 1},
    "breakdowns": {"breakdownType": "Sales"},
    "items": None,
    "contexts": {"sku": "A"},
    "relatedIdentifiers": "none",
    "totalAmount": None,
}


@pytest.mark.parametrize("name", ODD)
async def test_an_odd_field_costs_nothing_but_itself(amazon, finances, reply, name):
    sent = {**refund(postedDate="2026-11-02T00:00:00Z", transactionStatus="RELEASED")}
    sent[name] = ODD[name]
    amazon.says(PATH, reply(200, {"payload": {"transactions": [sent, refund()]}}))
    page = await finances.page(START, END)
    first, second = page.records
    assert (first.payload, second.payload, page.skipped) == (sent, refund(), [])
    assert (first.posted_at is None) == (name == "postedDate")
    assert first.status == (None if name == "transactionStatus" else "RELEASED")


async def test_a_transaction_damaged_for_good_is_the_only_one_left_out(amazon, finances, reply):
    broken = '{"transactionId": "T2", "totalAmount": {"currencyCode": "USD", "currencyAmount": -}}'
    body = f'{{"payload": {{"transactions": [{json.dumps(refund())}, {broken}]}}}}'
    amazon.says(PATH, reply(200, body))
    page = await finances.page(START, END)
    assert [event.payload for event in page.records] == [refund()]
    assert len(page.skipped) == 1


async def test_a_denial_names_the_role(amazon, finances, reply):
    amazon.says(PATH, reply.error(403, "Unauthorized", "Access to requested resource is denied."))
    with pytest.raises(AccessDenied) as caught:
        await finances.page(START, END)
    assert "“Finance and Accounting”" in caught.value.sentence
    assert isinstance(caught.value, DeniedWithoutCause)


async def test_a_token_that_amazon_no_longer_knows_is_told(amazon, finances, reply):
    words = "The nextToken is not valid or has expired."
    amazon.says(PATH, reply.error(400, "InvalidInput", words))
    with pytest.raises(PageTokenExpired):
        await finances.page(START, END, token="old")


def test_the_usage_plan_is_amazons():
    plan = USAGE_PLANS[Operation.LIST_TRANSACTIONS]
    assert (plan.rate, plan.burst) == (0.5, 10)
