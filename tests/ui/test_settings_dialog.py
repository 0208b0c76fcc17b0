"""The settings: found by search, and choosing the database behind the open window."""

import asyncio
import json
import socket
import sqlite3
import stat
import threading
from contextlib import closing
from urllib.parse import urlsplit

import httpx
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QDesktopServices
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QListWidget

from opside_desktop.preferences import DatabaseKind, Preferences, Server, write_preferences
from tests.postgres import run_sql
from tests.ui.test_frame import nameless

CTRL = Qt.KeyboardModifier.ControlModifier
SECTIONS = ("General", "Database", "Data", "Other programs", "New versions")


async def settings_of(opened, section="Database"):
    """Open the settings by their key and go to a section."""
    opened.press(Qt.Key.Key_Comma, CTRL)
    await is_active(opened, await opened.appears("settingsDialog"))
    go_to(opened, section)


async def is_active(opened, window):
    """Wait until keys arrive at a window."""
    await opened.until(lambda: window.isActiveWindow() or window.activateWindow())


def go_to(opened, section):
    found = opened.find("settingsSections", QListWidget)
    found.setCurrentItem(found.findItems(section, Qt.MatchFlag.MatchExactly)[0])


def listed(opened):
    """The sections that the list shows."""
    found = opened.find("settingsSections", QListWidget)
    rows = [row for row in range(found.count()) if not found.isRowHidden(row)]
    return [found.item(row).text() for row in rows]


def fill(opened, url):
    """Choose a server and fill the form from its address."""
    opened.click("databaseServer")
    parts = urlsplit(url)
    for name, text in {
        "serverHost": parts.hostname,
        "serverPort": str(parts.port),
        "serverDatabase": parts.path[1:],
        "serverUser": parts.username,
        "serverPassword": parts.password,
    }.items():
        opened.find(name, QLineEdit).clear()
        opened.type(name, text)


def result(opened):
    """What the line below the form says."""
    return opened.text("check_database")


async def outcome_of_test(opened):
    await opened.until(lambda: opened.dialog().tasks.is_idle)
    opened.click("databaseTest")
    await opened.until(lambda: opened.outcome("database") in ("ok", "warn", "error"))
    return result(opened)


async def used(opened):
    """Use the chosen database, and wait until the window works with it."""
    await opened.until(lambda: opened.dialog().tasks.is_idle)
    opened.click("databaseUse")
    await opened.until(lambda: opened.dialog() is None)
    await opened.until(lambda: opened.window.navigation.isEnabled())
    await is_active(opened, opened.window)


def server_of(url):
    parts = urlsplit(url)
    return Server(
        host=parts.hostname, port=parts.port, database=parts.path[1:], user=parts.username
    )


def stored_settings(home):
    return json.loads((home / "settings.json").read_text())


def dump(path):
    """All that an SQLite file holds."""
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


# The dialog itself


async def test_the_settings_open_by_key_and_by_click_and_name_every_control(open_window):
    opened = await open_window()
    await settings_of(opened, "General")
    for section in SECTIONS:
        go_to(opened, section)
        assert nameless(opened.dialog()) == [], section
    opened.press(Qt.Key.Key_Escape)
    assert opened.dialog() is None
    await is_active(opened, opened.window)
    opened.click("settings")
    await opened.appears("settingsDialog")
    opened.click("settingsClose")
    assert opened.dialog() is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("dark", ["General"]),
        ("time zone", ["General"]),
        ("PASSWORD", ["Database"]),
        ("sslmode", ["Database"]),
        ("copy", ["Data", "Other programs"]),
        ("log folder", ["Data"]),
        ("token", ["Other programs"]),
        ("  ", list(SECTIONS)),
    ],
)
async def test_a_search_leaves_the_sections_in_which_its_words_stand(open_window, text, found):
    opened = await open_window()
    await settings_of(opened, "General")
    opened.type("settingsSearch", text)
    assert listed(opened) == found
    opened.press(Qt.Key.Key_Down)
    assert opened.find("settingsSections").hasFocus()
    assert opened.find("settingsSections", QListWidget).currentItem().text() == found[0]


async def test_a_search_without_a_result_says_so_and_escape_takes_it_back(open_window):
    opened = await open_window()
    await settings_of(opened, "General")
    opened.type("settingsSearch", "unicorn")
    assert listed(opened) == []
    assert "unicorn" in opened.text("settingsNothing")
    opened.press(Qt.Key.Key_Escape)
    assert listed(opened) == list(SECTIONS)
    assert opened.dialog() is not None


