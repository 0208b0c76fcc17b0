"""The history of many syncs."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTableView

from opside_desktop.domain.accounts import Account
from opside_desktop.domain.clock import SystemClock
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.errors import ErrorCode
from opside_desktop.domain.ids import ExternalUserId, stored_user_id
from opside_desktop.domain.syncs import (
    DatasetResult,
    DatasetStatus,
    Owner,
    SyncRequest,
    SyncStatus,
)
from opside_desktop.store.opening import open_database
from opside_desktop.store.runs import starting, sync_runs
from opside_desktop.ui.kit.formats import Formats
from opside_desktop.ui.kit.timings import WindowTimings
from opside_desktop.ui.pages.syncs_table import RunsModel

EXTERNAL = ExternalUserId("acme")
ACCOUNT = Account(user_id=stored_user_id(EXTERNAL), external_user_id=EXTERNAL, display_name="acme")
OWNER = Owner(host="here", pid=1, instance="1.0")


async def write_runs(folder, count, **changes):
    """Store finished runs, oldest first."""
    from msgspec.structs import replace

    db = await open_database(f"sqlite:///{folder}/opside.db", app_version="0")
    for _ in range(count):
        run = await starting.start_run(
            db, ACCOUNT, SyncRequest(), OWNER,
            endpoint_is_mock=True, mock_scenario="simulator", app_version="0",
        )  # fmt: skip
        ended = {"status": SyncStatus.COMPLETED, "progress": 100, **changes}
        await sync_runs.end_run(db, replace(run, **ended))
    await db.close()


async def test_a_long_history_comes_in_pages(open_window, signed_in, amazon, private_home):
    await write_runs(private_home, 203)
    signed_in(await amazon())
    opened = await open_window()
    opened.click("nav_syncs")
    await opened.until(lambda: opened.text("syncsCount") == "203 syncs")
    model = opened.find("syncsTable", QTableView).model()
    assert model.rowCount() == 200
    opened.click("syncsMore")
    await opened.until(lambda: model.rowCount() == 203)
    assert opened.find("syncsMore") is None


async def test_arrows_move_on_while_the_details_stay_open(
    open_window, signed_in, amazon, private_home
):
    sentence = "The database is full. Free some space and sync again."
    await write_runs(
        private_home, 1, status=SyncStatus.FAILED, error=sentence, error_code=ErrorCode.DATABASE
    )
    await write_runs(private_home, 1)
    signed_in(await amazon())
    opened = await open_window()
    opened.click("nav_syncs")
    await opened.until(lambda: opened.text("syncsCount") == "2 syncs")
    table = opened.find("syncsTable", QTableView)
    assert opened.find("syncDetails") is None
    QTest.keyClick(table, Qt.Key.Key_Space)
    assert opened.state("detailsState") == "Done"
    assert opened.find("detailsError") is None
    QTest.keyClick(table, Qt.Key.Key_Down)
    assert opened.state("detailsState") == "Failed"
    assert opened.text("detailsError") == sentence
    assert opened.text("fact_code") == "database"
    QTest.keyClick(table, Qt.Key.Key_Up)
    assert opened.find("fact_code") is None


async def test_the_details_say_where_rows_came_from(open_window, signed_in, amazon, private_home):
    told = {
        Dataset.CLAIMS: "transactions+events-v0",
        Dataset.INVENTORY: "inventory-v1",
        Dataset.ORDERS: None,
    }
    results = {
        dataset: DatasetResult(status=DatasetStatus.SUCCESS, count=3, source=source)
        for dataset, source in told.items()
    }
    await write_runs(private_home, 1, results=results)
    signed_in(await amazon())
    opened = await open_window()
    opened.click("nav_syncs")
    await opened.until(lambda: opened.text("syncsCount") == "1 sync")
    QTest.keyClick(opened.find("syncsTable", QTableView), Qt.Key.Key_Space)
    assert opened.text("claimsSource") == "by transactions and financial events (v0)"
    assert opened.text("inventorySource") == "by FBA inventory (v1)"
    assert opened.text("ordersSource") == ""


@pytest.mark.parametrize(
    ("status", "role"), [(SyncStatus.CANCELLED, "muted"), (SyncStatus.FAILED, "error")]
)
async def test_what_a_person_cancelled_is_not_shown_as_trouble(
    open_window, signed_in, amazon, private_home, status, role
):
    await write_runs(private_home, 1, status=status, error="It ended.")
    signed_in(await amazon())
    opened = await open_window()
    opened.click("nav_syncs")
    await opened.until(lambda: opened.text("syncsCount") == "1 sync")
    QTest.keyClick(opened.find("syncsTable", QTableView), Qt.Key.Key_Space)
    assert opened.text("detailsError") == "It ended."
    assert opened.find("detailsError").property("role") == role


async def test_a_history_that_cannot_be_read_keeps_what_it_shows(
    open_window, signed_in, amazon, private_home
):
    import sqlite3

    await write_runs(private_home, 2)
    signed_in(await amazon())
    opened = await open_window()
    opened.click("nav_syncs")
    await opened.until(lambda: opened.text("syncsCount") == "2 syncs")
    connection = sqlite3.connect(private_home / "opside.db")
    connection.execute("ALTER TABLE sync_progress RENAME TO gone")
    connection.commit()
    opened.press(Qt.Key.Key_F5)
    await opened.appears("banner")
    assert opened.find("syncsTable", QTableView).model().rowCount() == 2
    connection.execute("ALTER TABLE gone RENAME TO sync_progress")
    connection.commit()
    connection.close()


def test_the_model_of_the_history_is_sound(qtmodeltester, qapp, theme):
    formats = Formats(qapp)
    model = RunsModel(theme, formats, qapp)
    qtmodeltester.check(model)


async def test_how_long_ago_the_last_sync_was_goes_on_in_the_strip_as_above(
    open_window, signed_in, amazon, private_home
):
    class Movable(SystemClock):
        ahead_s = 0

        def now(self):
            return super().now() + self.ahead_s

    clock = Movable()
    await write_runs(private_home, 1)
    signed_in(await amazon())
    opened = await open_window(clock=clock, window_timings=WindowTimings(freshness_ms=20))
    await opened.until(lambda: "last sync" in opened.text("stripSentence"))
    before = opened.text("stripSentence")
    clock.ahead_s = 9 * 60
    await opened.until(lambda: opened.text("stripSentence") != before)
    ago = opened.text("stripSentence").split("last sync ")[1].split(" ago")[0]
    await opened.until(lambda: f"({ago} ago)" in opened.text("freshness"))


@pytest.mark.parametrize("direction", Qt.LayoutDirection)
async def test_the_sync_whose_details_are_open_stays_the_chosen_row(
    open_window, signed_in, amazon, private_home, qapp, direction
):
    await write_runs(private_home, 3)
    signed_in(await amazon())
    before = qapp.layoutDirection()
    qapp.setLayoutDirection(direction)
    try:
        opened = await open_window()
        opened.click("nav_syncs")
        table = await opened.appears("syncsTable")
        await opened.until(lambda: table.currentIndex().row() == 0)
        table.setFocus()
        for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Return):
            opened.press(key)
        await opened.appears("syncDetails")
        resets = []
        table.model().modelReset.connect(lambda: resets.append(True))
        opened.press(Qt.Key.Key_F5)
        await opened.until(lambda: resets and table.currentIndex().row() == 2)
        assert [each.row() for each in table.selectionModel().selectedRows()] == [2]
        await open_window.close(opened)
    finally:
        qapp.setLayoutDirection(before)
