"""What one dataset's copying remembers between syncs: its cursor, and where it was interrupted.

It is stored with each page, so that a program that dies loses nothing and fetches no finished
window again.
"""

import math
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec

from opside_desktop.domain.clock import LATEST
from opside_desktop.domain.ids import SyncId
from opside_desktop.sync.copying.claims_memory import DAILY, ClaimsMemory
from opside_desktop.sync.copying.windows import DAY, Span, merged, without


class HeldEvent(msgspec.Struct, frozen=True):
    """An event without a date that waits for its day. `payload` is Amazon's JSON as text."""

    event_list: str
    payload: str
    status: str | None = None


class Stretch(msgspec.Struct, frozen=True):
    """A stretch of time of which something is remembered."""

    start: datetime
    end: datetime

    @property
    def span(self) -> Span:
        """The same, to reckon with."""
        return Span(self.start, self.end)


class Search(Stretch, frozen=True):
    """Dateless events known to lie in a span: how many of each content."""

    counts: dict[str, int]


class Hole(Stretch, frozen=True):
    """A stretch of which no answer can be read.

    Attributes:
        since: Amazon's time when that was found.
        is_coarse: whether only a part of it may be damaged, which nobody has looked for yet.
    """

    since: datetime
    is_coarse: bool = False

    def without(self, span: Span) -> Iterator["Hole"]:
        """Give what is left of it when a span is cut out."""
        for left in without(self.span, [span]):
            yield msgspec.structs.replace(self, start=left.start, end=left.end)


class Scan(Stretch, frozen=True, kw_only=True):
    """A window under way.

    Attributes:
        token: of the next page; None before the first, and after the last while days are sought.
        source: whose token it is, where there are several sources.
        order_id: of the one order that is asked for in the place of a stretch of time.
        read_at: when this reading of the window began, by Amazon's clock; no two have the same.
        pages: how many have been stored since the window's start.
        records: how many these pages held, readable or not.
        is_frameless: whether one of them came without its list of records.
        is_partial: whether one of them is of a source that does not bring all.
        held: dateless events of the window by content; `undated` counts them.
        searches: what is left to search for the days of dateless events; None before that.
        skipped: unreadable records met since the window's start; `skipped_told` of them were
            counted already by an earlier attempt at the window.
    """

    token: str | None = None
    source: str = ""
    order_id: str = ""
    read_at: datetime | None = None
    page_size: int = 100
    pages: int = 0
    records: int = 0
    is_frameless: bool = False
    is_partial: bool = False
    undated: dict[str, int] = msgspec.field(default_factory=dict)
    held: dict[str, HeldEvent] = msgspec.field(default_factory=dict)
    searches: list[Search] | None = None
    skipped: int = 0
    skipped_told: int = 0

    def restarted(self) -> "Scan":
        """Begin the window again; what it could not read was told already."""
        return Scan(
            start=self.start,
            end=self.end,
            order_id=self.order_id,
            skipped_told=self.skipped_told,
        )

    def with_page(self, *, skipped: int, **changes: Any) -> "Scan":
        """Note a page with so many unreadable records.

        A window that began again counts what it could not read only once.
        """
        skipped += self.skipped
        return msgspec.structs.replace(
            self,
            pages=self.pages + 1,
            skipped=skipped,
            skipped_told=max(skipped, self.skipped_told),
            **changes,
        )


