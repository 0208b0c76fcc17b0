"""Claims with a reason to be hidden are in no list, sum, count or search, unless asked for."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from opside_desktop.domain.datasets import Dataset
from opside_desktop.store.reading import rows
from opside_desktop.store.reading.details import details
from opside_desktop.store.reading.queries import Filter, FilterOp, RowQuery
from tests.store.listed import list_rows


@pytest.fixture
async def claims(keep, make, user):
    """One claim that is shown, and one for each reason to be hidden, all of one order."""
    await keep(make.order(1))
    await keep(
        make.claim(1, amount=Decimal(1)),
        *(
            make.claim(n, hidden_reason=reason, amount=Decimal(n), order_id=make.claim(1).order_id)
            for n, reason in enumerate(["double", "zero", "unknown"], 2)
        ),
    )
    return RowQuery(Dataset.CLAIMS, (user,))


@pytest.mark.parametrize("search", ["", "902-0000001", "refund"])
async def test_hidden_rows_are_left_out_of_everything(db, claims, search):
    query = replace(claims, search=search)
    listed, _ = await list_rows(db, query, 10)
    assert [one.claim_id for one in listed] == ["RMB-0000000000000001"]
    assert await rows.count(db, query) == len(await rows.row_ids(db, query)) == 1
    assert await rows.sums(db, query) == {"USD": Decimal(1)}
    assert await rows.sums_by_position(db, query, [(0, 9)]) == {"USD": Decimal(1)}
    assert len(await rows.first_rows(db, query, 10)) == 1
    assert await rows.distinct_values(db, query, "currency") == [("USD", 1)]


async def test_whoever_asks_gets_them_with_their_reasons(db, claims):
    query = replace(claims, with_hidden=True)
    listed, _ = await list_rows(db, query, 10)
    reasons = [one.hidden_reason for one in listed]
    assert sorted(map(str, reasons)) == ["None", "double", "unknown", "zero"]
    assert await rows.sums(db, query) == {"USD": Decimal(10)}
    doubles = replace(query, filters=(Filter("hidden_reason", FilterOp.IS, ("double",)),))
    assert await rows.count(db, doubles) == 1


async def test_an_orders_page_shows_only_the_claims_that_count(db, claims, user):
    [order] = await rows.row_ids(db, RowQuery(Dataset.ORDERS, (user,)))
    found = await details(db, [user], Dataset.ORDERS, order)
    assert len(found.claims) == 1


async def test_the_order_of_the_list_comes_from_an_index(db, claims, sql, kind, user):
    """Else the first window of a million rows would wait for them all."""
    if kind == "postgresql":
        await sql("SET LOCAL enable_seqscan = off")
    explain = "EXPLAIN QUERY PLAN" if kind == "sqlite" else "EXPLAIN"
    plan = await sql(
        f"{explain} SELECT id FROM amazon_claims WHERE user_id = ? AND hidden_reason IS NULL "  # noqa: S608
        "ORDER BY created_at DESC NULLS LAST, id DESC",
        user,
    )
    words = str(plan)
    if kind == "sqlite":
        assert "ix_amazon_claims_user_created_shown" in words
        assert "TEMP B-TREE" not in words
