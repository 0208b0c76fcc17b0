"""`accounts delete-data`: says what goes, asks, and deletes it."""

import sqlite3
from contextlib import closing


def rows(home, table):
    with closing(sqlite3.connect(home / "demo" / "opside.db")) as db:
        return db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608


def test_what_goes_is_told_before_anybody_is_asked(synced):
    done = synced("--demo", "accounts", "delete-data")
    assert done.code == 2
    assert "          37  claims\n" in done.err
    assert "         250  orders\n" in done.err
    assert "_" not in done.err  # no name of a table
    assert done.err.endswith("Nobody can be asked here. Give --yes to delete the data.\n")
    assert rows(synced.home, "amazon_claims") == 37


def test_all_of_it_goes_and_the_next_sync_copies_it_again(synced):
    done = synced("--demo", "--json", "accounts", "delete-data", "--yes")
    assert done.code == 0, done.err
    assert done.json["success"] is True
    assert done.json["userId"] == "demo-user"
    assert done.json["rows"]["amazon_inventory"] == 150
    for table in ("amazon_claims", "amazon_order_items", "sync_checkpoints", "sync_progress"):
        assert rows(synced.home, table) == 0, table
    again = synced("--demo", "accounts", "delete-data")
    assert (again.code, again.out) == (0, "Nothing is stored of the user demo-user.\n")
    assert synced("--demo", "sync").code == 0
    assert rows(synced.home, "amazon_claims") == 37


def test_a_running_sync_refuses(synced):
    with closing(sqlite3.connect(synced.home / "demo" / "opside.db")) as db, db:
        db.execute(
            "UPDATE sync_progress SET status = 'running', "
            "metadata = json_set(metadata, '$.owner.host', 'another-computer'), "
            "updated_at = strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'"
        )
    done = synced("--demo", "accounts", "delete-data", "--yes")
    assert done.code == 4
    assert "Sync already in progress" in done.err
    assert rows(synced.home, "amazon_claims") == 37


def test_the_sample_seller_stays_connected(synced):
    done = synced("--demo", "accounts", "delete-data", "--disconnect", "--yes")
    assert done.code == 2
    assert "cannot be disconnected" in done.err


def test_an_account_that_is_not_there_cannot_be_disconnected(opside):
    done = opside("accounts", "delete-data", "--disconnect", "--yes")
    assert done.code == 3
