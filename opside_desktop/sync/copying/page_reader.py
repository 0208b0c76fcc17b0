"""One way from page to row: pages are read in order, and each is taken, counted and stored.

All datasets go it. What a page's records become is the dataset's own matter, and is done in the
thread that decodes them.
"""

import asyncio
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Final, Generic, Protocol, TypeVar

from opside_desktop.amazon.errors import AnswerTooLarge, PageTokenExpired, UnreadableAnswer
from opside_desktop.amazon.pages import Page, Take
from opside_desktop.domain.errors import BadData
from opside_desktop.domain.records import Skipped
from opside_desktop.store.writing.read_spans import ReadSpan
from opside_desktop.sync.copying.job import Job
from opside_desktop.sync.copying.lanes import PageEnd
from opside_desktop.sync.copying.resume import as_checkpoint
from opside_desktop.sync.copying.resume_state import ResumeState, Scan

T = TypeVar("T")
R = TypeVar("R")


class Fetch(Protocol):
    """Asks Amazon for the page of a token (None: the first); see `FinancesSource.page`."""

    def __call__(
        self, *, token: str | None, page_size: int, known_unreadable: bool, take: Take[Any, Any]
    ) -> Awaitable[Page[Any]]: ...


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


@dataclass
class PageReader(Generic[T, R]):
    """The pages of one window, one at a time, as `take` gives them.

    A page that Amazon refuses is asked for once more; then the window begins again; then its pages
    get smaller; then it has to be split. A page that cannot be read is asked for smaller at once.

    Attributes:
        take: makes rows of a page's records, in a thread. Is told whether the window has brought
            the page before.
        scan: the window, and how far it was read; who reads may add to it.
        begin: called before the window's first page is taken, in the thread: counts begin anew.
        on_answer: called for each page that has come.
        resizable: whether Amazon heeds the page size. Where the window cannot be halved any more,
            an unreadable page is cut down to single records.
        is_damaged: whether the window is known to hold something that cannot be read, by now; a
            failure at one place is believed sooner then.
        came: how many records came with the page given last, readable or not.
        sent: the same; 0 if that page had come before.
        first: whether the page given last was the window's first.
        token: of the next page.
    """

    fetch: Fetch
    take: Callable[[Page[T], bool], Page[R]]
    scan: Scan
    _: KW_ONLY
    begin: Callable[[], None]
    on_answer: Callable[[], None]
    resizable: bool = False
    is_damaged: bool = False
    restarts: int = RESTARTS
    came: int = 0
    sent: int = 0
    first: bool = False
    _retried: set[str] = field(default_factory=set)
    _seen: set[str] = field(default_factory=set)
    _contents: set[bytes] = field(default_factory=set)
    _content: bytes = b""
    _is_new: bool = False
    _idle: int = 0

    def __post_init__(self) -> None:
        self._restarts_left = self.restarts
        self._page_size = self.scan.page_size
        self._saved = self.token = self.scan.token

    async def next(self) -> Page[R]:
        """Fetch the next page.

        Raises:
            WindowTooLarge: Amazon keeps refusing it as it is, or it cannot be read.
            BadData: the tokens go round in a circle, or page after page brings nothing new.
            OpsideError: see the operation.
        """
        while True:
            asked = self.token
            self.first = asked is None
            try:
                page = await self.fetch(
                    token=asked,
                    page_size=self._page_size,
                    known_unreadable=self.is_damaged,
                    take=self._take,
                )
            except PageTokenExpired as refusal:
                self._token_refused(refusal)
            except AnswerTooLarge as refusal:
                self._ask_for_less(refusal)
            except UnreadableAnswer as refusal:
                self._cut(refusal)
            else:
                self.on_answer()
                self.token = page.next_token
                self._check(page.request_id)
                before = self.scan.restarted() if self.first else self.scan
                self.scan = before.with_page(
                    skipped=len(page.skipped),
                    token=self.token,
                    page_size=self._page_size,
                    records=before.records + self.came,
                    is_frameless=before.is_frameless or page.is_frameless,
                )
                return page

    def _take(self, page: Page[T]) -> Page[R]:
        if self.first:
            self.begin()
        # The ends tell pages apart; looking at all records would take longer than decoding them.
        ends = repr((page.records[:1], page.records[-1:], len(page.records)))
        self._content = hashlib.blake2b(ends.encode("utf-8", "replace")).digest()
        self._is_new = bool(page.records) and self._content not in self._contents
        # A few records may be true duplicates of others; so many that end alike are the same ones.
        again = not self._is_new and len(page.records) >= _NO_DUPLICATES
        self.came = len(page.records) + len(page.skipped)
        self.sent = 0 if again else self.came
        return self.take(page, again)

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
        if not self.resizable or self._page_size // 2 < SMALLEST_PAGE:
            raise WindowTooLarge(refusal)
        self._page_size //= 2
        self._restarts_left = self.restarts
        self._restart()

    def _cut(self, refusal: UnreadableAnswer) -> None:
        self.is_damaged = True
        # Smaller pages of a whole window cost many calls: its halves find the place sooner.
        is_shortest = not self.scan.span.can_split
        least = 1 if is_shortest else UNREADABLE_PAGE
        costs_little = is_shortest or self.token is None
        if not (self.resizable and costs_little and self._page_size > least):
            raise WindowTooLarge(refusal)
        self._page_size = max(least, self._page_size // 10)
        self._restart()

    def _restart(self) -> None:
        self.token = self._saved = None
        self._seen.clear()
        self._contents.clear()
        self._idle = 0

    def _check(self, request_id: str | None) -> None:
        """Count the page that came, and see whether the window comes to an end at all."""
        self._idle = 0 if self._is_new else self._idle + 1
        self._contents.add(self._content)
        repeated = self.token is not None and self.token in self._seen
        if repeated or self._idle > IDLE_PAGES:
            raise BadData(
                "Amazon sends the same pages over and over.",
                why="Its page tokens go round in a circle."
                if repeated
                else "Page after page brings nothing new.",
                fix="Start the sync again later; what was stored is kept.",
                request_id=request_id,
            )
        if self.token is not None:
            self._seen.add(self.token)


class PageCopy(ABC, Generic[T, R]):
    """Copies one dataset's pages; each is stored with how far the copying has come.

    Attributes:
        pages: that were read in this sync.
        turn: taken by who changes the state, which holds all windows that are under way.
        last_stored: the state that this sync has stored last.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.pages = 0
        self.turn = asyncio.Lock()
        self.last_stored: ResumeState | None = None

    async def copy_pages(
        self,
        reader: PageReader[T, R],
        noted: Callable[[Scan, int], Scan] = lambda scan, came: scan,
    ) -> Scan:
        """Store a reader's pages, up to the last one. Gives the scan as it is then.

        Args:
            noted: is told of each page how many records came with it, and adds to the scan what
                else the dataset remembers.
        """
        while True:
            told_before = reader.scan.skipped_told
            page = await reader.next()
            self.pages += 1
            reader.scan = scan = noted(reader.scan, reader.came)
            untold = scan.skipped_told - told_before
            self.job.mended.update(dict.fromkeys(page.mended))
            told = page.skipped[len(page.skipped) - untold :]
            await self.store(scan, page.records, told, sent=reader.sent)
            if scan.token is None:
                return scan

    async def store(
        self, scan: Scan, rows: Sequence[R], skipped: Sequence[Skipped], *, sent: int = 0
    ) -> None:
        """Store rows in one transaction, again if the database was gone, and tell of them.

        Args:
            scan: as it is with them.
            skipped: records that could not be read, to be counted and named.
            sent: how many records Amazon has sent.

        Raises:
            RunEnded: the sync is no longer this program's.
            DatabaseFault: the database cannot be written.
            PageEnd: it is stored, and the program is closing.
        """
        job = self.job
        async with self.turn:
            state = self.state_with(scan, sent)
            checkpoint, read = as_checkpoint(job.dataset, state), self.read_with(scan)
            told_by = None if state == self.last_stored else state
            tries = 0

            async def attempt() -> None:
                nonlocal tries
                tries += 1
                if tries > 1 and await job.was_stored(told_by):
                    return
                new = await self.write(
                    scan,
                    rows,
                    first_started_at=state.started_at,
                    checkpoint=checkpoint,
                    skipped=len(skipped),
                    source=job.reporter.run.result(job.dataset).source,
                    read=read,
                )
                if tries == 1:
                    job.reporter.stored(job.dataset, new=new, skipped=len(skipped))
                else:
                    await job.was_stored(None)

            await job.outages.retry_while_database_gone(job.dataset, attempt)
            self.last_stored = state
            self.stored(state, scan)
            if job.is_closing():
                raise PageEnd
        await job.name_skipped(skipped)
        self.tell()

    @abstractmethod
    async def write(self, scan: Scan, rows: Sequence[R], **progress: Any) -> int:
        """Write a scan's rows with progress (`PageProgress`); gives how many are new."""

    @abstractmethod
    def state_with(self, scan: Scan, sent: int) -> ResumeState:
        """Give the resume state that a page, or a window's end, leads to."""

    def read_with(self, scan: Scan) -> ReadSpan | None:  # stock has no times that could be read
        """Give what has been read whole with a page, or with a window's end."""
        return None

    @abstractmethod
    def tell(self) -> None:
        """Tell how much is done."""

    def stored(self, state: ResumeState, scan: Scan) -> None:  # not everyone needs to know
        """Hear that a page is stored with this state."""
