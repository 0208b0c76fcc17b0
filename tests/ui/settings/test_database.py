"""The settings: choosing the database behind the open window."""

import stat
import threading
from urllib.parse import urlsplit

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit

from opside_desktop.settings.preferences import DatabaseKind, Preferences, Server, write_preferences
from tests.postgres import run_sql
from tests.ui.conftest import IMPATIENT_KEY_STORE
from tests.ui.settings.steps import (
    dump,
    fill,
    free_port,
    go_to,
    outcome_of_test,
    settings_of,
    stored_settings,
    used,
)

CTRL = Qt.KeyboardModifier.ControlModifier


async def test_another_database_opens_behind_the_same_window_and_the_old_one_stays(
    open_window, bare_postgres_url, private_home, key_store
):
    opened = await open_window(wait=True)
    window = opened.window
    opened.click("nav_orders")
    await settings_of(opened)
    fill(opened, bare_postgres_url)
    password = urlsplit(bare_postgres_url).password
    before = dump(private_home / "opside.db")
    await used(opened)
    await opened.until(lambda: opened.text("database").startswith("postgresql://"))
    assert opened.window is window
    assert window.isVisible()
    assert "now works with postgresql://" in opened.banner()
    assert run_sql(bare_postgres_url, "SELECT version_num FROM alembic_version")
    assert dump(private_home / "opside.db") == before
    settings = private_home / "settings.json"
    assert stat.S_IMODE(settings.stat().st_mode) == 0o600
    assert password not in settings.read_text()
    assert any(password in text for text in key_store.entries.values())
    for path in private_home.rglob("*"):
        assert not path.is_file() or password.encode() not in path.read_bytes(), path
    # Back again, with what the form remembers.
    opened.click("nav_claims")
    await settings_of(opened)
    assert opened.find("serverPassword", QLineEdit).text() == ""
    opened.click("databaseFile")
    await used(opened)
    await opened.until(lambda: "kB" in opened.text("database") or "MB" in opened.text("database"))
    assert stored_settings(private_home)["server"]["user"] == "postgres"
    # And to the server once more: its password is in the key store.
    await settings_of(opened)
    opened.click("databaseServer")
    assert "this program's" in await outcome_of_test(opened)
    await used(opened)
    await opened.until(lambda: opened.text("database").startswith("postgresql://"))


async def test_the_keys_of_the_window_work_once_after_another_database_was_chosen(
    open_window, postgres_url, monkeypatch
):
    opened = await open_window()
    await settings_of(opened)
    fill(opened, postgres_url)
    await used(opened)
    for number, name in enumerate(("claims", "inventory", "orders", "syncs", "accounts")):
        opened.press(Qt.Key(Qt.Key.Key_1 + number), CTRL)
        assert opened.find(f"nav_{name}").isChecked()
    stack = opened.window.stack
    names = [stack.widget(place).objectName() for place in range(stack.count())]
    assert len(names) == len(set(names)), names


async def test_a_sync_goes_into_the_database_that_was_chosen(
    open_window, bare_postgres_url, amazon, signed_in
):
    seller = await amazon()
    signed_in(seller)
    opened = await open_window()
    await settings_of(opened)
    fill(opened, bare_postgres_url)
    await used(opened)
    opened.click("syncNow")
    await opened.until(lambda: opened.is_idle)
    await opened.until(lambda: opened.text("count") == "37 claims")
    assert run_sql(bare_postgres_url, "SELECT count(*) FROM amazon_claims")[0][0] == 37


async def test_no_other_database_while_a_sync_runs(
    open_window, bare_postgres_url, amazon, signed_in, private_home
):
    seller = await amazon("latency=0.3")
    signed_in(seller)
    opened = await open_window()
    opened.click("syncNow")
    await opened.until(lambda: opened.state("stripState") == "Syncing")
    await settings_of(opened)
    fill(opened, bare_postgres_url)
    opened.click("databaseUse")
    await opened.until(lambda: opened.find("dialogError") is not None)
    assert "A sync is running" in opened.text("dialogError")
    assert not (private_home / "settings.json").exists()
    opened.press(Qt.Key.Key_Escape)
    opened.click("stripCancel")
    await opened.until(lambda: opened.is_idle)


async def test_a_database_that_does_not_open_changes_nothing(
    open_window, postgres_url, private_home, key_store
):
    opened = await open_window()
    await settings_of(opened)
    fill(opened, postgres_url)
    opened.find("serverDatabase", QLineEdit).clear()
    opened.type("serverDatabase", "nowhere")
    opened.click("databaseUse")
    await opened.until(lambda: opened.find("dialogError") is not None)
    assert "no database of that name" in opened.text("dialogError")
    assert opened.find("databaseUse").isEnabled()
    assert key_store.entries == {}
    assert not (private_home / "settings.json").exists()
    assert opened.window.navigation.isEnabled()


async def test_a_key_store_that_loses_the_password_changes_nothing(
    open_window, postgres_url, private_home, key_store
):
    key_store.loses_writes = True
    opened = await open_window()
    await settings_of(opened)
    fill(opened, postgres_url)
    opened.click("databaseUse")
    await opened.until(lambda: opened.find("dialogError") is not None)
    told = opened.text("dialogError")
    assert "could not be stored" in told
    assert "OPSIDE_DATABASE_URL" in told
    assert not (private_home / "settings.json").exists()


