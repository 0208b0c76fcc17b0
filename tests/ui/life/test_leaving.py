"""Closing the window while something runs, and what the next start makes of it."""

import os
import socket
import sqlite3
import threading
from contextlib import closing

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from opside_desktop.domain.accounts import Account
from opside_desktop.domain.datasets import Dataset
from opside_desktop.domain.export_formats import ExportFormat
from opside_desktop.domain.ids import ExternalUserId, stored_user_id
from opside_desktop.domain.syncs import Owner, SyncRequest, SyncStatus
from opside_desktop.settings.environment import read_settings
from opside_desktop.store.exports.csv_and_json_lines import CsvFile
from opside_desktop.store.exports.plan import Export, ExportColumn
from opside_desktop.store.opening import open_database
from opside_desktop.store.runs import ending, starting
from opside_desktop.ui.dialogs.closing import ClosingDialog
from opside_desktop.ui.life.single_instance import OnlyWindow
from opside_desktop.ui.program.updates import Updates
from tests.waiting import LIMIT_S

GONE = Owner(host=socket.gethostname(), pid=2**22 + 1, instance="1.0")
ELSEWHERE = Owner(host="another-computer", pid=2**22 + 1, instance="1.0")
SLOW = "latency=0.3"


def account_of(name="acme"):
    external = ExternalUserId(name)
    return Account(user_id=stored_user_id(external), external_user_id=external, display_name=name)


@pytest.fixture
def stored(private_home):
    """Read what is stored of syncs, oldest first: status, error code and trigger."""

    def stored():
        with closing(sqlite3.connect(private_home / "opside.db")) as file:
            return file.execute(
                "SELECT status, json_extract(metadata, '$.errorCode'), "
                "json_extract(metadata, '$.trigger') FROM sync_progress ORDER BY rowid"
            ).fetchall()

    return stored


@pytest.fixture
def left_behind(private_home):
    """Store a sync that its program has left running, or that ended as it is told."""

    async def left_behind(owner=GONE, name="acme", status=None, **request):
        db = await open_database(f"sqlite:///{private_home}/opside.db", app_version="0")
        run = await starting.start_run(
            db,
            account_of(name),
            SyncRequest(**request),
            owner,
            endpoint_is_mock=True,
            mock_scenario="simulator",
            app_version="0",
        )
        if status is SyncStatus.CANCELLED:
            await ending.cancel_run(db, run.user_id, run.sync_id)
        elif status == "stale":
            silent = "UPDATE sync_progress SET updated_at = datetime('now', '-1 hour')"
            await db.write(lambda connection: connection.exec_driver_sql(silent))
        await db.close()
        return run

    return left_behind


@pytest.fixture
async def syncing(open_window, signed_in, amazon):
    """A window whose sync takes a while."""
    signed_in(await amazon(faults=SLOW))
    opened = await open_window()
    opened.click("syncNow")
    await opened.appears("stripCancel")
    await opened.until(lambda: "0 SKUs" not in opened.text("stripCounts"))
    return opened


async def test_closing_asks_and_esc_closes_nothing(syncing):
    syncing.window.close()
    assert syncing.window.isVisible()
    await syncing.appears("closingDialog")
    assert syncing.text("closingWhat") == "A sync is still running."
    texts = [each.text() for each in syncing.dialog().findChildren(QPushButton)]
    assert texts == ["Keep going without the window", "Stop after this page", "Do not close"]
    await syncing.until(lambda: syncing.find("closingStay").hasFocus())
    syncing.window.close()  # once more: it is asked once
    syncing.press(Qt.Key.Key_Escape)
    await syncing.until(lambda: syncing.dialog() is None)
    assert syncing.window.isVisible()
    assert syncing.text("syncNow") == "Syncing…"


@pytest.mark.parametrize("zoom", [100, 200])
@pytest.mark.parametrize(("syncs", "exports"), [(1, 0), (2, 1), (0, 1)])
async def test_the_question_has_room_for_its_words(open_window, theme, until, zoom, syncs, exports):
    opened = await open_window(demo=True)
    theme.set_zoom(zoom)
    try:
        dialog = ClosingDialog(syncs, exports, opened.window)
        dialog.open()
        await until(lambda: dialog.height() == dialog.heightForWidth(dialog.width()))
        for each in dialog.findChildren(QPushButton):
            assert each.height() >= each.sizeHint().height()
            assert each.width() >= each.sizeHint().width()
        dialog.reject()
    finally:
        theme.set_zoom(100)


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return])
async def test_what_a_key_does_without_a_choice_is_harmless(syncing, key):
    syncing.window.close()
    await syncing.until(lambda: syncing.find("closingStay").hasFocus())
    syncing.press(key)
    await syncing.until(lambda: syncing.dialog() is None)
    assert syncing.window.isVisible()
    assert syncing.text("syncNow") == "Syncing…"


