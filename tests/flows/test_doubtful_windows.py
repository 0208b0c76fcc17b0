"""Answers that bring nothing, or not even their list: what they would have brought comes later."""

from datetime import UTC, datetime, timedelta

import pytest

from opside_desktop.domain.datasets import Dataset
from tests.flows.spoiling import SpoiledAmazon, moments, seller
from tests.flows.world import counts, world

DAY = timedelta(days=1)
CLAIMS = frozenset({Dataset.CLAIMS})
ORDERS = frozenset({Dataset.ORDERS})
EMPTY = b'{"payload": {"FinancialEvents": {}}}'
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def days_ago(days):
    return TODAY - days * DAY


def warnings(run, dataset=Dataset.CLAIMS):
    return run.result(dataset).warnings


def overlapping(first, last, body):
    """Spoils the windows that overlap a stretch."""
    return lambda start, end, query: body if start < last and first < end else None


@pytest.mark.parametrize(
    ("dataset", "body"),
    [
        ("claims", b'{"payload": {}}'),
        ("claims", b'{"payload": null}'),
        ("claims", b'{"payload": {"FinancialEvents": null}}'),
        ("orders", b"{}"),
        ("orders", b'{"orders": null}'),
    ],
)
async def test_a_window_without_its_list_is_named_and_read_again_by_the_next_sync(
    monkeypatch, home, dataset, body
):
    async with world(monkeypatch, home, scenario="normal_week") as program:
        amazon = SpoiledAmazon(program)
        amazon.answers[dataset] = overlapping(days_ago(40), days_ago(39), body)
        only = frozenset({Dataset(dataset)})
        run = await program.sync(datasets=only)
        assert (run.status, run.result(Dataset(dataset)).error) == ("completed", None)
        assert len(warnings(run, Dataset(dataset))) == 1
        assert "came without its list" in warnings(run, Dataset(dataset))[0]
        assert 0 < sum(counts(run)) < {"claims": 37, "orders": 250}[dataset]
        amazon.answers.clear()
        healed = await program.sync(datasets=only)
        assert (healed.status, warnings(healed, Dataset(dataset))) == ("completed", ())
        rows = await program.rows()
        assert len(rows[f"amazon_{dataset}"]) == {"claims": 37, "orders": 250}[dataset]
        amazon.asked.clear()
        await program.sync(datasets=only)
        assert not any(days_ago(75) < start < days_ago(31) for start, _ in amazon.asked)


async def test_halves_without_their_list_give_no_claim_a_day_that_it_does_not_have(
    monkeypatch, make_home
):
    """The days of dateless events are found by counting them in halves of their windows."""

    def bare_halves(start, end, query):
        is_half = end - start < 14 * DAY and end == end.replace(hour=0, minute=0, second=0)
        return b'{"payload": {}}' if is_half and start > days_ago(80) else None

    async with world(monkeypatch, make_home("calm"), scenario="normal_week") as program:
        amazon = SpoiledAmazon(program)
        await program.sync(datasets=CLAIMS)
        expected = await program.rows("mock_scenario")
        assert any(bare_halves(*window, {}) for window in amazon.asked)
    async with world(monkeypatch, make_home("bare"), scenario="normal_week") as program:
        amazon = SpoiledAmazon(program)
        amazon.answers["claims"] = bare_halves
        run = await program.sync(datasets=CLAIMS)
        assert (run.status, len(warnings(run)) > 0) == ("completed", True)
        stored = await program.rows("mock_scenario")
        assert set(stored["amazon_claims"]) < set(expected["amazon_claims"])
        amazon.answers.clear()
        assert warnings(await program.sync(datasets=CLAIMS)) == ()
        assert await program.rows("mock_scenario") == expected


async def test_a_first_sync_that_brings_nothing_finishes_nothing(monkeypatch, home):
    async with world(monkeypatch, home, scenario="normal_week") as program:
        amazon = SpoiledAmazon(program)
        amazon.answers["claims"] = lambda start, end, query: EMPTY
        amazon.answers["orders"] = lambda start, end, query: b'{"orders": []}'
        run = await program.sync()
        assert (run.status, counts(run)) == ("completed", (0, 150, 0))
        assert "no financial events at all" in warnings(run)[0]
        assert "no orders at all" in warnings(run, Dataset.ORDERS)[0]
        # A sync of the last days alone does not close the gap before them.
        await program.sync(since=days_ago(2))
        amazon.answers.clear()
        await program.sync(since=days_ago(2))
        run = await program.sync()
        assert (counts(run), warnings(run)) == ((37, 150, 250), ())


async def test_nothing_is_believed_after_three_syncs_over_a_day(monkeypatch, tmp_path):
    async with world(monkeypatch, tmp_path) as program:
        amazon = SpoiledAmazon(program)
        amazon.answers["claims"] = seller([])
        told = []
        for hours in (0, 1, 2, 26):
            amazon.ahead = timedelta(hours=hours)
            told.append(warnings(await program.sync(datasets=CLAIMS)))
        assert [len(one) for one in told] == [1, 1, 1, 0]
        amazon.asked.clear()
        await program.sync(datasets=CLAIMS)
        assert min(start for start, _ in amazon.asked) > days_ago(20)


