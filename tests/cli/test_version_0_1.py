"""A database of version 0.1, opened by this one: what each command says of it and does with it."""

import shutil
import sqlite3
from contextlib import closing

import pytest

from tests.store.old_events.conftest import CASE

HIDDEN = "19 stored claims were there twice"
SEEN_BY = "opside-desktop list claims --hidden"


@pytest.fixture
def old(opside):
    """The program in a home that version 0.1 has left."""
    opside.home.mkdir(parents=True)
    shutil.copyfile(CASE, opside.home / "opside.db")
    return opside


def shown(opside):
    """How many claims are shown, and what they are worth."""
    listed = opside("list", "claims", "--limit", "1000", "--json").json
    amounts = [claim["amount"] for claim in listed["claims"]]
    return listed["pagination"]["total"], round(sum(amounts), 2)


def test_an_upgrade_ends_when_the_claims_are_prepared_and_says_what_it_found(old):
    done = old("db", "upgrade")
    assert done.code == 0, done.err
    assert HIDDEN in done.out
    assert SEEN_BY in done.out
    assert shown(old) == (68, -2868.25)
    again = old("db", "upgrade", "--json")
    assert again.json["success"] is True


def test_an_upgrade_tells_where_the_way_back_is(old):
    done = old("db", "upgrade")
    (kept,) = old.home.glob("opside.before-upgrade-*.db")
    assert str(kept) in done.out.replace("\n", "")
    with closing(sqlite3.connect(kept)) as copy:
        assert copy.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
        assert copy.execute("SELECT count(*) FROM amazon_claims").fetchall() == [(87,)]


def test_reading_works_before_and_doctor_and_check_say_that_it_is_not_done(old):
    assert shown(old) == (87, -3198.75)
    for words in (("doctor",), ("db", "check")):
        done = old(*words)
        assert "The stored claims of 1 user are not prepared for this version yet." in done.out
    old("db", "upgrade")
    assert "not prepared" not in old("doctor").out
    checked = old("db", "check")
    assert "not prepared" not in checked.out
    assert HIDDEN in checked.out


def test_the_first_sync_prepares_the_claims_and_says_so_once(old, simulator):
    env = simulator("--orders", "5", "--claims", "5", "--skus", "5")
    first = old("sync", "--only", "claims", "--json", **env).json
    assert first["status"] == "completed"
    assert [HIDDEN in one for one in first["results"]["claims"]["warnings"]].count(True) == 1
    second = old("sync", "--only", "claims", "--json", **env).json
    assert not any(HIDDEN in one for one in second["results"]["claims"]["warnings"])
    with closing(sqlite3.connect(old.home / "opside.db")) as file:
        hidden = file.execute("SELECT count(*) FROM amazon_claims WHERE hidden_reason = 'double'")
        assert hidden.fetchone() == (19,)


def test_a_sync_without_claims_leaves_them_alone(old, simulator):
    env = simulator("--orders", "5", "--claims", "5", "--skus", "5")
    done = old("sync", "--only", "inventory", **env)
    assert done.code == 0, done.err
    assert shown(old) == (87, -3198.75)
