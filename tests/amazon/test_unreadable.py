"""Answers that are not quite JSON: repaired, or cut into their records, or judged for good."""

import codecs
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from opside_desktop.amazon.errors import UnreadableAnswer
from opside_desktop.amazon.timings import Limits
from opside_desktop.domain.errors import AmazonUnavailable
from opside_desktop.domain.waits import WaitReason

CASES = Path(__file__).parent / "cases"
STOCK = "/fba/inventory/v1/summaries"
FINANCES = "/finances/v0/financialEvents"
SEARCH = "/orders/2026-01-01/orders"
ORDERS_V0 = "/orders/v0/orders"
SELLERS = "/sellers/v1/marketplaceParticipations"
LWA = "/auth/o2/token"
US = "ATVPDKIKX0DER"
END = datetime(2026, 11, 20, tzinfo=UTC)
START = END - timedelta(days=7)


def stock(title: bytes) -> bytes:
    return b'{"payload":{"inventorySummaries":[{"sellerSku":"A","productName":"%s"}]}}' % title


@pytest.mark.parametrize(
    ("case", "text"),
    [("C01_invalid_escape.json", "Women's socks"), ("C02_raw_newline.json", "two\nlines")],
)
async def test_one_bad_sign_costs_no_claim(amazon, connect, reply, caplog, case, text):
    caplog.set_level("INFO")
    amazon.says(FINANCES, reply(200, (CASES / case).read_bytes()))
    session = await connect(amazon.url)
    page = await session.finances.page(START, END)
    (event,) = page.records
    assert event.payload["AdjustmentAmount"]["CurrencyAmount"] == Decimal("9.99")
    assert event.payload["AdjustmentItemList"][0]["ProductDescription"] == text
    assert page.skipped == []
    assert len(amazon.calls(FINANCES)) == 1
    told = [r.getMessage() for r in caplog.records if "repaired its answer at byte" in r.msg]
    assert len(told) == 1
    assert "request request-2" in caplog.text
    assert text not in caplog.text


ODD = {
    rb"C:\data\x41\q": "C:\\data\\x41\\q",
    rb"\u12G4 \u00e9": "\\u12G4 é",
    b"tab\there": "tab\there",
    b"a\x00b\x1f": "a\x00b\x1f",
    b"caf\xe9 \xff": "caf� �",
    b"\xed\xa0\x80!": "���!",
    rb"\\\' \" \ud800": "\\' \" �",
    b"line\\\nfeed": "line\\\nfeed",
    b"caf\xe9 \\' \n \\udfff": "caf� ' \n �",
}


@pytest.mark.parametrize("odd", ODD)
async def test_texts_are_mended_and_all_else_is_kept(amazon, connect, reply, odd):
    amazon.says(STOCK, reply(200, stock(odd)))
    session = await connect(amazon.url)
    page = await session.inventory.page(US)
    assert [(each.sku, each.product_name) for each in page.records] == [("A", ODD[odd])]
    assert len(amazon.calls(STOCK)) == 1


@pytest.mark.parametrize(
    "body",
    [
        codecs.BOM_UTF8 + stock("ä".encode()),
        codecs.BOM_UTF8 + stock(rb"\'").replace(rb"\'", "ä".encode()),
        codecs.BOM_UTF16_LE + stock("ä".encode()).decode().encode("utf-16-le"),
        codecs.BOM_UTF32_BE + stock("ä".encode()).decode().encode("utf-32-be"),
        b"\x00\r\n" + stock("ä".encode()) + b"\x00\n",
        json.dumps(json.loads(stock("ä".encode())), indent=2).encode(),
    ],
    ids=["bom", "bom2", "utf-16", "utf-32", "nul around", "indented"],
)
async def test_marks_and_signs_around_an_answer_are_left_away(amazon, connect, reply, body):
    amazon.says(STOCK, reply(200, body))
    session = await connect(amazon.url)
    page = await session.inventory.page(US)
    assert [each.product_name for each in page.records] == ["ä"]
    assert len(amazon.calls(STOCK)) == 1


async def test_the_sign_in_gets_the_same_repairs(amazon, connect, reply):
    said = (
        b'\xef\xbb\xbf{"access_token": "Atza|first", "note": "it\\\'s\n\xe9", "expires_in": 3600}'
    )
    amazon.says(LWA, reply(200, said))
    session = await connect(amazon.url)
    await session.sign_in()
    assert amazon.token_calls == 1


