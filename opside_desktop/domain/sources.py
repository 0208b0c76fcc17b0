"""Where the rows of a dataset come from: the words that are stored, and sent as JSON."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from opside_desktop.domain.datasets import Dataset


class ClaimsSource(StrEnum):
    """Amazon's two ways to financial events, the better one first.

    TRANSACTIONS is `listTransactions` (Finances 2024-06-19), EVENTS_V0 `listFinancialEvents`
    (Finances v0, which Amazon ends on 27 August 2027).
    """

    TRANSACTIONS = "transactions"
    EVENTS_V0 = "events-v0"

    @property
    def other(self) -> "ClaimsSource":
        """The other of the two."""
        return ClaimsSource.EVENTS_V0 if self is ClaimsSource.TRANSACTIONS else self.TRANSACTIONS


TRANSACTIONS_LIST: Final = "transactions"
"""The `event_list` of every transaction; v0's events have that of their list."""


class OrdersSourceName(StrEnum):
    """Amazon's two ways to orders, the better one first.

    ORDERS_2026 is `searchOrders` (2026-01-01), ORDERS_V0 `getOrders` with `getOrderItems` (Orders
    v0, which Amazon ends on 27 March 2027).
    """

    ORDERS_2026 = "orders-2026"
    ORDERS_V0 = "orders-v0"


INVENTORY_V1: Final = "inventory-v1"
"""`getInventorySummaries`, the only way to stock."""

SOURCES: Final[Mapping[Dataset, tuple[str, ...]]] = {
    Dataset.CLAIMS: tuple(ClaimsSource),
    Dataset.INVENTORY: (INVENTORY_V1,),
    Dataset.ORDERS: tuple(OrdersSourceName),
}
"""The sources of each dataset, the best first."""


def joined_sources(known: str | None, more: str | None) -> str | None:
    """Name several sources in one word, each once, in the order in which they were read."""
    names = [name for one in (known, more) if one for name in one.split("+")]
    return "+".join(dict.fromkeys(names)) or None
