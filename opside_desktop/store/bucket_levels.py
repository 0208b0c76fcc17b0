"""The last known levels of Amazon's token buckets, so that a restart does not overdraw them."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from opside_desktop.domain.ids import UserId
from opside_desktop.domain.pacing import SavedLevel
from opside_desktop.store.database import Database
from opside_desktop.store.schema.tables import rate_buckets
from opside_desktop.store.writing.bulk import Upsert

_C = rate_buckets.c
_UPSERT = Upsert(rate_buckets)


async def load_levels(db: Database, user_id: UserId, base_url: str) -> dict[str, SavedLevel]:
    """Read the levels of one account at one base URL, by operation."""

    def read(connection: sa.Connection) -> dict[str, SavedLevel]:
        rows = connection.execute(
            sa.select(rate_buckets).where(_C.user_id == user_id, _C.base_url == base_url)
        )
        return {
            row.operation: SavedLevel(level=row.level, rate=row.rate, at=row.measured_at)
            for row in rows
        }

    return await db.read(read)


async def save_levels(
    db: Database, user_id: UserId, base_url: str, levels: Mapping[str, SavedLevel]
) -> None:
    """Store levels; operations not among them keep theirs."""
    if levels:
        values: dict[str, list[Any]] = {
            "user_id": [user_id] * len(levels),
            "base_url": [base_url] * len(levels),
            "operation": [str(operation) for operation in levels],
            "level": [one.level for one in levels.values()],
            "rate": [one.rate for one in levels.values()],
            "measured_at": [one.at for one in levels.values()],
        }
        await db.write(lambda connection: _UPSERT.run(connection, values))
