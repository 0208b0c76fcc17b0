"""Pages of financial events in the database: matched, written in one transaction, met again.

The sequences of readings are those of the rule itself; here both databases load and write for it.
"""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from opside_desktop.claims.identity.outcomes import WindowReading
from opside_desktop.domain.datasets import Dataset
from opside_desktop.store.deleting import stored_of
from opside_desktop.store.reading import rows
from opside_desktop.store.reading.queries import RowQuery
from opside_desktop.store.runs import sync_runs
from opside_desktop.store.schema import tables
from opside_desktop.store.writing import event_neighbourhood, event_rows, keyed_sql
from opside_desktop.store.writing.checkpoints import Checkpoint, load
from opside_desktop.store.writing.event_pages import end_unfinished_window, write_events_page
from tests.claims.event_memory import START, TX, V0, at, told
from tests.claims.test_identity_sequences import SEQUENCES


class World:
    """One user's claims in a database, read window by window."""

    def __init__(self, db, run, sql):
        self.db, self.run, self.sql = db, run, sql
        self.readings = 0

    def reading(self, source, *, before=None):
        """Begin a reading of a window that holds everything."""
        self.readings += 1
        read_at = START + timedelta(days=3000, microseconds=self.readings)
        before = self.readings > 1 if before is None else before
        return WindowReading(source, START, at(1000), read_at, before)

    async def page(self, events, window, *, is_last=True, **progress):
        more = {"first_started_at": self.run.started_at, **progress}
        return await write_events_page(self.db, self.run, events, window, is_last=is_last, **more)

    async def scan(self, *pages, source=None):
        source = source or next(event for page in pages for event in page).source
        window = self.reading(source)
        for number, events in enumerate(pages, 1):
            await self.page(events, window, is_last=number == len(pages))

    async def claims(self):
        """What lists show: id, amount, status, description."""
        found = await rows.first_rows(self.db, self.shown, 1000)
        return sorted(str(row.values[0]) for row in found)

    async def totals(self):
        return await rows.sums(self.db, self.shown)

    @property
    def shown(self):
        return RowQuery(Dataset.CLAIMS, (self.run.user_id,))


@pytest.fixture
def world(db, run, sql):
    return World(db, run, sql)


@pytest.mark.parametrize("size", [1, 2, 100])
@pytest.mark.parametrize("name", SEQUENCES)
async def test_every_sequence_ends_as_it_must(world, name, size):
    scans, total, count = SEQUENCES[name]
    seen = set()
    for events in scans:
        pages = [events[n : n + size] for n in range(0, len(events), size)]
        await world.scan(*pages)
        now = set(await world.claims())
        seen |= now
    assert len(now) == count
    assert await world.totals() == ({"USD": Decimal(total)} if count else {})
    again = await world.claims()
    for events in scans[-1:]:
        await world.scan(events)
    assert await world.claims() == again


REFUND = told(V0, "-10", at(0, 5), order="A")
TWIN = told(V0, "7.50", at(0, 5), sku="S")
PAGE = [told(V0, str(n), at(n % 7, n), order=f"902-{n}", sku=f"SKU-{n}") for n in range(1, 40)]


WRITTEN = (
    tables.amazon_claims,
    tables.financial_events,
    tables.event_sightings,
    tables.event_claims,
)


async def contents(sql, *, without=("synced_at", "last_read", "updated_at", "created_at")):
    """Every row of what a page writes, without its times."""
    found = {}
    for table in WRITTEN:
        names = [one.name for one in table.columns if one.name not in without]
        listed = ", ".join(f'"{name}"' for name in names)
        found[table.name] = [
            dict(zip(names, map(str, row), strict=True))
            for row in await sql(f"SELECT {listed} FROM {table.name} ORDER BY {listed}")  # noqa: S608
        ]
    return found


async def test_a_page_that_comes_again_changes_nothing_but_its_times(world, sql):
    window = world.reading(V0, before=False)
    written = await world.page(PAGE, window)
    assert written.counted == len(PAGE)
    before = await contents(sql)
    assert {name: len(found) for name, found in before.items()} == {
        "amazon_claims": len(PAGE), "financial_events": len(PAGE),
        "event_sightings": len(PAGE), "event_claims": len(PAGE),
    }  # fmt: skip
    again = await world.page(PAGE, world.reading(V0))
    assert again.counted == 0
    assert await contents(sql) == before
    # All were met by the last reading.
    [(met,)] = await sql("SELECT count(DISTINCT last_read) FROM event_sightings")
    assert met == 1


