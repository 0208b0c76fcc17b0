"""Version 0.1's claims are brought over: doubles are hidden, ids stay, whatever ends it midway."""

import asyncio
import itertools
import json
import multiprocessing
import os
import random
import sqlite3
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa

from opside_desktop.claims.sightings import PlacedBy
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import SyncInProgress
from opside_desktop.store.old_events.bringing_over import bring_over
from opside_desktop.store.old_events.users import state_of, take_news
from opside_desktop.store.schema import tables
from opside_desktop.store.upgrade import LOCK
from opside_desktop.store.writing import read_spans
from tests.store.old_events.conftest import USER, copied_to, open_old

_C, _S, _L = tables.amazon_claims.c, tables.event_sightings.c, tables.event_claims.c
_EVENTS = tables.financial_events.c


def silent(fraction):
    assert 0 <= fraction <= 1


async def claims_of(db):
    """Every claim by its id."""
    rows = await db.read(
        lambda connection: connection.execute(sa.select(tables.amazon_claims)).all()
    )
    return {row.claim_id: row for row in rows}


async def sightings_of(db):
    """By claim id: each claim has one."""
    joined = tables.event_sightings.join(
        tables.event_claims, sa.and_(_L.user_id == _S.user_id, _L.sighting == _S.id)
    )
    select = sa.select(tables.event_sightings, _L.claim).select_from(joined)
    rows = await db.read(lambda connection: connection.execute(select).all())
    by_claim = {row.claim: row for row in rows}
    assert len(by_claim) == len(rows)
    return by_claim


async def see_right(db, before):
    """The database is as it must be when all is done."""
    claims = await claims_of(db)
    assert claims.keys() == before.keys()
    shown = {name: row for name, row in claims.items() if row.hidden_reason is None}
    assert len(shown) == 68
    assert sum(row.amount for row in shown.values()) == Decimal("-2868.25")
    first = min(before.values())
    assert {name for name, sync in before.items() if sync == first} == shown.keys()
    assert {row.hidden_reason for name, row in claims.items() if name not in shown} == {"double"}
    sightings = await sightings_of(db)
    assert sightings.keys() == claims.keys()
    assert (await state_of(db)).left == {}
    assert (await state_of(db)).doubles == {USER: 19}


async def test_doubles_are_hidden_under_the_ids_of_the_first_sync(old, before):
    assert (await state_of(old)).left == {USER: 0.0}
    told = []
    mark = await bring_over(old, USER, told.append)
    assert mark.is_finished
    assert mark.doubles == 19
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0, 1)
    await see_right(old, before)


async def test_true_twins_stay_two(old):
    await bring_over(old, USER, silent)
    shown = [row for row in (await claims_of(old)).values() if row.hidden_reason is None]
    assert sum(row.amount == Decimal("7.50") for row in shown) == 2
    assert sum(row.amount == Decimal("9.00") for row in shown) == 2  # of two SKUs
    assert sum(row.amount == Decimal("1.25") for row in shown) == 3  # two of one day, and another


@pytest.mark.parametrize("rows", [1, 7, 30])
async def test_how_many_are_written_at_once_changes_nothing(old, before, rows):
    await bring_over(old, USER, silent, rows_at_a_time=rows)
    await see_right(old, before)


async def test_the_day_of_what_has_no_date_is_found_and_stored(old):
    await bring_over(old, USER, silent)
    sightings = await sightings_of(old)
    undated = [one for one in sightings.values() if not one.seconds]
    assert sorted(one.posted_day for one in undated) == [
        date(2026, 10, 29),
        date(2026, 11, 23),
        date(2026, 11, 23),
    ]


async def test_a_sighting_tells_what_is_known_of_its_event(old):
    await bring_over(old, USER, silent)
    one = (await sightings_of(old))["RFD-db5f3721d2fcf614"]
    assert (one.source, one._mapping["class"], one.placed_by) == ("events-v0", "refund", "new")
    assert one.placed_by == PlacedBy.NEW
    assert one.posted_day == date(2026, 11, 27)
    assert (one.order_id, one.sku, one.quantity) == ("111-0000000-0000001", "S0", 1)
    assert (one.amount, one.currency) == (Decimal("-19.00"), "USD")
    assert (one.was_deferred, one.is_mock) == (False, True)
    # Its newer wording was met by the second sync.
    assert one.last_read == datetime(2026, 11, 28, 11, 53, 35, 121000, tzinfo=UTC)


