"""Lists as the terminal and the HTTP API read them."""

from opside_desktop.contract.rows import WireRow
from opside_desktop.store.database import Database
from opside_desktop.store.reading.cursors import list_page
from opside_desktop.store.reading.queries import RowQuery
from opside_desktop.store.reading.rows import count


async def list_rows(
    db: Database, query: RowQuery, limit: int, offset: int = 0
) -> tuple[list[WireRow], int]:
    """Some rows of a query, and how many there are in all."""
    page = await list_page(db, query, limit, offset=offset)
    return page.rows, await count(db, query)
