"""Reading for tables: orders, filters, windows, sums."""

import random
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from opside_desktop.domain.columns import columns
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import BadInput
from opside_desktop.domain.fields import FieldKind
from opside_desktop.store.reading import rows
from opside_desktop.store.reading.filters import condition, known_first, ordering, row_id
from opside_desktop.store.reading.queries import Filter, FilterOp, RowQuery, Sort
from opside_desktop.store.schema.tables import DATASET_TABLES
from opside_desktop.store.writing import pages

CLAIMS, INVENTORY, ORDERS = Dataset.CLAIMS, Dataset.INVENTORY, Dataset.ORDERS


@pytest.fixture
def names(db, user):
    """Read the names of the rows of a query, in its order."""

    async def names(dataset, **wanted):
        query = RowQuery(dataset, (user,), **wanted)
        found = [row.values[0] for row in await rows.first_rows(db, query, 1000)]
        by_ids = await rows.rows_by_ids(db, dataset, await rows.row_ids(db, query))
        assert [row.values[0] for row in by_ids] == found
        assert await rows.count(db, query) == len(found)
        return found

    return names


@pytest.mark.parametrize("dataset", list(Dataset))
async def test_values_come_in_the_order_and_types_of_the_columns(db, user, keep, make, dataset):
    types = {
        FieldKind.TEXT: str, FieldKind.ID: str, FieldKind.INTEGER: int,
        FieldKind.MONEY: Decimal, FieldKind.BOOLEAN: bool, FieldKind.MOMENT: type(make.september)
    }  # fmt: skip
    rare = {
        "sku": "SKU-7", "quantity": 2, "matures_at": make.september, "reimbursement_id": "R-7",
        "case_id": "C-7",
    }  # fmt: skip
    whole = {CLAIMS: partial(make.claim, **rare), INVENTORY: make.item, ORDERS: make.order}
    await keep(whole[dataset](7))
    [row] = await rows.first_rows(db, RowQuery(dataset, (user,)), 10)
    cells = dict(zip(columns(dataset), row.values, strict=True))
    assert {
        column.name
        for column, value in cells.items()
        if type(value) is not types[column.kind]
        and column.name not in ("warehouse_location", "hidden_reason")
    } == set()


async def test_claims_and_orders_come_newest_first_and_unknown_dates_last(names, keep, make):
    await keep(make.claim(1), make.claim(3), make.claim(2), make.claim(9, created_at=None))
    await keep(make.order(2), make.order(3), make.order(1))
    assert [name[-1] for name in await names(CLAIMS)] == ["3", "2", "1", "9"]
    assert [name[10] for name in await names(ORDERS)] == ["3", "2", "1"]


async def test_inventory_comes_by_sku(names, keep, make):
    await keep(make.item(3), make.item(1), make.item(2))
    assert await names(INVENTORY) == ["SKU-00001", "SKU-00002", "SKU-00003"]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("column", [one.name for one in columns(ORDERS)])
async def test_every_order_is_total_with_unknown_values_last(names, keep, make, column, descending):
    unknown = {
        "fulfillment_channel": None, "sales_channel": None, "total_amount": None, "currency": None,
        "marketplace_id": None,
    }  # fmt: skip
    await keep(*(make.order(n) for n in range(6)), *(make.order(n, **unknown) for n in (6, 7)))
    found = await names(ORDERS, sort=(Sort(column, descending=descending),))
    assert len(set(found)) == 8
    if column in unknown:
        assert {name[10] for name in found[-2:]} == {"6", "7"}
    again = await names(ORDERS, sort=(Sort(column, descending=descending),))
    assert again == found


async def test_several_columns_sort_one_after_the_other(names, keep, make):
    await keep(
        make.item(1, condition="New", quantity_total=5),
        make.item(2, condition="Used", quantity_total=1),
        make.item(3, condition="New", quantity_total=9),
        make.item(4, condition=None, quantity_total=7),
    )
    found = await names(
        INVENTORY, sort=(Sort("condition"), Sort("quantity_total", descending=True))
    )
    assert [name[-1] for name in found] == ["3", "1", "2", "4"]


async def test_texts_sort_without_regard_to_case(names, keep, make):
    await keep(*(make.item(n, product_name=name) for n, name in enumerate(["b", "A", "C", "a"])))
    found = await names(INVENTORY, sort=(Sort("product_name"),))
    assert {name[-1] for name in found[:2]} == {"1", "3"}
    assert [name[-1] for name in found[2:]] == ["0", "2"]


