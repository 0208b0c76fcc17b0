"""Whole syncs against the simulated Amazon: what is copied, counted and asked for."""

import asyncio
import json
import re
import shutil
import sqlite3
import time
from collections import Counter
from contextlib import AsyncExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest

from opside_desktop.amazon.timings import Limits
from opside_desktop.amazon.usage_plans import USAGE_PLANS, Operation
from opside_desktop.claims.identity.event_keys import event_key
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import SyncInProgress
from opside_desktop.domain.pacing import SavedLevel
from opside_desktop.domain.syncs import DatasetStatus
from opside_desktop.simulator.events import Event
from opside_desktop.store.runs import sync_runs
from opside_desktop.store.writing import read_spans
from opside_desktop.sync.copying.claims import WINDOW_DAYS
from opside_desktop.sync.timings import EstimateTimings, SyncTimings
from tests.flows.world import QUICK, account_of, counts, simulated, world
from tests.waiting import LIMIT_S, until


async def test_first_sync_brings_the_whole_scenario_within_amazons_bursts(monkeypatch, home):
    async with world(monkeypatch, home, scenario="normal_week") as program:
        run = await program.sync()
        assert (run.status, run.error, run.progress, run.step) == ("completed", None, 100, 5)
        assert counts(run) == (37, 150, 250)
        assert run.total_orders == 250
        assert run.message == "Sync completed: 37 claims, 150 SKUs and 250 orders."
        assert {result.status for result in run.results.values()} == {DatasetStatus.SUCCESS}
        rows = await program.rows()
        assert len(rows["amazon_claims"]) == len(rows["financial_events"]) == 37
        assert len(rows["amazon_inventory"]) == 150
        assert len(rows["amazon_orders"]) == 250
        assert len(program.tap.of("claims")) <= USAGE_PLANS[Operation.LIST_FINANCIAL_EVENTS].burst
        assert len(program.tap.of("orders")) <= USAGE_PLANS[Operation.SEARCH_ORDERS].burst / 2
        assert len(program.tap.of("inventory")) <= 4


async def test_a_copy_of_the_file_alone_holds_what_a_sync_has_brought(monkeypatch, tmp_path):
    """Made while the program goes on, by somebody who does not know of the files beside it."""
    async with world(monkeypatch, tmp_path, scenario="normal_week") as program:
        file, copy = program.db.file, tmp_path / "backup.db"
        await program.sync()
        shutil.copy(file, copy)
        with closing(sqlite3.connect(f"file:{copy}?mode=ro&immutable=1", uri=True)) as backup:
            counted = backup.execute(
                "SELECT (SELECT count(*) FROM amazon_claims), (SELECT count(*) FROM "
                "amazon_inventory), (SELECT count(*) FROM amazon_orders), status "
                "FROM sync_progress"
            ).fetchall()
    assert counted == [(37, 150, 250, "completed")]


async def test_second_sync_changes_nothing_and_reads_only_the_overlap(monkeypatch, home):
    async with world(monkeypatch, home, scenario="normal_week") as program:
        await program.sync()
        before = await program.rows()
        program.tap.requests.clear()
        run = await program.sync()
        assert run.status == "completed"
        assert await program.rows() == before
        midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        # What lies before the simulated seller's first event may be asked for once more.
        began = (midnight - timedelta(days=75)).strftime("%Y-%m-%dT%H:%M:%SZ")
        asked = [query["PostedAfter"] for query in program.tap.of("claims")]
        oldest = min(start for start in asked if start > began)
        expected = midnight - timedelta(days=2)
        assert oldest == expected.strftime("%Y-%m-%dT%H:%M:%SZ")
        assert counts(run)[1] == 150
        assert counts(run)[0] < 37


async def test_what_was_read_whole_is_noted_by_source(monkeypatch, home):
    async with world(monkeypatch, home, scenario="normal_week") as program:
        await program.sync(sources={Dataset.CLAIMS: "events-v0"})
        user, now = account_of().user_id, datetime.now(UTC)
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        for dataset, source in ((Dataset.CLAIMS, "events-v0"), (Dataset.ORDERS, "orders-2026")):
            spans = await read_spans.load(program.db, user, dataset)
            assert {one.source for one in spans} == {source}
            starts, ends = [one.start for one in spans], [one.end for one in spans]
            assert starts == [today - timedelta(days=90), *ends[:-1]]
            assert now - timedelta(minutes=6) < ends[-1] < now


