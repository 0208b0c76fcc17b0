"""Syncs that are killed, closed, cancelled or robbed of their database, and those that follow."""

import asyncio
import multiprocessing
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import msgspec
import pytest

from opside_desktop.amazon.usage_plans import Operation
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import SyncNotRunning
from opside_desktop.domain.pacing import SavedLevel
from opside_desktop.domain.syncs import DatasetStatus
from opside_desktop.store.runs import ending, sync_runs
from opside_desktop.store.runs.events import list_events
from tests.flows.victim import sync_once
from tests.flows.world import PATHS, account_of, counts, simulated, world
from tests.waiting import LIMIT_S, turns, until


def windows_of(queries, names):
    """The windows whose first page was asked for."""
    return {tuple(query[name] for name in names) for query in queries if not token_of(query)}


def token_of(query):
    return query.get("NextToken") or query.get("paginationToken") or query.get("nextToken")


@pytest.fixture(scope="module")
def programs():
    """Starts processes in no time: they are forked from one that has imported everything."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.flows.victim"])
    return context


async def test_killed_at_any_moment_the_next_sync_completes_the_rows(
    monkeypatch, make_home, programs
):
    async with world(monkeypatch, make_home("undisturbed"), scenario="normal_week") as program:
        await program.sync()
        expected = await program.rows("mock_scenario")
        requests = len(program.tap.requests)
    for fatal in range(1, requests):
        folder = make_home(str(fatal))
        async with simulated(monkeypatch, scenario="normal_week") as (url, tap):
            victim = programs.Process(target=sync_once, args=(str(folder), url), daemon=True)
            victim.start()
            await until(lambda: len(tap.requests) >= fatal)  # noqa: B023  # awaited here
            # Nearer to its answer or farther from it, and to what is done with that.
            await turns(fatal % 5 * 10)
            victim.kill()
            await asyncio.to_thread(victim.join, 10)
            async with world(monkeypatch, folder, simulator=(url, tap)) as program:
                killed = await sync_runs.newest_run(program.db, account_of().user_id)
                run = await program.sync()
                assert run.status == "completed", (fatal, run.error)
                if killed is None or killed.status != "completed":
                    assert counts(run) == (37, 150, 250), fatal
                assert await program.rows("mock_scenario") == expected, fatal


BOUNDS = {
    "claims": ("PostedAfter", "PostedBefore"),
    "orders": ("lastUpdatedAfter", "lastUpdatedBefore"),
}


async def test_killed_again_and_again_one_sync_tells_the_counts_of_all(monkeypatch, home, programs):
    async with simulated(monkeypatch, scenario="normal_week") as simulator:
        url, tap = simulator
        for fatal in (6, 2, 9, 4):
            tap.requests.clear()
            victim = programs.Process(target=sync_once, args=(str(home), url), daemon=True)
            victim.start()
            await until(lambda: len(tap.requests) >= fatal)  # noqa: B023  # awaited here
            victim.kill()
            await asyncio.to_thread(victim.join, 10)
        async with world(monkeypatch, home, simulator=simulator) as program:
            history, _ = await sync_runs.history(program.db, [account_of().user_id], limit=9)
            assert "completed" not in {run.status for run in history}
            run = await program.sync()
            assert (run.status, counts(run)) == ("completed", (37, 150, 250))


@pytest.mark.parametrize(
    ("dataset", "other", "answered"),
    [("claims", "orders", 2), ("claims", "orders", 3), ("claims", "orders", 12)]
    + [("orders", "claims", answered) for answered in (1, 2, 4, 7)],
)
async def test_a_taken_up_sync_fetches_no_finished_window_again(
    monkeypatch, home, dataset, other, answered
):
    async with simulated(monkeypatch, scenario="normal_week", orders=700) as simulator:
        _, tap = simulator
        tap.held, tap.let_through = PATHS[dataset], answered
        async with world(monkeypatch, home, simulator=simulator) as program:
            run = await program.start()
            await tap.until_held()
            await until(lambda: program.heard[-1].step >= 3)
        # Leaving the world closed the manager, as closing the window does.
        asked, unanswered = tap.of(dataset)[:answered], tap.of(dataset)[answered:]
        tap.held = None
        tap.requests.clear()
        async with world(monkeypatch, home, simulator=simulator) as program:
            stopped = await sync_runs.newest_run(program.db, run.user_id)
            assert (stopped.status, stopped.error_code) == ("failed", "interrupted")
            again = await program.sync()
            assert again.status == "completed"
            assert counts(again) == (37, 150, 700)
            start, _ = BOUNDS[dataset]
            pages = {(token_of(query), query[start]) for query in tap.of(dataset)}
            assert {(token_of(query), query[start]) for query in unanswered} <= pages
            assert not windows_of(tap.of(dataset), BOUNDS[dataset]) & windows_of(
                asked, BOUNDS[dataset]
            )
            told = await list_events(program.db, again.user_id, again.sync_id)
            assert "taken_up" in {event.kind for event in told}
            # What had come to its end before asks for nothing but what is new since then.
            assert len(windows_of(tap.of(other), BOUNDS[other])) <= 1


async def test_what_an_interrupted_sync_left_unread_is_read_after_one_that_began_later(
    monkeypatch, home
):
    async with simulated(monkeypatch, scenario="normal_week") as simulator:
        _, tap = simulator
        tap.held, tap.let_through = PATHS["claims"], 3
        async with world(monkeypatch, home, simulator=simulator) as program:
            await program.start()
            await tap.until_held()
        tap.held = None
        async with world(monkeypatch, home, simulator=simulator) as program:
            recent = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
            run = await program.sync(since=recent - timedelta(days=5))
            assert run.status == "completed"
            assert run.result(Dataset.CLAIMS).count < 37
            assert (await program.sync()).status == "completed"
            assert len((await program.rows())["amazon_claims"]) == 37


async def test_pages_that_amazon_sends_again_make_no_claim_a_duplicate_of_itself(
    monkeypatch, tmp_path
):
    """First a page comes twice, under a new token; then a window's last token leads to itself."""
    async with world(monkeypatch, tmp_path, scenario="normal_week", orders=1500) as program:
        simulator, sent, answers = program.tap.app, [], {}
        circle = True

        async def amazon(scope, receive, send):
            query = parse_qs(scope["query_string"].decode())
            token = query.get("NextToken", [""])[0]
            if scope["path"] != PATHS["claims"]:
                await simulator(scope, receive, send)
                return
            answer = {}
            if token in answers:
                answer = answers[token]
            else:

                async def keep(message):
                    if "body" in message:
                        answer.update(msgspec.json.decode(message["body"]))

                await simulator(scope, receive, keep)
                payload = answer["payload"]
                if token == "" and "NextToken" in payload:
                    again = f"again {query['PostedAfter'][0]}"
                    answers[again] = msgspec.json.decode(msgspec.json.encode(answer))
                    payload["NextToken"] = again
                elif token and "NextToken" not in payload and circle:
                    payload["NextToken"] = token
            sent.append(token)
            body = msgspec.json.encode(answer)
            headers = [(b"content-length", str(len(body)).encode())]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})

        amazon.close = simulator.close  # type: ignore[attr-defined]
        program.tap.app = amazon
        for _ in range(3):
            run = await program.sync()
            assert run.result(Dataset.CLAIMS).error_code == "bad_data"
        circle = False
        run = await program.sync()
        assert (run.status, run.result(Dataset.CLAIMS).count) == ("completed", 37)
        assert len((await program.rows())["amazon_claims"]) == 37
        assert sum(token.startswith("again ") for token in sent) > 3


