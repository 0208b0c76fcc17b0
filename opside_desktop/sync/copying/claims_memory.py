"""What is remembered of Amazon's two sources of claims, and how far back each is read. Pure.

All moments are Amazon's, by the clock that its answers show.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec.structs import replace

from opside_desktop.domain.sources import ClaimsSource
from opside_desktop.sync.copying.windows import DAY, first_start, midnight

RULES: Final = 2
"""The number of the rules by which events are read and known again. Where they change so that
stored claims may change with them, it is raised: then each source is read once over its whole
reach, and what was read by older rules does not count as read."""

EACH_SYNC: Final = 2 * DAY
DAILY: Final = 14 * DAY
WEEKLY: Final = 45 * DAY
"""So far back events are read again, because Amazon posts some of them late."""

DEFERRALS: Final = 30 * DAY
"""So far back windows are read again for deferred money, whose release changes its first event.
Older ones are asked for singly."""

_SLACK: Final = timedelta(hours=1)
"""Amazon's clock as its answers show it jumps by seconds."""

_DAY: Final = DAY
_WEEK: Final = 7 * DAY


class SourceRead(msgspec.Struct, frozen=True, kw_only=True):
    """How one source was read so far.

    Attributes:
        until: up to when, without a gap.
        rules: by which its whole reach was read.
        rules_since: when that began; what was read before does not count.
        daily_at, weekly_at, whole_at: when it was last read back over 14 days, over 45 days, and
            over the reach of a first sync.
    """

    until: datetime
    rules: int = 0
    rules_since: datetime | None = None
    daily_at: datetime | None = None
    weekly_at: datetime | None = None
    whole_at: datetime | None = None


class Refused(msgspec.Struct, frozen=True):
    """Amazon refuses transactions to this account.

    Attributes:
        since: when it first did.
        asked_at: when it last did.
        is_settled: whether it did so in two syncs at least a day apart.
    """

    since: datetime
    asked_at: datetime
    is_settled: bool = False


class ClaimsMemory(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept between syncs; `read` by source."""

    read: Mapping[str, SourceRead] = msgspec.field(default_factory=dict)
    refused: Refused | None = None

    def asks_for_transactions(self, now: datetime) -> bool:
        """Whether a sync tries transactions: after a settled refusal only once a day."""
        refused = self.refused
        return refused is None or not refused.is_settled or _is_due(refused.asked_at, _DAY, now)

    def with_refusal(self, now: datetime) -> "ClaimsMemory":
        """Note that Amazon has just refused transactions."""
        former = self.refused
        if former is None or former.since > now:
            return replace(self, refused=Refused(now, now))
        is_settled = former.is_settled or now - former.since >= _DAY
        return replace(self, refused=Refused(former.since, now, is_settled))

    def with_answer(self) -> "ClaimsMemory":
        """Note that Amazon has answered for transactions."""
        return replace(self, refused=None) if self.refused else self

    def usual_start(
        self,
        source: ClaimsSource,
        *,
        now: datetime,
        until: datetime,
        oldest_deferral: datetime | None = None,
    ) -> datetime:
        """Tell from where on a sync reads a source: late events and releases are read again.

        Args:
            until: up to where it is going to read.
            oldest_deferral: when the oldest event was posted that Amazon still defers.
        """
        read = self.read.get(source)
        if read is None or read.rules != RULES:
            return first_start(now)
        back = EACH_SYNC
        if _is_due(read.daily_at, _DAY, now):
            back = DAILY
        if _is_due(read.weekly_at, _WEEK, now):
            back = WEEKLY
        start = min(read.until, until) - back
        if oldest_deferral is not None and oldest_deferral >= now - DEFERRALS:
            start = min(start, oldest_deferral)
        return midnight(start)

    def new_from(self, source: ClaimsSource, until: datetime) -> datetime | None:
        """Tell from where on a sync brings new rows of a source; before that it reads again.

        None where the source has still to be read once.
        """
        read = self.read.get(source)
        if read is None or read.rules != RULES:
            return None
        return midnight(min(read.until, until) - EACH_SYNC)

    def counts(self, source: str, read_at: datetime) -> bool:
        """Whether what was read of a source at a moment was read by the present rules."""
        read = self.read.get(source)
        if read is None or read.rules != RULES or read.rules_since is None:
            return False
        return read_at >= read.rules_since

    def sweeps(self, source: ClaimsSource, now: datetime) -> bool:
        """Whether the whole reach is due to be read again, after everything else.

        Only v0 wants that: it may show released money at its first date.
        """
        read = self.read.get(source)
        at = None if read is None else read.whole_at
        return source is ClaimsSource.EVENTS_V0 and _is_due(at, _WEEK, now)

    def with_read(
        self,
        source: ClaimsSource,
        *,
        start: datetime,
        until: datetime,
        began_at: datetime,
        now: datetime,
        is_first: bool,
    ) -> "ClaimsMemory":
        """Note that a source was read.

        Args:
            start: from where on everything was read, up to now.
            until: up to where there is no gap.
            began_at: when that began.
            is_first: whether it is the account's first sync, whose reach a person may have cut.
        """
        former = self.read.get(source, SourceRead(until=until))
        is_whole = start <= first_start(began_at)
        if former.rules == RULES:
            rules, since = former.rules, former.rules_since
        elif is_whole or is_first:
            rules, since = RULES, began_at
        else:
            return self  # its reach has still to be read once
        reached = now - start
        read = SourceRead(
            until=until,
            rules=rules,
            rules_since=since,
            daily_at=now if reached >= DAILY else former.daily_at,
            weekly_at=now if reached >= WEEKLY else former.weekly_at,
            whole_at=now if is_whole else former.whole_at,
        )
        return replace(self, read={**self.read, source.value: read})


def late_events(passed: timedelta) -> timedelta:
    """Tell how far back late events are read again so long after that was last done."""
    if passed < _DAY:
        return EACH_SYNC
    return DAILY if passed < _WEEK else WEEKLY


def _is_due(at: datetime | None, every: timedelta, now: datetime) -> bool:
    """Whether something is to be done again. What was done at a time to come was not done."""
    return at is None or not -_SLACK <= now - at < every
