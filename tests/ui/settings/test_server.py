"""The settings: a PostgreSQL server is described and tested."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit

from opside_desktop.domain.address_parsing import parse_address
from opside_desktop.domain.database_address import ServerAddress
from opside_desktop.domain.errors import DatabaseFault
from opside_desktop.domain.server_address import parameters_of
from tests.postgres import run_sql
from tests.postgres_refusals import refusing
from tests.ui.settings.steps import (
    fill,
    outcome_of_test,
    result,
    settings_of,
    stored_settings,
    used,
)

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


async def test_a_test_that_the_server_refuses_repeats_its_words(open_window):
    opened = await open_window()
    await settings_of(opened)
    with refusing("XX000", "Tenant or user not found: hunter2-canary") as port:
        fill(opened, f"postgresql://u:hunter2-canary@127.0.0.1:{port}/d")
        said = await outcome_of_test(opened)
    assert "knows no such database or user" in said
    assert "“Tenant or user not found: [hidden]” (XX000)" in said


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


FIELDS = ("Host", "Port", "Database", "User", "Certificate", "Parameters")
LINES = (Path(__file__).parents[2] / "domain" / "cases" / "addresses.txt").read_text("utf-8")


def shown(opened):
    """What the visible fields of the form hold."""
    return {name: opened.find(f"server{name}", QLineEdit).text() for name in FIELDS}


def read(line):
    """What an address means, or the sentence with which it is refused."""
    try:
        return parse_address(line), None
    except DatabaseFault as fault:
        return None, fault.sentence


@pytest.mark.parametrize("field", ["Host", "User"])
async def test_an_address_in_any_form_is_read_as_in_the_environment(open_window, field):
    opened = await open_window()
    await settings_of(opened)
    opened.click("databaseServer")
    for line in LINES.splitlines():
        before = shown(opened)
        edit = opened.find(f"server{field}", QLineEdit)
        edit.setFocus()
        edit.selectAll()
        QApplication.clipboard().setText(line)
        opened.press(Qt.Key.Key_V, CTRL)
        meant, fault = read(line)
        if fault:
            await opened.until(lambda fault=fault: result(opened) == fault)
        if isinstance(meant, ServerAddress):
            given = dict(meant.parameters)
            mode = opened.find("serverEncryption", QComboBox).currentData()
            assert mode == given.pop("sslmode", "")
            after = shown(opened)
            assert parameters_of(after.pop("Parameters")) == given
            assert after == {
                "Host": meant.host,
                "Port": str(meant.port or 5432),
                "Database": meant.database,
                "User": meant.user,
                "Certificate": "",
            }
            password = "" if meant.has_placeholder else meant.password
            assert opened.find("serverPassword", QLineEdit).text() == password
            if meant.has_placeholder or meant.unneeded:
                await opened.until(lambda: result(opened))
        else:
            assert shown(opened) == {**before, field: ""}
            await opened.until(lambda: opened.outcome("database") == "error")
            assert not opened.find("serverPassword", QLineEdit).text()
        # Nor does undoing bring back what was pasted.
        opened.press(Qt.Key.Key_Z, CTRL)
        assert line not in shown(opened).values()


async def test_a_typed_address_that_cannot_be_used_does_not_stay(open_window):
    opened = await open_window()
    await settings_of(opened)
    opened.click("databaseServer")
    opened.type("serverHost", "mysql://me:hunter2-canary@db.example.com/c1")
    opened.press(Qt.Key.Key_Tab)
    assert opened.text("serverHost") == ""
    await opened.until(lambda: "PostgreSQL server" in result(opened))


async def test_a_password_among_the_parameters_does_not_stay(open_window):
    opened = await open_window()
    await settings_of(opened)
    opened.click("databaseServer")
    opened.type("serverParameters", "application_name=x&password=hunter2-canary")
    opened.press(Qt.Key.Key_Tab)
    assert opened.text("serverParameters") == ""
    await opened.until(lambda: opened.outcome("database") == "error")


async def test_further_parameters_reach_the_server_and_are_kept(
    open_window, postgres_url, private_home
):
    opened = await open_window()
    await settings_of(opened)
    run_sql(postgres_url, "CREATE SCHEMA apart")
    fill(opened, postgres_url)
    opened.type("serverParameters", "options=-csearch_path%3Dapart&sslmode=odd")
    assert "sslmode does not fit" in await outcome_of_test(opened)
    opened.find("serverParameters", QLineEdit).clear()
    opened.type("serverParameters", "options=-csearch_path%3Dapart")
    assert "empty: its tables will be made" in await outcome_of_test(opened)
    await used(opened)
    await opened.until(lambda: opened.text("database").startswith("postgresql://"))
    assert stored_settings(private_home)["server"]["parameters"] == {
        "options": "-csearch_path=apart"
    }
    assert run_sql(postgres_url, "SELECT 1 FROM pg_tables WHERE schemaname = 'apart'")


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