async def test_a_dead_page_token_begins_its_window_again(monkeypatch, tmp_path):
    async with world(
        monkeypatch, tmp_path, scenario="normal_week", faults="deadtoken=0.4"
    ) as program:
        run = await program.sync()
        assert (run.status, counts(run)) == ("completed", (37, 150, 250))


def empty_orders_bucket():
    return {Operation.SEARCH_ORDERS: SavedLevel(level=0.0, rate=0.0056, at=time.time())}


async def test_cancel_by_another_program_ends_a_wait_for_quota_in_two_seconds(monkeypatch, home):
    options = {"scale": 1.0, "levels": empty_orders_bucket(), "usage_plans": "none"}
    async with world(monkeypatch, home, scenario="normal_week", **options) as program:
        run = await program.start()
        await until(lambda: "waiting" in program.heard[-1].message)
        told = program.heard[-1]
        assert told.message.startswith("Orders: waiting 3 min 0")
        assert told.wait_until is not None
        # The others go on meanwhile: only the wait is left when the sync is cancelled.
        others = (Dataset.CLAIMS, Dataset.INVENTORY)
        await until(
            lambda: (
                {program.heard[-1].result(one).status for one in others} == {DatasetStatus.SUCCESS}
            )
        )
        simulator = (program.endpoint.base_url, program.tap)
        async with world(monkeypatch, home, simulator=simulator) as other:
            cancelled = await other.manager.cancel(run.user_id, run.sync_id)
            assert cancelled.status == "cancelled"
            assert (await other.manager.cancel(run.user_id, run.sync_id)).status == "cancelled"
        async with asyncio.timeout(LIMIT_S):
            last = await program.manager.wait(run.user_id, run.sync_id)
        assert (last.status, last.error_code) == ("cancelled", "cancelled")
        assert last.result(Dataset.ORDERS).status == DatasetStatus.CANCELLED
        assert counts(last) == (37, 150, 0)
        assert len((await program.rows())["amazon_claims"]) == 37
        with pytest.raises(SyncNotRunning):
            await end_and_cancel(program)


async def end_and_cancel(program):
    run = await program.sync(datasets=frozenset({Dataset.INVENTORY}))
    await program.manager.cancel(run.user_id, run.sync_id)