async def test_theme_and_zone_are_those_of_the_status_line(open_window, theme, private_home):
    opened = await open_window(demo=True)
    await settings_of(opened, "General")
    zone = opened.find("settingsZone", QComboBox)
    zone.setCurrentIndex(zone.findText("UTC"))
    zone.activated.emit(zone.currentIndex())
    colours = opened.find("settingsTheme", QComboBox)
    colours.setCurrentIndex(colours.findText("Dark"))
    colours.activated.emit(colours.currentIndex())
    assert theme.is_dark
    assert opened.text("zone") == "UTC"
    assert opened.window.findChild(QAction, "theme_dark").isChecked()
    assert not opened.window.findChild(QAction, "theme_light").isChecked()
    opened.press(Qt.Key.Key_Escape)
    await open_window.close(opened)
    saved = json.loads((private_home / "demo" / "window.json").read_text())
    assert (saved["zone"], saved["theme"]) == ("utc", "dark")


def focused(opened):
    widget = opened.dialog().focusWidget()
    return widget.objectName() if widget is not None else ""


@pytest.mark.parametrize("backwards", [False, True])
async def test_tab_goes_from_the_search_through_the_section_to_the_end(open_window, backwards):
    opened = await open_window()
    await settings_of(opened)
    opened.click("databaseServer")
    for name, text in {"serverHost": "h", "serverDatabase": "d", "serverUser": "u"}.items():
        opened.type(name, text)
    opened.find("settingsSearch").setFocus()
    expected = [
        "settingsSearch", "settingsSections", "databaseServer", "serverHost", "serverPort",
        "serverDatabase", "serverUser", "serverPassword", "serverShowPassword", "serverEncryption",
        "serverCertificate", "serverBrowse", "databaseTest", "databaseUse", "settingsClose",
    ]  # fmt: skip
    seen = []
    for _ in expected:
        seen.append(focused(opened))
        opened.press(Qt.Key.Key_Backtab if backwards else Qt.Key.Key_Tab)
    assert focused(opened) == "settingsSearch"
    assert seen == ([expected[0], *reversed(expected[1:])] if backwards else expected)


async def test_enter_in_a_field_tests_and_keeps_the_keyboard_where_it_is(open_window, postgres_url):
    opened = await open_window()
    await settings_of(opened)
    fill(opened, postgres_url)
    opened.press(Qt.Key.Key_Return)
    await opened.until(lambda: opened.outcome("database") == "ok")
    assert focused(opened) == "serverPassword"
    opened.find("databaseTest").setFocus()
    opened.press(Qt.Key.Key_Return)
    await opened.until(lambda: opened.outcome("database") == "ok")
    assert focused(opened) == "databaseTest"


# What Test says


async def test_a_test_says_what_it_found_and_changes_nothing(
    open_window, bare_postgres_url, postgres_url, private_home
):
    opened = await open_window()
    await settings_of(opened)
    assert not opened.find("databaseTest")
    opened.click("databaseServer")
    assert not opened.find("databaseTest").isEnabled()
    fill(opened, bare_postgres_url)
    said = await outcome_of_test(opened)
    assert "empty: its tables will be made" in said
    assert opened.outcome("database") == "ok"
    assert run_sql(bare_postgres_url, "SELECT 1 FROM pg_tables WHERE schemaname = 'public'") == []
    fill(opened, postgres_url)
    said = await outcome_of_test(opened)
    assert "this program's, in the present version" in said
    assert not (private_home / "settings.json").exists()


@pytest.mark.parametrize(
    ("field", "text", "told"),
    [
        ("serverPassword", "wrong-password-1", "does not accept this user or password"),
        ("serverDatabase", "nowhere", "no database of that name"),
        ("serverPort", "1", "Nothing answers at that host and port"),
        ("serverHost", "no-such-host.invalid", "No computer of the name"),
    ],
)
async def test_a_test_that_fails_says_why(open_window, postgres_url, field, text, told):
    opened = await open_window()
    await settings_of(opened)
    fill(opened, postgres_url)
    opened.find(field, QLineEdit).clear()
    opened.type(field, text)
    said = await outcome_of_test(opened)
    assert told in said
    assert opened.outcome("database") == "error"
    assert "wrong-password-1" not in said


