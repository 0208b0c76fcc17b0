"""The operations of Amazon's interface that the simulator offers, with their usage plans."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from opside_desktop.simulator import (
    finances,
    inventory,
    orders_2026,
    orders_v0,
    sellers,
    transactions,
)
from opside_desktop.simulator.answers import Answer, ApiError
from opside_desktop.simulator.call import Call
from opside_desktop.simulator.event_log import EventLog
from opside_desktop.simulator.order_book import OrderBook
from opside_desktop.simulator.paging import TokenSeal
from opside_desktop.simulator.seller import Seller
from opside_desktop.simulator.usage_plans import UsagePlan


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the API.

    Attributes:
        dataset: what `denied` calls it; None for operations that are never denied.
        own_name: what `denied` calls it alone, if it can be denied alone.
        token: the parameter that carries a page token, if the operation has pages.
        dead_token: the operation's own refusal of a page token.
        outages: faults of its own in a scenario with issues, by number of the request.
    """

    name: str
    path: re.Pattern[str]
    plan: UsagePlan
    dataset: str | None
    handle: Callable[[Call], Answer]
    token: str | None = None
    dead_token: Callable[[], ApiError] | None = None
    own_name: str | None = None
    outages: Mapping[int, str] = field(default_factory=dict)


def operations_of(
    seller: Seller, log: EventLog, book: OrderBook, stock: inventory.Inventory, seal: TokenSeal
) -> tuple[Operation, ...]:
    """What the simulator offers, with Amazon's default usage plans.

    In a scenario with issues the second and third request to a list fail. They are throttled only
    where the plan gives the next token within seconds.
    """
    old, new = orders_v0.OrdersV0(book, seal), orders_2026.Orders2026(book, seal)
    money = finances.Finances(log, seal)
    order = "(?P<id>[^/]+)"
    return (
        Operation(
            "getMarketplaceParticipations",
            re.compile("/sellers/v1/marketplaceParticipations"),
            UsagePlan(0.016, 15),
            None,
            sellers.get_marketplace_participations,
        ),
        Operation(
            "listFinancialEvents",
            re.compile("/finances/v0/financialEvents"),
            UsagePlan(0.5, 30),
            "finances",
            money.list_financial_events,
            "NextToken",
            finances.dead_token,
            outages={2: "429", 3: "503"},
        ),
        Operation(
            "listTransactions",
            re.compile("/finances/2024-06-19/transactions"),
            UsagePlan(0.5, 10),
            "finances",
            transactions.Transactions(seller, log, seal).list_transactions,
            "nextToken",
            transactions.dead_token,
            "transactions",
            {2: "429", 3: "500"},
        ),
        Operation(
            "getInventorySummaries",
            re.compile("/fba/inventory/v1/summaries"),
            UsagePlan(2, 2),
            "inventory",
            stock.get_inventory_summaries,
            "nextToken",
            inventory.dead_token,
            outages={2: "503", 3: "429"},
        ),
        Operation(
            "getOrders",
            re.compile("/orders/v0/orders"),
            UsagePlan(0.0167, 20),
            "orders",
            old.get_orders,
            "NextToken",
            orders_v0.dead_token,
            outages={2: "503", 3: "500"},
        ),
        Operation(
            "getOrder",
            re.compile(f"/orders/v0/orders/{order}"),
            UsagePlan(0.5, 30),
            "orders",
            old.get_order,
        ),
        Operation(
            "getOrderItems",
            re.compile(f"/orders/v0/orders/{order}/orderItems"),
            UsagePlan(0.5, 30),
            "orders",
            old.get_order_items,
            "NextToken",
            orders_v0.dead_token,
            outages={2: "500", 3: "429"},
        ),
        Operation(
            "searchOrders",
            re.compile("/orders/2026-01-01/orders"),
            UsagePlan(0.0056, 20),
            "orders",
            new.search_orders,
            "paginationToken",
            orders_2026.dead_token,
            "searchOrders",
            {2: "500", 3: "503"},
        ),
        Operation(
            "getOrder2026",
            re.compile(f"/orders/2026-01-01/orders/{order}"),
            UsagePlan(0.5, 30),
            "orders",
            new.get_order,
        ),
    )