async def test_twins_on_two_pages_are_two_and_stay_two(world):
    for _ in range(3):
        window = world.reading(V0)
        await world.page([TWIN], window, is_last=False)
        await world.page([TWIN], window)
        assert await world.totals() == {"USD": Decimal("15.00")}
        assert len(await world.claims()) == 2


async def test_a_kill_within_a_page_leaves_nothing_of_it(world, sql, monkeypatch):
    window = world.reading(V0)
    await world.page(PAGE[:10], window, is_last=False)
    before, ids = await contents(sql), await world.claims()

    def die(*_):
        raise RuntimeError("killed")

    mark = Checkpoint(Dataset.CLAIMS, "w", {"page": 2})
    with monkeypatch.context() as patched:
        patched.setattr(event_rows._EVENTS, "put", die)  # the last rows of the transaction
        with pytest.raises(RuntimeError, match="killed"):
            await world.page(PAGE[10:], window, checkpoint=mark)
    assert await contents(sql) == before
    assert await load(world.db, world.run.user_id, Dataset.CLAIMS) == []
    await world.page(PAGE[10:], window, checkpoint=mark)
    assert set(ids) < set(await world.claims())
    assert await load(world.db, world.run.user_id, Dataset.CLAIMS) == [mark]
    run = await sync_runs.get_run(world.db, world.run.user_id, world.run.sync_id)
    assert run.result(Dataset.CLAIMS).count == len(PAGE)


async def test_a_page_that_comes_again_within_its_reading_is_written_once(world):
    """The commit arrived, its answer did not: the page is read once more under the same reading."""
    tx = [told(TX, str(n), at(n), order=f"902-{n}", ids=[f"T{n}"]) for n in range(1, 5)]
    window = world.reading(TX)
    await world.page(tx, window, is_last=False)
    before = await world.claims()
    await world.page(tx, window)
    assert await world.claims() == before


async def test_transactions_take_over_the_words_and_v0_keeps_its_own_beside(world, sql):
    await world.scan([REFUND])
    [claim] = await world.claims()
    await world.scan([told(TX, "-10", at(0, 5), order="A", ids=["T1"], text="Refund Order")])
    assert await world.claims() == [claim]
    [(event_list, description)] = await sql(
        "SELECT event_list, description FROM financial_events "
        "JOIN amazon_claims ON amazon_claims.claim_id = financial_events.claim_id"
    )
    assert (event_list, description) == ("transactions", "Refund Order")
    kept = await sql("SELECT source, event_list, payload FROM event_sightings ORDER BY id")
    assert [(one[0], one[1], one[2] is not None) for one in kept] == [
        ("events-v0", "RefundEventList", True),
        ("transactions", "transactions", False),
    ]
    before = await contents(sql)
    await world.scan([REFUND])
    assert await contents(sql) == before


async def test_what_amazon_rewords_is_written_over(world, sql):
    await world.scan([told(V0, "-10", at(0, 5), order="A", text="before")])
    ids = await world.claims()
    await world.scan([told(V0, "-10", at(0, 5), order="A", text="after")])
    assert await world.claims() == ids
    [(description,)] = await sql("SELECT description FROM amazon_claims")
    [(payload,)] = await sql("SELECT payload FROM financial_events")
    assert description == "after"
    assert "after" in str(payload)


async def test_mock_is_never_taken_for_real(world, sql):
    await world.scan([REFUND])
    await sql("UPDATE event_sightings SET is_mock = NOT is_mock")
    await world.scan([REFUND])
    assert len(await world.claims()) == 2


async def test_two_users_know_nothing_of_each_other(world, make, db, sql):
    other = World(db, await make.start(db, make.account("other")), sql)
    await world.scan(PAGE)
    await other.scan(PAGE)
    assert await other.claims() == await world.claims()
    assert len(await other.claims()) == len(PAGE)
    assert (await stored_of(db, other.run.user_id))["event_sightings"] == len(PAGE)


