"""All that is known of one row, for the page that shows a single one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from opside_desktop.domain.columns import KEY_COLUMN, OWNER_COLUMN, named
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.ids import SyncId, UserId
from opside_desktop.domain.records import OrderItem
from opside_desktop.store.database import Database
from opside_desktop.store.reading.filters import not_hidden
from opside_desktop.store.reading.filters import row_id as row_id_of
from opside_desktop.store.reading.orders import order_items
from opside_desktop.store.reading.packed_ids import RowId
from opside_desktop.store.reading.queries import Row
from opside_desktop.store.reading.rows import read_rows, select_rows
from opside_desktop.store.schema import tables

_RELATED = 200
"""More claims than that of one order are not shown."""


@dataclass(frozen=True, slots=True)
class EventFacts:
    """The financial event behind a claim. `payload` is Amazon's JSON; its numbers are Decimals."""

    event_list: str
    event_type: str | None
    posted_at: datetime | None
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToldBy:
    """What one of Amazon's sources has told of a claim; see `claims.sightings`.

    `day`: when it was posted (UTC). `last_read`: when it was read last.
    """

    source: str
    status: str | None
    day: date
    amount: Decimal
    currency: str
    last_read: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDetails:
    """One row and what belongs to it.

    `facts`: its values by column name, in display order. `items`: the lines of an order, or of a
    claim's order. `event`: what a claim derives from. `order`: a claim's order. `claims`: an
    order's claims. `told_by`: the sources of a claim. `payload`: Amazon's own JSON of a stock item;
    its numbers are Decimals. Rows are as `columns` of their dataset says. `first_sync_id`,
    `first_seen_at`: which sync brought it, if that is known.
    """

    dataset: Dataset
    user_id: UserId
    row: Row
    facts: Mapping[str, Any]
    items: tuple[OrderItem, ...] = ()
    event: EventFacts | None = None
    told_by: tuple[ToldBy, ...] = ()
    payload: Mapping[str, Any] | None = None
    order: Row | None = None
    claims: tuple[Row, ...] = ()
    first_sync_id: SyncId | None = None
    first_seen_at: datetime | None = None


async def details(
    db: Database, user_ids: Sequence[UserId], dataset: Dataset, row_id: RowId
) -> RowDetails | None:
    """Read one row with all that belongs to it; None if it is gone or not of these users."""
    return await db.read(lambda connection: _details(connection, user_ids, dataset, row_id))


def _details(
    connection: sa.Connection, user_ids: Sequence[UserId], dataset: Dataset, row_id: RowId
) -> RowDetails | None:
    table = tables.DATASET_TABLES[dataset]
    mine = table.c.user_id.in_(list(user_ids))
    found = read_rows(connection, select_rows(dataset).where(row_id_of(table) == row_id, mine))
    if not found:
        return None
    [row] = found
    facts = named(dataset, row.values)
    user_id = facts[OWNER_COLUMN]
    order_id: Any = facts.get("order_id")
    is_claim, is_order = dataset is Dataset.CLAIMS, dataset is Dataset.ORDERS
    first = _first_sync(connection, user_id, dataset, facts[KEY_COLUMN[dataset]])
    orders = _rows_of_order(connection, Dataset.ORDERS, user_id, order_id) if is_claim else ()
    return RowDetails(
        dataset=dataset,
        user_id=UserId(user_id),
        row=row,
        facts=facts,
        items=order_items(connection, user_id, [order_id])[order_id] if order_id else (),
        event=_event(connection, user_id, facts["claim_id"]) if is_claim else None,
        told_by=_told_by(connection, user_id, facts["claim_id"]) if is_claim else (),
        payload=_payload(connection, row_id) if dataset is Dataset.INVENTORY else None,
        order=orders[0] if orders else None,
        claims=_rows_of_order(connection, Dataset.CLAIMS, user_id, order_id) if is_order else (),
        first_sync_id=None if first is None else SyncId(first.sync_id),
        first_seen_at=None if first is None else first.created_at,
    )


def _first_sync(
    connection: sa.Connection, user_id: str, dataset: Dataset, key: str
) -> sa.Row[Any, Any] | None:
    origin, run = tables.row_origins, tables.sync_progress
    # Origins are kept by sync: each of the user's syncs is asked for the row, by primary key.
    return connection.execute(
        sa.select(origin.c.sync_id, origin.c.created_at)
        .select_from(
            run.join(
                origin,
                sa.and_(origin.c.user_id == run.c.user_id, origin.c.sync_id == run.c.sync_id),
            )
        )
        .where(
            run.c.user_id == user_id,
            origin.c.dataset == dataset.value,
            origin.c.row_key == key,
        )
        .order_by(origin.c.created_at)
        .limit(1)
    ).first()


def _event(connection: sa.Connection, user_id: str, claim_id: str) -> EventFacts | None:
    event = tables.financial_events.c
    row = connection.execute(
        sa.select(event.event_list, event.event_type, event.posted_at, event.payload)
        .where(event.user_id == user_id, event.claim_id == claim_id)
        .limit(1)
    ).first()
    if row is None:
        return None
    return EventFacts(row.event_list, row.event_type, row.posted_at, row.payload or {})


def _told_by(connection: sa.Connection, user_id: str, claim_id: str) -> tuple[ToldBy, ...]:
    seen, of_claim = tables.event_sightings.c, tables.event_claims.c
    wanted = (
        sa.select(
            seen.source, seen.status, seen.posted_day, seen.amount, seen.currency, seen.last_read
        )
        .join(
            tables.event_claims,
            sa.and_(of_claim.user_id == seen.user_id, of_claim.sighting == seen.id),
        )
        .where(of_claim.user_id == user_id, of_claim.claim == claim_id)
        .order_by(seen.id)
    )
    return tuple(ToldBy(*row) for row in connection.execute(wanted))


def _payload(connection: sa.Connection, row_id: RowId) -> Mapping[str, Any] | None:
    table = tables.amazon_inventory
    wanted = sa.select(table.c.payload).where(row_id_of(table) == row_id)
    return connection.execute(wanted).scalar_one_or_none()


def _rows_of_order(
    connection: sa.Connection, dataset: Dataset, user_id: str, order_id: str | None
) -> tuple[Row, ...]:
    if order_id is None:
        return ()
    table = tables.DATASET_TABLES[dataset]
    wanted = (
        select_rows(dataset)
        .where(table.c.user_id == user_id, table.c.order_id == order_id, not_hidden(dataset))
        .order_by(table.c.id)
        .limit(_RELATED)
    )
    return tuple(read_rows(connection, wanted))
