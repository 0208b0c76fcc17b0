"""Orders v0: getOrders, getOrder and getOrderItems, which Amazon shuts down on 27 March 2027."""

import re
from dataclasses import dataclass, replace
from typing import Any

from opside_desktop.simulator.answers import Answer, ApiError, encode, invalid_input, not_found
from opside_desktop.simulator.call import TWO_YEARS, Call
from opside_desktop.simulator.order_book import OrderBook, Position, read_window
from opside_desktop.simulator.orders import Order, OrderLine
from opside_desktop.simulator.paging import PageToken, TokenSeal
from opside_desktop.simulator.times import DAY, iso

STATUSES = (
    "PendingAvailability",
    "Pending",
    "Unshipped",
    "PartiallyShipped",
    "Shipped",
    "InvoiceUnconfirmed",
    "Canceled",
    "Unfulfillable",
)
ORDER_ID = re.compile(r"[0-9A-Z]{3}-\d{7}-\d{7}")

_TOKEN_LIFE = 3_600
_ITEMS_PER_PAGE = 20
_FILTERS = (
    "CreatedAfter",
    "CreatedBefore",
    "LastUpdatedAfter",
    "LastUpdatedBefore",
    "OrderStatuses",
    "MarketplaceIds",
    "FulfillmentChannels",
    "AmazonOrderIds",
    "SellerOrderId",
)


def dead_token() -> ApiError:
    """The refusal of a token that is broken, foreign or too old."""
    return invalid_input("Next token is invalid or expired")


@dataclass(slots=True)
class OrdersV0:
    """The three operations."""

    book: OrderBook
    seal: TokenSeal

    def get_orders(self, call: Call) -> Answer:
        """GET /orders/v0/orders."""
        if not call.marketplaces("MarketplaceIds"):
            raise invalid_input("Missing required parameter MarketplaceIds.")
        token = self._token(call, "getOrders", _FILTERS)
        query = Call(token.parameters, "", token.issued) if token else call
        window = read_window(query, "Created", "LastUpdated")
        if token is not None:
            window = replace(window, before=token.upper)
        size = call.page_size("MaxResultsPerPage", query.page_size("MaxResultsPerPage", 100))
        position: Position = token.after if token else ()
        statuses = query.one_of("OrderStatuses", STATUSES)
        channels = query.one_of("FulfillmentChannels", ("AFN", "MFN"))
        marketplaces = query.marketplaces("MarketplaceIds")
        ids = query.several("AmazonOrderIds") or query.several("SellerOrderId")

        def wanted(order: Order) -> bool:
            return (
                order.marketplace.id in marketplaces
                and (not statuses or order.status in statuses)
                and (not channels or ("AFN" if order.by_amazon else "MFN") in channels)
                and (not ids or order.order_id in ids)
            )

        if call.withhold:
            orders, more = [], True
        else:
            older = self.book.older_version(wanted) if call.shows_old_version and size > 1 else None
            found, more = self.book.page(window, position, size - bool(older), wanted)
            if found:
                position = window.position(found[-1])
            orders = [order_v0(order) for order in (*([older] if older else []), *found)]
        payload: dict[str, Any] = {"Orders": orders}
        if more:
            filters = {
                n: query.parameters[n]
                for n in (*_FILTERS, "MaxResultsPerPage")
                if n in query.parameters
            }
            payload["NextToken"] = self.seal.seal(
                PageToken("getOrders", call.now, filters, window.before, position)
            )
        echo = "CreatedBefore" if window.sort_by == "placed" else "LastUpdatedBefore"
        payload[echo] = iso(int(window.before))
        return Answer(200, encode({"payload": payload}), when_served=self.book.page_served)

    def get_order(self, call: Call) -> Answer:
        """GET /orders/v0/orders/{orderId}."""
        return Answer(200, encode({"payload": order_v0(find_order(self.book, call))}))

    def get_order_items(self, call: Call) -> Answer:
        """GET /orders/v0/orders/{orderId}/orderItems."""
        order = find_order(self.book, call)
        token = self._token(call, "getOrderItems", ())
        if token is not None and token.parameters.get("orderId") != order.order_id:
            raise dead_token()
        start = int(token.after[0]) if token else 0
        end = start if call.withhold else start + _ITEMS_PER_PAGE
        payload: dict[str, Any] = {
            "AmazonOrderId": order.order_id,
            "OrderItems": [item_v0(order, line) for line in order.lines[start:end]],
        }
        if end < len(order.lines):
            payload["NextToken"] = self.seal.seal(
                PageToken("getOrderItems", call.now, {"orderId": order.order_id}, 0, (end,))
            )
        return Answer(200, encode({"payload": payload}))

    def _token(self, call: Call, operation: str, repeated: tuple[str, ...]) -> PageToken | None:
        """The page token of a call; filters beside it are left out or repeated unchanged."""
        text = call.text("NextToken")
        if text is None:
            return None
        token = self.seal.open_page(text, operation)
        if token is None or call.now > token.issued + _TOKEN_LIFE:
            raise dead_token()
        for name in repeated:
            value = call.text(name)
            if value is not None and value != token.parameters.get(name):
                message = f"Invalid value for {name}: it must not change while NextToken is used."
                raise invalid_input(message)
        return token