@pytest.mark.parametrize("echoed", ["1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z"])
async def test_an_echoed_bound_before_its_window_does_not_make_the_next_sync_begin_there(
    monkeypatch, tmp_path, echoed
):
    async with world(monkeypatch, tmp_path, scenario="normal_week") as program:
        simulator = program.tap.app

        async def amazon(scope, receive, send):
            async def echo(message):
                if b'"lastUpdatedBefore"' in message.get("body", b""):
                    body = json.loads(message["body"]) | {"lastUpdatedBefore": echoed}
                    message["body"] = msgspec.json.encode(body).ljust(len(message["body"]))
                await send(message)

            await simulator(scope, receive, echo)

        amazon.close = simulator.close  # type: ignore[attr-defined]
        program.tap.app = amazon
        await program.sync()
        program.tap.requests.clear()
        run = await program.sync()
        assert run.status == "completed"
        assert len(program.tap.of("orders")) == 1


async def test_since_reaches_further_and_only_skips_the_others(monkeypatch, home):
    async with world(monkeypatch, home, scenario="normal_week") as program:
        since = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        since -= timedelta(days=20)
        run = await program.sync(datasets=frozenset({Dataset.ORDERS}), since=since)
        assert run.status == "completed"
        assert 0 < counts(run)[2] < 250
        assert run.result(Dataset.CLAIMS).status == DatasetStatus.SKIPPED
        assert program.tap.of("claims") == []
        whole = await program.sync(since=since - timedelta(days=80))
        assert counts(whole) == (37, 150, 250)


async def test_both_orders_apis_give_the_same_rows(monkeypatch, tmp_path):
    (tmp_path / "new").mkdir()
    (tmp_path / "old").mkdir()
    only = frozenset({Dataset.ORDERS})
    options = {"scenario": "normal_week", "orders": 60}
    async with world(monkeypatch, tmp_path / "new", **options) as program:
        run = await program.sync(datasets=only)
        assert counts(run)[2] == 60
        new = await program.rows("source")
    async with world(monkeypatch, tmp_path / "old", orders_api="v0", **options) as program:
        await program.sync(datasets=only)
        assert await program.rows("source") == new


async def test_progress_is_told_in_sentences_and_never_falls(monkeypatch, tmp_path):
    async with world(
        monkeypatch, tmp_path, scenario="normal_week", faults="latency=0.05"
    ) as program:
        run = await program.sync()
        told = program.heard
        assert told[0].message == "Connecting to Amazon…"
        assert told[-1] == run
        progress = [(one.progress, one.step) for one in told]
        assert progress == sorted(progress)
        assert all(one.progress < 100 for one in told[:-1])
        assert any("Fetching claims… " in one.message for one in told)
        assert len(told) <= run.duration_s * 10 + 4


async def test_a_seller_without_fba_stock_succeeds_with_no_items(monkeypatch, tmp_path):
    async with world(monkeypatch, tmp_path, scenario="normal_week", skus=0) as program:
        run = await program.sync()
        assert run.status == "completed"
        assert counts(run) == (37, 0, 250)
        assert "no FBA stock" in run.message
        assert run.result(Dataset.INVENTORY).status == DatasetStatus.SUCCESS


async def test_missing_skus_are_zeroed_unless_they_are_too_many(monkeypatch, tmp_path):
    def totals(rows):
        return [row[9] for row in rows["amazon_inventory"]]

    async with world(monkeypatch, tmp_path, scenario="normal_week", skus=60) as program:
        await program.sync()
        stocked = sum(total != "0" for total in totals(await program.rows()))
    for skus in (0, 10):
        async with world(monkeypatch, tmp_path, scenario="normal_week", skus=skus) as program:
            await program.sync()
            assert sum(total != "0" for total in totals(await program.rows())) == stocked
    async with world(monkeypatch, tmp_path, scenario="normal_week", skus=45) as program:
        await program.sync()
        rows = await program.rows()
        assert len(rows["amazon_inventory"]) == 60
        assert sum(total != "0" for total in totals(rows)) <= 45


async def test_revoked_permission_ends_everything_at_once(monkeypatch, tmp_path):
    async with world(monkeypatch, tmp_path, faults="revoked=1") as program:
        run = await program.sync()
        assert (run.status, run.error_code) == ("failed", "auth_revoked")
        assert {result.status for result in run.results.values()} == {DatasetStatus.FAILED}
        assert run.progress < 100


