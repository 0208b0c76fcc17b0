"""Connecting an app that may not ask for the seller's marketplaces: no sync asks for them."""

import sys

import pytest

from tests.cli.test_accounts import TYPED, hosts
from tests.gate import DATASETS, MARKETPLACES, gate_before

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the private key store is Linux's")


@pytest.fixture
def behind_gate(simulator):
    """Give the environment of a simulator whose gate denies these paths, without any secret."""
    gates = []

    def open_gate(*denied):
        gate = gate_before(simulator("--orders", "20")["AMAZON_SPAPI_BASE_URL"], *denied)
        gates.append(gate)
        return hosts({"AMAZON_SPAPI_BASE_URL": gate.__enter__()})

    yield open_gate
    for gate in gates:
        gate.__exit__(None, None, None)


def test_an_app_that_may_not_ask_for_the_marketplaces_is_connected_and_synced(
    with_key_store, behind_gate
):
    env = behind_gate(MARKETPLACES)
    done = with_key_store("accounts", "add", "--region", "NA", stdin=TYPED, **env)
    assert done.code == 0, done.err
    assert "does not tell in which marketplaces" in done.err
    assert "Connected: local-user (NA, ATVPDKIKX0DER (United States))" in done.out
    tested = with_key_store("accounts", "test", "--json", **env)
    assert tested.code == 0
    assert tested.json["success"] is True
    marks = {check["name"]: check["ok"] for check in tested.json["checks"]}
    assert marks == {
        "permission": True,
        "marketplaces": False,
        "claims": True,
        "inventory": True,
        "orders": True,
    }
    assert "note    Amazon does not tell" in with_key_store("accounts", "test", **env).out
    assert with_key_store("sync", **env).code == 0
    replaced = with_key_store("accounts", "add", "--replace", stdin=TYPED, **env)
    assert replaced.code == 0, replaced.err
    with_key_store("accounts", "remove", "--yes", **env)


def test_a_connection_test_does_not_wait_for_refusals_to_pass(opside, simulator):
    env = simulator("--orders", "20", "--faults", "first400=finances,first400=inventory")
    checks = opside("accounts", "test", "--json", **env).json["checks"]
    told = {check["name"]: (check["ok"], check["message"]) for check in checks}
    assert told["claims"][0] is False  # half a minute later Amazon would have answered
    assert "missing or invalid parameters" in told["claims"][1]
    assert told["inventory"][0] is True
    assert "no stock (FBA)" in told["inventory"][1]
    assert told["orders"] == (True, "Amazon answers for orders.")


def test_where_the_marketplace_cannot_be_known_or_asked_it_has_to_be_named(
    with_key_store, behind_gate
):
    env = behind_gate(MARKETPLACES)
    done = with_key_store("accounts", "add", "--region", "EU", stdin=TYPED, **env)
    assert done.code == 2
    assert "--marketplace" in done.err
    assert "A1PA6795UKMFR9" in done.err
    germany = ("--marketplace", "A1PA6795UKMFR9")
    done = with_key_store("accounts", "add", *germany, stdin=TYPED, **env)
    assert done.code == 0, done.err
    assert "A1PA6795UKMFR9 (Germany)" in done.out
    with_key_store("accounts", "remove", "--yes", **env)


@pytest.mark.parametrize("also", [(MARKETPLACES,), ()], ids=["no marketplaces", "marketplaces"])
def test_an_app_that_may_read_nothing_is_refused_with_its_roles(with_key_store, behind_gate, also):
    env = behind_gate(*DATASETS, *also)
    done = with_key_store("accounts", "add", "--region", "NA", stdin=TYPED, **env)
    assert done.code == 1
    assert "Finance and Accounting" in done.err
    assert "Inventory and Order Tracking" in done.err
    assert with_key_store("accounts", "list", "--json", **env).json["accounts"] == []


def test_one_dataset_that_answers_is_enough(with_key_store, behind_gate):
    env = behind_gate(MARKETPLACES, "/finances", "/orders")
    done = with_key_store("accounts", "add", "--region", "NA", stdin=TYPED, **env)
    assert done.code == 0, done.err
    tested = with_key_store("accounts", "test", **env)
    assert tested.code == 1  # two of three would fail at every sync
    assert tested.out.count("FAILED") == 2
    with_key_store("accounts", "remove", "--yes", **env)
