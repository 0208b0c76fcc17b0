"""The rows of FBA stock: written from a page, read back to compare with it, and emptied."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from opside_desktop.domain.ids import UserId
from opside_desktop.domain.records import InventoryItem, Quantities
from opside_desktop.domain.syncs import SyncRun
from opside_desktop.store.database import Database
from opside_desktop.store.schema.tables import amazon_inventory
from opside_desktop.store.schema.types import row_uuid
from opside_desktop.store.writing.bulk import Row, Upsert

_C = amazon_inventory.c
_ITEMS = Upsert(
    amazon_inventory,
    ("user_id", "sku"),
    unless_null=("asin", "fnsku", "product_name", "condition", "warehouse_location"),
)
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


def put_items(
    connection: sa.Connection, run: SyncRun, items: Iterable[InventoryItem], now: datetime
) -> None:
    """Write items within a transaction; the quantities as they are, also unknown ones."""
    _ITEMS.run(connection, [_row(run, item, now) for item in items])


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


def _row(run: SyncRun, item: InventoryItem, now: datetime) -> Row:
    return [
        row_uuid(run.user_id, "amazon_inventory", item.sku),
        run.user_id,
        item.sku,
        item.asin,
        item.fnsku,
        item.product_name,
        item.quantity_available,
        item.quantity_reserved,
        item.quantity_inbound,
        item.quantity_total,
        item.condition,
        item.warehouse_location,
        now,
        run.is_mock,
        run.mock_scenario,
    ]