@pytest.mark.parametrize("held", ["/auth/o2/token", *PATHS.values()])
async def test_own_cancel_is_immediate_wherever_the_sync_waits(monkeypatch, tmp_path, held):
    finances = "2024-06-19" if held == PATHS["transactions"] else "v0"
    async with world(
        monkeypatch, tmp_path, scenario="normal_week", finances_api=finances
    ) as program:
        program.tap.held = held
        run = await program.start()
        await until(lambda: any(path == held for path, _ in program.tap.requests))
        await program.manager.cancel(run.user_id, run.sync_id)
        async with asyncio.timeout(LIMIT_S):
            assert (await program.manager.wait(run.user_id, run.sync_id)).status == "cancelled"


async def test_a_sync_closed_by_another_program_stops_at_once(monkeypatch, home):
    async with world(monkeypatch, home) as program:
        program.tap.held = PATHS["orders"]
        run = await program.start()
        await until(lambda: program.tap.of("orders"))
        await ending.close_dead_runs(
            program.db, host=run.owner.host, is_alive=lambda owner: False, lock_wait_s=1
        )
        async with asyncio.timeout(LIMIT_S):
            last = await program.manager.wait(run.user_id, run.sync_id)
        assert (last.status, last.error_code) == ("failed", "interrupted")
        assert program.heard[-1] == last
        stored = await program.rows()
        program.tap.gate.set()
        await turns()
        assert await program.rows() == stored


async def test_a_database_that_is_locked_for_a_while_loses_nothing(monkeypatch, tmp_path):
    async with world(monkeypatch, tmp_path, busy_s=0.3) as program:
        program.tap.held = PATHS["claims"]
        run = await program.start()
        await until(lambda: program.tap.of("claims"))
        blocker = sqlite3.connect(tmp_path / "opside.db", isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        program.tap.gate.set()
        await until(lambda: program.heard[-1].message == "Waiting for the database…")
        blocker.execute("COMMIT")
        blocker.close()
        async with asyncio.timeout(LIMIT_S):
            last = await program.manager.wait(run.user_id, run.sync_id)
        assert (last.status, counts(last)) == ("completed", (37, 150, 250))


ODD_TRIGGER = (
    "CREATE TRIGGER odd BEFORE INSERT ON amazon_orders BEGIN SELECT RAISE(ABORT, 'odd'); END"
)


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        ("DROP TABLE amazon_orders", "database"),
        (ODD_TRIGGER, "internal"),
    ],
)
async def test_a_dataset_that_cannot_be_stored_fails_alone(monkeypatch, tmp_path, damage, code):
    async with world(monkeypatch, tmp_path) as program:
        with sqlite3.connect(tmp_path / "opside.db") as direct:
            direct.execute(damage)
        direct.close()
        run = await program.sync()
        assert (run.status, run.error_code) == ("failed", code)
        assert run.result(Dataset.ORDERS).status == DatasetStatus.FAILED
        assert run.result(Dataset.CLAIMS).status == DatasetStatus.SUCCESS
        assert counts(run) == (37, 150, 0)


async def test_a_caller_who_gives_up_leaves_a_sync_that_still_runs(monkeypatch, tmp_path):
    async with world(monkeypatch, tmp_path) as program:
        caller = asyncio.create_task(program.start())
        await turns()
        caller.cancel()
        await asyncio.wait({caller})
        await until(lambda: program.heard and not program.heard[-1].is_running)
        assert program.heard[-1].status == "completed"


async def test_followers_hear_of_own_and_foreign_syncs_to_the_end(monkeypatch, home):
    async with world(monkeypatch, home) as program:
        program.tap.held = PATHS["orders"]
        run = await program.start()
        simulator = (program.endpoint.base_url, program.tap)
        async with world(monkeypatch, home, simulator=simulator) as other:

            async def last(board):
                async with asyncio.timeout(LIMIT_S):
                    return [one async for one in board.follow(run)][-1]

            followers = [asyncio.create_task(last(one.board)) for one in (program, other)]
            await until(lambda: program.tap.of("orders"))
            program.tap.gate.set()
            assert [(one.status, one.progress) for one in await asyncio.gather(*followers)] == [
                ("completed", 100)
            ] * 2


async def test_the_timeline_tells_what_happened(monkeypatch, tmp_path):
    async with world(monkeypatch, tmp_path, faults="denied=orders") as program:
        run = await program.sync()
        told = await list_events(program.db, run.user_id, run.sync_id)
        assert {"dataset_finished", "dataset_failed", "failed"} <= {event.kind for event in told}


async def test_a_sync_whose_end_found_no_room_does_not_block_the_next(monkeypatch, home):
    async with world(monkeypatch, home) as program:
        first = await program.sync()
        # As after an end that could not be stored: the row still claims to run.
        again = "UPDATE sync_progress SET status = 'running', progress = 99"
        await program.db.write(lambda connection: connection.exec_driver_sql(again))
        second = await program.sync()
        assert second.status == "completed"
        former = await sync_runs.get_run(program.db, first.user_id, first.sync_id)
        assert (former.status, former.progress) == ("completed", 100)
