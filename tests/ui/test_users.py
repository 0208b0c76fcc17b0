"""Whose rows the window shows: those that were asked for, also of users without an account."""

import os
import signal
import subprocess
import sys

import pytest
from PySide6.QtWidgets import QMenu

from opside_desktop.domain.accounts import Account
from opside_desktop.domain.ids import ExternalUserId, stored_user_id
from opside_desktop.domain.syncs import Owner, SyncRequest
from opside_desktop.store.opening import open_database
from opside_desktop.store.runs import starting
from opside_desktop.ui.kit.timings import WindowTimings
from tests.waiting import LIMIT_S


@pytest.fixture
async def stored(open_window, private_home, monkeypatch):
    """Let the window open a database that holds rows of demo-user, who has no account."""
    demo = await open_window(demo=True)
    demo.click("syncNow")
    await demo.until(lambda: demo.state("stripState") == "Done")
    await open_window.close(demo)
    monkeypatch.setenv("OPSIDE_DATABASE_URL", f"sqlite:///{private_home}/demo/opside.db")


def entries(opened):
    return {each.text(): each for each in opened.window.findChild(QMenu, "switcherMenu").actions()}


@pytest.mark.parametrize("name", [None, "demo-user", stored_user_id("demo-user")])
@pytest.mark.usefixtures("stored")
async def test_stored_rows_of_a_user_without_an_account_are_shown_and_explained(open_window, name):
    opened = await open_window(user=name)
    await opened.until(lambda: opened.text("count") == "37 claims")
    assert opened.text("accountName") == (name or "demo-user")
    assert opened.state("standing") == "Not connected on this computer"
    assert opened.text("modeBadge") == "MOCK"
    assert opened.text("stripCounts") == "37 claims · 150 SKUs · 250 orders"
    assert opened.text("freshness").startswith("Data: ")
    opened.click("syncNow")
    await opened.appears("banner")
    assert "cannot be synced here" in opened.banner()
    assert "not connected on this computer" in opened.banner()
    opened.click("bannerAction")
    await opened.until(lambda: opened.state("accountState") == "Not connected on this computer")
    assert opened.find("testAccount") is None
    assert opened.find("disconnectAccount") is None
    opened.click("nav_syncs")
    await opened.until(lambda: opened.text("syncsCount") == "1 sync")


@pytest.mark.usefixtures("stored")
async def test_whom_the_start_names_is_shown_and_nobody_else(open_window, signed_in, amazon):
    signed_in(await amazon(), user="acme")
    first = await open_window()
    await first.until(lambda: first.text("switcher") == "acme")
    assert set(entries(first)) == {"All accounts", "acme", "demo-user"}
    await first.until(lambda: "Nothing synced for acme yet" in first.text("emptyTitle"))
    entries(first)["demo-user"].trigger()
    await first.until(lambda: first.text("count") == "37 claims")
    await open_window.close(first)
    # The window remembers demo-user; the environment and --user win.
    second = await open_window()
    await second.until(lambda: "Nothing synced for acme yet" in second.text("emptyTitle"))
    assert second.text("switcher") == "acme"
    await open_window.close(second)
    third = await open_window(user="demo-user")
    await third.until(lambda: third.text("count") == "37 claims")
    assert third.text("switcher") == "demo-user"
    # What was said of demo-user is not left above acme's rows.
    third.click("syncNow")
    await third.appears("banner")
    entries(third)["acme"].trigger()
    await third.until(lambda: third.find("banner") is None)


@pytest.mark.usefixtures("stored")
async def test_a_user_nobody_knows_is_said_to_be_unknown_and_replaced_by_nobody(open_window):
    opened = await open_window(user="nobody", wait=False)
    await opened.until(lambda: opened.text("faultWhat") == "The user nobody is unknown.")
    assert "--user" in opened.text("faultRest")
    assert opened.find("recordsTable") is None


@pytest.mark.usefixtures("stored")
async def test_a_user_whose_rows_are_here_is_connected_under_its_own_id(
    open_window, amazon, amazon_at
):
    from tests.ui.pages.test_accounts import SECRETS, is_kept, ready

    amazon_at(await amazon())
    opened = await open_window()
    opened.click("nav_accounts")
    await opened.appears("connectUser")
    opened.click("connectUser")
    await opened.appears("connectDialog")
    opened.click("connectNext")
    for field, secret in SECRETS.items():
        opened.type(field, secret)
    opened.click("connectNext")
    await opened.until(lambda: ready(opened))
    opened.click("connectNext")
    await opened.until(lambda: is_kept(opened))
    opened.click("connectCancel")
    await opened.until(lambda: opened.state("accountState") == "Connected")
    opened.click("nav_claims")
    await opened.until(lambda: opened.text("count") == "37 claims")
    assert opened.text("accountName") == "demo-user"
    await opened.until(lambda: opened.state("standing") == "")


@pytest.mark.usefixtures("stored")
async def test_another_account_is_not_mixed_with_rows_that_bear_its_name(
    open_window, amazon, amazon_at
):
    from tests.ui.pages.test_accounts import connected

    amazon_at(await amazon())
    opened = await open_window()
    opened.click("nav_accounts")
    opened.click("connectAccount")
    await connected(opened, "First")  # takes the default user
    opened.click("connectCancel")
    opened.click("connectAccount")
    await connected(opened, "Demo User")
    opened.click("connectCancel")
    await opened.until(lambda: "Demo User" in entries(opened))
    opened.click("nav_claims")
    await opened.until(lambda: "Nothing synced for Demo User yet" in opened.text("emptyTitle"))


@pytest.mark.usefixtures("stored")
async def test_a_sync_that_another_computer_runs_for_such_a_user_is_shown_and_can_be_stopped(
    open_window, private_home, monkeypatch
):
    opened = await open_window(window_timings=WindowTimings(look_every_s=0.05))
    await opened.until(lambda: opened.text("count") == "37 claims")
    external = ExternalUserId("demo-user")
    account = Account(
        user_id=stored_user_id(external), external_user_id=external, display_name=external
    )
    db = await open_database(f"sqlite:///{private_home}/demo/opside.db", app_version="0")
    await starting.start_run(
        db,
        account,
        SyncRequest(trigger="api"),
        Owner(host="another-computer", pid=77, instance="1.0"),
        endpoint_is_mock=True,
        mock_scenario="simulator",
        app_version="0",
    )
    await opened.until(lambda: opened.state("stripState") == "Syncing")
    opened.click("stripCancel")
    await opened.until(lambda: opened.state("stripState") == "Cancelled")
    await db.close()


def test_a_window_that_knew_nobody_leaves_with_2(private_home):
    process = subprocess.Popen(
        [sys.executable, "-m", "opside_desktop", "--user", "nobody"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ),
    )  # fmt: skip
    log = private_home / "logs" / "opside.log"
    try:
        while not (log.exists() and "The user nobody is unknown." in log.read_text("utf-8")):
            assert process.poll() is None, process.stderr.read()
            os.sched_yield()
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=LIMIT_S)
    finally:
        process.kill()
        process.wait(5)
    assert process.returncode == 2
    assert "Traceback" not in out + err
