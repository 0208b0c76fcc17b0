"""Orders v0: getOrders, and getOrderItems for each order. Amazon stops it on 27 March 2027."""

import logging
from datetime import datetime
from decimal import Decimal
from urllib.parse import quote

import msgspec

from opside_desktop.amazon.client import Client
from opside_desktop.amazon.errors import PageTokenExpired, RecordNotFound
from opside_desktop.amazon.orders import CHANNELS
from opside_desktop.amazon.pages import (
    Frame,
    Page,
    Unreadable,
    exact,
    moment,
    parse_moment,
    read_each,
    spell,
)
from opside_desktop.amazon.sellers import Sellers
from opside_desktop.amazon.usage_plans import Operation
from opside_desktop.domain.errors import AccessDenied, BadData
from opside_desktop.domain.orders import units
from opside_desktop.domain.records import Order, OrderItem, Skipped
from opside_desktop.domain.waits import WaitListener, unheard

log = logging.getLogger(__name__)

PATH = "/orders/v0/orders"

_MOST_MARKETPLACES = 50
_ITEM_RESTARTS = 2
_PAGE = 100


class _Money(msgspec.Struct, rename="pascal"):
    amount: Decimal | None = None
    currency_code: str | None = None


class _Order(msgspec.Struct, rename="pascal"):
    amazon_order_id: str | None = None
    purchase_date: datetime | None = None
    last_update_date: datetime | None = None
    order_status: str | None = None
    fulfillment_channel: str | None = None
    sales_channel: str | None = None
    marketplace_id: str | None = None
    order_total: _Money | None = None


class _Item(msgspec.Struct, rename="pascal"):
    order_item_id: str | None = None
    asin: str | None = msgspec.field(name="ASIN", default=None)
    sku: str | None = msgspec.field(name="SellerSKU", default=None)
    title: str | None = None
    quantity_ordered: int | None = None
    quantity_shipped: int | None = None
    item_price: _Money | None = None


class _Orders(msgspec.Struct, rename="pascal"):
    orders: list[msgspec.Raw] | None = None
    next_token: str | None = None
    last_updated_before: str | None = None


class _OrdersAnswer(msgspec.Struct):
    payload: _Orders | None = None


class _Items(msgspec.Struct, rename="pascal"):
    order_items: list[msgspec.Raw] | None = None
    next_token: str | None = None


class _ItemsAnswer(msgspec.Struct):
    payload: _Items | None = None


_FRAME = Frame(("payload", "Orders"))
_ITEMS_FRAME = Frame(("payload", "OrderItems"))
_orders_answer = msgspec.json.Decoder(_OrdersAnswer)
_items_answer = msgspec.json.Decoder(_ItemsAnswer)
_order = msgspec.json.Decoder(_Order)
_item = msgspec.json.Decoder(_Item)


