"""Writing what became of version 0.1's events, some of them in one transaction."""

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa

from opside_desktop.claims.sightings import PlacedBy
from opside_desktop.domain.fields import fields_of
from opside_desktop.domain.ids import UserId
from opside_desktop.domain.records import Claim
from opside_desktop.domain.sources import ClaimsSource
from opside_desktop.store.old_events.conversion import Converted, Plan
from opside_desktop.store.schema import tables
from opside_desktop.store.writing.bulk import Upsert
from opside_desktop.store.writing.sighting_rows import next_id, second_text

_KEPT: Final = (
    "created_at", "reimbursement_id", "synced_at", "is_mock", "mock_scenario",
)  # fmt: skip
_CLAIMS: Final = Upsert(tables.amazon_claims, keep=(*_KEPT, "order_id"))
"""What is not written anew needs no place in an index looked for."""

_CLAIMS_OF_OTHER_ORDERS: Final = Upsert(tables.amazon_claims, keep=_KEPT)
_EVENTS: Final = Upsert(
    tables.financial_events,
    keep=("event_list", "posted_at", "claim_id", "payload", "is_mock", "synced_at"),
)
_SIGHTINGS: Final = Upsert(tables.event_sightings)
_LINKS: Final = Upsert(tables.event_claims)

_FIELDS: Final = tuple(one.name for one in fields_of(Claim))
_L = tables.event_claims.c

_MOST_STATUS: Final = 50


def left_of(
    connection: sa.Connection, user_id: UserId, rows: Sequence[Converted]
) -> list[Converted]:
    """Leave out what has its sighting by now."""
    ids = [one.row.claim_id for one in rows]
    seen = set(
        connection.execute(
            sa.select(_L.claim).where(_L.user_id == user_id, _L.claim.in_(ids))
        ).scalars()
    )
    return [one for one in rows if one.row.claim_id not in seen]


def put(connection: sa.Connection, user_id: UserId, rows: Sequence[Converted], plan: Plan) -> None:
    """Write the sightings, claims and events of some rows of a plan."""
    numbered = list(enumerate(rows, start=next_id(connection, user_id)))
    sightings = [
        {"user_id": user_id, "id": number, **_sighting(one, plan)} for number, one in numbered
    ]
    _run(connection, _SIGHTINGS, sightings)
    links = [
        {"user_id": user_id, "sighting": number, "claim": one.row.claim_id}
        for number, one in numbered
    ]
    _run(connection, _LINKS, links)
    claims = [one for one in rows if one.claim]
    same = [one for one in claims if one.claim and one.claim.order_id == one.row.order_id]
    others = [one for one in claims if one.claim and one.claim.order_id != one.row.order_id]
    _run(connection, _CLAIMS, [_claim(user_id, one, plan) for one in same])
    _run(connection, _CLAIMS_OF_OTHER_ORDERS, [_claim(user_id, one, plan) for one in others])
    _run(connection, _EVENTS, [_event(user_id, one) for one in rows if _has_changed(one)])


def _run(connection: sa.Connection, upsert: Upsert, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        upsert.run(connection, {name: [row[name] for row in rows] for name in rows[0]})


def _sighting(one: Converted, plan: Plan) -> dict[str, Any]:
    """Make the row of a sighting; of several wordings it knows the newest one's details."""
    row, claim, reading = one.row, one.claim, one.reading
    newest = plan.newest.get(row.claim_id, one)
    newest_reading = newest.reading or reading
    sku = newest.claim.sku if newest.claim else None
    return {
        "source": ClaimsSource.EVENTS_V0.value,
        "class": one.event_class.value,
        "seconds": [] if row.created_at is None else [second_text(row.created_at)],
        "posted_day": one.day,
        "released_day": None,
        "order_id": claim.order_id if claim else row.order_id,
        "sku": sku or (claim.sku if claim else None),
        "quantity": newest_reading.quantity if newest_reading else None,
        "currency": claim.currency if claim else row.currency,
        "amount": claim.amount if claim else row.amount,
        "status": (reading.status or "")[:_MOST_STATUS] or None if reading else None,
        "was_deferred": reading is not None and reading.was_deferred,
        "placed_by": PlacedBy.NEW.value,
        "transaction_ids": None,
        "other_ids": list(newest_reading.other_ids) or None if newest_reading else None,
        "event_list": row.event_list,
        "payload": None,
        "words": None,
        "waited": 0,
        "is_mock": row.is_mock,
        "last_read": newest.last_told_at,
    }


def _claim(user_id: UserId, one: Converted, plan: Plan) -> dict[str, Any]:
    claim, row = plan.claim(one), one.row
    return {
        **{name: getattr(claim, name) for name in _FIELDS},
        "id": row.id,
        "user_id": user_id,
        "synced_at": row.synced_at,
        "is_mock": row.is_mock,
        "mock_scenario": row.mock_scenario,
    }


def _has_changed(one: Converted) -> bool:
    """Whether today's rules read something else from an event than is stored beside it."""
    row, claim = one.row, one.claim
    return claim is not None and (row.event_amount, row.event_order_id, row.event_currency) != (
        claim.amount,
        claim.order_id,
        claim.currency,
    )


def _event(user_id: UserId, one: Converted) -> dict[str, Any]:
    row, claim = one.row, one.claim
    return {
        "id": row.event_id,
        "user_id": user_id,
        "event_key": row.event_key,
        "event_list": row.event_list,
        "event_type": row.event_type,
        "posted_at": row.created_at,
        "order_id": claim.order_id if claim else row.event_order_id,
        "amount": claim.amount if claim else row.event_amount,
        "currency": claim.currency if claim else row.event_currency,
        "claim_id": row.claim_id,
        "payload": row.payload,
        "is_mock": row.is_mock,
        "synced_at": row.synced_at,
    }
