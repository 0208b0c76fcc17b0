"""Answers that no one can read: the damage stays small, and is asked for until it is mended."""

from datetime import UTC, datetime, timedelta

import pytest

from opside_desktop.domain.datasets import Dataset
from opside_desktop.sync.copying.reach import ASKED_FOR
from opside_desktop.sync.copying.windowed import HOPELESS_AFTER
from opside_desktop.sync.copying.windows import SHORTEST, Span, day_in_words
from tests.flows.spoiling import SpoiledAmazon, moments, seller
from tests.flows.world import counts, world

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
CLAIMS = frozenset({Dataset.CLAIMS})
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
BAD_DAY = TODAY - 40 * DAY

BROKEN = [
    b'{"payload" {"FinancialEvents": {}}}',
    b'{"payload": {"FinancialEvents": 7}}',
    b'{"payload": [[[}',
]


def unreadable(first, last, body=BROKEN[0]):
    """Damages the windows that overlap a stretch."""
    return lambda start, end, query: body if start < last and first < end else None


def overlapping(asked, first, last):
    return [(start, end) for start, end in asked if start < last and first < end]


def warnings(run, dataset=Dataset.CLAIMS):
    return run.result(dataset).warnings


async def claims_of(program):
    return len((await program.rows())["amazon_claims"])


@pytest.mark.parametrize("body", BROKEN)
async def test_an_unreadable_day_is_a_hole_that_heals_when_amazon_mends_it(monkeypatch, home, body):
    posted = moments(TODAY - 89 * DAY, TODAY, 3 * HOUR)
    async with world(monkeypatch, home) as program:
        amazon = SpoiledAmazon(program)
        damage = unreadable(BAD_DAY, BAD_DAY + DAY, body)
        amazon.answers["claims"] = seller(posted, spoiled=damage)
        run = await program.sync(datasets=CLAIMS)
        assert (run.status, run.error, run.result(Dataset.CLAIMS).skipped) == ("completed", None, 0)
        [told] = warnings(run)
        assert Span(BAD_DAY, BAD_DAY + DAY).in_words in told
        assert counts(run)[0] == len(posted) - 8

        amazon.asked.clear()
        run = await program.sync(datasets=CLAIMS)
        assert (run.status, warnings(run)) == ("completed", (told,))
        assert len(overlapping(amazon.asked, BAD_DAY, BAD_DAY + DAY)) == 1
        assert len(overlapping(amazon.asked, BAD_DAY + DAY, TODAY - 15 * DAY)) == 0

        amazon.answers["claims"] = seller(posted)
        run = await program.sync(datasets=CLAIMS)
        assert warnings(run) == ()
        assert await claims_of(program) == len(posted)
        amazon.asked.clear()
        await program.sync(datasets=CLAIMS)
        assert not overlapping(amazon.asked, BAD_DAY, BAD_DAY + DAY)


async def test_one_unreadable_event_costs_only_what_stands_behind_it_in_its_hour(
    monkeypatch, tmp_path
):
    posted = moments(TODAY - 89 * DAY, TODAY, timedelta(minutes=20))
    bad = posted[3333]

    def damage(start, end, query):
        first, size = int(query.get("NextToken", 0)), int(query["MaxResultsPerPage"])
        page = [moment for moment in posted if start <= moment < end][first : first + size]
        return BROKEN[0] if bad in page else None

    async with world(monkeypatch, tmp_path) as program:
        amazon = SpoiledAmazon(program)
        amazon.answers["claims"] = seller(posted, spoiled=damage)
        run = await program.sync(datasets=CLAIMS)
        assert run.status == "completed"
        assert len(warnings(run)) == 1
        missing = len(posted) - await claims_of(program)
        assert 1 <= missing <= 2 * SHORTEST / timedelta(minutes=20)
        assert len(amazon.asked) < 200


