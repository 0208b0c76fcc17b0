"""Versions of an order: the newest wins, in a page, across pages and across syncs."""

from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest
from msgspec.structs import replace

from opside_desktop.domain.columns import columns
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.syncs import SyncStatus
from opside_desktop.store.reading import rows
from opside_desktop.store.reading.orders import order_items
from opside_desktop.store.reading.queries import RowQuery
from opside_desktop.store.runs import sync_runs
from opside_desktop.store.writing import pages
from tests.store.conftest import SEPTEMBER

EARLY, LATE = SEPTEMBER + timedelta(days=1), SEPTEMBER + timedelta(days=2)


@pytest.fixture
def write(db, run):
    async def write(*orders, run=run):
        return await pages.write_orders_page(db, run, orders, first_started_at=run.started_at)

    return write


@pytest.fixture
def stored(db, user):
    """The one stored order, by column, and its lines."""

    async def stored():
        [row] = await rows.first_rows(db, RowQuery(Dataset.ORDERS, (user,)), 9)
        names = [column.name for column in columns(Dataset.ORDERS)]
        found = dict(zip(names, row.values, strict=True))
        lines = await db.read(lambda one: order_items(one, user, [found["order_id"]]))
        return found, lines[found["order_id"]]

    return stored


@pytest.fixture
def versions(make):
    """Of one order: an older version with two lines, and a newer one with one."""
    older = make.order(
        1,
        last_update_date=EARLY,
        status="Unshipped",
        total_amount=Decimal("1.00"),
        items=(make.line(1, sku="OLD"), make.line(2, sku="OLD")),
    )
    newer = make.order(1, lines=1, last_update_date=LATE, total_amount=Decimal("2.00"))
    return older, newer


@pytest.mark.parametrize("shown", [[[0, 1]], [[1, 0]], [[0], [1]], [[1], [0]], [[1], [0, 0], [1]]])
async def test_the_newest_version_wins_whatever_page_it_stands_on(versions, write, stored, shown):
    counted = [await write(*(versions[which] for which in page)) for page in shown]
    assert sum(counted) == 1
    order, lines = await stored()
    told = ("status", "total_amount", "last_update_date")
    assert [order[name] for name in told] == ["Shipped", Decimal("2.00"), LATE]
    assert lines == versions[1].items


async def test_an_older_version_in_a_later_sync_changes_nothing_but_when_it_was_synced(
    db, run, start, versions, write, stored
):
    older, newer = versions
    await write(newer)
    before, lines = await stored()
    await sync_runs.end_run(db, msgspec.structs.replace(run, status=SyncStatus.COMPLETED))
    second = await start()
    assert await write(older, run=second) == 1
    after, same_lines = await stored()
    assert after.pop("synced_at") > before.pop("synced_at")
    assert (after, same_lines) == (before, lines)


async def test_whole_seconds_of_the_older_api_are_the_same_version(make, write, stored):
    at = LATE.replace(microsecond=678000)
    await write(make.order(1, last_update_date=at, status=None))
    await write(make.order(1, last_update_date=LATE, status="Shipped"))
    assert (await stored())[0]["status"] == "Shipped"
    await write(make.order(1, last_update_date=at, status="Canceled"))
    assert (await stored())[0]["status"] == "Canceled"


async def test_what_the_older_api_tells_of_a_second_forgets_nothing_of_its_parts(
    make, write, stored
):
    newest = LATE.replace(microsecond=700_000)
    await write(make.order(1, last_update_date=newest))
    await write(make.order(1, last_update_date=LATE.replace(microsecond=0), status="Canceled"))
    between = LATE.replace(microsecond=300_000)
    await write(make.order(1, last_update_date=between, status="Unshipped"))
    order, _ = await stored()
    assert (order["status"], order["last_update_date"]) == ("Canceled", newest)


@pytest.mark.parametrize("at", [LATE, LATE + timedelta(hours=1), None])
async def test_what_an_answer_without_fulfillment_lacks_keeps_its_value(make, write, stored, at):
    known = make.order(1, lines=2, last_update_date=LATE, status="PartiallyShipped")
    await write(known)
    bare = replace(
        known,
        last_update_date=at,
        status=None,
        fulfillment_channel=None,
        items_shipped=None,
        items=tuple(replace(line, quantity_shipped=None) for line in known.items),
    )
    await write(bare)
    order, lines = await stored()
    assert (order["status"], order["fulfillment_channel"]) == ("PartiallyShipped", "FBA")
    assert (order["items_shipped"], order["last_update_date"]) == (2, at or LATE)
    assert lines == known.items


