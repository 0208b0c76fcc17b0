"""A sync that another computer runs on the same server, seen in the window while it runs."""

import pytest
from msgspec.structs import replace
from PySide6.QtWidgets import QLabel

from opside_desktop.domain.accounts import Account
from opside_desktop.domain.ids import ExternalUserId, stored_user_id
from opside_desktop.domain.syncs import Owner, SyncRequest, SyncStatus
from opside_desktop.store.accounts import save_account
from opside_desktop.store.database import open_database
from opside_desktop.store.runs import sync_runs
from opside_desktop.sync import manager
from opside_desktop.ui.life import runs, shell
from tests.postgres_wire import pooler

NEVER_S = 3600.0
ACME = ExternalUserId("acme")
ACCOUNT = Account(user_id=stored_user_id(ACME), external_user_id=ACME, display_name="Acme")
ELSEWHERE = Owner(host="another", pid=1, instance="1.0")


@pytest.fixture
async def other(postgres_url):
    """The program of another computer; the account is connected."""
    db = await open_database(postgres_url, app_version="0")
    await save_account(db, ACCOUNT)
    yield db
    await db.close()


@pytest.fixture
def at(monkeypatch):
    """Let the program use a database; it does not wait before it listens."""

    def at(url):
        monkeypatch.setenv("OPSIDE_USER", ACME)
        monkeypatch.setenv("OPSIDE_DATABASE_URL", url)
        monkeypatch.setattr(shell, "LOAD_AFTER_S", 0.0)

    return at


async def start(db):
    return await sync_runs.start_run(
        db,
        ACCOUNT,
        SyncRequest(trigger="api"),
        ELSEWHERE,
        endpoint_is_mock=True,
        mock_scenario="simulator",
        app_version="0",
    )


async def see_it_run_and_end(opened, other):
    run = await start(other)
    await opened.until(lambda: opened.text("syncNow") == "Syncing…")
    for percent in (20, 45, 70):
        run = replace(run, progress=percent, message=f"Step at {percent}")
        assert await sync_runs.update_run(other, run)
        await opened.until(lambda said=f"Step at {percent}": said in strip(opened))
    assert await sync_runs.end_run(
        other, replace(run, status=SyncStatus.COMPLETED, message="All copied.")
    )
    await opened.until(lambda: opened.text("syncNow") == "Sync now")


def strip(opened):
    return opened.window.findChild(QLabel, "stripSentence").text()


async def test_progress_comes_by_the_servers_news_alone(
    open_window, at, postgres_url, other, monkeypatch
):
    # Whoever looked by himself would have to wait for an hour.
    monkeypatch.setattr(runs, "LOOK_EVERY_S", NEVER_S)
    monkeypatch.setattr(manager, "POLL_S", NEVER_S)
    monkeypatch.setattr(manager, "TOLD_POLL_S", NEVER_S)
    at(postgres_url)
    opened = await open_window()
    await opened.until(lambda: opened.shell._program.db.news.is_live)
    await see_it_run_and_end(opened, other)
    await see_it_run_and_end(opened, other)


async def test_behind_a_pooler_the_window_looks_by_itself(
    open_window, at, postgres_url, other, monkeypatch
):
    monkeypatch.setattr(runs, "LOOK_EVERY_S", 0.05)
    monkeypatch.setattr(manager, "POLL_S", 0.05)
    monkeypatch.setattr(manager, "TOLD_POLL_S", NEVER_S)
    with pooler(postgres_url) as (_, url):
        at(url)
        opened = await open_window()
        await see_it_run_and_end(opened, other)
        await open_window.close(opened)
