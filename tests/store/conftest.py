"""A real SQLite file for every test, and records to put into it."""

import asyncio
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import count
from uuid import UUID

import pytest

from opside_desktop.domain.accounts import Account
from opside_desktop.domain.ids import EventKey, ExternalUserId, stored_user_id
from opside_desktop.domain.records import Claim, FinancialEvent, InventoryItem, Order, OrderItem
from opside_desktop.domain.syncs import Owner, SyncRequest
from opside_desktop.store.opening import open_database
from opside_desktop.store.runs import starting
from opside_desktop.store.schema import tables
from opside_desktop.store.writing import pages
from tests.postgres_wire import as_asked
from tests.store.claim_pages import write_claims_page

SEPTEMBER = datetime(2026, 9, 1, tzinfo=UTC)
OWNER = Owner(host="here", pid=4711, instance="1795420000.25")


class Make:
    """Records that differ by a number only; any field may be given instead."""

    september = SEPTEMBER
    owner = OWNER

    def account(self, name="acme", **fields):
        external = ExternalUserId(name)
        return Account(
            user_id=stored_user_id(external),
            external_user_id=external,
            **{"display_name": name.title(), **fields},
        )

    async def start(self, db, account=None, owner=OWNER, request=None):
        return await starting.start_run(
            db,
            account or self.account(),
            request or SyncRequest(),
            owner,
            endpoint_is_mock=True,
            mock_scenario="normal_week",
            app_version="0.1.0",
        )

    async def told(self, db, user_id):
        """Store what the syncs keep of what Amazon told: a sighting, its claim, what was read."""
        sighting = {
            "user_id": user_id,
            "id": 1,
            "source": "transactions",
            "class": "refund",
            "seconds": ["2026-09-01T00:01:00Z"],
            "posted_day": SEPTEMBER.date(),
            "currency": "USD",
            "amount": Decimal("12.10"),
            "was_deferred": False,
            "transaction_ids": ["T1"],
            "event_list": "transactions",
            "waited": 0,
            "payload": {"totalAmount": Decimal("12.10")},
            "is_mock": True,
            "last_read": SEPTEMBER,
        }
        claim = {"user_id": user_id, "sighting": 1, "claim": "RMB-0000000000000001"}
        span = {
            "user_id": user_id,
            "dataset": "claims",
            "source": "transactions",
            "from": SEPTEMBER,
            "to": SEPTEMBER + timedelta(days=1),
            "read_at": SEPTEMBER + timedelta(days=2),
        }

        def write(connection):
            connection.execute(tables.event_sightings.insert(), sighting)
            connection.execute(tables.event_claims.insert(), claim)
            connection.execute(tables.read_spans.insert(), span)

        await db.write(write)

    def claim(self, n, **fields):
        return Claim(
            **{
                "claim_id": f"RMB-{n:016x}",
                "order_id": f"902-{n:07d}-0000001",
                "amount": Decimal("12.10"),
                "currency": "USD",
                "status": "approved",
                "type": "refund",
                "description": f"Refund number {n}",
                "created_at": SEPTEMBER + timedelta(minutes=n),
                **fields,
            }
        )

    def event(self, n, **fields):
        return FinancialEvent(
            **{
                "event_key": EventKey(f"{n:064x}"),
                "event_list": "RefundEventList",
                "event_type": "Refund",
                "posted_at": SEPTEMBER + timedelta(minutes=n),
                "order_id": f"902-{n:07d}-0000001",
                "amount": Decimal("12.10"),
                "currency": "USD",
                "claim_id": f"RMB-{n:016x}",
                "payload": {"AmazonOrderId": f"902-{n:07d}-0000001", "Amount": Decimal("12.10")},
                **fields,
            }
        )

    def item(self, n, **fields):
        return InventoryItem(
            **{
                "sku": f"SKU-{n:05d}",
                "asin": f"B{n:09d}",
                "fnsku": f"X{n:09d}",
                "product_name": f"Lamp number {n}",
                "quantity_available": n,
                "quantity_reserved": 1,
                "quantity_inbound": 2,
                "quantity_total": n + 3,
                "condition": "NewItem",
                **fields,
            }
        )

    def line(self, number, **fields):
        return OrderItem(
            **{
                "line_number": number,
                "order_item_id": f"item-{number}",
                "sku": f"SKU-{number:05d}",
                "asin": "B000000001",
                "title": f"Lamp in size {number}",
                "quantity_ordered": 1,
                "quantity_shipped": 1,
                "price": Decimal("6.05"),
                "currency": "USD",
                **fields,
            }
        )

    def order(self, n, lines=1, **fields):
        return Order(
            **{
                "order_id": f"902-{n:07d}-0000001",
                "purchase_date": SEPTEMBER + timedelta(minutes=n),
                "last_update_date": SEPTEMBER + timedelta(days=1),
                "status": "Shipped",
                "fulfillment_channel": "FBA",
                "sales_channel": "Amazon.com",
                "marketplace_id": "ATVPDKIKX0DER",
                "total_amount": Decimal("12.10"),
                "currency": "USD",
                "items_ordered": lines,
                "items_shipped": lines,
                "items": tuple(self.line(number) for number in range(1, lines + 1)),
                **fields,
            }
        )


