"""Clocks that are wrong: this computer's, or the one that Amazon's answers show."""

from datetime import UTC, datetime, timedelta

from opside_desktop.domain.datasets import Dataset
from tests.flows.spoiling import SpoiledAmazon
from tests.flows.world import counts, world

DAY = timedelta(days=1)


async def test_a_window_in_amazons_future_ends_where_its_refusal_shows_the_time(
    monkeypatch, tmp_path
):
    async with world(monkeypatch, tmp_path, scenario="normal_week") as program:
        amazon = SpoiledAmazon(program)
        amazon.login_ahead = DAY
        run = await program.sync()
        assert (run.status, run.error, counts(run)) == ("completed", None, (37, 150, 250))
        assert [run.result(dataset).warnings for dataset in Dataset] == [(), (), ()]
        refused = [end for _, end in amazon.asked if end > datetime.now(UTC)]
        assert len(refused) <= 2  # one of claims, one of orders
        amazon.login_ahead = None
        amazon.asked.clear()
        run = await program.sync()
        assert run.status == "completed"
        assert max(end for _, end in amazon.asked) < datetime.now(UTC)
