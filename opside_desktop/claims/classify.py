"""From a financial event to a claim: which are claims, what they are worth and called.

Pure: the same event always becomes the same claim, whatever page, window or day it came in.
"""

import decimal
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from opside_desktop.claims.event_fields import (
    DATE_FIELDS,
    KNOWN_FIELDS,
    content_hash,
    event_key,
    posted_at,
)
from opside_desktop.claims.kinds import (
    DENIED_IF_NEGATIVE,
    PREFIXES,
    ClaimStatus,
    ClaimType,
)
from opside_desktop.claims.money import PLAIN, UnreadableEvent, spelt_amount
from opside_desktop.claims.rules import RULES, Reading
from opside_desktop.domain.ids import EventKey
from opside_desktop.domain.records import Claim, FinancialEvent, Money, RawEvent, Skipped

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An event that is a claim, before it has been counted among its duplicates.

    `content` is equal for duplicates and nothing else. Without `posted_at` the key needs the UTC
    day.
    `unread` names the fields that could not be read.
    """

    content: str
    event_list: str
    event_type: str | None
    posted_at: datetime | None
    order_id: str | None
    money: Money
    type: ClaimType
    status: ClaimStatus
    description: str
    payload: dict[str, Any]
    unread: tuple[str, ...]

    @property
    def name(self) -> str:
        """What a person finds the event by at Amazon."""
        return _name(self.event_list, self.payload)

    @property
    def needs_day(self) -> bool:
        """Whether the event tells no date that can be read, so that its day has to be searched."""
        return self.posted_at is None


def find_claim(event: RawEvent) -> Found | Skipped | None:
    """Decide whether an event is a claim; None for sales, charges and plain money movements."""
    rule = RULES.get(event.event_list)
    if rule is None:
        return None
    payload, unread = _plain(event.event_list, event.payload)
    try:
        reading = rule(payload)
        if reading is None:
            return None
        try:
            posted = posted_at(payload)
        except ValueError:
            posted = None
            unread += tuple(name for name in DATE_FIELDS if payload.get(name))
        return Found(
            content=content_hash(event.event_list, event.payload),
            event_list=event.event_list,
            event_type=reading.event_type,
            posted_at=posted,
            order_id=reading.order_id,
            money=reading.money,
            type=reading.type,
            status=_status(reading, event.payload),
            description=reading.description,
            payload=event.payload,
            unread=(*unread, *reading.unread),
        )
    except UnreadableEvent as error:
        return Skipped(_name(event.event_list, event.payload), str(error))
    except decimal.Overflow:
        return Skipped(_name(event.event_list, event.payload), "One of its numbers is too large.")
    except UnicodeEncodeError:
        return Skipped(
            _name(event.event_list, event.payload), "It holds characters that are not valid text."
        )


def number_duplicate(
    found: Found, ordinal: int, day: date | None = None
) -> tuple[FinancialEvent, Claim]:
    """Make the rows of one event.

    Args:
        found: the event.
        ordinal: its place, from 0, among identical events of one complete window.
        day: the UTC day of an event that needs one.
    """
    key = event_key(
        found.content, day=day.isoformat() if found.needs_day and day else "", ordinal=ordinal
    )
    claim_id = f"{PREFIXES[found.type]}-{key[:16]}"
    event = FinancialEvent(
        event_key=EventKey(key),
        event_list=found.event_list,
        event_type=found.event_type,
        posted_at=found.posted_at,
        order_id=found.order_id,
        amount=found.money.amount,
        currency=found.money.currency,
        claim_id=claim_id,
        payload=found.payload,
        day=day if found.needs_day else None,
    )
    claim = Claim(
        claim_id=claim_id,
        order_id=found.order_id,
        amount=found.money.amount,
        currency=found.money.currency,
        status=found.status,
        type=found.type,
        description=found.description,
        created_at=found.posted_at,
    )
    return event, claim


def _status(reading: Reading, payload: Payload) -> ClaimStatus:
    if str(payload.get("TransactionStatus", payload.get("transactionStatus"))) == "DEFERRED":
        return ClaimStatus.PENDING
    if reading.type is ClaimType.REVERSAL:
        return ClaimStatus.DENIED
    if reading.type in DENIED_IF_NEGATIVE and reading.money.amount < 0:
        return ClaimStatus.DENIED
    return ClaimStatus.APPROVED


def _plain(event_list: str, payload: Payload) -> tuple[Payload, tuple[str, ...]]:
    """Take out the fields that should be plain values and are not; gives their names, too."""
    fields = KNOWN_FIELDS[event_list]
    odd = tuple(
        name
        for name, value in payload.items()
        if isinstance(value, dict | list) and name in fields and fields[name] is None
    )
    if not odd:
        return payload, ()
    return {name: value for name, value in payload.items() if name not in odd}, odd


_IDS: Final = (
    "AmazonOrderId", "SAFETClaimId", "OrderId", "TDSOrderId", "OriginalRemovalOrderId",
    "invoiceId", "AdjustmentType", "FeeReason",
)  # fmt: skip


_MOST_PART: Final = 40
"""Characters of each part of a name, so that one that is endless leaves room for the others."""


def _name(event_list: str, payload: Payload) -> str:
    """Name an event by what a person finds it by at Amazon, as far as that can be read."""
    nested = [
        item
        for value in payload.values()
        if isinstance(value, list)
        for item in value
        if isinstance(item, dict)
    ]
    id_ = _first(payload, *_IDS)
    sku = next((sku for one in (payload, *nested) if (sku := _first(one, "SellerSKU"))), "")
    amount = spelt_amount(payload)[:_MOST_PART]
    told = (f"SKU {sku}" if sku else "", amount, _first(payload, *sorted(DATE_FIELDS)))
    details = ", ".join(filter(None, told))
    name = f"{event_list} {id_}".strip()
    return f"{name} ({details})" if details else name


def _first(payload: Payload, *names: str) -> str:
    """Give the first of some fields that says something plain, cut to what a name may hold."""
    said = (payload.get(name) for name in names)
    return next((str(one)[:_MOST_PART] for one in said if one and isinstance(one, PLAIN)), "")
