"""A whole program without a window: real database, real manager, the simulated Amazon over HTTP."""

import asyncio
import json
from collections.abc import Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import sqlalchemy as sa

from opside_desktop.amazon.pacing import Pacer
from opside_desktop.amazon.session import AmazonSession
from opside_desktop.amazon.timings import Limits
from opside_desktop.domain.accounts import Account, AmazonSecrets, Endpoint
from opside_desktop.domain.clock import SystemClock
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.ids import ExternalUserId, stored_user_id
from opside_desktop.domain.syncs import SyncRequest, SyncRun
from opside_desktop.simulator import server
from opside_desktop.simulator.options import Options
from opside_desktop.simulator.seller import Seller, make_seller
from opside_desktop.store.database import Database
from opside_desktop.store.opening import open_database
from opside_desktop.store.schema import tables
from opside_desktop.store.timings import SHIPPED, StoreTimings
from opside_desktop.sync.board import SyncBoard
from opside_desktop.sync.manager import SyncManager
from opside_desktop.sync.timings import SHIPPED as SYNC_TIMINGS
from tests.waiting import LIMIT_S

FAST = 1000.0
QUICK = Limits(
    first_pause_s=0.002,
    longest_pause_s=0.02,
    network_down_s=1,
    frameless_pauses_s=(0.002, 0.004),
    refusal_pauses_s=(0.001, 0.002, 0.004),
    unreadable_s=0.03,
)
SECRETS = AmazonSecrets("amzn1.application-oa2-client.test", "secret", "Atzr|test")
ALICE = ExternalUserId("alice")

TOO_LARGE = (
    b'{"errors": [{"code": "InvalidInput", "message": "The response exceeds the 10 MB limit."}]}'
)

PATHS = {
    "claims": "/finances/v0/financialEvents",
    "transactions": "/finances/2024-06-19/transactions",
    "inventory": "/fba/inventory/v1/summaries",
    "orders": "/orders/2026-01-01/orders",
}


def database_url(folder) -> str:
    """A file in the folder, or the database that the folder names."""
    named = Path(folder, "database-url")
    return named.read_text() if named.exists() else f"sqlite:///{folder}/opside.db"


def account_of(name: str = ALICE) -> Account:
    external = ExternalUserId(name)
    return Account(user_id=stored_user_id(external), external_user_id=external, display_name=name)


@dataclass
class Tap:
    """What arrived at the simulator; can hold back the answers to one path, or refuse to answer.

    `edit` changes good answers: it takes path, query and the decoded body, and gives the new one.
    """

    app: Any
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    holding: asyncio.Event = field(default_factory=asyncio.Event)
    held: str | None = None
    let_through: int = 0
    too_large: Callable[[str, dict[str, str]], bool] = lambda path, query: False
    edit: Callable[[str, dict[str, str], Any], Any] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        query = parse_qs(scope["query_string"].decode())
        self.requests.append((scope["path"], {name: values[0] for name, values in query.items()}))
        if self.too_large(*self.requests[-1]):
            await send({"type": "http.response.start", "status": 400, "headers": []})
            await send({"type": "http.response.body", "body": TOO_LARGE})
            return
        if scope["path"] == self.held:
            self.let_through -= 1
            if self.let_through < 0:
                self.holding.set()
                await self.gate.wait()
        await self.app(scope, receive, send if self.edit is None else self._edited(send))

    def _edited(self, send: Any) -> Any:
        edit, (path, query), began = self.edit, self.requests[-1], []
        assert edit is not None

        async def pass_on(message: Any) -> None:
            if message["type"] == "http.response.start":
                if message["status"] == 200 and path in PATHS.values():
                    began.append(message)
                    return
            elif began:
                start = began.pop()
                body = json.dumps(edit(path, query, json.loads(message["body"]))).encode()
                headers = [(name, v) for name, v in start["headers"] if name != b"content-length"]
                length = (b"content-length", str(len(body)).encode())
                await send({**start, "headers": [*headers, length]})
                message = {**message, "body": body}
            await send(message)

        return pass_on

    async def until_held(self) -> None:
        async with asyncio.timeout(LIMIT_S):
            await self.holding.wait()

    def close(self) -> None:
        self.gate.set()
        self.app.close()

    def of(self, dataset: str) -> list[dict[str, str]]:
        return [query for path, query in self.requests if path == PATHS[dataset]]