@pytest.fixture
def make():
    """The maker of records."""
    return Make()


@pytest.fixture
def path(tmp_path):
    """Where an SQLite database is, in a folder that does not exist yet."""
    return tmp_path / "data" / "opside.db"


@pytest.fixture
def file_url(path):
    """The address of that SQLite database."""
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory):
    """A database file without rows, made once: making the tables takes a while."""
    file = tmp_path_factory.mktemp("empty") / "opside.db"

    async def create():
        await (await open_database(f"sqlite:///{file}", app_version="0.1.0")).close()

    with ThreadPoolExecutor(1) as thread:  # a loop of its own, whatever runs in this thread
        thread.submit(asyncio.run, create()).result(60)
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request):
    """Which of the two databases: every test that touches one runs on both."""
    return request.param


@pytest.fixture
def url(kind, request, path, file_url):
    """The address of a database with this version's tables and no rows."""
    if kind == "postgresql":
        with as_asked(request.getfixturevalue("postgres_url")) as url:
            yield url
        return
    path.parent.mkdir()
    shutil.copy(request.getfixturevalue("empty_file"), path)
    yield file_url


@pytest.fixture
async def db(url):
    """An open, empty database."""
    db = await open_database(url, app_version="0.1.0")
    yield db
    await db.close()


@pytest.fixture
def start(db, make):
    """Start a sync of an account in the test's database."""
    return partial(make.start, db)


@pytest.fixture
async def run(start):
    """A running sync of "acme"."""
    return await start()


@pytest.fixture
def sql(db, kind):
    """Run one statement of plain SQL, parameters written as `?`; returns its rows.

    What both databases know but their drivers give differently comes as from SQLite: ids as text.
    """

    def plain(value):
        return str(value) if isinstance(value, UUID) else value

    async def sql(statement, *values):
        if kind == "postgresql":
            numbers = count(1)
            statement = re.sub(r"\?", lambda found: f"${next(numbers)}", statement)

        def work(connection):
            result = connection.exec_driver_sql(statement, values)
            if not result.returns_rows:
                return []
            return [tuple(map(plain, row)) for row in result]

        return await db.write(work)

    return sql


@pytest.fixture
def user(make):
    """Whose rows these are."""
    return make.account().user_id


@pytest.fixture
def keep(db, run):
    """Store records of one kind."""

    async def keep(*records, run=run):
        kind = type(records[0]).__name__
        more = {"first_started_at": run.started_at}
        if kind == "Claim":
            await write_claims_page(db, run, [], records, **more)
        elif kind == "Order":
            await pages.write_orders_page(db, run, records, **more)
        else:
            await pages.write_inventory_page(db, run, records, **more)

    return keep