DEEP = b'{"a":' * 5000 + b"1" + b"}" * 5000
RECORDS = {
    "no number": b'{"sellerSku":"B","totalQuantity":1.2.3}',
    "a quote": b'{"sellerSku":"B","productName":"12" pipe","totalQuantity":1}',
    "a quote and commas": b'{"sellerSku":"B","productName":"a 5" x 7" frame, {blue}"}',
    "not a number": b'{"sellerSku":"B","totalQuantity":NaN}',
    "no value": b'{"sellerSku":"B","totalQuantity":}',
    "comma": b'{"sellerSku":"B",}',
    "no JSON": b'{"sellerSku":"B"; DROP}',
    "too deep": b'{"sellerSku":"B","x":' + DEEP + b"}",
}


@pytest.mark.parametrize("damaged", RECORDS.values(), ids=RECORDS)
async def test_only_the_damaged_record_is_lost_and_named(amazon, connect, reply, clock, damaged):
    rows = b'{"sellerSku":"A","totalQuantity":1},%s,{"sellerSku":"C","totalQuantity":3}' % damaged
    body = b'{"payload":{"inventorySummaries":[%s]},"pagination":{"nextToken":"n"}}' % rows
    amazon.says(STOCK, reply(200, body))
    session = await connect(amazon.url)
    start = clock.now()
    page = await session.inventory.page(US)
    assert [(each.sku, each.quantities.total) for each in page.records] == [("A", 1), ("C", 3)]
    assert [(each.record, each.key) for each in page.skipped] == [("SKU B", "B")]
    assert page.next_token == "n"
    assert len(amazon.calls(STOCK)) == 3
    assert 60 <= clock.now() - start < 75


async def test_a_comma_that_is_missing_between_records_costs_none(amazon, connect, reply):
    rows = b'{"sellerSku":"A","x":[{}]}{"sellerSku":"B"} , {"sellerSku":"C"},'
    amazon.says(STOCK, reply(200, b'{"payload":{"inventorySummaries":[%s]}}' % rows))
    session = await connect(amazon.url)
    page = await session.inventory.page(US)
    assert [each.sku for each in page.records] == ["A", "B", "C"]
    assert page.skipped == []


async def test_a_damaged_event_is_named_by_what_can_be_read_of_it(amazon, connect, reply):
    bad = (
        b'{"AmazonOrderId":"111-2","SellerSKU":"S\\u00e9","Amount":'
        b'{"CurrencyCode":"EUR","CurrencyAmount":-7.5},"x":}'
    )
    good = b'{"AmazonOrderId":"111-3"}'
    lists = b'"RefundEventList":[%s,%s],"OddEventList":[{"y":}],"ShipmentEventList":[%s]'
    body = b'{"payload":{"FinancialEvents":{%s}}}' % (lists % (bad, good, good))
    amazon.says(FINANCES, reply(200, body))
    session = await connect(amazon.url)
    page = await session.finances.page(START, END)
    assert [event.event_list for event in page.records] == ["RefundEventList", "ShipmentEventList"]
    assert [each.record for each in page.skipped] == [
        "RefundEventList (order 111-2, SKU Sé, -7.5 EUR)",
        "OddEventList",
    ]


async def test_a_damaged_order_is_named_and_the_others_are_kept(amazon, connect, reply):
    order = '{"orderId":"%s","createdTime":"2026-11-02T00:00:00Z","x":%s}'
    rows = ",".join((order % ("1", "1"), order % ("2", "01"), order % ("3", "3")))
    amazon.says(SEARCH, reply(200, f'{{"orders":[{rows}],"pagination":{{"nextToken":"n"}}}}'))
    session = await connect(amazon.url)
    page = await session.orders.page(START, END)
    assert [each.order_id for each in page.records] == ["1", "3"]
    assert [(each.record, each.key) for each in page.skipped] == [("order 2", "2")]


async def test_orders_v0_and_marketplaces_are_cut_too(amazon, connect, reply):
    taking_part = '{"marketplace":{"id":"%s"},"participation":{"isParticipating":true}%s}'
    entries = ",".join((taking_part % (US, ""), taking_part % ("X", ',"y":')))
    amazon.says(SELLERS, reply(200, f'{{"payload":[{entries}]}}'))
    head = '{"AmazonOrderId":"%s","PurchaseDate":"2026-11-02T00:00:00Z"%s}'
    heads = [head % ("1", ""), head % ("2", ',"y":'), head % ("3", "")]
    amazon.says(ORDERS_V0, reply(200, f'{{"payload":{{"Orders":[{",".join(heads)}]}}}}'))
    lines = '{"payload":{"OrderItems":[{"OrderItemId":"1","QuantityOrdered":1%s}]}}'
    amazon.says(f"{ORDERS_V0}/1/orderItems", reply(200, lines % ""))
    amazon.says(f"{ORDERS_V0}/3/orderItems", reply(200, lines % ',"y":'))
    session = await connect(amazon.url, orders_api="v0")
    page = await session.orders.page(START, END)
    assert [each.order_id for each in page.records] == ["1", "3"]
    assert [each.record for each in page.skipped] == ["order 2"]
    assert [each.record for each in page.mended] == ["3"]
    assert f"MarketplaceIds={US}&" in amazon.calls(ORDERS_V0)[0].target


