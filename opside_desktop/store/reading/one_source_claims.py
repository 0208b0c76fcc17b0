"""Claims that only one of Amazon's two sources has told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal

import sqlalchemy as sa

from opside_desktop.domain.claim_types import ClaimStatus
from opside_desktop.domain.ids import UserId
from opside_desktop.domain.sources import ClaimsSource
from opside_desktop.store.database import Database
from opside_desktop.store.schema.tables import amazon_claims, event_claims, event_sightings

_C, _E, _S = amazon_claims.c, event_claims.c, event_sightings.c


@dataclass(frozen=True, slots=True)
class OneSourceClaim:
    """A claim that one source has told, and when it was posted."""

    source: ClaimsSource
    posted_at: datetime
    currency: str
    amount: Decimal


async def one_source_claims(
    db: Database, user_id: UserId, start: datetime, end: datetime, *, is_mock: bool
) -> Sequence[OneSourceClaim]:
    """Read them, as far as they were posted in a stretch of time; open deferrals aside."""
    told, other = event_sightings, event_sightings.alias()
    of_claim = event_claims.alias()
    told_by_other = sa.exists().where(
        of_claim.c.user_id == _E.user_id,
        of_claim.c.claim == _E.claim,
        other.c.user_id == of_claim.c.user_id,
        other.c.id == of_claim.c.sighting,
        other.c.source != _S.source,
    )
    select = (
        sa.select(_C.claim_id, _S.source, _S.posted_day, _C.created_at, _C.currency, _C.amount)
        .select_from(told)
        .join(event_claims, (_E.user_id == _S.user_id) & (_E.sighting == _S.id))
        .join(amazon_claims, (_C.user_id == _E.user_id) & (_C.claim_id == _E.claim))
        .where(
            _S.user_id == user_id,
            _S.is_mock == is_mock,
            _S.posted_day.between(start.date(), end.date()),
            _C.status != ClaimStatus.PENDING.value,
            _C.hidden_reason.is_(None),
            ~told_by_other,
        )
    )

    def read(connection: sa.Connection) -> list[OneSourceClaim]:
        found = {
            row.claim_id: OneSourceClaim(
                ClaimsSource(row.source),
                row.created_at or datetime.combine(row.posted_day, time(), UTC),
                row.currency,
                row.amount,
            )
            for row in connection.execute(select)
        }
        return [one for one in found.values() if start <= one.posted_at < end]

    return await db.read(read)