async def test_a_sync_that_goes_on_without_the_window_ends_the_program_when_it_is_done(
    syncing, stored, until
):
    ended = []
    syncing.window.closed.connect(lambda: ended.append(True))
    syncing.window.close()
    await syncing.appears("closingGoOn")
    syncing.click("closingGoOn")
    await until(lambda: not syncing.window.isVisible())
    assert not ended
    assert stored()[0][0] == "running"
    await until(lambda: ended)
    assert stored() == [("completed", None, "manual")]


async def test_another_start_brings_the_window_back_and_then_it_stays(syncing, stored, until):
    ended = []
    syncing.window.closed.connect(lambda: ended.append(True))
    settings = read_settings(os.environ, demo=False, user=None)
    only = OnlyWindow(settings)
    assert only.take()
    only.listen(syncing.window)
    try:
        syncing.window.close()
        await syncing.appears("closingGoOn")
        syncing.click("closingGoOn")
        await until(lambda: not syncing.window.isVisible())
        second = OnlyWindow(settings)
        assert not second.take()
        second.call()
        await until(syncing.window.isVisible)
        await until(lambda: stored()[0][0] == "completed")
        await until(lambda: syncing.state("stripState") == "Done")
    finally:
        only.release()
    assert syncing.window.isVisible()
    assert not ended


async def test_stopping_after_the_page_keeps_it_and_the_next_start_goes_on(
    syncing, stored, until, open_window
):
    ended = []
    syncing.window.closed.connect(lambda: ended.append(True))
    syncing.window.close()
    await syncing.appears("closingStop")
    syncing.click("closingStop")
    await until(lambda: syncing.state("stripState") == "Stopping…")
    syncing.window.close()  # it closes by itself in a moment, and is not asked again
    assert syncing.dialog() is None
    assert not ended
    await until(lambda: ended)
    assert stored() == [("failed", "interrupted", "manual")]
    await open_window.close(syncing)

    again = await open_window()
    await again.until(lambda: "The interrupted sync of acme goes on" in again.text("stripSentence"))
    await again.until(lambda: again.state("stripState") == "Done")
    assert again.text("stripCounts") == "37 claims · 150 SKUs · 250 orders"
    assert [row[0] for row in stored()] == ["failed", "completed"]
    again.click("nav_syncs")
    await again.appears("syncsTable")
    again.click("stripDetails")
    await again.until(lambda: again.text("fact_trigger") == "The window, after an interruption")


async def test_one_that_is_stopped_again_and_again_is_taken_up_each_time(
    open_window, signed_in, amazon, stored, left_behind, until
):
    await left_behind()
    signed_in(await amazon(faults=SLOW))
    for _ in range(2):
        opened = await open_window()
        await opened.appears("stripCancel")
        opened.window.close()
        await opened.appears("closingStop")
        opened.click("closingStop")
        await until(lambda opened=opened: not opened.window.isVisible())
        await open_window.close(opened)
    assert stored() == [
        ("failed", "interrupted", "manual"),
        ("failed", "interrupted", "resumed"),
        ("failed", "interrupted", "resumed"),
    ]


async def test_a_sync_whose_window_was_killed_is_taken_up_once(
    open_window, signed_in, amazon, stored, left_behind, private_home
):
    await left_behind()
    signed_in(await amazon(faults=SLOW))
    opened = await open_window()
    layout = private_home / "window.json"
    await opened.until(lambda: layout.exists() and "taken up" in layout.read_text())
    before = layout.read_text()
    await open_window.close(opened, asks=False)
    # As if this one had been killed: what it wrote at its end is taken back.
    layout.write_text(before)
    with closing(sqlite3.connect(private_home / "opside.db")) as file, file:
        file.execute(
            "UPDATE sync_progress SET metadata = json_set(metadata, '$.owner.pid', ?, "
            "'$.owner.instance', '1.0')",
            (GONE.pid,),
        )
    again = await open_window()
    await again.until(lambda: again.state("stripState") == "Interrupted")
    await loaded(again)
    assert again.text("syncNow") == "Sync now"
    assert len(stored()) == 2


async def loaded(opened):
    """Wait until the window has done all that it does by itself when it opens."""
    await opened.until(lambda: opened.window.findChild(Updates) is not None)


