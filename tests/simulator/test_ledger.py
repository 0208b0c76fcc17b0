"""The ledger, and both finance interfaces against it while the simulated clock moves on."""

import json
from collections import Counter

import pytest

from tests.simulator.test_data import is_claim


def cents(amount):
    return round(amount * 100)


def named_by(transaction):
    """The identifiers of a transaction by their names."""
    return {
        related["relatedIdentifierName"]: related["relatedIdentifierValue"]
        for related in transaction["relatedIdentifiers"]
    }


def told_by_transactions(transactions):
    """Sums by currency and state; a release that posts a copy is no money of its own."""
    sums = Counter()
    for one in transactions:
        if "DEFERRED_TRANSACTION_ID" not in named_by(one):
            status = "DEFERRED" if one["transactionStatus"] == "DEFERRED" else "RELEASED"
            total = one["totalAmount"]
            sums[total["currencyCode"], status] += cents(total["currencyAmount"])
    return sums


def money_in(value):
    """Every amount inside an event of v0."""
    if isinstance(value, dict):
        if "CurrencyAmount" in value:
            yield value["CurrencyCode"], cents(value["CurrencyAmount"])
        else:
            for inner in value.values():
                yield from money_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from money_in(inner)


def refunds_of_v0(events):
    sums = Counter()
    for name, event in events:
        if name == "RefundEventList":
            for currency, amount in money_in(event):
                sums[currency] += amount
    return sums


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("days", [0, 8, 10, 20])
async def test_both_interfaces_show_what_the_ledger_says_they_show(connect, seed, days):
    async with connect(scenario="with_issues", seed=seed, claims=400) as api:
        await api.advance(days)
        ledger = await api.ledger()
        transactions = await api.scan("transactions")
        events = await api.scan("events")
    expected = Counter()
    for entry in ledger:
        if entry["visible"]:
            expected[entry["currency"], entry["status"]] += cents(entry["amount"])
    assert told_by_transactions(transactions) == expected
    in_v0 = [entry for entry in ledger if entry["visibleInV0"]]
    assert len(events) == len(in_v0)
    assert sum(is_claim(*event) for event in events) == sum(entry["claim"] for entry in in_v0)
    refunds = Counter()
    for entry in in_v0:
        if entry["classInV0"] == "refund":
            refunds[entry["currency"]] += cents(entry["amount"])
    assert refunds_of_v0(events) == refunds
    assert all(entry["status"] == "RELEASED" for entry in in_v0)
    first = {entry["status"] for entry in ledger if entry["postedAt"] < "2026-11-14"}
    assert (first == {"RELEASED"}) == (days == 20)


async def test_every_event_of_v0_is_a_transaction_of_the_same_second_and_total(connect):
    async with connect() as api:
        events = Counter()
        for entry in await api.ledger():
            assert entry["visible"]
            assert entry["visibleInV0"]
            events[entry["postedAt"], entry["currency"], entry["amount"]] += 1
        transactions = Counter(
            (one["postedDate"], *(one["totalAmount"][f"currency{k}"] for k in ("Code", "Amount")))
            for one in await api.scan("transactions")
        )
        dated = Counter(
            event.get("PostedDate") or event.get("postedDate")
            for _, event in await api.scan("events")
        )
    assert transactions == events
    for second, count in dated.items():
        if second is not None:
            assert sum(n for (at, *_), n in events.items() if at == second) >= count


