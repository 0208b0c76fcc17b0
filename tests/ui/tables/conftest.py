"""Tables over a real SQLite file."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from PySide6.QtCore import QObject, Qt

from opside_desktop.domain.accounts import Account
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.ids import EventKey, ExternalUserId, stored_user_id
from opside_desktop.domain.records import Claim, FinancialEvent, InventoryItem, Order, OrderItem
from opside_desktop.domain.syncs import Owner, SyncRequest
from opside_desktop.store.opening import open_database
from opside_desktop.store.reading.details import details
from opside_desktop.store.runs import starting
from opside_desktop.store.writing import pages
from opside_desktop.ui.kit.formats import Formats, ZoneChoice
from opside_desktop.ui.kit.tasks import TaskOwner
from opside_desktop.ui.kit.window_state import Memory
from opside_desktop.ui.tables.details.sheets import sheet_of
from opside_desktop.ui.tables.menus import TableMenus
from opside_desktop.ui.tables.rows.source import RowSource, TableContext
from opside_desktop.ui.tables.rows.table_columns import TABLES
from opside_desktop.ui.tables.table import RecordsTable
from tests.clocks import MovedClock
from tests.store.claim_pages import write_claims_page

DAY = datetime(2026, 11, 20, 12, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
USER = stored_user_id(ExternalUserId("acme"))
OWNER = Owner(host="here", pid=1, instance="1.0")


@pytest.fixture
def kind():
    """Which of the two databases; a test that cares names both."""
    return "sqlite"


@pytest.fixture
async def db(kind, request, tmp_path):
    url = f"sqlite:///{tmp_path}/opside.db"
    if kind == "postgresql":
        url = request.getfixturevalue("postgres_url")
    db = await open_database(url, app_version="0.1.0")
    yield db
    await db.close()


@pytest.fixture
def account():
    return Account(user_id=USER, external_user_id=ExternalUserId("acme"), display_name="Acme DE")


@pytest.fixture
async def run(db, account):
    """A sync that writes what the tests want to see."""
    return await starting.start_run(
        db,
        account,
        SyncRequest(),
        OWNER,
        endpoint_is_mock=False,
        mock_scenario=None,
        app_version="0.1.0",
    )


def claim(n, **fields):
    """Claims differ by number: every third is pending, every fourth in GBP, newest first."""
    return Claim(
        **{
            "claim_id": f"RMB-{n:06d}",
            "order_id": f"302-{n:07d}",
            "amount": Decimal(n) + Decimal("0.10"),
            "currency": "GBP" if n % 4 == 3 else "EUR",
            "status": "pending" if n % 3 == 2 else "approved",
            "type": "refund" if n % 2 else "chargeback",
            "description": f"Reason {n}",
            "created_at": DAY - timedelta(minutes=n),
            **fields,
        }
    )


def event(n):
    return FinancialEvent(
        event_key=EventKey(f"{n:064x}"),
        event_list="RefundEventList",
        event_type="Refund",
        posted_at=DAY,
        order_id=f"302-{n:07d}",
        amount=Decimal("1.10"),
        currency="EUR",
        claim_id=f"RMB-{n:06d}",
        payload={"AmazonOrderId": f"302-{n:07d}", "Amount": Decimal("1.10")},
    )


def order(n, **fields):
    line = OrderItem(
        line_number=1,
        order_item_id=f"item-{n}",
        sku=f"SKU-{n:04d}",
        asin="B000000001",
        title="Steel bottle",
        quantity_ordered=2,
        quantity_shipped=2,
        price=Decimal("9.95"),
        currency="EUR",
    )
    return Order(
        **{
            "order_id": f"302-{n:07d}",
            "purchase_date": DAY - timedelta(hours=n),
            "last_update_date": DAY,
            "status": "Shipped",
            "fulfillment_channel": "FBA" if n % 2 else "FBM",
            "sales_channel": "Amazon.de",
            "marketplace_id": "A1PA6795UKMFR9",
            "total_amount": Decimal("19.90"),
            "currency": "EUR",
            "items_ordered": 2,
            "items_shipped": 2,
            "items": (line,),
            **fields,
        }
    )


def item(n, **fields):
    return InventoryItem(
        **{
            "sku": f"SKU-{n:04d}",
            "asin": f"B{n:09d}",
            "fnsku": f"X{n:09d}",
            "product_name": "Steel bottle, 750 ml",
            "quantity_available": n,
            "quantity_reserved": 1,
            "quantity_inbound": 2,
            "quantity_total": n + 3,
            "condition": "NewItem",
            **fields,
        }
    )


@dataclass
class Filler:
    """Writes rows as a sync does."""

    db: object
    run: object
    make_claim = staticmethod(claim)

    async def claims(self, numbers, **fields):
        await write_claims_page(
            self.db, self.run, [], [claim(n, **fields) for n in numbers], first_started_at=DAY
        )

    async def claim_with_event(self, n):
        await write_claims_page(self.db, self.run, [event(n)], [claim(n)], first_started_at=DAY)

    async def orders(self, numbers, **fields):
        await pages.write_orders_page(
            self.db, self.run, [order(n, **fields) for n in numbers], first_started_at=DAY
        )

    async def inventory(self, numbers, **fields):
        await pages.write_inventory_page(
            self.db, self.run, [item(n, **fields) for n in numbers], first_started_at=DAY
        )


@pytest.fixture
def fill(db, run):
    return Filler(db, run)


@dataclass
class Saved:
    """What a table remembers between two lives."""

    value: object = None
    memory: Memory = field(init=False)

    def __post_init__(self):
        self.memory = Memory(lambda: self.value, self._save)

    def _save(self, value):
        self.value = value


@pytest.fixture
def saved():
    return Saved()


@pytest.fixture
def saved_panel():
    return Saved()


@pytest.fixture
def errors():
    """What was reported as a mistake."""
    return []


@pytest.fixture
def kept():
    """Widgets that live until their tasks have ended, as in the window."""
    return []


@pytest.fixture
async def owner(qtbot, errors, kept):
    """Owns the tests' tasks; nothing may be left over, and nothing may have failed."""
    parent = QObject()
    tasks = TaskOwner(parent, errors.append)
    yield tasks
    await tasks.close()
    for each in kept:
        each.close()
        each.deleteLater()
    parent.deleteLater()
    assert not errors, errors


