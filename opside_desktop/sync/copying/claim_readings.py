"""Readings of windows of claims: when each began, what was read before, and what was left open.

Which stored event an incoming one is hangs on the reading that brought it: see
`claims.identity.matching`.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Self

from opside_desktop.claims.identity.outcomes import Note, NoteKind, WindowReading
from opside_desktop.domain.sources import ClaimsSource
from opside_desktop.store.writing import read_spans
from opside_desktop.store.writing.event_pages import are_events_stored, end_unfinished_window
from opside_desktop.store.writing.read_spans import ReadSpan
from opside_desktop.sync.copying.job import Job
from opside_desktop.sync.copying.resume_state import Scan
from opside_desktop.sync.copying.windows import DAY, Span, midnight

_WORDS: Final = {
    NoteKind.AMOUNT_CHANGED: "Amazon changed an amount: claim {id} was {before} and is {told} now.",
    NoteKind.SOURCES_DIFFER: "Amazon's two sources differ: claim {id} is {before} in the one and"
    " {told} in the other.",
}


class ClaimReadings:
    """The readings of one sync.

    Args:
        spans: what former syncs have read whole.

    Attributes:
        are_stored: whether events of the account are stored that an earlier reading told, be it
            that it broke off: where one was told before, another amount of it is no new claim.
    """

    def __init__(self, job: Job, spans: Sequence[ReadSpan], *, are_stored: bool) -> None:
        self._job = job
        self.spans = spans
        self.are_stored = are_stored
        self._last: datetime | None = None
        self._open: dict[datetime, WindowReading] = {}
        self._ended: list[WindowReading] = []

    @classmethod
    async def load(cls, job: Job) -> Self:
        """Read what former syncs have read.

        Raises:
            DatabaseFault: the database cannot be read.
        """

        async def load() -> Self:
            user_id = job.account.user_id
            spans = await read_spans.load(job.db, user_id, job.dataset)
            are_stored = await are_events_stored(job.db, user_id, is_mock=job.run.is_mock)
            return cls(job, spans, are_stored=are_stored)

        return await job.outages.retry_while_database_gone(job.dataset, load)

    def resume(self, source: ClaimsSource, scans: Sequence[Scan]) -> None:
        """Hear where an interrupted sync was: its readings are settled unless this one goes on with
        them, which it cannot where a page token is dead.
        """
        for scan in scans:
            if scan.read_at is not None:
                self._open[scan.read_at] = self.of(source, scan)

    def begin(self) -> datetime:
        """Give a moment to a reading that begins; no two have the same."""
        now = self._job.session.now()
        if self._last is not None:
            now = max(now, self._last + timedelta(microseconds=1))
        self._last = now
        return now

    def of(self, source: ClaimsSource, scan: Scan) -> WindowReading:
        """Give the reading that a scan is part of."""
        is_order = bool(scan.order_id)
        reading = WindowReading(
            source=source,
            start=None if is_order else scan.start,
            end=None if is_order else scan.end,
            read_at=scan.read_at or self.begin(),
            read_before=self.are_stored,
            same_day=frozenset(
                one.read_at
                for one in (*self._ended, *self._open.values())
                if one.source is source and not is_order and _share_a_day(one, scan.span)
            ),
        )
        if self._left_by(reading):
            self.are_stored = True  # by the one that was left in the middle
        return replace(reading, read_before=self.are_stored)

    def _left_by(self, reading: WindowReading) -> list[WindowReading]:
        """Give the readings that were left in the middle, as another one reads their time."""
        return [one for one in self._open.values() if _takes_over(reading, one)]

    async def goes_on(self, reading: WindowReading, first_started_at: datetime) -> None:
        """Settle what was left in the middle, if it is another reading than the one that goes on.

        A window that began anew, or is asked for in halves, leaves one behind.

        Raises:
            RunEnded: the sync is no longer this program's.
            DatabaseFault: the database cannot be written.
        """
        for left in self._left_by(reading):
            await self._settle(left, first_started_at)

    async def wrote(self, reading: WindowReading, notes: Sequence[Note], *, is_last: bool) -> None:
        """Hear that a page of a reading is stored; what is worth telling of it is told."""
        self._open[reading.read_at] = reading
        if is_last:
            del self._open[reading.read_at]
            if reading.start is not None:
                self._ended.append(reading)
        for note in notes:
            await self._job.note(note.kind.value, _in_words(note), claimId=note.claim_id)

    async def settle(self, first_started_at: datetime) -> None:
        """Settle what can be settled of readings that were left in the middle."""
        for left in list(self._open.values()):
            await self._settle(left, first_started_at)

    async def _settle(self, left: WindowReading, first_started_at: datetime) -> None:
        job = self._job
        ended = await end_unfinished_window(
            job.db, job.run, left, first_started_at=first_started_at
        )
        del self._open[left.read_at]
        job.reporter.stored(job.dataset, new=ended.counted, skipped=0)


def _takes_over(reading: WindowReading, left: WindowReading) -> bool:
    """Tell whether a reading reads the time of another one, which nobody goes on with then."""
    if reading.read_at == left.read_at:
        return False
    if None in (reading.start, reading.end, left.start, left.end):
        return True
    return reading.start < left.end and left.start < reading.end  # type: ignore[operator]


def _share_a_day(one: WindowReading, span: Span) -> bool:
    """Whether a reading was of another part of the day in which a window begins or ends."""
    if one.start is None or one.end is None:
        return False
    day_before, day_after = midnight(span.start), midnight(span.end - timedelta(seconds=1)) + DAY
    return (day_before < one.end <= span.start) or (span.end <= one.start < day_after)


def _in_words(note: Note) -> str:
    return _WORDS[note.kind].format(
        id=note.claim_id,
        before=f"{note.before} {note.currency}",
        told=f"{note.told} {note.currency}",
    )