async def test_older_claims_are_taken_for_what_amazon_sends_before_their_doubles(old):
    await bring_over(old, USER, silent, rows_at_a_time=1000)
    claims, sightings = await claims_of(old), await sightings_of(old)
    doubles = [one.id for name, one in sightings.items() if claims[name].hidden_reason]
    others = [one.id for name, one in sightings.items() if not claims[name].hidden_reason]
    assert max(others) < min(doubles)


async def test_what_earlier_syncs_have_read_whole_counts_as_read(old):
    await bring_over(old, USER, silent)
    spans = await read_spans.load(old, USER, Dataset.CLAIMS)
    assert {one.source for one in spans} == {"events-v0"}
    assert spans[0].start == datetime(2026, 8, 30, tzinfo=UTC)
    assert spans[-1].end == datetime(2026, 11, 28, 11, 50, 34, 807000, tzinfo=UTC)
    assert [one.end for one in spans[:-1]] == [one.start for one in spans[1:]]


async def test_what_was_stored_stays_as_it_was_otherwise(old, old_file):
    await bring_over(old, USER, silent)
    claims = await claims_of(old)
    with closing(sqlite3.connect(old_file)) as file:
        stored = file.execute("SELECT claim_id, amount, type, status, synced_at FROM amazon_claims")
        for name, amount, kind, status, synced in stored:
            now = claims[name]
            assert (now.amount, now.type, now.status) == (Decimal(amount) / 100, kind, status)
            assert now.synced_at == datetime.fromisoformat(synced).replace(tzinfo=UTC)
            assert now.sku is not None or kind == "fee_adjustment"


async def test_what_it_is_worth_and_called_is_read_anew_and_the_id_stays(old, sql_of, before):
    name = "RFD-603ad8f8a9f4f555"
    await sql_of(
        "UPDATE amazon_claims SET amount = 1, type = 'other_adjustment', status = 'pending' "
        "WHERE claim_id = 'RFD-603ad8f8a9f4f555'"
    )
    await sql_of("UPDATE financial_events SET amount = 1 WHERE claim_id = 'RFD-603ad8f8a9f4f555'")
    await bring_over(old, USER, silent)
    row = (await claims_of(old))[name]
    assert (row.amount, row.type, row.status) == (Decimal("-78.00"), "refund", "approved")
    event = sa.select(_EVENTS.amount).where(_EVENTS.claim_id == name)
    stored = await old.read(lambda connection: connection.execute(event).scalar_one())
    assert stored == Decimal("-78.00")
    await see_right(old, before)


@pytest.mark.parametrize("payload", ["null", '"text"', "{}", '{"ShipmentItemAdjustmentList": 7}'])
async def test_what_cannot_be_read_stays_as_it_is_stored(old, sql_of, before, payload):
    name = "RFD-603ad8f8a9f4f555"
    await sql_of(
        f"UPDATE financial_events SET payload = '{payload}' "  # noqa: S608
        "WHERE claim_id = 'RFD-603ad8f8a9f4f555'"
    )
    was = (await claims_of(old))[name]
    await bring_over(old, USER, silent)
    now = (await claims_of(old))[name]
    if payload != "{}":
        assert now == was
    assert name in await sightings_of(old)


async def test_a_mark_that_is_lost_costs_another_look_only(old, sql_of, before):
    await bring_over(old, USER, silent, rows_at_a_time=7)
    was = await sightings_of(old)
    await sql_of("DELETE FROM sync_checkpoints WHERE dataset = 'version-0.1'")
    assert (await state_of(old)).left == {}
    await bring_over(old, USER, silent)
    assert await sightings_of(old) == was


async def test_two_programs_may_do_it_at_once(old, old_url, before):
    other = await open_old(old_url)
    try:
        done = (bring_over(db, USER, silent, rows_at_a_time=3) for db in (old, other))
        marks = await asyncio.gather(*done)
    finally:
        await other.close()
    assert [mark.doubles for mark in marks] == [19, 19]
    await see_right(old, before)


