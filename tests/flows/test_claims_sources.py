"""Claims where Amazon refuses transactions, changes what it told, or tells what nobody knows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest

from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import DatabaseGone
from opside_desktop.store.schema import tables
from opside_desktop.store.writing import read_spans
from opside_desktop.store.writing.event_pages import WrittenEvents
from tests.flows.spoiling import SpoiledAmazon
from tests.flows.test_order_sources import DENIED, NO_CAUSE, WITH_CAUSE, Refusing
from tests.flows.world import PATHS, account_of, world

CLAIMS = frozenset({Dataset.CLAIMS})
TRANSACTIONS = PATHS["transactions"]
DAY = timedelta(days=1)
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.fixture
async def program(monkeypatch, home):
    options = {"scenario": "normal_week", "usage_plans": "none"}
    async with world(monkeypatch, home, finances_api="2024-06-19", **options) as program:
        program.amazon = Refusing(program.tap)
        yield program


async def advance(program, days):
    async with httpx.AsyncClient(base_url=program.endpoint.base_url) as client:
        await client.post("/_simulator/clock", json={"advanceDays": days})


async def sync(program, **request):
    """One sync of claims: what it read from, whether it asked for transactions, its warnings."""
    program.tap.requests.clear()
    run = await program.sync(datasets=CLAIMS, **request)
    assert run.status == "completed", run.error
    result = run.result(Dataset.CLAIMS)
    asked = any(path == TRANSACTIONS for path, _ in program.tap.requests)
    return result.source, asked, result.warnings


async def stored(program):
    return {row[2]: row for row in (await program.rows())["amazon_claims"]}


async def test_transactions_are_read_by_default(program):
    assert await sync(program) == ("transactions", True, ())
    assert len(await stored(program)) == 37
    assert program.tap.of("claims") == []


@pytest.mark.parametrize("answer", [DENIED, WITH_CAUSE])
async def test_where_transactions_are_refused_v0_is_read_at_once_and_that_is_told(program, answer):
    program.amazon.refuses(TRANSACTIONS, answer)
    source, asked, [warning] = await sync(program)
    assert (source, asked) == ("events-v0", True)
    assert warning.startswith("Claims were read through the older Finances API (v0)")
    assert "because Amazon refused the usual request (listTransactions)." in warning
    claims = await stored(program)
    assert len(claims) == 37
    program.amazon.rules.clear()
    assert await sync(program) == ("transactions", True, ())
    assert set(await stored(program)) == set(claims)


async def test_a_refusal_in_the_middle_begins_all_windows_anew(program):
    asked = []

    def third(query):
        asked.append(query)
        return len(asked) >= 3

    program.amazon.refuses(TRANSACTIONS, WITH_CAUSE, only=third)
    source, _, [_] = await sync(program)
    assert source == "transactions+events-v0"
    assert len(await stored(program)) == 37


async def test_a_refusal_in_the_middle_doubles_nothing_where_both_tell_other_amounts(program):
    asked = []

    def seventh(query):
        asked.append(query)
        return len(asked) >= 7

    def taxed(path, query, body):
        for one in body["payload"]["transactions"] if path == TRANSACTIONS else ():
            if one["transactionType"] == "Refund":
                one["totalAmount"]["currencyAmount"] -= 1
        return body

    program.tap.edit = taxed
    program.amazon.refuses(TRANSACTIONS, WITH_CAUSE, only=seventh)
    source, _, [_] = await sync(program)
    assert source == "transactions+events-v0"
    assert len(await stored(program)) == 37


async def test_where_both_are_refused_the_better_one_tells_why(program):
    program.amazon.refuses(TRANSACTIONS, WITH_CAUSE)
    program.amazon.refuses(PATHS["claims"], WITH_CAUSE)
    run = await program.sync(datasets=CLAIMS)
    assert (run.status, run.error_code) == ("failed", "access_denied")
    assert "listTransactions" in run.error
    assert run.result(Dataset.CLAIMS).warnings == ()


async def test_another_refusal_than_403_is_no_reason_for_v0(program):
    program.amazon.refuses(TRANSACTIONS, NO_CAUSE)
    run = await program.sync(datasets=CLAIMS)
    assert (run.status, run.error_code) == ("failed", "bad_data")
    assert program.tap.of("claims") == []


async def test_refused_on_two_days_transactions_are_asked_for_once_a_day(program):
    program.amazon.refuses(TRANSACTIONS, WITH_CAUSE)
    told = [(await sync(program))[1]]
    for days in (0.1, 1, 0.1, 0.5, 0.5, 0.1):
        await advance(program, days)
        _, asked, [_] = await sync(program)
        told.append(asked)
    assert told == [True, True, True, False, False, True, False]
    source, asked, warnings = await sync(program, sources={Dataset.CLAIMS: "events-v0"})
    assert (source, asked, warnings) == ("events-v0", False, ())
    program.amazon.rules.clear()
    source, asked, _ = await sync(program, sources={Dataset.CLAIMS: "transactions"})
    assert (source, asked) == ("transactions", True)
    source, asked, _ = await sync(program)
    assert (source, asked) == ("transactions", True)


async def test_no_other_source_stands_in_for_one_that_was_asked_for(program):
    program.amazon.refuses(TRANSACTIONS, WITH_CAUSE)
    run = await program.sync(datasets=CLAIMS, sources={Dataset.CLAIMS: "transactions"})
    assert (run.status, run.error_code) == ("failed", "access_denied")
    assert program.tap.of("claims") == []


# What one source alone knows, and money that is held back for long


@pytest.fixture
async def with_issues(monkeypatch, home):
    options = {"scenario": "with_issues", "usage_plans": "none"}
    async with world(monkeypatch, home, finances_api="2024-06-19", **options) as program:
        program.amazon = Refusing(program.tap)
        yield program


async def age_deferrals(program, days):
    """Let open deferrals look as if posted so many days earlier; gives their orders."""
    table = tables.amazon_claims
    pending = table.c.status == "pending"

    def write(connection):
        rows = connection.execute(table.select().where(pending)).all()
        for row in rows:
            earlier = row.created_at - days * DAY
            this = table.c.claim_id == row.claim_id
            connection.execute(table.update().where(this).values(created_at=earlier))
        return {row.order_id for row in rows}

    return await program.db.write(write)


async def test_orders_whose_money_is_held_back_for_long_are_asked_for_singly(with_issues):
    program = with_issues
    await sync(program)
    orders = await age_deferrals(program, 60)
    assert orders
    before = set(await stored(program))
    _, _, warnings = await sync(program)
    asked = {query.get("relatedIdentifierValue") for path, query in program.tap.requests}
    assert (asked - {None}, warnings) == (orders, ())
    assert set(await stored(program)) == before
    spans = await read_spans.load(program.db, account_of().user_id, Dataset.CLAIMS)
    assert all(one.start < one.end for one in spans)


async def test_a_refusal_of_single_orders_fails_nothing(with_issues):
    program = with_issues
    await sync(program)
    await age_deferrals(program, 60)
    program.amazon.refuses(TRANSACTIONS, WITH_CAUSE, only=lambda query: "ORDER_ID" in query)
    source, _, [warning] = await sync(program)
    assert source == "transactions"
    assert warning.startswith("Amazon did not answer for single orders")


async def test_what_only_one_source_knows_of_what_both_have_read_is_told_once(program):
    await sync(program)

    def without_refunds(path, query, body):
        if path == PATHS["claims"]:
            body["payload"]["FinancialEvents"].pop("RefundEventList", None)
        return body

    program.tap.edit = without_refunds
    refunds = sum("'RFD-" in id_ for id_ in await stored(program))
    _, _, [warning] = await sync(program, sources={Dataset.CLAIMS: "events-v0"})
    assert warning.startswith("Amazon's two ways to claims do not tell the same")
    assert f": {refunds} claims (" in warning
    assert "known from transactions only." in warning


# What Amazon changes, or what nobody knows


def money(amount):
    return {"CurrencyCode": "USD", "CurrencyAmount": amount}


def spelled(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def refund(posted, order_item):
    """A refund of −19.00."""
    item = {
        "SellerSKU": "S",
        "OrderItemId": order_item,
        "OrderAdjustmentItemId": "8001",
        "QuantityShipped": 1,
        "ItemChargeAdjustmentList": [{"ChargeType": "Principal", "ChargeAmount": money(-20)}],
        "PromotionAdjustmentList": [
            {"PromotionType": "P", "PromotionId": "p", "PromotionAmount": money(1)}
        ],
    }
    return {
        "AmazonOrderId": "111-0000001-0000001",
        "MarketplaceName": "Amazon.com",
        "PostedDate": spelled(posted),
        "ShipmentItemAdjustmentList": [item],
    }


def credit(posted, *, is_dated):
    fee = {"FeeType": "FBARemovalFee", "FeeAmount": money(1.25)}
    dated = {"PostedDate": spelled(posted)} if is_dated else {}
    return {"FeeReason": "Removal fee credit", **dated, "FeeList": [fee]}


def answering(name, events):
    """Answers each window of v0 with those of the events, by their moments, that lie in it."""

    def answer(start, end, query):
        within = [event for moment, event in events if start <= moment < end]
        return msgspec.json.encode({"payload": {"FinancialEvents": {name: within}}})

    return answer


async def claims_of(program):
    """Amount and id of each claim that is shown, and the warnings of a sync."""
    run = await program.sync(datasets=CLAIMS)
    assert run.status == "completed", run.error
    table = tables.amazon_claims
    select = table.select().where(table.c.hidden_reason.is_(None))
    rows = await program.db.read(lambda connection: connection.execute(select).all())
    return sorted((row.amount, row.claim_id) for row in rows), run.result(Dataset.CLAIMS).warnings


async def test_a_refund_whose_order_item_id_changes_stays_one_claim(monkeypatch, home):
    posted = TODAY - DAY + timedelta(hours=10)
    async with world(monkeypatch, home) as program:
        amazon = SpoiledAmazon(program)
        found = []
        for order_item in ("70000000000001", "999000111222"):
            event = (posted, refund(posted, order_item))
            amazon.answers["claims"] = answering("RefundEventList", [event])
            found.append((await claims_of(program))[0])
        assert found[0] == found[1]
        assert [amount for amount, _ in found[0]] == [-19]


@pytest.mark.parametrize("dated", [(True, True), (False, True), (True, False)])
async def test_equal_credits_of_two_days_stay_two_dated_or_not(monkeypatch, home, dated):
    moments = [TODAY - days * DAY + timedelta(hours=10) for days in (1, 36)]
    async with world(monkeypatch, home) as program:
        amazon = SpoiledAmazon(program)
        found = []
        for ahead, is_dated in enumerate(dated):
            amazon.ahead = 8 * ahead * DAY  # a week later both are read again
            events = [(moment, credit(moment, is_dated=is_dated)) for moment in moments]
            amazon.answers["claims"] = answering("ServiceFeeEventList", events)
            found.append((await claims_of(program))[0])
        assert found[0] == found[1]
        assert [float(amount) for amount, _ in found[0]] == [1.25, 1.25]


async def test_equal_credits_without_a_date_are_two_although_their_day_is_read_in_parts(
    monkeypatch, home
):
    day = TODAY - DAY
    events = [(day + timedelta(hours=hour), credit(day, is_dated=False)) for hour in (5, 17)]
    bad = day + timedelta(hours=11, minutes=30)
    good = answering("ServiceFeeEventList", events)

    def unreadable(start, end, query):
        frameless = b'{"payload": {"FinancialEvents": 7}}'
        return frameless if start <= bad < end else good(start, end, query)

    async with world(monkeypatch, home) as program:
        amazon = SpoiledAmazon(program)
        amazon.answers["claims"] = unreadable
        found = [(await claims_of(program))[0] for _ in range(2)]
        amazon.answers["claims"] = good
        found += [(await claims_of(program))[0] for _ in range(2)]
        assert len(found[0]) == 2
        assert found == 4 * [found[0]]


async def test_a_list_that_nobody_knows_is_kept_and_named(monkeypatch, home):
    posted = TODAY - 3 * DAY + timedelta(hours=10)
    event = (posted, {"MarketplaceCountryCode": "US", "Amount": money(250)})
    async with world(monkeypatch, home) as program:
        amazon = SpoiledAmazon(program)
        amazon.answers["claims"] = answering("PerformanceBondRefundEventList", [event])
        found, warnings = await claims_of(program)
        assert [float(amount) for amount, _ in found] == [250]
        assert any("PerformanceBondRefundEventList" in one for one in warnings)
        assert (await claims_of(program))[0] == found


# Readings that break off


async def test_what_waits_of_readings_that_break_off_is_new_after_two_more(monkeypatch, home):
    posted = TODAY - DAY + timedelta(hours=10)
    small, large = refund(posted, "7"), refund(posted, "7")
    charge = {"ChargeType": "Principal", "ChargeAmount": money(-31)}
    large["ShipmentItemAdjustmentList"][0]["ItemChargeAdjustmentList"] = [charge]
    sent, begun = [small], []

    def answer(start, end, query):
        if "NextToken" in query:
            return None
        within = sent if start <= posted < end else []
        payload: dict[str, Any] = {"FinancialEvents": {"RefundEventList": within}}
        if within == [large]:
            begun.append(start)
            payload["NextToken"] = "second"
        return msgspec.json.encode({"payload": payload})

    def second_page(query):
        return "NextToken" in query

    def of_former_sync(query):
        return second_page(query) and not begun

    async with world(monkeypatch, home) as program:
        refusing = Refusing(program.tap)
        amazon = SpoiledAmazon(program)
        amazon.answers["claims"] = answer
        await claims_of(program)
        sent[:] = [large]
        found = []
        for _ in range(4):
            begun.clear()
            refusing.rules.clear()
            refusing.refuses(PATHS["claims"], NO_CAUSE, only=of_former_sync)
            refusing.refuses(PATHS["claims"], (500, NO_CAUSE[1]), only=second_page)
            run = await program.sync(datasets=CLAIMS)
            assert run.status == "failed"
            assert len(begun) == 1
            found.append(len(await stored(program)))
        assert found == [1, 1, 1, 2]


@pytest.mark.parametrize("fatal", [1, 2])  # what settles the reading before, and the page
async def test_a_page_told_again_whose_end_nobody_hears_of_doubles_nothing(
    monkeypatch, home, fatal
):
    posted = TODAY - DAY + timedelta(hours=10)
    begun = []

    def answer(start, end, query):
        if "NextToken" in query:
            return None
        payload: dict[str, Any] = {"FinancialEvents": {"RefundEventList": []}}
        if start <= posted < end:
            begun.append(start)
            payload["FinancialEvents"]["RefundEventList"] = [refund(posted, "7")]
            payload["NextToken"] = "second"
        return msgspec.json.encode({"payload": payload})

    async with world(monkeypatch, home) as program:
        refusing = Refusing(program.tap)
        SpoiledAmazon(program).answers["claims"] = answer
        refusing.refuses(PATHS["claims"], (500, NO_CAUSE[1]))
        assert (await program.sync(datasets=CLAIMS)).status == "failed"
        assert len(await stored(program)) == 1

        begun.clear()
        refusing.rules.clear()
        refusing.refuses(PATHS["claims"], NO_CAUSE, only=lambda query: not begun)
        refusing.refuses(PATHS["claims"], (500, NO_CAUSE[1]))
        write, written = program.db.write, []

        async def lossy(work, **more):
            done = await write(work, **more)
            if begun and isinstance(done, WrittenEvents):
                written.append(done)
                if len(written) == fatal:
                    raise DatabaseGone("The connection was lost.")
            return done

        monkeypatch.setattr(program.db, "write", lossy)
        assert (await program.sync(datasets=CLAIMS)).status == "failed"
        assert len(written) >= fatal
        assert len(await stored(program)) == 1