def of(column, op, *values):
    return Filter(column, op, values)


MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (lambda t: of("status", FilterOp.IS, "denied"), "1"),
        (lambda t: of("status", FilterOp.IS, "Denied"), ""),
        (lambda t: of("status", FilterOp.IS_NOT, "denied"), "023"),
        (lambda t: of("order_id", FilterOp.IS_NOT, "x"), "0123"),
        (lambda t: of("order_id", FilterOp.IS, None), "3"),
        (lambda t: of("order_id", FilterOp.IS_NOT, None), "012"),
        (lambda t: of("status", FilterOp.ONE_OF, "denied", "pending"), "12"),
        (lambda t: of("order_id", FilterOp.ONE_OF, None, "902-0000001-0000001"), "13"),
        (lambda t: of("status", FilterOp.ONE_OF), ""),
        (lambda t: of("description", FilterOp.CONTAINS, "NUMBER 2"), "2"),
        (lambda t: of("description", FilterOp.CONTAINS, "100%"), "0"),
        (lambda t: of("description", FilterOp.CONTAINS, "a_b"), "0"),
        (lambda t: of("description", FilterOp.CONTAINS, "öße"), "0"),
        (lambda t: of("description", FilterOp.CONTAINS, "ÖSSE"), ""),
        (lambda t: of("description", FilterOp.IS_EMPTY), "3"),
        (lambda t: of("order_id", FilterOp.IS_EMPTY), "3"),
        (lambda t: of("amount", FilterOp.AT_LEAST, Decimal("12.10")), "023"),
        (lambda t: of("amount", FilterOp.AT_MOST, Decimal("12.09")), "1"),
        (lambda t: of("amount", FilterOp.BETWEEN, Decimal("-5"), Decimal("12.10")), "013"),
        (lambda t: of("amount", FilterOp.AT_LEAST, Decimal("1E+40")), ""),
        (lambda t: of("amount", FilterOp.AT_LEAST, Decimal("-Infinity")), "0123"),
        (lambda t: of("created_at", FilterOp.AT_LEAST, t + 2 * MINUTE), "23"),
        (lambda t: of("created_at", FilterOp.BETWEEN, t, t + MINUTE), "01"),
        (lambda t: of("is_mock", FilterOp.IS, True), "0123"),
        (lambda t: of("is_mock", FilterOp.IS, False), ""),
    ],
)
async def test_filters(names, keep, make, wanted, expected):
    await keep(
        make.claim(0, description="100% Größe a_b"),
        make.claim(1, status="denied", amount=Decimal("-5.00"), description="100 a-b"),
        make.claim(2, status="pending", amount=Decimal("700.00")),
        make.claim(3, order_id=None, description=""),
    )
    found = await names(CLAIMS, filters=(wanted(make.september),))
    assert sorted(name[-1] for name in found) == list(expected)


@pytest.mark.parametrize(
    "wrong",
    [
        of("colour", FilterOp.IS, "red"),
        of("amount", FilterOp.IS, "12.10"),
        of("amount", FilterOp.IS, Decimal("NaN")),
        of("amount", FilterOp.CONTAINS, Decimal(1)),
        of("status", FilterOp.IS),
        of("amount", FilterOp.BETWEEN, Decimal(1)),
        of("created_at", FilterOp.AT_LEAST, "2026-09-01"),
        of("is_mock", FilterOp.IS, 1),
        of("amount", FilterOp.AT_LEAST, None),
    ],
)
async def test_a_filter_that_does_not_fit_is_refused_by_name(db, user, wrong):
    with pytest.raises(BadInput, match=wrong.column):
        await rows.count(db, RowQuery(CLAIMS, (user,), filters=(wrong,)))


