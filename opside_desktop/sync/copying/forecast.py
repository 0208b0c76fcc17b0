"""How much of a dataset's reach is done, and how many calls are expected still."""

import math
from typing import Final, NamedTuple

from opside_desktop.sync.copying.resume_state import Cursor, ResumeState, Scan
from opside_desktop.sync.copying.windows import DAY, Span, windows, without
from opside_desktop.sync.estimate import MEASURED_FROM, Flow, is_more_than, pages_in, rate_of

PAGE: Final = 100
"""Records on a full page, of claims and of orders alike, as long as no full one was seen."""


class Expected(NamedTuple):
    """The pages of each window under way, at least 1, and the calls still to come."""

    pages: tuple[int, ...]
    calls_left: int


class Forecast:
    """What a dataset's pages tell of those to come.

    Args:
        cursor: of the syncs before.
    """

    def __init__(self, cursor: Cursor | None) -> None:
        self._cursor = cursor
        self._flows: dict[Span, Flow] = {}
        self._full_pages = 0
        self._on_full_pages = 0

    def flow(self, span: Span) -> Flow:
        """Give the flow of a window's records, which begins anew with it."""
        self._flows = {one: flow for one, flow in self._flows.items() if not one.overlaps(span)}
        self._flows[span] = flow = Flow()
        return flow

    def full_page(self, records: int) -> None:
        """Take in how many records came with a page that was not its window's last."""
        self._full_pages += 1
        self._on_full_pages += records

    def fraction(self, state: ResumeState, whole: Span, expected: Expected | None) -> float:
        """Tell how much of the reach is done, 0 to 1."""
        if not whole.seconds:
            return 1.0
        done = whole.seconds - sum(span.seconds for span in without(whole, state.done))
        for number, scan in enumerate(state.scans):
            if expected is not None:
                done += scan.span.seconds * min(0.95, scan.pages / expected.pages[number])
            else:
                # Nobody knows how many pages it has: each is taken for three tenths of the rest.
                done += scan.span.seconds * (1 - 0.7**scan.pages)
        return min(1.0, done / whole.seconds)

    def ahead(
        self, state: ResumeState, whole: Span, days: int, *, calls: int, pages: int
    ) -> Expected | None:
        """Foretell what is still to come; None where what was read tells nothing of it.

        Args:
            days: how long windows are.
            calls, pages: how many were answered and stored in this sync.
        """
        scans = state.scans
        if any(scan.searches is not None for scan in scans):
            return None
        spans = (*state.done, *(scan.span for scan in scans))
        todo = [span.seconds for span in windows(whole, spans, days)]
        per_page = max(1.0, self._on_full_pages / self._full_pages if self._full_pages else PAGE)
        done_s = whole.seconds - sum(todo) - sum(scan.span.seconds for scan in scans)
        measured = rate_of(flow.measured for flow in self._flows.values())
        if measured is not None:
            rate = measured
        elif done_s >= MEASURED_FROM * whole.seconds and done_s > 0:
            records = state.records - sum(scan.pages * per_page for scan in scans)
            rate = max(0.0, records) / done_s
        elif self._cursor is not None and self._cursor.per_day is not None:
            rate = self._cursor.per_day / DAY.total_seconds()
        else:
            return None
        left, expected = pages_in(todo, rate, per_page), []
        for scan in scans:
            its_pages = self._pages_of(scan, rate, per_page, is_measured=measured is not None)
            if its_pages is None:
                return None
            left += max(1, its_pages - scan.pages)
            expected.append(max(1, its_pages))
        # Some pages take several calls: asked for again, or to find the day of a dateless event.
        per_call = max(1.0, calls / pages) if pages else 1.0
        return Expected(tuple(expected), math.ceil(left * per_call))

    def _pages_of(
        self, scan: Scan, rate: float, per_page: float, *, is_measured: bool
    ) -> int | None:
        """Foretell the pages of a window under way; None where it has brought more already."""
        flow = self._flows.get(scan.span)
        reached = flow.reached if flow is not None and is_measured else None
        if reached is not None:
            ahead_s = max(0.0, (scan.end - reached).total_seconds())
            return scan.pages + pages_in([ahead_s], rate, per_page)
        expected = pages_in([scan.span.seconds], rate, per_page)
        return None if is_more_than(expected, scan.pages) else expected
