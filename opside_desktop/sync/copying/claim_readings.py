"""Readings of windows of claims: when each began, what was read before, and how pages are written.

Which stored event an incoming one is hangs on the reading that brought it: see `claims.matching`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Self

from opside_desktop.claims.outcomes import Note, NoteKind, WindowReading
from opside_desktop.claims.sightings import Told
from opside_desktop.domain.sources import ClaimsSource
from opside_desktop.store.writing import read_spans
from opside_desktop.store.writing.event_pages import end_unfinished_window, write_events_page
from opside_desktop.store.writing.read_spans import ReadSpan
from opside_desktop.sync.copying.job import Job
from opside_desktop.sync.copying.resume_state import Scan

_WORDS: Final = {
    NoteKind.AMOUNT_CHANGED: "Amazon changed an amount: claim {id} was {before} and is {told} now.",
    NoteKind.SOURCES_DIFFER: "Amazon's two sources differ: claim {id} is {before} in the one and"
    " {told} in the other.",
}


class ClaimReadings:
    """The readings of one sync.

    Args:
        spans: what former syncs have read whole.
    """

    def __init__(self, job: Job, spans: Sequence[ReadSpan]) -> None:
        self._job = job
        self.spans = spans
        self._last: datetime | None = None
        self._open: dict[datetime, WindowReading] = {}

    @classmethod
    async def load(cls, job: Job) -> Self:
        """Read what former syncs have read.

        Raises:
            DatabaseFault: the database cannot be read.
        """

        async def load() -> list[ReadSpan]:
            return await read_spans.load(job.db, job.account.user_id, job.dataset)

        return cls(job, await job.outages.retry_while_database_gone(job.dataset, load))

    def begin(self) -> datetime:
        """Give a moment to a reading that begins; no two have the same."""
        now = self._job.session.now()
        if self._last is not None:
            now = max(now, self._last + timedelta(microseconds=1))
        self._last = now
        return now

    def of(self, source: ClaimsSource, scan: Scan) -> WindowReading:
        """Give the reading that a scan is part of."""
        # Also what was read by older rules: they may have made another amount of the same event.
        is_order = bool(scan.order_id)
        return WindowReading(
            source=source,
            start=None if is_order else scan.start,
            end=None if is_order else scan.end,
            read_at=scan.read_at or self.begin(),
            read_before=not is_order
            and any(one.start < scan.end and scan.start < one.end for one in self.spans),
        )

    async def write(
        self, reading: WindowReading, told: Sequence[Told], *, is_last: bool, **progress: Any
    ) -> int:
        """Store what a page tells; gives how many claims count anew.

        A reading that was left in the middle, because its window began anew or is asked for in
        halves, is settled first.

        Raises:
            RunEnded: the sync is no longer this program's.
            DatabaseFault: the database cannot be written.
        """
        job = self._job
        for left in [one for one in self._open.values() if _takes_over(reading, one)]:
            await self._settle(left, progress["first_started_at"])
        written = await write_events_page(
            job.db, job.run, told, reading, is_last=is_last, **progress
        )
        self._open[reading.read_at] = reading
        if is_last:
            del self._open[reading.read_at]
        for note in written.notes:
            await job.note(note.kind.value, _in_words(note), claimId=note.claim_id)
        return written.counted

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
    """Tell whether a reading was left in the middle, as another one reads its time."""
    if reading.read_at == left.read_at:
        return False
    if None in (reading.start, reading.end, left.start, left.end):
        return True
    return reading.start < left.end and left.start < reading.end  # type: ignore[operator]


def _in_words(note: Note) -> str:
    return _WORDS[note.kind].format(
        id=note.claim_id,
        before=f"{note.before} {note.currency}",
        told=f"{note.told} {note.currency}",
    )
