"""What bar, strip, table and pages say at the same moment is true, and the same."""

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QMenu

from opside_desktop.domain.errors import ErrorCode
from opside_desktop.domain.ids import stored_user_id
from opside_desktop.domain.syncs import SyncRequest, SyncStatus
from opside_desktop.store.opening import open_database
from opside_desktop.store.runs import starting
from opside_desktop.ui.kit.timings import WindowTimings
from tests.gate import DATASETS, gate_before
from tests.ui.pages.test_history import ACCOUNT, OWNER, write_runs
from tests.waiting import LIMIT_S

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


async def test_done_is_said_when_the_table_shows_all_that_was_copied(open_window, until):
    # Rows that nobody looks for again before the end make the last look count.
    demo = await open_window(demo=True, window_timings=WindowTimings(count_every_s=3600.0))
    said = []

    def note():
        if demo.state("stripState") == "Done" or demo.is_idle:
            said.append((demo.text("stripCounts"), demo.text("count"), demo.text("freshness")[:11]))

    demo.click("syncNow")
    await until(lambda: note() or len(said) > 20)
    assert set(said) == {("37 claims · 150 SKUs · 250 orders", "37 claims", "Data: today")}


async def test_a_later_sync_says_done_when_its_new_rows_are_announced(
    open_window, signed_in, amazon, until, private_home
):
    signed_in(await amazon())
    opened = await open_window(window_timings=WindowTimings(count_every_s=3600.0))
    opened.click("syncNow")
    await until(lambda: opened.text("count") == "37 claims")
    await until(lambda: opened.is_idle)
    with closing(sqlite3.connect(private_home / "opside.db")) as other, other:
        other.execute("DELETE FROM amazon_claims WHERE rowid % 2 = 0")
        other.execute("DELETE FROM sync_checkpoints")
    opened.press(Qt.Key.Key_F5)
    await until(lambda: opened.text("count") not in ("37 claims", ""))
    shown = opened.text("count")
    opened.click("syncNow")
    assert opened.text("syncNow") == "Syncing…"
    await until(lambda: opened.is_idle)
    left = 37 - int(shown.split()[0])
    assert opened.text("newRowsWords") == f"{left} new rows."
    assert opened.text("count") == shown  # nothing jumps in


async def test_the_strip_tells_of_the_account_that_the_bar_names(open_window, signed_in, amazon):
    signed_in(await amazon(), user="acme")
    opened = await open_window()
    opened.click("syncNow")
    await opened.until(lambda: opened.state("stripState") == "Done")
    await open_window.close(opened)
    signed_in(await amazon(), user="bob")
    opened = await open_window()
    await opened.until(lambda: opened.text("switcher") == "bob")
    assert opened.text("stripSentence") == "No sync has run yet."
    assert opened.text("freshness") == "Data: never synced"
    menu = opened.window.findChild(QMenu, "switcherMenu")
    next(each for each in menu.actions() if each.text() == "acme").trigger()
    assert opened.text("stripSentence").startswith("acme · last sync")
    assert opened.text("freshness").startswith("Data: today")


async def test_failed_attempts_are_told_where_nothing_is_shown(open_window, signed_in, amazon):
    signed_in(await amazon(faults="revoked=1"))
    opened = await open_window()
    opened.click("syncNow")
    await opened.until(lambda: opened.state("stripState") == "Failed")
    await opened.until(lambda: opened.text("emptyTitle") == "No sync of acme has completed yet.")
    assert "failed" in opened.text("emptyText")
    assert opened.text("stripCounts") == ""


async def test_rows_of_a_sync_that_failed_are_not_called_never_synced(
    open_window, signed_in, amazon
):
    signed_in(await amazon(faults="denied=orders"))
    opened = await open_window()
    opened.click("syncNow")
    await opened.until(lambda: opened.state("stripState") == "Failed in part")
    assert opened.text("count") == "37 claims"
    assert opened.text("freshness").startswith("Newest row: today")
    assert opened.text("stripCounts") == "37 claims · 150 SKUs · orders not read"
    await open_window.close(opened)
    again = await open_window()
    assert again.text("freshness").startswith("Newest row: today")


async def test_rows_of_another_program_are_not_called_never_synced(
    open_window, signed_in, amazon, private_home
):
    signed_in(await amazon())
    await open_window.close(await open_window())
    with closing(sqlite3.connect(private_home / "opside.db")) as other, other:
        other.execute(
            "INSERT INTO amazon_inventory (id, user_id, sku, synced_at) VALUES "
            "('00000000-0000-4000-8000-000000000001', ?, 'A', '2026-03-01 10:00:00.000000')",
            (stored_user_id("acme"),),
        )
    opened = await open_window()
    assert opened.text("freshness").startswith("Newest row: 1 Mar")
    await opened.until(lambda: opened.text("emptyTitle") == "No claims of acme yet.")


