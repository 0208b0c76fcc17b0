"""Orders as Amazon has been seen to send them: what stands in the database afterwards."""

import json
from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qs

import msgspec
import pytest

from opside_desktop.domain.columns import columns
from opside_desktop.domain.datasets import Dataset
from opside_desktop.store.reading import rows
from opside_desktop.store.reading.orders import order_items
from opside_desktop.store.reading.queries import RowQuery
from opside_desktop.store.runs.events import list_events
from tests.flows.world import PATHS, account_of, world

CASES = Path(__file__).parent / "cases"
ONLY_ORDERS = frozenset({Dataset.ORDERS})
USER = account_of().user_id


def case(name):
    return json.loads((CASES / f"{name}.json").read_text())


class Told:
    """Stands before the simulator: gives searchOrders' answers of a test, once, then empty ones."""

    def __init__(self, tap):
        self.simulator = tap.app
        self.pages = []
        self.queries = []
        tap.app = self

    async def __call__(self, scope, receive, send):
        if scope["path"] != PATHS["orders"]:
            await self.simulator(scope, receive, send)
            return
        self.queries.append(parse_qs(scope["query_string"].decode()))
        page = self.pages.pop(0) if self.pages else {"orders": []}
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": msgspec.json.encode(page)})

    def close(self):
        self.simulator.close()


@pytest.fixture
async def program(monkeypatch, home):
    async with world(monkeypatch, home, scenario="normal_week", orders=0) as program:
        program.told = Told(program.tap)
        yield program


async def stored(program):
    """All orders by their ids: what the table shows, and their lines."""
    names = [column.name for column in columns(Dataset.ORDERS)]
    found = {}
    for row in await rows.first_rows(program.db, RowQuery(Dataset.ORDERS, (USER,)), 1000):
        order = dict(zip(names, row.values, strict=True))
        found[order["order_id"]] = order
    lines = await program.db.read(lambda one: order_items(one, USER, list(found)))
    return {key: (order, lines[key]) for key, order in found.items()}


async def test_an_older_version_on_a_later_page_does_not_overwrite_the_newer(program):
    """Case C10."""
    program.told.pages = [case("C10_order_page1"), case("C10_order_page2")]
    run = await program.sync(datasets=ONLY_ORDERS)
    assert (run.status, run.result(Dataset.ORDERS).count) == ("completed", 1)
    [(order, _)] = (await stored(program)).values()
    assert (order["status"], order["total_amount"]) == ("Shipped", Decimal("2.00"))
    program.told.pages = [case("C10_order_page2") | {"pagination": None}]
    await program.sync(datasets=ONLY_ORDERS)
    assert len(program.told.pages) == 0
    [(order, _)] = (await stored(program)).values()
    assert (order["status"], order["total_amount"]) == ("Shipped", Decimal("2.00"))


async def test_an_odd_amount_in_a_breakdown_nobody_uses_costs_nothing(program):
    """Case C14."""
    program.told.pages = [case("C14_order_unused_breakdown")]
    run = await program.sync(datasets=ONLY_ORDERS)
    result = run.result(Dataset.ORDERS)
    assert (run.status, result.count, result.skipped, result.warnings) == ("completed", 1, 0, ())
    [(order, [line])] = (await stored(program)).values()
    assert (order["order_id"], order["status"]) == ("A", "Unknown")
    assert (line.price, line.currency, line.quantity_ordered) == (Decimal("9.00"), "USD", 1)


async def test_a_pending_orders_line_is_priced_by_its_unit(program):
    """Case C17."""
    program.told.pages = [case("C17_pending_unitprice")]
    await program.sync(datasets=ONLY_ORDERS)
    [(order, [line])] = (await stored(program)).values()
    assert (order["status"], order["total_amount"]) == ("Pending", None)
    assert (line.sku, line.price, line.quantity_ordered) == ("S", Decimal("10.00"), 2)


async def test_an_order_without_a_readable_date_or_lines_loses_nothing_else(program):
    [order] = case("C17_pending_unitprice")["orders"]
    odd = {"createdTime": "last week", "orderItems": []}
    program.told.pages = [{"orders": [{**order, **odd, "orderId": "odd"}]}, {"orders": [order]}]
    run = await program.sync(datasets=ONLY_ORDERS)
    result = run.result(Dataset.ORDERS)
    assert (run.status, result.count, result.skipped) == ("completed", 2, 0)
    [warning] = result.warnings
    assert "“createdTime” of odd" in warning
    found, lines = (await stored(program))["odd"]
    assert (found["purchase_date"], found["items_ordered"], lines) == (None, None, ())
    program.told.pages = [{"orders": [{**order, **odd}]}]
    await program.sync(datasets=ONLY_ORDERS)
    found, lines = (await stored(program))[order["orderId"]]
    assert (found["purchase_date"] is None, found["items_ordered"], len(lines)) == (False, 2, 1)


