"""When a sync will end: never less than Amazon's quota takes, and nothing where nobody knows."""

from datetime import UTC, datetime, timedelta

import pytest

from opside_desktop.amazon.pacing import Pacer
from opside_desktop.amazon.usage_plans import SHARE, USAGE_PLANS, Operation
from opside_desktop.domain.clock import utc
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.ids import ExternalUserId, SyncId, UserId
from opside_desktop.domain.syncs import DatasetStatus, SyncRun, SyncStatus
from opside_desktop.domain.waits import Wait, WaitReason
from opside_desktop.sync.estimate import Estimate, Flow, is_more_than, pages_in, rate_of
from opside_desktop.sync.report import Reporter
from opside_desktop.sync.timings import SHIPPED, EstimateTimings
from tests.clocks import MovedClock

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
BOTH = frozenset({Dataset.CLAIMS, Dataset.ORDERS})


@pytest.fixture
def clock():
    return MovedClock(NOON.timestamp())


@pytest.fixture
def reporter(clock):
    """Make a reporter of these datasets, whose sync begins now."""

    def make(datasets=BOTH):
        run = SyncRun(
            sync_id=SyncId("sync_alice_1"),
            user_id=UserId("u"),
            external_user_id=ExternalUserId("alice"),
            status=SyncStatus.RUNNING,
            started_at=NOON,
            updated_at=NOON,
        )
        made = Reporter(run, datasets, clock, lambda run: None, SHIPPED)
        made.connected()
        return made

    return make


def seconds_left(reporter):
    """What a person is told; the reporter spells it by the database's clock."""
    end = reporter.run.estimated_completion
    return None if end is None else (end - reporter.now()).total_seconds()


def pace_of(clock, each_s):
    """Amazon lets a call through every so many seconds from now on."""
    began = clock.now()
    return lambda calls: max(0.0, began + calls * each_s - clock.now())


def pass_time(reporter, clock, seconds):
    for _ in range(round(seconds)):
        clock.seconds += 1
        reporter.refresh()


async def test_a_burst_does_not_hide_how_slow_amazons_quota_is(reporter, clock):
    """20 pages came in 10 s; each of the 80 others takes 182 s."""
    told = reporter(frozenset({Dataset.ORDERS}))
    pacer = Pacer(clock)
    told.begin(Dataset.ORDERS, lambda calls: pacer.seconds_for(Operation.SEARCH_ORDERS, calls))
    for page in range(1, 21):
        clock.seconds += 0.5
        await pacer.acquire(Operation.SEARCH_ORDERS)
        told.advance(
            Dataset.ORDERS,
            fraction=page / 100,
            records=page * 100,
            calls=page,
            calls_left=100 - page,
        )
    told.wait(Dataset.ORDERS, Wait(WaitReason.QUOTA, utc(clock.now() + 182)))
    one_s = 1 / (USAGE_PLANS[Operation.SEARCH_ORDERS].rate * SHARE)
    pass_time(told, clock, 40)
    left = seconds_left(told)
    assert 78 * one_s < left < 80 * one_s
    pass_time(told, clock, 60)
    assert left - 65 < seconds_left(told) < left - 55


async def test_the_slowest_running_dataset_decides_and_an_ended_one_never(reporter, clock):
    told = reporter()
    told.begin(Dataset.CLAIMS, pace_of(clock, 100))
    told.begin(Dataset.ORDERS, pace_of(clock, 20))
    pass_time(told, clock, 1)
    for dataset in BOTH:
        told.advance(dataset, fraction=0.1, records=1, calls=1, calls_left=9)
        told.wait(dataset, Wait(WaitReason.QUOTA, utc(clock.now() + 100)))
    pass_time(told, clock, 40)
    assert seconds_left(told) == pytest.approx(759, abs=5)
    told.end(Dataset.CLAIMS, DatasetStatus.FAILED)
    pass_time(told, clock, 70)
    assert seconds_left(told) == pytest.approx(49, abs=5)
    told.end(Dataset.ORDERS, DatasetStatus.SUCCESS)
    assert seconds_left(told) is None


