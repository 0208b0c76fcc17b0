"""The settings: a PostgreSQL server is described and tested."""

from urllib.parse import urlsplit

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit

from tests.postgres import run_sql
from tests.ui.settings_dialog import fill, outcome_of_test, settings_of

CTRL = Qt.KeyboardModifier.ControlModifier


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


async def test_a_typed_address_fills_the_form_when_it_is_left(open_window):
    opened = await open_window()
    await settings_of(opened)
    opened.click("databaseServer")
    opened.type("serverHost", "postgres://me:p%2Fw@db.example.com:6543/c1")
    assert opened.text("serverHost") == "postgres://me:p%2Fw@db.example.com:6543/c1"
    opened.press(Qt.Key.Key_Tab)
    texts = [opened.text(f"server{name}") for name in ("Host", "Port", "Database", "User")]
    assert texts == ["db.example.com", "6543", "c1", "me"]
    assert opened.find("serverPassword", QLineEdit).text() == "p/w"
