"""Orders where Amazon refuses the usual request: asked for with less, then by the older API."""

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import sqlalchemy as sa

from opside_desktop.domain.datasets import Dataset
from opside_desktop.store.schema import tables
from opside_desktop.store.writing import checkpoints
from tests.flows.world import LIMIT_S, PATHS, QUICK, account_of, counts, world

ONLY_ORDERS = frozenset({Dataset.ORDERS})
V0 = "/orders/v0/orders"
SELLERS = "/sellers/v1/marketplaceParticipations"
OPTIONS = {
    "scenario": "normal_week",
    "orders": 120,
    "limits": replace(QUICK, refusal_pauses_s=(0.001, 0.001, 0.001)),
}

NO_CAUSE = (400, {"code": "InvalidInput", "message": "Invalid Input", "details": ""})
DENIED = (
    403,
    {"code": "Unauthorized", "message": "Access to requested resource is denied.", "details": ""},
)
WITH_CAUSE = (403, {"code": "Unauthorized", "message": "Denied.", "details": "Not for you."})


class Refusing:
    """Stands before the simulator and refuses what a test names, as often as it says."""

    def __init__(self, tap):
        self.simulator = tap.app
        self.rules = []
        self.held = None
        self.most_orders = None
        self.holding, self.gate = asyncio.Event(), asyncio.Event()
        tap.app = self

    def refuses(self, path, answer, *, times=10**6, only=lambda query: True):
        self.rules.append([path, answer, times, only])

    async def __call__(self, scope, receive, send):
        query = scope["query_string"].decode()
        if self.most_orders is not None:
            # Amazon may give fewer on a page than it is asked for.
            query = re.sub(r"MaxResultsPerPage=\d+", f"MaxResultsPerPage={self.most_orders}", query)
            scope = {**scope, "query_string": query.encode()}
        for rule in self.rules:
            path, (status, error), times, only = rule
            if scope["path"] == path and times and only(query):
                rule[2] -= 1
                await send({"type": "http.response.start", "status": status, "headers": []})
                body = msgspec.json.encode({"errors": [error]})
                await send({"type": "http.response.body", "body": body})
                return
        if scope["path"] == self.held and not first_page(query):
            self.holding.set()
            await self.gate.wait()
        await self.simulator(scope, receive, send)

    def close(self):
        self.gate.set()
        self.simulator.close()


def first_page(query):
    return "paginationToken" not in query and "NextToken" not in query


def with_fulfillment(query):
    return "FULFILLMENT" in query


@pytest.fixture
async def calm(monkeypatch, tmp_path):
    """The rows of a run that nothing is refused to."""
    (tmp_path / "calm").mkdir()
    async with world(monkeypatch, tmp_path / "calm", **OPTIONS) as program:
        assert (await program.sync(datasets=ONLY_ORDERS)).status == "completed"
        return await program.rows("source")


@pytest.fixture
async def program(monkeypatch, home):
    async with world(monkeypatch, home, **OPTIONS) as program:
        program.amazon = Refusing(program.tap)
        yield program


async def sources(program):
    """Where the stored orders come from, and whether each line has Amazon's id."""
    columns = tables.amazon_orders.c
    wanted = sa.select(columns.source, columns.ids_complete).distinct()
    return {tuple(row) for row in await program.db.read(lambda one: one.execute(wanted).all())}


def paths(program):
    return [path for path, _ in program.tap.requests if "/orders/" in path]


@pytest.mark.parametrize(("answer", "times"), [(NO_CAUSE, 3), (DENIED, 1)])
async def test_a_refusal_that_passes_leaves_no_trace(program, calm, answer, times):
    program.amazon.refuses(PATHS["orders"], answer, times=times)
    run = await program.sync(datasets=ONLY_ORDERS)
    assert (run.status, run.result(Dataset.ORDERS).warnings) == ("completed", ())
    assert all(with_fulfillment(query["includedData"]) for query in program.tap.of("orders"))
    assert await program.rows("source") == calm


@pytest.mark.parametrize("answer", [NO_CAUSE, DENIED])
async def test_a_refusal_of_fulfillment_blanks_nothing_that_is_stored(program, calm, answer):
    await program.sync(datasets=ONLY_ORDERS)
    assert await program.rows("source") == calm
    program.amazon.refuses(PATHS["orders"], answer, only=with_fulfillment)
    run = await program.sync(datasets=ONLY_ORDERS)
    assert (run.status, counts(run)[2] > 0) == ("completed", True)
    said = "It answered: Invalid Input." if answer is NO_CAUSE else "It gave no reason."
    [warning] = run.result(Dataset.ORDERS).warnings
    assert warning == (
        "Orders were read without status, channel and shipped quantities (what is stored of them"
        " stays, and a later sync asks for them again), because Amazon refused the usual request"
        f" (searchOrders). {said}"
    )
    assert program.tap.of("orders")[-1]["includedData"] == "PROCEEDS"
    assert await program.rows("source") == calm


