"""Connecting a seller account: tested at Amazon, kept in the key store, and nowhere else."""

import contextlib
import fcntl
import os
import pty
import re
import select
import sqlite3
import subprocess
import sys
import termios
import time

import pytest

from tests.cli.conftest import PROGRAM, SECRETS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the private key store is Linux's")

TYPED = "".join(f"{secret}\n" for secret in SECRETS.values())
CANARY = "canary"


def hosts(env):
    """The simulator's address without any secret."""
    return {name: value for name, value in env.items() if name not in SECRETS}


@pytest.fixture
def connected(with_key_store, simulator):
    """An account connected through the prompts; gives the program and its environment."""
    env = hosts(simulator("--orders", "20"))
    done = with_key_store("accounts", "add", "--region", "NA", stdin=TYPED, **env)
    assert done.code == 0, done.err
    assert "Connected" in done.out
    assert "Secret Service" in done.out
    yield with_key_store, env
    with_key_store("accounts", "remove", "--yes", **env)


def test_an_account_is_connected_by_prompts_synced_tested_and_removed(connected):
    opside, env = connected
    account = opside("accounts", "list", "--json", **env).json["accounts"][0]
    assert re.fullmatch("A[0-9A-Z]{13}", account.pop("sellerId"))
    assert account == {
        "userId": "local-user",
        "displayName": "local-user",
        "marketplaceId": "ATVPDKIKX0DER",
        "region": "NA",
        "mode": "sandbox",
        "status": "active",
        "credentialSource": "keyring",
        "isMock": True,
    }
    synced = opside("sync", "--json", **env)
    assert synced.code == 0, synced.err
    assert synced.json["ordersProcessed"] == 20
    tested = opside("accounts", "test", "--json", **env)
    assert tested.code == 0
    assert [check["ok"] for check in tested.json["checks"]] == [True] * 5
    removed = opside("accounts", "remove", "--yes", **env)
    assert removed.code == 0
    assert "stay in the database" in removed.err
    assert opside("sync", **env).code == 3
    assert opside("accounts", "list", "--json", **env).json["accounts"] == []
    assert opside("list", "orders", "--json", **env).json["pagination"]["total"] == 20


def test_secrets_are_nowhere_but_in_the_key_store(with_key_store, simulator):
    opside = with_key_store
    opside.env["OPSIDE_LOG_LEVEL"] = "DEBUG"
    env = hosts(simulator())
    seen = ""
    for words in (
        ("accounts", "add", "--region", "NA"),
        ("accounts", "test"),
        ("accounts", "list", "--json"),
        ("sync", "--json"),
        ("doctor",),
        ("status",),
        ("accounts", "remove", "--yes"),
    ):
        done = opside(*words, stdin=TYPED, **env)
        assert done.code == 0, (words, done.err)
        seen += done.out + done.err
    files = {path: path.read_bytes() for path in opside.home.rglob("*") if path.is_file()}
    assert opside.home / "logs" / "opside.log" in files
    assert opside.home / "opside.db" in files
    for secret in (CANARY, "Atzr|", "Atza|"):
        assert secret not in seen
        assert not [path for path, content in files.items() if secret.encode() in content]


def test_secrets_of_the_environment_leave_no_trace_either(opside, simulator):
    env = simulator("--faults", "revoked=1")
    seen = ""
    for words in (("sync",), ("doctor",), ("accounts", "test"), ("accounts", "list", "--json")):
        done = opside(*words, OPSIDE_LOG_LEVEL="DEBUG", **env)
        seen += done.out + done.err
    assert CANARY not in seen
    for path in opside.home.rglob("*"):
        assert not path.is_file() or CANARY.encode() not in path.read_bytes(), path


def test_a_refused_permission_is_not_kept(with_key_store, simulator):
    env = hosts(simulator("--faults", "revoked=1"))
    done = with_key_store("accounts", "add", "--region", "NA", stdin=TYPED, **env)
    assert done.code == 3
    assert CANARY not in done.err
    assert with_key_store("accounts", "list", "--json", **env).json["accounts"] == []
    assert with_key_store("sync", **env).code == 3


def test_without_a_key_store_nothing_is_called_connected(opside, simulator):
    env = hosts(simulator())
    done = opside("accounts", "add", "--region", "NA", stdin=TYPED, **env)
    assert done.code == 2
    assert "no key store" in done.err
    assert "Connected" not in done.out + done.err
    assert opside("accounts", "list", "--json", **env).json["accounts"] == []


def test_a_second_account_is_a_second_user(connected, simulator):
    opside, env = connected
    again = opside("accounts", "add", "--region", "NA", stdin=TYPED, **env)
    assert again.code == 2
    assert "--user" in again.err
    assert "--replace" in again.err
    other = opside("accounts", "add", "--user", "ann", "--region", "NA", stdin=TYPED, **env)
    assert other.code == 0, other.err
    users = [
        account["userId"]
        for account in opside("accounts", "list", "--json", **env).json["accounts"]
    ]
    assert sorted(users) == ["ann", "local-user"]
    replaced = opside("accounts", "add", "--replace", "--region", "NA", stdin=TYPED, **env)
    assert replaced.code == 0
    assert opside("accounts", "remove", "--user", "ann", "--yes", **env).code == 0


