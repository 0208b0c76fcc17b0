# ruff: noqa: S608 - the SQL is the tests' own
"""A window on a server's database: what it shows while the server is away, and when it is back."""

import asyncio
import re
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QTableView

from opside_desktop.app import ProgramTimings
from opside_desktop.domain.ids import ExternalUserId, stored_user_id
from opside_desktop.store.timings import ServerTimings, StoreTimings
from opside_desktop.ui.kit.banner import Banner
from opside_desktop.ui.kit.timings import WindowTimings
from tests.clocks import CountingClock
from tests.postgres import own_server, run_sql
from tests.postgres_wire import network
from tests.waiting import lateness

USER = stored_user_id(ExternalUserId("acme"))
ROWS = 5000
CANARY = "hunter2-canary"


LOOK_EVERY_S = 0.1
IMPATIENT: dict[str, Any] = {
    "timings": ProgramTimings(store=StoreTimings(server=ServerTimings(ping_s=0.5))),
    "window_timings": WindowTimings(look_every_s=LOOK_EVERY_S),
    "clock": CountingClock(),
}
"""The database is looked at often, and a server that does not answer given up after a moment."""


def fill(url):
    """Put an account and its claims into a database."""
    run_sql(
        url,
        "INSERT INTO seller_accounts (user_id, external_user_id, display_name, marketplace_id, "
        "mode, region, credential_status, created_at, updated_at) VALUES "
        f"('{USER}', 'acme', 'Acme', 'ATVPDKIKX0DER', 'production', 'NA', 'active', NOW(), NOW())",
        "INSERT INTO amazon_claims (id, claim_id, user_id, order_id, amount, status, created_at) "
        f"SELECT gen_random_uuid(), 'RMB-' || n, '{USER}', 'O-' || n, n, 'approved', "
        f"timestamp '2026-09-01' - n * interval '1 minute' FROM generate_series(1, {ROWS}) n",
    )


@pytest.fixture
def at(monkeypatch):
    """Let the program use a database; the default user is never unknown in an empty one."""

    def at(url, user="acme"):
        monkeypatch.setenv("OPSIDE_USER", user)
        monkeypatch.setenv("OPSIDE_DATABASE_URL", url)

    return at


def banners(opened):
    found = [each for each in opened.window.findChildren(Banner) if each.isVisible()]
    return [one for one in found if "key store" not in one.message.what]


def table(opened):
    return opened.find("recordsTable", QTableView)


def shown(opened):
    """What stands in the first visible row."""
    view = table(opened)
    row = max(view.rowAt(0), 0)
    return [view.model().index(row, column).data() for column in range(4)]


async def filled(opened):
    await opened.until(lambda: opened.text("count") == f"{ROWS:,} claims")
    await opened.until(lambda: any(shown(opened)))


async def looks(number=5):
    """Wait until the window has looked at its database so often again."""
    await IMPATIENT["clock"].rounds(LOOK_EVERY_S, number)


