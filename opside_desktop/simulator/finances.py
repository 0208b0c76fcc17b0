"""Finances v0: listFinancialEvents, which Amazon shuts down on 27 August 2027."""

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Any

from opside_desktop.simulator.answers import Answer, ApiError, encode, invalid_input
from opside_desktop.simulator.call import TWO_MINUTES, Call
from opside_desktop.simulator.events import Event, Shown
from opside_desktop.simulator.paging import PageToken, TokenSeal
from opside_desktop.simulator.seller import Seller
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
    """The operation, and what of the events can be seen by now."""

    seller: Seller
    seal: TokenSeal
    _posted: list[int] = field(default_factory=list)
    _answered: bool = False
    _scanned: bool = False

    def __post_init__(self) -> None:
        self._posted = [event.posted for event in self.seller.events]

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
        position = int(token.after[0]) if token else 0
        more = False
        found: list[Event] = []
        if call.withhold:
            more = True
        elif before - after <= _WIDEST:
            found, position, more = self._page(after, before, position, size)
        lists: dict[str, list[Any]] = {name: [] for name in LISTS}
        for event in found:
            lists[event.list_name].append(event.encoded())
        payload: dict[str, Any] = {"FinancialEvents": lists}
        if more:
            names = (*_FILTERS, "MaxResultsPerPage")
            kept = {name: query.parameters[name] for name in names if name in query.parameters}
            payload["NextToken"] = self.seal.seal(
                PageToken("listFinancialEvents", call.now, kept, before, (position,))
            )
        complete = not more and before > self.seller.end

        def served() -> None:
            self._answered = True
            self._scanned = self._scanned or complete

        return Answer(200, encode({"payload": payload}), when_served=served)

    def _page(
        self, after: float, before: float, position: int, size: int
    ) -> tuple[list[Event], int, bool]:
        """Events of a window from a position on, the next position, and whether more follow."""
        events = self.seller.events
        index = max(position, bisect_left(self._posted, after))
        found: list[Event] = []
        while index < len(events) and events[index].posted < before:
            if self._visible(events[index]):
                if len(found) == size:
                    return found, index, True
                found.append(events[index])
            index += 1
        return found, index, False

    def _visible(self, event: Event) -> bool:
        if event.shown is Shown.AFTER_FIRST_ANSWER:
            return self._answered
        if event.shown is Shown.AFTER_FIRST_SCAN:
            return self._scanned
        return True

    def _token(self, call: Call) -> PageToken | None:
        text = call.text("NextToken")
        if text is None:
            return None
        token = self.seal.open_page(text, "listFinancialEvents")
        if token is None or call.now > token.issued + _TOKEN_LIFE:
            raise dead_token()
        for name in _FILTERS:
            value = call.text(name)
            if value is not None and value != token.parameters.get(name):
                message = f"Invalid value for {name}: it must not change while NextToken is used."
                raise invalid_input(message)
        return token
