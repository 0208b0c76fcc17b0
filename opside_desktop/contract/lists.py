"""Pages of lists."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar, Final, TypeVar

from opside_desktop.contract.rows import Claim, InventoryItem, Order, WireRow
from opside_desktop.contract.syncs import Sync, sync_of
from opside_desktop.contract.wire import Outcome, Wire
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.syncs import SyncRun


class Pagination(Wire):
    """Where a page of a list lies."""

    total: int
    limit: int
    offset: int
    has_more: bool
    next_cursor: str | None


class Rows(Outcome):
    """A page of a dataset's rows, which stand under its name."""

    dataset: ClassVar[Dataset]


class Claims(Rows):
    """A page of claims."""

    dataset = Dataset.CLAIMS
    claims: list[Claim]
    pagination: Pagination


class Inventory(Rows):
    """A page of inventory."""

    dataset = Dataset.INVENTORY
    inventory: list[InventoryItem]
    pagination: Pagination


class Orders(Rows):
    """A page of orders."""

    dataset = Dataset.ORDERS
    orders: list[Order]
    pagination: Pagination


class History(Outcome):
    """A page of past syncs."""

    syncs: list[Sync]
    pagination: Pagination


R = TypeVar("R", bound=Rows)

ROWS_OF: Final[Mapping[Dataset, type[Rows]]] = MappingProxyType(
    {one.dataset: one for one in (Claims, Inventory, Orders)}
)


def page_of(
    answer: type[R],
    rows: Sequence[WireRow],
    *,
    total: int,
    limit: int,
    offset: int,
    next_cursor: str | None,
) -> R:
    """Build a page of rows; behind one without a cursor there is nothing."""
    place = _pagination(total, limit, offset, next_cursor)
    return answer(success=True, **{answer.dataset.value: rows, "pagination": place})


def history_of(runs: Sequence[SyncRun], *, total: int, limit: int, offset: int) -> History:
    """Build a page of past syncs; its cursor says how many lie behind it."""
    left = total - offset - len(runs)
    place = _pagination(total, limit, offset, str(left) if runs and left > 0 else None)
    return History(success=True, syncs=[sync_of(run) for run in runs], pagination=place)


def _pagination(total: int, limit: int, offset: int, cursor: str | None) -> Pagination:
    has_more = cursor is not None
    return Pagination(
        total=total, limit=limit, offset=offset, has_more=has_more, next_cursor=cursor
    )
