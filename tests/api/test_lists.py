"""Stored rows over HTTP: pages, cursors, filters, shapes."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import quote
from uuid import UUID

import pytest
import sqlalchemy

from opside_desktop.store.schema import tables
from tests.api.conftest import ALICE, AMZ, user_id

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)

CLAIM = {
    "claimId", "orderId", "amount", "currency", "status", "type", "description", "createdAt",
    "maturesAt", "sku", "quantity", "reimbursementId", "caseId", "hiddenReason",
    "syncedAt", "isMock", "mockScenario",
}  # fmt: skip
ITEM = {
    "sku", "asin", "fnsku", "productName", "quantityAvailable", "quantityReserved",
    "quantityInbound", "quantityTotal", "condition", "warehouseLocation", "syncedAt", "isMock",
    "mockScenario",
}  # fmt: skip
ORDER = {
    "orderId", "purchaseDate", "lastUpdateDate", "status", "fulfillmentChannel", "salesChannel",
    "marketplaceId", "totalAmount", "currency", "itemsOrdered", "itemsShipped", "syncedAt",
    "isMock", "mockScenario", "items",
}  # fmt: skip
LINE = {
    "orderItemId", "sku", "asin", "title", "quantityOrdered", "quantityShipped", "price",
    "currency",
}  # fmt: skip
PAGE = {"total", "limit", "offset", "hasMore", "nextCursor"}


ODD_SKUS = (
    "A b",
    "A%20b",
    "A+b",
    "A~20b",
    "~7E",
    "_~_",
    "a&b=c#d",
    "Größe/1",
    "日本",
    "'\"<>",
    "%",
)


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request):
    return request.param


def row_key(number):
    # Ties are broken by this key; its order is not that of the numbers.
    return str(UUID(int=(number * 7919) % 1009))


async def insert(api, table, rows):
    columns = {column.name for column in table.columns}
    common = {"user_id": user_id(ALICE), "is_mock": False, "synced_at": NOON}
    shared = {name: value for name, value in common.items() if name in columns}
    made = [{**shared, **row} for row in rows]
    await api.program.db.write(lambda connection: connection.execute(table.insert(), made) and None)


async def store_claims(api, moments):
    rows = [
        {
            "id": row_key(number),
            "claim_id": f"RMB-{number:04d}",
            "amount": Decimal(number) / 100,
            "status": ("approved", "pending", "denied")[number % 3],
            "type": ("refund", "chargeback")[number % 2],
            "order_id": f"902-{number // 10:03d}",
            "description": f"Größe {number} 100%",
            "currency": "USD",
            "created_at": moment,
        }
        for number, moment in enumerate(moments)
    ]
    await insert(api, tables.amazon_claims, rows)
    newest_first = sorted(
        rows,
        key=lambda row: (row["created_at"] is not None, row["created_at"] or NOON, row["id"]),
        reverse=True,
    )
    return [row["claim_id"] for row in newest_first]


async def walk(api, path, key, **query):
    """Follow the cursors from the first page to the last."""
    found, offsets = [], []
    cursor = {}
    for _ in range(100):
        answer = await api.get(path, **query, **cursor)
        assert answer.status == 200, answer.content
        rows = answer.body[path.rsplit("/", 1)[1]]
        place = answer.body["pagination"]
        found += [row[key] for row in rows]
        offsets.append(place["offset"])
        assert place["hasMore"] == (place["nextCursor"] is not None)
        if not place["hasMore"]:
            return found, offsets
        assert len(rows) == place["limit"]
        cursor = {"cursor": place["nextCursor"]}
    raise AssertionError("The cursors go round in circles.")


async def test_a_whole_list_by_cursor(bare):
    # Twins in one microsecond, unknown moments, and moments before the epoch.
    moments = [NOON + timedelta(seconds=number // 7) for number in range(100)]
    moments += [None] * 30 + [datetime(1969, 12, 31, 23, 59, 59, 999999, UTC)] * 3
    # Another program's way to say never.
    moments += [datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC)]
    expected = await store_claims(bare, moments)
    for limit in (3, 7, 30, 134, 135, 1000):
        found, offsets = await walk(bare, f"{AMZ}/claims", "claimId", limit=limit)
        assert found == expected
        assert offsets == list(range(0, 135, limit))
    first = (await bare.get(f"{AMZ}/claims", limit=1)).body["pagination"]
    second = await bare.get(f"{AMZ}/claims", limit=1, cursor=first["nextCursor"])
    assert [claim["claimId"] for claim in second.body["claims"]] == expected[1:2]


async def test_a_list_by_offset(bare):
    expected = await store_claims(bare, [NOON + timedelta(hours=n) for n in range(25)])
    answer = (await bare.get(f"{AMZ}/claims", limit=10, offset=20)).body
    assert [claim["claimId"] for claim in answer["claims"]] == expected[20:]
    assert answer["pagination"] == {
        "total": 25,
        "limit": 10,
        "offset": 20,
        "hasMore": False,
        "nextCursor": None,
    }
    beyond = (await bare.get(f"{AMZ}/claims", offset=25)).body
    assert (beyond["claims"], beyond["pagination"]["total"]) == ([], 25)
    # A page found by offset is followed by cursor.
    first = (await bare.get(f"{AMZ}/claims", limit=5, offset=10)).body["pagination"]
    second = (await bare.get(f"{AMZ}/claims", limit=5, cursor=first["nextCursor"])).body
    assert [claim["claimId"] for claim in second["claims"]] == expected[15:20]


async def test_a_cursor_holds_its_place_while_rows_come_in(bare):
    expected = await store_claims(bare, [NOON + timedelta(hours=n) for n in range(20)])
    place = (await bare.get(f"{AMZ}/claims", limit=10)).body["pagination"]
    newer = {"id": row_key(900), "claim_id": "RMB-new", "amount": Decimal(1)}
    await insert(bare, tables.amazon_claims, [{**newer, "created_at": NOON + timedelta(days=9)}])
    rest = (await bare.get(f"{AMZ}/claims", limit=10, cursor=place["nextCursor"])).body
    assert [claim["claimId"] for claim in rest["claims"]] == expected[10:]


async def test_inventory_by_sku(bare):
    skus = ["a", "A", "B,1", "ä", "50%_x", "a b/c?d=e&f", "日本", "'; --", "_", "~", "x" * 255]
    rows = [{"id": row_key(n), "sku": sku} for n, sku in enumerate(skus)]
    await insert(bare, tables.amazon_inventory, rows)
    found, offsets = await walk(bare, f"{AMZ}/inventory", "sku", limit=2)
    assert sorted(found) == sorted(skus)
    assert found == (await walk(bare, f"{AMZ}/inventory", "sku", limit=1000))[0]
    assert offsets == [0, 2, 4, 6, 8, 10]
    # It has no status to look for.
    assert (await bare.get(f"{AMZ}/inventory", status="approved")).body["pagination"]["total"] == 11


SKUS = sorted([*ODD_SKUS, *(f"SKU-{number:03d}" for number in range(9))])


async def store_items(api):
    rows = [
        {"id": row_key(number), "sku": sku, "quantity_total": 1} for number, sku in enumerate(SKUS)
    ]
    await insert(api, tables.amazon_inventory, rows)


async def test_cursors_need_no_encoding_in_an_address(bare):
    await store_items(bare)
    await store_claims(bare, [NOON, None, datetime(1960, 1, 1, tzinfo=UTC)])
    for path, key in ((f"{AMZ}/inventory", "sku"), (f"{AMZ}/claims", "claimId")):
        found, cursor = [], ""
        while cursor is not None:
            answer = await bare.get(f"{path}?limit=1{cursor and '&cursor='}{cursor}")
            assert answer.status == 200, cursor
            found += [row[key] for row in answer.body[path.rpartition("/")[2]]]
            cursor = answer.body["pagination"]["nextCursor"]
            assert cursor is None or quote(cursor, safe="") == cursor
        assert sorted(found) == sorted(set(found))
        assert len(found) == (len(SKUS) if key == "sku" else 3)


async def test_cursors_of_version_01_hold(bare):
    await store_items(bare)
    for number, sku in enumerate(SKUS):
        old = f"{number + 1}_{quote(sku, safe='')}"
        answer = await bare.get(f"{AMZ}/inventory", cursor=old)
        assert [item["sku"] for item in answer.body["inventory"]] == SKUS[number + 1 :], old
        assert answer.body["pagination"]["offset"] == number + 1


async def test_filters(bare):
    await store_claims(bare, [NOON + timedelta(hours=n) for n in range(60)])

    async def total(**query):
        page = (await bare.get(f"{AMZ}/claims", limit=1, **query)).body["pagination"]
        found, _ = await walk(bare, f"{AMZ}/claims", "claimId", limit=3, **query)
        assert len(found) == page["total"]
        return page["total"]

    assert await total(status="pending") == 20
    assert await total(type="refund") == 30
    assert await total(status="pending", type="refund") == 10
    assert await total(status="Pending") == 0
    assert await total(search="902-003") == 10
    assert await total(search="größe 7 100%") == 1
    assert await total(search="rmb-0007") == 1
    assert await total(search="%") == 60
    assert await total(search="_") == 0
    # A bare end date includes its whole day, a bare start date as well.
    assert await total(endDate="2026-09-01") == 12
    assert await total(startDate="2026-09-03") == 24
    assert await total(startDate="2026-09-02", endDate="2026-09-02") == 24
    assert await total(startDate="2026-09-01T13:00:00Z", endDate="2026-09-01T15:00:00+00:00") == 3
    assert await total(startDate="2026-09-01T15:00:00+02:00", endDate="2026-09-01T14:00:00Z") == 2


async def test_a_plus_sign_that_was_not_encoded(bare):
    await store_claims(bare, [NOON])
    answer = await bare.get(f"{AMZ}/claims?startDate=2026-09-01T14:00:00+02:00")
    assert answer.body["pagination"]["total"] == 1


async def test_what_a_sync_has_brought(api):
    await api.sync()
    found = {}
    for name, keys in (("claims", CLAIM), ("inventory", ITEM), ("orders", ORDER)):
        answer = (await api.get(f"{AMZ}/{name}", limit=1000)).body
        assert set(answer) == {"success", name, "pagination"}
        assert set(answer["pagination"]) == PAGE
        found[name] = answer[name]
        for row in answer[name]:
            assert set(row) == keys
            assert row["isMock"] is True
            assert row["mockScenario"] == "simulator"
    for order in found["orders"]:
        assert all(set(line) == LINE for line in order["items"])
        assert sum(line["quantityOrdered"] for line in order["items"]) == order["itemsOrdered"]
    for channel in ("FBA", "FBM"):
        listed = (await api.get(f"{AMZ}/orders", limit=1000, fulfillmentChannel=channel)).body
        assert {order["fulfillmentChannel"] for order in listed["orders"]} == {channel}
    walked, _ = await walk(api, f"{AMZ}/orders", "orderId", limit=99)
    assert walked == [order["orderId"] for order in found["orders"]]


async def test_money_is_a_number_with_two_decimals(bare):
    await store_claims(bare, [NOON] * 11)
    answer = await bare.get(f"{AMZ}/claims")
    assert b'"amount":0.10,' in answer.content
    assert b'"amount":0.00,' in answer.content


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_what_is_no_number_is_unknown(bare):
    await store_claims(bare, [NOON])
    change = "UPDATE amazon_claims SET amount = 'NaN'"
    await bare.program.db.write(lambda connection: connection.exec_driver_sql(change) and None)
    answer = await bare.get(f"{AMZ}/claims")
    assert b'"amount":null,' in answer.content


async def test_moments_are_utc_with_z(bare):
    await store_claims(bare, [datetime(2026, 9, 1, 12, 0, 0, 120_000, UTC)])
    (claim,) = (await bare.get(f"{AMZ}/claims")).body["claims"]
    assert (claim["createdAt"], claim["syncedAt"]) == (
        "2026-09-01T12:00:00.120Z",
        "2026-09-01T12:00:00Z",
    )


async def test_reading_changes_nothing_and_asks_amazon_nothing(api):
    await api.sync()
    before, asked = await dump(api), len(api.tap.requests)
    for path in ("status", "claims", "inventory", "orders"):
        assert (await api.get(f"{AMZ}/{path}")).status == 200
    for path in ("/api/sync/status", "/api/sync/history", "/health"):
        assert (await api.get(path)).status == 200
    assert await dump(api) == before
    assert len(api.tap.requests) == asked


async def dump(api):
    """All rows of all tables, but for what the pacer keeps."""

    def read(connection):
        return {
            table.name: sorted(map(repr, connection.execute(table.select())))
            for table in tables.metadata.sorted_tables
            if table is not tables.rate_buckets
        }

    return await api.program.db.read(read)


async def test_a_total_is_new_once_a_sync_has_ended(api):
    assert (await api.get(f"{AMZ}/claims")).body["pagination"]["total"] == 0
    await api.sync()
    assert (await api.get(f"{AMZ}/claims")).body["pagination"]["total"] == 37


async def test_many_lists_at_once_count_once(bare):
    await store_claims(bare, [NOON] * 3)
    queries = 0

    def on_statement(connection, cursor, statement, *rest):
        nonlocal queries
        queries += "count(*)" in statement.lower()

    sqlalchemy.event.listen(sqlalchemy.Engine, "before_cursor_execute", on_statement)
    try:
        await asyncio.gather(*(bare.get(f"{AMZ}/claims") for _ in range(20)))
    finally:
        sqlalchemy.event.remove(sqlalchemy.Engine, "before_cursor_execute", on_statement)
    assert queries == 1


@pytest.mark.parametrize("name", ["claims", "orders"])
async def test_a_cursor_of_far_away_is_the_end_or_the_beginning(bare, name):
    await store_claims(bare, [NOON])
    for micros in ("9" * 18, "-" + "9" * 18, "none"):
        answer = await bare.get(f"{AMZ}/{name}", cursor=f"0_{micros}_{'f' * 32}")
        assert answer.status == 200
