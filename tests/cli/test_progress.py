"""Progress without a terminal: enough lines to follow a sync, few enough to read a log."""

import io
import re
from datetime import UTC, datetime

import pytest
from rich.console import Console

from opside_desktop.cli.progress import SyncProgress
from opside_desktop.domain.ids import ExternalUserId, SyncId, stored_user_id
from opside_desktop.domain.syncs import SyncRun, SyncStatus
from tests.clocks import MovedClock

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def lines():
    """Show messages, one a second; gives the lines written."""
    clock = MovedClock()

    def lines(percent_and_messages, status=SyncStatus.RUNNING):
        file = io.StringIO()
        with SyncProgress(Console(file=file, width=10_000), clock) as shown:
            for percent, message in percent_and_messages:
                clock.seconds += 1
                shown.follow(run(percent, message, status))
        return file.getvalue().splitlines()

    return lines


def run(percent, message, status):
    return SyncRun(
        sync_id=SyncId("sync_ann_1"),
        user_id=stored_user_id(ExternalUserId("ann")),
        external_user_id=ExternalUserId("ann"),
        status=status,
        started_at=NOW,
        updated_at=NOW,
        progress=percent,
        message=message,
    )


def test_a_long_wait_is_told_twice_a_minute(lines):
    waits = [(55, f"Orders: waiting {left} s for Amazon's quota") for left in range(119, 0, -1)]
    told = [int(re.search(r"\d+ s", line)[0][:-2]) for line in lines(waits)]
    assert told == [119, 89, 59, 29]


def test_what_moves_on_is_told_every_other_second(lines):
    assert len(lines([(n, f"Fetching orders… {n:,} orders") for n in range(20)])) == 10


def test_the_end_is_always_told(lines):
    [line] = lines([(100, "Sync completed: 1 claim.")], SyncStatus.COMPLETED)
    assert line == "100 %  Sync completed: 1 claim."