async def test_a_test_knows_other_programs_tables_newer_ones_and_read_only_users(
    open_window, bare_postgres_url, postgres_url
):
    opened = await open_window()
    await settings_of(opened)
    run_sql(bare_postgres_url, "CREATE TABLE guests (name text)")
    fill(opened, bare_postgres_url)
    assert "belongs to another program" in await outcome_of_test(opened)
    name = urlsplit(postgres_url).path[1:]
    run_sql(
        postgres_url,
        f"CREATE ROLE look_{name} LOGIN PASSWORD 'looking-1'",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO look_{name}",
    )
    try:
        parts = urlsplit(postgres_url)
        fill(opened, f"postgresql://look_{name}:looking-1@127.0.0.1:{parts.port}/{name}")
        assert "only be read" in await outcome_of_test(opened)
        assert opened.outcome("database") == "warn"
    finally:
        run_sql(postgres_url, f"DROP OWNED BY look_{name}", f"DROP ROLE look_{name}")
    run_sql(postgres_url, "UPDATE alembic_version SET version_num = '9999'")
    fill(opened, postgres_url)
    assert "newer version" in await outcome_of_test(opened)


async def test_a_weaker_encryption_is_warned_of_before_anything_is_sent(open_window):
    opened = await open_window()
    await settings_of(opened)
    opened.click("databaseServer")
    modes = opened.find("serverEncryption", QComboBox)
    assert opened.text("serverWarning") == ""
    for mode in ("disable", "prefer", "require", "verify-ca"):
        modes.setCurrentIndex(modes.findData(mode))
        assert opened.text("serverWarning"), mode
    modes.setCurrentIndex(modes.findData("verify-full"))
    assert opened.text("serverWarning") == ""


async def test_a_pasted_address_fills_the_form(open_window):
    opened = await open_window()
    await settings_of(opened)
    opened.click("databaseServer")
    host = opened.find("serverHost", QLineEdit)
    host.setFocus()
    QApplication.clipboard().setText("postgres://me%40eu:p%2Fw@db.example.com/c1?sslmode=require")
    opened.press(Qt.Key.Key_V, CTRL)
    texts = [opened.text(f"server{name}") for name in ("Host", "Port", "Database", "User")]
    assert texts == ["db.example.com", "5432", "c1", "me@eu"]
    assert opened.find("serverPassword", QLineEdit).text() == "p/w"
    assert opened.find("serverEncryption", QComboBox).currentData() == "require"


# Using another database


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
    await opened.until(lambda: opened.text("syncNow") == "Sync now")
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
    await opened.until(lambda: opened.text("syncNow") == "Sync now")


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


@pytest.mark.usefixtures("impatient_key_store")
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
    opened = await open_window(wait=False)
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


@pytest.mark.parametrize("rest", ["p@hunter2@127.0.0.1/x", "hunter2@127.0.0.1:http/x"])
async def test_an_address_that_cannot_be_read_shows_nothing_of_its_password(
    open_window, monkeypatch, rest
):
    monkeypatch.setenv("OPSIDE_DATABASE_URL", f"postgresql://u:{rest}")
    opened = await open_window(wait=False)
    await opened.until(lambda: opened.find("faultRetry"))
    await settings_of(opened)
    assert opened.text("databasePlace") == "The database address cannot be understood."
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


# Data


async def test_the_folders_open_in_the_systems_own_program(open_window, private_home, monkeypatch):
    shown = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: shown.append(url) or False)
    opened = await open_window()
    await settings_of(opened, "Data")
    opened.click("openDataFolder")
    opened.click("openLogFolder")
    assert [url.toLocalFile() for url in shown] == [str(private_home), str(private_home / "logs")]
    assert "could not be opened" in opened.text("dialogError")


async def test_my_data_is_copied_to_the_chosen_server_proved_and_then_used(
    open_window, bare_postgres_url, amazon, signed_in
):
    seller = await amazon()
    signed_in(seller)
    opened = await open_window()
    opened.click("syncNow")
    await opened.until(lambda: opened.text("syncNow") == "Sync now")
    await settings_of(opened, "Data")
    assert opened.find("copyData") is None
    opened.click("copyChoose")
    fill(opened, bare_postgres_url)
    go_to(opened, "Data")
    opened.click("copyData")
    await opened.until(lambda: opened.outcome("copy") == "ok")
    assert "counts and sums are the same" in opened.text("check_copy")
    assert run_sql(bare_postgres_url, "SELECT count(*) FROM amazon_claims")[0][0] == 37
    await opened.until(lambda: opened.dialog().tasks.is_idle)
    # Again: what is there is replaced only when asked for.
    opened.click("copyData")
    await opened.until(lambda: opened.find("copyReplace") is not None)
    assert "already holds" in opened.text("check_copy")
    opened.click("copyReplace")
    await opened.until(lambda: opened.outcome("copy") == "ok")
    go_to(opened, "Database")
    await used(opened)
    await opened.until(lambda: opened.text("count") == "37 claims")