@pytest.fixture
def make_table(db, theme, owner, saved, saved_panel, account, kept):
    """Make a table of a dataset without showing any rows yet."""

    def make(dataset=Dataset.CLAIMS, **options):
        formats = Formats(choice=ZoneChoice.UTC, clock=MovedClock(NOW.timestamp()))
        source = RowSource(db, dataset, formats)
        source.user_ids = (USER,)

        async def read_sheet(row_id):
            found = await details(db, (USER,), dataset, row_id)
            return found and sheet_of(found, formats, lambda _: account.display_name)

        table = RecordsTable(
            TableContext(TABLES[dataset], source, theme, formats, owner, **options),
            read_sheet,
            memory=saved.memory,
            panel_memory=saved_panel.memory,
        )
        TableMenus(table)
        formats.setParent(table)
        table.set_empty_words("Nothing synced for Acme DE yet.", "A sync copies 90 days.")
        # Not given to qtbot, which would end it before its tasks.
        kept.append(table)
        table.resize(1200, 600)
        table.show()
        return table

    return make


@pytest.fixture
def open_table(make_table, until):
    """Show a table of a dataset with all its rows."""

    async def open_table(dataset=Dataset.CLAIMS, **options):
        table = make_table(dataset, **options)
        table.show_rows()
        await until(lambda: table.model.is_count_exact and not table.model.is_loading)
        return table

    return open_table


@pytest.fixture
def click_row(qtbot):
    """Click on a row of a table, which chooses it."""

    def click_row(table, number, column=0, modifiers=Qt.KeyboardModifier.NoModifier):
        place = table.view.visualRect(table.model.index(number, column)).center()
        qtbot.mouseClick(table.view.viewport(), Qt.MouseButton.LeftButton, modifiers, place)

    return click_row