FRAMES = {
    "a member": b'{"payload":{"inventorySummaries":[]},"pagination":{"nextToken":01}}',
    "a bracket": b'{"payload":{"inventorySummaries":[{"sellerSku":"A"]}}',
    "a list for a text": b'{"payload":{"inventorySummaries":[]},"pagination":{"nextToken":[]}}',
    "words for a list": b'{"payload":{"inventorySummaries":"none"}}',
    "too deep": b'{"payload":' + DEEP + b"}",
    "two in one": b'{"payload":{"inventorySummaries":[]}}{"payload":null}',
}


@pytest.mark.parametrize("body", FRAMES.values(), ids=FRAMES)
async def test_a_damaged_frame_is_believed_after_three_tries_and_a_minute(
    amazon, connect, reply, clock, waits, body
):
    amazon.says(STOCK, reply(200, body))
    session = await connect(amazon.url)
    start = clock.now()
    with pytest.raises(UnreadableAnswer) as caught:
        await session.inventory.page(US, on_wait=waits.append)
    assert len(amazon.calls(STOCK)) == 3
    assert 60 <= clock.now() - start < 75
    assert {wait.reason for wait in waits if wait} == {WaitReason.RETRY}
    assert caught.value.request_id == "request-4"
    assert caught.value.code == "bad_data"


async def test_the_log_says_where_and_why_an_answer_could_not_be_read(
    amazon, connect, reply, caplog
):
    caplog.set_level("INFO")
    amazon.says(STOCK, reply(200, FRAMES["a member"]), reply(200, CUT["in a text"]))
    session = await connect(amazon.url)
    with pytest.raises(AmazonUnavailable):
        await session.inventory.page(US)
    told = [r.getMessage() for r in caplog.records if "could not be read" in r.msg]
    at = FRAMES["a member"].index(b"01") + 1
    assert "request request-2" in told[0]
    assert f"(byte {at})" in told[0]
    assert "truncated" in told[1]
    assert "it is" not in caplog.text


async def test_a_part_of_what_is_known_to_be_unreadable_is_believed_at_once(
    amazon, connect, reply, clock
):
    amazon.says(STOCK, reply(200, FRAMES["a member"]))
    session = await connect(amazon.url)
    start = clock.now()
    with pytest.raises(UnreadableAnswer):
        await session.inventory.page(US, known_unreadable=True)
    assert len(amazon.calls(STOCK)) == 1
    assert clock.now() == start


async def test_damage_that_is_elsewhere_each_time_passes(amazon, connect, reply):
    def damaged(at):
        return b'{"payload":%s{"inventorySummaries":01}}' % (b" " * at)

    amazon.says(STOCK, *[reply(200, damaged(n)) for n in range(7)], reply(200, stock(b"x")))
    session = await connect(amazon.url)
    assert [each.product_name for each in (await session.inventory.page(US)).records] == ["x"]


CUT = {
    "at a comma": b'{"payload":{"inventorySummaries":[{"sellerSku":"A"},{"sellerSku":"B"}',
    "in a text": b'{"payload":{"inventorySummaries":[{"sellerSku":"A","productName":"it is',
    "in an escape": b'{"payload":{"inventorySummaries":[{"sellerSku":"A","productName":"it\\',
    "in a character": stock("ä".encode())[:-8],
    "after a closing bracket": b'{"payload":{"inventorySummaries":[{"sellerSku":"A"}]}',
    "html": b"<html>{}</html>",
    "nothing": b"",
    "words": b"upstream request timeout",
}


@pytest.mark.parametrize("body", CUT.values(), ids=CUT)
@pytest.mark.parametrize("known", [False, True])
async def test_a_cut_answer_is_never_believed(amazon, connect, reply, clock, body, known):
    amazon.says(STOCK, reply(200, body))
    session = await connect(amazon.url)
    with pytest.raises(AmazonUnavailable):
        await session.inventory.page(US, known_unreadable=known)
    assert len(amazon.calls(STOCK)) == 10


