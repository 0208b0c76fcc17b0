"""One sync from its start to its final state: connect, three datasets side by side, finish.

Beside the work runs a watch, which looks at the sync's row: it stops the work when the row was
cancelled or closed by anybody, gives signs of life, and stores the progress.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from opside_desktop.domain.accounts import Account
from opside_desktop.domain.clock import Clock
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import (
    AuthRevoked,
    DatabaseFault,
    ErrorCode,
    Interrupted,
    OpsideError,
)
from opside_desktop.domain.ids import SyncId
from opside_desktop.domain.syncs import DatasetStatus, SyncRequest, SyncRun, SyncStatus
from opside_desktop.logs.bugs import log_bug
from opside_desktop.store.database import Database
from opside_desktop.store.old_events.bringing_over import bring_over
from opside_desktop.store.old_events.users import take_news
from opside_desktop.store.runs import sync_runs
from opside_desktop.store.runs.run_rows import INTERRUPTED
from opside_desktop.store.writing.page_write import RunEnded
from opside_desktop.sync.copying.claims import copy_claims
from opside_desktop.sync.copying.inventory import copy_inventory
from opside_desktop.sync.copying.job import Job, note
from opside_desktop.sync.copying.lanes import PageEnd
from opside_desktop.sync.copying.orders import copy_orders
from opside_desktop.sync.copying.resume import stopped_before
from opside_desktop.sync.outages import Outages
from opside_desktop.sync.preparing import TOLD_BY_SYNC, about_doubles, preparing
from opside_desktop.sync.progress import count_words, failure, summary
from opside_desktop.sync.report import Reporter
from opside_desktop.sync.timings import SyncTimings

if TYPE_CHECKING:
    from opside_desktop.amazon.session import AmazonSession

log = logging.getLogger(__name__)

Connect = Callable[[Account], Awaitable["AmazonSession"]]

COPIERS: Final[Mapping[Dataset, Callable[[Job], Awaitable[None]]]] = {
    Dataset.CLAIMS: copy_claims,
    Dataset.INVENTORY: copy_inventory,
    Dataset.ORDERS: copy_orders,
}

SEVERITY: Final = (
    ErrorCode.AUTH_REVOKED,
    ErrorCode.AMAZON_NOT_CONNECTED,
    ErrorCode.KEY_STORE,
    ErrorCode.SETTINGS,
    ErrorCode.DATABASE,
    ErrorCode.ACCESS_DENIED,
    ErrorCode.INTERNAL,
    ErrorCode.BAD_DATA,
    ErrorCode.NETWORK,
    ErrorCode.AMAZON_UNAVAILABLE,
    ErrorCode.THROTTLED,
)
"""Of several failed datasets, the one whose error comes first here speaks for the sync."""

_FORMER_RUNS: Final = 50


@dataclass(eq=False)
class SyncTask:
    """One running sync. `main` is run once, as a task; the rest may be called meanwhile."""

    db: Database
    started: SyncRun
    account: Account
    request: SyncRequest
    _: KW_ONLY
    origin: str
    connect: Connect
    clock: Clock
    timings: SyncTimings
    publish: Callable[[SyncRun], None]

    def __post_init__(self) -> None:
        self._reporter = Reporter(
            self.started, self.request.datasets, self.clock, self.publish, self.timings
        )
        self._row_check = asyncio.Event()
        self._outages = Outages(self._reporter.database_gone, self.clock, self.timings)
        self._interrupted = asyncio.Event()
        self._closing = False
        self._copying: dict[Dataset, asyncio.Task[None]] = {}
        self._lost = False

    @property
    def run(self) -> SyncRun:
        return self._reporter.run

    def check_row_now(self) -> None:
        """Look at the row at once, because somebody has just changed it."""
        self._row_check.set()

    def interrupt(self) -> None:
        """End the sync as interrupted: the program is closing. A new sync takes it up."""
        self._interrupted.set()

    def stop_at_page_end(self) -> None:
        """End the sync as interrupted once the pages on their way are stored."""
        self._closing = True
        if not self._copying:
            self.interrupt()
        for dataset, task in self._copying.items():
            if self._reporter.is_waiting(dataset):
                task.cancel()

    async def main(self) -> SyncRun:
        """Run the sync. Gives its last record, which has been published."""
        work = asyncio.create_task(self._work(), name=f"{self.started.sync_id} work")
        watch = asyncio.create_task(self._watch(), name=f"{self.started.sync_id} watch")
        interrupt = asyncio.create_task(
            self._interrupted.wait(), name=f"{self.started.sync_id} stop"
        )
        fault: OpsideError | None = None
        try:
            await asyncio.wait({work, watch, interrupt}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _stop(work, watch, interrupt)
        if not watch.cancelled():
            fault = _error_of(watch, "The watch over a sync failed.")
        if fault is None and not work.cancelled():
            fault = _error_of(work, "A sync failed.")
        run = await (self._lost_record() if self._lost else self._end(fault))
        await self._checkpoint()
        self._reporter.close(run)
        return run

    # The work

    async def _work(self) -> None:
        former = partial(sync_runs.history, self.db, [self.started.user_id], limit=_FORMER_RUNS)
        runs, _ = await self._outages.retry_while_database_gone("work", former)
        stopped = stopped_before(runs, self.started.sync_id)
        if Dataset.CLAIMS in self.request.datasets:
            await self._outages.retry_while_database_gone("work", self._prepare)
        connect = partial(self.connect, self.account)
        async with await self._outages.retry_while_database_gone("work", connect) as session:
            await session.sign_in(self._reporter.sign_in_wait)
            self._reporter.connected()
            self._copying = {
                dataset: asyncio.create_task(
                    self._copy(dataset, session, stopped), name=f"{self.started.sync_id} {dataset}"
                )
                for dataset in Dataset
                if dataset in self.request.datasets
            }
            copying = set(self._copying.values())
            try:
                while copying:
                    done, copying = await asyncio.wait(copying, return_when=asyncio.FIRST_COMPLETED)
                    for task in done:
                        if not task.cancelled():
                            task.result()  # raises what ends all datasets at once
            finally:
                await _stop(*self._copying.values())

    async def _prepare(self) -> None:
        """Bring over what version 0.1 has stored of the user, where that is still to be done."""
        user_id, reporter = self.started.user_id, self._reporter

        def tell(fraction: float) -> None:
            reporter.preparing(preparing(fraction))

        try:
            await bring_over(self.db, user_id, tell, own_sync=self.started.sync_id)
        finally:
            reporter.preparing("")
        doubles = await take_news(self.db, user_id, TOLD_BY_SYNC)
        if doubles:
            sentence = about_doubles(doubles)
            reporter.warn(Dataset.CLAIMS, sentence)
            await self._note("doubles_hidden", sentence, dataset=Dataset.CLAIMS.value)

    async def _copy(
        self, dataset: Dataset, session: "AmazonSession", stopped: frozenset[SyncId]
    ) -> None:
        """Copy one dataset; its failure is noted and leaves the others alone.

        Raises:
            AuthRevoked: none of the datasets can go on.
            RunEnded: the sync is no longer this program's.
        """
        job = Job(
            dataset=dataset,
            account=self.account,
            request=self.request,
            run=self.started,
            stopped=stopped,
            origin=self.origin,
            db=self.db,
            session=session,
            reporter=self._reporter,
            outages=self._outages,
            is_closing=lambda: self._closing,
        )
        self._reporter.begin(dataset, job.pace)
        try:
            await COPIERS[dataset](job)
            await job.tell_mended()
        except RunEnded:
            self._lost = True
            raise
        except PageEnd:
            await job.tell_mended()
        except AuthRevoked:
            raise
        except OpsideError as error:
            log.warning("%s: %s failed: %s", self.started.sync_id, dataset, error)
            await job.tell_mended()
            await self._failed(dataset, error)
        except Exception as error:  # noqa: BLE001  # our mistake in one dataset spares the others
            await self._failed(dataset, log_bug(log, f"Copying {dataset} failed.", error))
        else:
            self._reporter.end(dataset, DatasetStatus.SUCCESS)
            count = self._reporter.run.result(dataset).count
            await self._note(
                "dataset_finished",
                f"{dataset.capitalize()} copied: {count_words([(dataset, count)])}.",
            )

    async def _failed(self, dataset: Dataset, error: OpsideError) -> None:
        self._reporter.end(dataset, DatasetStatus.FAILED, error)
        detail = {"dataset": dataset.value, "errorCode": error.code, "requestId": error.request_id}
        await self._note("dataset_failed", f"{dataset.capitalize()}: {error.sentence}", **detail)

    # The watch

    async def _watch(self) -> None:
        """Return when the sync has to stop; raise when the database is gone for too long.

        Others may take the row for dead before that, and close it: then the sync is lost.
        """
        timings = self.timings
        written = self.clock.monotonic()
        gone_s = 0.0
        turn = 0
        while True:
            self._reporter.refresh()
            now = self.clock.monotonic()
            turn += 1
            try:
                if self._reporter.changed:
                    self._reporter.changed = False
                    self._lost = not await sync_runs.update_run(self.db, self._reporter.run)
                    written = now
                elif now - written >= timings.sign_of_life_s:
                    self._lost = not await sync_runs.touch(self.db, self.started)
                    written = now
                elif turn % 2 or self._row_check.is_set():
                    self._lost = not await sync_runs.is_ours(self.db, self.started)
                gone_s = 0.0
            except DatabaseFault as fault:
                self._reporter.changed = True
                if not gone_s:
                    log.warning(
                        "%s: no sign of life could be given: %s", self.started.sync_id, fault
                    )
                took_s = self.clock.monotonic() - now
                gone_s += min(took_s, timings.longest_try_s) + timings.store_every_s
                if gone_s > timings.database_gone_s:
                    raise
            self._outages.note("watch", gone_s > 0)
            if self._lost:
                return
            self._row_check.clear()
            await self.clock.wait(self._row_check, timings.store_every_s)

    # The end

    async def _end(self, fault: OpsideError | None) -> SyncRun:
        """Store the final state of a sync that is still ours."""
        is_unfinished = any(map(self._is_open, self.request.datasets))
        if self._interrupted.is_set() or (self._closing and is_unfinished):
            fault = Interrupted(INTERRUPTED)
        for dataset in sorted(self.request.datasets):
            if fault is not None and self._is_open(dataset):
                self._reporter.end(dataset, DatasetStatus.FAILED, fault)
        final = self._final(fault)
        hopeless = isinstance(fault, DatabaseFault) or self._interrupted.is_set()
        try:
            if not await self._outages.retry_while_database_gone(
                "end",
                partial(sync_runs.end_run, self.db, final),
                limit_s=self.timings.last_words_s if hopeless else None,
                give_up=self._interrupted,
            ):
                return await self._lost_record()
        except DatabaseFault as error:
            log.warning("%s: its end could not be stored: %s", self.started.sync_id, error)
            return self._final(fault or error)
        await self._note(str(final.status), final.message)
        return await self._stored() or final

    def _is_open(self, dataset: Dataset) -> bool:
        status = self.run.result(dataset).status
        return status in (DatasetStatus.PENDING, DatasetStatus.RUNNING)

    def _final(self, fault: OpsideError | None) -> SyncRun:
        run = replace(
            self.run,
            completed_at=self._reporter.now(),
            estimated_completion=None,
            wait_until=None,
        )
        asked = [dataset for dataset in Dataset if dataset in self.request.datasets]
        counts = [
            (dataset, run.result(dataset).count)
            for dataset in asked
            if run.result(dataset).status is DatasetStatus.SUCCESS
        ]
        failed = [one for one in asked if run.result(one).status is DatasetStatus.FAILED]
        if fault is None and not failed:
            skipped = sum(run.result(dataset).skipped for dataset in asked)
            return replace(
                run,
                status=SyncStatus.COMPLETED,
                progress=run.progress if run.history_left else 100,
                step=run.total_steps,
                message=summary(counts, skipped=skipped, history_left=run.history_left),
            )
        if fault is not None:
            error, code = fault.sentence, fault.code
            message = error
        else:
            worst = min(
                (run.result(one) for one in failed), key=lambda one: _severity(one.error_code)
            )
            error, code = worst.error or "", worst.error_code or ErrorCode.INTERNAL
            message = failure(error, counts, failed)
        return replace(run, status=SyncStatus.FAILED, message=message, error=error, error_code=code)

    async def _lost_record(self) -> SyncRun:
        """Give the record of a sync that somebody else has ended: it is in the row."""
        stored = await self._stored()
        if stored is not None and not stored.is_running:
            return stored
        return self._final(Interrupted(INTERRUPTED))

    async def _stored(self) -> SyncRun | None:
        try:
            return await sync_runs.get_run(self.db, self.started.user_id, self.started.sync_id)
        except DatabaseFault as fault:
            log.warning("%s: its record could not be read: %s", self.started.sync_id, fault)
            return None

    async def _checkpoint(self) -> None:
        """Let a copy of the database's file alone hold what this sync has brought."""
        try:
            await self.db.checkpoint()
        except DatabaseFault as fault:
            log.warning("%s: the file's log was not emptied: %s", self.started.sync_id, fault)

    async def _note(self, kind: str, message: str, **detail: Any) -> None:
        await note(self.db, self.started, kind, message, **detail)


def _severity(code: ErrorCode | None) -> int:
    return SEVERITY.index(code) if code in SEVERITY else len(SEVERITY)


def _error_of(task: asyncio.Task[None], what: str) -> OpsideError | None:
    """Give the error a finished task ended with, put into words."""
    error = task.exception()
    if error is None or isinstance(error, RunEnded):
        return None
    return error if isinstance(error, OpsideError) else log_bug(log, what, error)


async def _stop(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks and wait until they have ended; their errors are looked at elsewhere."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
