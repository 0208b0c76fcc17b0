"""`db copy`: to a file, to a server and back, without a password among the arguments."""

import os
import re
import signal
import sqlite3
from contextlib import closing

import pytest

from tests.cli.conftest import MANY
from tests.waiting import wait_until

TARGET = "OPSIDE_TARGET_DATABASE_URL"


def test_the_copy_holds_what_the_original_holds(synced, tmp_path):
    target = tmp_path / "a folder" / "copy.db"
    done = synced("--demo", "db", "copy", "--to", target)
    assert done.code == 0, done.err
    assert done.out.splitlines()[-1].endswith("Counts and sums are the same on both sides.")
    assert re.search(rf"Copied to {re.escape(str(target))}: [\d,]+ rows of 1 user\.", done.out)
    address = {"OPSIDE_DATABASE_URL": f"sqlite:///{target}", "OPSIDE_USER": "demo-user"}
    for what in ("claims", "inventory", "orders"):
        words = ("list", what, "--json", "--limit", "1000")
        assert synced(*words, **address).json == synced("--demo", *words).json


def test_to_a_server_and_back_again(synced, tmp_path, postgres_url):
    listed = synced("--demo", "list", "orders", "--json", "--limit", "1000").json
    first = synced("--demo", "--json", "db", "copy", **{TARGET: postgres_url})
    assert first.code == 0, first.err
    assert first.json["success"] is True
    assert first.json["rows"]["amazon_claims"] == 37
    password = postgres_url.split(":")[2].split("@")[0]
    assert password not in first.out + first.err
    back = tmp_path / "back.db"
    second = synced("--json", "db", "copy", "--to", back, OPSIDE_DATABASE_URL=postgres_url)
    assert second.code == 0, second.err
    assert second.json["rows"] == first.json["rows"]
    assert second.json["users"] == 1
    address = {"OPSIDE_DATABASE_URL": f"sqlite:///{back}", "OPSIDE_USER": "demo-user"}
    assert synced("list", "orders", "--json", "--limit", "1000", **address).json == listed
    logs = "".join(one.read_text("utf-8") for one in synced.home.rglob("*.log"))
    assert password not in logs


def test_a_second_copy_needs_to_be_told_what_to_do_with_the_first(synced, tmp_path):
    target = tmp_path / "copy.db"
    assert synced("--demo", "db", "copy", "--to", target).code == 0
    refused = synced("--demo", "db", "copy", "--to", target)
    assert refused.code == 1
    assert "already holds" in refused.err
    assert "--replace" in refused.err
    # Nothing unexpected, which the log would hold.
    assert synced("--demo", "db", "copy", "--to", target, "--json").json["error"] == "bad_request"
    assert synced("--demo", "db", "copy", "--to", target, "--replace").code == 0


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:canary-s3cret@db.example/x",
        "postgres://db.example/x?password=canary-s3cret",
        "host=db.example dbname=x password=canary-s3cret",
        "PGPASSWORD=canary-s3cret psql -h db.example x",
        "postgresql://me:canary/s3cret#@db.example/x",
    ],
)
def test_a_password_among_the_arguments_is_refused_and_not_repeated(command, url):
    done = command("db", "copy", "--to", url)
    assert done.code == 2
    assert done.err.startswith("--to holds a password.")
    assert "canary" not in done.err + done.out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), f"The other database is missing. Give --to URL, or set {TARGET}."),
        (("--to", "mysql://db.example/x"), "cannot be used"),
        (("--to", "postgresql://[/x"), "cannot be understood"),
    ],
)
def test_mistakes_are_told(opside, words, sentence):
    done = opside("db", "copy", *words)
    assert done.code == 2
    assert sentence in done.err


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such signals for processes.")
def test_ctrl_c_stops_and_the_next_one_goes_on(many, tmp_path):
    target = tmp_path / "copy.db"
    running = many.start("--demo", "db", "copy", "--to", str(target))
    wait_until(lambda: arrived(target) or running.process.poll() is not None)
    assert running.process.poll() is None
    running.process.send_signal(signal.SIGINT)
    stopped = running.finish()
    assert stopped.code == 130
    assert stopped.err.splitlines()[-1] == (
        "The copy was stopped. What was copied so far is kept. Give the command again to go on."
    )
    held = arrived(target)
    assert 0 < held < MANY
    assert many("--demo", "db", "copy", "--to", target).code == 0
    assert arrived(target) == MANY + 37


def arrived(target):
    """Count the claims that a copy has stored."""
    try:
        with closing(sqlite3.connect(f"file:{target}?mode=ro", uri=True)) as db:
            return db.execute("SELECT count(*) FROM amazon_claims").fetchone()[0]
    except sqlite3.OperationalError:
        return 0


def test_a_row_that_does_not_fit_is_named_with_its_table_and_why(synced, postgres_url):
    with closing(sqlite3.connect(synced.home / "demo" / "opside.db")) as file, file:
        (claim,) = file.execute("SELECT min(claim_id) FROM amazon_claims").fetchone()
        file.execute(
            "UPDATE amazon_claims SET currency = 'much too long' WHERE claim_id = ?", (claim,)
        )
    done = synced("--demo", "db", "copy", **{TARGET: postgres_url})
    assert done.code == 2
    said = " ".join(done.err.split())
    assert "A row of the table amazon_claims does not fit into" in said
    assert f"claim_id “{claim}”. Its currency is longer than 10 characters." in said
    assert "Correct or delete that row, then copy again" in said
