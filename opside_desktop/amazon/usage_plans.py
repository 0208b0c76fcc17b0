"""Amazon's usage plans: how often each operation may be called, by account and app.

Source: Amazon's API models of August 2026 and its usage plan pages. The `x-amzn-RateLimit-Limit`
header of an answer corrects a rate; a burst is only ever known from here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Operation(StrEnum):
    """The operations this program calls, by Amazon's names."""

    LIST_FINANCIAL_EVENTS = "listFinancialEvents"
    GET_INVENTORY_SUMMARIES = "getInventorySummaries"
    SEARCH_ORDERS = "searchOrders"
    GET_ORDERS = "getOrders"
    GET_ORDER_ITEMS = "getOrderItems"
    GET_MARKETPLACE_PARTICIPATIONS = "getMarketplaceParticipations"

    @property
    def words(self) -> str:
        """What it brings, for people, with Amazon's name of it for Amazon's support."""
        return f"{_BRINGS[self]} ({self.value})"


_BRINGS: Mapping[Operation, str] = MappingProxyType(
    {
        Operation.LIST_FINANCIAL_EVENTS: "claims",
        Operation.GET_INVENTORY_SUMMARIES: "inventory",
        Operation.SEARCH_ORDERS: "orders",
        Operation.GET_ORDERS: "orders",
        Operation.GET_ORDER_ITEMS: "the items of an order",
        Operation.GET_MARKETPLACE_PARTICIPATIONS: "the seller's marketplaces",
    }
)


@dataclass(frozen=True, slots=True)
class UsagePlan:
    """A token bucket's measures: tokens gained a second, and tokens it can hold."""

    rate: float
    burst: int


USAGE_PLANS: Mapping[Operation, UsagePlan] = MappingProxyType(
    {
        Operation.LIST_FINANCIAL_EVENTS: UsagePlan(rate=0.5, burst=30),
        Operation.GET_INVENTORY_SUMMARIES: UsagePlan(rate=2.0, burst=2),
        Operation.SEARCH_ORDERS: UsagePlan(rate=0.0056, burst=20),
        Operation.GET_ORDERS: UsagePlan(rate=0.0167, burst=20),
        Operation.GET_ORDER_ITEMS: UsagePlan(rate=0.5, burst=30),
        Operation.GET_MARKETPLACE_PARTICIPATIONS: UsagePlan(rate=0.016, burst=15),
    }
)

SHARE = 0.98
"""The part of Amazon's rate that is used: slack for clocks that run unevenly."""

_OF_ORDERS = ("Inventory and Order Tracking", "Amazon Fulfillment", "Finance and Accounting")

ROLES: Mapping[Operation, tuple[str, ...]] = MappingProxyType(
    {
        Operation.LIST_FINANCIAL_EVENTS: ("Finance and Accounting",),
        Operation.GET_INVENTORY_SUMMARIES: ("Amazon Fulfillment", "Product Listing"),
        Operation.SEARCH_ORDERS: _OF_ORDERS,
        Operation.GET_ORDERS: _OF_ORDERS,
        Operation.GET_ORDER_ITEMS: _OF_ORDERS,
        Operation.GET_MARKETPLACE_PARTICIPATIONS: (
            "Selling Partner Insights",
            "Finance and Accounting",
        ),
    }
)
"""The roles of which an app must hold one for each operation; any one suffices.

By their names in Amazon's developer form (its role mappings and the guides of each API, 2026).
"""


def role_words(operation: Operation) -> str:
    """Name the roles that allow an operation: `the role “A”`, `one of the roles “A” or “B”`."""
    names = [f"“{name}”" for name in ROLES[operation]]
    if len(names) == 1:
        return f"the role {names[0]}"
    return f"one of the roles {', '.join(names[:-1])} or {names[-1]}"
