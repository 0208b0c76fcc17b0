"""How far a sync has come, in a number and in words."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opside_desktop.domain.datasets import ALL_DATASETS, Dataset
from opside_desktop.domain.durations import waiting_time
from opside_desktop.domain.waits import Wait, WaitReason
from opside_desktop.sync.progress import SyncProgress, failure, summary, waiting

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
    longest = {Dataset.INVENTORY: NOW + timedelta(minutes=1)}
    assert progress.message(NOW, longest) == "Processing inventory… 1 stock record"
    progress.update(Dataset.CLAIMS, wait=Wait(WaitReason.QUOTA, NOW + timedelta(seconds=4)))
    assert progress.message(NOW) == "Processing inventory… 1 stock record"
    assert progress.wait_until(NOW) is None
    progress.update(Dataset.CLAIMS, wait=quota)
    progress.update(Dataset.INVENTORY, ended=True)
    progress.update(Dataset.ORDERS, wait=Wait(WaitReason.QUOTA, NOW + timedelta(seconds=178)))
    assert progress.message(NOW) == "Orders: waiting 2 min 58 s for Amazon's quota"
    assert progress.wait_until(NOW) == NOW + timedelta(seconds=178)
    progress.update(Dataset.ORDERS, ended=True, wait=None)
    assert progress.message(NOW) == "Claims: waiting 42 s for Amazon's quota"
    assert progress.wait_until(NOW) == quota.until
    assert progress.message(NOW + timedelta(seconds=30)).startswith("Claims: waiting 12 s")


def test_the_wait_of_the_dataset_that_takes_longest_is_told_while_others_work():
    progress = SyncProgress(ALL_DATASETS, connected=True)
    progress.update(Dataset.ORDERS, wait=Wait(WaitReason.QUOTA, NOW + timedelta(seconds=42)))
    assert progress.message(NOW) == "Orders: waiting 42 s for Amazon's quota"
    assert progress.wait_until(NOW) == NOW + timedelta(seconds=42)
    ends = {Dataset.CLAIMS: NOW + timedelta(hours=1), Dataset.ORDERS: NOW + timedelta(minutes=2)}
    assert progress.message(NOW, ends) == "Fetching claims…"
    assert progress.wait_until(NOW, ends) is None
    ends[Dataset.ORDERS] = NOW + timedelta(hours=4)
    assert progress.message(NOW, ends) == "Orders: waiting 42 s for Amazon's quota"


def test_the_sentence_is_never_about_a_dataset_that_has_ended():
    progress = SyncProgress(ALL_DATASETS, connected=True)
    wait = Wait(WaitReason.QUOTA, NOW + timedelta(seconds=42))
    words = {"claims": Dataset.CLAIMS, "inventory": Dataset.INVENTORY, "orders": Dataset.ORDERS}
    for ended in Dataset:
        for waits in (None, wait):
            progress.update(Dataset.ORDERS, wait=waits)
            named = {d for word, d in words.items() if word in progress.message(NOW).lower()}
            assert len(named) == 1
            assert not progress[named.pop()].ended
        progress.update(ended, ended=True, wait=None)
    assert progress.message(NOW) == "Finishing…"


def test_waiting_to_be_let_in_is_told():
    progress = SyncProgress(ALL_DATASETS)
    progress.sign_in_wait = Wait(WaitReason.NETWORK, NOW + timedelta(seconds=5))
    assert progress.message(NOW) == "No connection to Amazon, trying again in 5 s"
    assert progress.wait_until(NOW) == NOW + timedelta(seconds=5)
    progress.sign_in_wait = None
    assert progress.message(NOW) == "Connecting to Amazon…"


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (WaitReason.RETRY, "Orders: Amazon gave no usable answer, trying again in 3 s"),
        (WaitReason.NETWORK, "Orders: no connection to Amazon, trying again in 3 s"),
    ],
)
def test_other_waits_say_why(reason, words):
    assert waiting(Dataset.ORDERS, Wait(reason, NOW + timedelta(seconds=3)), NOW) == words


def test_times_and_sums_are_spelt_as_people_say_them():
    assert [waiting_time(s) for s in (0, 59.6, 119, 179, 3600, 3900)] == [
        "1 s", "60 s", "119 s", "2 min 59 s", "1 h 00 min", "1 h 05 min",
    ]  # fmt: skip
    assert summary([(Dataset.CLAIMS, 1), (Dataset.ORDERS, 10_000)]) == (
        "Sync completed: 1 claim and 10,000 orders."
    )
    assert summary([(Dataset.CLAIMS, 2), (Dataset.INVENTORY, 0), (Dataset.ORDERS, 1)]) == (
        "Sync completed: 2 claims, no FBA stock and 1 order."
    )
    assert summary([(Dataset.CLAIMS, 0), (Dataset.ORDERS, 0)]) == (
        "Sync completed: no new claims and no new orders."
    )


def test_a_sum_tells_what_could_not_be_read_or_copied():
    counts = [(Dataset.INVENTORY, 0), (Dataset.ORDERS, 1)]
    assert summary(counts, skipped=1) == (
        "Sync completed: no new SKUs and 1 order. 1 record could not be read."
    )
    assert summary(counts, skipped=2).endswith(" 2 records could not be read.")
    assert failure("Amazon denies it.", [], list(Dataset)) == "Amazon denies it."
    assert failure("Amazon denies it.", [(Dataset.ORDERS, 5)], list(Dataset)[:2]) == (
        "Claims and inventory could not be copied, the rest is complete: 5 orders. "
        "Amazon denies it."
    )
