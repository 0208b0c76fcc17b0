"""The class of a financial event: what both of Amazon's sources agree on, whatever their words."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from opside_desktop.domain.sources import TRANSACTIONS_LIST as TRANSACTIONS_LIST


class EventClass(StrEnum):
    """What kind of money it is; OTHER is a kind that nobody knows."""

    REFUND = "refund"
    GUARANTEE = "guarantee"
    CHARGEBACK = "chargeback"
    ADJUSTMENT = "adjustment"
    SAFET = "safet"
    LIQUIDATION = "liquidation"
    FEE = "fee"
    TAX = "tax"
    OTHER = "other"


CLASS_OF_LIST: Final[Mapping[str, EventClass]] = {
    "RefundEventList": EventClass.REFUND,
    "GuaranteeClaimEventList": EventClass.GUARANTEE,
    "ChargebackEventList": EventClass.CHARGEBACK,
    "AdjustmentEventList": EventClass.ADJUSTMENT,
    "EBTRefundReimbursementOnlyEventList": EventClass.ADJUSTMENT,
    "TDSReimbursementEventList": EventClass.ADJUSTMENT,
    "RentalTransactionEventList": EventClass.ADJUSTMENT,
    "RemovalShipmentAdjustmentEventList": EventClass.ADJUSTMENT,
    "SAFETReimbursementEventList": EventClass.SAFET,
    "FBALiquidationEventList": EventClass.LIQUIDATION,
    "ServiceFeeEventList": EventClass.FEE,
    "ProductAdsPaymentEventList": EventClass.FEE,
    "ChargeRefundEventList": EventClass.FEE,
    "CapacityReservationBillingEventList": EventClass.FEE,
    "SellerDealPaymentEventList": EventClass.FEE,
    "CouponPaymentEventList": EventClass.FEE,
    "ImagingServicesFeeEventList": EventClass.FEE,
    "ValueAddedServiceChargeEventList": EventClass.FEE,
    "TrialShipmentEventList": EventClass.FEE,
    "DebtRecoveryEventList": EventClass.FEE,
    "AffordabilityExpenseEventList": EventClass.FEE,
    "AffordabilityExpenseReversalEventList": EventClass.FEE,
    "RetrochargeEventList": EventClass.TAX,
}
"""The lists of Finances v0 of which claims may come."""

NEVER_CLAIMS: Final = frozenset(
    {
        "AdhocDisbursementEventList",
        "FailedAdhocDisbursementEventList",
        "LoanServicingEventList",
        "NetworkComminglingTransactionEventList",
        "PayWithAmazonEventList",
        "RemovalShipmentEventList",
        "SellerReviewEnrollmentPaymentEventList",
        "ServiceProviderCreditEventList",
        "ShipmentEventList",
        "ShipmentSettleEventList",
        "TaxWithholdingEventList",
    }
)
"""The lists of Finances v0 that bring no claim: sales, charges and plain movements of money."""