async def test_the_word_connected_follows_the_newest_fact(
    open_window, signed_in, amazon, amazon_at
):
    url = await amazon()
    with gate_before(url, *DATASETS) as denied:
        signed_in(denied)
        opened = await open_window()
        opened.click("nav_accounts")
        await opened.until(lambda: opened.state("accountState") == "Connected")
        assert opened.state("standing") == ""
        opened.click("syncNow")
        await opened.until(lambda: opened.state("accountState") == "Refused by Amazon")
        assert opened.state("standing") == "Refused by Amazon"
        await open_window.close(opened)
        again = await open_window()
        assert again.state("standing") == "Refused by Amazon"
        await open_window.close(again)
    amazon_at(url)
    last = await open_window()
    last.click("syncNow")
    await last.until(lambda: last.state("stripState") == "Done")
    assert last.state("standing") == ""
    last.click("nav_accounts")
    await last.until(lambda: last.state("accountState") == "Connected")


async def test_nothing_new_and_not_asked_for_are_told_apart(
    open_window, signed_in, amazon, private_home
):
    signed_in(await amazon(claims=0, skus=3, orders=3))
    opened = await open_window()
    opened.click("syncNow")
    await opened.until(lambda: opened.state("stripState") == "Done")
    assert opened.text("stripCounts") == "no new claims · 3 SKUs · 3 orders"
    with closing(sqlite3.connect(private_home / "opside.db")) as other, other:
        other.execute(
            "UPDATE sync_progress SET metadata = "
            "json_set(metadata, '$.results.claims.status', 'skipped')"
        )
    await open_window.close(opened)
    again = await open_window()
    assert again.text("stripCounts") == "3 SKUs · 3 orders"
    await again.until(lambda: "did not ask for them" in again.text("emptyText"))
    again.click("nav_syncs")
    table = await again.appears("syncsTable")
    model = table.model()
    titles = [model.headerData(n, Qt.Orientation.Horizontal) for n in range(model.columnCount())]
    cell = model.index(0, titles.index("Claims"))
    assert cell.data() == "–"
    assert cell.data(Qt.ItemDataRole.ToolTipRole) == "not asked for"


async def test_a_locked_key_store_is_told_once(
    open_window, amazon, amazon_at, key_store, monkeypatch
):
    from tests.ui.pages.test_accounts import connected

    amazon_at(await amazon())
    opened = await open_window()
    opened.click("connectFirst")
    await connected(opened, "Acme Germany")
    opened.click("connectCancel")
    opened.click("connectAccount")
    await connected(opened, "Acme Canada")
    opened.click("connectCancel")
    await open_window.close(opened)

    class KeyringLocked(Exception):
        pass

    def refuse(*_):
        raise KeyringLocked

    monkeypatch.setattr(key_store, "get_password", refuse)
    again = await open_window()
    await again.appears("banner")
    assert "The key store is locked." in again.banner()
    menu = again.window.findChild(QMenu, "switcherMenu")
    menu.actions()[0].trigger()
    again.click("syncNow")
    await again.until(lambda: again.is_idle and "did not sync" in again.banner())
    await again.until(lambda: all(each in again.banner() for each in ("Germany", "Canada")))
    banners = [each for each in again.window.findChildren(QFrame, "banner") if each.isVisible()]
    assert len(banners) == 1
    assert again.banner().count("The key store is locked.") == 1


async def test_a_sync_with_warnings_names_them_wherever_it_is_told(
    open_window, signed_in, amazon, private_home
):
    signed_in(await amazon(orders=0))
    opened = await open_window()
    opened.click("syncNow")
    await opened.until(lambda: opened.state("stripState") == "Done")
    assert opened.text("stripSentence").endswith(" · 1 warning")
    told = "Amazon sent no SKU.", "Two orders are in doubt."
    with closing(sqlite3.connect(private_home / "opside.db")) as other, other:
        other.execute(
            "UPDATE sync_progress SET metadata = "
            "json_set(metadata, '$.results.orders.warnings', json_array(?, ?))",
            told,
        )
    opened.click("nav_syncs")
    opened.click("stripDetails")
    await opened.until(lambda: opened.text("ordersNote").split("\n\n") == list(told))
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "opside_desktop", "history"],
        capture_output=True,
        encoding="utf-8",
        timeout=LIMIT_S,
        check=True,
    )
    assert "2 warnings" in done.stdout


async def test_a_refusal_holds_while_another_program_tries_again(
    open_window, signed_in, amazon, private_home
):
    refused = {"status": SyncStatus.FAILED, "error_code": ErrorCode.ACCESS_DENIED, "error": "No."}
    await write_runs(private_home, 1, **refused)
    db = await open_database(f"sqlite:///{private_home}/opside.db", app_version="0")
    await starting.start_run(
        db, ACCOUNT, SyncRequest(), OWNER,
        endpoint_is_mock=True, mock_scenario="simulator", app_version="0",
    )  # fmt: skip
    await db.close()
    signed_in(await amazon())
    opened = await open_window()
    await opened.until(lambda: opened.state("stripState") == "Syncing")
    assert opened.state("standing") == "Refused by Amazon"
