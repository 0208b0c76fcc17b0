"""How far back each source of claims is read, and when transactions are asked for."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from opside_desktop.domain.sources import ClaimsSource
from opside_desktop.sync.copying.claims_memory import RULES, ClaimsMemory
from opside_desktop.sync.copying.windows import first_start, midnight

TX, V0 = ClaimsSource.TRANSACTIONS, ClaimsSource.EVENTS_V0
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
START = datetime(2026, 11, 20, 8, tzinfo=UTC)


class Account:
    """Reads one source again and again; `back` tells how many days back from where it was."""

    def __init__(self, source=TX):
        self.source, self.memory, self.now = source, ClaimsMemory(), START
        self.last = None

    def sync(self, later=timedelta(), *, source=None, deferral=None, since=None):
        self.now += later
        source = source or self.source
        usual = self.memory.usual_start(
            source, now=self.now, until=self.now, oldest_deferral=deferral
        )
        start = since or usual
        is_due = self.memory.sweeps(source, self.now)
        self.memory = self.memory.with_read(
            source,
            start=min(start, first_start(self.now)) if is_due else start,
            until=self.now,
            began_at=self.now,
            now=self.now,
            is_first=self.last is None,
        )
        back = (midnight(self.last) if self.last else midnight(self.now)) - usual
        self.last = self.now
        return back.days


def test_late_events_are_read_again_less_often_the_older_they_are():
    account = Account()
    assert account.sync() == 90
    assert [account.sync(HOUR) for _ in range(3)] == [2, 2, 2]
    back = [account.sync(6 * HOUR) for _ in range(4 * 15)]
    assert set(back) == {2, 14, 45}
    assert (back.count(14), back.count(45)) == (13, 2)


def test_a_day_and_a_week_are_measured_from_the_last_such_reading():
    account = Account()
    account.sync()
    assert account.sync(23 * HOUR) == 2
    assert account.sync(HOUR) == 14
    assert account.sync(23 * HOUR) == 2
    assert account.sync(6 * DAY) == 45
    assert account.sync(HOUR) == 2


def test_open_deferrals_are_read_again_from_the_oldest_for_thirty_days():
    account = Account()
    account.sync()
    assert account.sync(HOUR, deferral=START - 20 * DAY) == 20
    assert account.sync(HOUR, deferral=START - DAY) == 2
    assert account.sync(HOUR, deferral=START - 31 * DAY) == 2


def test_each_source_has_a_reach_of_its_own():
    account = Account()
    account.sync()
    account.sync(HOUR)
    assert account.sync(HOUR, source=V0) == 90
    assert account.sync(HOUR, source=V0) == 2
    assert account.sync(HOUR) == 2


def test_other_rules_read_the_whole_reach_once():
    account = Account()
    account.sync()
    read = replace(account.memory.read[TX], rules=RULES - 1)
    account.memory = replace(account.memory, read={TX.value: read})
    assert account.sync(HOUR, since=account.now - DAY) == 90  # a person read less
    assert account.sync(HOUR) == 90
    assert account.sync(HOUR) == 2


def test_a_first_sync_that_a_person_cut_short_needs_no_more():
    account = Account()
    account.sync(since=START - 3 * DAY)
    assert account.sync(HOUR) == 45
    assert account.sync(HOUR) == 2


@pytest.mark.parametrize(("source", "sweeps"), [(TX, False), (V0, True)])
def test_only_v0_is_read_again_as_a_whole_each_week(source, sweeps):
    account = Account(source)
    account.sync()
    assert not account.memory.sweeps(source, START + 6 * DAY)
    assert account.memory.sweeps(source, START + 7 * DAY) is sweeps
    account.sync(7 * DAY)
    assert not account.memory.sweeps(source, account.now + 6 * DAY)


def test_refused_on_two_days_transactions_are_asked_for_once_a_day():
    memory = ClaimsMemory().with_refusal(START)
    assert memory.asks_for_transactions(START + HOUR)
    memory = memory.with_refusal(START + 23 * HOUR)
    assert memory.asks_for_transactions(START + 23 * HOUR)
    memory = memory.with_refusal(START + DAY)
    assert not memory.asks_for_transactions(START + 2 * DAY - HOUR)
    assert memory.asks_for_transactions(START + 2 * DAY)
    memory = memory.with_refusal(START + 2 * DAY)
    assert not memory.asks_for_transactions(START + 3 * DAY - HOUR)
    assert memory.with_answer() == ClaimsMemory()


def test_a_refusal_of_a_time_to_come_does_not_count():
    memory = ClaimsMemory().with_refusal(START + 9 * DAY).with_refusal(START)
    assert memory.asks_for_transactions(START)
    memory = memory.with_refusal(START + DAY)
    assert memory.asks_for_transactions(START - DAY)