async def test_an_expired_client_secret_ends_everything_at_once(monkeypatch, tmp_path):
    async with world(monkeypatch, tmp_path, faults="secretexpired=1") as program:
        run = await program.sync()
        assert (run.status, run.error_code) == ("failed", "auth_revoked")
        assert "client secret" in run.error
        assert "developer console" in run.error


async def test_a_denied_dataset_fails_alone(monkeypatch, tmp_path):
    async with world(monkeypatch, tmp_path, faults="denied=finances") as program:
        run = await program.sync()
        assert (run.status, run.error_code) == ("failed", "access_denied")
        assert run.result(Dataset.CLAIMS).status == DatasetStatus.FAILED
        assert run.result(Dataset.CLAIMS).error == run.error
        assert counts(run) == (0, 150, 250)
        assert run.message == (
            "Claims could not be copied, the rest is complete: 150 SKUs and 250 orders. "
            f"{run.error}"
        )
        assert run.result(Dataset.ORDERS).status == DatasetStatus.SUCCESS
        assert run.request_ids
        assert len((await program.rows())["amazon_orders"]) == 250


def is_foretold(run):
    return "quota" in run.message and run.estimated_completion is not None


@pytest.mark.parametrize(
    ("orders", "least_h", "most_h"),
    [(3_000, 0.33, 1.33), (20_000, 6.5, 12.5)],  # in truth 10 and 180 pages: half an hour, 9 h
)
async def test_a_long_first_sync_tells_how_long_amazons_quota_takes(
    monkeypatch, tmp_path, orders, least_h, most_h
):
    """The burst of 20 calls brings 2,000 orders at once, each further page comes after 182 s."""
    # People see an estimate only after a while; here the first one that holds for a second.
    at_once = SyncTimings(estimate=EstimateTimings(0.0, 0.0, 0.0, 1.0))
    options = {"scenario": "normal_week", "orders": orders, "time_scale": 1.0, "scale": 1.0}
    async with world(monkeypatch, tmp_path, sync_timings=at_once, **options) as program:
        run = await program.start(datasets=frozenset({Dataset.ORDERS}))
        async with asyncio.timeout(LIMIT_S):
            await until(lambda: is_foretold(program.heard[-1]))
        told = program.heard[-1]
        assert counts(told)[2] < 2_200
        left = told.estimated_completion - told.updated_at
        assert timedelta(hours=least_h) < left < timedelta(hours=most_h)
        await program.manager.cancel(run.user_id, run.sync_id)


async def test_a_failed_datasets_sentence_makes_room_for_one_that_waits(monkeypatch, tmp_path):
    levels = {Operation.SEARCH_ORDERS: SavedLevel(level=-9.0, rate=0.0056, at=time.time())}
    options = {"scale": 1.0, "levels": levels, "usage_plans": "none", "faults": "denied=finances"}
    async with world(monkeypatch, tmp_path, scenario="normal_week", **options) as program:
        run = await program.start()
        async with asyncio.timeout(LIMIT_S):
            await until(lambda: program.heard[-1].step >= 3)
        told = program.heard[-1]
        assert told.result(Dataset.CLAIMS).status == DatasetStatus.FAILED
        assert told.message.startswith("Orders: waiting ")
        assert told.message.endswith(" for Amazon's quota")
        await program.manager.cancel(run.user_id, run.sync_id)


async def test_no_network_ends_with_its_code(monkeypatch, tmp_path):
    async with world(monkeypatch, tmp_path) as program:
        dead = world(monkeypatch, tmp_path, simulator=("http://127.0.0.1:9", program.tap))
        async with dead as offline:
            run = await offline.sync()
            assert (run.status, run.error_code) == ("failed", "network")


async def test_a_network_lost_during_a_wait_for_quota_ends_with_its_code(monkeypatch, tmp_path):
    levels = {Operation.SEARCH_ORDERS: SavedLevel(level=-9.0, rate=0.0056, at=time.time())}
    limits = Limits(probe_every_s=0.05, network_down_s=0.3)
    async with AsyncExitStack() as amazon:
        simulator = await amazon.enter_async_context(simulated(monkeypatch, usage_plans="none"))
        options = {"simulator": simulator, "levels": levels, "scale": 1.0, "limits": limits}
        async with world(monkeypatch, tmp_path, **options) as program:
            run = await program.start()
            async with asyncio.timeout(LIMIT_S):
                await until(lambda: program.heard[-1].step >= 3)
                assert "Orders: waiting" in program.heard[-1].message
                await amazon.aclose()
                last = await program.manager.wait(run.user_id, run.sync_id)
        assert (last.status, last.error_code) == ("failed", "network")
        assert counts(last) == (37, 150, 0)


