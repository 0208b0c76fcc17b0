"""Syncs through the window, against a simulated Amazon."""

import asyncio
import os
import socket
import sqlite3
import sys
from contextlib import closing

from msgspec import structs
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QLabel, QProgressBar, QTableView

from opside_desktop.app import ProgramTimings
from opside_desktop.domain.accounts import Account
from opside_desktop.domain.ids import ExternalUserId, stored_user_id
from opside_desktop.domain.syncs import Owner, SyncRequest, SyncStatus
from opside_desktop.store.opening import open_database
from opside_desktop.store.runs import starting, sync_runs
from opside_desktop.store.timings import StoreTimings
from opside_desktop.sync.timings import SyncTimings
from opside_desktop.ui.kit.timings import WindowTimings
from tests.waiting import LIMIT_S

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
ELSEWHERE = Owner(host="another-computer", pid=77, instance="1.0")


def cell(opened, row, title):
    """What a cell of the history reads."""
    model = opened.find("syncsTable", QTableView).model()
    titles = [model.headerData(n, Qt.Orientation.Horizontal) for n in range(model.columnCount())]
    return model.index(row, titles.index(title)).data()


def rows(opened):
    table = opened.find("syncsTable", QTableView)
    return 0 if table is None else table.model().rowCount()


async def synced(opened):
    """Click Sync now and wait for the end; gives the values that the bar showed."""
    bar = opened.window.findChild(QProgressBar, "syncBar")
    values = []
    bar.valueChanged.connect(values.append)
    opened.click("syncNow")
    assert not opened.find("syncNow").isEnabled()
    assert opened.text("syncNow") == "Syncing…"
    await opened.until(lambda: opened.is_idle)
    bar.valueChanged.disconnect(values.append)
    return values


async def test_the_demo_syncs_by_one_click_and_its_bar_never_falls(open_window):
    demo = await open_window(demo=True)
    assert demo.text("freshness") == "Data: never synced"
    values = await synced(demo)
    assert values == sorted(values)
    assert max(values) > 0
    assert demo.text("stripCounts") == "37 claims · 150 SKUs · 250 orders"
    assert demo.state("stripState") == "Done"
    assert "today" in demo.text("freshness")
    for page, count in (
        ("claims", "37 claims"),
        ("inventory", "150 SKUs"),
        ("orders", "250 orders"),
    ):
        demo.click(f"nav_{page}")
        await demo.until(lambda count=count: demo.text("count") == count)


async def test_the_history_shows_the_sync_live_and_in_full(open_window, signed_in, amazon):
    signed_in(await amazon(faults="latency=0.05"))
    opened = await open_window()
    opened.click("nav_syncs")
    await opened.appears("syncFirst")
    opened.click("syncFirst")
    await opened.until(lambda: rows(opened) == 1)
    assert cell(opened, 0, "Result") == "Syncing"
    opened.click("stripDetails")
    await opened.until(lambda: opened.text("ordersCount") not in ("", "0 orders"))
    await opened.until(lambda: cell(opened, 0, "Result") == "Done")
    shown = [cell(opened, 0, title) for title in ("Claims", "Inventory", "Orders")]
    assert shown == ["37", "150", "250"]
    assert opened.text("claimsCount") == "37 claims"
    assert opened.state("detailsState") == "Done"
    assert opened.find("detailsCancel") is None
    opened.click("detailsCopy")
    copied = QGuiApplication.clipboard().text()
    assert "orders: success, 250 rows, 0 skipped" in copied
    assert "refresh" not in copied
    opened.press(Qt.Key.Key_Escape)
    assert opened.find("syncDetails") is None


async def test_a_click_stops_a_sync_at_once_and_keeps_what_it_copied(
    open_window, signed_in, amazon
):
    signed_in(await amazon(faults="latency=0.2"))
    opened = await open_window()
    opened.press(Qt.Key.Key_S, CTRL | SHIFT)
    await opened.appears("stripCancel")
    await opened.until(lambda: "0 SKUs" not in opened.text("stripCounts"))
    opened.press(Qt.Key.Key_Period, CTRL)
    assert opened.state("stripState") == "Stopping…"
    async with asyncio.timeout(LIMIT_S):
        await opened.until(lambda: opened.state("stripState") == "Cancelled")
    assert opened.text("syncNow") == "Sync now"
    opened.click("nav_inventory")
    await opened.until(lambda: opened.text("count").endswith(" SKUs"))
    assert opened.text("count") != "0 SKUs"


async def test_clicks_on_an_account_that_syncs_start_nothing_more(open_window, signed_in, amazon):
    signed_in(await amazon(faults="latency=0.05"))
    opened = await open_window()
    opened.click("syncNow")
    assert not opened.find("nav_claims").hasFocus()
    for _ in range(3):
        opened.press(Qt.Key.Key_S, CTRL | SHIFT)
    await opened.until(lambda: opened.is_idle)
    opened.click("nav_syncs")
    await opened.until(lambda: rows(opened) == 1)