class OrdersV0:
    """An `OrdersSource` on Orders v0: one more call for each order, two seconds each."""

    def __init__(self, client: Client, sellers: Sellers) -> None:
        self._client = client
        self._sellers = sellers
        self._marketplaces: str | None = None

    def seconds_for(self, pages: int) -> float:
        """See `OrdersSource.seconds_for`; pages are taken for full."""
        return max(
            self._client.seconds_for(Operation.GET_ORDERS, pages),
            self._client.seconds_for(Operation.GET_ORDER_ITEMS, pages * _PAGE),
        )

    async def page(
        self,
        start: datetime,
        end: datetime,
        *,
        token: str | None = None,
        known_unreadable: bool = False,
        on_wait: WaitListener = unheard,
    ) -> Page[Order]:
        """See `OrdersSource.page`; takes minutes for a full page once the burst is used up."""
        params = {
            "MarketplaceIds": await self._marketplace_ids(on_wait),
            "LastUpdatedAfter": spell(start),
            "LastUpdatedBefore": spell(end),
            "MaxResultsPerPage": str(_PAGE),
        }
        if token:
            params["NextToken"] = token
        page = await self._client.call(
            Operation.GET_ORDERS,
            PATH,
            params,
            _read_heads,
            _FRAME,
            continuation=token is not None,
            known_unreadable=known_unreadable,
            on_wait=on_wait,
        )
        orders: list[Order] = []
        skipped = list(page.skipped)
        for order_id, placed, head in page.records:
            try:
                items = await self._all_items(order_id, on_wait)
                orders.append(_converted(order_id, placed, head, items))
            except (RecordNotFound, Unreadable) as error:
                skipped.append(Skipped(order_id, str(error)))
        return Page(
            orders,
            skipped,
            page.next_token,
            page.request_id,
            page.until,
            page.is_frameless,
            mended=page.mended,
        )

    async def _marketplace_ids(self, on_wait: WaitListener) -> str:
        if self._marketplaces is None:
            known = await self._sellers.marketplace_participations(on_wait)
            ids = [entry.marketplace_id for entry in known if entry.is_participating]
            if not ids:
                raise AccessDenied(
                    "This seller takes part in no marketplace of the account's region.",
                    fix="Check that the account's region is the one the permission was given for.",
                )
            self._marketplaces = ",".join(ids[:_MOST_MARKETPLACES])
        return self._marketplaces

    async def _all_items(self, order_id: str, on_wait: WaitListener) -> list[OrderItem]:
        """Read one order's lines; a dead token costs this order a new start, not the window."""
        for _ in range(_ITEM_RESTARTS):
            try:
                return await self._items(order_id, on_wait)
            except PageTokenExpired as error:
                log.info("getOrderItems: page token refused, request %s", error.request_id)
        return await self._items(order_id, on_wait)

    async def _items(self, order_id: str, on_wait: WaitListener) -> list[OrderItem]:
        path = f"{PATH}/{quote(order_id, safe='')}/orderItems"
        lines: list[OrderItem] = []
        tokens: set[str] = set()
        token: str | None = None
        while True:
            page = await self._client.call(
                Operation.GET_ORDER_ITEMS,
                path,
                {"NextToken": token} if token else {},
                _read_items,
                _ITEMS_FRAME,
                continuation=token is not None,
                on_wait=on_wait,
            )
            if page.is_frameless:
                raise Unreadable("Amazon sent the order without its lines.")
            if page.skipped:
                raise Unreadable(f"A line of the order could not be read: {page.skipped[0].why}")
            lines += [
                _line(number, item) for number, item in enumerate(page.records, len(lines) + 1)
            ]
            token = page.next_token
            if token is None:
                return lines
            if token in tokens:
                raise BadData(
                    "Amazon sent the same page token twice.",
                    fix="Start the sync again later.",
                    request_id=page.request_id,
                )
            tokens.add(token)


def _read_heads(body: bytes) -> Page[tuple[str, datetime, _Order]]:
    payload = _orders_answer.decode(body).payload or _Orders()
    read = read_each(payload.orders or (), _order, _checked, "AmazonOrderId", "PurchaseDate")
    return Page(
        read.records,
        read.skipped,
        payload.next_token or None,
        until=parse_moment(payload.last_updated_before),
        is_frameless=payload.orders is None,
        mended=read.mended,
    )


def _read_items(body: bytes) -> Page[_Item]:
    payload = _items_answer.decode(body).payload or _Items()
    read = read_each(
        payload.order_items or (),
        _item,
        lambda item: item,
        "OrderItemId",
        needed=("QuantityOrdered", "QuantityShipped"),
    )
    return Page(
        read.records,
        read.skipped,
        payload.next_token or None,
        is_frameless=payload.order_items is None,
        mended=read.mended,
    )


def _checked(wire: _Order) -> tuple[str, datetime, _Order]:
    placed = moment(wire.purchase_date)
    if not wire.amazon_order_id or placed is None:
        raise Unreadable("Amazon sent an order without its number or its date.")
    return wire.amazon_order_id, placed, wire


def _converted(order_id: str, placed: datetime, wire: _Order, items: list[OrderItem]) -> Order:
    total = wire.order_total or _Money()
    ordered, shipped = units(items)
    channel = wire.fulfillment_channel
    return Order(
        order_id=order_id,
        purchase_date=placed,
        last_update_date=moment(wire.last_update_date),
        status=wire.order_status or None,
        fulfillment_channel=CHANNELS.get(channel, channel) if channel else None,
        sales_channel=wire.sales_channel or None,
        marketplace_id=wire.marketplace_id or None,
        total_amount=exact(total.amount),
        currency=total.currency_code or None,
        items_ordered=ordered,
        items_shipped=shipped,
        items=tuple(items),
    )


def _line(number: int, wire: _Item) -> OrderItem:
    price = wire.item_price or _Money()
    return OrderItem(
        line_number=number,
        order_item_id=wire.order_item_id or None,
        sku=wire.sku or None,
        asin=wire.asin or None,
        title=wire.title or None,
        quantity_ordered=wire.quantity_ordered or 0,
        quantity_shipped=wire.quantity_shipped or 0,
        price=exact(price.amount),
        currency=price.currency_code or None,
    )
