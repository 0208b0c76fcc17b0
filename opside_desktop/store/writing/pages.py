"""Writing a sync's pages of inventory and orders: rows, checkpoint and counts in one transaction.

Rows are upserted by their keys, so writing a page twice changes nothing but `synced_at`.
"""

from collections.abc import Collection, Sequence
from typing import Unpack

import sqlalchemy as sa

from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.records import InventoryItem, Order
from opside_desktop.domain.syncs import SyncRun
from opside_desktop.store.database import Database
from opside_desktop.store.runs.sync_runs import owned_row, save
from opside_desktop.store.writing import checkpoints, read_spans
from opside_desktop.store.writing.checkpoints import Checkpoint
from opside_desktop.store.writing.inventory_rows import ITEMS, empty_stock
from opside_desktop.store.writing.order_rows import put_orders
from opside_desktop.store.writing.page_write import PageProgress, PageWrite, RunEnded
from opside_desktop.store.writing.read_spans import ReadSpan


async def write_inventory_page(
    db: Database, run: SyncRun, items: Sequence[InventoryItem], **progress: Unpack[PageProgress]
) -> int:
    """Store inventory items and a checkpoint.

    What names an item is kept where the new one does not tell it. Returns how many counted.

    Raises:
        RunEnded: the sync is no longer this program's.
    """
    by_sku = {item.sku: item for item in items}
    page = PageWrite(run, Dataset.INVENTORY, keys=list(by_sku), **progress)

    def write(connection: sa.Connection) -> int:
        with page.written(connection) as now:
            page.look_up(connection)
            ITEMS.put(connection, run, by_sku.values(), now)
        return page.counted

    return await db.write(write)


async def write_orders_page(
    db: Database, run: SyncRun, orders: Sequence[Order], **progress: Unpack[PageProgress]
) -> int:
    """Store orders with their lines, and a checkpoint; see `write_inventory_page`.

    Of several versions of an order, here and in the database, the newest wins; see `merged`.
    Returns how many orders counted.
    """
    keys = list(dict.fromkeys(order.order_id for order in orders))
    page = PageWrite(run, Dataset.ORDERS, keys=keys, **progress)

    def write(connection: sa.Connection) -> int:
        with page.written(connection) as now:
            put_orders(connection, run, orders, page.look_up(connection), now)
        return page.counted

    return await db.write(write)


async def keep_checkpoint(db: Database, run: SyncRun, checkpoint: Checkpoint) -> None:
    """Store a checkpoint without a page.

    Raises:
        RunEnded: the sync is no longer this program's.
    """

    def write(connection: sa.Connection) -> None:
        row = owned_row(connection, run)
        if row is None:
            raise RunEnded
        checkpoints.put(connection, run.user_id, checkpoint, row.db_now)
        save(connection, row, {})

    await db.write(write)


async def finish_dataset(
    db: Database,
    run: SyncRun,
    dataset: Dataset,
    *,
    cursor: Checkpoint,
    stock_gone: Collection[str] = (),
    read: Collection[ReadSpan] = (),
) -> None:
    """Drop the checkpoints of a dataset's windows and keep the cursor, in one transaction.

    `stock_gone`: SKUs of which Amazon holds nothing any more. They stay, with quantities 0. `read`:
    what was read whole.

    Raises:
        RunEnded: the sync is no longer this program's.
    """

    def write(connection: sa.Connection) -> None:
        row = owned_row(connection, run)
        if row is None:
            raise RunEnded
        empty_stock(connection, run.user_id, stock_gone, row.db_now)
        checkpoints.drop(connection, run.user_id, dataset)
        checkpoints.put(connection, run.user_id, cursor, row.db_now)
        read_spans.put(connection, run.user_id, dataset, read)
        save(connection, row, {})

    await db.write(write)
