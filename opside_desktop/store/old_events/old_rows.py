"""Reading the events of version 0.1 with their claims, by the days that they were posted on."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from opside_desktop.claims.classes import TRANSACTIONS_LIST
from opside_desktop.claims.undated_days import days_back, days_of_keys
from opside_desktop.claims.version_1_keys import KNOWN_FIELDS, content_hash
from opside_desktop.domain.ids import UserId
from opside_desktop.domain.records import RawEvent
from opside_desktop.store.database import read_now
from opside_desktop.store.schema import tables

_C, _E, _L = tables.amazon_claims.c, tables.financial_events.c, tables.event_claims.c

_KEYS_AT_A_TIME: Final = 500
_UNDATED_AT_A_TIME: Final = 2_000
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OldRow:
    """One event of version 0.1 with the claim that was made of it, as they are stored.

    Attributes:
        is_done: whether it has its sighting already, or is hidden as another's double.
        synced_at: when it was stored last; None where another program wrote it without that.
    """

    claim_id: str
    amount: Decimal
    currency: str
    order_id: str | None
    created_at: datetime | None
    mock_scenario: str | None
    id: str
    event_key: str
    event_list: str
    event_type: str | None
    event_id: str
    event_amount: Decimal | None
    event_order_id: str | None
    event_currency: str | None
    payload: Any
    is_mock: bool
    synced_at: datetime | None
    is_done: bool

    @property
    def event(self) -> RawEvent | None:
        """Give what Amazon sent; None where another program wrote something else there."""
        if not isinstance(self.payload, dict):
            return None
        status = self.payload.get("TransactionStatus", self.payload.get("transactionStatus"))
        return RawEvent(
            event_list=self.event_list,
            posted_at=self.created_at,
            status=None if status is None else str(status),
            payload=self.payload,
        )


_SEEN = (
    sa.exists()
    .where(_L.user_id == _C.user_id, _L.claim == _C.claim_id)
    .correlate(tables.amazon_claims)
)

_SELECT = (
    sa.select(
        _C.claim_id,
        _C.amount,
        sa.func.coalesce(_C.currency, _E.currency, "").label("currency"),
        _C.order_id,
        sa.func.coalesce(_C.created_at, _E.posted_at).label("created_at"),
        _C.mock_scenario,
        _C.id,
        _E.event_key,
        _E.event_list,
        _E.event_type,
        _E.id.label("event_id"),
        _E.amount.label("event_amount"),
        _E.order_id.label("event_order_id"),
        _E.currency.label("event_currency"),
        _E.payload,
        sa.func.coalesce(_E.is_mock, _C.is_mock, sa.false()).label("is_mock"),
        _E.synced_at,
        sa.or_(_SEEN, _C.hidden_reason.is_not(None)).label("is_done"),
    )
    .select_from(
        tables.amazon_claims.join(
            tables.financial_events,
            sa.and_(_E.user_id == _C.user_id, _E.claim_id == _C.claim_id),
        )
    )
    .where(_E.event_list != TRANSACTIONS_LIST)
)


class Stretch(NamedTuple):
    """Days, from the first to just before the last; None for no bound."""

    start: date | None
    end: date | None


def next_stretch(
    connection: sa.Connection, user_id: UserId, start: date | None, rows: int
) -> Stretch:
    """Give whole days from a first one on that hold at least so many rows, or the rest."""
    moments = sa.select(_C.created_at).where(_C.user_id == user_id, _C.created_at.is_not(None))
    if start is not None:
        moments = moments.where(_C.created_at >= _moment(start))
    last = connection.execute(moments.order_by(_C.created_at).offset(rows - 1).limit(1)).scalar()
    return Stretch(start, None if last is None else last.date() + _DAY)


def rows_of(
    connection: sa.Connection, user_id: UserId, stretch: Stretch, undated: Mapping[str, date]
) -> list[OldRow]:
    """Read the rows of some days; `undated` gives the days of claims that have no date."""
    start, end = stretch
    dated = _SELECT.where(_C.user_id == user_id, _C.created_at.is_not(None))
    if start is not None:
        dated = dated.where(_C.created_at >= _moment(start))
    if end is not None:
        dated = dated.where(_C.created_at < _moment(end))
    found = _read(connection, dated)
    names = [
        name
        for name, day in undated.items()
        if (start is None or day >= start) and (end is None or day < end)
    ]
    for first in range(0, len(names), _KEYS_AT_A_TIME):
        some = names[first : first + _KEYS_AT_A_TIME]
        found += _read(connection, _SELECT.where(_C.user_id == user_id, _C.claim_id.in_(some)))
    # Another program's row may share its claim with one of ours.
    return list({one.claim_id: one for one in found}.values())


def _read(connection: sa.Connection, select: sa.Select[Any]) -> list[OldRow]:
    return [OldRow(*row) for row in connection.execute(select)]


def _moment(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


class Undated(NamedTuple):
    """A claim without a date: what its day is looked for by.

    Attributes:
        content: hash of what its event says; None where that has none.
        stored_on: the last day that it can be from.
    """

    claim_id: str
    event_key: str
    content: str | None
    stored_on: date


def undated_of(
    connection: sa.Connection, user_id: UserId, after: str | None
) -> tuple[list[Undated], str | None]:
    """Read some of the claims without a date, by the ids of their rows.

    Returns also the last id, behind which the next ones are; None where there are no more.
    """
    select = _SELECT.where(_C.user_id == user_id, _C.created_at.is_(None))
    if after is not None:
        select = select.where(_C.id > after)
    rows = _read(connection, select.order_by(_C.id).limit(_UNDATED_AT_A_TIME))
    today = read_now(connection)
    found = [
        Undated(row.claim_id, row.event_key, _content(row), (row.synced_at or today).date())
        for row in rows
    ]
    return found, rows[-1].id if len(rows) == _UNDATED_AT_A_TIME else None


def _content(row: OldRow) -> str | None:
    event = row.event
    if event is None or row.event_list not in KNOWN_FIELDS:
        return None
    try:
        return content_hash(event)
    except (ArithmeticError, ValueError):  # another program's payload
        return None


def days_of(undated: Iterable[Undated], oldest: date) -> dict[str, date]:
    """Find the days of claims without a date, by their ids.

    `oldest`: the first day that any sync has read. A claim whose day cannot be found is left out.
    """
    by_content: defaultdict[str, list[Undated]] = defaultdict(list)
    for one in undated:
        if one.content is not None:
            by_content[one.content].append(one)
    found: dict[str, date] = {}
    for content, events in by_content.items():
        days = days_back(max(one.stored_on for one in events), oldest)
        by_key = days_of_keys(content, days, {one.event_key for one in events})
        for one in events:
            if one.event_key in by_key:
                found[one.claim_id] = by_key[one.event_key]
    return found
