"""What matching is given of the database, and what it gives back to be written.

All of it belongs to one user and is either mock or real: rows of the other kind are not loaded.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from opside_desktop.claims.sightings import Sighting, Told
from opside_desktop.domain.claim_types import ClaimStatus, ClaimType, HiddenReason
from opside_desktop.domain.sources import ClaimsSource


@dataclass(frozen=True, slots=True)
class WindowReading:
    """One reading of a window of a source, from its first page to its last, kills between.

    Attributes:
        start: of the window, None where events are asked for otherwise (by an order's id).
        end: exclusive.
        read_at: when this reading began. Unique, kept in the resume state and taken up from there;
            a window that begins anew has a new one.
        read_before: whether either source has read any of this period before, whole or in part,
            this reading aside. Only then can what is left over be another wording of what is
            stored; where it is not known, True is the safe answer.
        same_day: when other readings began that, together with this one, read a day piece by piece:
            equal events without a date are numbered over the whole day.
    """

    source: ClaimsSource
    start: datetime | None
    end: datetime | None
    read_at: datetime
    read_before: bool
    same_day: frozenset[datetime] = frozenset()

    def has_met(self, last_read: datetime, *, is_dated: bool) -> bool:
        """Tell whether this reading has met a sighting of its own source already."""
        return last_read == self.read_at or (not is_dated and last_read in self.same_day)

    def holds(self, sighting: Sighting) -> bool:
        """Whether a sighting of this source was told in this reading, or lies in its window."""
        if sighting.last_read == self.read_at:
            return True
        if self.start is None or self.end is None:
            return False
        if sighting.seconds:
            return any(self.start <= second < self.end for second in sighting.seconds)
        return self.start.date() <= sighting.day and (
            sighting.day < self.end.date()
            or (sighting.day == self.end.date() and self.end.time() != _MIDNIGHT)
        )


_MIDNIGHT: Final = datetime.min.time()


@dataclass(frozen=True, slots=True)
class KnownClaim:
    """What matching knows of a claim, or makes of it: the fields that it may change.

    Attributes:
        claim_id: of a claim that has no key yet a name of this page (`Outcome.new_claims`).
    """

    claim_id: str
    type: ClaimType
    status: ClaimStatus
    currency: str
    amount: Decimal
    order_id: str | None
    sku: str | None
    quantity: int | None
    case_id: str | None
    created_at: datetime | None
    matures_at: datetime | None
    hidden: HiddenReason | None


@dataclass(frozen=True, slots=True)
class Stored:
    """The neighbourhood of a page: all that any of its events could be.

    Attributes:
        sightings: of **both** sources. For each event that is told, and with the last page for each
            sighting that waits, those
            - with one of its transaction ids (this source's);
            - of the same currency and amount, and the same day: any of a sighting's seconds, or its
              day where it has no second;
            - where they have an order id: of the same order id;
            - of the same class, currency and second (day, where either has no second), where either
              has no order id;
            further, with the last page, every waiting one of this source that this reading has
            told or whose second or day lies in the window (`WindowReading.holds`); and at last all
            other sightings of the claims to which these point, which tell what has told a claim.
            The second to fourth kind are not needed for events that are told as before
            (`is_told_as_before`). More than these do no harm.
        claims: the ones to which these sightings point.
        told_again: reads what a sighting has told once more, from the payload that is kept with it.
            Only asked for those that have one: waiting sightings, and sightings of a claim that
            shows another sighting's words.
    """

    sightings: Sequence[Sighting]
    claims: Sequence[KnownClaim]
    told_again: Callable[[Sighting], Told]


class PayloadPlace(StrEnum):
    """Where the payload (with its `event_list`) of a written sighting is to be kept.

    SIGHTING: with it; that of `WrittenSighting.told`. CLAIM: not with it, since the claim's
    financial event holds it. AS_STORED: nothing changes. FROM_CLAIM: with it, and to be copied from
    the financial event of its claim before this page overwrites that with another's.
    """

    SIGHTING = "sighting"
    CLAIM = "claim"
    AS_STORED = "as_stored"
    FROM_CLAIM = "from_claim"


@dataclass(frozen=True, slots=True)
class WrittenSighting:
    """A sighting as it is to stand after this page: inserted where it has no id, else updated.

    Attributes:
        told: what was told of it now; None where it only moved.
    """

    sighting: Sighting
    payload: PayloadPlace
    told: Told | None


@dataclass(frozen=True, slots=True)
class WrittenClaim:
    """A claim as it is to stand after this page.

    Attributes:
        told: whose words the rows take (description, event type, event list, payload, posted
            moment); None where they keep theirs.
    """

    claim: KnownClaim
    told: Told | None


@dataclass(frozen=True, slots=True)
class NewClaim:
    """A claim to be made, under a name of this page until its key is found (`event_keys`).

    Attributes:
        name: stands for its id in `claim.claim_id`, in sightings and in notes of this outcome.
        when: second, or the day of an event without one; part of its key.
    """

    name: str
    claim: KnownClaim
    told: Told
    when: datetime | date


class NoteKind(StrEnum):
    """What is worth telling once. AMOUNT_CHANGED: Amazon tells another amount of the same event.
    SOURCES_DIFFER: both sources tell it, with different amounts.
    """

    AMOUNT_CHANGED = "amount_changed"
    SOURCES_DIFFER = "sources_differ"


@dataclass(frozen=True, slots=True)
class Note:
    """Something noted once of a claim; `before` is the stored amount, `told` the one told now."""

    kind: NoteKind
    claim_id: str
    currency: str
    before: Decimal
    told: Decimal


@dataclass(frozen=True, slots=True)
class Outcome:
    """The final state of all rows that one page touches, to be written in one transaction.

    Attributes:
        sightings: met, moved or new ones.
        claims: stored ones that were told, or that changed: all are to be written, with a new
            `synced_at`.
        new_claims: in the order in which they were told.
        dropped: ids of sightings that proved to be part of another one, to be deleted.
    """

    sightings: Sequence[WrittenSighting]
    claims: Sequence[WrittenClaim]
    new_claims: Sequence[NewClaim]
    dropped: Sequence[int]
    notes: Sequence[Note]