@pytest.mark.parametrize(
    "given",
    [
        {"owner": ELSEWHERE, "status": "stale"},
        {"status": SyncStatus.CANCELLED},
        {"name": "somebody else"},
    ],
    ids=["of another computer", "cancelled", "of another user"],
)
async def test_what_is_not_this_windows_to_take_up_is_left_alone(
    open_window, signed_in, amazon, stored, left_behind, given
):
    await left_behind(**given)
    signed_in(await amazon())
    opened = await open_window()
    await loaded(opened)
    assert opened.text("syncNow") == "Sync now"
    assert len(stored()) == 1


async def test_a_read_only_window_takes_nothing_up(
    open_window, signed_in, amazon, stored, left_behind
):
    await left_behind()
    signed_in(await amazon())
    opened = await open_window(read_only=True)
    await loaded(opened)
    assert not opened.find("syncNow").isEnabled()
    assert len(stored()) == 1


async def test_an_account_that_is_not_connected_any_more_is_not_synced(
    open_window, signed_in, amazon, stored, left_behind, monkeypatch
):
    await left_behind()
    signed_in(await amazon())
    for name in ("CLIENT_ID", "CLIENT_SECRET", "SPAPI_REFRESH_TOKEN"):
        monkeypatch.delenv(f"AMAZON_{name}")
    opened = await open_window()
    await loaded(opened)
    assert len(stored()) == 1


async def test_only_what_was_being_copied_is_taken_up(
    open_window, signed_in, amazon, stored, left_behind, private_home
):
    run = await left_behind(datasets=frozenset({Dataset.INVENTORY}))
    signed_in(await amazon())
    opened = await open_window()
    await opened.until(lambda: opened.state("stripState") == "Done")
    assert opened.text("stripCounts") == "150 SKUs"
    assert run.result(Dataset.CLAIMS).status == "skipped"
    assert [row[2] for row in stored()] == ["manual", "resumed"]


async def test_with_nothing_running_the_window_closes_at_once(open_window, signed_in, amazon):
    signed_in(await amazon())
    opened = await open_window()
    await open_window.close(opened)


async def test_another_programs_sync_is_no_reason_to_ask(
    open_window, signed_in, amazon, left_behind
):
    signed_in(await amazon())
    opened = await open_window()
    await left_behind(owner=ELSEWHERE)
    await opened.until(lambda: opened.text("syncNow") == "Syncing…")
    await open_window.close(opened)


@pytest.fixture
async def exporting(open_window, monkeypatch, tmp_path):
    """A window whose export is held up."""
    go_on = threading.Event()
    write = CsvFile.write

    def held(self, batch):
        go_on.wait(LIMIT_S)
        write(self, batch)

    monkeypatch.setattr(CsvFile, "write", held)
    opened = await open_window(demo=True)
    opened.click("syncNow")
    await opened.until(lambda: opened.state("stripState") == "Done")
    await opened.until(lambda: opened.text("count") == "37 claims")
    page = opened.window.stack.currentWidget()
    offer = page.export_offer()
    columns = tuple(ExportColumn(each.field, each.name) for each in offer.shown)
    target = tmp_path / "claims.csv"
    page.export_requested.emit(
        Export(query=offer.query, form=ExportFormat.CSV, target=target, columns=columns)
    )
    await opened.until(lambda: opened.state("exportState") == "Exporting")
    yield opened, target, go_on
    go_on.set()


async def test_an_export_goes_on_without_the_window_too(exporting, until):
    opened, target, go_on = exporting
    ended = []
    opened.window.closed.connect(lambda: ended.append(True))
    opened.window.close()
    await opened.appears("closingDialog")
    assert opened.text("closingWhat") == "An export is still running."
    assert opened.text("closingStop") == "Stop the export"
    opened.click("closingGoOn")
    await until(lambda: not opened.window.isVisible())
    go_on.set()
    await until(lambda: ended)
    assert len(target.read_text().splitlines()) == 38


async def test_a_stopped_export_leaves_no_file_and_the_window_closes(exporting, until):
    opened, target, go_on = exporting
    opened.window.close()
    await opened.appears("closingStop")
    opened.click("closingStop")
    await until(lambda: opened.state("exportState") == "Stopping…")
    go_on.set()
    await until(lambda: not opened.window.isVisible())
    assert list(target.parent.glob("*.csv")) == []


async def test_the_question_goes_with_its_cause(exporting, until):
    """All was done while it was read: the window closes, as was asked for."""
    opened, target, go_on = exporting
    opened.window.close()
    await opened.appears("closingDialog")
    go_on.set()
    await until(lambda: not opened.window.isVisible())
    assert target.exists()