class ResumeState(msgspec.Struct, frozen=True, kw_only=True):
    """How far one dataset has come.

    Attributes:
        endpoint: whose data it is; what was read elsewhere counts for nothing here.
        started_at: when the first of the syncs that worked on it began, by the database's clock.
        sync_id: the last sync that worked on it.
        reach: where it begins to read.
        finished: stretches that were read to their end.
        empty: windows among them that brought nothing.
        unfinished: windows that were read to their end, but are not believed.
        holes: what cannot be read, of these syncs and of those before.
        partial: finished stretches of which Amazon gave only a part, likewise.
        records: how many records Amazon has sent in the finished stretches and the present one.
        latest: the newest moment that one of them is from.
        scans: the windows under way; none overlaps another.
        unread_from: where something before `reach` begins that was left unread, if there is any.
        source: where all of it was read from, if that has to be one source.
        is_asked_source: whether a person asked for that source, so that no other may stand in.
        marketplace_id: whose stock is read; empty where that does not matter.
        began_at: when the reading began, by Amazon's clock, where that is needed.
        read_to: up to where it is read.
        recent_at: when its recent part was last read, by Amazon's clock; None while it is not.
        late_at: when late events were last read again, likewise.
        unknown: how many events of each kind that nobody knows were met.
    """

    endpoint: str
    started_at: datetime
    sync_id: SyncId
    reach: datetime
    finished: tuple[Span, ...] = ()
    empty: tuple[Span, ...] = ()
    unfinished: tuple[Span, ...] = ()
    holes: tuple[Hole, ...] = ()
    partial: tuple[Span, ...] = ()
    records: int = 0
    latest: datetime | None = None
    scans: tuple[Scan, ...] = ()
    unread_from: datetime | None = None
    source: str = ""
    is_asked_source: bool = False
    marketplace_id: str = ""
    began_at: datetime | None = None
    read_to: datetime | None = None
    recent_at: datetime | None = None
    late_at: datetime | None = None
    unknown: dict[str, int] = msgspec.field(default_factory=dict)

    @property
    def known_holes(self) -> tuple[Span, ...]:
        return tuple(hole.span for hole in self.holes)

    @property
    def done(self) -> tuple[Span, ...]:
        """What is not asked for any more, or not in the windows' turn."""
        return (*self.finished, *self.unfinished, *self.known_holes)

    def resumed(self, sync_id: SyncId, since: datetime | None) -> "ResumeState":
        """Go on with it in a new sync, which may reach back to another moment.

        What was not believed is read again.
        """
        scans = tuple(one for one in self.scans if since is None or one.end > since)
        reach = since or self.reach
        read = (*self.finished, *self.known_holes)
        unread = [span.start for span in without(Span(self.reach, reach), read)]
        if self.unread_from is not None:
            unread.append(self.unread_from)
        return msgspec.structs.replace(
            self,
            sync_id=sync_id,
            reach=reach,
            scans=scans,
            unfinished=(),
            unread_from=min((start for start in unread if start < reach), default=None),
        )

    def from_source(self, source: str, *, is_asked: bool) -> "ResumeState":
        """Read from another source: its windows begin anew. Those of the same go on."""
        if self.source == source:
            return msgspec.structs.replace(self, is_asked_source=self.is_asked_source or is_asked)
        return msgspec.structs.replace(
            self,
            source=source,
            is_asked_source=is_asked,
            finished=(),
            empty=(),
            unfinished=(),
            records=0,
            latest=None,
            scans=(),
            began_at=None,
            recent_at=None,
            late_at=None,
        )

    def reopened(self, start: datetime, now: datetime) -> "ResumeState":
        """Have everything from a moment on read again; only history is left of the rest."""
        again = Span(start, max(start, LATEST))
        finished = tuple(left for one in self.finished for left in without(one, [again]))
        before, after = (sum(one.seconds for one in some) for some in (self.finished, finished))
        return msgspec.structs.replace(
            self,
            finished=finished,
            empty=tuple(one for one in self.empty if not one.overlaps(again)),
            records=math.ceil(self.records * after / before) if before else self.records,
            scans=tuple(one for one in self.scans if not one.span.overlaps(again)),
            recent_at=None,
            late_at=now if self.read_to and self.read_to - start >= DAILY else self.late_at,
        )

    def begun_again(self) -> "ResumeState":
        """Let the windows under way begin again, as a page token has led nowhere."""
        return msgspec.structs.replace(self, scans=tuple(one.restarted() for one in self.scans))

    def with_scan(self, scan: Scan) -> "ResumeState":
        """Note that a window is under way; it takes the place of one that it is part of."""
        return msgspec.structs.replace(self, scans=(*self.besides(scan.span), scan))

    def besides(self, span: Span) -> tuple[Scan, ...]:
        """Give the windows under way that lie elsewhere."""
        return tuple(one for one in self.scans if not one.span.overlaps(span))

    def with_finished(self, span: Span) -> "ResumeState":
        """Note that a window is finished, and under way no more."""
        return msgspec.structs.replace(
            self,
            finished=merged((*self.finished, span)),
            holes=tuple(part for hole in self.holes for part in hole.without(span)),
            partial=tuple(left for one in self.partial for left in without(one, [span])),
            scans=self.besides(span),
        )

    def with_read(self, scan: Scan) -> "ResumeState":
        """Note that a window came to its end, whether it is to be believed or not."""
        span = scan.span
        if scan.is_frameless:
            state = msgspec.structs.replace(self, scans=self.besides(span))
            return state if any(map(span.overlaps, self.known_holes)) else state.with_doubt(span)
        state = self.with_finished(span)
        if scan.is_partial:
            partial = merged((*state.partial, span))
            state = msgspec.structs.replace(state, partial=partial)
        if scan.records:
            return state
        return msgspec.structs.replace(state, empty=(*self.empty, span))

    def with_doubt(self, span: Span) -> "ResumeState":
        """Take a window for unfinished although it came to its end."""
        return msgspec.structs.replace(
            self,
            finished=tuple(left for one in self.finished for left in without(one, [span])),
            unfinished=merged((*self.unfinished, span)),
        )

    def with_hole(self, span: Span, since: datetime) -> "ResumeState":
        """Note that a window cannot be read; one that is known for it stays as it is.

        A part of a coarse hole is known since that was.
        """
        coarse = [hole for hole in self.holes if hole.is_coarse and hole.span.overlaps(span)]
        others = [hole for hole in self.holes if hole not in coarse]
        since = min([since, *(hole.since for hole in coarse)])
        new = [
            Hole(left.start, left.end, since, is_coarse=span.can_split)
            for left in without(span, [hole.span for hole in others])
        ]
        kept = [part for hole in coarse for part in hole.without(span)]
        return msgspec.structs.replace(
            self, holes=joined([*others, *kept, *new]), scans=self.besides(span)
        )

    def until(self, end: datetime) -> "ResumeState":
        """Forget what was read beyond a moment: a clock was wrong, it had not come yet."""
        ahead = Span(end, max(end, LATEST))
        scans = tuple(one for one in self.scans if one.end <= end)
        finished = tuple(left for one in self.finished for left in without(one, [ahead]))
        return msgspec.structs.replace(self, finished=finished, scans=scans)