async def test_a_sync_that_cannot_begin_says_what_it_waits_for(monkeypatch, tmp_path):
    slow = Limits(first_pause_s=5, longest_pause_s=5)
    nowhere = ("http://127.0.0.1:9", None)
    async with world(monkeypatch, tmp_path, simulator=nowhere, limits=slow) as offline:
        run = await offline.start()
        async with asyncio.timeout(LIMIT_S):
            await until(lambda: offline.heard[-1].wait_until is not None)
        assert re.fullmatch(
            r"No connection to Amazon, trying again in \d s", offline.heard[-1].message
        )
        await offline.manager.cancel(run.user_id, run.sync_id)
        assert (
            await offline.manager.wait(run.user_id, run.sync_id)
        ).message == "The sync was cancelled."


@pytest.mark.parametrize("scenario", ["normal_week", "with_issues"])
async def test_faults_change_no_row(monkeypatch, tmp_path, scenario):
    """Reads everything until the scenario has settled, with Amazon at its worst and at its best."""
    settled = []
    faults = "429=0.15,500=0.1,503=0.1,cut=0.05,badjson=0.05,deadtoken=0.05,empty=0.05"
    for number, spec in enumerate(("", faults)):
        folder = tmp_path / str(number)
        folder.mkdir()
        async with world(monkeypatch, folder, scenario=scenario, faults=spec) as program:
            reach = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
            for _ in range(3):
                run = await program.sync(since=reach - timedelta(days=95))
                assert run.status == "completed"
            # With issues, v0 tells one of the 37 as two events.
            assert counts(run) == (37 if scenario == "normal_week" else 38, 150, 250)
            settled.append(await program.rows())
    assert settled[0] == settled[1]


@pytest.mark.parametrize(
    "faults",
    [
        "badescape=0.3,nonutf8=0.3,bom=0.3",
        "errors200=0.3",
        "badjson=0.4,html=0.1",
        "dripping=0.5",
    ],
)
async def test_odd_answers_change_no_row_and_skip_nothing(monkeypatch, tmp_path, faults):
    found = []
    for number, spec in enumerate(("", faults)):
        folder = tmp_path / str(number)
        folder.mkdir()
        limits = replace(QUICK, call_s=2) if "dripping" in spec else QUICK
        options = {"scenario": "normal_week", "faults": spec, "limits": limits}
        async with world(monkeypatch, folder, **options) as program:
            run = await program.sync()
            assert (run.status, counts(run)) == ("completed", (37, 150, 250))
            assert [result.skipped for result in run.results.values()] == [0, 0, 0]
            assert [result.warnings for result in run.results.values()] == [(), (), ()]
            found.append(await program.rows())
    assert found[0] == found[1]


async def test_windows_too_large_for_amazon_are_halved(monkeypatch, tmp_path):
    def too_large(path, query):
        after = query.get("PostedAfter") or query.get("lastUpdatedAfter")
        before = query.get("PostedBefore") or query.get("lastUpdatedBefore")
        if after is None or before is None:
            return False
        return datetime.fromisoformat(before) - datetime.fromisoformat(after) > timedelta(days=8)

    async with world(monkeypatch, tmp_path, scenario="normal_week") as program:
        program.tap.too_large = too_large
        run = await program.sync()
        assert (run.status, counts(run)) == ("completed", (37, 150, 250))
        assert {"100", "50", "25", "12"} == {
            query["MaxResultsPerPage"] for query in program.tap.of("claims")
        }