@asynccontextmanager
async def simulated(
    monkeypatch, *, edit: Callable[[Seller], None] = lambda seller: None, **options
):
    """Run a simulator; yields its URL and the tap on it. `edit` may change the seller's data."""
    taps: list[Tap] = []
    real, real_seller = server.make_simulator, make_seller

    def edited(*args: Any) -> Seller:
        seller = real_seller(*args)
        edit(seller)
        return seller

    def tapped(*args: Any) -> Any:
        taps.append(Tap(real(*args)))
        return taps[-1]

    monkeypatch.setattr(server, "make_simulator", tapped)
    monkeypatch.setattr(server, "make_seller", edited)
    chosen = Options(**{"time_scale": FAST, **options})
    async with server.serve(chosen) as url:
        monkeypatch.setattr(server, "make_simulator", real)
        monkeypatch.setattr(server, "make_seller", real_seller)
        yield url, taps[0]


@dataclass
class World:
    """One program's parts on one database."""

    db: Database
    endpoint: Endpoint
    board: SyncBoard
    manager: SyncManager
    tap: Tap
    pacer: Pacer
    orders_api: Any = "2026-01-01"
    heard: list[SyncRun] = field(default_factory=list)

    async def start(
        self, name: str = ALICE, on_wait: Callable[[str], None] | None = None, **request: Any
    ) -> SyncRun:
        return await self.manager.start(
            account_of(name), SyncRequest(**request), endpoint=self.endpoint, on_wait=on_wait
        )

    async def sync(self, name: str = ALICE, **request: Any) -> SyncRun:
        """One sync to its end."""
        async with asyncio.timeout(LIMIT_S):
            run = await self.start(name, **request)
            return await self.manager.wait(run.user_id, run.sync_id)

    async def rows(self, *leave_out: str) -> dict[str, list[tuple[Any, ...]]]:
        """All copied rows, without what names the time and the sync."""
        return await stored_rows(self.db, *leave_out)


async def stored_rows(db: Database, *leave_out: str) -> dict[str, list[tuple[Any, ...]]]:
    left_out = {"synced_at", *leave_out}

    def read(connection: sa.Connection) -> dict[str, list[tuple[Any, ...]]]:
        found = {}
        for table in (
            tables.amazon_claims,
            tables.financial_events,
            tables.amazon_inventory,
            tables.amazon_orders,
            tables.amazon_order_items,
        ):
            columns = [column for column in table.columns if column.name not in left_out]
            rows = connection.execute(sa.select(*columns))
            found[table.name] = sorted(tuple(map(repr, row)) for row in rows)
        return found

    return await db.read(read)


@asynccontextmanager
async def world(
    monkeypatch,
    folder,
    *,
    orders_api="2026-01-01",
    finances_api="v0",
    scale=FAST,
    levels=None,
    busy_s=5.0,
    locks=SHIPPED.locks,
    simulator=None,
    limits=QUICK,
    sync_timings=SYNC_TIMINGS,
    **options,
):
    """Open a program against a simulator of its own, or against a running one."""
    async with AsyncExitStack() as stack:
        if simulator is None:
            simulator = await stack.enter_async_context(simulated(monkeypatch, **options))
        url, tap = simulator
        db = await open_database(
            database_url(folder),
            app_version="1.0",
            timings=StoreTimings(busy_s=busy_s, locks=locks),
        )
        stack.push_async_callback(db.close)
        clock = SystemClock()
        endpoint = Endpoint(url, f"{url}/auth/o2/token", options.get("scenario"))
        pacer = Pacer(clock, scale=scale, levels=levels)

        async def connect(account: Account) -> Any:
            return AmazonSession(
                endpoint,
                SECRETS,
                pacer=pacer,
                clock=clock,
                app_version="1.0",
                finances_api=finances_api,
                orders_api=orders_api,
                limits=limits,
            )

        board = SyncBoard(db, clock, sync_timings)
        stack.push_async_callback(board.close)
        manager = SyncManager(
            db, board, connect=connect, clock=clock, app_version="1.0", timings=sync_timings
        )
        stack.push_async_callback(manager.close)
        made = World(db, endpoint, board, manager, tap, pacer, orders_api)
        stack.callback(board.subscribe(made.heard.append))
        yield made


def counts(run: SyncRun) -> tuple[int, ...]:
    return tuple(run.result(dataset).count for dataset in Dataset)
