"""`sync` against a simulated Amazon: what it copies, how it fails, and how it is stopped."""

import signal
import sys
import time

import pytest


def test_three_secrets_in_the_environment_are_a_connection(opside, simulator):
    env = simulator("--orders", "20", "--skus", "10")
    done = opside("sync", "--json", **env)
    assert done.code == 0, done.err
    assert done.json["status"] == "completed"
    assert done.json["ordersProcessed"] == 20
    assert done.json["syncId"].startswith("sync_local-user_")
    listed = opside("list", "orders", "--json", **env).json
    assert listed["pagination"]["total"] == 20
    assert {order["mockScenario"] for order in listed["orders"]} == {"simulator"}


def test_the_environments_secrets_are_one_users_only(opside, simulator):
    env = simulator()
    done = opside("sync", "--user", "somebody-else", "--json", **env)
    assert done.code == 2
    assert done.json["error"] == "bad_request"
    assert "The user somebody-else is unknown." in done.json["message"]
    assert opside("--user", "ann", "sync", OPSIDE_USER="ann", **env).code == 0


def test_without_a_connection_it_says_how_to_connect(opside):
    done = opside("sync")
    assert done.code == 3
    assert "opside-desktop accounts add" in done.err
    assert "--demo" in done.err
    assert opside("sync", "--json").json == {
        "success": False,
        "message": "Amazon account not connected. Please connect your Amazon account first.",
        "error": "amazon_not_connected",
    }


def test_an_incomplete_connection_names_what_is_missing(opside):
    done = opside("sync", AMAZON_CLIENT_ID="canary-id-of-app", AMAZON_CLIENT_SECRET="canary-2")
    assert done.code == 3
    assert "AMAZON_SPAPI_REFRESH_TOKEN" in done.err
    assert "canary" not in done.err


def test_only_the_named_datasets_are_copied(opside, simulator):
    done = opside("sync", "--only", "inventory,claims", "--json", **simulator())
    assert done.code == 0
    states = {name: result["status"] for name, result in done.json["results"].items()}
    assert states == {"claims": "success", "inventory": "success", "orders": "skipped"}


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("--only", "returns"), "claims, inventory, orders"),
        (("--only", ","), "--only names nothing"),
        (("--since", "yesterday"), "2026-09-01"),
        (("--since", "2026-13-01"), "not a date"),
        (("--since", "2999-01-01"), "future"),
        (("--since", "2001-01-01"), "two years"),
        (("--source", ""), "--source names nothing"),
        (("--source", "claims"), "claims=events-v0"),
        (("--source", "returns=orders-v0"), "claims, inventory, orders"),
        (("--source", "claims=orders-v0"), "transactions, events-v0"),
        (("--source", "orders=orders-v0,orders=orders-2026"), "two sources of orders"),
        (("--only", "claims", "--source", "orders=orders-v0"), "Choose from claims."),
        (("--bogus",), "--bogus"),
        (("extra",), "extra"),
    ],
)
def test_wrong_options_are_explained(command, words, hint):
    done = command("sync", "--demo", *words)
    assert done.code == 2
    assert hint in done.err
    assert not done.out


def test_the_source_can_be_chosen_and_is_told(opside, simulator):
    env = simulator("--orders", "20")
    asked = ("--source", "claims=events-v0,orders=orders-v0")
    done = opside("sync", *asked, "--json", **env)
    assert done.code == 0, done.err
    sources = {name: result["source"] for name, result in done.json["results"].items()}
    assert sources == {
        "claims": "events-v0",
        "inventory": "inventory-v1",
        "orders": "orders-v0",
    }
    assert opside("status", "--json", **env).json["results"] == done.json["results"]


def test_since_reaches_as_far_back_as_it_says(opside, simulator):
    env = simulator("--epoch", "2026-11-16")
    first = opside("sync", "--only", "orders", "--since", "2026-11-01", "--json", **env).json
    whole = opside("sync", "--only", "orders", "--since", "2026-08-01", "--json", **env).json
    assert 0 < first["ordersProcessed"] < whole["ordersProcessed"] == 250


def test_the_recent_part_alone_is_told_as_that_and_the_next_sync_reads_the_history(
    opside, simulator
):
    env = simulator("--epoch", "2026-11-16")
    recent = opside("sync", "--recent", "--json", **env)
    assert (recent.code, recent.json["status"]) == (0, "completed"), recent.err
    assert recent.json["progress"] < 100
    assert "History is left to a later sync." in recent.json["message"]
    status = opside("status", **env).out
    assert "The last 30 days are complete; a later sync goes on with the history." in status
    assert f"complete since {recent.json['results']['orders']['completeSince'][:10]}" in status
    whole = opside("sync", "--json", **env).json
    assert (whole["status"], whole["progress"]) == ("completed", 100)
    assert 0 < recent.json["ordersProcessed"] < 250
    since = [run["results"]["orders"]["completeSince"] for run in (whole, recent.json)]
    assert since[0] < since[1]
    listed = opside("list", "orders", "--limit", "1", "--json", **env).json
    assert listed["pagination"]["total"] == 250


