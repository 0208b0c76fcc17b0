"""Upserts of few and of very many rows, alike on both databases."""

import re
from datetime import timedelta
from decimal import Decimal
from functools import partial
from uuid import UUID

import pytest

from opside_desktop.store.opening import open_database
from opside_desktop.store.postgres.bulk import COPY_FROM
from opside_desktop.store.schema import tables
from opside_desktop.store.writing.bulk import Upsert
from tests.postgres import run_sql

USER = "cc39d84f-9b85-435e-a37e-c03e7da629c6"
TABLE = tables.financial_events
NAMES = [column.name for column in TABLE.columns]
UPSERT = Upsert(TABLE, keep=("event_type",))

some_sizes = pytest.mark.parametrize("size", [1, 2, 100, COPY_FROM + 500])


def event(make, n, **fields):
    row = {
        "id": str(UUID(int=n + 1)),
        "user_id": USER,
        "event_key": f"{n:064x}",
        "event_list": "RefundEventList",
        "event_type": None if n % 3 else 'Größe "漢字", \\ \t {x}',
        "posted_at": None if n % 7 == 1 else make.september + timedelta(minutes=n, microseconds=n),
        "order_id": None if n % 2 else f"order {n}",
        "amount": None if n % 5 == 1 else Decimal(n).scaleb(-2),
        "currency": "EUR",
        "claim_id": None,
        "payload": None if n % 11 == 1 else {"Rate": Decimal("0.10"), "Names": ["Größe", n, True]},
        "is_mock": n % 2 == 0,
        "synced_at": make.september,
        **fields,
    }
    return [row[name] for name in NAMES]


def by_column(rows):
    return {name: [row[n] for row in rows] for n, name in enumerate(NAMES)}


async def upsert(db, rows):
    await db.write(lambda one: UPSERT.run(one, by_column(rows)))


async def stored(db):
    select = TABLE.select().order_by(TABLE.c.event_key)
    return await db.read(lambda one: [list(row) for row in one.execute(select)])


@some_sizes
async def test_every_value_comes_back_as_it_was(db, make, size):
    rows = [event(make, n) for n in range(size)]
    await upsert(db, rows)
    assert await stored(db) == rows


@some_sizes
async def test_stored_rows_are_changed_but_for_what_is_kept(db, make, size):
    rows = [event(make, n) for n in range(size)]
    await upsert(db, rows[: size // 2])
    changed = [event(make, n, amount=Decimal(7), id=str(UUID(int=9)), event_type="new")
               for n in range(size // 2)]  # fmt: skip
    await upsert(db, [*changed, *rows[size // 2 :]])
    expected = [event(make, n, amount=Decimal("7.00")) for n in range(size // 2)]
    assert await stored(db) == [*expected, *rows[size // 2 :]]


@some_sizes
async def test_what_is_stored_outlives_nothing_where_that_is_wanted(db, make, size):
    upsert = Upsert(TABLE, unless_null=("order_id", "amount"))
    rows = [event(make, n) for n in range(size)]
    bare = {"order_id": None, "amount": None, "currency": None, "id": str(UUID(int=9))}
    for some in (rows, [event(make, n, **bare) for n in range(size)]):
        await db.write(partial(upsert.run, values=by_column(some)))
    assert await stored(db) == [event(make, n, currency=None) for n in range(size)]


@some_sizes
async def test_of_the_same_key_twice_the_last_counts(db, make, size):
    first = [event(make, n, event_type=None) for n in range(size)]
    last = [event(make, n, event_type=None, order_id="last") for n in range(size)]
    await upsert(db, [*first, *last])
    assert await stored(db) == last


async def test_many_batches_in_one_transaction(db, make):
    rows = [event(make, n) for n in range(3 * COPY_FROM)]

    def work(connection):
        for start in range(0, len(rows), COPY_FROM):
            UPSERT.run(connection, by_column(rows[start : start + COPY_FROM]))

    await db.write(work)
    assert len(await stored(db)) == len(rows)


async def test_a_batch_that_fails_leaves_nothing(db, make):
    broken = event(make, COPY_FROM, event_list=None)
    with pytest.raises(Exception, match=r"(?i)not.null"):
        await upsert(db, [*(event(make, n) for n in range(COPY_FROM)), broken])
    assert await stored(db) == []
    await upsert(db, [event(make, 1)])


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_texts_are_never_cut(db, make):
    long = event(make, 1, currency="x" * 11)
    for rows in ([long], [long, *(event(make, n) for n in range(2, COPY_FROM + 2))]):
        with pytest.raises(Exception, match="too long"):
            await upsert(db, rows)


async def test_a_user_who_may_make_no_temporary_tables_stores_as_many_rows(
    postgres_url, postgres_server, make
):
    name = f"plain_{postgres_url[-12:]}"
    database = postgres_url.rpartition("/")[2]
    run_sql(
        postgres_url,
        f"CREATE ROLE {name} LOGIN PASSWORD 'hunter2'",
        f"REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {database} TO {name}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}",
    )
    try:
        db = await open_database(
            re.sub("//[^@]*@", f"//{name}:hunter2@", postgres_url), app_version="0.1.0"
        )
        rows = [event(make, n) for n in range(COPY_FROM + 1)]
        await upsert(db, rows)
        assert await stored(db) == rows
        await db.close()
    finally:
        run_sql(postgres_url, f"DROP OWNED BY {name}", f"DROP ROLE {name}")