async def test_an_unknown_column_cannot_be_sorted_by_or_counted(db, user):
    with pytest.raises(BadInput, match="id; DROP"):
        await rows.row_ids(db, RowQuery(CLAIMS, (user,), sort=(Sort("id; DROP"),)))
    with pytest.raises(BadInput, match="password"):
        await rows.distinct_values(db, RowQuery(CLAIMS, (user,)), "password")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("lamp", "01"), ("  LAMP ", "01"), ("sku-00002", "2"), ("x000000001", "1"), ("ÜBER", "2"),
     ("50%", "2"), ("5_%", ""), ("\\", ""), ("'; --", ""), ("\0", ""), ("\ud800lamp", "01"),
     ("\ud800", ""), ("x" * 100_000, ""), ("ῌ" * 2_000, ""), ("ü" * 2_001, "")],
)  # fmt: skip
async def test_search_looks_into_every_searchable_column(names, keep, make, text, expected):
    await keep(make.item(0), make.item(1), make.item(2, product_name="über 50%", fnsku=None))
    found = await names(INVENTORY, search=text)
    assert [name[-1] for name in found] == list(expected)


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Élégant étui", "élégant étui"),
        ("Żółty kubek Łazienkowy", "żółty kubek łazienkowy"),
        ("żółty kubek Łazienkowy", "ŻÓŁTY KUBEK ŁAZIENKOWY"),
        ("Чехол для Телефона", "чехол для телефона"),
        ("Γυάλινος Δρόμος", "ΓΥΆΛΙΝΟΣ ΔΡΌΜΟΣ"),
        ("Öl 5% [Größe*_] a\\d? (Ü){2} ^$.|+- ö]", "öl 5% [GRÖßE*_] a\\d? (ü){2} ^$.|+- Ö]"),
    ],
)
async def test_a_text_in_any_alphabet_is_found_in_any_case(names, keep, make, title, text):
    await keep(make.item(1, product_name="Elegant el"), make.item(2, product_name=title))
    assert await names(INVENTORY, search=text) == ["SKU-00002"]
    wanted = Filter("product_name", FilterOp.CONTAINS, (text,))
    assert await names(INVENTORY, filters=(wanted,)) == ["SKU-00002"]


async def test_orders_are_found_by_what_was_ordered(names, keep, make):
    await keep(make.order(1, lines=1), make.order(2, lines=2))
    assert [name[10] for name in await names(ORDERS, search="sku-00002")] == ["2"]
    assert [name[10] for name in await names(ORDERS, search="SIZE 1")] == ["2", "1"]


async def test_search_filters_and_order_work_together(names, keep, make):
    await keep(*(make.claim(n, status="denied" if n % 2 else "approved") for n in range(6)))
    wanted = (
        of("status", FilterOp.IS, "denied"),
        of("created_at", FilterOp.AT_LEAST, make.september + 2 * MINUTE),
    )
    found = await names(CLAIMS, search="refund", filters=wanted, sort=(Sort("created_at"),))
    assert [name[-1] for name in found] == ["3", "5"]


async def test_a_user_sees_only_their_own_rows_and_all_accounts_read_together(
    db, user, start, keep, make
):
    other = await start(make.account("other"))
    await keep(make.claim(1), make.claim(3))
    await keep(make.claim(2), make.claim(4), run=other)

    async def read(*users):
        query = RowQuery(CLAIMS, users)
        first = [row.values[0][-1] for row in await rows.first_rows(db, query, 3)]
        return first, len(await rows.row_ids(db, query)), await rows.count(db, query)

    assert await read(user) == (["3", "1"], 2, 2)
    assert await read(user, other.user_id) == (["4", "3", "2"], 4, 4)
    assert await read() == ([], 0, 0)


async def test_windows_of_fifty_thousand_rows_by_position(db, user, run, make):
    dice = random.Random(3)
    numbers = list(range(50_000))
    dice.shuffle(numbers)
    for start in range(0, len(numbers), 5000):
        some = [make.item(n) for n in numbers[start : start + 5000]]
        await pages.write_inventory_page(db, run, some, first_started_at=run.started_at)
    for sort in ((), (Sort("quantity_total", descending=True),)):
        query = RowQuery(INVENTORY, (user,), sort=sort)
        ids = await rows.row_ids(db, query)
        assert len(ids) == 50_000
        for first in (0, 12_345, 49_800):
            window = await rows.rows_by_ids(db, INVENTORY, ids[first : first + 200])
            expected = [49_999 - n if sort else n for n in range(first, first + 200)]
            assert [row.values[0] for row in window] == [f"SKU-{n:05d}" for n in expected]
    assert (await rows.first_rows(db, query, 1))[0].row_id == ids[0]


async def test_a_row_that_is_gone_leaves_a_gap_in_its_window(db, user, sql, keep, make):
    await keep(make.item(1), make.item(2), make.item(3))
    ids = await rows.row_ids(db, RowQuery(INVENTORY, (user,)))
    await sql("DELETE FROM amazon_inventory WHERE sku = 'SKU-00002'")
    window = await rows.rows_by_ids(db, INVENTORY, ids)
    assert [row and row.values[0] for row in window] == ["SKU-00001", None, "SKU-00003"]


