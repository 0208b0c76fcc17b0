"""Claims whose money Amazon holds back still."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from opside_desktop.domain.claim_types import ClaimStatus
from opside_desktop.domain.ids import UserId
from opside_desktop.store.database import Database
from opside_desktop.store.schema.tables import amazon_claims

_C = amazon_claims.c


@dataclass(frozen=True, slots=True)
class OpenDeferral:
    """A claim that Amazon defers: when it was posted, and when it is to be released, if told."""

    claim_id: str
    order_id: str | None
    posted_at: datetime
    matures_at: datetime | None


async def open_deferrals(db: Database, user_id: UserId, *, is_mock: bool) -> list[OpenDeferral]:
    """Read a user's open deferrals, the oldest first."""

    def read(connection: sa.Connection) -> list[OpenDeferral]:
        select = sa.select(_C.claim_id, _C.order_id, _C.created_at, _C.matures_at).where(
            _C.user_id == user_id,
            _C.status == ClaimStatus.PENDING.value,
            _C.is_mock == is_mock,
            _C.hidden_reason.is_(None),
            _C.created_at.is_not(None),
        )
        rows = connection.execute(select.order_by(_C.created_at, _C.claim_id))
        return [OpenDeferral(*row) for row in rows]

    return await db.read(read)
