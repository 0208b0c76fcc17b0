"""Sightings: what each of Amazon's sources has told of an event, and how an event is known again.

No description, name, OrderItemId, store or marketplace name enters: Amazon rewords what it has sent
already. What never changes is the class (within one source), the second or day, the currency and,
but for corrections, the amount.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from opside_desktop.claims.classes import EventClass
from opside_desktop.claims.readings import Reading
from opside_desktop.domain.claim_types import HiddenReason
from opside_desktop.domain.sources import ClaimsSource


@dataclass(frozen=True, slots=True)
class Told:
    """One event that is a claim, as a source tells it now.

    Attributes:
        posted_at: its second (UTC, cut off); None where Amazon tells no date.
        day: the UTC day of that second, or the one that was found for an event without a date.
        event_list: the v0 list, or `transactions`.
        payload: Amazon's JSON object.
        hidden: why its claim is hidden, where what is told alone decides it (UNKNOWN).
    """

    source: ClaimsSource
    reading: Reading
    posted_at: datetime | None
    day: date
    event_list: str
    payload: dict[str, Any]
    hidden: HiddenReason | None = None


class PlacedBy(StrEnum):
    """By which rule a sighting came to its claim.

    NEW: the claim was made for it. ALIKE: second or day, currency and amount agree. DEFERRAL: only
    order, class, currency and amount agree, and the money was held back. LEFT_OVER: the one event
    of its second that was left on either side, with another amount. SUM: several were left, of one
    sum: it tells them together, or a part of one, and says nothing of the claims themselves.
    """

    NEW = "new"
    ALIKE = "alike"
    DEFERRAL = "deferral"
    LEFT_OVER = "left_over"
    SUM = "sum"


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one source has told of an event, as it is stored.

    Attributes:
        id: of its row; None before it has one.
        seconds: in order of time; none where Amazon told no date, two where a release has one of
            its own.
        day: of the first second, or the one that was found.
        placed_by: None while it waits for the end of its window: it has no claim yet.
        last_read: the beginning of that reading of a window that met it last. One reading meets a
            sighting once for each of its transaction ids, and once where it has none.
        claims: ids of the claims that it tells; several where they are told as one sum.
        waited: for how many readings that ended unfinished, while `placed_by` is None.
    """

    id: int | None
    source: ClaimsSource
    event_class: EventClass
    seconds: tuple[datetime, ...]
    day: date
    order_id: str | None
    sku: str | None
    quantity: int | None
    currency: str
    amount: Decimal
    status: str | None
    was_deferred: bool
    transaction_ids: tuple[str, ...]
    other_ids: tuple[str, ...]
    placed_by: PlacedBy | None
    last_read: datetime
    claims: tuple[str, ...]
    waited: int = 0


def is_told_as_before(told: Told, sighting: Sighting) -> bool:
    """Whether an event that an id finds adds nothing by which it could be more than its sighting:
    what else is stored need not be looked at then.
    """
    reading = told.reading
    return (
        sighting.placed_by is not None
        and reading.money.currency == sighting.currency
        and reading.money.amount == sighting.amount
        and (told.posted_at is None or told.posted_at in sighting.seconds)
        and (sighting.was_deferred or not reading.was_deferred)
        and reading.order_id in (None, sighting.order_id)
        and not set(sighting.transaction_ids).isdisjoint(reading.transaction_ids)
    )
