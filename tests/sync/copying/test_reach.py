"""What a sync believes, where the next one begins, and that nothing is passed unread."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from opside_desktop.domain.clock import LATEST
from opside_desktop.domain.datasets import Dataset
from opside_desktop.store.writing.checkpoints import Checkpoint
from opside_desktop.sync.copying import doubted_windows, reach
from opside_desktop.sync.copying.resume import (
    as_checkpoint,
    read_checkpoints,
    state_to_resume,
)
from opside_desktop.sync.copying.resume_state import Cursor, Hole, Rate, ResumeState, Scan, joined
from opside_desktop.sync.copying.windows import (
    REACH_DAYS,
    Span,
    midnight,
    windows,
    without,
)

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
START = datetime(2026, 11, 20, 8, tzinfo=UTC)
ORIGIN = "mock"


@dataclass
class Account:
    """One dataset of an account with a record in each hour, through many syncs.

    `read` holds what has come; `owed_from` is the earliest moment that any sync was to read.
    """

    now: datetime = START
    state: ResumeState | None = None
    cursor: Cursor | None = None
    syncs: int = 0
    stopped: bool = False
    owed_from: datetime = LATEST
    read: list[Span] = field(default_factory=list)

    def usual(self, cursor):
        if cursor is None or cursor.until is None:
            return midnight(self.now) - REACH_DAYS * DAY
        return midnight(min(cursor.until, self.now) - 14 * DAY)

    def begin(self, since):
        former = {f"sync_{self.syncs}"} if self.stopped else set()
        taken = state_to_resume(self.state, self.cursor, former, self.now)
        if taken is not None:
            return taken.resumed(f"sync_{self.syncs + 1}", since)
        if self.state is not None and self.cursor is None:
            self.owed_from = LATEST  # a week ago a sync began and read nothing: as if it never was
        return reach.begin(
            self.cursor,
            endpoint=ORIGIN,
            started_at=self.now,
            sync_id=f"sync_{self.syncs + 1}",
            since=since,
            usual=self.usual(self.cursor),
        )

    def sync(self, *, since, fates, most, is_stopped):
        """One sync: each window meets the next fate, and after `most` of them the sync ends."""
        state = self.begin(since).until(self.now)
        if state.reach <= self.now:
            # A sync that begins ahead of Amazon's clock leaves the account as if it never was.
            self.owed_from = min(self.owed_from, state.reach)
        self.syncs, self.stopped = self.syncs + 1, is_stopped
        asked = windows(Span(state.reach, max(self.now, state.reach)), state.done, 15)
        for span in doubted_windows.doubted_spans(self.cursor):
            asked += without(span, [*state.done, *asked])
        asked += state.known_holes
        for number, span in enumerate(asked):
            if number == most:
                self.state = self._stored(as_checkpoint(Dataset.CLAIMS, state))[0]
                return
            fate = fates[number % len(fates)]
            if fate == "unreadable":
                state = state.with_hole(span, self.now)
                continue
            records = round(span.seconds / 3600) if fate == "read" else 0
            scan = Scan(
                start=span.start,
                end=span.end,
                records=records,
                is_frameless=fate == "frameless",
            )
            state = replace(state.with_read(scan), records=state.records + records)
            if fate == "read":
                self.read.append(span)
                state = replace(state, latest=max(span.end - HOUR, state.latest or span.start))
        cursor, _ = reach.end(
            state, self.cursor, self.now, self.now, reach=self.usual, what="records"
        )
        self.state, self.cursor = self._stored(as_checkpoint(Dataset.CLAIMS, cursor))

    def _stored(self, checkpoint):
        return read_checkpoints([checkpoint], ORIGIN)

    @property
    def owed(self):
        """What has to be read some day: up to now, as far back as a first sync would reach."""
        return Span(max(self.owed_from, midnight(self.now) - REACH_DAYS * DAY), self.now)

    def forgotten(self):
        """What has not come, and the next sync would not ask for."""
        self.stopped = False
        following = self.begin(None)
        asked_for = [*doubted_windows.doubted_spans(self.cursor), *following.known_holes]
        asked_for.append(Span(following.reach, self.now + DAY))
        return without(self.owed, [*asked_for, *self.read])


SYNCS = st.lists(
    st.fixed_dictionaries(
        {
            "since": st.none() | st.integers(-1, 100),
            "fates": st.lists(
                st.sampled_from(["read", "read", "frameless", "unreadable"]), min_size=1, max_size=8
            ),
            "most": st.none() | st.integers(0, 6),
            "is_stopped": st.booleans(),
            "hours_later": st.integers(1, 24 * 30),
        }
    ),
    min_size=1,
    max_size=6,
)


@given(SYNCS)
def test_nothing_unread_is_ever_passed(syncs):
    account = Account()
    for one in syncs:
        # An interrupted state is taken up for a week; what a person had it read, it forgets then.
        pause = one["hours_later"] if account.state is None else min(one["hours_later"], 100)
        account.now += pause * HOUR
        since = one["since"]
        account.sync(
            since=None if since is None else midnight(account.now) - since * DAY,
            fates=one["fates"],
            most=one["most"],
            is_stopped=one["is_stopped"],
        )
        if account.state is None:
            assert account.forgotten() == []


@given(SYNCS)
def test_once_amazon_answers_everything_a_sync_of_everything_leaves_nothing_open(syncs):
    account = Account()
    for one in syncs:
        account.now += min(one["hours_later"], 100) * HOUR
        account.sync(since=None, fates=one["fates"], most=one["most"], is_stopped=one["is_stopped"])
    account.now += HOUR
    account.sync(since=None, fates=["read"], most=None, is_stopped=False)
    cursor = account.cursor
    assert (cursor.until, cursor.unfinished, cursor.holes) == (account.now, (), ())
    assert without(account.owed, account.read) == []


@given(SYNCS, st.booleans())
def test_an_outage_that_two_syncs_see_costs_nothing(syncs, has_history):
    account = Account()
    if has_history:
        account.sync(since=None, fates=["read"], most=None, is_stopped=False)
        account.now += 25 * DAY
    for one in syncs[:2]:
        account.now += min(one["hours_later"], 100) * HOUR
        fates = ["read" if fate == "read" else "empty" for fate in one["fates"]]
        account.sync(since=None, fates=fates, most=None, is_stopped=False)
        # A stretch that foretells less than is doubted may be believed at once.
        assert [span for span in account.forgotten() if span.end - span.start > 2 * DAY] == []


def test_a_sync_that_begins_after_the_cursor_leaves_it_before_the_gap():
    account = Account()
    account.sync(since=None, fates=["read"], most=None, is_stopped=False)
    first = account.now
    account.now += 40 * DAY
    account.sync(since=account.now - DAY, fates=["read"], most=None, is_stopped=False)
    assert account.cursor.until == first
    account.sync(since=account.now + DAY, fates=["read"], most=None, is_stopped=False)
    assert account.cursor.until == first


def test_a_first_sync_that_begins_in_the_future_finishes_nothing():
    account = Account()
    account.sync(since=account.now + DAY, fates=["read"], most=None, is_stopped=False)
    assert account.cursor.until is None


def test_what_an_outdated_chain_left_unread_is_not_passed_by_a_sync_of_the_last_days():
    account = Account()
    account.sync(since=None, fates=["read"], most=2, is_stopped=True)
    account.now += 8 * DAY
    account.sync(since=account.now - DAY, fates=["read"], most=None, is_stopped=False)
    assert account.forgotten() == []


def test_a_clock_that_was_ahead_makes_nothing_count_as_read_before_its_time():
    account = Account(now=START + 30 * DAY)
    account.sync(since=None, fates=["read"], most=3, is_stopped=True)
    account.read = [Span(span.start, START) for span in account.read if span.start < START]
    account.now = START
    account.sync(since=None, fates=["read"], most=None, is_stopped=True)
    account.now = START + 3 * DAY
    account.sync(since=None, fates=["read"], most=None, is_stopped=False)
    assert without(Span(midnight(START), account.now), account.read) == []


def test_holes_that_touch_are_asked_for_in_one_call_if_they_are_of_one_age():
    holes = [
        Hole(START + 2 * HOUR, START + 3 * HOUR, START + DAY),
        Hole(START, START + HOUR, START + DAY + HOUR),
        Hole(START + HOUR, START + 2 * HOUR, START + DAY),
        Hole(START + 3 * HOUR, START + 4 * HOUR, START + 20 * DAY),
    ]
    assert joined(holes) == (Hole(START, START + 3 * HOUR, START + DAY), holes[3])


def test_a_cursor_of_version_0_1_is_read():
    stored = Checkpoint(
        Dataset.CLAIMS,
        "cursor",
        {"endpoint": ORIGIN, "until": "2026-11-20T08:00:00Z", "per_day": 7, "chain": None},
    )
    cursor = Cursor(endpoint=ORIGIN, until=START, per_day=7)
    assert read_checkpoints([stored], ORIGIN) == (None, cursor)


def test_an_account_of_version_0_1_is_known_to_have_brought_more():
    """It stored its records a day rounded up: the next lower number is certain."""
    former = Cursor(endpoint=ORIGIN, until=START, per_day=3)
    for per_day, doubted in ((3, True), (2, False)):
        state = ResumeState(
            endpoint=ORIGIN, started_at=START, sync_id="sync_1", reach=START - 14 * DAY
        ).with_read(Scan(start=START - 14 * DAY, end=START + HOUR))
        former = replace(former, per_day=per_day)
        until = START + HOUR
        cursor, warnings = reach.end(
            state, former, until, until, reach=lambda _: START, what="orders"
        )
        assert (cursor.until == START) is doubted
        assert bool(warnings) is doubted


def test_an_emptiness_that_was_believed_is_not_doubted_although_records_came_since():
    def ended(former, empty, until):
        state = ResumeState(
            endpoint=ORIGIN, started_at=START, sync_id="sync_1", reach=START - 30 * DAY
        )
        busy = without(Span(state.reach, until), [empty])
        for span in busy:
            state = state.with_read(Scan(start=span.start, end=span.end, records=100))
        state = state.with_read(Scan(start=empty.start, end=empty.end))
        latest = max(span.end for span in busy) - HOUR
        state = replace(state, records=100 * len(busy), latest=latest)
        return reach.end(state, former, until, until, reach=lambda _: START, what="orders")

    empty = Span(START - 5 * DAY, START)
    known = Cursor(endpoint=ORIGIN, until=START, per_day=10, latest=empty.start, quiet=(empty,))
    cursor, first = ended(known, empty, START + DAY)
    cursor, again = ended(cursor, Span(empty.start, START + HOUR), START + 2 * DAY)
    assert (first, again, cursor.until) == ([], [], START + 2 * DAY)
    cursor, other = ended(cursor, Span(empty.start - 5 * DAY, empty.end), START + 3 * DAY)
    assert len(other) == 1


def test_a_rate_is_exact():
    rate = Rate(3, 90 * 86_400)
    assert rate.per_day == 1
    assert rate.foretold(Span(START, START + 30 * DAY)) == 1.0
