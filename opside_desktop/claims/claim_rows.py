"""The claim that people see of what a source tells, and how it stands."""

from decimal import Decimal

from opside_desktop.claims.kinds import DENIED_IF_NEGATIVE
from opside_desktop.claims.sightings import Told
from opside_desktop.domain.claim_types import ClaimStatus, ClaimType, HiddenReason
from opside_desktop.domain.records import Claim


def claim_of(told: Told, claim_id: str) -> Claim:
    """Make the claim of what a source tells, under the id that the claim was given once."""
    reading, hidden = told.reading, told.hidden
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
