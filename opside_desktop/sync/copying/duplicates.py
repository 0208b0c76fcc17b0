"""Counting duplicates: identical events of one window, told apart by their number. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Final

import msgspec

from opside_desktop.claims.classify import Found, find_claim, number_duplicate
from opside_desktop.domain.errors import BadData
from opside_desktop.domain.records import Claim, FinancialEvent, Mended, RawEvent, Skipped
from opside_desktop.store.writing.checks import fit_record
from opside_desktop.sync.copying.resume import HeldEvent

_MARK: Final = 24
"""96 bits tell a window's events apart and keep its checkpoint small."""

_encoder = msgspec.json.Encoder(decimal_format="number")


@dataclass(slots=True)
class Rows:
    """What one page, or one found day, adds to the database."""

    events: list[FinancialEvent] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    mended: list[Mended] = field(default_factory=list)

    def add(self, found: Found, ordinal: int, day: date | None) -> None:
        """Add an event's rows, or the reason why they cannot be stored."""
        event, claim = number_duplicate(found, ordinal, day)
        try:
            event, cut_in_event = fit_record(event)
            claim, cut_in_claim = fit_record(claim)
        except BadData as error:
            self.skipped.append(Skipped(found.name, error.why))
        else:
            self.events.append(event)
            self.claims.append(claim)
            self.mended += [Mended(found.name, unread, was_cut=False) for unread in found.unread]
            self.mended += [
                replace(cut, record=found.name) for cut in (*cut_in_event, *cut_in_claim)
            ]


@dataclass(slots=True)
class DuplicateCount:
    """The events of one window so far.

    Attributes:
        day: the UTC day the window lies in; None if it is wider.
        duplicates: how often each event was met, by the beginning of its content's hash.
        undated: how often each dateless event was met whose day is not known yet.
        held: those events themselves.
    """

    day: date | None
    duplicates: dict[str, int] = field(default_factory=dict)
    undated: dict[str, int] = field(default_factory=dict)
    held: dict[str, HeldEvent] = field(default_factory=dict)

    def take(self, records: Sequence[RawEvent]) -> Rows:
        """Take in a page: give the rows of what is a claim and can be numbered now."""
        rows = Rows()
        for record in records:
            found = find_claim(record)
            if isinstance(found, Skipped):
                rows.skipped.append(found)
            elif found is not None and found.needs_day and self.day is None:
                self.undated[found.content] = self.undated.get(found.content, 0) + 1
                self.held.setdefault(found.content, hold(record))
            elif found is not None:
                mark = found.content[:_MARK]
                ordinal = self.duplicates.get(mark, 0)
                self.duplicates[mark] = ordinal + 1
                rows.add(found, ordinal, self.day)
        return rows


def dated_rows(counts: Mapping[str, int], held: Mapping[str, HeldEvent], day: date) -> Rows:
    """Give the rows of dateless events whose day has been found."""
    rows = Rows()
    for content, count in counts.items():
        found = find_claim(release(held[content]))
        if isinstance(found, Found):
            for ordinal in range(count):
                rows.add(found, ordinal, day)
    return rows


def undated_counts(records: Sequence[RawEvent], known: Mapping[str, HeldEvent]) -> dict[str, int]:
    """Count those dateless events of a page that are among the known ones."""
    counts: dict[str, int] = {}
    for record in records:
        found = find_claim(record)
        if isinstance(found, Found) and found.needs_day and found.content in known:
            counts[found.content] = counts.get(found.content, 0) + 1
    return counts


def hold(event: RawEvent) -> HeldEvent:
    """Put an event into a form that a checkpoint can hold, with its numbers exact."""
    return HeldEvent(event.event_list, _encoder.encode(event.payload).decode())


def release(held: HeldEvent) -> RawEvent:
    """Undo `hold`."""
    payload = json.loads(held.payload, parse_float=Decimal)
    return RawEvent(event_list=held.event_list, payload=payload)
