"""Reading a transaction of Finances 2024-06-19: is it a claim, of what type and amount?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from opside_desktop.claims.adjustment_kinds import (
    is_known,
    is_rental_refund,
    read_adjustment,
    rental_text,
)
from opside_desktop.claims.classes import EventClass
from opside_desktop.claims.classes_2024 import class_of_transaction
from opside_desktop.claims.event_fields import (
    HELD_BACK,
    Payload,
    about,
    as_status,
    squashed,
    text,
    words,
)
from opside_desktop.claims.readings import Reading
from opside_desktop.claims.transaction_fields import (
    Identifiers,
    breakdown_names,
    deferral_of,
    money_of,
    product_of,
)
from opside_desktop.domain.claim_types import ClaimType
from opside_desktop.domain.clock import parse_moment
from opside_desktop.domain.records import Money, RawEvent

_OTHER_IDS: Final = (
    "ORDER_ADJUSTMENT_ITEM_ID", "COUPON_ID", "REMOVAL_SHIPMENT_ITEM_ID", "TRANSACTION_ID",
    "REFUND_ID", "INVOICE_ID",
)  # fmt: skip
"""Of a transaction and its items: those that tell equal events apart. A settlement's or a group's
are shared by many, and come later."""

_PLAIN: Final = ("transactionType", "transactionId", "transactionStatus", "description")

_HELD: Final = {
    "DD7": "held back until 7 days after delivery",
    "B2B": "held back until the business customer has paid",
}


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a transaction's claim depends on, beside its class."""

    kind: str
    description: str
    payload: Payload
    money: Money
    order_id: str | None
    invoice: str | None


_Read = tuple[ClaimType, str, str | None]
"""A claim's type, what it says, and Amazon's word for its kind."""


def read_transaction(event: RawEvent) -> Reading | None:
    """Read a transaction; None for sales, charges and plain movements of money.

    Raises:
        UnreadableEvent: it should be a claim, but nothing tells its amount.
        UnicodeEncodeError, ArithmeticError, ValueError: one of its values is beyond all bounds.
    """
    payload = event.payload
    kind, said = text(payload, "transactionType"), text(payload, "description")
    class_ = class_of_transaction(kind, said, breakdown_names(payload))
    if class_ is None:
        return None
    money, unread = money_of(payload)
    ids = Identifiers(payload)
    invoice = next(iter(ids.own("INVOICE_ID")), None)
    facts = _Facts(kind or "", said or "", payload, money, ids.order_id, invoice)
    read = _RULES[class_](facts)
    if read is None:
        return None
    type_, description, event_type = read
    product, deferral = product_of(payload), deferral_of(payload)
    status = as_status(event.status)
    linked = ids.own("DEFERRED_TRANSACTION_ID", "RELEASE_TRANSACTION_ID")
    own = text(payload, "transactionId")
    matures = parse_moment(deferral.until) if deferral else None
    if deferral and deferral.until and matures is None:
        unread += ("maturityDate",)
    if event.posted_at is None and payload.get("postedDate"):
        unread += ("postedDate",)
    unread += tuple(name for name in _PLAIN if isinstance(payload.get(name), dict | list))
    description = about(description, product.skus, product.quantity)
    if status == "DEFERRED":
        reason = deferral.reason if deferral else None
        held = _HELD.get(reason or "", f"held back: {reason}" if reason else "held back")
        description = f"{description}, {held}"
    return Reading(
        type_,
        money,
        description,
        event_type=event_type,
        order_id=facts.order_id,
        event_class=class_,
        sku=product.skus[0] if len(product.skus) == 1 else None,
        quantity=product.quantity,
        status=status,
        was_deferred=status in HELD_BACK or deferral is not None or bool(linked),
        matures_at=matures,
        transaction_ids=tuple(dict.fromkeys(filter(None, (own, *linked)))),
        other_ids=ids.all(*_OTHER_IDS),
        unknown=(kind or said or "without a type") if class_ is EventClass.OTHER else None,
        unread=unread,
    )


def _of_order(type_: ClaimType, said: str) -> Callable[[_Facts], _Read]:
    def read(facts: _Facts) -> _Read:
        return type_, f"{said} {facts.order_id}" if facts.order_id else said, facts.kind or None

    return read


