"""Financial events as Amazon words them, for tests."""

from datetime import date
from decimal import Decimal

from opside_desktop.amazon.finances_2024 import transaction
from opside_desktop.amazon.finances_v0 import raw_event
from opside_desktop.claims.claim_rows import claim_of
from opside_desktop.claims.classify import content_of, find_claim, told_of
from opside_desktop.claims.kinds import PREFIXES
from opside_desktop.claims.version_1_keys import event_key
from opside_desktop.domain.records import FinancialEvent


def usd(amount, currency="USD"):
    return {"CurrencyCode": currency, "CurrencyAmount": Decimal(str(amount))}


def charge(kind, amount):
    return {"ChargeType": kind, "ChargeAmount": usd(amount)}


def fee(kind, amount):
    return {"FeeType": kind, "FeeAmount": usd(amount)}


def event(event_list, **fields):
    return raw_event(event_list, fields)


def rows_of(raw, number=0, day=None):
    """The rows of an event that is a claim, under the key that version 0.1 gave it."""
    reading = find_claim(raw)
    day = day if raw.posted_at is None else None
    key = event_key(content_of(raw), day=day.isoformat() if day else "", ordinal=number)
    claim_id = f"{PREFIXES[reading.type]}-{key[:16]}"
    kept = FinancialEvent(
        event_key=key,
        event_list=raw.event_list,
        event_type=reading.event_type,
        posted_at=raw.posted_at,
        order_id=reading.order_id,
        amount=reading.money.amount,
        currency=reading.money.currency,
        claim_id=claim_id,
        payload=raw.payload,
        day=day,
    )
    return kept, claim_of(told_of(raw, reading, day or date.min), claim_id)


def adjustment(kind, amount, *, posted="2026-10-01T10:00:00Z", **fields):
    return event(
        "AdjustmentEventList",
        AdjustmentType=kind,
        PostedDate=posted,
        AdjustmentAmount=usd(amount),
        **fields,
    )


def order_event(event_list, principal, *, posted="2026-10-01T10:00:00Z", commission=0):
    return event(
        event_list,
        AmazonOrderId="111-2222222-3333333",
        PostedDate=posted,
        ShipmentItemAdjustmentList=[
            {
                "SellerSKU": "MUG-RED",
                "QuantityShipped": 1,
                "ItemChargeAdjustmentList": [charge("Principal", principal)],
                "ItemFeeAdjustmentList": [fee("Commission", commission)],
            }
        ],
    )


def fee_credit(amount, sku="MUG-RED"):
    """An event of a list that tells no date."""
    return event(
        "ServiceFeeEventList",
        FeeReason="FBA fee reimbursement",
        FeeList=[fee("FBAPerUnitFulfillmentFee", amount)],
        SellerSKU=sku,
    )


def amount(value, currency="USD"):
    """An amount as transactions spell it."""
    return {"currencyCode": currency, "currencyAmount": Decimal(str(value))}


def related(**ids):
    """Related identifiers of a transaction."""
    return [
        {"relatedIdentifierName": name, "relatedIdentifierValue": value}
        for name, value in ids.items()
    ]


def transaction_event(kind, total, description="", **fields):
    """A transaction of one second, released unless the fields say otherwise."""
    payload = {
        "transactionType": kind,
        "transactionId": "T1",
        "transactionStatus": "RELEASED",
        "description": description,
        "postedDate": "2026-10-01T10:00:00Z",
        "totalAmount": amount(total),
    }
    return transaction({**payload, **fields})
