"""Connecting, testing, changing and disconnecting seller accounts in the window."""

import threading

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QLineEdit, QMenu, QScrollArea

from opside_desktop.store import accounts
from opside_desktop.store.opening import open_database
from tests.ui.conftest import IMPATIENT_KEY_STORE

SECRETS = {
    "clientId": "amzn1.application-oa2-client.0123",
    "clientSecret": "amzn1.oa2-cs.v1.4567",
    "refreshToken": "Atzr|89abcdef",
}


async def fill_in(opened, name="Acme Germany"):
    """Walk through the first two steps of the dialog."""
    await opened.appears("connectDialog")
    assert not opened.find("connectNext").isEnabled()
    opened.type("connectName", name)
    opened.click("connectNext")
    assert not opened.find("connectNext").isEnabled()
    for field, secret in SECRETS.items():
        assert opened.find(field).echoMode() is QLineEdit.EchoMode.Password
        opened.type(field, secret)
    opened.click("connectNext")


async def connected(opened, name="Acme Germany"):
    """Connect an account and wait until the dialog says so."""
    await fill_in(opened, name)
    await opened.until(lambda: ready(opened))
    opened.click("connectNext")
    await opened.until(lambda: is_kept(opened))


def ready(opened):
    return opened.text("connectNext") == "Connect" and opened.find("connectNext").isEnabled()


def is_kept(opened):
    """The account is connected, and the dialog's button offers what comes next."""
    told = opened.text("check_stored").startswith("Connected")
    return told and opened.text("connectNext") == "Sync now"


async def test_an_account_is_connected_in_three_steps_and_synced_at_once(
    open_window, amazon_at, amazon, key_store
):
    amazon_at(await amazon())
    opened = await open_window()
    opened.click("connectFirst")
    dialog = await opened.appears("connectDialog")
    fields = [dialog.findChild(QLineEdit, name) for name in SECRETS]
    await fill_in(opened)
    await opened.until(lambda: ready(opened))
    assert opened.text("check_permission") == "Amazon accepts the permission."
    assert "Secret Service" in opened.text("check_key_store")
    for dataset in ("claims", "inventory", "orders"):
        assert opened.outcome(dataset) == "ok"
    marketplaces = opened.find("connectMarketplace", QComboBox)
    assert marketplaces.findText("United States (US)") >= 0
    assert key_store.entries == {}
    opened.click("connectNext")
    await opened.until(lambda: is_kept(opened))
    assert key_store.entries
    assert [field.text() for field in fields] == ["", "", ""]
    await opened.until(lambda: opened.text("accountName") == "Acme Germany")
    opened.click("connectNext")
    await opened.until(lambda: opened.text("stripCounts") == "37 claims · 150 SKUs · 250 orders")
    assert opened.dialog() is None


async def test_a_wrong_secret_is_named_before_anything_is_stored(
    open_window, amazon_at, amazon, key_store, private_home
):
    amazon_at(await amazon(faults="revoked=1"))
    opened = await open_window()
    opened.click("connectFirst")
    await fill_in(opened)
    await opened.until(lambda: opened.outcome("permission") == "error")
    await opened.until(lambda: opened.text("connectNext") == "Test again")
    assert "Atzr" not in opened.text("check_permission")
    for name in ("marketplaces", "key_store"):  # not come to, and waiting for nothing
        assert opened.find(f"check_{name}") is None
    opened.click("connectBack")
    assert opened.find("refreshToken").text() == SECRETS["refreshToken"]
    opened.click("connectCancel")
    assert key_store.entries == {}
    assert opened.find("connectAccount") is not None
    assert b"Atzr|89abcdef" not in (private_home / "opside.db").read_bytes()


async def test_a_role_that_is_missing_is_told_and_does_not_stop_the_rest(
    open_window, amazon_at, amazon
):
    amazon_at(await amazon(faults="denied=orders"))
    opened = await open_window()
    opened.click("connectFirst")
    await fill_in(opened)
    await opened.until(lambda: ready(opened))
    assert opened.outcome("orders") == "warn"
    assert opened.outcome("claims") == "ok"


async def test_an_orders_api_that_is_denied_is_none_where_the_older_one_answers(
    open_window, amazon_at, amazon
):
    amazon_at(await amazon(faults="denied=searchOrders"))
    opened = await open_window()
    opened.click("connectFirst")
    await fill_in(opened)
    await opened.until(lambda: ready(opened))
    assert opened.text("check_orders") == "Amazon answers for orders."