async def test_ids_follow_from_what_was_told_first(world, sql):
    await world.scan([TWIN, TWIN, REFUND])
    keys = await sql("SELECT event_key, claim_id FROM financial_events")
    assert all(claim.endswith(key[:16]) for key, claim in keys)
    assert Counter(claim[:3] for _, claim in keys) == {"RFD": 3}


async def test_what_waits_is_settled_when_its_window_breaks_off(world):
    await world.scan([told(TX, "-10", at(0, 5), order="A", ids=["T1"], status="DEFERRED")])
    window = world.reading(V0)
    release = told(V0, "-10", at(9, 1), order="A")
    await world.page([release], window, is_last=False)
    assert len(await world.claims()) == 1
    for _ in range(3):
        more = {"first_started_at": world.run.started_at}
        await end_unfinished_window(world.db, world.run, window, **more)
        window = replace(window, read_at=window.read_at + timedelta(seconds=1))
    assert len(await world.claims()) == 1
    await world.scan([release])
    assert await world.totals() == {"USD": Decimal("-10.00")}


async def test_zero_is_kept_counted_and_hidden(world):
    written = await world.page([told(V0, "0", at(0, 5), order="A")], world.reading(V0))
    assert written.counted == 1
    assert await world.claims() == []
    assert (
        await rows.count(world.db, RowQuery(Dataset.CLAIMS, (world.run.user_id,), with_hidden=True))
        == 1
    )


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
async def test_every_lookup_goes_by_an_index(world, sql):
    """However much is stored, a page costs as much: nothing reads a user's whole table.

    A server chooses by its statistics, which an empty table does not have.
    """
    await world.scan(PAGE)
    searches = [
        event_neighbourhood._BY_ID,
        event_neighbourhood._BY_SECOND,
        event_neighbourhood._BY_DAY,
        event_neighbourhood._BY_ORDER,
        event_neighbourhood._BY_NUMBER,
        event_neighbourhood._LINKS,
        event_neighbourhood._LINKS_OF_CLAIMS,
        event_neighbourhood._CLAIMS,
        event_rows._TAKEN_KEYS,
        event_rows._KEYS_OF_CLAIMS,
        event_rows._WORDS_OF_CLAIMS,
    ]
    for search in searches:
        text = keyed_sql._spelled(search, KEYS, ("user", "mock", "source"), True)
        plan = await sql(f"EXPLAIN QUERY PLAN {text}", None, None, None, "[]")
        steps = [row[3] for row in plan if row[3].startswith(("SEARCH", "SCAN"))]
        assert steps
        for step in steps:
            if not step.startswith(("SCAN k", "SCAN json_each")):
                assert step.count("=?") >= 2, (search, step)


KEYS = ("id", "name", "day", "second", "currency", "amount", "class", "has_order")


async def test_a_release_that_names_its_deferral_later_finds_what_v0_told_of_it(world):
    plain = told(TX, "-10", at(0, 5), order="A", ids=("T1",))
    await world.scan([plain])
    await world.scan([told(V0, "-10", at(9), order="A")])
    assert len(await world.claims()) == 2
    # Its sighting is found by an id; what it proves to be more is found by the release's date.
    await world.scan([plain], [told(TX, "-10", at(9), order="A", ids=("T2", "T1"))])
    assert await world.totals() == {"USD": Decimal(-10)}


async def test_what_waits_and_is_told_again_goes_on_waiting(world):
    await world.scan([told(TX, "-10", at(0, 5), order="A", ids=("T1",), status="DEFERRED")])
    release = told(V0, "-10", at(9), order="A")
    window = world.reading(V0)
    await world.page([release], window, is_last=False)
    await end_unfinished_window(world.db, world.run, window, first_started_at=world.run.started_at)
    window = world.reading(V0)
    await world.page([release], window, is_last=False)
    await world.page([], window, is_last=True)
    assert await world.totals() == {"USD": Decimal(-10)}
    assert len(await world.claims()) == 1


async def test_claims_that_were_deleted_by_hand_come_back_under_their_ids(world):
    await world.scan(PAGE)
    before = await world.claims()
    columns = tables.amazon_claims.c
    gone = tables.amazon_claims.delete().where(columns.claim_id.in_(before[::2]))
    await world.db.write(lambda connection: connection.execute(gone))
    assert await world.claims() == before[1::2]
    await world.scan(PAGE)
    assert await world.claims() == before
