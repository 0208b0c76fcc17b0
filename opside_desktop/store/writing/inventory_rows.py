"""The rows of FBA stock: written from a page, read back to compare with it, and emptied."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from opside_desktop.domain.fields import FieldKind, fields_of
from opside_desktop.domain.ids import UserId
from opside_desktop.domain.records import InventoryItem, Quantities
from opside_desktop.store.database import Database
from opside_desktop.store.schema.tables import amazon_inventory
from opside_desktop.store.writing.bulk import RecordRows

_C = amazon_inventory.c
ITEMS = RecordRows(
    amazon_inventory,
    InventoryItem,
    unless_null=[one.name for one in fields_of(InventoryItem) if one.kind is not FieldKind.INTEGER],
)
"""What is told of an item stays where nothing is; quantities are written also if unknown."""

QUANTITY_FIELDS = tuple(f"quantity_{name}" for name in Quantities._fields)
"""The fields of an item that hold its `Quantities`, in their order."""

_QUANTITIES = tuple(_C[name] for name in QUANTITY_FIELDS)


@dataclass(frozen=True, slots=True)
class StoredStock:
    """What is stored of one SKU.

    Attributes:
        is_recent: whether the last complete copying wrote it.
        written_at: when it was written last, by the database's clock.
    """

    quantities: Quantities
    is_recent: bool = False
    written_at: datetime | None = None

    @property
    def has_stock(self) -> bool:
        """Whether something is there, or may be; of a row of version 0.1 the total tells it."""
        *older, unfulfillable, researching = self.quantities
        return any(one != 0 for one in older) or bool(unfulfillable or researching)


async def stored_stock(
    db: Database, user_id: UserId, last: datetime | None
) -> dict[str, StoredStock]:
    """Read what is stored of each SKU.

    Args:
        last: when the last complete copying began, by the database's clock.
    """
    is_recent = _C.synced_at >= last if last else sa.false()

    def read(connection: sa.Connection) -> dict[str, StoredStock]:
        columns = (_C.sku, is_recent, _C.synced_at, *_QUANTITIES)
        select = sa.select(*columns).where(_C.user_id == user_id)
        return {
            sku: StoredStock(Quantities(*quantities), bool(recent), written_at)
            for sku, recent, written_at, *quantities in connection.execute(select)
        }

    return await db.read(read)


def empty_stock(
    connection: sa.Connection, user_id: UserId, skus: Collection[str], now: datetime
) -> None:
    """Set the quantities of SKUs to 0, within a transaction; Amazon says nothing of them now."""
    if skus:
        connection.execute(
            amazon_inventory.update()
            .where(_C.user_id == user_id, _C.sku == sa.bindparam("gone"))
            .values(**{column.name: 0 for column in _QUANTITIES}, payload=None, synced_at=now),
            [{"gone": sku} for sku in skus],
        )
