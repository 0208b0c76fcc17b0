"""The rows of FBA stock: written from a page, read back to compare with it, and emptied."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from opside_desktop.domain.fields import fields_of
from opside_desktop.domain.ids import UserId
from opside_desktop.domain.records import InventoryItem, Quantities
from opside_desktop.store.database import Database
from opside_desktop.store.schema.tables import amazon_inventory
from opside_desktop.store.writing.bulk import RecordRows

_C = amazon_inventory.c
ITEMS = RecordRows(
    amazon_inventory,
    InventoryItem,
    unless_null=[one.name for one in fields_of(InventoryItem) if one.kind.is_text],
)
"""What names an item stays where it is not told; quantities are written also if unknown."""

_QUANTITIES = tuple(_C[f"quantity_{name}"] for name in Quantities._fields)


@dataclass(frozen=True, slots=True)
class StoredStock:
    """What is stored of one SKU. `is_recent`: whether the last complete copying wrote it."""

    quantities: Quantities
    is_recent: bool = False

    @property
    def has_stock(self) -> bool:
        """Whether something is there, or may be."""
        return any(quantity != 0 for quantity in self.quantities)


async def stored_stock(
    db: Database, user_id: UserId, last: datetime | None
) -> dict[str, StoredStock]:
    """Read what is stored of each SKU.

    Args:
        last: when the last complete copying began, by the database's clock.
    """
    is_recent = _C.synced_at >= last if last else sa.false()

    def read(connection: sa.Connection) -> dict[str, StoredStock]:
        select = sa.select(_C.sku, is_recent, *_QUANTITIES).where(_C.user_id == user_id)
        return {
            sku: StoredStock(Quantities(*quantities), bool(recent))
            for sku, recent, *quantities in connection.execute(select)
        }

    return await db.read(read)


def empty_stock(
    connection: sa.Connection, user_id: UserId, skus: Collection[str], now: datetime
) -> None:
    """Set the quantities of SKUs to 0, within a transaction."""
    if skus:
        connection.execute(
            amazon_inventory.update()
            .where(_C.user_id == user_id, _C.sku == sa.bindparam("gone"))
            .values(**{column.name: 0 for column in _QUANTITIES}, synced_at=now),
            [{"gone": sku} for sku in skus],
        )
