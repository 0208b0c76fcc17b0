"""The events of one window: which are claims, and which of them wait until their day is known.

It works in the thread that decodes the pages.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, cast

from opside_desktop.amazon.pages import Page
from opside_desktop.claims.classify import content_of, find_claim, name_event, told_of
from opside_desktop.claims.readings import Reading
from opside_desktop.claims.sightings import Told
from opside_desktop.claims.unknown import UnknownKinds
from opside_desktop.domain.claim_types import HiddenReason
from opside_desktop.domain.errors import BadData
from opside_desktop.domain.records import Mended, RawEvent, Skipped
from opside_desktop.store.writing.fit_records import fit_told, shown
from opside_desktop.sync.copying.resume_state import HeldEvent, Scan, Search
from opside_desktop.sync.copying.undated import hold, release


class ClaimWindow:
    """The events of one window so far, and the claims among them.

    Args:
        scan: the window, and what of it has been met already.
        unknown: counts the sync's events of kinds that nobody knows.
        spare_day: stands for the day of those dateless events whose day is not sought.

    Attributes:
        undated, held: see `Scan`.
        moments: when the events of the last page were posted, of those that tell it.
    """

    def __init__(self, scan: Scan, unknown: UnknownKinds, spare_day: date) -> None:
        self._day = scan.span.day
        self._is_order = bool(scan.order_id)
        self._unknown = unknown
        self._counted: Counter[str] = Counter()
        self._spare_day = spare_day
        self.undated = dict(scan.undated)
        self.held = dict(scan.held)
        self.moments: list[datetime] = []

    def begin(self) -> None:
        """Forget what was met: the window begins again."""
        self._unknown.forget(self._counted)
        self._counted.clear()
        self.undated, self.held = {}, {}

    def take(self, page: Page[RawEvent], again: bool) -> Page[Told]:
        """Give what is a claim and can be stored now; see `PageReader`."""
        self.moments = [event.posted_at for event in page.records if event.posted_at is not None]
        taken: Page[Told] = replace(cast("Page[Any]", page), records=[])
        if again:  # met once more, its claims would become others beside themselves
            return replace(taken, skipped=[])
        for event in page.records:
            reading = find_claim(event)
            if isinstance(reading, Skipped):
                taken.skipped.append(reading)
            elif reading is not None and not (self._is_order and event.posted_at is None):
                if reading.unknown is not None:
                    self._counted[reading.unknown] += 1
                hidden = HiddenReason.UNKNOWN if self._unknown.hides(reading.unknown) else None
                day = self._day or (self._spare_day if hidden else None)
                if event.posted_at is None and day is None:
                    self._hold(event, taken)
                else:
                    _put(event, told_of(event, reading, day, hidden=hidden), taken)
        return taken

    def _hold(self, event: RawEvent, taken: Page[Told]) -> None:
        content = content_of(event)
        if isinstance(content, Skipped):
            taken.skipped.append(content)
            return
        self.undated[content] = self.undated.get(content, 0) + 1
        self.held.setdefault(content, hold(event))


def _put(event: RawEvent, told: Told, taken: Page[Told]) -> None:
    """Put what is told into a page, fit for being stored, or say why it cannot be."""
    try:
        told, cut = fit_told(told)
    except BadData as error:
        taken.skipped.append(Skipped(shown(name_event(event)), error.why))
        return
    taken.records.append(told)
    if told.reading.unread or cut:
        name = shown(name_event(event))
        taken.mended.extend(Mended(name, one, was_cut=False) for one in told.reading.unread)
        taken.mended.extend(Mended(name, one, was_cut=True) for one in cut)


def dated_rows(search: Search, held: Mapping[str, HeldEvent]) -> Page[Told]:
    """Give the dateless events whose day has been found: the search lies in one."""
    taken: Page[Told] = Page([])
    for content, count in search.counts.items():
        event = release(held[content])
        reading = find_claim(event)
        if isinstance(reading, Reading):
            for _ in range(count):
                _put(event, told_of(event, reading, search.span.day), taken)
    return taken