class Rate(msgspec.Struct, frozen=True):
    """How many records came of how many seconds: an account's own measure, exact."""

    records: int
    seconds: int

    @property
    def per_day(self) -> int:
        return math.ceil(self.records * DAY.total_seconds() / self.seconds)

    def foretold(self, span: Span) -> float:
        return self.records * span.seconds / self.seconds


class Empty(Stretch, frozen=True):
    """A window that brought nothing where much was foretold, in so many syncs running."""

    times: int


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """Where the next sync goes on after a dataset was read to its end.

    Attributes:
        until: the upper bound that was read up to without a gap; None before there is one.
        per_day: records a day, rounded up, as last measured; None where unknown.
        rate: the same, exact.
        latest: the newest moment that a record was from.
        quiet: stretches that are known to hold nothing: after it, and what is left of earlier ones.
        unfinished: windows to be read again, oldest first; `until` lies before those that are new.
        empty: windows that were found empty against expectation, believed or not.
        holes: what cannot be read and is asked for again.
        partial: stretches of which Amazon gave only a part, to be asked for again.
        nothing_since: when a first sync first found nothing at all, by Amazon's clock.
        nothing_times: in how many syncs since then.
        short_since: when so much of the stock first lacked that it is doubted, by Amazon's clock.
        marketplace_id: whose stock was read; None where an older version did.
        marketplace_since: the start of the first sync of that marketplace's stock, if another's
            was read before: older rows are not of it.
        claims: what is remembered of the sources of claims.
        resume_state: as it was at the end, in case the sync as a whole was interrupted then.
    """

    endpoint: str
    until: datetime | None = None
    per_day: int | None = None
    rate: Rate | None = None
    latest: datetime | None = None
    quiet: tuple[Span, ...] = ()
    unfinished: tuple[Span, ...] = ()
    empty: tuple[Empty, ...] = ()
    holes: tuple[Hole, ...] = ()
    partial: tuple[Span, ...] = ()
    nothing_since: datetime | None = None
    nothing_times: int = 0
    short_since: datetime | None = None
    marketplace_id: str | None = None
    marketplace_since: datetime | None = None
    claims: ClaimsMemory | None = None
    resume_state: ResumeState | None = msgspec.field(default=None, name="chain")


def joined(holes: Iterable[Hole]) -> tuple[Hole, ...]:
    """Join holes of a kind that touch and were found on one day, so that one call asks for them."""
    whole: list[Hole] = []
    for hole in sorted(holes, key=lambda one: one.start):
        last = whole[-1] if whole else None
        is_alike = last and hole.is_coarse is last.is_coarse
        if last and is_alike and hole.start <= last.end and abs(hole.since - last.since) < DAY:
            since = min(last.since, hole.since)
            whole[-1] = Hole(last.start, max(last.end, hole.end), since, hole.is_coarse)
        else:
            whole.append(hole)
    return tuple(whole)
