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
