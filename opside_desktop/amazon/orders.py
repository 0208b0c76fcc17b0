"""Orders: one protocol, spoken by an adapter for each version of Amazon's Orders API."""

from datetime import datetime
from typing import Any, Protocol

from opside_desktop.amazon.pages import Page, Take, untouched
from opside_desktop.domain.records import Order
from opside_desktop.domain.sources import OrdersSourceName
from opside_desktop.domain.waits import WaitListener, unheard


class OrdersSource(Protocol):
    """Where orders come from, whatever the version of the API and whatever is asked of it."""

    @property
    def key(self) -> str:
        """The API and the query; a page token of one is no use to another."""

    @property
    def name(self) -> OrdersSourceName:
        """What its rows are said to come from."""

    @property
    def words(self) -> str:
        """How orders are read, for a sentence: “through the older Orders API (v0)”."""

    @property
    def is_whole(self) -> bool:
        """Whether the pages so far brought all that is stored of all the seller's orders."""

    def seconds_for(self, pages: int) -> float:
        """Tell how long Amazon's quota makes so many pages take from now on."""

    async def page(
        self,
        start: datetime,
        end: datetime,
        *,
        token: str | None = None,
        marketplace_id: str | None = None,
        known_unreadable: bool = False,
        take: Take[Order, Any] = untouched,
        on_wait: WaitListener = unheard,
    ) -> Page[Any]:
        """Fetch one page of the orders last changed in [start, end], with all their lines.

        Amazon promises no order of rows; the next run starts from `Page.until`.

        Args:
            start, end: both included; `end` more than 2 minutes before Amazon's now.
            token: of the page before, with the same other arguments.
            marketplace_id: the account's own, for a source that cannot find out the seller's.
            known_unreadable: see `Client.call`.
            take: makes what is given of the page, off the loop.

        Raises:
            PageTokenExpired, AnswerTooLarge: read again, or a shorter window.
            OpsideError: see `Client.call`.
        """


CHANNELS = {"AFN": "FBA", "AMAZON": "FBA", "MFN": "FBM", "MERCHANT": "FBM"}
"""Who ships, in both versions' words, to ours. An unknown word passes as it is."""
