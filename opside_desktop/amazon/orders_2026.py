"""Orders 2026-01-01: searchOrders, whose orders bring their lines along."""

import logging
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec

from opside_desktop.amazon.client import Client
from opside_desktop.amazon.errors import DeniedWithoutCause
from opside_desktop.amazon.orders import CHANNELS
from opside_desktop.amazon.pages import (
    Frame,
    Page,
    Take,
    UnreadableRecord,
    check_amount,
    read_page,
    spell,
    untouched,
)
from opside_desktop.amazon.usage_plans import Operation
from opside_desktop.domain.clock import moment
from opside_desktop.domain.order_merging import units
from opside_desktop.domain.records import Order, OrderItem
from opside_desktop.domain.sources import OrdersSourceName
from opside_desktop.domain.waits import WaitListener, unheard

log = logging.getLogger(__name__)

PATH = "/orders/2026-01-01/orders"

_PROCEEDS = "PROCEEDS"
_ALL = "PROCEEDS,FULFILLMENT"
"""All that is stored, and each further set has failed for sellers. No BUYER and no RECIPIENT:
personal data stays at Amazon."""

_STATUSES = {
    "PENDING_AVAILABILITY": "PendingAvailability",
    "PENDING": "Pending",
    "UNSHIPPED": "Unshipped",
    "PARTIALLY_SHIPPED": "PartiallyShipped",
    "SHIPPED": "Shipped",
    "CANCELLED": "Canceled",
    "UNFULFILLABLE": "Unfulfillable",
}
"""To the words of Orders v0. An unknown one passes as it is."""

_PRICE = "ITEM"
"""Of a line's breakdowns the one that is stored."""


class _Money(msgspec.Struct, rename="camel"):
    amount: Decimal | None = None
    currency_code: str | None = None

    def __post_init__(self) -> None:
        check_amount(self.amount)


class _Breakdown(msgspec.Struct):
    type: str | None = None
    subtotal: _Money | None = None

    @staticmethod
    def is_needed(tree: Mapping[str, Any]) -> bool:
        return tree.get("type") == _PRICE


class _ItemProceeds(msgspec.Struct):
    breakdowns: list[_Breakdown] | None = None


class _Price(msgspec.Struct, rename="camel"):
    unit_price: _Money | None = None


class _Product(msgspec.Struct, rename="camel"):
    asin: str | None = None
    seller_sku: str | None = None
    title: str | None = None
    price: _Price | None = None


class _ItemFulfillment(msgspec.Struct, rename="camel"):
    quantity_fulfilled: int | None = None


class _Item(msgspec.Struct, rename="camel"):
    order_item_id: str | None = None
    quantity_ordered: int | None = None
    product: _Product | None = None
    proceeds: _ItemProceeds | None = None
    fulfillment: _ItemFulfillment | None = None


class _SalesChannel(msgspec.Struct, rename="camel"):
    channel_name: str | None = None
    marketplace_id: str | None = None
    marketplace_name: str | None = None


class _Proceeds(msgspec.Struct, rename="camel"):
    grand_total: _Money | None = None


class _Fulfillment(msgspec.Struct, rename="camel"):
    fulfillment_status: str | None = None
    fulfilled_by: str | None = None


class _Order(msgspec.Struct, rename="camel"):
    order_id: str | None = None
    created_time: datetime | None = None
    last_updated_time: datetime | None = None
    sales_channel: _SalesChannel | None = None
    proceeds: _Proceeds | None = None
    fulfillment: _Fulfillment | None = None
    order_items: list[_Item] | None = None


class _Pagination(msgspec.Struct, rename="camel"):
    next_token: str | None = None


class _Answer(msgspec.Struct, rename="camel"):
    orders: list[msgspec.Raw] | None = None
    pagination: _Pagination | None = None
    last_updated_before: str | None = None


_FRAME = Frame(("orders",), key="order")
_answer = msgspec.json.Decoder(_Answer)
_order = msgspec.json.Decoder(_Order)