async def test_an_unreadable_day_of_orders_leaves_the_other_days(monkeypatch, home):
    async with world(monkeypatch, home, scenario="normal_week") as program:
        amazon = SpoiledAmazon(program)
        amazon.answers["orders"] = unreadable(BAD_DAY, BAD_DAY + DAY, b'{"orders": 7}')
        run = await program.sync()
        assert (run.status, run.error) == ("completed", None)
        [told] = warnings(run, Dataset.ORDERS)
        assert Span(BAD_DAY, BAD_DAY + DAY).in_words in told
        assert 200 < counts(run)[2] < 250
        amazon.answers.clear()
        amazon.asked.clear()
        run = await program.sync()
        assert (run.status, warnings(run, Dataset.ORDERS)) == ("completed", ())
        assert len((await program.rows())["amazon_orders"]) == 250


async def test_a_hole_is_named_although_the_copying_fails_behind_it(monkeypatch, tmp_path):
    posted = moments(TODAY - 89 * DAY, TODAY, 3 * HOUR)

    def damage(start, end, query):
        if end != BAD_DAY:  # it is found before what ends with it
            return unreadable(BAD_DAY, BAD_DAY + DAY)(start, end, query)
        return b'{"errors": [{"code": "Unauthorized", "message": "No.", "details": "Revoked."}]}'

    async with world(monkeypatch, tmp_path) as program:
        amazon = SpoiledAmazon(program)
        amazon.answers["claims"] = seller(posted, spoiled=damage)
        run = await program.sync(datasets=CLAIMS)
        assert run.status == "failed"
        assert [Span(BAD_DAY, BAD_DAY + DAY).in_words in told for told in warnings(run)] == [True]
        amazon.answers["claims"] = seller(posted)
        run = await program.sync(datasets=CLAIMS)
        assert (run.status, warnings(run)) == ("completed", ())
        assert await claims_of(program) == len(posted)


async def test_a_mended_hole_is_read_by_a_sync_of_the_last_days_too(monkeypatch, tmp_path):
    posted = moments(TODAY - 89 * DAY, TODAY, 3 * HOUR)
    async with world(monkeypatch, tmp_path) as program:
        amazon = SpoiledAmazon(program)
        damage = unreadable(BAD_DAY, BAD_DAY + DAY)
        amazon.answers["claims"] = seller(posted, spoiled=damage)
        await program.sync(datasets=CLAIMS)
        amazon.answers["claims"] = seller(posted)
        run = await program.sync(datasets=CLAIMS, since=TODAY - 2 * DAY)
        assert warnings(run) == ()
        assert await claims_of(program) == len(posted)


async def test_where_nothing_can_be_read_it_is_not_asked_for_hour_by_hour(monkeypatch, tmp_path):
    async with world(monkeypatch, tmp_path) as program:
        amazon = SpoiledAmazon(program)
        amazon.answers["claims"] = lambda start, end, query: BROKEN[0]
        run = await program.sync(datasets=CLAIMS)
        assert run.status == "completed"
        assert len(warnings(run)) == 1
        windows = set(amazon.asked)
        assert len(windows) <= 8 + 2 * HOPELESS_AFTER
        amazon.asked.clear()
        posted = moments(TODAY - 89 * DAY, TODAY, 3 * HOUR)
        amazon.answers["claims"] = seller(posted)
        run = await program.sync(datasets=CLAIMS)
        assert warnings(run) == ()
        assert await claims_of(program) == len(posted)


