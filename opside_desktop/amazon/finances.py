"""Financial events: one protocol, spoken by an adapter for each version of the Finances API."""

from datetime import datetime
from typing import Any, Protocol

from opside_desktop.amazon.client import REFUSAL_REPEATS
from opside_desktop.amazon.pages import Page, Take, untouched
from opside_desktop.domain.records import RawEvent
from opside_desktop.domain.sources import ClaimsSource
from opside_desktop.domain.waits import WaitListener, unheard


class FinancesSource(Protocol):
    """Where financial events come from, whatever the version of the API."""

    @property
    def source(self) -> ClaimsSource:
        """What its claims are said to come from."""
        ...

    @property
    def words(self) -> str:
        """How claims are read, for a sentence: “through the older Finances API (v0)”."""
        ...

    @property
    def has_page_size(self) -> bool:
        """Whether Amazon heeds the page size; else only a shorter window asks for less."""
        ...

    def seconds_for(self, pages: int) -> float:
        """Tell how long Amazon's quota makes so many pages take from now on."""
        ...

    async def page(
        self,
        start: datetime,
        end: datetime,
        *,
        token: str | None = None,
        page_size: int = 100,
        repeats: int = REFUSAL_REPEATS,
        known_unreadable: bool = False,
        take: Take[RawEvent, Any] = untouched,
        on_wait: WaitListener = unheard,
    ) -> Page[Any]:
        """Fetch one page of every kind of event posted in [start, end), numbers exact.

        An event of which no claim can come may lack its amounts.

        Args:
            start, end: at most 180 days apart; `end` more than 2 minutes before Amazon's now.
            token: of the page before, with the same other arguments; lives for minutes.
            page_size: 1 to 100, where it is heeded.
            repeats, known_unreadable: see `Client.call`.
            take: makes what is given of the page, in the thread that decodes it.

        Raises:
            PageTokenExpired, AnswerTooLarge: read again, or smaller.
            OpsideError: see `Client.call`.
        """
        ...
