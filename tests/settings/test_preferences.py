"""The settings file: what it names is opened, by the window and by every command alike."""

import json
import os
import re
import stat
import threading

import keyring
import pytest

from opside_desktop.accounts.key_store import KeyStore
from opside_desktop.accounts.server_password import with_chosen_database
from opside_desktop.app import open_program
from opside_desktop.cli import run
from opside_desktop.domain.errors import DatabaseFault, KeyStoreFault, SettingsFault
from opside_desktop.settings.environment import read_settings
from opside_desktop.settings.preferences import (
    DatabaseKind,
    Encryption,
    Preferences,
    Server,
    read_preferences,
    write_preferences,
)
from tests.postgres import run_sql

PASSWORD = "p@ss:w/ö?rd#1"
SERVER = Server(host="db.example.com", database="claims", user="acme")


class MemoryKeyring:
    priority = 5

    def __init__(self):
        self.entries = {}

    def get_password(self, service, username):
        return self.entries.get((service, username))

    def set_password(self, service, username, password):
        self.entries[service, username] = password

    def delete_password(self, service, username):
        self.entries.pop((service, username), None)


MemoryKeyring.__module__ = "keyring.backends.SecretService"
MemoryKeyring.__qualname__ = "Keyring"


@pytest.fixture
def backend(monkeypatch):
    backend = MemoryKeyring()
    monkeypatch.setattr(keyring, "get_keyring", lambda: backend)
    return backend


@pytest.fixture
def path(tmp_path):
    return tmp_path / "home" / "settings.json"


def settings(*, demo=False):
    return read_settings(os.environ, demo=demo, user=None)


def choose(path, server=SERVER):
    write_preferences(path, Preferences(database=DatabaseKind.SERVER, server=server))


def test_without_a_file_the_file_of_this_computer_is_used(path):
    assert read_preferences(path) == Preferences()
    assert not path.exists()


def test_what_was_written_is_read_again(path):
    server = Server(
        host="2001:db8::1",
        port=6543,
        database="Zahlen / 2026",
        user="acme@eu",
        encryption=Encryption.VERIFY_CA,
        certificate="/etc/ca.pem",
        has_password=False,
    )
    choose(path, server)
    assert read_preferences(path) == Preferences(database=DatabaseKind.SERVER, server=server)
    write_preferences(path, Preferences(server=server))
    assert read_preferences(path).database is DatabaseKind.FILE
    assert read_preferences(path).server == server


@pytest.mark.parametrize("name", ["password", "host", "sslmode", "search_path"])
def test_a_parameter_that_has_another_place_or_none_is_refused_by_name(path, name):
    given = {"host": "h", "user": "u", "database": "d", "parameters": {name: "canary"}}
    path.parent.mkdir()
    path.write_text(json.dumps({"server": given}))
    with pytest.raises(DatabaseFault) as caught:
        read_preferences(path).server.url("p")
    assert name in caught.value.why
    assert "canary" not in caught.value.sentence


def test_the_file_is_its_owners_only_and_nothing_is_left_beside_it(path):
    choose(path)
    path.chmod(0o644)
    choose(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["settings.json"]


def test_keys_of_other_versions_are_kept(path):
    path.parent.mkdir()
    new = {"future": [1.5, None], "server": {"host": "old", "pool": 7}}
    path.write_text(json.dumps(new))
    choose(path)
    kept = json.loads(path.read_text())
    assert kept["future"] == [1.5, None]
    assert kept["server"]["pool"] == 7
    assert kept["server"]["host"] == "db.example.com"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "not valid JSON"),
        ("{", "not valid JSON"),
        ("\xff", "not valid JSON"),
        ("[1]", "something else than settings"),
        ('{"database": "cloud"}', 'The key "database" has a value'),
        ('{"database": "server"}', 'The key "server" is missing'),
        ('{"server": {"host": "h", "user": "u"}}', 'The key "server.database" is missing'),
        ('{"server": {"host": "h", "user": "u", "database": "d", "port": 0}}', '"server.port"'),
        ('{"server": {"host": "h", "user": "u", "database": "d", "port": "x"}}', '"server.port"'),
        ('{"server": {"host": "", "user": "u", "database": "d"}}', '"server.host"'),
        ('{"server": {"host": "a\\nb", "user": "u", "database": "d"}}', '"server.host"'),
        (
            '{"server": {"host": "h", "user": "u", "database": "d", "encryption": "none"}}',
            '"server.encryption"',
        ),
    ],
)
def test_a_damaged_file_is_refused_by_file_and_key(path, text, told):
    path.parent.mkdir()
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(SettingsFault) as caught:
        read_preferences(path)
    assert told in caught.value.sentence
    assert str(path) in caught.value.sentence
    assert "Settings" in caught.value.fix


def test_a_file_that_is_no_json_is_put_aside_when_a_new_choice_is_written(path):
    path.parent.mkdir()
    path.write_text("{ not json")
    choose(path)
    assert read_preferences(path).server == SERVER
    assert path.with_name("settings.json.damaged").read_text() == "{ not json"


