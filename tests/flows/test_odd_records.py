"""Records of which something is wrong: the damage ends at the field, or at the record."""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from opside_desktop.domain.datasets import Dataset
from opside_desktop.store.runs.events import list_events
from tests.flows.world import PATHS, counts, world

ODD = [
    *("\0x", "x" * 3000, "", "NaN", "1E+9999", "\ud83d", -5, 1e300, 1e-300, 2**70, True, None),
    *({}, [], {"a": "\0"}, [7]),
]


def spoilt(rng, value, share=0.03):
    """Put odd values in the place of some, at any depth."""
    if rng.random() < share and not isinstance(value, dict):
        return rng.choice(ODD)
    if isinstance(value, dict):
        return {name: spoilt(rng, part) for name, part in value.items()}
    return [spoilt(rng, part) for part in value] if isinstance(value, list) else value


async def warnings_and_notes(program, run, dataset):
    told = await list_events(program.db, run.user_id, run.sync_id)
    skipped = [
        one.message for one in told if one.kind == "skipped" and one.detail["dataset"] == dataset
    ]
    return list(run.result(Dataset(dataset)).warnings), skipped


def first_of(answer, *path):
    for step in path:
        answer = answer[step]
    return answer[0] if answer else None


async def test_a_nul_in_a_key_costs_one_record_and_can_be_written_about(monkeypatch, home):
    async with world(monkeypatch, home, scenario="normal_week") as program:
        bad = set()

        def edit(path, query, answer):
            if path == PATHS["inventory"] and "nextToken" not in query:
                first_of(answer, "payload", "inventorySummaries")["sellerSku"] = "MUG\0RED"
            elif path == PATHS["orders"] and (order := first_of(answer, "orders")):
                bad.add(order["orderId"])
                order["orderId"] += "\0"
            return answer

        program.tap.edit = edit
        run = await program.sync()
        assert (run.status, run.error) == ("completed", None)
        assert counts(run) == (37, 149, 250 - len(bad))
        assert bad
        _, told = await warnings_and_notes(program, run, "inventory")
        assert told == ["MUG\ufffdRED was left out. Its sku holds a NUL character."]
        _, told = await warnings_and_notes(program, run, "orders")
        assert {one.partition("\ufffd")[0] for one in told} == bad
        again = await program.sync()
        assert again.status == "completed"


async def test_an_odd_field_beside_the_money_costs_no_claim(monkeypatch, home):
    async with world(monkeypatch, home, scenario="normal_week") as program:
        calm = await program.sync()
        before = await program.rows()
    async with world(monkeypatch, home, scenario="normal_week") as program:
        changed = []

        def edit(path, query, answer):
            if path == PATHS["claims"]:
                refunds = answer["payload"]["FinancialEvents"].get("RefundEventList") or []
                for event in refunds:
                    changed.append(event["AmazonOrderId"])
                    event["StoreName"] = {"of": "tomorrow"}
                    event["SellerOrderId"] = "A\0B"
                    for item in event["ShipmentItemAdjustmentList"]:
                        item["QuantityShipped"] = [1]
            return answer

        program.tap.edit = edit
        run = await program.sync("bob")
        assert run.status == "completed"
        assert counts(run)[0] == counts(calm)[0]
        assert run.result(Dataset.CLAIMS).skipped == 0
        warnings, skipped = await warnings_and_notes(program, run, "claims")
        assert skipped == []
        assert warnings[0].startswith(f"{len(set(changed))} fields could not be read;")
        rows = await program.rows()
        assert len(rows["amazon_claims"]) == 2 * len(before["amazon_claims"])


async def test_a_claim_whose_date_cannot_be_read_is_found_by_its_day(monkeypatch, home):
    async with world(monkeypatch, home, scenario="normal_week") as program:

        def edit(path, query, answer):
            if path == PATHS["claims"]:
                for event in answer["payload"]["FinancialEvents"].get("AdjustmentEventList") or []:
                    event["PostedDate"] = "soon"
            return answer

        program.tap.edit = edit
        run = await program.sync()
        assert (run.status, counts(run)[0]) == ("completed", 37)
        [warning], skipped = await warnings_and_notes(program, run, "claims")
        assert "“PostedDate” of AdjustmentEventList" in warning
        assert skipped == []
        before = await program.rows()
        again = await program.sync()
        assert again.status == "completed"
        assert await program.rows() == before


async def test_a_direct_payment_makes_up_for_its_refund(monkeypatch, home):
    text = (Path(__file__).parent / "cases" / "C09_refund_directpayment.json").read_text()
    async with world(monkeypatch, home, scenario="normal_week") as program:
        posted = datetime.now(UTC) - timedelta(days=4)
        paid, unpaid = json.loads(text), json.loads(text)
        paid["PostedDate"] = unpaid["PostedDate"] = posted.strftime("%Y-%m-%dT%H:%M:%SZ")
        unpaid["DirectPaymentList"][0]["DirectPaymentAmount"] = {"CurrencyAmount": 0.0}

        def edit(path, query, answer):
            if path == PATHS["claims"]:
                is_there = query["PostedAfter"] <= paid["PostedDate"] < query["PostedBefore"]
                events = [paid, unpaid] if is_there else []
                answer["payload"]["FinancialEvents"] = {"RefundEventList": events}
            return answer

        program.tap.edit = edit
        run = await program.sync(datasets=frozenset({Dataset.CLAIMS}))
        assert (run.status, run.result(Dataset.CLAIMS).skipped) == ("completed", 0)
        rows = (await program.rows())["amazon_claims"]
        amounts = {value for row in rows for value in row if value.startswith("Decimal")}
        assert amounts == {"Decimal('0.00')", "Decimal('-30.00')"}


async def test_whatever_stands_in_their_fields_records_stop_no_sync(monkeypatch, home):
    rng = random.Random(7)
    async with world(monkeypatch, home, scenario="normal_week") as program:

        def edit(path, query, answer):
            if path == PATHS["claims"]:
                lists = answer["payload"]["FinancialEvents"]
                lists.update({name: [spoilt(rng, one) for one in lists[name]] for name in lists})
            elif path == PATHS["inventory"]:
                rows = answer["payload"]["inventorySummaries"]
                rows[:] = [spoilt(rng, row) for row in rows]
            else:
                answer["orders"][:] = [spoilt(rng, order) for order in answer["orders"]]
            return answer

        program.tap.edit = edit
        for _ in range(2):
            run = await program.sync()
            assert (run.status, run.error) == ("completed", None)
        assert run.result(Dataset.INVENTORY).warnings
        for table, least in (("amazon_claims", 25), ("amazon_inventory", 140)):
            assert len((await program.rows())[table]) >= least
