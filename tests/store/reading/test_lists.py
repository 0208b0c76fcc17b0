"""Reading for lists, as the HTTP API and the terminal answer them, and for details of a row."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from opside_desktop.contract.wire import encode, keys
from opside_desktop.domain.datasets import Dataset
from opside_desktop.store.reading import rows
from opside_desktop.store.reading.details import details
from opside_desktop.store.reading.listing import list_filters
from opside_desktop.store.reading.queries import RowQuery
from opside_desktop.store.runs import ending
from tests.store.claim_pages import write_claims_page
from tests.store.listed import list_rows

CLAIMS, INVENTORY, ORDERS = Dataset.CLAIMS, Dataset.INVENTORY, Dataset.ORDERS


async def test_a_lists_objects_are_the_contracts(db, user, keep, make):
    await keep(make.claim(1))
    await keep(make.item(1))
    await keep(make.order(1, lines=2), make.order(2, lines=0))
    listed = {one: await list_rows(db, RowQuery(one, (user,)), 100, 0) for one in Dataset}
    claims, orders = listed[CLAIMS][1], listed[ORDERS][1]
    [claim], [item], [_, order] = (keys(listed[one][0]) for one in (CLAIMS, INVENTORY, ORDERS))
    assert (claims, orders) == (1, 2)
    assert list(claim) == [
        "claimId", "type", "orderId", "amount", "currency", "status", "description", "createdAt",
        "maturesAt", "sku", "quantity", "reimbursementId", "caseId", "hiddenReason", "syncedAt",
        "isMock", "mockScenario",
    ]  # fmt: skip
    assert set(item) == {
        "sku", "asin", "fnsku", "productName", "quantityAvailable", "quantityReserved",
        "quantityInbound", "quantityTotal", "condition", "warehouseLocation", "syncedAt", "isMock",
        "mockScenario",
    }  # fmt: skip
    assert set(order) == {
        "orderId", "purchaseDate", "lastUpdateDate", "status", "fulfillmentChannel",
        "salesChannel", "marketplaceId", "totalAmount", "currency", "itemsOrdered", "itemsShipped",
        "syncedAt", "isMock", "mockScenario", "items",
    }  # fmt: skip
    assert [list(line) for line in order["items"]] == [
        ["orderItemId", "sku", "asin", "title", "quantityOrdered", "quantityShipped", "price",
         "currency"],
    ] * 2  # fmt: skip
    assert claim["createdAt"] == "2026-09-01T00:01:00Z"
    assert claim["isMock"] is True
    text = encode(listed[CLAIMS][0])
    assert b'"amount":12.10,' in text


async def test_a_list_is_read_in_pages_with_its_total(db, user, keep, make):
    await keep(*(make.order(n) for n in range(5)))
    query = RowQuery(ORDERS, (user,))
    seen = []
    for offset in (0, 2, 4, 6):
        found, total = await list_rows(db, query, 2, offset)
        assert total == 5
        seen += [one.order_id[10] for one in found]
    assert seen == ["4", "3", "2", "1", "0"]


async def test_quantities_that_are_unknown_are_no_zeros(db, user, keep, make):
    line = make.line(1, quantity_ordered=None, quantity_shipped=None)
    await keep(make.order(1, items_ordered=None, items_shipped=None, items=(line,)))
    [[order], _] = await list_rows(db, RowQuery(ORDERS, (user,)), 10)
    assert (order.items_ordered, order.items_shipped) == (None, None)
    [item] = order.items
    assert (item.quantity_ordered, item.quantity_shipped) == (None, None)


async def test_lists_of_several_users_keep_their_lines_apart(db, user, start, keep, make):
    other = await start(make.account("other"))
    await keep(make.order(1, lines=1))
    await keep(make.order(1, lines=2), run=other)
    found, _ = await list_rows(db, RowQuery(ORDERS, (user, other.user_id)), 10)
    assert sorted(len(one.items) for one in found) == [1, 2]


@pytest.mark.parametrize(
    ("dataset", "wanted", "expected"),
    [
        (CLAIMS, {"status": "denied"}, 1),
        (CLAIMS, {"type": "refund"}, 2),
        (CLAIMS, {"type": "chargeback", "fulfillment_channel": "FBA"}, 0),
        (CLAIMS, {"start": 1}, 1),
        (CLAIMS, {"end": 0}, 1),
        (ORDERS, {"fulfillment_channel": "FBM"}, 1),
        (ORDERS, {"start": 0, "end": 1, "type": "ignored"}, 2),
        (INVENTORY, {"status": "ignored", "type": "ignored"}, 1),
        (INVENTORY, {"end": 5}, 0),
    ],
)
async def test_a_lists_parameters(db, user, keep, make, dataset, wanted, expected):
    await keep(make.claim(0, status="denied"), make.claim(1))
    await keep(make.order(0, fulfillment_channel="FBM"), make.order(1))
    await keep(make.item(1))
    wanted = {
        name: make.september + timedelta(minutes=value) if isinstance(value, int) else value
        for name, value in wanted.items()
    }
    query = RowQuery(dataset, (user,), filters=list_filters(dataset, **wanted))
    assert (await list_rows(db, query, 10))[1] == expected


async def test_a_claims_details_show_its_event_and_its_order(db, user, run, keep, make):
    payload = {"AmazonOrderId": "902-0000001-0000001", "Fee": Decimal("-0.30")}
    await write_claims_page(
        db, run, [make.event(1, payload=payload)], [make.claim(1)], first_started_at=run.started_at
    )
    await keep(make.order(1), make.order(2))
    [claim_row] = await rows.row_ids(db, RowQuery(CLAIMS, (user,)))
    found = await details(db, [user], CLAIMS, claim_row)
    assert found.facts["claim_id"] == "RMB-0000000000000001"
    assert (found.event.event_list, found.event.payload) == ("RefundEventList", payload)
    assert found.order.values[0] == "902-0000001-0000001"
    assert (found.first_sync_id, found.user_id) == (run.sync_id, user)
    assert found.first_seen_at >= run.started_at


async def test_an_orders_details_show_its_lines_and_its_claims(db, user, keep, make):
    await keep(make.order(1, lines=3))
    await keep(make.claim(1), make.claim(2, order_id="902-0000001-0000001"), make.claim(3))
    [row] = await rows.row_ids(db, RowQuery(ORDERS, (user,)))
    found = await details(db, [user], ORDERS, row)
    assert found.items == make.order(1, lines=3).items
    assert {claim.values[0][-1] for claim in found.claims} == {"1", "2"}


async def test_details_tell_which_sync_brought_a_row_first(db, user, run, start, keep, make):
    await keep(make.item(1))
    await ending.cancel_run(db, user, run.sync_id)
    second = await start()
    await keep(make.item(1), make.item(2), run=second)
    one, two = await rows.row_ids(db, RowQuery(INVENTORY, (user,)))
    assert (await details(db, [user], INVENTORY, one)).first_sync_id == run.sync_id
    assert (await details(db, [user], INVENTORY, two)).first_sync_id == second.sync_id


async def test_details_of_others_rows_and_of_gone_ones_are_none(db, user, keep, make):
    await keep(make.item(1))
    [row] = await rows.row_ids(db, RowQuery(INVENTORY, (user,)))
    gone = UUID(int=row.int + 1) if isinstance(row, UUID) else row + 1
    assert await details(db, [make.account("other").user_id], INVENTORY, row) is None
    assert await details(db, [user], INVENTORY, gone) is None
