"""Whose rows a command shows: those of the user that was named, and never another's."""

import pytest

from opside_desktop.domain.ids import stored_user_id

COMMANDS = (
    ("list", "claims"),
    ("export", "claims", "--out", "claims.csv"),
    ("status",),
    ("history",),
    ("cancel", "sync_x_1"),
    ("sync",),
    ("accounts", "list"),
    ("accounts", "test"),
    ("accounts", "remove", "--yes"),
    ("accounts", "delete-data", "--yes"),
    ("db", "copy", "--to", "copy.db"),
)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_an_unknown_user_is_said_to_be_unknown(command, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = command(*words, "--user", "nobody", "--json")
    assert done.code == 2
    assert done.json["error"] == "bad_request"
    assert "The user nobody is unknown." in done.json["message"]
    assert "--user" in done.json["message"]
    assert not list(tmp_path.glob("c*"))


def test_a_user_of_the_environment_may_be_unknown_too_and_the_default_only_empty(command):
    named = command("list", "claims", OPSIDE_USER="nobody")
    assert named.code == 2
    assert "The user nobody is unknown." in named.err
    assert "OPSIDE_USER" in named.err
    default = command("list", "claims", "--json")
    assert default.code == 0
    assert default.json["pagination"]["total"] == 0
    assert command("sync").code == 3


def test_secrets_of_the_environment_make_a_new_user_known(command):
    env = {
        "OPSIDE_USER": "new",
        "AMAZON_CLIENT_ID": "client",
        "AMAZON_CLIENT_SECRET": "secret",
        "AMAZON_SPAPI_REFRESH_TOKEN": "Atzr|token",
    }
    assert command("list", "claims", **env).code == 0
    # They are nobody else's.
    other = command("sync", "--user", "other", **env)
    assert other.code == 2
    assert "The user other is unknown." in other.err


def test_half_the_secrets_are_named_where_they_would_have_made_the_user_known(command):
    done = command("sync", OPSIDE_USER="new", AMAZON_CLIENT_ID="client")
    assert done.code == 2
    assert "AMAZON_CLIENT_SECRET, AMAZON_SPAPI_REFRESH_TOKEN" in done.err


@pytest.mark.parametrize("name", ["demo-user", stored_user_id("demo-user")])
def test_stored_rows_of_a_user_without_an_account_are_shown_under_name_and_uuid(
    synced, name, monkeypatch
):
    env = {"OPSIDE_DATABASE_URL": f"sqlite:///{synced.home}/demo/opside.db"}
    listed = synced("list", "claims", "--user", name, "--json", **env)
    assert listed.code == 0, listed.err
    assert listed.json["pagination"]["total"] == 37
    assert synced("history", "--user", name, "--json", **env).json["pagination"]["total"] == 1
    status = synced("status", "--user", name, **env)
    assert status.code == 0
    assert f"The user {name} is not connected on this computer." in status.out
    assert "claims           37  done" in status.out
    refused = synced("sync", "--user", name, **env)
    assert refused.code == 3
    assert "not connected on this computer" in refused.err
    # Nobody else is shown them.
    assert synced("list", "claims", "--json", **env).json["pagination"]["total"] == 0
    assert synced("list", "claims", "--user", "nobody", **env).code == 2


def test_a_sync_tells_nothing_new_from_not_asked_for(synced):
    again = synced("--demo", "sync", "--only", "inventory")
    assert again.code == 0, again.err
    lines = {line.split()[0]: line for line in again.out.splitlines() if line.startswith("  ")}
    assert lines["claims"].split(None, 1)[1] == "–  not asked for"
    assert "150" in lines["inventory"]
    history = synced("--demo", "history").out.splitlines()
    assert history[1].count("–") == 2