@pytest.mark.parametrize(
    ("dataset", "every", "most_calls", "syncs"), [("claims", 5, 330, 3), ("orders", 20, 32, 6)]
)
async def test_many_damaged_hours_are_found_by_and_by(
    monkeypatch, tmp_path, dataset, every, most_calls, syncs
):
    """None of them costs what lies between them, and no sync the quota of hours."""
    bad = [TODAY - 88 * DAY + n * every * DAY + 5 * HOUR for n in range(80 // every)]
    posted = moments(TODAY - 89 * DAY, TODAY, 3 * HOUR)
    body = {"claims": BROKEN[0], "orders": b'{"orders": 7}'}[dataset]

    def damage(start, end, query):
        return body if any(start <= moment < end for moment in bad) else None

    async with world(monkeypatch, tmp_path, scenario="normal_week") as program:
        amazon = SpoiledAmazon(program)
        good = seller(posted, spoiled=damage) if dataset == "claims" else damage
        amazon.answers[dataset] = good
        only = frozenset({Dataset(dataset)})
        for _ in range(syncs):
            amazon.asked.clear()
            run = await program.sync(datasets=only)
            assert run.status == "completed"
            assert len(amazon.asked) <= most_calls
            told = [one for one in warnings(run, Dataset(dataset)) if "cannot be read" in one]
            found = [one for one in told if "from 04:30 to 06:00 UTC" in one]
            if len(found) == len(told) == len(bad):
                break
        for moment, sentence in zip(bad, found, strict=True):
            assert f" on {day_in_words(moment)} from " in sentence
        amazon.asked.clear()
        run = await program.sync(datasets=only)
        assert len(amazon.asked) <= len(bad) + 5
        if dataset == "claims":
            assert len(posted) - await claims_of(program) <= len(bad)


async def test_a_hole_of_more_than_half_a_year_is_not_taken_for_empty(monkeypatch, tmp_path):
    """Amazon answers nothing to whoever asks for more than 180 days, and no error."""
    posted = moments(TODAY - 400 * DAY, TODAY, 12 * HOUR)

    def too_long(start, end, query):
        empty = b'{"payload": {"FinancialEvents": {}}}'
        return empty if end - start > 180 * DAY else None

    async with world(monkeypatch, tmp_path) as program:
        amazon = SpoiledAmazon(program)
        amazon.answers["claims"] = lambda start, end, query: BROKEN[0]
        await program.sync(datasets=CLAIMS, since=TODAY - 400 * DAY)
        amazon.answers["claims"] = seller(posted, spoiled=too_long)
        run = await program.sync(datasets=CLAIMS)
        assert warnings(run) == ()
        assert await claims_of(program) == len(posted)


async def test_a_hole_is_given_up_after_thirty_days_by_amazons_clock(monkeypatch, tmp_path):
    posted = moments(TODAY - 89 * DAY, TODAY, 3 * HOUR)
    damage = unreadable(BAD_DAY, BAD_DAY + DAY)
    async with world(monkeypatch, tmp_path) as program:
        amazon = SpoiledAmazon(program)
        amazon.answers["claims"] = seller(posted, spoiled=damage)
        await program.sync(datasets=CLAIMS)
        told = []
        for later in (ASKED_FOR - DAY, ASKED_FOR + DAY, ASKED_FOR + 2 * DAY):
            amazon.ahead = later
            amazon.asked.clear()
            run = await program.sync(datasets=CLAIMS)
            of_hole = [one for one in warnings(run) if "read" in one]
            told.append((len(of_hole), len(overlapping(amazon.asked, BAD_DAY, BAD_DAY + DAY))))
        assert told == [(1, 1), (1, 0), (0, 0)]


async def test_faults_in_passing_never_make_a_window_smaller(monkeypatch, tmp_path):
    posted = moments(TODAY - 89 * DAY, TODAY, 3 * HOUR)
    left = {}

    def damage(start, end, query):
        left.setdefault((start, end), [*BROKEN[:2], b"<html>Bad gateway</html>", b'{"payload": {'])
        return left[start, end].pop() if left[start, end] else None

    async with world(monkeypatch, tmp_path) as program:
        amazon = SpoiledAmazon(program)
        amazon.answers["claims"] = seller(posted, spoiled=damage)
        run = await program.sync(datasets=CLAIMS)
        assert (run.status, warnings(run), counts(run)[0]) == ("completed", (), len(posted))
        assert len(set(amazon.asked)) <= 8
