"""Amazon's usage plans: how often each operation may be called, by account and app.

Source: Amazon's API models of August 2026 and its usage plan pages. The `x-amzn-RateLimit-Limit`
header of an answer corrects a rate; a burst is only ever known from here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Operation(StrEnum):
    """The operations this program calls, by Amazon's names."""

    LIST_TRANSACTIONS = "listTransactions"
    LIST_FINANCIAL_EVENTS = "listFinancialEvents"
    GET_INVENTORY_SUMMARIES = "getInventorySummaries"
    SEARCH_ORDERS = "searchOrders"
    GET_ORDERS = "getOrders"
    GET_ORDER_ITEMS = "getOrderItems"
    GET_MARKETPLACE_PARTICIPATIONS = "getMarketplaceParticipations"

    @property
    def words(self) -> str:
        """What it brings, for people, with Amazon's name of it for Amazon's support."""
        return f"{USAGE_PLANS[self].brings} ({self.value})"


@dataclass(frozen=True, slots=True)
class UsagePlan:
    """How often an operation may be called, what it brings, and who may call it.

    Attributes:
        rate: tokens that its bucket gains a second.
        burst: tokens that it can hold.
        brings: what is asked for, in words.
        roles: an app must hold one of them; any one suffices. By their names in Amazon's developer
            form (its role mappings and the guides of each API, 2026).
    """

    rate: float
    burst: int
    brings: str
    roles: tuple[str, ...]


_OF_ORDERS: Final = ("Inventory and Order Tracking", "Amazon Fulfillment", "Finance and Accounting")

USAGE_PLANS: Final[Mapping[Operation, UsagePlan]] = {
    Operation.LIST_TRANSACTIONS: UsagePlan(0.5, 10, "claims", ("Finance and Accounting",)),
    Operation.LIST_FINANCIAL_EVENTS: UsagePlan(0.5, 30, "claims", ("Finance and Accounting",)),
    Operation.GET_INVENTORY_SUMMARIES: UsagePlan(
        2.0, 2, "inventory", ("Amazon Fulfillment", "Product Listing")
    ),
    Operation.SEARCH_ORDERS: UsagePlan(0.0056, 20, "orders", _OF_ORDERS),
    Operation.GET_ORDERS: UsagePlan(0.0167, 20, "orders", _OF_ORDERS),
    Operation.GET_ORDER_ITEMS: UsagePlan(0.5, 30, "the items of an order", _OF_ORDERS),
    Operation.GET_MARKETPLACE_PARTICIPATIONS: UsagePlan(
        0.016,
        15,
        "the seller's marketplaces",
        ("Selling Partner Insights", "Finance and Accounting"),
    ),
}

SHARE: Final = 0.98
"""The part of Amazon's rate that is used: slack for clocks that run unevenly."""


def role_words(operation: Operation) -> str:
    """Name the roles that allow an operation: `the role “A”`, `one of the roles “A” or “B”`."""
    names = [f"“{name}”" for name in USAGE_PLANS[operation].roles]
    if len(names) == 1:
        return f"the role {names[0]}"
    return f"one of the roles {', '.join(names[:-1])} or {names[-1]}"
