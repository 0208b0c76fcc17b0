"""Which of Amazon's ways to orders a sync goes: the best that answers, chosen anew by each sync."""

import logging
import re
from dataclasses import dataclass
from typing import Any, Final

from opside_desktop.amazon.errors import (
    AnswerTooLarge,
    DeniedWithoutCause,
    PageTokenExpired,
    RefusedWithoutCause,
    UnreadableAnswer,
)
from opside_desktop.amazon.orders import OrdersSource
from opside_desktop.amazon.pages import Page, Take
from opside_desktop.domain.errors import AccessDenied, BadData
from opside_desktop.domain.records import Order
from opside_desktop.sync.copying.job import Job
from opside_desktop.sync.copying.resume_state import Scan
from opside_desktop.sync.copying.windows import Span

log = logging.getLogger(__name__)

_ABOUT_DATA: Final = re.compile("includedData|fulfillment", re.I)
"""A cause that lies in what is asked for, so that asking for less helps."""


class SourceRefused(Exception):
    """Amazon refuses the source in use; the next one has been chosen, the window begins again."""


@dataclass(slots=True)
class OrderSources:
    """The source of a sync's orders. One that is refused without a cause gives way to the next.

    So does one that is refused for the data it asks for.
    """

    job: Job
    _why: str = ""
    _refusal: AccessDenied | BadData | None = None

    def __post_init__(self) -> None:
        if self.job.asked_source is not None:
            self.job.session.orders = self._sources()[0]

    @property
    def in_use(self) -> OrdersSource:
        return self.job.session.orders

    def resume(self, scan: Scan) -> tuple[Scan, OrdersSource]:
        """Give the state to go on with: a window under way keeps its source, or begins again."""
        if scan.token is None or scan.source == self.in_use.key:
            return scan, self.in_use
        for source in self._sources():
            if source.key == scan.source:
                if source in self._later():
                    self.job.session.orders = source
                    self._why = "because the sync that was interrupted had begun so."
                return scan, source
        return scan.restarted(), self.in_use

    async def page(
        self,
        source: OrdersSource,
        span: Span,
        *,
        token: str | None,
        page_size: int,
        known_unreadable: bool,
        take: Take[Order, Any],
    ) -> Page[Any]:
        """Fetch one page from a window's source, and tell of a source that is not the best.

        Amazon's pages of orders have a size of their own. For the rest see `OrdersSource.page`.

        Raises:
            SourceRefused: see there.
            OpsideError: see `OrdersSource.page`; of several sources that were refused the error of
                the best.
        """
        try:
            page = await source.page(
                span.start,
                span.end,
                token=token,
                marketplace_id=self.job.account.marketplace_id,
                known_unreadable=known_unreadable,
                take=take,
                on_wait=self.job.on_wait,
            )
        except (AnswerTooLarge, PageTokenExpired, UnreadableAnswer):
            raise
        except (AccessDenied, BadData) as error:
            if token is not None or not self._another_may_answer(error):
                raise
            if source is self.in_use:  # another window may have met the same refusal
                self._fall_back(error)
            raise SourceRefused from error
        self.job.reporter.answered_from(self.job.dataset, source.name)
        if self._why and source is self.in_use:
            await self.job.warn(f"Orders were read {source.words}, {self._why}")
        return page

    def _another_may_answer(self, error: AccessDenied | BadData) -> bool:
        if isinstance(error, DeniedWithoutCause | RefusedWithoutCause):
            return True
        # What stands in for a refused source may be refused for a reason: that is no news then.
        return self._refusal is not None or bool(_ABOUT_DATA.search(error.why))

    def _fall_back(self, error: AccessDenied | BadData) -> None:
        later = self._later()
        self._refusal = self._refusal or error
        if not later:
            raise self._refusal
        log.warning("%s is refused: %s", self.in_use.key, error)
        self.job.session.orders = later[0]
        answer = "It gave no reason."
        if error.why.startswith("Amazon answered: "):
            answer = error.why.replace("Amazon", "It", 1)
        self._why = f"because Amazon refused the usual request (searchOrders). {answer}"

    def _later(self) -> tuple[OrdersSource, ...]:
        sources = self._sources()
        return sources[sources.index(self.in_use) + 1 :]

    def _sources(self) -> tuple[OrdersSource, ...]:
        """Give those that may be read: all, or those of the name that a person has asked for."""
        sources, asked = self.job.session.orders_sources, self.job.asked_source
        return tuple(one for one in sources if asked in (None, one.name))