async def test_a_key_store_that_forgets_is_no_connection(open_window, amazon_at, amazon, key_store):
    amazon_at(await amazon())
    opened = await open_window()
    opened.click("connectFirst")
    await fill_in(opened)
    await opened.until(lambda: ready(opened))
    key_store.loses_writes = True
    opened.click("connectNext")
    await opened.until(lambda: opened.outcome("stored") == "error")
    assert "Connected" not in opened.text("check_stored")
    await opened.until(lambda: ready(opened))
    opened.click("connectCancel")
    opened.click("nav_claims")
    assert opened.find("connectFirst") is not None


async def test_a_silent_key_store_is_told_in_the_dialog(
    open_window, amazon_at, amazon, key_store, monkeypatch
):
    amazon_at(await amazon())
    release = threading.Event()
    monkeypatch.setattr(key_store, "get_password", lambda *_: release.wait(10) and None)
    opened = await open_window(timings=IMPATIENT_KEY_STORE)
    opened.click("connectFirst")
    await fill_in(opened)
    await opened.until(lambda: opened.text("connectNext") == "Test again")
    assert "did not answer" in opened.text("check_key_store")
    release.set()


async def test_closing_the_dialog_in_the_middle_of_its_test_leaves_nothing(
    open_window, amazon_at, amazon, key_store
):
    amazon_at(await amazon(faults="latency=0.3"))
    opened = await open_window()
    opened.click("connectFirst")
    await fill_in(opened)
    opened.click("connectCancel")
    assert opened.dialog() is None
    assert key_store.entries == {}


async def test_a_second_account_brings_the_switcher(open_window, amazon_at, amazon):
    amazon_at(await amazon())
    opened = await open_window()
    opened.click("connectFirst")
    await connected(opened, "Acme Germany")
    opened.click("connectCancel")
    opened.click("connectAccount")
    await connected(opened, "Acme Canada & Co")
    opened.click("connectCancel")
    await opened.until(lambda: opened.text("switcher") == "Acme Canada && Co")
    menu = opened.window.findChild(QMenu, "switcherMenu")
    assert menu.layoutDirection() is Qt.LayoutDirection.LeftToRight
    entries = {action.text(): action for action in menu.actions()}
    assert next(iter(entries)) == "All accounts"
    assert set(entries) == {"All accounts", "Acme Germany", "Acme Canada && Co"}
    entries["All accounts"].trigger()
    assert opened.text("switcher") == "All accounts"
    opened.click("syncNow")
    await opened.until(lambda: opened.text("stripSentence").startswith("2 syncs"))
    await opened.until(lambda: opened.is_idle)
    opened.click("nav_claims")
    await opened.until(lambda: opened.text("count") == "74 claims")
    next(each for each in menu.actions() if "Canada" in each.text()).trigger()
    await opened.until(lambda: opened.text("count") == "37 claims")
    assert opened.text("switcher") == "Acme Canada && Co"


async def test_a_new_account_is_shown_and_its_first_sync_is_its_own(open_window, amazon_at, amazon):
    amazon_at(await amazon())
    opened = await open_window()
    opened.click("connectFirst")
    await connected(opened, "Acme Germany")
    opened.click("connectCancel")
    opened.click("connectAccount")
    await connected(opened, "Acme Canada")
    assert opened.text("connectNext") == "Sync now"
    opened.click("connectNext")
    await opened.until(lambda: "last sync" in opened.text("stripSentence"))
    assert opened.text("stripSentence").startswith("Acme Canada")
    assert opened.text("switcher") == "Acme Canada"
    opened.click("nav_claims")
    await opened.until(lambda: opened.text("count") == "37 claims")


async def test_secrets_broken_over_lines_are_stored_whole(
    open_window, amazon_at, amazon, key_store
):
    amazon_at(await amazon())
    opened = await open_window()
    opened.click("connectFirst")
    await opened.appears("connectDialog")
    opened.type("connectName", "Acme")
    opened.click("connectNext")
    for field, secret in SECRETS.items():
        half = len(secret) // 2
        QGuiApplication.clipboard().setText(f"  {secret[:half]}\r\n {secret[half:]}\u200b\u00a0\n")
        opened.find(field, QLineEdit).paste()
    opened.click("connectNext")
    await opened.until(lambda: ready(opened))
    opened.click("connectNext")
    await opened.until(lambda: is_kept(opened))
    stored = " ".join(key_store.entries.values())
    assert all(secret in stored for secret in SECRETS.values())


