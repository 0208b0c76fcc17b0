"""One dataset's part of one sync: what its copying works with, and how it stores and tells."""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from opside_desktop.domain.accounts import Account
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import DatabaseFault, ErrorCode
from opside_desktop.domain.ids import SyncId
from opside_desktop.domain.records import Mended, Skipped
from opside_desktop.domain.syncs import SyncRequest, SyncRun
from opside_desktop.domain.waits import Wait
from opside_desktop.store.database import Database
from opside_desktop.store.runs import events, sync_runs
from opside_desktop.store.writing import checkpoints, pages
from opside_desktop.store.writing.fit_records import shown
from opside_desktop.store.writing.page_write import RunEnded
from opside_desktop.store.writing.read_spans import ReadSpan
from opside_desktop.sync.copying import reach
from opside_desktop.sync.copying.lanes import Lanes
from opside_desktop.sync.copying.resume import (
    as_checkpoint,
    is_read_again,
    read_checkpoints,
    state_to_resume,
)
from opside_desktop.sync.copying.resume_state import Cursor, ResumeState
from opside_desktop.sync.outages import Outages
from opside_desktop.sync.report import Reporter

if TYPE_CHECKING:
    from opside_desktop.amazon.session import AmazonSession

log = logging.getLogger(__name__)

_TOLD: Final = 20
"""So many unreadable records of a dataset, and so many fields, are named in a sync's timeline."""

DefaultReach = Callable[[Cursor | None], datetime]
"""Gives from where on a dataset is usually read after a cursor, or on a first sync."""

ReadAgain = Callable[[ResumeState, Cursor | None], datetime]
"""Gives from where on a state is read again whose recent part was read by a former sync."""


async def note(db: Database, run: SyncRun, kind: str, message: str, **detail: Any) -> None:
    """Add to a sync's timeline, which is not worth failing for."""
    try:
        await events.add_event(db, run, kind, message, detail)
    except DatabaseFault as fault:
        log.warning("%s: its timeline lacks %r: %s", run.sync_id, message, fault)


