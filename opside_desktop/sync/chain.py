"""What one dataset's copying remembers between syncs: its cursor, and where it was interrupted.

A chain is a sync together with the interrupted ones that it took up. Its state is stored with each
page, so that a program that dies loses nothing and fetches no finished window again.
"""

import logging
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, Final

import msgspec

from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import ErrorCode
from opside_desktop.domain.ids import SyncId
from opside_desktop.domain.syncs import SyncRun, SyncStatus
from opside_desktop.store.checkpoints import Checkpoint
from opside_desktop.sync.windows import Span, merged, without

log = logging.getLogger(__name__)

EXPIRES_AFTER: Final = timedelta(days=7)
"""An older chain is forgotten: what it finished may have changed since."""

CHAIN: Final = "chain"
CURSOR: Final = "cursor"


class HeldEvent(msgspec.Struct, frozen=True):
    """An event without a date that waits for its day. `payload` is Amazon's JSON as text."""

    event_list: str
    payload: str


class Search(msgspec.Struct, frozen=True):
    """Dateless events known to lie in a span: how many of each content."""

    start: datetime
    end: datetime
    counts: dict[str, int]


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """A window under way.

    Attributes:
        token: of the next page; None before the first, and after the last while days are sought.
        source: whose token it is, where there are several sources.
        pages: how many have been stored since the window's start.
        twins: how often each event of the window has been met so far, by its content's hash.
        held: dateless events of the window by content; `undated` counts them.
        searches: what is left to search for the days of dateless events; None before that.
        skipped: unreadable records met since the window's start; `skipped_told` of them were
            counted already by an earlier attempt at the window.
    """

    start: datetime
    end: datetime
    token: str | None = None
    source: str = ""
    page_size: int = 100
    pages: int = 0
    twins: dict[str, int] = msgspec.field(default_factory=dict)
    undated: dict[str, int] = msgspec.field(default_factory=dict)
    held: dict[str, HeldEvent] = msgspec.field(default_factory=dict)
    searches: list[Search] | None = None
    skipped: int = 0
    skipped_told: int = 0

    @property
    def span(self) -> Span:
        """The window."""
        return Span(self.start, self.end)


class Chain(msgspec.Struct, frozen=True, kw_only=True):
    """How far one dataset has come.

    Attributes:
        endpoint: whose data it is; what was read elsewhere counts for nothing here.
        started_at: the start of the chain's first sync, by the database's clock.
        sync_id: the last sync that worked on it.
        reach: where it begins to read.
        finished: stretches that were read to their end.
        records: how many records Amazon has sent in the finished stretches and the present one.
        scan: the window under way.
        unread_from: where something before `reach` begins that was left unread, if there is any.
    """

    endpoint: str
    started_at: datetime
    sync_id: SyncId
    reach: datetime
    finished: tuple[tuple[datetime, datetime], ...] = ()
    records: int = 0
    scan: Scan | None = None
    unread_from: datetime | None = None

    @property
    def spans(self) -> tuple[Span, ...]:
        """The finished stretches."""
        return tuple(Span(start, end) for start, end in self.finished)

    def taken_up(self, sync_id: SyncId, since: datetime | None) -> "Chain":
        """Go on with it in a new sync, which may reach back to another moment."""
        scan = self.scan
        if scan is not None and since is not None and scan.end <= since:
            scan = None
        reach = since or self.reach
        unread = [span.start for span in without(Span(self.reach, reach), self.spans)]
        if self.unread_from is not None:
            unread.append(self.unread_from)
        return msgspec.structs.replace(
            self,
            sync_id=sync_id,
            reach=reach,
            scan=scan,
            unread_from=min((start for start in unread if start < reach), default=None),
        )

    def begun_again(self) -> "Chain":
        """Let the window under way begin again, as its page token has led nowhere."""
        scan = self.scan
        if scan is not None:
            scan = Scan(start=scan.start, end=scan.end, skipped_told=scan.skipped_told)
        return msgspec.structs.replace(self, scan=scan)

    def with_finished(self, span: Span) -> "Chain":
        """Note that a window is finished and that none is under way."""
        spans = merged((*self.spans, span))
        return msgspec.structs.replace(
            self, finished=tuple((one.start, one.end) for one in spans), scan=None
        )


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """Where the next sync goes on after a dataset was read to its end.

    Attributes:
        until: the upper bound that was read up to.
        per_day: records a day, rounded up, as last measured; None where unknown.
        chain: as it was at the end, in case the sync as a whole was interrupted after that.
    """

    endpoint: str
    until: datetime | None = None
    per_day: int | None = None
    chain: Chain | None = None


def chain_checkpoint(dataset: Dataset, chain: Chain) -> Checkpoint:
    """Put a chain into the form that is stored with a page."""
    return Checkpoint(dataset, CHAIN, msgspec.to_builtins(chain))


def cursor_checkpoint(dataset: Dataset, cursor: Cursor) -> Checkpoint:
    """Put a cursor into the form that is stored at a dataset's end."""
    return Checkpoint(dataset, CURSOR, msgspec.to_builtins(cursor))


def read_checkpoints(
    checkpoints: Sequence[Checkpoint], endpoint: str
) -> tuple[Chain | None, Cursor | None]:
    """Read what is stored. What another endpoint or a later version wrote is left aside."""
    states = {checkpoint.window: checkpoint.state for checkpoint in checkpoints}
    chain = _converted(states.get(CHAIN), Chain)
    cursor = _converted(states.get(CURSOR), Cursor)
    return (
        chain if chain and chain.endpoint == endpoint else None,
        cursor if cursor and cursor.endpoint == endpoint else None,
    )


def _converted(state: Any, kind: type[Any]) -> Any:
    if state is None:
        return None
    try:
        return msgspec.convert(state, kind)
    except msgspec.ValidationError as error:
        log.warning("A checkpoint cannot be read and is left aside: %s", error)
        return None


def stopped_before(runs: Iterable[SyncRun], sync_id: SyncId) -> frozenset[SyncId]:
    """Find the syncs before one that were stopped in a row.

    Args:
        runs: the user's syncs, newest first.
        sync_id: the one that is beginning.
    """
    before = (run for run in runs if run.sync_id != sync_id)
    return frozenset(run.sync_id for run in takewhile(_was_stopped, before))


def _was_stopped(run: SyncRun) -> bool:
    return run.status is SyncStatus.CANCELLED or run.error_code is ErrorCode.INTERRUPTED


def chain_to_take_up(
    chain: Chain | None, cursor: Cursor | None, stopped: Collection[SyncId], now: datetime
) -> Chain | None:
    """Find the interrupted chain that a new sync goes on with, if there is one.

    Args:
        chain: of a dataset that was not read to its end.
        cursor: of one that was, by the former sync or an earlier one.
        stopped: the user's syncs just before this one that were cancelled or interrupted.
        now: by the database's clock.
    """
    if chain is None and cursor is not None and cursor.chain is not None:
        # The dataset came to its end, but its sync was stopped before the others did.
        chain = cursor.chain if cursor.chain.sync_id in stopped else None
    if chain is None or now - chain.started_at >= EXPIRES_AFTER:
        return None
    return chain
