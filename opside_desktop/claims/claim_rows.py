"""What becomes of an event that is a claim: what is told of it, and the claim that people see."""

from datetime import UTC, date
from decimal import Decimal

from opside_desktop.claims.kinds import DENIED_IF_NEGATIVE
from opside_desktop.claims.readings import Reading
from opside_desktop.claims.sightings import Told
from opside_desktop.domain.claim_types import ClaimStatus, ClaimType, HiddenReason
from opside_desktop.domain.records import Claim, RawEvent
from opside_desktop.domain.sources import TRANSACTIONS_LIST, ClaimsSource


def told_of(
    event: RawEvent,
    reading: Reading,
    day: date | None = None,
    *,
    hidden: HiddenReason | None = None,
) -> Told:
    """Put an event and what was read from it together.

    Args:
        day: the UTC day that was found for an event without a date; not heeded for others.
        hidden: UNKNOWN for one of very many of a kind that nobody knows.

    Raises:
        ValueError: the event has no date, and no day was found.
    """
    posted = event.posted_at
    if posted is not None:
        posted = posted.astimezone(UTC).replace(microsecond=0)
        day = posted.date()
    if day is None:
        raise ValueError("An event without a date needs the day that it was posted on.")
    is_transaction = event.event_list == TRANSACTIONS_LIST
    return Told(
        source=ClaimsSource.TRANSACTIONS if is_transaction else ClaimsSource.EVENTS_V0,
        reading=reading,
        posted_at=posted,
        day=day,
        event_list=event.event_list,
        payload=event.payload,
        hidden=hidden,
    )


def claim_of(told: Told, claim_id: str, *, hidden: HiddenReason | None = None) -> Claim:
    """Make the claim of what a source tells, under the id that the claim was given once.

    Args:
        hidden: why it is left out of lists, where that does not follow from what is told.
    """
    reading = told.reading
    hidden = hidden or told.hidden
    if hidden is None and reading.money.amount == 0:
        hidden = HiddenReason.ZERO
    return Claim(
        claim_id=claim_id,
        type=reading.type,
        order_id=reading.order_id,
        amount=reading.money.amount,
        currency=reading.money.currency,
        status=status_of(reading.type, reading.money.amount, is_deferred=reading.is_deferred),
        description=reading.description,
        created_at=told.posted_at,
        sku=reading.sku,
        quantity=reading.quantity,
        matures_at=reading.matures_at if reading.is_deferred else None,
        case_id=reading.case_id,
        hidden_reason=None if hidden is None else hidden.value,
    )


def status_of(claim_type: ClaimType, amount: Decimal, *, is_deferred: bool) -> ClaimStatus:
    """Tell how a claim stands: held back still, taken from the seller, or paid."""
    if is_deferred:
        return ClaimStatus.PENDING
    if claim_type is ClaimType.REVERSAL or (claim_type in DENIED_IF_NEGATIVE and amount < 0):
        return ClaimStatus.DENIED
    return ClaimStatus.APPROVED