@pytest.mark.parametrize("between", [0, 2])
async def test_what_came_without_fulfillment_is_asked_for_again(program, calm, between):
    async def sync():
        """Gives from where on a sync read, its warnings and its count."""
        program.tap.requests.clear()
        run = await program.sync(datasets=ONLY_ORDERS)
        assert run.status == "completed"
        asked = min(query["lastUpdatedAfter"] for query in program.tap.of("orders"))
        return asked, run.result(Dataset.ORDERS).warnings, counts(run)[2]

    month_ago = (datetime.now(UTC) - timedelta(days=32)).isoformat()
    program.amazon.refuses(PATHS["orders"], NO_CAUSE, only=with_fulfillment)
    begin, _, count = await sync()
    assert (begin < month_ago, count) == (True, 120)
    assert await program.rows("source") != calm
    for _ in range(between):
        asked, [_], _ = await sync()
        assert asked > month_ago  # nothing old is asked for in vain
    program.amazon.rules.clear()
    asked, warnings, _ = await sync()
    assert (asked, warnings) == (begin, ())
    assert await program.rows("source") == calm
    asked, _, _ = await sync()
    assert asked > month_ago


@pytest.mark.parametrize("answer", [NO_CAUSE, DENIED])
async def test_the_older_api_stands_in_for_a_refused_one(program, calm, answer):
    program.amazon.refuses(PATHS["orders"], answer)
    run = await program.sync(datasets=ONLY_ORDERS)
    assert run.status == "completed"
    [warning] = run.result(Dataset.ORDERS).warnings
    assert warning.startswith("Orders were read through the older Orders API (v0), because Amazon")
    assert await program.rows("source") == calm
    assert await sources(program) == {("orders-v0", True)}
    program.amazon.rules.clear()
    run = await program.sync(datasets=ONLY_ORDERS)
    assert ("orders-2026", True) in await sources(program)


async def test_a_window_that_is_refused_later_begins_again_with_the_other_source(program, calm):
    """Page tokens of one source are no use to another, and no order is lost between the two."""
    refused = set()

    def second_window(query):
        if not first_page(query) or not with_fulfillment(query):
            return False
        window = query.partition("&maxResultsPerPage")[0]
        refused.add(window)
        return window != max(refused)

    program.amazon.refuses(PATHS["orders"], DENIED, only=second_window)
    program.amazon.refuses(PATHS["orders"], DENIED, only=lambda q: not with_fulfillment(q))
    run = await program.sync(datasets=ONLY_ORDERS)
    assert run.status == "completed"
    assert V0 in paths(program)
    assert await program.rows("source") == calm


@pytest.mark.parametrize("elsewhere", [V0, SELLERS])
async def test_where_nothing_answers_the_usual_request_tells_why(program, elsewhere):
    program.amazon.refuses(PATHS["orders"], DENIED)
    program.amazon.refuses(V0, WITH_CAUSE)
    program.amazon.refuses(elsewhere, WITH_CAUSE)
    run = await program.sync(datasets=ONLY_ORDERS)
    assert (run.status, run.error_code) == ("failed", "access_denied")
    assert "(searchOrders)" in run.error
    assert run.result(Dataset.ORDERS).warnings == ()


@pytest.mark.parametrize("status", [400, 403])
async def test_a_refusal_of_the_data_asked_for_is_answered_by_asking_for_less(program, status):
    words = "Invalid value for includedData: FULFILLMENT is not allowed."
    cause = (status, {"code": "InvalidInput", "message": "Invalid.", "details": words})
    program.amazon.refuses(PATHS["orders"], cause, only=with_fulfillment)
    run = await program.sync(datasets=ONLY_ORDERS)
    assert (run.status, counts(run)[2]) == ("completed", 120)
    [warning] = run.result(Dataset.ORDERS).warnings
    assert warning.endswith(f"It answered: Invalid. {words}")
    assert V0 not in paths(program)


async def test_a_refusal_with_a_cause_is_told_at_once(program):
    program.amazon.refuses(PATHS["orders"], WITH_CAUSE)
    run = await program.sync(datasets=ONLY_ORDERS)
    assert (run.status, run.error_code) == ("failed", "access_denied")
    assert len(paths(program)) <= 2  # the windows of 30 days, side by side


@pytest.mark.parametrize("answer", [WITH_CAUSE, (500, {"code": "InternalFailure"})])
async def test_the_older_api_reads_the_accounts_own_marketplace_where_no_other_is_told(
    program, calm, answer
):
    program.amazon.refuses(PATHS["orders"], DENIED)
    program.amazon.refuses(SELLERS, answer)
    run = await program.sync(datasets=ONLY_ORDERS)
    assert (run.status, 0 < counts(run)[2] < 120) == ("completed", True)
    [warning] = run.result(Dataset.ORDERS).warnings
    assert "of the account's own marketplace only" in warning
    asked = [query["MarketplaceIds"] for path, query in program.tap.requests if path == V0]
    assert set(asked) == {"ATVPDKIKX0DER"}
    program.amazon.rules.pop()
    run = await program.sync(datasets=ONLY_ORDERS)
    assert run.status == "completed"
    program.amazon.rules.clear()
    run = await program.sync(datasets=ONLY_ORDERS)
    # Of the others' old ones, too, once they can be had.
    assert await program.rows("source") == calm


