"""A simulator on a real socket, a client that speaks Amazon's wire, and a clock that tests move."""

import os
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import date
from typing import Any

import httpx
import pytest

from opside_desktop.simulator.options import Options
from opside_desktop.simulator.seller import Seller, make_seller
from opside_desktop.simulator.server import serve

EPOCH = date(2026, 11, 16)
NOON = 1_795_435_200.0  # 2026-11-23 12:00 UTC, a week after the epoch
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients of plain HTTP: reading all certificates for each of them would take 30 ms."""
ALL_MARKETPLACES = "ATVPDKIKX0DER,A2EUQ1WTGCTBG2,A1AM78C64UM0Y8"


AGENT = {"user-agent": "Tests/1.0 (Language=Python/3.11; Platform=Any)"}

TOKENS = {
    "orders": "NextToken",
    "search": "paginationToken",
    "stock": "nextToken",
    "events": "NextToken",
    "transactions": "nextToken",
}
"""The parameter of each list that carries its page token."""


class VirtualClock:
    """Time that passes only when a test says so."""

    def __init__(self) -> None:
        self.seconds = NOON

    def now(self) -> float:
        return self.seconds

    def advance(self, seconds: float) -> None:
        self.seconds += seconds


class Api:
    """One seller's program: knows an access token and follows page tokens."""

    orders_query: Mapping[str, str] = {
        "MarketplaceIds": ALL_MARKETPLACES,
        "LastUpdatedAfter": "2026-08-25T00:00:00Z",
    }
    search_query: Mapping[str, str] = {
        "lastUpdatedAfter": "2026-08-25T00:00:00Z",
        "includedData": "PROCEEDS,PROMOTION,CANCELLATION,FULFILLMENT",
    }
    stock_query: Mapping[str, str] = {
        "granularityType": "Marketplace",
        "granularityId": "ATVPDKIKX0DER",
        "marketplaceIds": "ATVPDKIKX0DER",
        "details": "true",
    }
    events_query: Mapping[str, str] = {"PostedAfter": "2026-08-25T00:00:00Z"}

    transactions_query: Mapping[str, str] = {"postedAfter": "2026-08-25T00:00:00Z"}

    def __init__(self, http: httpx.AsyncClient, base_url: str) -> None:
        self.http = http
        self.base_url = base_url
        self.headers: dict[str, str] = {}

    async def login(self, seller: str = "Atzr|seller") -> httpx.Response:
        answer = await self.http.post(
            "/auth/o2/token",
            data={
                "grant_type": "refresh_token",
                "refresh_token": seller,
                "client_id": "amzn1.application-oa2-client.test",
                "client_secret": "amzn1.oa2-cs.v1.test",
            },
        )
        if answer.status_code == 200:
            self.headers = {"x-amz-access-token": answer.json()["access_token"]}
        return answer

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> httpx.Response:
        return await self.http.get(path, params=query, headers=self.headers)

    async def orders(self, **query: str) -> httpx.Response:
        return await self.get("/orders/v0/orders", {**self.orders_query, **query})

    async def search(self, **query: str) -> httpx.Response:
        return await self.get("/orders/2026-01-01/orders", {**self.search_query, **query})

    async def stock(self, **query: str) -> httpx.Response:
        return await self.get("/fba/inventory/v1/summaries", {**self.stock_query, **query})

    async def events(self, **query: str) -> httpx.Response:
        return await self.get("/finances/v0/financialEvents", {**self.events_query, **query})

    async def transactions(self, **query: str) -> httpx.Response:
        path = "/finances/2024-06-19/transactions"
        return await self.get(path, {**self.transactions_query, **query})

    async def ledger(self) -> list[dict[str, Any]]:
        """What happened to the seller's money, as the simulator itself tells it."""
        return (await self.http.get("/_simulator/ledger")).json()["events"]

    async def advance(self, days: float) -> None:
        """Move the simulated clock, and log in again: access tokens do not last."""
        moved = await self.http.post("/_simulator/clock", json={"advanceDays": days})
        assert moved.status_code == 200
        await self.login()

    async def scan(self, dataset: str, **query: str) -> list[Any]:
        """Every record of a list; faults that pass are tried again, a dead token starts over."""
        call = {
            "orders": self.orders,
            "search": self.search,
            "stock": self.stock,
            "events": self.events,
            "transactions": self.transactions,
        }[dataset]
        token_name = TOKENS[dataset]
        found: list[Any] = []
        token: str | None = None
        for _ in range(2_000):
            try:
                answer = await call(**query, **({token_name: token} if token else {}))
                page = answer.json()
            except (httpx.TransportError, ValueError):
                continue
            if answer.status_code == 403:
                await self.login()
            if answer.status_code == 400 and token is not None:
                found, token = [], None
            if answer.status_code != 200:
                continue
            found += records(page)
            token = next_token(page)
            if token is None:
                return found
        raise AssertionError("The list did not end.")


def records(page: Any) -> list[Any]:
    """The records of a page of any list; an event is a pair of list name and event."""
    payload = page.get("payload", page)
    if "FinancialEvents" in payload:
        lists = payload["FinancialEvents"].items()
        return [(name, event) for name, events in lists for event in events]
    for name in ("Orders", "orders", "inventorySummaries", "transactions"):
        if name in payload:
            return payload[name]
    raise AssertionError(f"This is no page: {page}")


def next_token(page: Any) -> str | None:
    """The token of the next page of any list."""
    if "pagination" in page:
        return page["pagination"]["nextToken"]
    payload = page.get("payload", {})
    return payload.get("NextToken") or payload.get("nextToken")


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def connect(clock):
    """Start a simulator with these options and log in to it."""

    @asynccontextmanager
    async def connected(**options: Any) -> AsyncIterator[Api]:
        chosen = Options(**({"epoch": EPOCH, "usage_plans": "none"} | options))
        async with (
            serve(chosen, clock) as base_url,
            httpx.AsyncClient(
                base_url=base_url, headers=AGENT, trust_env=False, verify=NO_CERTIFICATES
            ) as http,
        ):
            api = Api(http, base_url)
            await api.login()
            yield api

    return connected


@pytest.fixture
def truth():
    """What a scenario contains, without any wire between."""

    def make(**options: Any) -> Seller:
        return make_seller(Options(**options), EPOCH)

    return make


@contextmanager
def _process(*arguments: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "opside_desktop.simulator", "--until-eof", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    with process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline()
        finally:
            process.kill()


@pytest.fixture
def start_process():
    """Start the command; gives the process and its first line (empty if it refused to start)."""
    return _process


@pytest.fixture(scope="session")
def normal_week_url() -> Iterator[str]:
    """The base URL of a normal week in a process of its own, never throttled."""
    arguments = ("--port", "0", "--usage-plans", "none", "--epoch", EPOCH.isoformat())
    with _process(*arguments, "--scenario", "normal_week") as (_, line):
        yield line.split()[-1]