def find_order(book: OrderBook, call: Call) -> Order:
    """The order that the path names.

    Raises:
        ApiError: 400 if the id is none, 404 if there is no such order or it is too old.
    """
    if not ORDER_ID.fullmatch(call.path_id):
        raise invalid_input("Invalid value for orderId: it must have the form 3-7-7.")
    order = book.get(call.path_id)
    if order is None or order.placed < call.now - TWO_YEARS:
        message = f"Order {call.path_id} was not found."
        raise not_found(message)
    return order


def _money(order: Order, hundredths: int) -> dict[str, str]:
    return {"CurrencyCode": order.marketplace.currency, "Amount": amount(hundredths)}


def amount(hundredths: int) -> str:
    """Hundredths as decimal text with two places."""
    sign = "-" if hundredths < 0 else ""
    return f"{sign}{abs(hundredths) // 100}.{abs(hundredths) % 100:02d}"


def order_v0(order: Order) -> dict[str, Any]:
    """An order without anything about the buyer."""
    shipped = sum(line.shipped for line in order.lines)
    quantity = sum(line.quantity for line in order.lines)
    wire: dict[str, Any] = {
        "AmazonOrderId": order.order_id,
        "SellerOrderId": order.order_id,
        "PurchaseDate": iso(order.placed),
        "LastUpdateDate": iso(order.updated),
        "OrderStatus": order.status,
        "FulfillmentChannel": "AFN" if order.by_amazon else "MFN",
        "SalesChannel": order.marketplace.sales_channel,
        "ShipServiceLevel": f"{order.service_level} {order.marketplace.country}",
        "ShipmentServiceLevelCategory": order.service_level,
        "NumberOfItemsShipped": shipped,
        "NumberOfItemsUnshipped": quantity - shipped,
        "PaymentMethod": "Other",
        "PaymentMethodDetails": ["Standard"],
        "MarketplaceId": order.marketplace.id,
        "OrderType": "Preorder" if order.status == "PendingAvailability" else "StandardOrder",
        "EarliestShipDate": iso(order.placed),
        "LatestShipDate": iso(min(order.updated, order.placed + 2 * DAY)),
        "IsBusinessOrder": order.business,
        "IsPrime": order.prime,
        "IsPremiumOrder": False,
        "IsGlobalExpressEnabled": False,
        "IsReplacementOrder": order.replaces is not None,
        "IsSoldByAB": False,
        "IsIBA": False,
        "IsISPU": False,
        "IsAccessPointOrder": False,
        "HasRegulatedItems": False,
        "BuyerInfo": {},
    }
    if order.replaces is not None:
        wire["ReplacedOrderId"] = order.replaces
    if order.priced:
        wire["OrderTotal"] = _money(order, order.total)
    return wire


def item_v0(order: Order, line: OrderLine) -> dict[str, Any]:
    """An item; money is for the whole quantity."""
    wire: dict[str, Any] = {
        "ASIN": line.product.asin,
        "SellerSKU": line.product.sku,
        "OrderItemId": line.item_id,
        "Title": line.product.title,
        "QuantityOrdered": line.quantity,
        "QuantityShipped": line.shipped,
        "ProductInfo": {"NumberOfItems": "1"},
        "IsGift": "true" if line.gift else "false",
        "ConditionId": "New",
        "ConditionSubtypeId": "New",
        "IsTransparency": False,
        "BuyerInfo": {},
        "BuyerRequestedCancel": {"IsBuyerRequestedCancel": "false", "BuyerCancelReason": ""},
    }
    if order.priced:
        wire["ItemPrice"] = _money(order, line.price)
        wire["ItemTax"] = _money(order, line.tax)
        wire["PromotionDiscount"] = _money(order, line.discount)
        if line.shipping:
            wire["ShippingPrice"] = _money(order, line.shipping)
            wire["ShippingTax"] = _money(order, line.shipping_tax)
        if line.discount:
            wire["PromotionIds"] = ["SAVE10"]
    return wire