async def test_a_first_sync_whose_only_order_cannot_be_read_says_what_was_left_out(program):
    [order] = case("C17_pending_unitprice")["orders"]
    program.told.pages = [{"orders": [{**order, "orderId": None}]}]
    result = (await program.sync(datasets=ONLY_ORDERS)).result(Dataset.ORDERS)
    assert (result.count, result.skipped, result.warnings) == (0, 1, ())


async def test_what_an_order_cannot_tell_is_named_once(program):
    [order] = case("C14_order_unused_breakdown")["orders"]
    total = {"amount": "much", "currencyCode": "USD"}
    odd = [{**order, "orderId": f"odd-{n}", "proceeds": {"grandTotal": total}} for n in range(3)]
    program.told.pages = [{"orders": [*odd, order]}]
    run = await program.sync(datasets=ONLY_ORDERS)
    result = run.result(Dataset.ORDERS)
    assert (run.status, result.count, result.skipped) == ("completed", 4, 0)
    [warning] = result.warnings
    assert warning.startswith("3 fields could not be read")
    assert "“proceeds.grandTotal.amount” of odd-0" in warning
    told = await list_events(program.db, run.user_id, run.sync_id)
    assert [event.message for event in told if event.kind == "mended"] == [
        f"“proceeds.grandTotal.amount” of odd-{n} could not be read." for n in range(3)
    ]
    assert {lines[0].price for _, lines in (await stored(program)).values()} == {Decimal("9.00")}


async def test_what_does_not_fit_into_the_database_costs_neither_key_nor_quantities(program):
    [order] = case("C14_order_unused_breakdown")["orders"]
    [line] = order["orderItems"]
    huge = {"amount": "12345678901.00", "currencyCode": "USD"}
    product = {"title": "Mug\0 " + "m" * 4000, "sellerSku": "S" * 300, "asin": "B01"}
    order |= {
        "salesChannel": {"marketplaceName": "shop " * 60},
        "fulfillment": {"fulfillmentStatus": "T" * 51, "fulfilledBy": "MERCHANT"},
        "proceeds": {"grandTotal": huge},
        "orderItems": [{**line, "product": product, "fulfillment": {"quantityFulfilled": 1}}],
    }
    program.told.pages = [{"orders": [order]}]
    run = await program.sync(datasets=ONLY_ORDERS)
    result = run.result(Dataset.ORDERS)
    assert (run.status, result.count, result.skipped) == ("completed", 1, 0)
    [warning] = result.warnings
    assert warning.startswith("5 fields did not fit into the database")
    [(stored_order, [kept])] = (await stored(program)).values()
    assert stored_order["sales_channel"] == ("shop " * 60)[:255]
    assert stored_order["status"] == "T" * 50
    assert (stored_order["fulfillment_channel"], stored_order["total_amount"]) == ("FBM", None)
    assert (kept.title, kept.sku, kept.asin) == ("Mug " + "m" * 4000, None, "B01")
    assert (kept.quantity_ordered, kept.quantity_shipped, kept.price) == (1, 1, Decimal("9.00"))


async def test_an_order_that_cannot_be_stored_is_named(program):
    [order] = case("C14_order_unused_breakdown")["orders"]
    program.told.pages = [{"orders": [{**order, "orderId": "A\0" + "9" * 300}, order]}]
    run = await program.sync(datasets=ONLY_ORDERS)
    assert (run.status, run.result(Dataset.ORDERS).skipped) == ("completed", 1)
    assert set(await stored(program)) == {"A"}
    told = await list_events(program.db, run.user_id, run.sync_id)
    [skipped] = [event.message for event in told if event.kind == "skipped"]
    assert skipped.startswith("A\N{REPLACEMENT CHARACTER}999")


@pytest.mark.parametrize("orders_api", ["2026-01-01", "v0"])
async def test_older_versions_in_later_pages_and_syncs_leave_the_calm_runs_rows(
    monkeypatch, tmp_path, orders_api
):
    found = []
    for faults in ("", "oldversion=1"):
        (tmp_path / f"home-{faults}").mkdir()
        async with world(
            monkeypatch, tmp_path / f"home-{faults}", scenario="normal_week", orders=150,
            orders_api=orders_api, faults=faults,
        ) as program:  # fmt: skip
            runs = [await program.sync(datasets=ONLY_ORDERS) for _ in range(2)]
            assert [run.status for run in runs] == ["completed", "completed"]
            found.append((runs[0].result(Dataset.ORDERS).count, await program.rows()))
    assert found[0] == found[1]