async def test_a_refused_permission_says_what_to_do_where_it_is_seen(
    open_window, signed_in, amazon
):
    signed_in(await amazon(faults="revoked=1"))
    opened = await open_window()
    opened.click("syncNow")
    await opened.appears("banner")
    assert "The sync of “acme” did not finish." in opened.banner()
    assert opened.state("stripState") == "Failed"
    assert "failed" in opened.text("lastAttempt")
    assert opened.text("freshness") == "Data: never synced"
    opened.click("bannerCopy")
    assert "auth_revoked" in QGuiApplication.clipboard().text()
    opened.click("bannerAction")
    assert opened.window.stack.currentWidget().objectName() == "accountsPage"
    assert opened.find("banner") is None
    await opened.until(lambda: opened.state("accountState") == "Reconnect needed")


async def test_another_sync_takes_the_message_of_the_failed_one_back(
    open_window, signed_in, amazon
):
    signed_in(await amazon(faults="denied=orders,latency=0.2"))
    opened = await open_window()
    opened.click("syncNow")
    await opened.appears("banner")
    opened.click("syncNow")
    await opened.until(lambda: opened.find("banner") is None)
    await opened.appears("banner")


async def test_a_database_that_answers_again_takes_its_message_back(
    open_window, private_home, monkeypatch
):
    demo = await open_window(demo=True, window_timings=WindowTimings(look_every_s=0.05))
    with closing(sqlite3.connect(private_home / "demo" / "opside.db")) as other:
        other.execute("ALTER TABLE sync_progress RENAME TO elsewhere")
        await demo.appears("banner")
        assert "database" in demo.banner()
        other.execute("ALTER TABLE elsewhere RENAME TO sync_progress")
        await demo.until(lambda: demo.find("banner") is None)