async def test_a_clock_that_was_set_back_does_not_hasten_the_judgement(
    amazon, connect, reply, clock
):
    def set_back(request):
        clock.time -= 3600
        return reply(200, FRAMES["a member"])

    amazon.says(STOCK, reply(200, FRAMES["a member"]), set_back, reply(200, FRAMES["a member"]))
    session = await connect(amazon.url)
    start = clock.now()
    with pytest.raises(UnreadableAnswer):
        await session.inventory.page(US)
    assert clock.now() + 3600 - start >= 60


async def test_a_sign_in_nested_without_end_is_unreadable(amazon, connect, reply):
    amazon.says(LWA, reply(200, b'{"access_token":"Atza|x","x":' + DEEP + b"}"))
    session = await connect(amazon.url)
    with pytest.raises(AmazonUnavailable):
        await session.sign_in()
    amazon.says(LWA, reply(400, DEEP))
    with pytest.raises(AmazonUnavailable):
        await session.sign_in()


@pytest.mark.parametrize("body", [b"<html>Log in to this network</html>", b"", DEEP])
async def test_a_sign_in_refused_by_a_page_is_told_soon_and_with_its_status(
    amazon, connect, reply, clock, body
):
    amazon.says(LWA, reply(403, body))
    session = await connect(amazon.url)
    start = clock.now()
    with pytest.raises(AmazonUnavailable, match="status 403"):
        await session.sign_in()
    assert clock.now() - start < 15
    amazon.says(LWA, *[reply(403, body)] * 3, reply(200, {"access_token": "Atza|x"}))
    await session.sign_in()


async def test_a_sign_in_that_never_ends_is_asked_for_again(amazon, connect, reply):
    grant = reply(200, {"access_token": "Atza|x", "expires_in": 3600})
    amazon.says(LWA, reply(drips=True), grant)
    session = await connect(amazon.url, limits=Limits(call_s=0.5))
    await session.sign_in()
    assert amazon.token_calls >= 2


@pytest.mark.parametrize("token", ["", "a\nb", "sec\u00e9", 7, None, ["x"]])
async def test_an_access_token_that_cannot_be_sent_is_no_answer(amazon, connect, reply, token):
    amazon.says(LWA, reply(200, {"access_token": token}), reply(200, {"access_token": "Atza|x"}))
    session = await connect(amazon.url)
    await session.sign_in()
    assert amazon.token_calls == 2


async def test_a_refusal_nested_without_end_is_told_with_its_status(amazon, connect, reply):
    amazon.says(STOCK, reply(403, DEEP))
    session = await connect(amazon.url)
    with pytest.raises(Exception, match="403"):
        await session.inventory.page(US)


async def test_an_event_that_python_can_decode_but_nobody_can_use_is_skipped(
    amazon, connect, reply
):
    deep = b'{"a":' * 300 + b"1" + b"}" * 300
    body = b'{"payload":{"FinancialEvents":{"RefundEventList":[%s,{"b":1}]}}}' % deep
    amazon.says(FINANCES, reply(200, body))
    session = await connect(amazon.url)
    page = await session.finances.page(START, END)
    assert [event.payload for event in page.records] == [{"b": 1}]
    assert [each.record for each in page.skipped] == ["RefundEventList"]


async def test_a_number_beyond_all_bounds_costs_no_page(amazon, connect, reply):
    events = b'[{"x":1e99999999999999999999},{"b":1}]'
    body = b'{"payload":{"FinancialEvents":{"RefundEventList":%s}}}' % events
    amazon.says(FINANCES, reply(200, body))
    session = await connect(amazon.url)
    page = await session.finances.page(START, END)
    assert [event.payload for event in page.records][1] == {"b": 1}
    assert len(amazon.calls(FINANCES)) == 1


@pytest.mark.parametrize(
    "life", ["3600", "3600.0", " 3600 ", 3600, None, "soon", -5, 1e308, [], "1e400"]
)
async def test_the_life_of_an_access_token_may_be_written_as_text(
    amazon, connect, reply, clock, life
):
    amazon.says(LWA, reply(200, {"access_token": "Atza|x", "expires_in": life}))
    session = await connect(amazon.url)
    await session.sign_in()
    clock.time += 3500
    await session.sign_in()
    assert amazon.token_calls == 1
    clock.time += 86_400
    await session.sign_in()
    assert amazon.token_calls == 2
