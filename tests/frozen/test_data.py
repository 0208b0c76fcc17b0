"""Databases and settings in a bad state, and computers without a key store: nothing is lost."""

import re
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.frozen.program import ended, is_open, posix_only, until
from tests.store.schema.given import FILE_DDL

RELEASED = sorted(
    (Path(__file__).parents[1] / "store" / "schema" / "released").glob("schema_*.sql")
)
CLAIMS = 20_000
ENDLESS = """
CREATE TRIGGER endless AFTER UPDATE ON amazon_claims
WHEN old.rowid = (SELECT max(rowid) FROM amazon_claims)
BEGIN SELECT count(*) FROM amazon_claims a, amazon_claims b, amazon_claims c; END
"""
SECRETS = {
    "AMAZON_CLIENT_ID": "amzn1.application-oa2-client.canary-1d",
    "AMAZON_CLIENT_SECRET": "canary-s3cret-plain",
    "AMAZON_SPAPI_REFRESH_TOKEN": "Atzr|canary-t0ken",
}


@pytest.fixture(params=RELEASED, ids=lambda dump: dump.stem)
def released(request, opside):
    """The program over a database that a released version wrote."""
    opside.home.mkdir()
    with closing(sqlite3.connect(opside.home / "opside.db")) as file:
        file.executescript(request.param.read_text("utf-8"))
    return opside


def test_a_database_of_a_released_version_opens_with_all_its_rows(released):
    assert released.totals("--user", "acme") == released.rows() == [2, 1, 2]
    [account] = released("accounts", "list", "--json").json["accounts"]
    assert account["displayName"] == "Acme"
    assert released("db", "check").code == 0


@pytest.fixture
def newer(released):
    """The program over a database of a version that is still to come."""
    path = released.home / "opside.db"
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("UPDATE alembic_version SET version_num = '9999'")
    before = path.read_bytes()
    yield released
    assert path.read_bytes() == before


def test_a_database_of_a_newer_version_is_refused_and_left_alone(newer):
    for words in (("sync",), ("db", "upgrade")):
        done = newer(*words)
        assert done.code == 2
        assert f"{newer.home / 'opside.db'} was made by a newer version" in done.err
        assert "Install the newest version" in done.err


@posix_only
def test_a_window_over_a_database_of_a_newer_version_says_so(newer):
    window = newer.window()
    until(lambda: "was made by a newer version" in newer.log(), window)
    assert ended(window).code == 2


@posix_only
def test_an_upgrade_that_was_killed_in_its_middle_begins_anew(opside):
    # The tables that other programs made before are the one older schema there is so far.
    path = opside.home / "opside.db"
    opside.home.mkdir()
    rows = [
        (f"00000000-0000-4000-8000-{n:012d}", f"RMB-{n:016x}", "u", 12.1, "Refund " * 40)
        for n in range(CLAIMS)
    ]
    with closing(sqlite3.connect(path)) as file, file:
        file.executescript(FILE_DDL)
        file.executemany(
            "INSERT INTO amazon_claims (id, claim_id, user_id, amount, description)"
            " VALUES (?, ?, ?, ?, ?)",
            rows,
        )
        # The last claim takes the upgrade so long that it cannot escape.
        file.executescript(ENDLESS)
    log = path.with_name("opside.db-wal")
    program = opside.start("status")
    # Its changes are many, so that it writes the first of them before it ends.
    until(lambda: log.exists() and log.stat().st_size > 1_000_000, program)
    program.kill()
    program.wait(10)
    with closing(sqlite3.connect(path)) as file:
        found = file.execute("SELECT id, claim_id, user_id, amount, description FROM amazon_claims")
        assert found.fetchall() == rows
        assert not file.execute(
            "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
        ).fetchall()
        file.execute("DROP TRIGGER endless")
    done = opside("db", "check", "--json")
    assert done.code == 0, done.err
    assert done.json["rows"]["amazon_claims"] == CLAIMS
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("SELECT DISTINCT amount FROM amazon_claims").fetchall() == [(1210,)]
    # Each of the two upgrades has copied the file first.
    copies = list(opside.home.glob("opside.before-upgrade-*.db"))
    assert len(copies) == 2
    for copy in copies:
        with closing(sqlite3.connect(copy)) as file:
            assert file.execute("SELECT count(*) FROM amazon_claims").fetchall() == [(CLAIMS,)]


@pytest.mark.parametrize("content", [b'{"database": "ser', b"\x00\xff\x80"])
def test_damaged_settings_are_named_and_neither_lost_nor_passed_over(released, content):
    # They may name another database: working with that of this computer would mislead.
    settings, database = released.home / "settings.json", released.home / "opside.db"
    before = database.read_bytes()
    settings.write_bytes(content)
    done = released("list", "claims")
    assert done.code == 2
    assert f"The settings file {settings} cannot be used." in done.err
    assert "Settings" in done.err
    assert (settings.read_bytes(), database.read_bytes()) == (content, before)
    assert released("--demo", "status").code == 0
    settings.unlink()
    assert released.rows() == [2, 1, 2]


@posix_only
def test_a_window_opens_over_damaged_settings_and_says_so(released):
    settings = released.home / "settings.json"
    settings.write_bytes(b'{"database": "ser')
    window = released.window()
    until(lambda: f"The settings file {settings} cannot be used." in released.log(), window)
    assert ended(window).code == 2
    assert settings.read_bytes() == b'{"database": "ser'


@posix_only
@pytest.mark.parametrize("content", [b"\x00\xff", b'{"geometry": 5, "zoom": "big"}'])
def test_a_window_whose_saved_layout_is_damaged_opens_as_new(released, content):
    (released.home / "window.json").write_bytes(content)
    window = released.window("--user", "acme")
    until(lambda: is_open(window), window)
    assert ended(window).code == 0
    assert released.rows() == [2, 1, 2]


linux_only = pytest.mark.skipif(
    sys.platform != "linux", reason="other systems always have a key store"
)


@linux_only
def test_without_a_key_store_no_account_is_added_and_no_secret_is_kept(opside):
    amazon = opside.start("simulator", "--port", "0", "--until-eof")
    url = re.search(r"http://127\.0\.0\.1:\d+", amazon.stdout.readline())[0]
    words = ("accounts", "add", "--region", "NA")
    done = opside(*words, AMAZON_SPAPI_BASE_URL=url, **SECRETS)
    assert done.code == 2
    assert "no key store" in done.err
    kept = b"".join(each.read_bytes() for each in opside.home.rglob("*") if each.is_file())
    told = (done.err + done.out).encode()
    assert not [secret for secret in SECRETS.values() if secret.encode() in kept + told]
    assert opside("accounts", "list", "--json").json["accounts"] == []
    assert "key store" in opside("doctor").out


@linux_only
def test_without_a_key_store_the_sample_seller_and_the_window_work(synced):
    assert synced.rows("demo") == [37, 150, 250]
    assert synced("--demo", "sync").code == 0
    window = synced.window()
    until(lambda: is_open(window), window)
    assert ended(window).code == 0


@linux_only
def test_without_a_key_store_the_window_opens_over_an_account(released):
    with closing(sqlite3.connect(released.home / "opside.db")) as file, file:
        file.execute("UPDATE seller_accounts SET credential_status = 'active'")
    window = released.window("--user", "acme")
    until(lambda: "key store" in released.log(), window)
    assert ended(window).code == 0
    assert released.rows() == [2, 1, 2]