def _adjustment(facts: _Facts) -> _Read | None:
    words_of_kind = chain([facts.description, facts.kind], breakdown_names(facts.payload))
    kind = next(
        (one for one in words_of_kind if is_known(one) or squashed(one) in _MADE_GOOD),
        facts.description or facts.kind,
    )
    if squashed(kind) == "adjustment":
        kind = ""
    is_paid = facts.money.amount > 0
    if squashed(kind) in _ONLY_PAID or is_rental_refund(kind):
        if not is_paid:
            return None
        said = _ONLY_PAID.get(squashed(kind)) or rental_text(kind) or ""
        return ClaimType.REIMBURSEMENT, said, kind
    said = _MADE_GOOD.get(squashed(kind)) or rental_text(kind) or ""
    if said:
        return ClaimType.REIMBURSEMENT, said, kind
    if squashed(kind).startswith("rental"):
        return None  # what a customer pays for it
    type_, said = read_adjustment(kind, facts.money)
    return type_, said, kind or None


_ONLY_PAID: Final = {"removalshipmentadjustment": "Liquidation of a removal order corrected"}
_MADE_GOOD: Final = {
    "ebtrefundreimbursementonly": "Food benefit refund made good",
    "tdsreimbursement": "Withheld tax (TDS) made good",
    **_ONLY_PAID,
}
"""Kinds that v0 has lists of their own for."""


def _fee(facts: _Facts) -> _Read | None:
    if facts.money.amount <= 0:
        return None  # a charge
    what = facts.description or facts.kind
    if squashed(facts.kind) == "productadspayment":
        invoice = f": invoice {facts.invoice}" if facts.invoice else ""
        return ClaimType.FEE, f"Advertising charge given back{invoice}", what
    return ClaimType.FEE, f"Fee given back: {words(what)}", what


def _tax(facts: _Facts) -> _Read | None:
    said = (facts.kind, facts.description, *breakdown_names(facts.payload))
    if not any("retrochargereversal" in squashed(one) for one in said):
        return None
    return ClaimType.FEE, "Tax charged later, given back", facts.description or facts.kind


def _other(facts: _Facts) -> _Read:
    kind = facts.kind or facts.description or "no type"
    said = f"Transaction of a kind that is not known: {kind}"
    if facts.kind and facts.description:
        said = f"{said}, {facts.description}"
    return ClaimType.OTHER, said, kind


_RULES: Final[Mapping[EventClass, Callable[[_Facts], _Read | None]]] = {
    EventClass.REFUND: _of_order(ClaimType.REFUND, "Refund of order"),
    EventClass.GUARANTEE: _of_order(ClaimType.GUARANTEE, "A-to-z Guarantee claim on order"),
    EventClass.CHARGEBACK: _of_order(ClaimType.CHARGEBACK, "Chargeback on order"),
    EventClass.SAFET: _of_order(ClaimType.SAFET, "SAFE-T claim on order"),
    EventClass.LIQUIDATION: _of_order(ClaimType.LIQUIDATION, "Liquidation of removal order"),
    EventClass.ADJUSTMENT: _adjustment,
    EventClass.FEE: _fee,
    EventClass.TAX: _tax,
    EventClass.OTHER: _other,
}


def name_transaction(payload: Mapping[str, Any], most: int) -> str:
    """Name a transaction by what a person finds it by at Amazon, as far as that can be read.

    Args:
        most: characters of each part of the name.
    """
    total = payload.get("totalAmount")
    amount = ""
    if isinstance(total, Mapping):
        amount = " ".join(
            filter(None, (text(total, "currencyAmount"), text(total, "currencyCode")))
        )
    skus = product_of(payload).skus
    told = (f"SKU {skus[0][:most]}" if skus else "", amount[:most],
            (text(payload, "postedDate") or "")[:most])  # fmt: skip
    id_ = Identifiers(payload).order_id or text(payload, "transactionId") or ""
    kind = (text(payload, "transactionType") or "")[:most]
    name = " ".join(filter(None, (kind, "transaction", id_[:most])))
    details = ", ".join(filter(None, told))
    return f"{name} ({details})" if details else name
