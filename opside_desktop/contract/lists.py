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


def pagination(*, total: int, limit: int, offset: int, next_cursor: str | None) -> Pagination:
    """Tell where a page lies; behind one without a cursor there is nothing."""
    return Pagination(
        total=total,
        limit=limit,
        offset=offset,
        has_more=next_cursor is not None,
        next_cursor=next_cursor,
    )


R = TypeVar("R", bound=Rows)

ROWS_OF: Final[Mapping[Dataset, type[Rows]]] = MappingProxyType(
    {one.dataset: one for one in (Claims, Inventory, Orders)}
)


def page_of(answer: type[R], rows: Sequence[WireRow], paging: Pagination) -> R:
    """Build a page of rows."""
    return answer(success=True, **{answer.dataset.value: rows, "pagination": paging})


def history_of(runs: Sequence[SyncRun], paging: Pagination) -> History:
    """Build a page of past syncs."""
    return History(success=True, syncs=[sync_of(run) for run in runs], pagination=paging)