async def test_an_eighth_of_the_refunds_is_deferred_and_let_go_in_both_forms(connect):
    async with connect(scenario="with_issues", claims=2_000) as api:
        before = {one["transactionId"]: one for one in await api.scan("transactions")}
        old = {repr(event) for event in await api.scan("events")}
        await api.advance(20)
        after = {one["transactionId"]: one for one in await api.scan("transactions")}
        new = [event for event in await api.scan("events") if repr(event) not in old]
    refunds = [one for one in before.values() if one["description"] == "Refund Order"]
    deferred = [one for one in refunds if one["transactionStatus"] == "DEFERRED"]
    assert 0.11 < len(deferred) / len(refunds) < 0.14
    forms = Counter()
    copies = {named_by(one).get("DEFERRED_TRANSACTION_ID"): one for one in after.values()}
    for one in deferred:
        (context,) = one["contexts"]
        now = after[one["transactionId"]]
        assert now["transactionStatus"] == "DEFERRED_RELEASED"
        assert (now["totalAmount"], now["postedDate"]) == (one["totalAmount"], one["postedDate"])
        release = named_by(now).get("RELEASE_TRANSACTION_ID")
        forms[context["deferralReason"], release is not None] += 1
        if release is not None:
            copy = after[release]
            assert copy == copies[one["transactionId"]]
            assert (copy["transactionStatus"], copy["contexts"]) == ("RELEASED", [])
            assert copy["postedDate"] == context["maturityDate"] > one["postedDate"]
            assert copy["totalAmount"] == one["totalAmount"]
    assert set(forms) == {("DD7", True), ("DD7", False), ("B2B", True)}
    assert {name for name, _ in new} >= {"RefundEventList", "ShipmentEventList"}


@pytest.mark.parametrize(("seed", "dated"), [(1, "maturityDate"), (2, "postedDate")])
async def test_v0_hides_deferred_money_until_its_release(connect, seed, dated):
    async with connect(scenario="with_issues", seed=seed) as api:
        deferred = await api.scan("transactions", transactionStatus="DEFERRED")
        hidden = await api.scan("events")
        await api.advance(20)
        shown = await api.scan("events")
    assert {one["transactionType"] for one in deferred} == {"Refund", "Shipment"}
    orders = {}
    for one in deferred:
        named = {
            r["relatedIdentifierName"]: r["relatedIdentifierValue"]
            for r in one["relatedIdentifiers"]
        }
        told = one["postedDate"] if dated == "postedDate" else one["contexts"][0][dated]
        orders[f"{one['transactionType']}EventList", named["ORDER_ID"]] = told

    def found(events):
        keys = [(name, event.get("AmazonOrderId"), event) for name, event in events]
        return {(n, o): event["PostedDate"] for n, o, event in keys if (n, o) in orders}

    assert found(hidden) == {}
    assert found(shown) == orders


async def test_late_events_appear_up_to_20_days_after_their_date(connect):
    async with connect(scenario="with_issues") as api:
        seen = []
        for days in (0, 8, 2, 10):
            await api.advance(days)
            seen.append({one["transactionId"]: one for one in await api.scan("transactions")})
    new = {
        key: one
        for key, one in seen[-1].items()
        if key not in seen[0] and one["postedDate"] < "2026-11-14"
    }
    assert len(new) == 6
    twins = Counter(
        (one["postedDate"], one["totalAmount"]["currencyAmount"]) for one in new.values()
    )
    assert max(twins.values()) == 2
    assert set(seen[0]) <= set(seen[1]) <= set(seen[2]) <= set(seen[3])


async def test_joint_adjustments_are_one_transaction_of_several_items(connect):
    async with connect(scenario="with_issues", claims=1_000) as api:
        transactions = await api.scan("transactions")
        events = await api.scan("events")
    adjustments = [one for one in transactions if one["transactionType"] == "Adjustment"]
    joint = [one for one in adjustments if len(one["items"]) > 1]
    assert 0.03 < len(joint) / len(adjustments) < 0.07
    for one in joint:
        parts = [
            event["AdjustmentAmount"]["CurrencyAmount"]
            for name, event in events
            if name == "AdjustmentEventList" and event["PostedDate"] == one["postedDate"]
        ]
        assert len(parts) == len(one["items"])
        assert cents(sum(parts)) == cents(one["totalAmount"]["currencyAmount"])


async def test_orders_of_adjustments_are_told_by_transactions_alone(connect):
    async with connect() as api:
        transactions = await api.scan("transactions")
        events = await api.scan("events")
    named = [
        one
        for one in transactions
        if one["transactionType"] == "Adjustment" and "ORDER_ID" in named_by(one) and one["items"]
    ]
    assert len(named) > 10
    for name, event in events:
        assert name != "AdjustmentEventList" or "AmazonOrderId" not in event