async def test_a_copy_that_is_stopped_says_so(open_window, postgres_url, monkeypatch):
    opened = await open_window()
    await settings_of(opened)
    fill(opened, postgres_url)
    go_to(opened, "Data")
    begun = asyncio.Event()

    async def endless(*args, **kwargs):
        begun.set()
        await asyncio.sleep(60)

    monkeypatch.setattr("opside_desktop.store.moving.copy_data", endless)
    opened.click("copyData")
    await asyncio.wait_for(begun.wait(), 10)
    opened.click("copyStop")
    await opened.until(lambda: opened.outcome("copy") == "warn")
    assert "copy again to go on" in opened.text("check_copy")
    assert opened.find("copyData") is not None


# Other programs


async def call(url, token=""):
    """What another program gets."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(url, headers=headers, timeout=10)
    return answer.status_code, answer.json()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def switch_on(opened, port):
    await settings_of(opened, "Other programs")
    opened.find("servePort", QLineEdit).clear()
    opened.type("servePort", str(port))
    opened.click("serveSwitch")


async def test_other_programs_are_served_when_switched_on_and_only_with_a_token(
    open_window, private_home, key_store
):
    opened = await open_window()
    port = free_port()
    await switch_on(opened, port)
    await opened.until(lambda: opened.find("serveAddress") is not None)
    url = opened.text("serveAddress")
    assert url == f"http://127.0.0.1:{port}"
    status = f"{url}/api/sync/status"
    assert (await call(status))[0] == 401
    opened.click("serveToken")
    await opened.until(lambda: "Copied a token" in opened.text("serveTold"))
    token = QApplication.clipboard().text()
    assert token not in opened.text("serveTold")
    code, answer = await call(status, token)
    assert (code, answer["status"]) == (200, "idle")
    secret = max(key_store.entries.values(), key=len)
    assert secret not in (private_home / "settings.json").read_text()
    opened.click("serveSwitch")
    await opened.until(lambda: opened.find("serveAddress") is None)
    with pytest.raises(httpx.ConnectError):
        await call(status, token)


async def test_serving_goes_on_the_next_time_and_with_another_database(
    open_window, bare_postgres_url
):
    opened = await open_window()
    port = free_port()
    await switch_on(opened, port)
    await opened.until(lambda: opened.find("serveToken") is not None)
    opened.click("serveToken")
    await opened.until(lambda: "Copied a token" in opened.text("serveTold"))
    token = QApplication.clipboard().text()
    url = f"{opened.text('serveAddress')}/api/v1/integrations/amazon/claims"
    await open_window.close(opened)
    again = await open_window()

    async def answers():
        async with asyncio.timeout(20):
            while True:
                try:
                    return await call(url, token)
                except httpx.ConnectError:
                    await asyncio.sleep(0.05)

    assert (await answers())[0] == 200
    await settings_of(again)
    fill(again, bare_postgres_url)
    await used(again)
    code, answer = await answers()
    assert (code, answer["claims"]) == (200, [])


async def test_a_port_that_is_taken_is_told_and_the_switch_stays_off(open_window, private_home):
    opened = await open_window()
    with socket.create_server(("127.0.0.1", 0)) as other:
        await switch_on(opened, other.getsockname()[1])
        await opened.until(lambda: opened.find("dialogError") is not None)
    assert "cannot listen" in opened.text("dialogError")
    assert not opened.find("serveSwitch").isChecked()
    assert not (private_home / "settings.json").exists()


async def test_without_a_key_store_nobody_is_served(open_window, key_store):
    key_store.loses_writes = True
    opened = await open_window()
    await switch_on(opened, free_port())
    await opened.until(lambda: opened.find("dialogError") is not None)
    assert "JWT_SECRET" in opened.text("dialogError")
    assert not opened.find("serveSwitch").isChecked()