async def test_sums_are_exact_for_each_currency_and_for_a_selection(db, user, keep, make):
    await keep(
        *(make.claim(n, amount=Decimal("0.10")) for n in range(3)),
        make.claim(5, amount=Decimal("-7.77"), currency="EUR"),
    )
    query = RowQuery(CLAIMS, (user,))
    assert await rows.sums(db, query) == {"EUR": Decimal("-7.77"), "USD": Decimal("0.30")}
    newest_two = (await rows.row_ids(db, query))[:2]
    assert await rows.sums(db, query, newest_two) == {
        "EUR": Decimal("-7.77"), "USD": Decimal("0.10"),
    }  # fmt: skip
    assert await rows.sums(db, query, []) == {}
    assert await rows.sums_by_position(db, query, [(0, 1)]) == {
        "EUR": Decimal("-7.77"), "USD": Decimal("0.10"),
    }  # fmt: skip
    assert await rows.sums_by_position(db, query, [(1, 2), (3, 3)]) == {"USD": Decimal("0.30")}
    assert await rows.sums(db, RowQuery(INVENTORY, (user,))) == {}
    assert await rows.sums_by_position(db, RowQuery(INVENTORY, (user,)), [(0, 9)]) == {}


async def test_orders_without_a_total_do_not_disturb_the_sum(db, user, keep, make):
    await keep(make.order(1), make.order(2, total_amount=None, currency=None))
    assert await rows.sums(db, RowQuery(ORDERS, (user,))) == {"USD": Decimal("12.10")}


async def test_distinct_values_come_with_their_counts_the_most_frequent_first(db, user, keep, make):
    await keep(
        make.item(1, condition="Used"), make.item(2), make.item(3), make.item(4, condition=None),
    )  # fmt: skip
    query = RowQuery(INVENTORY, (user,))
    assert await rows.distinct_values(db, query, "condition") == [
        ("NewItem", 2), ("Used", 1), (None, 1),
    ]  # fmt: skip
    assert await rows.distinct_values(db, query, "condition", limit=1) == [("NewItem", 2)]
    few = replace(query, search="sku-00001")
    assert await rows.distinct_values(db, few, "condition") == [("Used", 1)]


@pytest.mark.parametrize(
    ("dataset", "sort", "index"),
    [(CLAIMS, (), "amazon_claims_user_created"),
     (CLAIMS, (Sort("created_at"),), "amazon_claims_user_created"),
     (CLAIMS, (Sort("claim_id", descending=True),), "amazon_claims_"),
     (CLAIMS, (Sort("order_id"),), "amazon_claims_user_order"),
     (CLAIMS, (Sort("order_id", descending=True),), "amazon_claims_user_order"),
     (ORDERS, (), "amazon_orders_user_purchase"),
     (ORDERS, (Sort("purchase_date"),), "amazon_orders_user_purchase"),
     (INVENTORY, (), "amazon_inventory_")],
)  # fmt: skip
async def test_an_indexed_column_gives_the_first_rows_without_sorting_all(
    db, kind, user, dataset, sort, index
):
    query = RowQuery(dataset, (user,), sort=sort)

    def plan(connection):
        part: sa.ColumnElement[bool] = sa.true()
        order = ordering(query)
        explain = "EXPLAIN QUERY PLAN"
        if kind == "postgresql":
            # There is hardly a row, so that it would otherwise sort them.
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
            connection.exec_driver_sql("SET LOCAL enable_sort = off")
            part, order = known_first(query) or (part, order)
            explain = "EXPLAIN"
        wanted = sa.select(row_id(DATASET_TABLES[dataset])).where(condition(query), part)
        text = (
            wanted.order_by(*order)
            .limit(200)
            .compile(connection, compile_kwargs={"literal_binds": True})
        )
        return "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {text}"))

    steps = await db.read(plan)
    assert index in steps
    # Sorting rows of the same value by their keys is no harm.
    assert "Sort" not in steps.replace("Incremental Sort", "").replace("Sort Key", "")
    assert "TEMP B-TREE FOR ORDER BY" not in steps


async def test_known_values_fill_the_first_rows_and_unknown_ones_follow(names, keep, make):
    await keep(*(make.claim(n) for n in range(4)), make.claim(7, created_at=None, order_id=None))
    for column in ("created_at", "order_id"):
        for descending in (False, True):
            found = await names(CLAIMS, sort=(Sort(column, descending=descending),))
            assert [name[-1] for name in found] == [*("3210" if descending else "0123"), "7"]
