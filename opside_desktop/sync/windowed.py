"""What claims and orders have in common: a reach of time, copied window by window, page by page."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from opside_desktop.domain.records import Skipped
from opside_desktop.sync.chain import Chain, Scan
from opside_desktop.sync.job import Job
from opside_desktop.sync.reading import WindowTooLarge
from opside_desktop.sync.windows import Span, windows, without


class WindowedCopy(ABC):
    """Copies one dataset's windows, oldest first; each page is stored with how far it has come.

    Attributes:
        chain: as the last stored page left it.
        days: how long windows are planned from now on.
    """

    def __init__(self, job: Job, chain: Chain, until: datetime, *, days: int) -> None:
        self.job = job
        self.chain = chain
        self.days = days
        self.whole = Span(chain.reach, max(until, chain.reach))

    async def run(self) -> None:
        """Read all windows that are not finished yet, the interrupted one first.

        Raises:
            OpsideError: Amazon or the database gives no more; what was stored stays.
        """
        self._tell()
        todo: list[Span] = []
        scan = self.chain.scan
        while True:
            if scan is None:
                todo = todo or windows(self.whole, self.chain.spans, self.days)
                if not todo:
                    return
                span = todo.pop(0)
                scan = Scan(start=span.start, end=span.end)
            try:
                await self.copy_window(scan)
            except WindowTooLarge as error:
                if not scan.span.can_split:
                    raise error.refusal from error
                todo[:0] = scan.span.split()
            scan = None

    @abstractmethod
    async def copy_window(self, scan: Scan) -> None:
        """Copy a window to its end, or from where it was left.

        Raises:
            WindowTooLarge: it has to be asked for in halves.
        """

    async def store(
        self, chain: Chain, write: Callable[[], Awaitable[int]], skipped: Sequence[Skipped]
    ) -> None:
        """Store a page with the chain it leads to, and tell of both."""
        await self.job.store(write, skipped=len(skipped))
        self.chain = chain
        await self.job.name_skipped(skipped)
        self._tell()

    def _tell(self) -> None:
        total = self.whole.seconds
        left = sum(span.seconds for span in without(self.whole, self.chain.spans))
        scan = self.chain.scan
        # Nobody knows how many pages a window has: each is taken for three tenths of the rest.
        under_way = scan.span.seconds * (1 - 0.7**scan.pages) if scan else 0.0
        self.job.advance(
            fraction=(total - left + under_way) / total if total else 1.0,
            records=self.chain.records,
        )
