"""Orders v0: getOrders, and getOrderItems for each order. Amazon stops it on 27 March 2027."""

import asyncio
import logging
import math
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec
from msgspec import structs

from opside_desktop.amazon.client import REFUSAL_REPEATS, Client
from opside_desktop.amazon.errors import PageTokenExpired
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
from opside_desktop.amazon.sellers import Sellers
from opside_desktop.amazon.usage_plans import Operation
from opside_desktop.domain.clock import moment
from opside_desktop.domain.errors import AccessDenied, AmazonUnavailable, BadData
from opside_desktop.domain.order_merging import units
from opside_desktop.domain.records import Mended, Order, OrderItem
from opside_desktop.domain.sources import OrdersSourceName
from opside_desktop.domain.waits import WaitListener, unheard

log = logging.getLogger(__name__)

PATH = "/orders/v0/orders"

_MOST_MARKETPLACES = 50
_ITEM_RESTARTS = 2
_OUTAGE = 3
"""Where the lines of so many orders cannot be had and those of none can, no order is at fault."""

_PAGE = 100


class _Money(msgspec.Struct, rename="pascal"):
    amount: Decimal | None = None
    currency_code: str | None = None

    def __post_init__(self) -> None:
        check_amount(self.amount)


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


_FRAME = Frame(("payload", "Orders"), key="order")
_ITEMS_FRAME = Frame(("payload", "OrderItems"))
_orders_answer = msgspec.json.Decoder(_OrdersAnswer)
_items_answer = msgspec.json.Decoder(_ItemsAnswer)
_order = msgspec.json.Decoder(_Order)
_item = msgspec.json.Decoder(_Item)


class _Lines(NamedTuple):
    """One order's lines as far as they can be read; None where not even their list can."""

    items: tuple[OrderItem, ...] | None
    mended: list[Mended]
    is_frameless: bool = False
    refusal: BadData | None = None


class OrdersV0:
    """An `OrdersSource` on Orders v0: one more call for each order, two seconds each."""

    key = "orders-v0"
    name = OrdersSourceName.ORDERS_V0

    def __init__(self, client: Client, sellers: Sellers) -> None:
        self._client = client
        self._sellers = sellers
        self._marketplaces: str | None = None
        self._pages = self._orders = 0
        self.is_whole = True

    @property
    def words(self) -> str:
        words = "through the older Orders API (v0)"
        if self.is_whole:
            return words
        return f"{words} and of the account's own marketplace only, as Amazon tells no others"

    def seconds_for(self, pages: int) -> float:
        """See `OrdersSource.seconds_for`; pages are taken for as full as those before."""
        orders = math.ceil(pages * (self._orders / self._pages if self._pages else _PAGE))
        return max(
            self._client.seconds_for(Operation.GET_ORDERS, pages),
            self._client.seconds_for(Operation.GET_ORDER_ITEMS, orders),
        )

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
        """See `OrdersSource.page`; takes minutes for a full page once the burst is used up."""
        params = {
            "MarketplaceIds": await self._marketplace_ids(marketplace_id, on_wait),
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
            take=untouched,
            continuation=token is not None,
            known_unreadable=known_unreadable,
            on_wait=on_wait,
        )
        self._pages += 1
        self._orders += len(page.records)
        orders: list[Order] = []
        mended = list(page.mended)
        is_frameless = page.is_frameless
        refusals = 0
        for head in page.records:
            lines = await self._all_items(head.order_id, on_wait, is_patient=not refusals)
            refusals += lines.refusal is not None
            if lines.refusal is not None and len(orders) + 1 == refusals == _OUTAGE:
                raise lines.refusal
            ordered, shipped = units(lines.items)
            orders.append(
                structs.replace(
                    head, items=lines.items, items_ordered=ordered, items_shipped=shipped
                )
            )
            mended += lines.mended
            is_frameless = is_frameless or lines.is_frameless
        whole = replace(page, records=orders, is_frameless=is_frameless, mended=mended)
        return await asyncio.to_thread(take, whole)

    async def _marketplace_ids(self, own: str | None, on_wait: WaitListener) -> str:
        if self._marketplaces is None:
            try:
                known = await self._sellers.marketplace_participations(on_wait)
            except (AccessDenied, AmazonUnavailable, BadData) as error:
                if own is None:
                    raise
                log.warning("Orders v0: only %s is asked for: %s", own, error)
                self.is_whole = False
                self._marketplaces = own
                return own
            ids = [entry.marketplace_id for entry in known if entry.is_participating]
            if not ids:
                raise AccessDenied(
                    "This seller takes part in no marketplace of the account's region.",
                    fix="Check that the account's region is the one the permission was given for.",
                )
            self._marketplaces = ",".join(ids[:_MOST_MARKETPLACES])
        return self._marketplaces

    async def _all_items(self, order_id: str, on_wait: WaitListener, *, is_patient: bool) -> _Lines:
        """Read one order's lines; what goes wrong with them costs neither the order nor others.

        Args:
            is_patient: whether a refusal without a cause is worth waiting for its end.
        """
        repeats = REFUSAL_REPEATS if is_patient else 0
        for _ in range(_ITEM_RESTARTS + 1):
            try:
                return await self._items(order_id, repeats, on_wait)
            except PageTokenExpired as error:
                refusal: BadData = error
                log.info("getOrderItems: page token refused, request %s", error.request_id)
            except BadData as error:
                refusal = error
                break
        log.warning("The lines of order %s could not be read: %s", order_id, refusal)
        return _Lines(None, [_mended(order_id, "")], refusal=refusal)

    async def _items(self, order_id: str, repeats: int, on_wait: WaitListener) -> _Lines:
        path = f"{PATH}/{quote(order_id, safe='')}/orderItems"
        lines: list[OrderItem] = []
        mended: list[Mended] = []
        tokens: set[str] = set()
        token: str | None = None
        while True:
            page = await self._client.call(
                Operation.GET_ORDER_ITEMS,
                path,
                {"NextToken": token} if token else {},
                _read_items,
                _ITEMS_FRAME,
                take=untouched,
                continuation=token is not None,
                repeats=repeats,
                on_wait=on_wait,
            )
            if page.is_frameless:
                return _Lines(None, [_mended(order_id, "")], is_frameless=True)
            lines += [
                _line(number, item) for number, item in enumerate(page.records, len(lines) + 1)
            ]
            mended += [_mended(order_id, one.field) for one in page.mended]
            mended += [_mended(order_id, one.key or "") for one in page.skipped]
            token = page.next_token
            if token is None:
                # No order is without lines: an empty list tells nothing.
                return _Lines(tuple(lines) or None, mended)
            if token in tokens:
                raise BadData(
                    "Amazon sent the same page token twice.",
                    fix="Start the sync again later.",
                    request_id=page.request_id,
                )
            tokens.add(token)


