"""Reading one window's pages in order, and what to do when Amazon refuses one."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from opside_desktop.amazon.errors import AnswerTooLarge, PageTokenExpired, UnreadableAnswer
from opside_desktop.amazon.pages import Page
from opside_desktop.domain.errors import BadData

T = TypeVar("T")

Fetch = Callable[[str | None, int], Awaitable[Page[T]]]
"""Asks Amazon for the page of a token (None: the first) with a page size."""

SMALLEST_PAGE: Final = 12
UNREADABLE_PAGE: Final = 10
"""An unreadable page is cut into tenths, down to this size while the window can still be halved: a
whole window by single records would take a call for each of them."""

RESTARTS: Final = 2
"""How often a window is begun again before less is asked for at a time."""

_NO_DUPLICATES: Final = 10

IDLE_PAGES: Final = 30
"""So many pages in a row that bring nothing new end a scan."""


class WindowTooLarge(Exception):
    """The window has to be asked for in halves; the error is Amazon's last refusal, or says that
    its answer cannot be read.
    """

    def __init__(self, refusal: BadData) -> None:
        super().__init__(refusal.what)
        self.refusal = refusal


class PageReader(Generic[T]):
    """The pages of one window, one at a time.

    A page that Amazon refuses is asked for once more; then the window begins again; then its pages
    get smaller; then it has to be split. A page that cannot be read is asked for smaller at once.

    Args:
        records, is_frameless: of the window's pages before `token`.
        resizable: whether Amazon heeds the page size.
        is_shortest: whether the window cannot be halved any more, so that an unreadable page is
            cut down to single records.
        is_damaged: whether the window is known to hold something that cannot be read.

    Attributes:
        records: how many the window has brought so far.
        is_damaged: as it has become: a failure at one place is believed sooner then.
        is_frameless: whether a page of the window came without its list of records.
        first: whether the page given last was the window's first, so that counts begin anew.
        again: whether the page given last is one that the window has brought before.
        token: of the next page.
        page_size: as it has become.
    """

    def __init__(
        self,
        fetch: Fetch[T],
        *,
        token: str | None = None,
        records: int = 0,
        is_frameless: bool = False,
        page_size: int = 100,
        resizable: bool = False,
        is_shortest: bool = False,
        is_damaged: bool = False,
        restarts: int = RESTARTS,
    ) -> None:
        self._fetch = fetch
        self._resizable = resizable
        self._is_shortest = is_shortest
        self._saved = token
        self._retried: set[str] = set()
        self._restarts_left = self._restarts = restarts
        self._seen: set[str] = set()
        self._contents: set[bytes] = set()
        self._idle = 0
        self.token = token
        self.records = records
        self.is_frameless = is_frameless
        self.is_damaged = is_damaged
        self.page_size = page_size
        self.first = False
        self.again = False

    @property
    def at_start(self) -> bool:
        """Whether the next page is the window's first."""
        return self.token is None

    async def next(self) -> Page[T]:
        """Fetch the next page.

        Raises:
            WindowTooLarge: Amazon keeps refusing it as it is, or it cannot be read.
            BadData: the tokens go round in a circle, or page after page brings nothing new.
            OpsideError: see the operation.
        """
        while True:
            asked = self.token
            try:
                page = await self._fetch(asked, self.page_size)
            except PageTokenExpired as refusal:
                self._token_refused(refusal)
            except AnswerTooLarge as refusal:
                self._ask_for_less(refusal)
            except UnreadableAnswer as refusal:
                self._cut(refusal)
            else:
                self.first = asked is None
                if self.first:
                    self.records, self.is_frameless = 0, False
                self.records += len(page.records) + len(page.skipped)
                self.is_frameless = self.is_frameless or page.is_frameless
                self._check(page)
                self.token = page.next_token
                return page

    def _token_refused(self, refusal: PageTokenExpired) -> None:
        token = self.token or ""
        if token == self._saved:  # of an earlier program: old enough to be dead for good
            self._restart()
        elif token not in self._retried:
            self._retried.add(token)
        elif self._restarts_left > 0:
            self._restarts_left -= 1
            self._restart()
        else:
            self._ask_for_less(refusal)

    def _ask_for_less(self, refusal: BadData) -> None:
        if not self._resizable or self.page_size // 2 < SMALLEST_PAGE:
            raise WindowTooLarge(refusal)
        self.page_size //= 2
        self._restarts_left = self._restarts
        self._restart()

    def _cut(self, refusal: UnreadableAnswer) -> None:
        self.is_damaged = True
        # Smaller pages of a whole window cost many calls: its halves find the place sooner.
        least = 1 if self._is_shortest else UNREADABLE_PAGE
        costs_little = self._is_shortest or self.at_start
        if not (self._resizable and costs_little and self.page_size > least):
            raise WindowTooLarge(refusal)
        self.page_size = max(least, self.page_size // 10)
        self._restart()

    def _restart(self) -> None:
        self.token = self._saved = None
        self._seen.clear()
        self._contents.clear()
        self._idle = 0

    def _check(self, page: Page[T]) -> None:
        # The ends tell pages apart; looking at all records would take longer than decoding them.
        ends = repr((page.records[:1], page.records[-1:], len(page.records)))
        content = hashlib.blake2b(ends.encode("utf-8", "replace")).digest()
        known = content in self._contents
        self._idle = self._idle + 1 if not page.records or known else 0
        # A few records may be true duplicates of others; so many that end alike are the same ones.
        self.again = known and len(page.records) >= _NO_DUPLICATES
        self._contents.add(content)
        repeated = page.next_token is not None and page.next_token in self._seen
        if repeated or self._idle > IDLE_PAGES:
            raise BadData(
                "Amazon sends the same pages over and over.",
                why="Its page tokens go round in a circle."
                if repeated
                else "Page after page brings nothing new.",
                fix="Start the sync again later; what was stored is kept.",
                request_id=page.request_id,
            )
        if page.next_token is not None:
            self._seen.add(page.next_token)