class Orders2026:
    """An `OrdersSource` on searchOrders: all the seller's marketplaces in the region at once.

    Args:
        with_fulfillment: whether to ask for status, channel and shipped quantities, too. Amazon
            has refused every call that did, for hours.
    """

    name = OrdersSourceName.ORDERS_2026

    def __init__(self, client: Client, *, with_fulfillment: bool = True) -> None:
        self._client = client
        self._included = _ALL if with_fulfillment else _PROCEEDS
        self.key = f"orders-2026 {self._included}"
        self.words = (
            "without status, channel and shipped quantities (what is stored of them stays, and a"
            " later sync asks for them again)"
        )
        self.is_whole = with_fulfillment

    def seconds_for(self, pages: int) -> float:
        return self._client.seconds_for(Operation.SEARCH_ORDERS, pages)

    async def page(
        self,
        start: datetime,
        end: datetime,
        *,
        token: str | None = None,
        marketplace_id: str | None = None,
        known_unreadable: bool = False,
        take: Take[Order, Any] = untouched,
        on_wait: WaitListener = unheard,
    ) -> Page[Any]:
        """See `OrdersSource.page`. A token lives for 24 hours."""
        # Amazon refuses a token unless all else is the same byte for byte; so the token comes
        # last, and what stands before it depends on nothing but the two bounds.
        params = {
            "lastUpdatedAfter": spell(start),
            "lastUpdatedBefore": spell(end),
            "maxResultsPerPage": "100",
            "includedData": self._included,
        }
        if token:
            params["paginationToken"] = token
        call = partial(
            self._client.call,
            Operation.SEARCH_ORDERS,
            PATH,
            params,
            _read_page,
            _FRAME,
            take=take,
            continuation=token is not None,
            known_unreadable=known_unreadable,
            on_wait=on_wait,
        )
        if token or not self.is_whole:
            # Whoever asks for less has waited for the refusal of more to pass.
            return await call(repeats=0)
        try:
            return await call()
        except DeniedWithoutCause as error:
            log.info("searchOrders: denied, request %s; asked again", error.request_id)
            return await call()


def _read_page(body: bytes) -> Page[Order]:
    wire = _answer.decode(body)
    return read_page(
        wire.orders,
        _order,
        _converted,
        ["orderId", "createdTime"],
        next_token=(wire.pagination or _Pagination()).next_token,
        until=wire.last_updated_before,
    )


def _converted(wire: _Order, _: msgspec.Raw) -> Order:
    if not wire.order_id:
        raise UnreadableRecord("Amazon sent an order without its number.")
    channel = wire.sales_channel or _SalesChannel()
    fulfillment = wire.fulfillment or _Fulfillment()
    total = (wire.proceeds or _Proceeds()).grand_total or _Money()
    items = None
    if wire.order_items:  # no order is without lines: an empty list tells nothing
        items = tuple(_line(number, item) for number, item in enumerate(wire.order_items, 1))
    ordered, shipped = units(items)
    status = fulfillment.fulfillment_status
    fulfilled_by = fulfillment.fulfilled_by
    return Order(
        order_id=wire.order_id,
        purchase_date=moment(wire.created_time),
        last_update_date=moment(wire.last_updated_time),
        status=_STATUSES.get(status, status) if status else None,
        fulfillment_channel=CHANNELS.get(fulfilled_by, fulfilled_by) if fulfilled_by else None,
        sales_channel=channel.marketplace_name or channel.channel_name or None,
        marketplace_id=channel.marketplace_id or None,
        total_amount=total.amount,
        currency=total.currency_code or None,
        items_ordered=ordered,
        items_shipped=shipped,
        items=items,
    )


def _line(number: int, wire: _Item) -> OrderItem:
    product = wire.product or _Product()
    price = _price(wire)
    return OrderItem(
        line_number=number,
        order_item_id=wire.order_item_id or None,
        sku=product.seller_sku or None,
        asin=product.asin or None,
        title=product.title or None,
        quantity_ordered=wire.quantity_ordered,
        quantity_shipped=(wire.fulfillment or _ItemFulfillment()).quantity_fulfilled,
        price=price.amount,
        currency=price.currency_code or None,
    )


def _price(wire: _Item) -> _Money:
    """Give the price of a line's whole quantity; of a pending order only the unit's may be told."""
    for breakdown in (wire.proceeds or _ItemProceeds()).breakdowns or ():
        subtotal = breakdown.subtotal
        if breakdown.type == _PRICE and subtotal is not None and subtotal.amount is not None:
            return subtotal
    unit = ((wire.product or _Product()).price or _Price()).unit_price
    if unit is None or unit.amount is None or not wire.quantity_ordered:
        return _Money()
    return _Money(unit.amount * wire.quantity_ordered, unit.currency_code)