@dataclass(slots=True)
class Job:
    """The copying of one dataset within one sync.

    Attributes:
        run: the sync, as it was started; `reporter` holds its present record.
        stopped: the user's syncs just before this one that were cancelled or interrupted.
        origin: where the rows come from; checkpoints of another origin count for nothing.
        cursor: where the last complete copying ended; `begin` reads it.
        calls: how many calls Amazon has answered.
        asked_source: the only source that may be read, if a person named one: for this sync, or
            for the interrupted one that it goes on with.
        mended: fields that were left empty or cut, each once; `tell_mended` tells of them.
        lanes: the windows under way.
        is_closing: whether copying stops at the end of the present page.
    """

    dataset: Dataset
    account: Account
    request: SyncRequest
    run: SyncRun
    stopped: frozenset[SyncId]
    origin: str
    db: Database
    session: "AmazonSession"
    reporter: Reporter
    outages: Outages
    is_closing: Callable[[], bool]
    cursor: Cursor | None = None
    calls: int = 0
    asked_source: str | None = None
    mended: dict[Mended, None] = field(default_factory=dict)
    lanes: Lanes = field(init=False)
    _named: int = 0

    def __post_init__(self) -> None:
        self.lanes = Lanes(partial(self.reporter.wait, self.dataset))

    def answered(self) -> None:
        self.calls += 1

    def on_wait(self, wait: Wait | None) -> None:
        self.lanes.on_wait(wait)

    def pace(self, calls: int) -> float:
        """Tell how many seconds Amazon's quota makes so many calls take from now on."""
        # Those that wait have their places in the quota already; one is counted by who asks.
        return self.session.seconds_for(
            self.dataset, max(0, calls - max(0, self.lanes.waiting - 1))
        )

    def advance(self, *, fraction: float, records: int, calls_left: int | None) -> None:
        """Tell how much is done, and how many calls are expected still, if that is known."""
        self.reporter.advance(
            self.dataset,
            fraction=fraction,
            records=records,
            calls=self.calls,
            calls_left=calls_left,
        )

    async def begin(
        self, default_reach: DefaultReach, read_again: ReadAgain | None = None
    ) -> ResumeState:
        """Resume the interrupted state, with its counts, or begin one of this sync's own.

        Args:
            default_reach: from where on to read after a cursor, or on a first sync.
            read_again: from where on to read again what a former sync has read of a state that is
                resumed.

        Raises:
            RunEnded: the sync is no longer this program's.
            DatabaseFault: the database cannot be used.
        """
        return await self.outages.retry_while_database_gone(
            self.dataset, lambda: self._begin(default_reach, read_again)
        )

    async def _begin(
        self, default_reach: DefaultReach, read_again: ReadAgain | None
    ) -> ResumeState:
        stored = await checkpoints.load(self.db, self.account.user_id, self.dataset)
        state, cursor = read_checkpoints(stored, self.origin)
        self.cursor = cursor
        asked = self.asked_source = self.request.sources.get(self.dataset)
        taken = state_to_resume(state, cursor, self.stopped, self.run.started_at)
        if taken is None:
            begun = reach.begin(
                cursor,
                endpoint=self.origin,
                started_at=self.run.started_at,
                sync_id=self.run.sync_id,
                since=self.request.since,
                usual=default_reach(cursor),
            )
            return begun.from_source(asked, is_asked=True) if asked else begun
        last = await sync_runs.get_run(self.db, self.account.user_id, taken.sync_id)
        if last is not None:
            if last.result(self.dataset).error_code is ErrorCode.BAD_DATA:
                taken = taken.begun_again()
            self.reporter.take_over(self.dataset, last.result(self.dataset))
            if not await sync_runs.update_run(self.db, self.reporter.run):
                raise RunEnded
        log.info("%s: goes on where %s stopped", self.dataset, taken.sync_id)
        await self.note(
            "taken_up",
            f"{self.dataset.capitalize()}: goes on where the sync before was stopped.",
            syncId=taken.sync_id,
        )
        if asked:
            taken = taken.from_source(asked, is_asked=True)
        elif taken.is_asked_source:
            self.asked_source = taken.source
        now = self.session.now()
        if read_again is not None and is_read_again(taken, self.stopped, now):
            taken = taken.reopened(read_again(taken, cursor), now)
        return taken.resumed(self.run.sync_id, self.request.since)

    async def was_stored(self, state: ResumeState | None) -> bool:
        """Tell whether a page that we have not heard of is stored, and take over what is counted.

        A connection that is lost while a transaction ends leaves it unknown how it ended.

        Args:
            state: that is stored with the page; None where the page before left the same one, so
                that only the counts can tell.
        """
        run = await sync_runs.get_run(self.db, self.account.user_id, self.run.sync_id)
        if run is None:
            raise RunEnded
        counted, known = run.result(self.dataset), self.reporter.run.result(self.dataset)
        has_counted = (counted.count, counted.skipped) != (known.count, known.skipped)
        if has_counted:
            self.reporter.take_over(self.dataset, counted)
        if state is None:
            return has_counted
        stored = await checkpoints.load(self.db, self.account.user_id, self.dataset)
        return read_checkpoints(stored, self.origin)[0] == state

    async def note(self, kind: str, message: str, **detail: str) -> None:
        await note(self.db, self.run, kind, message, dataset=self.dataset.value, **detail)

    async def warn(self, sentence: str, **detail: str) -> None:
        """Tell in the dataset's result, and in the timeline, of what is less than whole."""
        if self.reporter.warn(self.dataset, sentence):
            log.warning("%s: %s: %s", self.run.sync_id, self.dataset, sentence)
            await self.note("warning", sentence, **detail)

    async def tell_mended(self) -> None:
        """Warn of the fields that were left empty or cut, once the copying has ended.

        The first ones of many are named in the sync's timeline.
        """
        for sentence in _mending_sentences(self.mended):
            await self.warn(sentence)
        for one in islice(self.mended, _TOLD):
            name = shown(one.record)
            what = "did not fit and was changed" if one.was_cut else "could not be read"
            await self.note("mended", f"“{one.field}” of {name} {what}.", record=name)

    async def name_skipped(self, skipped: Sequence[Skipped]) -> None:
        """Name unreadable records in the sync's timeline, the first ones of many."""
        for one in skipped[: max(0, _TOLD - self._named)]:
            self._named += 1
            name = shown(one.record)
            log.info("%s: skipped %s: %s", self.dataset, name, one.why)
            await self.note("skipped", f"{name} was left out. {one.why}", record=name)

    async def keep(self, state: ResumeState) -> None:
        """Store how far the dataset has come, where no page does."""
        checkpoint = as_checkpoint(self.dataset, state)
        keep = partial(pages.keep_checkpoint, self.db, self.run, checkpoint)
        await self.outages.retry_while_database_gone(self.dataset, keep)

    async def finish(
        self,
        cursor: Cursor,
        *,
        stock_gone: Collection[str] = (),
        read: Collection[ReadSpan] = (),
    ) -> None:
        """Store that the dataset was read to its end, and where the next sync goes on.

        `stock_gone`: SKUs whose stock is 0 from now on. `read`: what was read whole.
        """
        finish = partial(
            pages.finish_dataset,
            self.db,
            self.run,
            self.dataset,
            cursor=as_checkpoint(self.dataset, cursor),
            stock_gone=stock_gone,
            read=read,
        )
        await self.outages.retry_while_database_gone(self.dataset, finish)


def _mending_sentences(mended: Collection[Mended]) -> list[str]:
    """Say how many fields were mended and name the first: one sentence for each way."""
    unread = [one for one in mended if not one.was_cut]
    cut = [one for one in mended if one.was_cut]
    sentences = []
    if unread:
        sentences.append(
            f"{_fields(len(unread))} could not be read; the records were kept without"
            f" {'it' if len(unread) == 1 else 'them'}."
            f" First: “{unread[0].field}” of {shown(unread[0].record)}."
        )
    if cut:
        sentences.append(
            f"{_fields(len(cut))} did not fit into the database and"
            f" {'was' if len(cut) == 1 else 'were'} cut, cleaned or left empty."
            f" First: {cut[0].field} of {shown(cut[0].record)}."
        )
    return sentences


def _fields(count: int) -> str:
    return "1 field" if count == 1 else f"{count:,} fields"
