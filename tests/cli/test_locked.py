"""Reading while another program writes: it never waits for that, and never fails for it."""

import sqlite3
from contextlib import closing, contextmanager

import pytest

DEAD = (
    "INSERT INTO sync_progress (id, sync_id, user_id, status, progress, metadata, created_at,"
    " updated_at) SELECT '00000000-0000-4000-8000-000000000000', sync_id || '0', user_id,"
    " 'running', 7, json_set(metadata, '$.owner.pid', 4194303), created_at, ? FROM sync_progress"
)


@contextmanager
def writing(home, journal="wal"):
    """Let another program write into the file, and not end."""
    with closing(sqlite3.connect(home / "demo" / "opside.db", isolation_level=None)) as other:
        other.execute(f"PRAGMA journal_mode = {journal}")
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@pytest.fixture
def left_behind(synced):
    """A running sync of a program that is gone."""
    with closing(sqlite3.connect(synced.home / "demo" / "opside.db")) as file, file:
        now = file.execute("SELECT strftime('%Y-%m-%d %H:%M:%f000', 'now')").fetchone()
        file.execute(DEAD, now)


@pytest.mark.parametrize(
    "words",
    [
        ("list", "claims"),
        ("list", "orders", "--json"),
        ("status",),
        ("history",),
        ("export", "claims", "--out", "{home}/claims.csv"),
        ("accounts", "list"),
        ("db", "check"),
    ],
)
def test_what_only_reads_does_not_wait_for_another_programs_write(left_behind, synced, words):
    with writing(synced.home):
        done = synced("--demo", *(word.format(home=synced.home) for word in words))
    assert done.code == 0, done.err
    log = (synced.home / "demo" / "logs" / "opside.log").read_text()
    assert "could not be closed" in log
    assert "locked it" in log


def test_a_file_that_is_kept_in_another_way_is_read_beside_a_write_too(synced):
    with writing(synced.home, journal="delete"):
        done = synced("--demo", "list", "claims", "--json")
    assert done.json["pagination"]["total"] == 37
    # And the next start, beside which nobody writes, lets reads run beside writes again.
    assert synced("--demo", "status").code == 0
    with closing(sqlite3.connect(synced.home / "demo" / "opside.db")) as file:
        assert file.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_where_nothing_can_be_cancelled_no_write_is_waited_for(synced):
    [ended] = synced("--demo", "history", "--json").json["syncs"]
    with writing(synced.home):
        unknown = synced("--demo", "cancel", "no-such-sync", "--json")
        finished = synced("--demo", "cancel", ended["syncId"], "--json")
    assert (unknown.code, unknown.json["error"]) == (1, "sync_not_found")
    assert (finished.code, finished.json["error"]) == (1, "sync_not_running")


def test_a_sync_says_what_it_waits_for_and_begins_when_that_has_ended(synced):
    with writing(synced.home):
        running = synced.start("--demo", "sync", "--only", "inventory")
        running.wait_for_line("Waiting for another program that has locked the database, 10 s")
    assert running.finish().code == 0


def test_a_dead_sync_is_closed_by_the_next_who_may_write(left_behind, synced):
    assert synced("--demo", "list", "claims").code == 0
    [shown, *_] = synced("--demo", "history", "--json").json["syncs"]
    assert (shown["status"], shown["errorCode"]) == ("failed", "interrupted")