async def test_a_sync_that_a_locked_database_did_not_let_start_says_so_until_it_starts(
    open_window, signed_in, amazon, private_home, monkeypatch
):
    signed_in(await amazon())
    opened = await open_window(
        timings=ProgramTimings(store=StoreTimings(busy_s=0.05)),
        window_timings=WindowTimings(look_every_s=0.05),
    )
    with closing(sqlite3.connect(private_home / "opside.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # it can be read all the while
        opened.click("syncNow")
        await opened.until(lambda: "“acme” did not start" in opened.banner())
        other.execute("ROLLBACK")
        assert "locked" in opened.banner()
        # What is said of the database itself goes when it answers again; this stays.
        other.execute("ALTER TABLE sync_progress RENAME TO elsewhere")
        await opened.until(lambda: len(opened.window.findChildren(QFrame, "banner")) == 2)
        other.execute("ALTER TABLE elsewhere RENAME TO sync_progress")
        await opened.until(lambda: len(opened.window.findChildren(QFrame, "banner")) == 1)
    assert "“acme” did not start" in opened.banner()
    opened.click("startAgain")
    await opened.until(lambda: opened.state("stripState") == "Done")
    assert opened.find("banner") is None


async def test_a_sync_says_what_it_waits_for_before_it_begins(
    open_window, signed_in, amazon, private_home
):
    signed_in(await amazon())
    opened = await open_window()
    with closing(sqlite3.connect(private_home / "opside.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        opened.click("syncNow")
        await opened.until(lambda: "“acme” has not begun yet" in opened.banner())
        other.execute("ROLLBACK")
        assert "Waiting for another program that has locked the database" in opened.banner()
    await opened.until(lambda: opened.state("stripState") == "Done")
    assert opened.find("banner") is None


async def test_a_dataset_that_fails_leaves_the_others_standing(open_window, signed_in, amazon):
    signed_in(await amazon(faults="denied=orders"))
    opened = await open_window()
    opened.click("syncNow")
    await opened.appears("banner")
    opened.click("bannerAction")
    await opened.until(lambda: opened.find("detailsState") is not None)
    assert opened.state("detailsState") == "Failed in part"
    assert opened.state("claimsState") == "Done"
    assert opened.state("ordersState") == "Failed"
    assert "denied access to orders" in opened.text("detailsError")
    assert opened.find("ordersNote") is None  # the sentence above is not said twice
    assert opened.text("fact_code") == "access_denied"
    assert cell(opened, 0, "Problems") == "Failed: Orders"


async def test_a_sync_of_another_computer_is_seen_and_stopped(
    open_window, signed_in, amazon, private_home
):
    signed_in(await amazon())
    opened = await open_window()
    db = await open_database(f"sqlite:///{private_home}/opside.db", app_version="0")
    external = ExternalUserId("acme")
    account = Account(
        user_id=stored_user_id(external), external_user_id=external, display_name="acme"
    )
    run = await starting.start_run(
        db,
        account,
        SyncRequest(trigger="api"),
        ELSEWHERE,
        endpoint_is_mock=True,
        mock_scenario="simulator",
        app_version="0",
    )
    await opened.until(lambda: opened.text("syncNow") == "Syncing…")
    opened.find("stripCancel").setFocus()
    opened.press(Qt.Key.Key_Return)
    await opened.until(lambda: opened.state("stripState") == "Cancelled")
    assert opened.find("stripDetails").hasFocus()
    stored = await sync_runs.get_run(db, account.user_id, run.sync_id)
    assert stored.status is SyncStatus.CANCELLED
    await db.close()


async def test_a_sync_whose_program_was_killed_blocks_nobody_for_long(
    open_window, signed_in, amazon, private_home
):
    signed_in(await amazon())
    opened = await open_window()
    db = await open_database(f"sqlite:///{private_home}/opside.db", app_version="0")
    external = ExternalUserId("acme")
    account = Account(
        user_id=stored_user_id(external), external_user_id=external, display_name="acme"
    )
    gone = Owner(host=socket.gethostname(), pid=2**22 + 1, instance="1.0")
    await starting.start_run(
        db,
        account,
        SyncRequest(),
        gone,
        endpoint_is_mock=True,
        mock_scenario="simulator",
        app_version="0",
    )
    await opened.until(lambda: opened.text("syncNow") == "Syncing…")
    silent = "UPDATE sync_progress SET updated_at = datetime('now', '-30 seconds')"
    await db.write(lambda connection: connection.exec_driver_sql(silent))
    await db.close()
    await opened.until(lambda: opened.state("stripState") == "Interrupted")
    assert opened.find("syncNow").isEnabled()


async def test_a_sync_in_a_terminal_moves_the_bar_of_the_window(open_window, until):
    demo = await open_window(demo=True)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "opside_desktop", "--demo", "sync", "--json",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, env=os.environ,
    )  # fmt: skip
    try:
        await until(lambda: demo.text("stripCounts") == "37 claims · 150 SKUs · 250 orders")
        async with asyncio.timeout(LIMIT_S):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    await until(lambda: "today" in demo.text("freshness"))


async def test_a_signal_ends_the_windows_sync_in_order(
    open_window, signed_in, amazon, private_home
):
    signed_in(await amazon(faults="latency=0.2"))
    opened = await open_window()
    opened.click("syncNow")
    await opened.appears("stripCancel")
    await open_window.close(opened, asks=False)
    again = await open_window(read_only=True)
    assert again.state("stripState") == "Interrupted"
    sentence = again.window.findChild(QLabel, "stripSentence").text()
    assert "acme" in sentence


async def test_an_empty_page_offers_no_second_sync_and_keeps_the_keyboard(
    open_window, signed_in, amazon
):
    signed_in(await amazon(faults="latency=0.3"))
    opened = await open_window()
    await opened.appears("emptySyncNow")
    opened.find("emptySyncNow").setFocus()
    opened.press(Qt.Key.Key_Return)
    assert opened.text("syncNow") == "Syncing…"
    await opened.until(lambda: "is running" in opened.text("emptyTitle"))
    assert opened.find("emptySyncNow") is None
    assert not opened.find("nav_claims").hasFocus()
    await opened.until(lambda: opened.find("recordsTable") is not None)
    assert opened.text("syncNow") == "Syncing…"
    assert opened.find("recordsTable").hasFocus()
    opened.press(Qt.Key.Key_Period, CTRL)
    await opened.until(lambda: opened.is_idle)


async def test_syncs_of_one_id_and_two_users_stay_apart(open_window, private_home, monkeypatch):
    names = ("a b", "a_b")
    file = private_home / "shared.db"
    monkeypatch.setenv("OPSIDE_DATABASE_URL", f"sqlite:///{file}")
    db = await open_database(f"sqlite:///{file}", app_version="0")
    runs = []
    for name in map(ExternalUserId, names):
        account = Account(user_id=stored_user_id(name), external_user_id=name, display_name=name)
        runs.append(
            await starting.start_run(
                db,
                account,
                SyncRequest(trigger="api"),
                ELSEWHERE,
                endpoint_is_mock=True,
                mock_scenario="simulator",
                app_version="0",
            )
        )
    with closing(sqlite3.connect(file)) as other:
        other.execute("UPDATE sync_progress SET sync_id = 'sync_a_b_1'")
        other.commit()
    runs = [structs.replace(run, sync_id="sync_a_b_1") for run in runs]
    opened = await open_window(
        timings=ProgramTimings(syncs=SyncTimings(poll_s=0.05)),
        window_timings=WindowTimings(look_every_s=0.05),
    )
    opened.click("nav_syncs")
    await opened.until(lambda: rows(opened) == 2)

    def shown():
        return {cell(opened, row, "Account"): cell(opened, row, "Result") for row in range(2)}

    assert shown() == dict.fromkeys(names, "Syncing")
    assert await sync_runs.end_run(
        db, structs.replace(runs[0], status=SyncStatus.COMPLETED, message="All copied.")
    )
    await opened.until(lambda: shown() == {"a b": "Done", "a_b": "Syncing"})
    assert "a_b ·" in opened.find("stripSentence").text()
    opened.click("stripDetails")
    await opened.until(lambda: "a_b," in opened.text("detailsTitle"))
    opened.click("stripCancel")
    await opened.until(lambda: shown() == {"a b": "Done", "a_b": "Cancelled"})
    await db.close()
