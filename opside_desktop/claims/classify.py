"""From a financial event to a claim: which are claims, what they are worth and called.

Pure: the same event is always read alike, whatever page, window or day it came in.
"""

import decimal
import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date
from typing import Any, Final

from opside_desktop.claims.classes import CLASS_OF_LIST, NEVER_CLAIMS, EventClass
from opside_desktop.claims.event_fields import (
    HELD_BACK,
    about,
    all_said,
    as_status,
    objects_within,
    plain_text,
    units,
)
from opside_desktop.claims.money import UnreadableEvent, spelt_amount
from opside_desktop.claims.readings import Reading
from opside_desktop.claims.rules import RULES
from opside_desktop.claims.rules_2024 import name_transaction, read_transaction
from opside_desktop.claims.sightings import Told
from opside_desktop.claims.unknown import read_unknown
from opside_desktop.claims.version_1_keys import (
    DATE_FIELDS,
    KNOWN_FIELDS,
    Spec,
    content_hash,
)
from opside_desktop.domain.claim_types import HiddenReason
from opside_desktop.domain.records import RawEvent, Skipped
from opside_desktop.domain.sources import TRANSACTIONS_LIST, ClaimsSource

Payload = Mapping[str, Any]


def find_claim(event: RawEvent) -> Reading | Skipped | None:
    """Decide whether an event is a claim; None for sales, charges and plain money movements."""
    if event.event_list in NEVER_CLAIMS:
        return None
    try:
        is_transaction = event.event_list == TRANSACTIONS_LIST
        found = read_transaction(event) if is_transaction else _read_v0(event)
        if found is not None:
            # Half a character could not be stored.
            ids = (*found.transaction_ids, *found.other_ids)
            "".join((found.description, found.event_type or "", *ids)).encode()
        return found
    except (decimal.Overflow, ValueError) as error:
        return _unreadable(event, error)


def _unreadable(event: RawEvent, error: Exception) -> Skipped:
    why = "One of its numbers is too long."  # thousands of digits
    if isinstance(error, UnreadableEvent):
        why = str(error)
    elif isinstance(error, decimal.Overflow):
        why = "One of its numbers is too large."
    elif isinstance(error, UnicodeEncodeError):
        why = "It holds characters that are not valid text."
    return Skipped(name_event(event), why)


def told_of(
    event: RawEvent,
    reading: Reading,
    day: date | None = None,
    *,
    hidden: HiddenReason | None = None,
) -> Told:
    """Put an event and what was read from it together.

    Args:
        day: the UTC day that was found for an event without a date; not heeded for others.
        hidden: UNKNOWN for one of very many of a kind that nobody knows.

    Raises:
        ValueError: the event has no date, and no day was found.
    """
    posted = event.posted_at
    if posted is not None:
        posted = posted.astimezone(UTC).replace(microsecond=0)
        day = posted.date()
    if day is None:
        raise ValueError("An event without a date needs the day that it was posted on.")
    is_transaction = event.event_list == TRANSACTIONS_LIST
    return Told(
        source=ClaimsSource.TRANSACTIONS if is_transaction else ClaimsSource.EVENTS_V0,
        reading=reading,
        posted_at=posted,
        day=day,
        event_list=event.event_list,
        payload=event.payload,
        hidden=hidden,
    )


def _read_v0(event: RawEvent) -> Reading | None:
    rule = RULES.get(event.event_list)
    if rule is None and event.event_list in CLASS_OF_LIST:
        return None
    # What should be a plain value and is none is taken out.
    fields: Spec = KNOWN_FIELDS.get(event.event_list, {})
    odd = tuple(
        name
        for name, value in event.payload.items()
        if isinstance(value, dict | list) and name in fields and fields[name] is None
    )
    payload = event.payload
    if odd:
        payload = {name: value for name, value in payload.items() if name not in odd}
    reading = rule(payload) if rule else read_unknown(event.event_list, payload)
    if reading is None:
        return None
    if event.posted_at is None:
        odd += tuple(name for name in DATE_FIELDS if payload.get(name))
    told = objects_within(payload)
    skus = all_said(told, *_SKUS)
    quantity = sum(map(_quantity, told)) or None
    status = as_status(event.status)
    return replace(
        reading,
        event_class=CLASS_OF_LIST.get(event.event_list, EventClass.OTHER),
        description=about(reading.description, skus, quantity),
        sku=skus[0] if len(skus) == 1 else None,
        quantity=quantity,
        status=status,
        was_deferred=status in HELD_BACK,
        other_ids=all_said(told, *_OTHER_IDS),
        unread=(*odd, *reading.unread),
    )


_SKUS: Final = ("SellerSKU", "SKU")
_QUANTITIES: Final = ("Quantity", "QuantityShipped", "quantity", "AdjustedQuantity")
_OTHER_IDS: Final = (
    "OrderAdjustmentItemId", "SAFETClaimId", "TransactionNumber", "AdjustmentEventId",
    "RemovalShipmentItemId", "PaymentEventId", "CouponId", "invoiceId", "dealId",
    "ImagingRequestBillingItemID", "TransactionId", "TransferId",
)  # fmt: skip
"""Amazon's ids that tell equal events apart; those that many events share are none of them."""


def _quantity(told: Payload) -> int:
    return next(filter(None, (units(told.get(name)) for name in _QUANTITIES)), 0)


def content_of(event: RawEvent) -> str | Skipped:
    """Hash what an event says, by which dateless ones are told apart until their day is known."""
    try:
        if event.event_list in KNOWN_FIELDS:
            return content_hash(event)
        said = json.dumps(event.payload, sort_keys=True, ensure_ascii=False, default=str)
        return hashlib.sha256(f"{event.event_list}\n{said}".encode()).hexdigest()
    except (decimal.Overflow, ValueError) as error:
        return _unreadable(event, error)


_IDS: Final = (
    "AmazonOrderId", "SAFETClaimId", "OrderId", "TDSOrderId", "OriginalRemovalOrderId",
    "invoiceId", "AdjustmentType", "FeeReason",
)  # fmt: skip


_MOST_PART: Final = 40
"""Characters of each part of a name, so that one that is endless leaves room for the others."""


def name_event(event: RawEvent) -> str:
    """Name an event by what a person finds it by at Amazon, as far as that can be read."""
    payload = event.payload
    if event.event_list == TRANSACTIONS_LIST:
        return name_transaction(payload, _MOST_PART)
    id_ = _first([payload], *_IDS)
    sku = _first(objects_within(payload), *_SKUS)
    amount = spelt_amount(payload)[:_MOST_PART]
    told = (f"SKU {sku}" if sku else "", amount, _first([payload], *sorted(DATE_FIELDS)))
    details = ", ".join(filter(None, told))
    name = f"{event.event_list} {id_}".strip()
    return f"{name} ({details})" if details else name


def _first(objects: list[Payload], *names: str) -> str:
    """Give the first of some fields that says something plain, cut to what a name may hold."""
    said = (each.get(name) for each in objects for name in names)
    return next((text[:_MOST_PART] for one in said if one and (text := plain_text(one))), "")
