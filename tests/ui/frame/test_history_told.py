"""That history is still being read is told in bar and strip, and keeps nobody from a new sync."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from opside_desktop.domain.accounts import Account
from opside_desktop.domain.datasets import Dataset
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
from opside_desktop.ui.frame.top_bar import TopBar
from opside_desktop.ui.kit.formats import Formats, ZoneChoice
from opside_desktop.ui.program.shown_syncs import Freshness, History

SINCE = datetime(2026, 8, 30, tzinfo=UTC)
ELSEWHERE = Owner(host="another computer", pid=4711, instance="1")


def reading(count):
    return DatasetResult(status=DatasetStatus.RUNNING, count=count, complete_since=SINCE)


async def read_elsewhere(home, user="acme"):
    """Let another computer have read the recent part for a user, and read history now."""
    external = ExternalUserId(user)
    account = Account(
        user_id=stored_user_id(external), external_user_id=external, display_name=user
    )
    home.mkdir(parents=True, exist_ok=True)
    db = await open_database(f"sqlite:///{home}/opside.db", app_version="0.1.0")
    run = await starting.start_run(
        db,
        account,
        SyncRequest(),
        ELSEWHERE,
        endpoint_is_mock=True,
        mock_scenario="normal_week",
        app_version="0.1.0",
    )
    run = replace(
        run,
        progress=62,
        message="Fetching history: orders… 1,200 orders",
        recent_done_at=run.started_at + timedelta(seconds=5),
        results={
            Dataset.CLAIMS: reading(37),
            Dataset.INVENTORY: DatasetResult(status=DatasetStatus.SUCCESS, count=150),
            Dataset.ORDERS: reading(250),
        },
    )
    assert await sync_runs.update_run(db, run)
    await db.close()
    return run


async def test_history_that_goes_on_is_told_and_gives_way_to_sync_now(
    open_window, signed_in, amazon, private_home
):
    older = await read_elsewhere(private_home)
    signed_in(await amazon())
    opened = await open_window()
    await opened.until(lambda: "history goes on" in opened.text("history"))
    assert opened.text("history") == "complete since 30 Aug 2026; history goes on"
    assert opened.text("freshness").startswith("Data: ")
    assert "just now" in opened.text("freshness")
    sentence = opened.find("stripSentence").text()
    assert "62 % · complete since 30 Aug 2026; history goes on · Fetching history" in sentence
    assert opened.text("syncNow") == "Sync now"
    opened.click("nav_syncs")
    table = await opened.appears("syncsTable")
    await opened.until(lambda: table.model().rowCount() == 1)
    assert table.model().index(0, 0).data() == "Syncing"
    opened.click("syncNow")
    await opened.until(lambda: opened.text("syncNow") == "Syncing…")
    await opened.until(lambda: opened.state("stripState") == "Done")
    db = await open_database(f"sqlite:///{private_home}/opside.db", app_version="0.1.0")
    [newer, closed], _ = await sync_runs.history(db, [older.user_id], limit=5)
    await db.close()
    assert (closed.sync_id, closed.status, closed.gave_way_to) == (
        older.sync_id, SyncStatus.COMPLETED, newer.sync_id,
    )  # fmt: skip
    await opened.until(lambda: table.model().index(1, 0).data() == "Done")
    cells = [table.model().index(1, n).data() for n in range(table.model().columnCount())]
    assert "Gave way to a newer sync, which goes on with the history" in cells
    table.choose(1)
    table.setFocus()
    opened.press(Qt.Key.Key_Space)
    fact = await opened.appears("fact_history")
    assert fact.text() == f"gave way to {newer.sync_id}, which goes on with the history"


def test_history_that_was_left_is_told_too(qtbot, theme):
    bar = TopBar(theme, Formats(choice=ZoneChoice.UTC))
    qtbot.addWidget(bar)
    shown = bar.findChild(QLabel, "history")
    known = Freshness(SINCE, complete_since=SINCE)
    for history, words in (
        (History.GOES_ON, "complete since 30 Aug 2026; history goes on"),
        (History.LEFT, "complete since 30 Aug 2026; history is still to be read"),
        (None, ""),
    ):
        bar.show_freshness(known._replace(history=history))
        assert (shown.text(), shown.isHidden()) == (words, not words)
    assert "Complete since 30 Aug 2026, UTC" in bar.findChild(QLabel, "freshness").toolTip()
    bar.show_freshness(None)
    assert shown.isHidden()


def test_the_day_is_the_utc_day_in_every_zone(qapp):
    formats = Formats(choice=ZoneChoice.MARKETPLACE)
    formats.follow_marketplace("America/Los_Angeles")
    assert formats.utc_day(SINCE) == "30 Aug 2026"