@pytest.mark.parametrize("way", ["cut", "swallow"])
async def test_one_banner_while_the_network_is_away_and_the_rows_stay(
    open_window, at, postgres_url, way
):
    fill(postgres_url)
    with network(postgres_url) as (wire, url):
        at(url)
        opened = await open_window(**IMPATIENT)
        await filled(opened)
        before = shown(opened)
        if way == "cut":
            wire.is_refusing = True
            wire.cut()
        else:
            wire.swallow()
        await opened.until(lambda: banners(opened))
        assert "cannot be used" in opened.banner()
        assert "tries again by itself" in opened.banner()
        assert shown(opened) == before
        # Scrolling and asking again finds nothing, which is no news.
        table(opened).scrollToBottom()
        opened.press(Qt.Key.Key_F5)
        # Where everything is swallowed, each look takes as long as a connection may.
        looking = asyncio.create_task(looks(1 if way == "swallow" else 10))
        late = sorted(await lateness(lambda: not looking.done()))
        await looking
        assert len(banners(opened)) == 1
        assert opened.text("count") == f"{ROWS:,} claims"
        assert late[len(late) * 9 // 10] < 0.25  # who waited for the server would take seconds
        wire.recover()
        await opened.until(lambda: not banners(opened))
        table(opened).scrollToBottom()
        await opened.until(lambda: f"RMB-{ROWS}" in str(last_row(opened)))
        await open_window.close(opened)


def last_row(opened):
    model = table(opened).model()
    return [model.index(ROWS - 1, column).data() for column in range(model.columnCount())]


async def test_a_restart_of_the_server_ends_by_itself(open_window, at):
    with own_server() as server, ThreadPoolExecutor(1) as thread:
        # A server ends with the thread that started it, so this one lasts.
        blocking = partial(asyncio.get_running_loop().run_in_executor, thread)
        at(server.dsn, user="")
        first = await open_window(**IMPATIENT)
        await open_window.close(first)
        await blocking(fill, server.dsn)
        at(server.dsn)
        opened = await open_window(**IMPATIENT)
        await filled(opened)
        await blocking(server.stop)
        await opened.until(lambda: banners(opened))
        await blocking(server.start)
        await opened.until(lambda: not banners(opened))
        opened.press(Qt.Key.Key_F5)
        await opened.until(lambda: any(shown(opened)))
        assert len(banners(opened)) == 0
        await open_window.close(opened)


async def test_a_page_first_opened_while_the_server_is_away_fills_itself(
    open_window, at, postgres_url
):
    fill(postgres_url)
    with network(postgres_url) as (wire, url):
        at(url)
        opened = await open_window(**IMPATIENT)
        await filled(opened)
        wire.is_refusing = True
        wire.cut()
        await opened.until(lambda: banners(opened))
        opened.click("nav_inventory")
        opened.click("nav_claims")
        opened.click("nav_inventory")
        await looks()
        assert len(banners(opened)) == 1
        run_sql(
            postgres_url,
            "INSERT INTO amazon_inventory (id, user_id, sku, quantity_total) "
            f"VALUES (gen_random_uuid(), '{USER}', 'LAMP-1', 5)",
        )
        wire.recover()
        await opened.until(lambda: opened.text("count") == "1 SKU")
        await opened.until(lambda: not banners(opened))
        await open_window.close(opened)


async def test_a_server_that_cannot_be_reached_at_all_gets_a_page(open_window, at, postgres_url):
    with network(postgres_url) as (wire, url):
        wire.is_refusing = True
        at(url, user="")
        opened = await open_window(wait=False, **IMPATIENT)
        await opened.appears("faultPage")
        assert "database" in opened.text("faultCode")
        wire.is_refusing = False
        opened.click("faultRetry")
        await opened.appears("connectFirst")
        await open_window.close(opened)


async def test_no_password_is_on_the_screen(open_window, at, postgres_url, private_home):
    wrong = re.sub("//[^@]*@", f"//postgres:{CANARY}@", postgres_url)
    at(wrong)
    opened = await open_window(wait=False, **IMPATIENT)
    await opened.appears("faultPage")
    assert CANARY not in "".join(one.text() for one in opened.window.findChildren(QLabel))
    assert "user or password" in opened.text("faultRest")


async def test_support_sees_everything_and_is_offered_nothing(open_window, at, postgres_url):
    fill(postgres_url)
    name = f"support_{time.time_ns()}"
    run_sql(
        postgres_url,
        f"CREATE ROLE {name} LOGIN PASSWORD '{CANARY}'",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}",
        "INSERT INTO sync_progress (id, sync_id, user_id, status, progress, updated_at, metadata) "
        f"VALUES (gen_random_uuid(), 'sync_acme_1', '{USER}', 'running', 10, "
        "(NOW() AT TIME ZONE 'UTC') - interval '1 hour', '{}')",
    )
    before = run_sql(postgres_url, "SELECT * FROM sync_progress")
    try:
        at(re.sub("//[^@]*@", f"//{name}:{CANARY}@", postgres_url))
        opened = await open_window(**IMPATIENT)
        await filled(opened)
        assert "may read but not change its tables" in opened.text("readOnlyNote")
        assert not opened.find("syncNow").isEnabled()
        assert opened.find("stripCancel") is None
        opened.press(Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)
        opened.click("nav_accounts")
        await opened.until(lambda: opened.text("accountName") == "Acme")
        opened.click("nav_syncs")
        await opened.appears("syncsTable")
        await looks()
        assert not banners(opened)
        await open_window.close(opened)
        assert run_sql(postgres_url, "SELECT * FROM sync_progress") == before
    finally:
        run_sql(postgres_url, f"DROP OWNED BY {name}", f"DROP ROLE {name}")


async def test_a_weaker_connection_is_said_in_the_window(
    open_window, at, postgres_url, monkeypatch
):
    monkeypatch.setattr(
        "opside_desktop.store.postgres.connect_options.is_local", lambda host: False
    )
    at(f"{postgres_url}?sslmode=disable", user="")
    opened = await open_window(**IMPATIENT)
    assert "is not encrypted" in opened.text("readOnlyNote")
    await open_window.close(opened)
    both = await open_window(read_only=True, **IMPATIENT)
    assert "is not encrypted" in both.text("readOnlyNote")
    assert "read-only" in both.text("readOnlyNote")
    await open_window.close(both)
