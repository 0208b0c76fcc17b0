"""Stock that Amazon does not show, or not wholly, stays as it was until it is known to be gone."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.syncs import SyncRequest
from opside_desktop.store.runs.events import list_events
from opside_desktop.store.writing import checkpoints
from opside_desktop.store.writing.inventory_rows import stored_stock
from opside_desktop.sync.copying.inventory import MOST_HALVED
from tests.flows.world import PATHS, account_of, counts, world

CASES = Path(__file__).parent / "cases"
STOCK = frozenset({Dataset.INVENTORY})
USER = account_of().user_id


def case(name):
    return json.loads((CASES / name).read_text())


def is_named(query):
    return "sellerSkus" in query or "sellerSku" in query


def rows_of(answer):
    return answer["payload"]["inventorySummaries"]


def only(page, named=()):
    """Answers a scan with one page, and questions by name out of `named`."""

    def edit(path, query, answer):
        if path != PATHS["inventory"]:
            return answer
        if not is_named(query):
            return page
        asked = [*query.get("sellerSkus", "").split(","), query.get("sellerSku")]
        rows = [row for row in named if row["sellerSku"] in asked]
        return {"payload": {"inventorySummaries": rows}}

    return edit


def stock_of(*skus, quantity=4):
    return [
        {
            "sellerSku": sku,
            "totalQuantity": quantity + 2,
            "inventoryDetails": {
                "fulfillableQuantity": quantity,
                "inboundWorkingQuantity": 1,
                "inboundShippedQuantity": 0,
                "inboundReceivingQuantity": 0,
                "reservedQuantity": {"totalReservedQuantity": 1},
                "unfulfillableQuantity": {"totalUnfulfillableQuantity": 0},
                "researchingQuantity": {"totalResearchingQuantity": 0},
            },
        }
        for sku in skus
    ]


def page_of(*skus, **told):
    return {"payload": {"inventorySummaries": stock_of(*skus, **told)}}


async def quantities(program):
    stored = await stored_stock(program.db, USER, None)
    return {sku: one.quantities for sku, one in stored.items()}


def warnings_of(run):
    return run.result(Dataset.INVENTORY).warnings


@pytest.mark.parametrize("share", ["1", "0.4"])
async def test_a_short_answer_does_not_empty_the_stock(monkeypatch, home, share):
    async with world(
        monkeypatch, home, scenario="normal_week", faults=f"shortstock={share}"
    ) as program:
        await program.sync()
        before = await program.rows()
        program.tap.requests.clear()
        run = await program.sync()
        assert (run.status, counts(run)[1]) == ("completed", 150)
        assert await program.rows() == before
        named = [query for query in program.tap.of("inventory") if is_named(query)]
        assert {"sellerSkus", "sellerSku"} <= {name for query in named for name in query}
        assert all("," in query["sellerSku"] for query in named if "sellerSku" in query)
        assert warnings_of(run) == ()


async def test_an_sku_that_is_not_there_by_name_either_stays_with_nothing(monkeypatch, home):
    async with world(monkeypatch, home, scenario="normal_week") as program:
        program.tap.edit = only(page_of("A", "B", "C"))
        await program.sync(datasets=STOCK)
        program.tap.edit = only(page_of("A"), named=stock_of("B", quantity=9))
        run = await program.sync(datasets=STOCK)
        assert run.status == "completed"
        assert await quantities(program) == {
            "A": (4, 1, 1, 6, 0, 0),
            "B": (9, 1, 1, 11, 0, 0),
            "C": (0, 0, 0, 0, 0, 0),
        }
        program.tap.requests.clear()
        for _ in range(3):
            await program.sync(datasets=STOCK)
        named = [query["sellerSkus"] for query in program.tap.of("inventory") if is_named(query)]
        assert named == ["B,C", "B", "B"]


async def test_too_many_missing_at_once_are_believed_a_day_later(monkeypatch, home):
    skus = [f"S{n}" for n in range(60)]
    async with world(monkeypatch, home, scenario="normal_week") as program:
        program.tap.edit = only(page_of(*skus))
        await program.sync(datasets=STOCK)
        whole = await quantities(program)
        program.tap.edit = only(page_of(*skus[:30]))
        for _ in range(2):
            run = await program.sync(datasets=STOCK)
            assert run.status == "completed"
            assert await quantities(program) == whole
            [warning] = warnings_of(run)
            assert warning.startswith("30 of 60 SKUs with stock were missing")
        [mark] = await checkpoints.load(program.db, USER, Dataset.INVENTORY)
        since = program.heard[-1].started_at - timedelta(hours=25)
        state = {**mark.state, "short_since": since.isoformat()}
        older = checkpoints.Checkpoint(Dataset.INVENTORY, mark.window, state)
        await program.db.write(lambda one: checkpoints.put(one, USER, older, since))
        run = await program.sync(datasets=STOCK)
        assert "again" in warnings_of(run)[0]
        stock = await quantities(program)
        assert {sku for sku in skus if stock[sku] == (0, 0, 0, 0, 0, 0)} == set(skus[30:])


async def test_a_scan_that_shows_nothing_at_all_empties_nothing(monkeypatch, home):
    async with world(monkeypatch, home, scenario="normal_week") as program:
        program.tap.edit = only(page_of("A", "B"))
        await program.sync(datasets=STOCK)
        before = await quantities(program)
        program.tap.edit = only(page_of())
        run = await program.sync(datasets=STOCK)
        assert (run.status, len(warnings_of(run))) == ("completed", 1)
        assert await quantities(program) == before


async def test_an_sku_that_cannot_be_asked_for_by_name_keeps_no_other_back(monkeypatch, home):
    gone = [f"S{n}" for n in range(12)]
    async with world(monkeypatch, home, scenario="normal_week") as program:
        program.tap.edit = only(page_of("A", *gone, "odd"))
        await program.sync(datasets=STOCK)
        program.tap.edit = only(page_of("A"), named=stock_of(*gone[6:], quantity=9))
        program.tap.too_large = lambda path, query: "odd" in query.get("sellerSkus", "")
        program.tap.requests.clear()
        run = await program.sync(datasets=STOCK)
        assert run.status == "completed"
        [warning] = warnings_of(run)
        assert warning.startswith("1 SKU missing from Amazon's answer could not be asked for")
        assert warning.endswith("First: odd.")
        stock = await quantities(program)
        assert {sku for sku, told in stock.items() if told == (0, 0, 0, 0, 0, 0)} == set(gone[:6])
        assert stock["odd"] == (4, 1, 1, 6, 0, 0)
        assert len(program.tap.of("inventory")) < 12


async def test_where_nothing_can_be_asked_for_by_name_it_is_not_asked_for_one_by_one(
    monkeypatch, tmp_path
):
    skus = [f"S{n}" for n in range(400)]
    async with world(monkeypatch, tmp_path, scenario="normal_week") as program:
        program.tap.edit = only(page_of("A", *skus))
        await program.sync(datasets=STOCK)
        before = await quantities(program)
        program.tap.edit = only(page_of("A"))
        program.tap.too_large = lambda path, query: is_named(query)
        program.tap.requests.clear()
        run = await program.sync(datasets=STOCK)
        assert run.status == "completed"
        assert warnings_of(run)[0].startswith("400 SKUs missing")
        assert await quantities(program) == before
        assert len(program.tap.of("inventory")) <= 1 + 8 + 2 * MOST_HALVED


async def test_an_answer_without_its_list_empties_nothing(monkeypatch, tmp_path):
    async with world(monkeypatch, tmp_path, scenario="normal_week") as program:
        program.tap.edit = only(page_of("A", "B"))
        await program.sync(datasets=STOCK)
        before = await quantities(program)
        for page, by_name in (({"payload": None}, None), (page_of("A"), {"payload": {}})):

            def edit(path, query, answer, page=page, by_name=by_name):
                return by_name if is_named(query) else page

            program.tap.edit = edit
            run = await program.sync(datasets=STOCK)
            assert (run.status, len(warnings_of(run))) == ("completed", 1)
            assert await quantities(program) == before


async def test_what_an_answer_does_not_carry_keeps_its_stored_value(monkeypatch, home):
    async with world(monkeypatch, home, scenario="normal_week") as program:
        program.tap.edit = only(page_of("A", "B", quantity=3))
        await program.sync(datasets=STOCK)
        assert await quantities(program) == {"A": (3, 1, 1, 5, 0, 0), "B": (3, 1, 1, 5, 0, 0)}
        program.tap.edit = only(case("C11_inventory_without_details.json"))
        run = await program.sync(datasets=STOCK)
        assert (run.status, run.result(Dataset.INVENTORY).skipped) == ("completed", 0)
        assert await quantities(program) == {"A": (3, 1, 1, 5, 0, 0), "B": (3, 1, 1, 5, 0, 0)}
        [warning] = warnings_of(run)
        assert warning == (
            "Amazon did not tell all quantities of 2 SKUs. What was stored of them was kept."
            " First: A."
        )


async def test_texts_that_do_not_fit_are_cut_and_cost_no_quantity(monkeypatch, home):
    page = case("C13_inventory_title_501.json")
    [title] = rows_of(page)
    nul = {**title, "sellerSku": "B", "productName": "Lamp\0 blue", "condition": "c" * 51}
    odd = {**title, "sellerSku": "C", "productName": ["Lamp"], "asin": {}}
    bare = {**title, "sellerSku": "D", "productName": "Lamp", "inventoryDetails": []}
    rows_of(page).extend([nul, odd, bare])
    async with world(monkeypatch, home, scenario="normal_week") as program:
        program.tap.edit = only(page)
        run = await program.sync(datasets=STOCK)
        assert (run.status, counts(run)[1]) == ("completed", 4)
        assert run.result(Dataset.INVENTORY).skipped == 0
        stock = await quantities(program)
        assert [one.available for one in stock.values()] == [5, 5, 5, None]
        assert {one.total for one in stock.values()} == {5}
        rows = [" ".join(row) for row in (await program.rows())["amazon_inventory"]]
        assert any(f"'{'T' * 500}'" in row for row in rows)
        assert any("'Lamp blue'" in row and f"'{'c' * 50}'" in row for row in rows)
        unread, cut = (
            one for one in sorted(warnings_of(run)) if one.startswith(("3 fields c", "3 fields d"))
        )
        assert "First: “asin” of C" in unread or "First: “productName” of C" in unread
        assert cut.endswith("First: product name of A.")


def refusing(program, code, words):
    """Lets every question for stock be answered by a 400."""
    simulator = program.tap.app
    body = json.dumps({"errors": [{"code": code, "message": words}]}).encode()

    async def amazon(scope, receive, send):
        if scope["path"] != PATHS["inventory"]:
            await simulator(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 400, "headers": []})
        await send({"type": "http.response.body", "body": body})

    amazon.close = simulator.close  # type: ignore[attr-defined]
    program.tap.app = amazon


async def test_a_seller_without_stock_is_told_so(monkeypatch, tmp_path):
    async with world(monkeypatch, tmp_path, scenario="normal_week") as program:
        refusing(program, "InvalidInput", "Request has invalid parameters.")
        run = await program.sync()
        assert (run.status, counts(run)) == ("completed", (37, 0, 250))
        assert len(program.tap.of("inventory")) == 4
        told = await list_events(program.db, run.user_id, run.sync_id)
        assert "no_fba_stock" in [one.kind for one in told]


@pytest.mark.parametrize(
    ("code", "is_stored"), [("InvalidInput", True), ("InvalidRequest", True), ("BadRequest", False)]
)
async def test_another_refusal_is_a_failure_that_keeps_the_stock(
    monkeypatch, tmp_path, code, is_stored
):
    async with world(monkeypatch, tmp_path, scenario="normal_week") as program:
        if is_stored:
            await program.sync(datasets=STOCK)
        before = await quantities(program)
        refusing(program, code, "Marketplace is resting.")
        run = await program.sync(datasets=STOCK)
        assert run.status == "failed"
        assert "Marketplace is resting." in run.result(Dataset.INVENTORY).error
        assert await quantities(program) == before


US, CANADA = "ATVPDKIKX0DER", "A2EUQ1WTGCTBG2"


async def sync_stock_of(program, marketplace_id):
    account = replace(account_of(), marketplace_id=marketplace_id)
    request = SyncRequest(datasets=STOCK)
    run = await program.manager.start(account, request, endpoint=program.endpoint)
    return await program.manager.wait(run.user_id, run.sync_id)


async def test_another_marketplace_leaves_the_stock_of_the_former_as_it_is(monkeypatch, home):
    async with world(monkeypatch, home, scenario="normal_week") as program:
        program.tap.edit = only(page_of("US-1", "US-2", "both"))
        await sync_stock_of(program, US)
        program.tap.edit = only(page_of("CA-1", "CA-2", "both", quantity=7))
        program.tap.requests.clear()
        run = await sync_stock_of(program, CANADA)
        [warning] = warnings_of(run)
        assert warning == (
            "Stock is read of Canada now, before it was of United States. 2 SKUs of which Amazon"
            " shows nothing there stay as stored, and are not brought up to date any more."
        )
        assert len(program.tap.of("inventory")) == 1  # nobody is asked for by name
        united_states, canada = (4, 1, 1, 6, 0, 0), (7, 1, 1, 9, 0, 0)
        told = {"US-1": united_states, "US-2": united_states}
        told |= dict.fromkeys(("CA-1", "CA-2", "both"), canada)
        assert await quantities(program) == told
        # From now on it is as ever for what the new one has shown, and only for that.
        program.tap.edit = only(page_of("CA-1", "both", quantity=7))
        for _ in range(2):
            run = await sync_stock_of(program, CANADA)
            assert warnings_of(run) == ()
            assert await quantities(program) == {**told, "CA-2": (0, 0, 0, 0, 0, 0)}


async def test_another_marketplace_is_no_short_answer(monkeypatch, home):
    many = [f"S{n}" for n in range(60)]
    async with world(monkeypatch, home, scenario="normal_week") as program:
        program.tap.edit = only(page_of(*many))
        await sync_stock_of(program, US)
        before = await quantities(program)
        program.tap.edit = only(page_of())
        [warning] = warnings_of(await sync_stock_of(program, CANADA))
        assert warning.startswith("Stock is read of Canada now")
        assert await quantities(program) == before
        assert warnings_of(await sync_stock_of(program, CANADA)) == ()
        assert await quantities(program) == before
        # Back again: what is shown is brought up to date, and nothing else is touched.
        program.tap.edit = only(page_of(*many[:50], quantity=5))
        [warning] = warnings_of(await sync_stock_of(program, US))
        assert "10 SKUs" in warning
        stock = await quantities(program)
        assert {stock[sku] for sku in many[:50]} == {(5, 1, 1, 7, 0, 0)}
        assert {stock[sku] for sku in many[50:]} == {(4, 1, 1, 6, 0, 0)}


async def test_a_first_scan_that_was_broken_off_in_another_marketplace_empties_nothing(
    monkeypatch, home
):
    async with world(monkeypatch, home, scenario="normal_week") as program:
        program.tap.held, program.tap.let_through = PATHS["inventory"], 1
        account = replace(account_of(), marketplace_id=US)
        request = SyncRequest(datasets=STOCK)
        run = await program.manager.start(account, request, endpoint=program.endpoint)
        await program.tap.until_held()
        assert await quantities(program)
        await program.manager.cancel(run.user_id, run.sync_id)
        await program.manager.wait(run.user_id, run.sync_id)
        program.tap.held = None
        program.tap.gate.set()
        before = await quantities(program)
        program.tap.edit = only(page_of("CA-1"))
        run = await sync_stock_of(program, CANADA)
        assert run.status == "completed"
        after = await quantities(program)
        assert {sku: after[sku] for sku in before} == before