async def test_shipped_quantities_stay_with_their_line_where_lines_change_places(
    make, write, stored
):
    first, second = make.line(1, quantity_shipped=1), make.line(2, quantity_shipped=0)
    await write(make.order(1, items=(first, second)))
    moved = replace(second, line_number=1, quantity_shipped=None)
    new = make.line(2, order_item_id="item-3", quantity_shipped=None)
    await write(make.order(1, items=(moved, new), items_shipped=None))
    _, lines = await stored()
    assert [line.quantity_shipped for line in lines] == [0, None]


async def test_at_equal_times_everything_that_is_lacking_keeps_its_value(make, write, stored):
    known = make.order(1, lines=2)
    await write(known)
    nothing = dict.fromkeys(
        ("status", "fulfillment_channel", "sales_channel", "marketplace_id", "total_amount"), None
    )
    more = dict.fromkeys(("currency", "items_ordered", "items_shipped", "items"), None)
    await write(replace(known, **nothing, **more))
    order, lines = await stored()
    assert {name: order[name] for name in nothing} == {
        name: getattr(known, name) for name in nothing
    }
    assert (order["currency"], order["items_ordered"], order["items_shipped"]) == ("USD", 2, 2)
    assert lines == known.items
    bare = [
        make.line(n, sku=None, asin=None, title=None, price=None, currency=None) for n in (1, 2)
    ]
    await write(replace(known, items=tuple(bare)))
    assert (await stored())[1] == known.items


async def test_a_newer_version_without_money_has_none(make, write, stored):
    """Amazon tells no prices of an order that was cancelled."""
    await write(make.order(1, last_update_date=EARLY))
    line = make.line(1, price=None, currency=None)
    await write(
        make.order(
            1, last_update_date=LATE, status="Canceled", total_amount=None, currency=None,
            items=(line,),
        )
    )  # fmt: skip
    order, lines = await stored()
    assert (order["status"], order["total_amount"], order["currency"]) == ("Canceled", None, None)
    assert lines == (line,)


@pytest.mark.parametrize("first", ["told", "lacking"])
async def test_an_order_without_a_date_of_its_own_keeps_the_one_it_had(make, write, stored, first):
    told = make.order(1, last_update_date=EARLY)
    lacking = make.order(1, last_update_date=EARLY, purchase_date=None)
    await write(*((told, lacking) if first == "told" else (lacking, told)))
    assert (await stored())[0]["purchase_date"] == told.purchase_date
    await write(make.order(1, last_update_date=LATE, purchase_date=None))
    assert (await stored())[0]["purchase_date"] == told.purchase_date


async def test_a_state_that_was_never_told_is_unknown(make, write, stored):
    await write(make.order(1, status=None, last_update_date=None, items=None, items_ordered=None))
    order, lines = await stored()
    assert (order["status"], order["items_ordered"], lines) == ("Unknown", None, ())
    assert order["last_update_date"] == order["purchase_date"]


async def test_many_stored_orders_are_compared_at_once(db, make, write, sql):
    many = [make.order(n, last_update_date=LATE, lines=1) for n in range(1100)]
    await write(*many)
    older = [replace(order, last_update_date=EARLY, status="Pending") for order in many[:-1]]
    newer = replace(many[-1], last_update_date=LATE + timedelta(days=1), status="Canceled")
    assert await write(*older, newer) == 0
    found = await sql("SELECT status, COUNT(*) FROM amazon_orders GROUP BY status ORDER BY status")
    assert [tuple(row) for row in found] == [("Canceled", 1), ("Shipped", 1099)]


async def test_an_order_tells_whether_each_line_has_amazons_id(make, write, sql):
    bare = replace(make.line(2), order_item_id=None)
    known, half = make.order(1, lines=2), make.order(2, items=(make.line(1), bare))
    await write(known, half, make.order(3, items=None))
    asked = "SELECT ids_complete FROM amazon_orders ORDER BY order_id"
    assert [row[0] for row in await sql(asked)] == [True, False, None]
    without = tuple(replace(line, order_item_id=None) for line in known.items)
    await write(replace(known, items=without), make.order(2, lines=2))
    assert [row[0] for row in await sql(asked)] == [True, True, None]