async def interrupt(program, path):
    """Stop a sync in the middle of a window, after a page whose token leads on."""
    program.amazon.held = path
    run = await program.start(datasets=ONLY_ORDERS)
    async with asyncio.timeout(LIMIT_S):
        await program.amazon.holding.wait()
        await program.manager.cancel(run.user_id, run.sync_id)
        program.amazon.held = None
        program.amazon.gate.set()
        await program.manager.wait(run.user_id, run.sync_id)
    program.tap.requests.clear()


async def test_an_interrupted_window_goes_on_with_its_source(program, calm):
    program.amazon.most_orders = 10  # tokens are what matters
    program.amazon.refuses(PATHS["orders"], DENIED)
    await interrupt(program, V0)
    run = await program.sync(datasets=ONLY_ORDERS)
    assert run.status == "completed"
    assert PATHS["orders"] not in paths(program)
    first = next(query for path, query in program.tap.requests if path == V0)
    assert "NextToken" in first
    [warning] = run.result(Dataset.ORDERS).warnings
    assert warning.endswith("because the sync that was interrupted had begun so.")
    assert await program.rows("source") == calm


@pytest.mark.parametrize("source", [None, "", "orders-of-tomorrow"])
async def test_a_token_is_shown_to_the_source_only_that_gave_it(monkeypatch, tmp_path, source):
    """Version 0.1 noted none."""
    async with world(monkeypatch, tmp_path, **{**OPTIONS, "orders": 600}) as program:
        program.amazon = Refusing(program.tap)
        await interrupt(program, PATHS["orders"])
        user = account_of().user_id
        [checkpoint] = await checkpoints.load(program.db, user, Dataset.ORDERS)
        scans = checkpoint.state["scans"]
        assert any(scan["token"] for scan in scans)
        if source is not None:
            for scan in scans:
                scan["source"] = source
            now = datetime.now(UTC)
            await program.db.write(lambda one: checkpoints.put(one, user, checkpoint, now))
        run = await program.sync(datasets=ONLY_ORDERS)
        assert (run.status, counts(run)[2]) == ("completed", 600)
        first = program.tap.of("orders")[: len(scans)]
        assert any("paginationToken" in query for query in first) == (source is None)


async def test_a_seller_who_may_not_call_the_newer_api_loses_nothing(monkeypatch, tmp_path, calm):
    """Some were refused it since July 2026, whatever they asked for, while v0 answered them."""
    async with world(monkeypatch, tmp_path, **OPTIONS, faults="denied=searchOrders") as program:
        for _ in range(2):
            run = await program.sync()
            assert run.status == "completed"
            assert len(run.result(Dataset.ORDERS).warnings) == 1
        rows = await program.rows("source")
    assert rows["amazon_orders"] == calm["amazon_orders"]
    assert rows["amazon_order_items"] == calm["amazon_order_items"]


async def test_an_asked_for_source_is_kept_by_the_sync_that_goes_on_with_it(program, calm):
    program.amazon.most_orders = 10
    run = await program.sync(datasets=ONLY_ORDERS, sources={Dataset.ORDERS: "orders-v0"})
    assert (run.status, run.result(Dataset.ORDERS).source) == ("completed", "orders-v0")
    assert run.result(Dataset.ORDERS).warnings == ()
    assert PATHS["orders"] not in paths(program)
    assert await program.rows("source") == calm
    program.amazon.held = V0
    asked = await program.start(datasets=ONLY_ORDERS, sources={Dataset.ORDERS: "orders-v0"})
    async with asyncio.timeout(LIMIT_S):
        await program.amazon.holding.wait()
        await program.manager.cancel(asked.user_id, asked.sync_id)
        program.amazon.held = None
        program.amazon.gate.set()
        await program.manager.wait(asked.user_id, asked.sync_id)
    program.tap.requests.clear()
    run = await program.sync(datasets=ONLY_ORDERS)
    assert (run.status, run.result(Dataset.ORDERS).source) == ("completed", "orders-v0")
    assert PATHS["orders"] not in paths(program)


async def test_an_asked_for_source_wins_over_that_of_the_interrupted_sync(program, calm):
    program.amazon.most_orders = 10
    program.amazon.refuses(PATHS["orders"], DENIED)
    await interrupt(program, V0)
    program.amazon.rules.clear()
    run = await program.sync(datasets=ONLY_ORDERS, sources={Dataset.ORDERS: "orders-2026"})
    assert run.status == "completed"
    assert V0 not in paths(program)
    assert run.result(Dataset.ORDERS).source == "orders-v0+orders-2026"
    assert await program.rows("source") == calm


async def test_no_other_source_stands_in_for_one_that_was_asked_for(program):
    program.amazon.refuses(PATHS["orders"], DENIED)
    run = await program.sync(datasets=ONLY_ORDERS, sources={Dataset.ORDERS: "orders-2026"})
    assert (run.status, run.error_code) == ("failed", "access_denied")
    assert run.result(Dataset.ORDERS).source is None
    assert V0 not in paths(program)