async def test_one_dataset_of_unknown_length_is_enough_to_show_nothing(reporter, clock):
    told = reporter()
    for dataset in BOTH:
        told.begin(dataset, pace_of(clock, 100))
    pass_time(told, clock, 1)
    for dataset, left in ((Dataset.CLAIMS, 9), (Dataset.ORDERS, None)):
        told.advance(dataset, fraction=0.1, records=1, calls=1, calls_left=left)
        told.wait(dataset, Wait(WaitReason.QUOTA, utc(clock.now() + 100)))
    for _ in range(60):
        pass_time(told, clock, 1)
        assert seconds_left(told) is None
    told.advance(Dataset.ORDERS, fraction=0.2, records=1, calls=2, calls_left=5)
    pass_time(told, clock, 20)
    assert seconds_left(told) is not None


async def test_nothing_is_foretold_without_a_connection_or_when_an_answer_is_overdue(
    reporter, clock
):
    told = reporter(frozenset({Dataset.ORDERS}))
    told.begin(Dataset.ORDERS, lambda calls: 0.0)
    answers = iter(range(1, 100))

    def answered(count):
        for _ in range(count):
            pass_time(told, clock, 1)
            page = next(answers)
            told.advance(
                Dataset.ORDERS, fraction=page / 100, records=1, calls=page, calls_left=100 - page
            )

    answered(40)
    assert seconds_left(told) == pytest.approx(60, abs=3)
    told.wait(Dataset.ORDERS, Wait(WaitReason.NETWORK, utc(clock.now() + 3)))
    assert seconds_left(told) is None
    told.wait(Dataset.ORDERS, None)
    answered(12)
    assert seconds_left(told) == pytest.approx(48, abs=3)
    pass_time(told, clock, 10)
    assert seconds_left(told) is None


def test_an_estimate_forgets_what_was_guessed_by_a_clock_that_was_set_back():
    estimate = Estimate(NOON - timedelta(hours=2), EstimateTimings())
    ahead = NOON + timedelta(hours=1)
    for second in range(30):
        now = ahead + timedelta(seconds=second)
        answer = estimate.guess(ahead + timedelta(seconds=300), now)
    assert answer == ahead + timedelta(seconds=300)
    assert estimate.guess(NOON + timedelta(seconds=270), NOON) is None
    told = [
        estimate.guess(NOON + timedelta(seconds=270), NOON + timedelta(seconds=second))
        for second in range(1, 30)
    ]
    assert told[-1] == NOON + timedelta(seconds=270)


def test_an_estimate_shows_only_while_guesses_agree():
    estimate = Estimate(NOON, EstimateTimings())

    def guess(second, left_s):
        now = NOON + timedelta(seconds=second)
        return estimate.guess(now + timedelta(seconds=left_s), now)

    early = [guess(second, 300 - second) for second in range(20)]
    assert early == [None] * 20
    assert guess(20, 280) == NOON + timedelta(seconds=300)
    assert guess(21, 400) is None
    steady = [guess(second, 421 - second) for second in range(22, 120)]
    assert steady[0] is None
    assert steady[-1] == NOON + timedelta(seconds=421)


def test_pages_are_foretold_window_by_window():
    day = 86_400.0
    assert pages_in([15 * day, 15 * day], 10 / day, 100) == 4
    assert pages_in([day, day, day], 0.0, 100) == 3
    assert [is_more_than(6, pages) for pages in (6, 9, 10)] == [False, False, True]


def flow_of(pages, *, hours=6):
    """Pages of a hundred records, six hours each by default."""
    flow = Flow()
    for number in pages:
        begin = NOON + timedelta(hours=hours * number)
        moments = [begin + timedelta(hours=hours * n / 100) for n in range(100)]
        flow.page(reversed(moments), 100)
    return flow


def test_pages_in_order_of_time_tell_how_far_they_have_come():
    flow = flow_of(range(12))
    assert rate_of([flow.measured]) == pytest.approx(400 / 86_400)
    assert flow.reached == NOON + timedelta(hours=6 * 11.5)
    flow.begin_window()
    assert (flow.reached, rate_of([flow.measured])) == (None, None)


def test_several_windows_tell_together_what_each_is_too_short_for():
    flows = [flow_of(range(5)), flow_of(range(5))]
    assert rate_of([flows[0].measured]) is None
    assert rate_of(flow.measured for flow in flows) == pytest.approx(400 / 86_400)


@pytest.mark.parametrize(
    "flow",
    [
        flow_of(range(7)),
        flow_of(range(12), hours=1),
        flow_of([*range(12), 3]),
        flow_of(range(20, 0, -1)),
    ],
    ids=["few pages", "half a day", "out of order", "newest first"],
)
def test_other_pages_tell_nothing(flow):
    assert rate_of([flow.measured]) is None
