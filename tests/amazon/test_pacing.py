"""The token buckets on our side, in virtual time."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opside_desktop.amazon.pacing import Pacer
from opside_desktop.amazon.usage_plans import USAGE_PLANS, Operation
from opside_desktop.domain.pacing import SavedLevel
from tests.waiting import turns

SEARCH = Operation.SEARCH_ORDERS
FINANCES = Operation.LIST_FINANCIAL_EVENTS
STOCK = Operation.GET_INVENTORY_SUMMARIES


class AmazonsBucket:
    """The other side: refuses a call that finds no token."""

    def __init__(self, clock, operation):
        plan = USAGE_PLANS[operation]
        self.rate, self.burst = plan.rate, plan.burst
        self.level, self.at, self.clock = float(plan.burst), clock.now(), clock

    def admits(self):
        now = self.clock.now()
        self.level = min(self.burst, self.level + (now - self.at) * self.rate)
        self.at = now
        if self.level < 1 - 1e-6:
            return False
        self.level -= 1
        return True


async def drain(pacer, operation):
    for _ in range(USAGE_PLANS[operation].burst):
        await pacer.acquire(operation)


async def test_a_burst_passes_at_once_and_the_rest_at_the_rate(clock):
    pacer = Pacer(clock)
    start = clock.now()
    for _ in range(20):
        await pacer.acquire(SEARCH)
    assert clock.now() == start
    for _ in range(80):
        await pacer.acquire(SEARCH)
    # 100 pages of orders: Amazon's own bound is 3 h 58 min, ours may be 5 % above it.
    bound = 80 / 0.0056
    assert bound < clock.now() - start < 1.05 * bound


async def test_operations_do_not_wait_for_each_other(clock):
    pacer = Pacer(clock)
    await drain(pacer, SEARCH)
    start = clock.now()
    await pacer.acquire(FINANCES)
    assert clock.now() == start


@pytest.mark.parametrize("early", [0.0, 0.3, 0.95])
async def test_timers_that_fire_early_do_not_overrun_the_quota(clock, early):
    clock.early = early
    pacer, amazon = Pacer(clock), AmazonsBucket(clock, STOCK)
    for _ in range(50):
        await pacer.acquire(STOCK)
        assert amazon.admits()


@settings(max_examples=60)
@given(
    operation=st.sampled_from(Operation),
    arrivals=st.lists(st.floats(0, 200), min_size=1, max_size=60),
    early=st.sampled_from([0.0, 0.1]),
)
def test_amazon_never_refuses_a_paced_call(make_clock, operation, arrivals, early):
    async def run():
        clock = make_clock()
        clock.early = early
        pacer, amazon = Pacer(clock), AmazonsBucket(clock, operation)
        waiting: list[int] = []
        served: list[int] = []
        last = 0.0

        async def caller(number):
            waiting.append(number)
            await pacer.acquire(operation)
            served.append(number)
            assert amazon.admits()
            nonlocal last
            last = clock.now()

        start = clock.now()
        tasks = []
        for number, arrival in enumerate(sorted(arrivals)):
            await clock.sleep(max(0.0, start + arrival - clock.now()))
            tasks.append(asyncio.create_task(caller(number)))
        await asyncio.gather(*tasks)
        assert served == waiting  # first come, first served
        plan = USAGE_PLANS[operation]
        least = max(0.0, (len(arrivals) - plan.burst) / plan.rate)
        # never much later than needed: the last arrival, or the bound, whichever is later
        assert last - start <= 1.03 * least + max(arrivals) + 0.1

    asyncio.run(run())


async def test_a_cancelled_caller_gives_its_place_back(clock):
    pacer = Pacer(clock)
    await drain(pacer, FINANCES)
    start = clock.now()
    done: dict[str, float] = {}

    async def caller(name):
        await pacer.acquire(FINANCES)
        done[name] = clock.now() - start

    tasks = {name: asyncio.create_task(caller(name)) for name in "abc"}
    await turns()
    tasks["a"].cancel()  # the one that sleeps
    await turns()
    tasks["b"].cancel()  # the one that stands behind it
    await asyncio.gather(*tasks.values(), return_exceptions=True)
    assert done == {"c": pytest.approx(1 / 0.49)}


async def test_waits_are_told_with_their_end_and_when_they_are_over(clock, waits):
    pacer = Pacer(clock)
    await drain(pacer, SEARCH)
    assert waits == []
    start = clock.now()
    await pacer.acquire(SEARCH, waits.append)
    told, over = waits
    assert told.reason == "quota"
    assert told.until.timestamp() == pytest.approx(start + 1 / (0.0056 * 0.98))
    assert clock.now() == pytest.approx(told.until.timestamp())
    assert over is None


async def test_those_behind_are_told_the_time_of_the_whole_line(clock):
    pacer = Pacer(clock)
    await drain(pacer, FINANCES)
    told: list[list] = [[], [], []]
    start = clock.now()
    await asyncio.gather(*(pacer.acquire(FINANCES, heard.append) for heard in told))
    firsts = [heard[0].until.timestamp() - start for heard in told]
    assert firsts == [pytest.approx(n / 0.49, abs=0.01) for n in (1, 2, 3)]
    assert [heard[-1] for heard in told] == [None, None, None]


async def test_waits_nobody_could_read_are_not_told(clock, waits):
    pacer = Pacer(clock, scale=10)
    await drain(pacer, STOCK)
    await pacer.acquire(STOCK, waits.append)  # 0.05 s
    assert waits == []


async def test_a_clock_set_back_brings_no_tokens_and_loses_none(clock):
    pacer = Pacer(clock)
    await drain(pacer, FINANCES)
    clock.time -= 86_400
    assert pacer.level(FINANCES).level == 0
    start = clock.now()
    await pacer.acquire(FINANCES)
    assert clock.now() - start == pytest.approx(1 / 0.49)


async def test_a_computer_that_slept_finds_its_tokens_at_once(clock):
    pacer = Pacer(clock)
    await drain(pacer, SEARCH)
    waiting = asyncio.create_task(pacer.acquire(SEARCH))
    await turns()
    clock.time += 7200
    at = clock.now()
    await waiting
    assert clock.now() - at <= 5
    assert pacer.level(SEARCH).level == pytest.approx(19, abs=0.1)


@pytest.mark.parametrize("header", [0.05, 5.0])
async def test_the_header_moves_the_rate_up_and_down(clock, header):
    pacer = Pacer(clock)
    pacer.observe(FINANCES, header)
    await drain(pacer, FINANCES)
    start = clock.now()
    await pacer.acquire(FINANCES)
    assert clock.now() - start == pytest.approx(1 / (header * 0.98))


async def test_a_raised_rate_ends_a_long_wait_soon(clock):
    pacer = Pacer(clock)
    await drain(pacer, SEARCH)
    start = clock.now()
    waiting = asyncio.create_task(pacer.acquire(SEARCH))
    await turns()
    pacer.observe(SEARCH, 1.0)
    await waiting
    assert clock.now() - start < 10


@pytest.mark.parametrize("nonsense", [0.0, -1.0, 1e-10, 1e308, float("inf"), float("nan"), None])
async def test_a_header_without_sense_changes_nothing(clock, nonsense):
    pacer = Pacer(clock)
    pacer.observe(FINANCES, nonsense)
    assert pacer.level(FINANCES).rate == 0.5


async def test_refusals_pause_ever_longer_up_to_five_minutes(clock):
    pacer = Pacer(clock, jitter=lambda: 0.0)
    pauses = []
    await pacer.acquire(STOCK)
    for _ in range(12):
        pacer.throttled(STOCK)
        before = clock.now()
        await pacer.acquire(STOCK)
        pauses.append(clock.now() - before)
    first = 1 / (2 * 0.98)
    doubled = [min(300, first * 2**n) for n in range(12)]
    assert pauses == [pytest.approx(pause) for pause in doubled]


async def test_after_an_answer_refusals_start_small_again(clock):
    pacer = Pacer(clock, jitter=lambda: 0.0)
    for _ in range(5):
        pacer.throttled(FINANCES)
        await pacer.acquire(FINANCES)
    pacer.observe(FINANCES, None)
    pacer.throttled(FINANCES)
    before = clock.now()
    await pacer.acquire(FINANCES)
    assert clock.now() - before == pytest.approx(1 / 0.49)


async def test_calls_refused_together_pause_once(clock):
    pacer = Pacer(clock, jitter=lambda: 0.0)
    for _ in range(5):
        await pacer.acquire(FINANCES)
    for _ in range(5):
        pacer.throttled(FINANCES)
    before = clock.now()
    await pacer.acquire(FINANCES)
    assert clock.now() - before == pytest.approx(1 / 0.49)


async def test_a_plan_slower_than_five_minutes_is_still_kept(clock):
    pacer = Pacer(clock, jitter=lambda: 0.0)
    pacer.observe(SEARCH, 0.001)
    pacer.throttled(SEARCH)
    before = clock.now()
    await pacer.acquire(SEARCH)
    assert clock.now() - before == pytest.approx(1 / 0.00098)


async def test_a_saved_bucket_goes_on_where_it_stood(clock):
    saved: dict = {}
    first = Pacer(clock, on_level=saved.__setitem__)
    await drain(first, SEARCH)
    assert saved[SEARCH] == SavedLevel(0, 0.0056, clock.now())
    clock.time += 100
    second = Pacer(clock, levels=saved)
    start = clock.now()
    await second.acquire(SEARCH)
    assert clock.now() - start == pytest.approx(1 / (0.0056 * 0.98) - 100)


@pytest.mark.parametrize(("away_s", "level"), [(10**9, 30), (-500, 3)])
async def test_time_away_is_credited_up_to_the_burst_and_never_backwards(clock, away_s, level):
    saved = {FINANCES: SavedLevel(3, 0.5, clock.now())}
    clock.time += away_s
    assert Pacer(clock, levels=saved).level(FINANCES).level == level


async def test_a_corrected_rate_is_remembered(clock):
    saved: dict = {}
    Pacer(clock, on_level=saved.__setitem__).observe(FINANCES, 0.1)
    names = {str(operation): level for operation, level in saved.items()}  # as a store gives them
    assert Pacer(clock, levels=names).level(FINANCES).rate == 0.1


async def test_a_pause_outlives_the_program(clock):
    saved: dict = {}
    pacer = Pacer(clock, on_level=saved.__setitem__, jitter=lambda: 0.0)
    for _ in range(4):
        pacer.throttled(FINANCES)
        await pacer.acquire(FINANCES)
    pacer.throttled(FINANCES)
    again = Pacer(clock, levels=saved)
    start = clock.now()
    await again.acquire(FINANCES)
    assert clock.now() - start == pytest.approx(16 / 0.49)


async def test_the_scale_multiplies_the_table(clock):
    pacer = Pacer(clock, scale=100)
    await drain(pacer, SEARCH)
    start = clock.now()
    await pacer.acquire(SEARCH)
    assert clock.now() - start == pytest.approx(1 / (0.56 * 0.98))


async def test_the_wait_of_a_number_of_calls_can_be_foretold(clock):
    pacer = Pacer(clock)
    foretold = pacer.seconds_for(FINANCES, 40)
    start = clock.now()
    for _ in range(40):
        await pacer.acquire(FINANCES)
    assert clock.now() - start == pytest.approx(foretold)


def test_every_operation_has_a_plan_and_a_place_in_the_line(clock):
    pacer = Pacer(clock)
    assert [pacer.level(operation).level for operation in Operation] == [
        USAGE_PLANS[operation].burst for operation in Operation
    ]
