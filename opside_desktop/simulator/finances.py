"""Finances v0: listFinancialEvents, which Amazon shuts down on 27 August 2027."""

from dataclasses import dataclass
from typing import Any

from opside_desktop.simulator.answers import Answer, ApiError, encode, invalid_input
from opside_desktop.simulator.call import TWO_MINUTES, Call
from opside_desktop.simulator.event_log import Entry, EventLog, page_of
from opside_desktop.simulator.paging import PageToken, TokenSeal
from opside_desktop.simulator.times import DAY

# Every list of the model, in its order; an answer names them all, most of them empty.
LISTS = (
    "ShipmentEventList", "ShipmentSettleEventList", "RefundEventList", "GuaranteeClaimEventList",
    "ChargebackEventList", "EBTRefundReimbursementOnlyEventList", "PayWithAmazonEventList",
    "ServiceProviderCreditEventList", "RetrochargeEventList", "RentalTransactionEventList",
    "ProductAdsPaymentEventList", "ServiceFeeEventList", "SellerDealPaymentEventList",
    "DebtRecoveryEventList", "LoanServicingEventList", "AdjustmentEventList",
    "SAFETReimbursementEventList", "SellerReviewEnrollmentPaymentEventList",
    "FBALiquidationEventList", "CouponPaymentEventList", "ImagingServicesFeeEventList",
    "NetworkComminglingTransactionEventList", "AffordabilityExpenseEventList",
    "AffordabilityExpenseReversalEventList", "RemovalShipmentEventList",
    "RemovalShipmentAdjustmentEventList", "TrialShipmentEventList", "TDSReimbursementEventList",
    "AdhocDisbursementEventList", "TaxWithholdingEventList", "ChargeRefundEventList",
    "FailedAdhocDisbursementEventList", "ValueAddedServiceChargeEventList",
    "CapacityReservationBillingEventList",
)  # fmt: skip

_TOKEN_LIFE = 25 * 60
_WIDEST = 180 * DAY
_FILTERS = ("PostedAfter", "PostedBefore")


def dead_token() -> ApiError:
    """The refusal of a token that is broken, foreign or older than 25 minutes."""
    return invalid_input("Token is not valid, token duration is 25 minutes.")


@dataclass(slots=True)
class Finances:
    """The operation."""

    log: EventLog
    seal: TokenSeal

    def list_financial_events(self, call: Call) -> Answer:
        """GET /finances/v0/financialEvents: from PostedAfter to just before PostedBefore."""
        token = self._token(call)
        query = Call(token.parameters, "", token.issued) if token else call
        after = query.settled_instant("PostedAfter")
        before = query.settled_instant("PostedBefore")
        if after is None:
            raise invalid_input(
                "Must specify a valid value of atleast one of PostedAfter, NextToken."
            )
        if token is not None:
            before = token.upper
        elif before is None:
            before = call.now - TWO_MINUTES
        if before <= after:
            raise invalid_input("PostedBefore must be after PostedAfter.")
        size = call.page_size("MaxResultsPerPage", query.page_size("MaxResultsPerPage", 100))
        position = token.after if token else ()
        more = call.withhold
        found: list[Entry] = []
        if not more and before - after <= _WIDEST:

            def wanted(entry: Entry) -> bool:
                return entry.visible_from <= call.now

            found, more = page_of(self.log.v0, after, before, position, size, wanted)
        if found:
            position = (found[-1].posted, found[-1].key)
        lists: dict[str, list[Any]] = {name: [] for name in LISTS}
        for entry in found:
            lists[entry.event.list_name].append(entry.event.encoded(entry.posted))
        payload: dict[str, Any] = {"FinancialEvents": lists}
        if more:
            names = (*_FILTERS, "MaxResultsPerPage")
            kept = {name: query.parameters[name] for name in names if name in query.parameters}
            payload["NextToken"] = self.seal.seal(
                PageToken("listFinancialEvents", call.now, kept, before, position)
            )
        return Answer(200, encode({"payload": payload}))

    def _token(self, call: Call) -> PageToken | None:
        text = call.text("NextToken")
        if text is None:
            return None
        token = self.seal.open_page(text, "listFinancialEvents")
        if token is None or call.now > token.issued + _TOKEN_LIFE:
            raise dead_token()
        for name in _FILTERS:
            if call.text(name) != token.parameters.get(name):
                message = f"Invalid value for {name}: it must not change while NextToken is used."
                raise invalid_input(message)
        return token