def _mended(order_id: str, path: str) -> Mended:
    """Name what an order lacks: all its lines, or a place in them."""
    return Mended(order_id, f"OrderItems.{path}".rstrip("."), was_cut=False)


def _read_heads(body: bytes) -> Page[Order]:
    payload = _orders_answer.decode(body).payload or _Orders()
    return read_page(
        payload.orders,
        _order,
        _converted,
        ["AmazonOrderId", "PurchaseDate"],
        next_token=payload.next_token,
        until=payload.last_updated_before,
    )


def _read_items(body: bytes) -> Page[_Item]:
    payload = _items_answer.decode(body).payload or _Items()
    return read_page(
        payload.order_items,
        _item,
        lambda item, _: item,
        ["OrderItemId"],
        next_token=payload.next_token,
    )


def _converted(wire: _Order, _: msgspec.Raw) -> Order:
    if not wire.amazon_order_id:
        raise UnreadableRecord("Amazon sent an order without its number.")
    total = wire.order_total or _Money()
    channel = wire.fulfillment_channel
    return Order(
        order_id=wire.amazon_order_id,
        purchase_date=moment(wire.purchase_date),
        last_update_date=moment(wire.last_update_date),
        status=wire.order_status or None,
        fulfillment_channel=CHANNELS.get(channel, channel) if channel else None,
        sales_channel=wire.sales_channel or None,
        marketplace_id=wire.marketplace_id or None,
        total_amount=total.amount,
        currency=total.currency_code or None,
        items_ordered=None,
        items_shipped=None,
        items=None,
    )


def _line(number: int, wire: _Item) -> OrderItem:
    price = wire.item_price or _Money()
    return OrderItem(
        line_number=number,
        order_item_id=wire.order_item_id or None,
        sku=wire.sku or None,
        asin=wire.asin or None,
        title=wire.title or None,
        quantity_ordered=wire.quantity_ordered,
        quantity_shipped=wire.quantity_shipped,
        price=price.amount,
        currency=price.currency_code or None,
    )
