"""Which financial events are claims: Amazon's words on one side, ours on the other, as data.

The kinds of adjustment are free text at Amazon: its model names eight, sellers' ledgers many more.
"""

from collections.abc import Mapping
from typing import Final

from opside_desktop.domain.claim_types import ClaimType

PREFIXES: Final[Mapping[ClaimType, str]] = {
    ClaimType.LIQUIDATION: "RMB",
    ClaimType.REIMBURSEMENT: "RMB",
    ClaimType.REVERSAL: "RMB",
    ClaimType.FEE: "FEE",
    ClaimType.SAFET: "SFT",
    ClaimType.REFUND: "RFD",
    ClaimType.GUARANTEE: "AZC",
    ClaimType.CHARGEBACK: "CBK",
    ClaimType.OTHER: "ADJ",
}
"""How a claim's id begins."""

DENIED_IF_NEGATIVE: Final = frozenset({ClaimType.GUARANTEE, ClaimType.CHARGEBACK})

REIMBURSEMENTS: Final = {
    "FBAInventoryReimbursement": "Lost or damaged stock",
    "LostOrDamagedReimbursement": "Parcel lost or damaged",
    "CanceledButPickedUpReimbursement": "Picked up, then cancelled",
    "ReimbursementClawback": "Reimbursement taken back",
    "WAREHOUSE_LOST": "Units lost in a warehouse",
    "WAREHOUSE_LOST_MANUAL": "Units lost in a warehouse",
    "WAREHOUSE_LOST_MANIFEST": "Units lost in a warehouse",
    "WAREHOUSE_DAMAGE": "Units damaged in a warehouse",
    "WAREHOUSE_DAMAGE_EXCEPTION": "Units damaged in a warehouse",
    "MISSING_FROM_INBOUND": "Units missing from an inbound shipment",
    "MISSING_FROM_INBOUND_CLAWBACK": "Units of an inbound shipment found again",
    "INBOUND_CARRIER_DAMAGE": "Units damaged by Amazon's inbound carrier",
    "REMOVAL_ORDER_LOST": "Removal order lost on its way back",
    "MULTICHANNEL_ORDER_LOST": "Multi-channel order lost",
    "MULTICHANNEL_ORDER_LATE": "Multi-channel order late",
    "REVERSAL_REIMBURSEMENT": "Refunded order made good",
    "COMPENSATED_CLAWBACK": "Earlier reimbursement taken back",
    "FREE_REPLACEMENT_REFUND_ITEMS": "Replaced unit not returned",
    "CS_ERROR_ITEMS": "Customer service mistake",
    "CS_ERROR_NON_ITEMIZED": "Customer service mistake",
    "CUSTOMER_RETURN": "Refunded return never received",
    "CRETURN_WRONG_ITEM": "Customer sent back something else",
    "CUSTOMER_DAMAGE": "Units damaged by a customer",
    "RE_EVALUATION": "Earlier decision looked at again",
    "PAYMENT_RETRACTION_ITEMS": "Reimbursement withdrawn",
}
"""AdjustmentTypes that pay for a loss. The sign tells a payment from one that Amazon takes back,
since sellers' ledgers disagree with the names of some."""

TAKEN_BACK_ENDINGS: Final = ("CLAWBACK", "REVERSAL", "RETRACTION")
"""How those AdjustmentTypes end, known or not, by which Amazon takes a reimbursement back."""

FEE_CORRECTIONS: Final = {
    "INCORRECT_FEES_ITEMS": "Overcharged fee given back",
    "INCORRECT_FEES_NON_ITEMIZED": "Overcharged fee given back",
    "FBAStorageFeeAdjustment": "Storage fee corrected",
    "CommissionCorrection": "Commission corrected",
    "NonSubscriptionFeeAdj": "Fee corrected",
    "SubscriptionFeeCorrection": "Subscription fee corrected",
    "FBAPerUnitFulfillmentFee": "Fulfilment fee corrected",
}
"""AdjustmentTypes that correct a fee, either way."""

MONEY_MOVEMENTS: Final = (
    "ReserveEvent",
    "ReserveDebit",
    "ReserveCredit",
    "PostageBilling",
    "PostageRefund",
    "ReturnPostageBilling",
    "SellerRewards",
    "BuyerRecharge",
    "FailedDisbursement",
)
"""AdjustmentTypes that only move money (reserves, labels, awards), alone or before a `_`."""

RENTAL_REIMBURSEMENTS: Final = {
    "RentalChargeFailureReimbursement": "Rental charge that failed made good",
    "RentalLostItemReimbursement": "Rented item never returned",
}
"""RentalEventTypes that pay the seller for a loss."""

RENTAL_REFUND: Final = "RentalCustomerRefund"
"""How those RentalEventTypes begin that belong to a customer's refund."""
