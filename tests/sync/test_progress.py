"""How far a sync has come, in a number and in words."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opside_desktop.domain.datasets import ALL_DATASETS, Dataset
from opside_desktop.domain.waits import Wait, WaitReason
from opside_desktop.sync.progress import Estimate, SyncProgress, duration, summary, waiting

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CHANGES = st.tuples(st.sampled_from(Dataset), st.floats(-0.5, 1.5), st.booleans())


@given(
    st.sets(st.sampled_from(Dataset), min_size=1),
    st.lists(CHANGES, max_size=30),
)
def test_progress_never_falls_and_only_completion_is_100(datasets, changes):
    progress = SyncProgress(frozenset(datasets))
    assert (progress.percent, progress.step) == (0, 0)
    progress.connected = True
    seen = [(progress.percent, progress.step)]
    for dataset, fraction, ended in changes:
        if dataset in datasets:
            was_ended = progress[dataset].ended
            progress.update(dataset, fraction=fraction, ended=ended or was_ended)
            seen.append((progress.percent, progress.step))
    assert seen == sorted(seen)
    assert all(0 < percent <= 99 and step <= 4 for percent, step in seen)


def test_a_single_dataset_fills_the_bar_alone():
    progress = SyncProgress(frozenset({Dataset.INVENTORY}))
    progress.connected = True
    progress.update(Dataset.INVENTORY, fraction=1.0, ended=True)
    assert (progress.percent, progress.step) == (99, 4)
    assert progress.message(NOW) == "Finishing…"


def test_messages_tell_what_is_done_and_what_is_waited_for():
    progress = SyncProgress(ALL_DATASETS)
    assert progress.message(NOW) == "Connecting to Amazon…"
    progress.connected = True
    progress.update(Dataset.CLAIMS, records=1200)
    assert progress.message(NOW) == "Fetching claims… 1,200 events"
    quota = Wait(WaitReason.QUOTA, NOW + timedelta(seconds=42))
    progress.update(Dataset.CLAIMS, wait=quota)
    progress.update(Dataset.INVENTORY, records=1)
    assert progress.message(NOW) == "Processing inventory… 1 stock record"
    assert progress.wait_until(NOW) is None
    progress.update(Dataset.INVENTORY, ended=True)
    progress.update(Dataset.ORDERS, wait=Wait(WaitReason.QUOTA, NOW + timedelta(seconds=178)))
    assert progress.message(NOW) == "Claims: waiting 42 s for Amazon's quota"
    assert progress.wait_until(NOW) == quota.until
    assert progress.message(NOW + timedelta(seconds=30)).startswith("Claims: waiting 12 s")


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (WaitReason.RETRY, "Orders: Amazon did not answer, trying again in 3 s"),
        (WaitReason.NETWORK, "Orders: no connection to Amazon, trying again in 3 s"),
    ],
)
def test_other_waits_say_why(reason, words):
    assert waiting(Dataset.ORDERS, Wait(reason, NOW + timedelta(seconds=3)), NOW) == words


def test_times_and_sums_are_spelt_as_people_say_them():
    assert [duration(s) for s in (0, 59.6, 119, 179, 3600, 3900)] == [
        "1 s", "60 s", "119 s", "3 min", "1 h 00 min", "1 h 05 min",
    ]  # fmt: skip
    assert summary([(Dataset.CLAIMS, 1), (Dataset.ORDERS, 10_000)]) == (
        "Sync completed: 1 claim and 10,000 orders."
    )


def test_an_estimate_shows_only_while_guesses_agree():
    estimate = Estimate(NOW)
    steady = [estimate.guess(second / 100, NOW + timedelta(seconds=second)) for second in range(60)]
    assert steady[:20] == [None] * 20
    assert abs((steady[-1] - NOW).total_seconds() - 100) < 2
    stuck = [
        estimate.guess(0.59, NOW + timedelta(seconds=60 + second * 60)) for second in range(1, 5)
    ]
    assert stuck[-1] is None