async def test_a_settings_file_that_cannot_be_written_changes_nothing(
    open_window, postgres_url, private_home
):
    opened = await open_window()
    (private_home / "settings.json").mkdir()
    await settings_of(opened)
    assert "settings.json" in opened.text("databaseDamaged")
    fill(opened, postgres_url)
    opened.click("databaseUse")
    await opened.until(lambda: opened.find("dialogError") is not None)
    assert "cannot be written" in opened.text("dialogError")
    assert opened.dialog() is not None


# Where the program cannot open


async def test_a_damaged_settings_file_leads_by_the_fault_page_to_a_new_choice(
    open_window, private_home
):
    private_home.mkdir()
    (private_home / "settings.json").write_text('{"database": "cloud", "future": 1}')
    opened = await open_window(wait=False)
    await opened.appears("faultPage")
    assert 'The key "database"' in opened.text("faultRest")
    assert not (private_home / "opside.db").exists()
    opened.click("faultSettings")
    await opened.appears("settingsDialog")
    go_to(opened, "Database")
    assert 'The key "database"' in opened.text("databaseDamaged")
    opened.click("databaseFile")
    await used(opened)
    await opened.appears("connectFirst")
    stored = stored_settings(private_home)
    assert (stored["database"], stored["future"]) == ("file", 1)


async def test_a_silent_key_store_leads_by_the_fault_page_back_to_the_file(
    open_window, private_home, key_store, monkeypatch
):
    private_home.mkdir()
    server = Server(host="127.0.0.1", database="d", user="u")
    write_preferences(
        private_home / "settings.json", Preferences(database=DatabaseKind.SERVER, server=server)
    )
    release = threading.Event()
    monkeypatch.setattr(key_store, "get_password", lambda *_: release.wait(10) and None)
    opened = await open_window(wait=False, timings=IMPATIENT_KEY_STORE)
    await opened.appears("faultPage")
    assert "did not answer" in opened.text("faultRest")
    assert "Settings" in opened.text("faultRest")
    opened.press(Qt.Key.Key_Comma, CTRL)
    await opened.appears("settingsDialog")
    go_to(opened, "Database")
    opened.click("databaseFile")
    await used(opened)
    await opened.appears("connectFirst")
    release.set()


async def test_a_server_that_is_away_leads_to_the_fault_page_and_comes_back_by_itself_no_file(
    open_window, private_home, postgres_url, key_store
):
    opened = await open_window()
    await settings_of(opened)
    fill(opened, postgres_url)
    await used(opened)
    await open_window.close(opened)
    (private_home / "opside.db").unlink()
    key_store.entries.clear()
    again = await open_window(wait=False)
    await again.appears("faultPage")
    assert "holds no password" in again.text("faultRest")
    assert not (private_home / "opside.db").exists()


async def test_closing_the_window_while_another_database_opens_ends_all(open_window, postgres_url):
    opened = await open_window()
    await settings_of(opened)
    fill(opened, postgres_url)
    opened.click("databaseUse")
    await opened.until(lambda: opened.dialog() is None)
    await open_window.close(opened)


# What cannot be chosen here


async def test_an_address_with_an_odd_password_shows_nothing_of_it(open_window, monkeypatch):
    place = f"127.0.0.1:{free_port()}/x"
    monkeypatch.setenv("OPSIDE_DATABASE_URL", f"postgresql://u:p@hunter2@{place}")
    opened = await open_window(wait=False)
    await opened.until(lambda: opened.find("faultRetry"))
    await settings_of(opened)
    assert opened.text("databasePlace").endswith(place)
    shown = " ".join(label.text() for label in opened.dialog().findChildren(QLabel))
    assert "hunter2" not in shown


async def test_the_environments_database_is_shown_without_its_password_and_stays(
    open_window, postgres_url, monkeypatch, private_home
):
    private_home.mkdir()
    (private_home / "settings.json").write_text("{ damaged")
    monkeypatch.setenv("OPSIDE_DATABASE_URL", postgres_url)
    opened = await open_window()
    await settings_of(opened)
    assert "OPSIDE_DATABASE_URL" in opened.text("databaseFixed")
    assert urlsplit(postgres_url).path in opened.text("databasePlace")
    shown = " ".join(label.text() for label in opened.dialog().findChildren(QLabel))
    assert urlsplit(postgres_url).password not in shown
    assert opened.find("databaseUse") is None
    go_to(opened, "Data")
    assert "db copy" in opened.text("copyTold")
    assert opened.find("copyData") is None


async def test_the_demo_says_that_it_has_a_database_of_its_own(open_window):
    opened = await open_window(demo=True)
    await settings_of(opened)
    assert "demo" in opened.text("databaseFixed")
    assert opened.find("databaseUse") is None
    go_to(opened, "Data")
    assert opened.find("copyData") is None


async def test_a_read_only_window_tests_but_changes_no_database(open_window, postgres_url):
    opened = await open_window(read_only=True)
    await settings_of(opened)
    fill(opened, postgres_url)
    assert "present version" in await outcome_of_test(opened)
    assert not opened.find("databaseUse").isEnabled()
    assert "--read-only" in opened.text("databaseReadOnly")
    go_to(opened, "Other programs")
    assert not opened.find("serveSwitch").isEnabled()