def test_a_folder_in_place_of_the_file_is_told_when_reading_and_when_writing(path):
    path.mkdir(parents=True)
    for act in (read_preferences, choose):
        with pytest.raises(SettingsFault, match=re.escape(str(path))):
            act(path)
    assert [each.name for each in path.parent.iterdir()] == ["settings.json"]


def test_the_address_survives_every_character(path):
    from sqlalchemy.engine import make_url

    server = Server(
        host="::1", port=1, database="a/b?c#d%", user="u:s@r", encryption=Encryption.REQUIRE
    )
    url = make_url(server.url(PASSWORD))
    assert (url.host, url.port, url.database) == ("::1", 1, "a/b?c#d%")
    assert (url.username, url.password) == ("u:s@r", PASSWORD)
    assert url.query == {"sslmode": "require"}
    assert PASSWORD not in server.shown_address


async def test_the_chosen_database_gets_its_password_from_the_key_store(path, backend):
    await KeyStore(backend).save_text(SERVER.secret_name, PASSWORD)
    choose(path)
    chosen = await with_chosen_database(settings(), KeyStore(backend))
    assert chosen.database_url == SERVER.url(PASSWORD)
    assert PASSWORD not in repr(chosen)
    assert PASSWORD not in path.read_text()


async def test_a_changed_file_gets_no_password_of_another_server(path, backend):
    await KeyStore(backend).save_text(SERVER.secret_name, PASSWORD)
    choose(path)
    changed = json.loads(path.read_text())
    changed["server"]["host"] = "evil.example.com"
    path.write_text(json.dumps(changed))
    with pytest.raises(DatabaseFault, match="holds no password"):
        await with_chosen_database(settings(), KeyStore(backend))


async def test_the_environment_and_the_demo_come_before_the_file(path, monkeypatch):
    path.parent.mkdir()
    path.write_text("{ not even json")
    demo = await with_chosen_database(settings(demo=True), KeyStore())
    assert demo.database_url.endswith("/demo/opside.db")
    monkeypatch.setenv("DATABASE_URL", "sqlite:////other.db")
    chosen = await with_chosen_database(settings(), KeyStore())
    assert chosen.database_url == "sqlite:////other.db"
    assert chosen.database_variable == "DATABASE_URL"


async def test_a_server_without_a_password_needs_no_key_store(path):
    choose(path, Server(host="h", database="d", user="u", has_password=False))

    class Silent(MemoryKeyring):
        def get_password(self, service, username):
            raise AssertionError

    chosen = await with_chosen_database(settings(), KeyStore(Silent()))
    assert chosen.database_url == "postgresql+asyncpg://u@h:5432/d"


async def test_a_silent_key_store_is_told_with_three_ways_on(path):
    choose(path)
    release = threading.Event()

    class Silent(MemoryKeyring):
        def get_password(self, service, username):
            release.wait(10)

    with pytest.raises(KeyStoreFault) as caught:
        await with_chosen_database(settings(), KeyStore(Silent(), limit_s=0.1))
    release.set()
    told = caught.value.sentence
    assert SERVER.shown_address in told
    assert "did not answer" in told
    for way in ("try again", "Settings", "OPSIDE_DATABASE_URL"):
        assert way in told


@pytest.fixture
async def on_server(path, backend, bare_postgres_url):
    """Choose a real server in the settings file."""
    from urllib.parse import urlsplit

    parts = urlsplit(bare_postgres_url)
    server = Server(
        host=parts.hostname, port=parts.port, user=parts.username, database=parts.path[1:]
    )
    await KeyStore(backend).save_text(server.secret_name, parts.password)
    choose(path, server)
    return bare_postgres_url


async def test_the_program_opens_the_database_of_the_file(on_server, path):
    async with open_program(settings()) as program:
        assert program.db.shown_address.startswith("postgresql://")
        assert program.settings.database_url.startswith("postgresql")
    assert run_sql(on_server, "SELECT count(*) FROM sync_progress")[0][0] == 0
    assert not (path.parent / "opside.db").exists()


@pytest.mark.parametrize("words", [["db", "check"], ["history"], ["db", "upgrade"]])
def test_commands_open_the_database_of_the_file(on_server, path, words, capsys):
    assert run([*words, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["success"] is True
    assert not (path.parent / "opside.db").exists()


@pytest.mark.usefixtures("on_server")
def test_the_sql_for_an_owner_is_for_the_database_of_the_file(capsys):
    assert run(["db", "upgrade", "--sql"]) == 0
    assert "TIMESTAMP" in capsys.readouterr().out


def test_a_command_on_a_damaged_file_says_so_and_leaves_with_2(path, capsys):
    path.parent.mkdir()
    path.write_text('{"database": 1}')
    assert run(["status", "--json"]) == 2
    printed = json.loads(capsys.readouterr().out)
    assert str(path) in printed["message"]
    assert not (path.parent / "opside.db").exists()
