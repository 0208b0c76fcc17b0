"""Making what is told of an event fit for being stored, with the claim that comes of it."""

from dataclasses import replace

from opside_desktop.claims.claim_rows import claim_of
from opside_desktop.claims.event_keys import claim_id, event_key
from opside_desktop.claims.readings import Reading
from opside_desktop.claims.sightings import Told
from opside_desktop.domain.records import FinancialEvent, Mended
from opside_desktop.store.schema.types import storable
from opside_desktop.store.writing.fit_records import fit_record

_STATUS = 50
"""Characters of Amazon's word for how far the money is."""


def fit_told(told: Told) -> tuple[Told, list[Mended]]:
    """Cut, clean or leave empty what the database could not hold.

    Returns:
        What is told, the very same if nothing had to be done, and the fields that were changed.

    Raises:
        BadData: its money, or something else that a claim must have, does not fit.
    """
    reading = told.reading
    key = event_key(told.posted_at or told.day, reading.money.currency, reading.money.amount, 0)
    name = claim_id(reading.type, key)
    claim, cut_in_claim = fit_record(claim_of(told, name))
    event, cut_in_event = fit_record(
        FinancialEvent(
            event_key=key,
            event_list=told.event_list,
            event_type=reading.event_type,
            posted_at=told.posted_at,
            order_id=reading.order_id,
            amount=reading.money.amount,
            currency=reading.money.currency,
            claim_id=name,
            payload=told.payload,
            day=None,
        )
    )
    cut = [*cut_in_event, *cut_in_claim]
    ids = tuple(map(storable, reading.transaction_ids))
    if not cut and ids == reading.transaction_ids and _fits(reading):
        return told, []
    fitted = replace(
        reading,
        order_id=claim.order_id,
        sku=claim.sku,
        quantity=claim.quantity,
        description=claim.description,
        case_id=claim.case_id,
        event_type=event.event_type,
        status=reading.status and storable(reading.status)[:_STATUS],
        transaction_ids=ids,
        other_ids=tuple(map(storable, reading.other_ids)),
    )
    return replace(told, reading=fitted), cut


def _fits(reading: Reading) -> bool:
    status = reading.status or ""
    return len(status) <= _STATUS and storable([status, *reading.other_ids]) == [
        status,
        *reading.other_ids,
    ]