def test_a_revoked_permission_exits_3_and_is_remembered(opside, simulator):
    env = simulator("--faults", "revoked=1")
    done = opside("sync", "--json", **env)
    assert done.code == 3
    assert (done.json["status"], done.json["errorCode"]) == ("failed", "auth_revoked")
    for sentence in (done.json["error"], opside("sync", **env).out):
        assert "Amazon" in sentence
        assert "canary" not in sentence
    assert "reconnect needed" in opside("accounts", "list", **env).out


def test_an_expired_client_secret_exits_3_and_says_what_to_renew(opside, simulator):
    env = simulator("--faults", "secretexpired=1")
    done = opside("sync", "--json", **env)
    assert done.code == 3
    assert (done.json["status"], done.json["errorCode"]) == ("failed", "auth_revoked")
    for sentence in (done.json["error"], opside("sync", **env).out):
        assert "client secret of this account's app has expired" in " ".join(sentence.split())
        assert "canary" not in sentence
    assert "reconnect needed" in opside("accounts", "list", **env).out


def test_one_dataset_may_fail_while_the_others_stand(opside, simulator):
    done = opside("sync", "--json", **simulator("--faults", "denied=inventory"))
    assert done.code == 5
    assert done.json["status"] == "failed"
    assert done.json["results"]["inventory"]["status"] == "failed"
    assert done.json["results"]["orders"]["status"] == "success"


def test_nothing_that_succeeds_exits_1(opside, simulator):
    done = opside("sync", "--only", "inventory", **simulator("--faults", "denied=inventory"))
    assert done.code == 1
    assert "inventory" in done.out
    assert "failed" in done.out


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels_cleanly(opside, number):
    running = opside.start("--demo", "sync", "--json", MOCK_SCENARIO="high_volume")
    running.wait_for_line("%.*(SKUs|orders|events|quota)")
    running.process.send_signal(number)
    began = time.monotonic()
    done = running.finish()
    assert time.monotonic() - began < 5
    assert done.code == 130, done.err
    assert done.json["status"] == "cancelled"
    assert "Stopping" in done.err
    assert "Traceback" not in done.err
    stored = opside("--demo", "status", "--json").json
    assert stored["status"] == "cancelled"
    assert stored["syncId"] == done.json["syncId"]


def test_a_second_sync_is_refused_and_the_first_can_be_cancelled_from_outside(opside):
    running = opside.start("sync", "--demo", "--json", MOCK_SCENARIO="high_volume")
    running.wait_for_line("%")
    second = opside("sync", "--demo", "--json")
    sync_id = second.json["existingSyncId"]
    assert second.code == 4
    assert second.json == {
        "success": False,
        "message": f"Sync already in progress ({sync_id}). "
        "Please wait for it to complete or cancel it first.",
        "error": "sync_in_progress",
        "existingSyncId": sync_id,
    }
    people = opside("sync", "--demo")
    assert people.code == 4
    assert sync_id in people.err
    status = opside("status", "--demo", "--json").json
    assert (status["syncId"], status["status"]) == (sync_id, "running")
    cancelled = opside("cancel", sync_id, "--demo", "--json")
    assert cancelled.code == 0
    assert cancelled.json == {"success": True, "syncId": sync_id, "status": "cancelled"}
    began = time.monotonic()
    done = running.finish()
    assert time.monotonic() - began < 5
    assert done.code == 130
    assert done.json["status"] == "cancelled"
    assert opside("cancel", sync_id, "--demo").code == 0  # repeated, it changes nothing


def test_a_finished_or_unknown_sync_cannot_be_cancelled(synced):
    sync_id = synced("--demo", "status", "--json").json["syncId"]
    finished = synced("cancel", "--demo", sync_id, "--json")
    assert finished.code == 1
    assert (finished.json["error"], finished.json["status"]) == ("sync_not_running", "completed")
    unknown = synced("cancel", "--demo", "sync_demo-user_1", "--json")
    assert unknown.code == 1
    assert unknown.json["error"] == "sync_not_found"
    # Another user's sync is as unknown as any.
    assert synced("cancel", sync_id).code == 1


def test_progress_goes_to_standard_error_only(opside):
    done = opside("--demo", "sync", "--json", "--only", "inventory")
    assert done.out.count("\n") == 1
    assert done.json["progress"] == 100
    assert "100 %" in done.err


def test_a_plain_sync_tells_people_what_it_copied(opside):
    done = opside("--demo", "sync")
    assert done.code == 0
    for count in ("37", "150", "250"):
        assert f" {count} " in done.out
    assert "done after" in done.out
