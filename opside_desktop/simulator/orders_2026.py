"""Orders 2026-01-01: searchOrders and getOrder, with the items inside."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from opside_desktop.simulator.answers import Answer, ApiError, encode, invalid_input
from opside_desktop.simulator.call import Call
from opside_desktop.simulator.order_book import OrderBook, Position, read_window
from opside_desktop.simulator.orders import CANCELED, Order, OrderLine
from opside_desktop.simulator.orders_v0 import amount, find_order
from opside_desktop.simulator.paging import PageToken, TokenSeal
from opside_desktop.simulator.times import DAY, iso_ms

STATUSES = {
    "PENDING_AVAILABILITY": "PendingAvailability",
    "PENDING": "Pending",
    "UNSHIPPED": "Unshipped",
    "PARTIALLY_SHIPPED": "PartiallyShipped",
    "SHIPPED": "Shipped",
    "CANCELLED": "Canceled",
    "UNFULFILLABLE": "Unfulfillable",
}
_STATUS_OF = {v0: status for status, v0 in STATUSES.items()}
DATA_SETS = (
    "BUYER",
    "RECIPIENT",
    "PROCEEDS",
    "EXPENSE",
    "PROMOTION",
    "CANCELLATION",
    "FULFILLMENT",
    "PACKAGES",
    "TAX",
    "PAYMENT",
    "FULFILLMENT_ORDERS",
)
_SERVICE_LEVELS = {
    "Standard": "STANDARD",
    "Expedited": "EXPEDITED",
    "SecondDay": "SECOND_DAY",
    "NextDay": "NEXT_DAY",
}
_TOKEN_LIFE = DAY
# A later page repeats all of these exactly; only page size and data sets may change.
_FILTERS = (
    "createdAfter",
    "createdBefore",
    "lastUpdatedAfter",
    "lastUpdatedBefore",
    "fulfillmentStatuses",
    "marketplaceIds",
    "fulfilledBy",
)


def dead_token() -> ApiError:
    """The refusal of a token that is broken, foreign, too old or sent with other parameters."""
    return invalid_input(
        "The paginationToken you have submitted is not valid. All parameters must match the "
        "original request except for maxResultsPerPage and includedData."
    )


@dataclass(slots=True)
class Orders2026:
    """The two operations."""

    book: OrderBook
    seal: TokenSeal

    def search_orders(self, call: Call) -> Answer:
        """GET /orders/2026-01-01/orders."""
        filters = {name: call.parameters[name] for name in _FILTERS if name in call.parameters}
        token = self._token(call, filters)
        # A token's window was checked when it was new, by the clock of that moment.
        window = read_window(
            call if token is None else Call(filters, "", token.issued), "created", "lastUpdated"
        )
        position: Position = ()
        if token is not None:
            window = replace(window, before=token.upper)
            position = token.after
        size = call.page_size("maxResultsPerPage", 100)
        data = call.one_of("includedData", DATA_SETS)
        statuses = [STATUSES[s] for s in call.one_of("fulfillmentStatuses", STATUSES)]
        parties = call.one_of("fulfilledBy", ("AMAZON", "MERCHANT"))
        marketplaces = call.marketplaces("marketplaceIds")

        def wanted(order: Order) -> bool:
            return (
                (not marketplaces or order.marketplace.id in marketplaces)
                and (not statuses or order.status in statuses)
                and (not parties or ("AMAZON" if order.by_amazon else "MERCHANT") in parties)
            )

        if call.withhold:
            orders, more = [], True
        else:
            older = self.book.older_version(wanted) if call.shows_old_version and size > 1 else None
            found, more = self.book.page(window, position, size - bool(older), wanted)
            if found:
                position = window.position(found[-1])
            orders = [order_2026(order, data) for order in (*([older] if older else []), *found)]
        wire: dict[str, Any] = {"orders": orders}
        if more:
            next_token = self.seal.seal(
                PageToken("searchOrders", call.now, filters, window.before, position)
            )
            wire["pagination"] = {"nextToken": next_token}
        echo = "createdBefore" if window.sort_by == "placed" else "lastUpdatedBefore"
        wire[echo] = iso_ms(int(window.before))
        return Answer(200, encode(wire), when_served=self.book.page_served)

    def get_order(self, call: Call) -> Answer:
        """GET /orders/2026-01-01/orders/{orderId}."""
        data = call.one_of("includedData", DATA_SETS)
        return Answer(200, encode({"order": order_2026(find_order(self.book, call), data)}))

    def _token(self, call: Call, filters: dict[str, str]) -> PageToken | None:
        text = call.text("paginationToken")
        if text is None:
            return None
        token = self.seal.open_page(text, "searchOrders")
        if token is None or call.now > token.issued + _TOKEN_LIFE or filters != token.parameters:
            raise dead_token()
        return token


def order_2026(order: Order, data: Collection[str]) -> dict[str, Any]:
    """An order with its items and the data sets asked for, without anything about the buyer."""
    programs = [
        name
        for name, given in (("PRIME", order.prime), ("AMAZON_BUSINESS", order.business))
        if given
    ]
    if order.status == "PendingAvailability":
        programs.append("PREORDER")
    wire: dict[str, Any] = {
        "orderId": order.order_id,
        "orderAliases": [{"aliasId": order.order_id, "aliasType": "SELLER_ORDER_ID"}],
        "createdTime": iso_ms(order.placed),
        "lastUpdatedTime": iso_ms(order.updated),
        "programs": programs,
        "salesChannel": {
            "channelName": "AMAZON",
            "marketplaceId": order.marketplace.id,
            "marketplaceName": order.marketplace.name,
        },
        "orderItems": [_item(order, line, data) for line in order.lines],
    }
    if order.replaces is not None:
        wire["associatedOrders"] = [
            {"orderId": order.replaces, "associationType": "REPLACEMENT_ORIGINAL_ID"}
        ]
    if "PROCEEDS" in data and order.priced:
        wire["proceeds"] = {
            "grandTotal": _money(order, order.total),
            "breakdowns": [
                {"type": kind, "subtotal": _money(order, subtotal)}
                for kind, subtotal in (
                    ("ITEM", sum(line.price for line in order.lines)),
                    ("SHIPPING", sum(line.shipping for line in order.lines)),
                    ("TAX", sum(line.tax + line.shipping_tax for line in order.lines)),
                    ("DISCOUNT", -sum(line.discount for line in order.lines)),
                )
                if subtotal or kind == "ITEM"
            ],
        }
    if "FULFILLMENT" in data:
        latest = min(order.updated, order.placed + 2 * DAY)
        wire["fulfillment"] = {
            "fulfillmentStatus": _STATUS_OF[order.status],
            "fulfilledBy": "AMAZON" if order.by_amazon else "MERCHANT",
            "fulfillmentServiceLevel": _SERVICE_LEVELS[order.service_level],
            "shipByWindow": {
                "earliestDateTime": iso_ms(order.placed),
                "latestDateTime": iso_ms(latest),
            },
        }
    if "PACKAGES" in data and order.posted is not None:
        wire["packages"] = [
            {
                "packageReferenceId": "1",
                "createdTime": iso_ms(order.posted),
                "packageStatus": {"status": "SHIPPED"},
                "packageItems": [
                    {"orderItemId": line.item_id, "quantity": line.shipped}
                    for line in order.lines
                    if line.shipped
                ],
            }
        ]
    return wire


def _money(order: Order, hundredths: int) -> dict[str, str]:
    return {"currencyCode": order.marketplace.currency, "amount": amount(hundredths)}


def _item(order: Order, line: OrderLine, data: Collection[str]) -> dict[str, Any]:
    product: dict[str, Any] = {
        "asin": line.product.asin,
        "title": line.product.title,
        "sellerSku": line.product.sku,
        "condition": {"conditionType": "NEW", "conditionSubtype": "NEW"},
    }
    if order.priced:
        product["price"] = {"unitPrice": _money(order, line.price // line.quantity)}
    wire: dict[str, Any] = {
        "orderItemId": line.item_id,
        "quantityOrdered": line.quantity,
        "programs": [],
        "product": product,
    }
    if "PROCEEDS" in data and order.priced:
        wire["proceeds"] = {
            "proceedsTotal": _money(order, line.total),
            "breakdowns": _breakdowns(order, line),
        }
    if "PROMOTION" in data and line.discount:
        wire["promotion"] = {"breakdowns": [{"promotionId": "SAVE10"}]}
    if "CANCELLATION" in data and order.status == CANCELED:
        wire["cancellation"] = {
            "cancellationExecution": {"cancelledBy": "BUYER", "cancelReason": "No longer needed"}
        }
    if "FULFILLMENT" in data:
        wire["fulfillment"] = {
            "quantityFulfilled": line.shipped,
            "quantityUnfulfilled": line.quantity - line.shipped,
        }
    return wire


def _breakdowns(order: Order, line: OrderLine) -> list[dict[str, Any]]:
    breakdowns: list[dict[str, Any]] = [{"type": "ITEM", "subtotal": _money(order, line.price)}]
    if line.shipping:
        breakdowns.append({"type": "SHIPPING", "subtotal": _money(order, line.shipping)})
    if line.tax or line.shipping_tax:
        parts = (("ITEM", line.tax), ("SHIPPING", line.shipping_tax))
        breakdowns.append(
            {
                "type": "TAX",
                "subtotal": _money(order, line.tax + line.shipping_tax),
                "detailedBreakdowns": [
                    {"subtype": subtype, "value": _money(order, tax)}
                    for subtype, tax in parts
                    if tax
                ],
            }
        )
    if line.discount:
        breakdowns.append(
            {
                "type": "DISCOUNT",
                "subtotal": _money(order, -line.discount),
                "detailedBreakdowns": [{"subtype": "ITEM", "value": _money(order, -line.discount)}],
            }
        )
    return breakdowns