@pytest.mark.parametrize(("seed", "kind"), [(1, "Refund"), (2, "GuaranteeClaim")])
async def test_an_a_to_z_claim_is_a_refund_for_odd_seeds(connect, seed, kind):
    async with connect(scenario="with_issues", seed=seed) as api:
        ledger = [entry for entry in await api.ledger() if entry["classInV0"] == "guarantee"]
        for entry in ledger:
            (one,) = [
                one
                for one in await api.scan(
                    "transactions",
                    relatedIdentifierName="ORDER_ID",
                    relatedIdentifierValue=entry["orderId"],
                )
                if one["postedDate"] == entry["postedAt"]
            ]
            assert one["transactionType"] == kind
            assert entry["class"] == ("refund" if kind == "Refund" else "guarantee")
    assert len(ledger) == 2


async def test_transactions_by_state_marketplace_order_and_group(connect):
    async with connect(scenario="with_issues") as api:
        every = await api.scan("transactions")
        for status in ("DEFERRED", "RELEASED", "DEFERRED_RELEASED"):
            assert await api.scan("transactions", transactionStatus=status) == [
                one for one in every if one["transactionStatus"] == status
            ]
        canadian = await api.scan("transactions", marketplaceId="A2EUQ1WTGCTBG2")
        groups = Counter(
            named_by(one)["FINANCIAL_EVENT_GROUP_ID"]
            for one in every
            if one["transactionStatus"] != "DEFERRED"
        )
        group, count = groups.most_common(1)[0]
        name = {"relatedIdentifierName": "FINANCIAL_EVENT_GROUP_ID"}
        answer = await api.get(
            "/finances/2024-06-19/transactions", {**name, "relatedIdentifierValue": group}
        )
    assert canadian == [
        one for one in every if one["marketplaceDetails"]["marketplaceName"] == "Amazon.ca"
    ]
    assert canadian
    assert len(answer.json()["payload"]["transactions"]) == count
    assert 5 <= len(groups) <= 7


async def test_the_clock_moves_what_amazon_dates_by(connect):
    async with connect(now=None) as api:
        before = await api.orders()
        moved = await api.http.post("/_simulator/clock", json={"advanceDays": 1.5})
        assert moved.json() == {"now": "2026-11-25T00:00:00Z"}
        expired = await api.orders()
        await api.login()
        after = await api.orders(LastUpdatedBefore="2026-11-24T23:58:00Z")
    assert before.headers["date"] == "Mon, 23 Nov 2026 12:00:00 GMT"
    assert expired.json()["errors"][0]["details"] == "The access token you provided has expired."
    assert after.headers["date"] == "Wed, 25 Nov 2026 00:00:00 GMT"
    assert after.status_code == 200


@pytest.mark.parametrize(
    "body", ["", "{}", '{"advanceDays": -1}', '{"advanceDays": "two"}', '{"advanceDays": 1e6}']
)
async def test_the_clock_never_goes_back_nor_out_of_reach(connect, body):
    async with connect() as api:
        answer = await api.http.post("/_simulator/clock", content=body)
        now = (await api.http.get("/_simulator/clock")).json()
    assert answer.status_code == 400
    assert "advanceDays" in answer.json()["errors"][0]["message"]
    assert now == {"now": "2026-11-23T12:00:00Z"}


async def test_the_ledgers_file_is_written_at_the_start_and_after_each_move(connect, tmp_path):
    file = tmp_path / "ledger.json"
    async with connect(scenario="with_issues", ledger=file) as api:
        first = json.loads(file.read_text())
        assert first == (await api.http.get("/_simulator/ledger")).json()
        await api.advance(20)
        second = json.loads(file.read_text())
    assert (first["now"], second["now"]) == ("2026-11-23T12:00:00Z", "2026-12-13T12:00:00Z")
    assert sum(entry["visible"] for entry in first["events"]) < len(second["events"])
    assert set(first["events"][0]) == {
        "class", "classInV0", "postedAt", "orderId", "sku", "currency", "amount", "status",
        "claim", "visible", "visibleInV0",
    }  # fmt: skip
