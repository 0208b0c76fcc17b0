"""Making what is told of an event fit for being stored: its claim, its event and its sighting."""

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from opside_desktop.claims.claim_rows import claim_of
from opside_desktop.claims.sightings import Told
from opside_desktop.domain.ids import EventKey
from opside_desktop.domain.records import FinancialEvent, Mended, Money
from opside_desktop.store.schema.types import storable
from opside_desktop.store.writing.fit_records import fit_record

_CENT: Final = Decimal("0.01")
_MOST_ID: Final = 255
"""Characters of an id of Amazon's; an index takes no endless ones."""
_MOST_STATUS: Final = 50


def fit_told(told: Told, name: str) -> tuple[Told, list[Mended]]:
    """Make an event that is a claim fit for being stored, as `fit_record` does it with a record.

    Args:
        name: what people find the event by.

    Returns:
        the event, the very same if nothing had to be done, and the fields that were changed.

    Raises:
        BadData: its money does not fit; the sentence names the event and why.
    """
    reading = told.reading
    claim, cut = fit_record(claim_of(told, name))
    event, cut_of_event = fit_record(
        FinancialEvent(
            event_key=EventKey("-"),
            event_list=told.event_list,
            event_type=reading.event_type,
            posted_at=told.posted_at,
            order_id=reading.order_id,
            amount=reading.money.amount,
            currency=reading.money.currency,
            claim_id="-",
            payload=told.payload,
        )
    )
    known = {one.field for one in cut}
    mended = [*cut, *(Mended(name, one.field, one.was_cut) for one in cut_of_event
                      if one.field not in known)]  # fmt: skip
    fitted = replace(
        reading,
        money=_in_cents(reading.money),
        description=claim.description,
        event_type=event.event_type,
        order_id=claim.order_id,
        sku=claim.sku,
        quantity=claim.quantity,
        case_id=claim.case_id,
        status=_cut(reading.status),
        transaction_ids=_fitting(reading.transaction_ids),
        other_ids=_fitting(reading.other_ids),
    )
    if fitted == reading and event.event_list == told.event_list:
        return told, mended
    return replace(told, reading=fitted, event_list=event.event_list), mended


def _in_cents(money: Money) -> Money:
    """Round as both databases do: else what is stored would not be what is told again."""
    amount = money.amount.quantize(_CENT, ROUND_HALF_UP)
    return money if amount == money.amount else Money(amount=amount, currency=money.currency)


def _cut(status: str | None) -> str | None:
    return None if status is None else str(storable(status))[:_MOST_STATUS]


def _fitting(ids: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out ids that cannot be stored: what remains must do to know the event again."""
    return tuple(one for one in ids if len(one) <= _MOST_ID and storable(one) == one)
