"""Two months in the life of an account: one sync a day, and each day what the ledger says."""

from collections import Counter
from datetime import datetime, timedelta

import pytest

from opside_desktop.domain.datasets import Dataset
from tests.flows.test_ledger import CLAIMS, TRANSACTIONS, Ledger, expected, stored
from tests.flows.world import world

DAYS = 60
LATE = timedelta(days=13)
"""What appears so much later than it was posted is found once a week; all else by each sync."""


@pytest.mark.parametrize("scenario", ["normal_week", "with_issues"])
async def test_a_sync_a_day_equals_the_ledger_on_each_of_sixty_days(
    monkeypatch, tmp_path, scenario
):
    counts = {"orders": 40, "claims": 20, "skus": 10}
    options = {"scenario": scenario, "seed": 3, "live": True, "usage_plans": "none", **counts}
    async with world(monkeypatch, tmp_path, finances_api="2024-06-19", **options) as program:
        ledger, before, seen = Ledger(program), {}, {}
        for day in range(DAYS + 1):
            events = await ledger.advance(1 if day else 0)
            run = await program.sync(datasets=CLAIMS)
            assert (run.status, run.error) == ("completed", None), day
            found, claims = await stored(program.db, (TRANSACTIONS,))
            due, late = [], Counter()
            for one, day_seen in first_seen(events, seen, day):
                posted = datetime.fromisoformat(one["postedAt"])
                if day_seen and run.started_at + day_seen * timedelta(days=1) - posted > LATE:
                    late[one["currency"], one["status"], one["class"]] += 1
                    if day - day_seen < 7:
                        continue
                due.append(one)
            told = expected(due, (TRANSACTIONS,))
            differing = {key for key in {*told, *found} if told.get(key) != found.get(key)}
            assert differing <= set(late), day
            assert scenario == "with_issues" or not late
            assert set(before) <= set(claims), day
            before = claims
        assert run.result(Dataset.CLAIMS).complete_since is not None
        assert len(before) > counts["claims"]


def first_seen(events, seen, day):
    """Give each event that is shown, with the day on which it was first."""
    times = Counter()
    for one in events:
        if not one["visible"]:
            continue
        name = (one["postedAt"], one["orderId"], one["sku"], one["amount"], one["class"])
        times[name] += 1
        yield one, seen.setdefault((*name, times[name]), day)