async def test_an_outage_of_empty_answers_in_a_first_sync_costs_nothing(monkeypatch, tmp_path):
    posted = moments(days_ago(89), TODAY, timedelta(hours=4))
    async with world(monkeypatch, tmp_path) as program:
        amazon = SpoiledAmazon(program)
        outage = overlapping(days_ago(50), days_ago(49), EMPTY)
        amazon.answers["claims"] = seller(posted, spoiled=outage)
        run = await program.sync(datasets=CLAIMS)
        assert run.status == "completed"
        assert len(warnings(run)) == 1
        assert "where about" in warnings(run)[0]
        amazon.answers["claims"] = seller(posted)
        run = await program.sync(datasets=CLAIMS)
        assert warnings(run) == ()
        assert len((await program.rows())["amazon_claims"]) == len(posted)


@pytest.mark.parametrize("days", [87, 60])
async def test_an_outage_in_a_first_syncs_oldest_windows_keeps_no_newer_one_back(
    monkeypatch, tmp_path, days
):
    posted = moments(days_ago(89), TODAY, timedelta(hours=2))
    async with world(monkeypatch, tmp_path) as program:
        amazon = SpoiledAmazon(program)
        outage = overlapping(days_ago(100), days_ago(days), EMPTY)
        amazon.answers["claims"] = seller(posted, spoiled=outage)
        run = await program.sync(datasets=CLAIMS)
        assert 0 < counts(run)[0] < len(posted)
        amazon.asked.clear()
        amazon.answers["claims"] = seller(posted)
        assert warnings(await program.sync(datasets=CLAIMS)) == ()
        assert not any(days_ago(days - 30) < start < days_ago(14) for start, _ in amazon.asked)
        assert len((await program.rows())["amazon_claims"]) == len(posted)


async def test_an_outage_of_an_account_with_history_is_read_again_twice_then_believed(
    monkeypatch, tmp_path
):
    posted = moments(days_ago(89), TODAY, timedelta(hours=4))
    async with world(monkeypatch, tmp_path) as program:
        amazon = SpoiledAmazon(program)
        amazon.answers["claims"] = seller(posted)
        await program.sync(datasets=CLAIMS)
        amazon.ahead = 20 * DAY
        posted += moments(TODAY, TODAY + 20 * DAY, timedelta(hours=4))
        amazon.answers["claims"] = lambda start, end, query: EMPTY
        reached = []
        for _ in range(4):
            amazon.asked.clear()
            run = await program.sync(datasets=CLAIMS)
            reached.append((bool(warnings(run)), min(start for start, _ in amazon.asked)))
        before, after = days_ago(90 - 20), days_ago(2 - 20)
        assert reached == [(True, before), (True, before), (False, before), (False, after)]


async def test_an_outage_that_ends_in_time_costs_no_claim(monkeypatch, tmp_path):
    posted = moments(days_ago(89), TODAY + 20 * DAY, timedelta(hours=4))
    async with world(monkeypatch, tmp_path) as program:
        amazon = SpoiledAmazon(program)
        amazon.answers["claims"] = seller(posted)
        await program.sync(datasets=CLAIMS)
        amazon.ahead = 20 * DAY
        amazon.answers["claims"] = lambda start, end, query: EMPTY
        for _ in range(2):
            assert warnings(await program.sync(datasets=CLAIMS))
        amazon.answers["claims"] = seller(posted)
        assert warnings(await program.sync(datasets=CLAIMS)) == ()
        shown = [moment for moment in posted if moment < max(end for _, end in amazon.asked)]
        assert len((await program.rows())["amazon_claims"]) == len(shown)


async def test_a_quiet_account_is_not_doubted_again_and_again(monkeypatch, tmp_path):
    """The simulated seller has nothing of the last days; nor has one on holiday."""
    async with world(monkeypatch, tmp_path, scenario="high_volume", claims=600) as program:
        for _ in range(3):
            assert warnings(await program.sync(datasets=CLAIMS)) == ()


async def test_a_sync_that_begins_after_the_cursor_leaves_no_gap(monkeypatch, tmp_path):
    posted = moments(days_ago(89), TODAY + 40 * DAY, timedelta(hours=12))
    async with world(monkeypatch, tmp_path) as program:
        amazon = SpoiledAmazon(program)
        amazon.answers["claims"] = seller(posted)
        await program.sync(datasets=CLAIMS)
        amazon.ahead = 40 * DAY
        for since in (35, 38, 20):
            await program.sync(datasets=CLAIMS, since=TODAY + since * DAY)
        amazon.asked.clear()
        await program.sync(datasets=CLAIMS)
        assert min(start for start, _ in amazon.asked) == days_ago(90 - 40)
        shown = [moment for moment in posted if moment < max(end for _, end in amazon.asked)]
        assert len((await program.rows())["amazon_claims"]) == len(shown)


def later_than(moment, body):
    return lambda start, end, query: body if end > moment else None


async def test_a_sync_after_a_long_time_reads_on_where_the_last_one_ended(monkeypatch, tmp_path):
    async with world(monkeypatch, tmp_path, scenario="normal_week") as program:
        amazon = SpoiledAmazon(program)
        await program.sync()
        ended = datetime.now(UTC)
        empty = {"claims": b'{"payload": {"FinancialEvents": {}}}', "orders": b'{"orders": []}'}
        for read, first in (("claims", "PostedAfter"), ("orders", "lastUpdatedAfter")):
            amazon.ahead = 60 * DAY
            # The simulator itself knows nothing of days to come, and refuses them.
            amazon.answers[read] = later_than(ended, empty[read])
            program.tap.requests.clear()
            await program.sync(datasets=frozenset({Dataset(read)}))
            assert (
                min(datetime.fromisoformat(query[first]) for query in program.tap.of(read)) < ended
            )
