"""What was read from a financial event that is a claim, whichever source told it."""

from dataclasses import dataclass
from datetime import datetime

from opside_desktop.claims.classes import EventClass
from opside_desktop.domain.claim_types import ClaimType
from opside_desktop.domain.records import Money


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read from an event that is a claim.

    Attributes:
        money: with Amazon's own sign.
        event_type: Amazon's word for its kind, such as `WAREHOUSE_LOST`.
        quantity: units, where the event tells them.
        status: Amazon's word: `DEFERRED`, `RELEASED`, `DEFERRED_RELEASED`; None where it has none.
        was_deferred: whether Amazon holds the money back, or has held it.
        matures_at: when Amazon means to release deferred money.
        transaction_ids: its own transactionId first, then those it names by DEFERRED_TRANSACTION_ID
            or RELEASE_TRANSACTION_ID, which are the same event.
        other_ids: further ids of Amazon that tell equal events apart (OrderAdjustmentItemId,
            SAFETClaimId …), never alone what an event is known by.
        unknown: Amazon's name of a list or transaction type that nobody knows.
        unread: names fields that could not be read, and that were done without.
    """

    type: ClaimType
    money: Money
    description: str
    event_type: str | None = None
    order_id: str | None = None
    event_class: EventClass = EventClass.OTHER
    sku: str | None = None
    quantity: int | None = None
    case_id: str | None = None
    status: str | None = None
    was_deferred: bool = False
    matures_at: datetime | None = None
    transaction_ids: tuple[str, ...] = ()
    other_ids: tuple[str, ...] = ()
    unknown: str | None = None
    unread: tuple[str, ...] = ()

    @property
    def is_deferred(self) -> bool:
        """Whether Amazon holds the money back still."""
        return self.status == "DEFERRED"
