"""From a financial event to a claim: which are claims, what they are worth and called.

Pure: the same event always becomes the same claim, whatever page, window or day it came in.
"""

import decimal
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final

from opside_desktop.claims.identity import (
    DATE_FIELDS,
    KNOWN_FIELDS,
    content_hash,
    event_key,
)
from opside_desktop.claims.kinds import DENIED_IF_NEGATIVE, PREFIXES
from opside_desktop.claims.money import PLAIN, UnreadableEvent, spelt_amount
from opside_desktop.claims.readings import Reading
from opside_desktop.claims.rules import RULES
from opside_desktop.domain.claim_types import ClaimStatus, ClaimType
from opside_desktop.domain.ids import EventKey
from opside_desktop.domain.records import Claim, FinancialEvent, RawEvent, Skipped

Payload = Mapping[str, Any]


def find_claim(event: RawEvent) -> Reading | Skipped | None:
    """Decide whether an event is a claim; None for sales, charges and plain money movements."""
    rule = RULES.get(event.event_list)
    if rule is None:
        return None
    # What should be a plain value and is none is taken out.
    fields = KNOWN_FIELDS[event.event_list]
    odd = tuple(
        name
        for name, value in event.payload.items()
        if isinstance(value, dict | list) and name in fields and fields[name] is None
    )
    payload = event.payload
    if odd:
        payload = {name: value for name, value in payload.items() if name not in odd}
    try:
        reading = rule(payload)
        if reading is None:
            return None
        if event.posted_at is None:
            odd += tuple(name for name in DATE_FIELDS if payload.get(name))
        return replace(reading, unread=(*odd, *reading.unread), content=content_hash(event))
    except UnreadableEvent as error:
        return Skipped(name_event(event), str(error))
    except decimal.Overflow:
        return Skipped(name_event(event), "One of its numbers is too large.")
    except UnicodeEncodeError:
        return Skipped(name_event(event), "It holds characters that are not valid text.")


def make_claim(
    event: RawEvent, reading: Reading, ordinal: int, day: date | None = None
) -> tuple[FinancialEvent, Claim]:
    """Make the rows of one event that is a claim.

    Args:
        reading: what `find_claim` found of it.
        ordinal: its place, from 0, among identical events of one complete window.
        day: the UTC day of an event without a date, which its key needs.
    """
    day = day if event.posted_at is None else None
    key = event_key(reading.content, day=day.isoformat() if day else "", ordinal=ordinal)
    claim_id = f"{PREFIXES[reading.type]}-{key[:16]}"
    kept = FinancialEvent(
        event_key=EventKey(key),
        event_list=event.event_list,
        event_type=reading.event_type,
        posted_at=event.posted_at,
        order_id=reading.order_id,
        amount=reading.money.amount,
        currency=reading.money.currency,
        claim_id=claim_id,
        payload=event.payload,
        day=day,
    )
    status = ClaimStatus.APPROVED
    if event.status == "DEFERRED":
        status = ClaimStatus.PENDING
    elif reading.type is ClaimType.REVERSAL or (
        reading.type in DENIED_IF_NEGATIVE and reading.money.amount < 0
    ):
        status = ClaimStatus.DENIED
    claim = Claim(
        claim_id=claim_id,
        order_id=reading.order_id,
        amount=reading.money.amount,
        currency=reading.money.currency,
        status=status,
        type=reading.type,
        description=reading.description,
        created_at=event.posted_at,
    )
    return kept, claim


_IDS: Final = (
    "AmazonOrderId", "SAFETClaimId", "OrderId", "TDSOrderId", "OriginalRemovalOrderId",
    "invoiceId", "AdjustmentType", "FeeReason",
)  # fmt: skip


_MOST_PART: Final = 40
"""Characters of each part of a name, so that one that is endless leaves room for the others."""


def name_event(event: RawEvent) -> str:
    """Name an event by what a person finds it by at Amazon, as far as that can be read."""
    payload = event.payload
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
    name = f"{event.event_list} {id_}".strip()
    return f"{name} ({details})" if details else name


def _first(payload: Payload, *names: str) -> str:
    """Give the first of some fields that says something plain, cut to what a name may hold."""
    said = (payload.get(name) for name in names)
    return next((str(one)[:_MOST_PART] for one in said if one and isinstance(one, PLAIN)), "")