def test_replacing_the_secrets_changes_nothing_else(connected):
    opside, env = connected
    chosen = ("--name", "Shop ☂", "--marketplace", "A2EUQ1WTGCTBG2")
    assert opside("accounts", "add", "--replace", *chosen, stdin=TYPED, **env).code == 0
    before = opside("accounts", "list", "--json", **env).json
    assert before["accounts"][0]["displayName"] == "Shop ☂"
    replaced = opside("accounts", "add", "--replace", stdin=TYPED, **env)
    assert replaced.code == 0, replaced.err
    assert opside("accounts", "list", "--json", **env).json == before


def test_the_key_store_comes_before_the_environment(connected, simulator):
    opside, env = connected
    wrong = {**SECRETS, "AMAZON_SPAPI_REFRESH_TOKEN": "not-a-token-at-all"}
    listed = opside("accounts", "list", "--json", **env, **wrong).json["accounts"]
    assert [account["credentialSource"] for account in listed] == ["keyring"]


def test_a_revoked_permission_of_a_connected_account_is_remembered(connected, simulator):
    opside, env = connected
    revoked = hosts(simulator("--faults", "revoked=1"))
    assert opside("sync", **revoked).code == 3
    account = opside("accounts", "list", "--json", **env).json["accounts"][0]
    assert account["status"] == "reconnect_required"
    assert opside("accounts", "test", **env).code == 0
    account = opside("accounts", "list", "--json", **env).json["accounts"][0]
    assert account["status"] == "active"


def test_levels_of_amazons_buckets_survive_the_program(connected):
    opside, env = connected
    assert opside("sync", **env).code == 0
    with sqlite3.connect(opside.home / "opside.db") as database:
        rows = database.execute("SELECT base_url, operation, level FROM rate_buckets").fetchall()
    database.close()
    assert {base_url for base_url, _, _ in rows} == {env["AMAZON_SPAPI_BASE_URL"]}
    levels = {operation: level for _, operation, level in rows}
    assert 0 < levels["searchOrders"] < 20


def test_testing_an_account_waits_for_no_quota(connected):
    opside, env = connected
    assert opside("sync", **env).code == 0
    with sqlite3.connect(opside.home / "opside.db") as database:
        database.execute(
            "UPDATE rate_buckets SET level = 0.1, rate = 0.0056, measured_at = ?"
            " WHERE operation = 'searchOrders'",
            (time.time(),),
        )
    database.close()
    done = opside("accounts", "test", "--json", **env)
    assert done.code == 0
    *others, orders = done.json["checks"]
    assert {check["message"] for check in others} >= {"Amazon answers for inventory."}
    assert orders["ok"]
    assert re.fullmatch(
        r"Amazon's quota for orders is used up; it can be asked again in 2 min \d\d s\.",
        orders["message"],
    )


@pytest.mark.parametrize(
    ("words", "typed", "hint"),
    [
        ((), "", "--region"),
        (("--region", "NA"), "", "AMAZON_CLIENT_ID"),
        (("--region", "NA"), "id\n", "AMAZON_CLIENT_SECRET"),
        (("--region", "NA"), "id\nse cret\n", "blanks"),
        (("--region", "EU", "--marketplace", "ATVPDKIKX0DER"), TYPED, "region"),
        (("--marketplace", "NOWHERE"), TYPED, "marketplace id"),
        (("--demo", "--region", "NA"), TYPED, "demo"),
    ],
)
def test_mistakes_when_connecting_are_explained(command, words, typed, hint):
    done = command("accounts", "add", *words, stdin=typed)
    assert done.code == 2
    assert hint in done.err


def test_a_missing_key_store_stops_a_connected_account_but_not_the_environments(connected):
    opside, env = connected
    gone = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    done = opside("sync", "--json", **env, **gone)
    assert done.code == 2
    assert (done.json["status"], done.json["errorCode"]) == ("failed", "key_store")
    # It is told once, not for each dataset and not by everything that needs the secrets.
    for words in (("sync",), ("status",), ("doctor",)):
        told = opside(*words, **env, **gone)
        assert told.out.count("offers no key store") == 1, words
    assert opside("doctor", **env, **gone).code == 2
    assert opside("sync", **env, **gone, **SECRETS).code == 0


def test_typed_secrets_are_not_shown(opside, simulator):
    env = opside.environment(**hosts(simulator("--faults", "revoked=1")))
    screen, keyboard = pty.openpty()
    process = subprocess.Popen(
        [*PROGRAM, "accounts", "add"],
        stdin=keyboard,
        stdout=keyboard,
        stderr=keyboard,
        env=env,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(keyboard)
    seen = b""

    def read_until(text):
        nonlocal seen
        while text not in seen:
            ready, _, _ = select.select([screen], [], [], 30)
            assert ready, seen
            seen += os.read(screen, 4096)

    answers = ["NA", *SECRETS.values()]
    for question, answer in zip(
        (b"Region", b"id (", b"secret (", b"token ("), answers, strict=True
    ):
        read_until(question)
        os.write(screen, f"{answer[:200]}\n".encode())
    read_until(b"Asking Amazon")
    with contextlib.suppress(OSError):  # the end of a terminal
        read_until(b"never said")
    assert process.wait(30) == 3
    os.close(screen)
    assert CANARY.encode() not in seen


def test_removing_needs_a_yes_and_an_account(opside, simulator):
    assert opside("accounts", "remove", "--yes").code == 3
    env = simulator()
    done = opside("accounts", "remove", "--yes", **env)
    assert done.code == 2
    assert "comes from the environment" in done.err
