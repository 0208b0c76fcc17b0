"""A sync that another computer runs on the same server, seen in the window while it runs."""

import pytest
from msgspec.structs import replace
from PySide6.QtWidgets import QLabel

from opside_desktop.app import ProgramTimings
from opside_desktop.domain.accounts import Account
from opside_desktop.domain.ids import ExternalUserId, stored_user_id
from opside_desktop.domain.syncs import Owner, SyncRequest, SyncStatus
from opside_desktop.store.accounts import save_account
from opside_desktop.store.opening import open_database
from opside_desktop.store.runs import starting, sync_runs
from opside_desktop.sync.timings import SyncTimings
from opside_desktop.ui.kit.timings import WindowTimings
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
    """Let the program use a database."""

    def at(url):
        monkeypatch.setenv("OPSIDE_USER", ACME)
        monkeypatch.setenv("OPSIDE_DATABASE_URL", url)

    return at


async def start(db):
    return await starting.start_run(
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
    await opened.until(lambda: opened.is_idle)


def strip(opened):
    return opened.window.findChild(QLabel, "stripSentence").text()


def looking(every_s):
    """What a window goes by that looks so often, and does not wait before it listens."""
    return {
        "timings": ProgramTimings(syncs=SyncTimings(poll_s=every_s, poll_notified_s=NEVER_S)),
        "window_timings": WindowTimings(look_every_s=every_s, load_after_s=0.0),
    }


async def test_progress_comes_by_the_servers_news_alone(open_window, at, postgres_url, other):
    # Whoever looked by himself would have to wait for an hour.
    at(postgres_url)
    opened = await open_window(**looking(NEVER_S))
    await opened.until(lambda: opened.shell._program.db.row_changes.is_live)
    await see_it_run_and_end(opened, other)
    await see_it_run_and_end(opened, other)


async def test_behind_a_pooler_the_window_looks_by_itself(open_window, at, postgres_url, other):
    with pooler(postgres_url) as (_, url):
        at(url)
        opened = await open_window(**looking(0.05))
        await see_it_run_and_end(opened, other)
        await open_window.close(opened)