async def test_twelve_starters_get_one_sync(monkeypatch, home):
    async with world(monkeypatch, home) as program:
        program.tap.held = "/auth/o2/token"
        tries = await asyncio.gather(*(program.start() for _ in range(12)), return_exceptions=True)
        won = [one for one in tries if not isinstance(one, Exception)]
        assert len(won) == 1
        lost = [one for one in tries if isinstance(one, SyncInProgress)]
        assert len(lost) == 11
        assert {one.existing_sync_id for one in lost} == {won[0].sync_id}
        program.tap.gate.set()
        async with asyncio.timeout(LIMIT_S):
            assert (
                await program.manager.wait(won[0].user_id, won[0].sync_id)
            ).status == "completed"
        _, total = await sync_runs.history(program.db, [won[0].user_id], limit=1)
        assert total == 1


async def test_two_users_sync_side_by_side(monkeypatch, home):
    async with world(monkeypatch, home) as program:
        runs = await asyncio.gather(program.sync("alice"), program.sync("bob"))
        assert [counts(run) for run in runs] == [(37, 150, 250)] * 2


async def test_dateless_claims_get_the_day_amazon_posted_them(monkeypatch, tmp_path):
    """The simulator knows the day of each; nothing on the wire tells it."""
    posted: list[tuple[int, str]] = []

    def edit(seller):
        # Duplicates on one day, the same event on other days, and around midnight.
        for day, second, sku in (
            (4, 10, "A"), (4, 70_000, "A"), (5, 0, "A"),
            (30, 86_399, "A"), (31, 0, "B"), (50, 5, "C"),
        ):  # fmt: skip
            seller.events.append(fee_credit_event(seller.start + day * 86_400 + second, sku))
            posted.append((seller.start + day * 86_400 + second, sku))
        seller.events.sort(key=lambda event: event.posted)

    only = frozenset({Dataset.CLAIMS})
    async with world(monkeypatch, tmp_path, scenario="normal_week", edit=edit) as program:
        run = await program.sync(datasets=only)
        assert counts(run)[0] == 37 + len(posted)
        calls = len(program.tap.of("claims"))
        stored = await program.rows()
        keys = {row[2].strip("'") for row in stored["financial_events"]}
        assert expected_keys(posted) <= keys
        assert calls <= USAGE_PLANS[Operation.LIST_FINANCIAL_EVENTS].burst + 10
        since = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        await program.sync(datasets=only, since=since - timedelta(days=97))
        assert await program.rows() == stored


async def test_a_half_with_more_dateless_events_than_known_adds_none(monkeypatch, tmp_path):
    """One more was posted while the day of the first was searched: it belongs to a later sync."""
    posted: list[tuple[int, str]] = []

    def edit(seller):
        day = seller.start // 86_400 + 31
        day += 2 - day % WINDOW_DAYS  # in the half of its window that is read again
        posted.append((day * 86_400, "A"))
        seller.events.append(fee_credit_event(*posted[0]))
        seller.events.sort(key=lambda event: event.posted)

    asked: list[str] = []

    def one_more(path, query, body):
        fees = body["payload"]["FinancialEvents"].get("ServiceFeeEventList", [])
        found = [one for one in fees if one.get("SellerSKU") == "A"]
        asked.extend(query["PostedAfter"] for _ in found)
        return body if len(asked) < 2 else edited(body, fees + found)

    def edited(body, fees):
        events = body["payload"]["FinancialEvents"] | {"ServiceFeeEventList": fees}
        return {"payload": body["payload"] | {"FinancialEvents": events}}

    only = frozenset({Dataset.CLAIMS})
    async with world(monkeypatch, tmp_path, scenario="normal_week", edit=edit) as program:
        program.tap.edit = one_more
        run = await program.sync(datasets=only)
        assert len(asked) > 1
        assert counts(run)[0] == 37 + 1
        keys = {row[2].strip("'") for row in (await program.rows())["financial_events"]}
        assert expected_keys(posted) <= keys


def fee_credit_event(posted, sku):
    body = {"FeeReason": "FBA fee reimbursement", "SellerSKU": sku, "FeeList": [FEE]}
    raw = msgspec.Raw(msgspec.json.encode(body))
    return Event(posted, "ServiceFeeEventList", raw, kept=True)


FEE = {"FeeType": "FBATransportationFee", "FeeAmount": {"CurrencyCode": "USD", "CurrencyAmount": 3}}


def expected_keys(posted):
    """The keys by the rule: UTC day, money, number among those alike of that day."""
    days = Counter(datetime.fromtimestamp(seconds, UTC).date() for seconds, _ in posted)
    return {
        event_key(day, "USD", Decimal(3), number)
        for day, count in days.items()
        for number in range(count)
    }
