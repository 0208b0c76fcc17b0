"""Which of Amazon's two finance APIs a sync reads claims from.

Transactions where the account may call for them, else Finances v0. All windows of a sync come from
one source: where Amazon refuses transactions in the middle, the windows begin anew with v0.
"""

import logging
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from opside_desktop.amazon.finances import FinancesSource
from opside_desktop.domain.errors import AccessDenied
from opside_desktop.domain.sources import ClaimsSource
from opside_desktop.sync.copying.claims_memory import ClaimsMemory
from opside_desktop.sync.copying.job import Job
from opside_desktop.sync.copying.resume_state import Cursor, ResumeState
from opside_desktop.sync.copying.windows import first_start

log = logging.getLogger(__name__)

_ONCE_A_DAY: Final = (
    "because Amazon has refused the usual request (listTransactions) for more than a day. It is"
    " asked for that once a day."
)
_AS_BEFORE: Final = "because the sync that was interrupted had begun so."


class SourceRefused(Exception):
    """Amazon refuses the source in use; the next one has been chosen, all windows begin anew."""


class ClaimsSources:
    """The source of a sync's claims, and what is to be remembered of it.

    Args:
        now: when the copying began, by Amazon's clock.
        oldest_deferral: for the sake of which windows are read again.

    Attributes:
        memory: of former syncs, with what this one has seen.
    """

    def __init__(self, job: Job, now: datetime, oldest_deferral: datetime | None) -> None:
        self._job = job
        self._now = now
        self._oldest_deferral = oldest_deferral
        self._why = ""
        self._refusal: AccessDenied | None = None
        self._is_begun = False
        self.memory = ClaimsMemory()

    @property
    def in_use(self) -> ClaimsSource:
        return self._job.session.finances.source

    def usual_start(self, cursor: Cursor | None, until: datetime) -> datetime:
        """Tell from where on the source is read after a cursor, or by a first sync."""
        if cursor is None or cursor.until is None:
            return first_start(self._now)
        source = self.in_use if self._is_begun else self._chosen(cursor)
        return _known(cursor).usual_start(
            source, now=self._now, until=until, oldest_deferral=self._oldest_deferral
        )

    def _chosen(self, cursor: Cursor | None) -> ClaimsSource:
        """Choose the source of a sync that begins anew, unless a person has asked for one."""
        if self._job.asked_source is not None:
            return ClaimsSource(self._job.asked_source)
        best = self._job.session.finances_sources[0].source
        if best is ClaimsSource.TRANSACTIONS and not _known(cursor).asks_for_transactions(
            self._now
        ):
            return best.other
        return best

    def resume(self, state: ResumeState, until: datetime) -> ResumeState:
        """Use the source that an interrupted sync had begun with, else choose one."""
        job = self._job
        self.memory = _known(job.cursor)
        source = chosen = self._chosen(job.cursor)
        if state.source in list(ClaimsSource):
            source = ClaimsSource(state.source)
        job.session.finances = self._named(source)
        self._is_begun = True
        if job.asked_source is None and source is not job.session.finances_sources[0].source:
            self._why = _ONCE_A_DAY if source is chosen else _AS_BEFORE
        return self.begun(state, until)

    def begun(self, state: ResumeState, until: datetime) -> ResumeState:
        """Give the state to go on with: another source begins its windows anew, where it has to."""
        job = self._job
        if state.source != self.in_use and job.request.since is None:
            start = min(state.reach, self.usual_start(job.cursor, until))
            state = replace(state, reach=start)
        state = state.from_source(self.in_use, is_asked=job.asked_source is not None)
        return replace(state, began_at=state.began_at or self._now)

    def answered(self) -> None:
        """Hear that the source in use has answered."""
        job = self._job
        job.answered()
        job.reporter.answered_from(job.dataset, self.in_use)
        if self.in_use is ClaimsSource.TRANSACTIONS:
            self.memory = self.memory.with_answer()

    async def tell(self) -> None:
        """Warn where claims come from another source than the best."""
        if self._why:
            words = self._job.session.finances.words
            await self._job.warn(f"Claims were read {words}, {self._why}")

    def refused(self, error: AccessDenied, source: ClaimsSource) -> SourceRefused:
        """Use the next source, as one is refused; nothing else goes on with that.

        Several windows may be refused at once: the first of them has chosen the next source.

        Raises:
            AccessDenied: there is none. Of two sources that were refused, of the better one.
        """
        if source is not self.in_use:
            return SourceRefused()
        if self._refusal is not None:
            raise self._refusal
        if self.in_use is not ClaimsSource.TRANSACTIONS or self._job.asked_source is not None:
            raise error
        self.memory = self.memory.with_refusal(self._job.session.now())
        log.warning("transactions are refused: %s", error)
        self._refusal = error
        self._job.session.finances = self._named(ClaimsSource.EVENTS_V0)
        answer = "It gave no reason."
        if error.why.startswith("Amazon answered: "):
            answer = error.why.replace("Amazon", "It", 1)
        self._why = f"because Amazon refused the usual request (listTransactions). {answer}"
        return SourceRefused()

    def _named(self, source: ClaimsSource) -> FinancesSource:
        return next(one for one in self._job.session.finances_sources if one.source is source)


def _known(cursor: Cursor | None) -> ClaimsMemory:
    return cursor.claims or ClaimsMemory() if cursor else ClaimsMemory()