async def test_a_sync_of_another_program_is_waited_for(old, make, before):
    run = await make.start(old, make.account("local-user"))
    with pytest.raises(SyncInProgress) as refused:
        await bring_over(old, USER, silent)
    assert refused.value.existing_sync_id == run.sync_id
    await bring_over(old, USER, silent, own_sync=run.sync_id)
    await see_right(old, before)


async def test_a_user_of_this_version_has_nothing_to_bring_over(db, make):
    other = make.account("new")
    mark = await bring_over(db, other.user_id, silent)
    assert mark.is_finished
    assert not mark.doubles
    assert (await state_of(db)).left == {}


async def test_each_place_tells_of_it_once(old):
    assert await take_news(old, USER, "window") == 0
    await bring_over(old, USER, silent)
    assert [await take_news(old, USER, "window") for _ in range(2)] == [19, 0]
    assert [await take_news(old, USER, "sync") for _ in range(2)] == [19, 0]


# Ends


class Killed(BaseException):
    """The program ends here."""


@contextmanager
def dying_at(statement):
    """Let the program end before the so-manieth statement from here on, counted from 0."""
    left = itertools.count(statement, -1)

    def die(*_):
        if next(left) == 0:
            raise Killed

    sa.event.listen(sa.Engine, "before_cursor_execute", die)
    try:
        yield
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", die)


async def test_whichever_statement_is_the_last_it_goes_on_and_comes_to_the_same(
    old_url, old, before
):
    await old.close()
    for statement in itertools.count():
        db = await open_old(old_url)
        try:
            with dying_at(statement % 40):
                await bring_over(db, USER, silent, rows_at_a_time=10)
            break
        except Killed:
            continue
        finally:
            await db.close()
    assert statement > 20
    db = await open_old(old_url)
    await see_right(db, before)
    await db.close()


def bring_over_until(url, statement):
    """A program of its own that dies, without any farewell, before a statement."""
    left = itertools.count(statement, -1)

    def die(*_):
        if next(left) == 0:
            os._exit(9)

    async def main():
        sa.event.listen(sa.Engine, "before_cursor_execute", die)
        db = await open_old(url)
        await bring_over(db, USER, silent, rows_at_a_time=3)
        await db.close()

    asyncio.run(main())


async def see_twenty_deaths(url, before):
    """However a program ends twenty times in a row, the next one comes to what is right."""
    dice = random.Random(1)
    spawn = multiprocessing.get_context("spawn")
    codes = []
    for _ in range(20):
        process = spawn.Process(target=bring_over_until, args=(url, dice.randrange(1, 60)))
        process.start()
        await asyncio.to_thread(process.join)
        codes.append(process.exitcode)
    assert codes.count(9) >= 5, codes
    db = await open_old(url)
    await bring_over(db, USER, silent)
    await see_right(db, before)
    await db.close()


async def test_twenty_deaths_of_the_first_start_lose_and_double_nothing(old_file, before):
    # The tables themselves are changed by the first of them that lives long enough.
    await see_twenty_deaths(f"sqlite:///{old_file}", before)


async def test_twenty_deaths_on_a_server_lose_and_double_nothing(postgres_url, old_file, before):
    await copied_to(postgres_url, old_file)
    await see_twenty_deaths(postgres_url, before)


# The lock


async def test_the_lock_of_the_tables_is_free_between_two_steps(old, old_url, kind):
    other = await open_old(old_url)
    taken = []

    async def take():
        while len(taken) < 3:
            await other.write(lambda connection: _take(connection, kind), lock_wait_s=10)
            taken.append(1)

    try:
        taking = asyncio.create_task(take())
        await bring_over(old, USER, silent, rows_at_a_time=1)
        await taking
    finally:
        await other.close()


def _take(connection, kind):
    if kind == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
    connection.exec_driver_sql("UPDATE rate_buckets SET level = level")


@pytest.fixture
def sql_of(old):
    """Run a statement on the old database."""

    async def run(statement):
        await old.write(lambda connection: connection.exec_driver_sql(statement))

    return run


def test_the_case_is_as_it_is_said_to_be(before, old_file):
    with closing(sqlite3.connect(old_file)) as file:
        assert file.execute("SELECT count(*), sum(amount) FROM amazon_claims").fetchone() == (
            87,
            -319875,
        )
        payloads = file.execute("SELECT payload FROM financial_events")
        assert all(isinstance(json.loads(one), dict) for (one,) in payloads)
    assert len(before) == 87
