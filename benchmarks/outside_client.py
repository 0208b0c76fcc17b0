"""A peer: the same seller read by `python-amazon-sp-api` in the way its documentation shows.

Orders v0 with items for each order, `throttle_retry` around every call and `load_all_pages` for
pages. It sleeps in `time.sleep`; here that moves a clock which the simulator shares, so 7 minutes
of waiting take seconds, and the waits are those the client itself decides on.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from unittest import mock
from urllib.parse import urlsplit

from sp_api.api import Finances, Inventories, Orders
from sp_api.auth import AccessTokenClient
from sp_api.base import ApiResponse, Client, Marketplaces
from sp_api.util import load_all_pages, throttle_retry


class VirtualClock:
    """The time of the simulator and of the client's sleeps."""

    def __init__(self) -> None:
        self._now = time.time()
        self.slept_s = 0.0

    def now(self) -> float:
        """Return epoch seconds."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        self._now += seconds
        self.slept_s += seconds


@dataclass(frozen=True, slots=True)
class OutsideRun:
    """What the peer read, and how long it waited (seconds)."""

    orders: int
    items: int
    events_pages: int
    skus: int
    waited_s: float


@contextmanager
def _sleeping_on(clock: VirtualClock) -> Iterator[None]:
    with mock.patch("time.sleep", clock.sleep):
        yield


def read_whole_seller(base_url: str, clock: VirtualClock) -> OutsideRun:
    """Read orders with items, financial events and inventory, one after the other."""
    parts = urlsplit(base_url)

    class Login(AccessTokenClient):
        scheme = f"{parts.scheme}://"
        host = parts.netloc

    secrets = {
        "refresh_token": "bench",
        "lwa_app_id": "bench",
        "lwa_client_secret": "bench",
    }

    def client(kind: type[Client]) -> Client:
        made = kind(marketplace=Marketplaces.US, credentials=secrets, auth_token_client_class=Login)
        made.endpoint = base_url
        return made

    now = datetime.fromtimestamp(clock.now(), UTC)
    since = (now - timedelta(days=90)).strftime("%Y-%m-%dT%H:%M:%SZ")
    orders_api, finances_api, inventory_api = (
        client(Orders),
        client(Finances),
        client(Inventories),
    )

    @throttle_retry()
    @load_all_pages()
    def order_pages(**filters: object) -> ApiResponse:
        return orders_api.get_orders(**filters)

    @throttle_retry()
    def order_items(order_id: str) -> ApiResponse:
        return orders_api.get_order_items(order_id)

    @throttle_retry()
    @load_all_pages()
    def event_pages(**filters: object) -> ApiResponse:
        return finances_api.list_financial_events(**filters)

    @throttle_retry()
    @load_all_pages(next_token_param="nextToken")
    def inventory_pages(**filters: object) -> ApiResponse:
        return inventory_api.get_inventory_summary_marketplace(**filters)

    before = clock.slept_s
    with _sleeping_on(clock):
        ids = [
            order["AmazonOrderId"]
            for page in order_pages(
                LastUpdatedAfter=since,
                MarketplaceIds=["ATVPDKIKX0DER", "A2EUQ1WTGCTBG2", "A1AM78C64UM0Y8"],
            )
            for order in page.payload["Orders"]
        ]
        items = sum(len(order_items(order_id).payload["OrderItems"]) for order_id in ids)
        events = sum(1 for _ in event_pages(PostedAfter=since))
        skus = {
            summary["sellerSku"]
            for page in inventory_pages(details=True)
            for summary in page.payload["inventorySummaries"]
        }
    return OutsideRun(len(ids), items, events, len(skus), clock.slept_s - before)
