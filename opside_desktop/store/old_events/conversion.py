"""What becomes of version 0.1's events: today's claims under their old ids, and their sightings.

Pure, and the same however often it is done: what it goes by is not changed by it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final

from msgspec.structs import replace

from opside_desktop.claims.claim_rows import claim_of
from opside_desktop.claims.classes import CLASS_OF_LIST, EventClass
from opside_desktop.claims.classify import find_claim, told_of
from opside_desktop.claims.doubles import OldClaim, Origin
from opside_desktop.claims.readings import Reading
from opside_desktop.domain.claim_types import HiddenReason
from opside_desktop.domain.errors import BadData
from opside_desktop.domain.records import Claim, RawEvent
from opside_desktop.store.old_events.old_rows import OldRow
from opside_desktop.store.writing.fit_records import fit_record

_NEVER_SYNCED: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Converted:
    """One old row, read by today's rules.

    Attributes:
        day: that it was posted on, or the last that it can be from (`is_day_known`).
        claim: as it is from now on; None where today's rules cannot read its event: then what is
            stored stays.
    """

    row: OldRow
    day: date
    is_day_known: bool
    reading: Reading | None
    claim: Claim | None

    @property
    def old_claim(self) -> OldClaim:
        """Give what doubles are found by."""
        row, reading, claim = self.row, self.reading, self.claim
        return OldClaim(
            claim_id=row.claim_id,
            event_class=self.event_class,
            posted_at=row.created_at,
            day=self.day if self.is_day_known else None,
            order_id=claim.order_id if claim else row.order_id,
            sku=claim.sku if claim else None,
            quantity=reading.quantity if reading else None,
            currency=claim.currency if claim else row.currency,
            amount=claim.amount if claim else row.amount,
            origin=Origin(row.is_mock, row.mock_scenario),
            last_told_at=self.last_told_at,
        )

    @property
    def event_class(self) -> EventClass:
        return CLASS_OF_LIST.get(self.row.event_list, EventClass.OTHER)

    @property
    def last_told_at(self) -> datetime:
        return self.row.synced_at or _NEVER_SYNCED


def convert(row: OldRow, day: date | None, latest: date) -> Converted:
    """Read an old row by today's rules.

    Args:
        day: that was found for an event without a date; None where it has one, or none was found.
        latest: the last day that it can be from.
    """
    if row.created_at is not None:
        day = row.created_at.astimezone(UTC).date()
    reading, claim = None, None
    event = row.event
    if event is not None:
        found = _found(event)
        if found is not None:
            reading = found
            made = claim_of(told_of(event, found, day or latest), row.claim_id)
            try:
                claim, _ = fit_record(made)
            except BadData:
                reading = None
    return Converted(row, day or latest, day is not None, reading, claim)


def _found(event: RawEvent) -> Reading | None:
    try:
        found = find_claim(event)
    except (ArithmeticError, LookupError, TypeError, ValueError):  # another program's payload
        return None
    return found if isinstance(found, Reading) else None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be written of some days.

    Attributes:
        rows: those that are still to be written, in the order of their sightings. Doubles come
            last: what Amazon sends is first taken for an older one that agrees, and for a double
            only where it is sent beside that.
        older_of: by the claim id of each double, that of the claim it is.
        newest: by claim id, the newest wording of a claim that has others.
    """

    rows: Sequence[Converted]
    older_of: Mapping[str, str] = field(default_factory=dict)
    newest: Mapping[str, Converted] = field(default_factory=dict)

    def claim(self, converted: Converted) -> Claim | None:
        """Give a row's claim as it is to stand."""
        claim = converted.claim
        if claim is not None and claim.claim_id in self.older_of:
            return replace(claim, hidden_reason=HiddenReason.DOUBLE.value)
        return claim

    def is_double(self, converted: Converted) -> bool:
        return converted.row.claim_id in self.older_of


def plan_of(rows: Sequence[Converted], older_of: Mapping[str, str]) -> Plan:
    """Put the rows of some days and their doubles in order."""
    newest: dict[str, Converted] = {}
    for one in sorted(rows, key=lambda one: one.last_told_at):
        older = older_of.get(one.row.claim_id)
        if older is not None:
            newest[older] = one
    ordered = sorted(
        (one for one in rows if not one.row.is_done),
        key=lambda one: (one.row.claim_id in older_of, one.day, one.row.claim_id),
    )
    return Plan(ordered, older_of, newest)
