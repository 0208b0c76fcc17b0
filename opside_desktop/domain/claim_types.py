"""What a claim can be and how it can stand: the words that are stored, and sent as JSON."""

from enum import StrEnum


class ClaimType(StrEnum):
    """The `type` of a claim."""

    LIQUIDATION = "liquidation_reimbursement"
    REIMBURSEMENT = "adjustment_reimbursement"
    REVERSAL = "reimbursement_reversal"
    FEE = "fee_adjustment"
    SAFET = "safet_reimbursement"
    REFUND = "refund"
    GUARANTEE = "guarantee_claim"
    CHARGEBACK = "chargeback"
    OTHER = "other_adjustment"


class ClaimStatus(StrEnum):
    """The `status` of a claim."""

    APPROVED = "approved"
    DENIED = "denied"
    PENDING = "pending"


class HiddenReason(StrEnum):
    """Why lists, sums and counts leave a claim out.

    DOUBLE: it proved to be another claim. ZERO: it is exactly 0.00. UNKNOWN: one of very many of a
    kind that this program does not know.
    """

    DOUBLE = "double"
    ZERO = "zero"
    UNKNOWN = "unknown"