async def test_a_connection_is_tested_replaced_and_given_up(
    open_window, amazon_at, amazon, key_store, private_home
):
    amazon_at(await amazon())
    opened = await open_window()
    opened.click("connectFirst")
    await connected(opened)
    opened.click("connectCancel")
    await opened.appears("testAccount")
    opened.click("testAccount")
    await opened.until(lambda: opened.text("check_orders") == "Amazon answers for orders.")

    before = dict(key_store.entries)
    opened.click("replaceSecrets")
    await opened.appears("replaceDialog")
    opened.type("refreshToken", "Atzr|new")
    opened.click("replaceSecret")
    await opened.until(lambda: opened.dialog() is None)
    assert key_store.entries != before
    assert any("Atzr|new" in text for text in key_store.entries.values())

    opened.click("disconnectAccount")
    await opened.appears("disconnectDialog")
    assert "Kept: every claim" in opened.text("disconnectTold")
    opened.click("disconnectConfirm")
    await opened.until(lambda: opened.dialog() is None)
    assert key_store.entries == {}
    opened.click("nav_claims")
    await opened.appears("connectFirst")
    db = await open_database(f"sqlite:///{private_home}/opside.db", app_version="0")
    assert await accounts.list_accounts(db) == []
    await db.close()


async def test_a_long_name_widens_no_page_and_stands_as_it_is_on_the_button_that_disconnects(
    open_window, amazon_at, amazon, key_store
):
    amazon_at(await amazon())
    opened = await open_window()
    opened.click("connectFirst")
    await connected(opened, "Miller & Sons " + "Trading Company " * 4)
    opened.click("connectCancel")
    await opened.appears("disconnectAccount")
    # Nor does it make the page wider than the window.
    opened.window.resize(640, 600)
    (area,) = opened.window.stack.currentWidget().findChildren(QScrollArea)
    await opened.until(lambda: area.width() < 640)
    assert area.horizontalScrollBar().maximum() == 0
    opened.click("disconnectAccount")
    dialog = await opened.appears("disconnectDialog")
    # A single & would be taken as the mark of a key, and not be shown.
    assert opened.text("disconnectConfirm") == "Disconnect Miller && Sons Trading Company…"
    assert dialog.width() < 600


async def test_secrets_that_amazon_refuses_replace_nothing(
    open_window, amazon_at, amazon, key_store, monkeypatch
):
    amazon_at(await amazon())
    opened = await open_window()
    opened.click("connectFirst")
    await connected(opened)
    opened.click("connectCancel")
    await open_window.close(opened)
    amazon_at(await amazon(faults="revoked=1"))
    again = await open_window()
    again.click("nav_accounts")
    before = dict(key_store.entries)
    await again.appears("replaceSecrets")
    again.click("replaceSecrets")
    await again.appears("replaceDialog")
    again.type("refreshToken", "Atzr|bad")
    again.click("replaceSecret")
    await again.appears("dialogError")
    assert "auth_revoked" in again.text("dialogError")
    assert key_store.entries == before
    again.click("replaceCancel")
    again.click("testAccount")
    await again.until(lambda: again.state("accountState") == "Reconnect needed")
    assert again.outcome("permission") == "error"


async def test_an_account_of_the_environment_is_explained_and_not_offered_to_be_removed(
    open_window, signed_in, amazon
):
    signed_in(await amazon())
    opened = await open_window()
    opened.click("nav_accounts")
    await opened.appears("accountExplained")
    assert "environment variables" in opened.text("accountExplained")
    assert opened.find("disconnectAccount") is None


async def test_the_demo_explains_its_seller_and_takes_no_other(open_window):
    demo = await open_window(demo=True)
    demo.click("nav_accounts")
    await demo.appears("accountExplained")
    assert "sample seller" in demo.text("accountExplained")
    assert demo.find("connectAccount") is None
    demo.click("testAccount")
    await demo.until(lambda: demo.text("check_orders") == "Amazon answers for orders.")
