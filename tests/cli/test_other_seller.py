"""An account keeps to its seller: another's token is refused before a row of it is stored."""

import json
import sqlite3
import sys
from contextlib import closing

import pytest

from tests.cli.conftest import SECRETS

OTHER = "Atzr|another-seller's" + "y" * 1500
NAMES = tuple(SECRETS)
ROWS = {
    "claims": "SELECT * FROM amazon_claims ORDER BY 1",
    "inventory": "SELECT * FROM amazon_inventory ORDER BY 1",
    "orders": "SELECT * FROM amazon_orders ORDER BY 1",
    "items": "SELECT * FROM amazon_order_items ORDER BY 1",
}


def typed(token):
    secrets = {**SECRETS, NAMES[2]: token}
    return "".join(f"{secret}\n" for secret in secrets.values())


def hosts(env):
    """The simulator's address without any secret."""
    return {name: value for name, value in env.items() if name not in SECRETS}


def query(opside, sql):
    with closing(sqlite3.connect(opside.home / "opside.db")) as db, db:
        return db.execute(sql).fetchall()


def stored(opside):
    with closing(sqlite3.connect(opside.home / "opside.db")) as db:
        return {table: db.execute(sql).fetchall() for table, sql in ROWS.items()}


def seller_of(opside, **env):
    [account] = opside("accounts", "list", "--json", **env).json["accounts"]
    return account["sellerId"], account["status"]


def forget_seller(opside):
    """Leave the database as a version left it that did not know whose the rows are."""
    query(opside, "DELETE FROM sync_checkpoints WHERE dataset = 'seller'")
    query(opside, "UPDATE seller_accounts SET seller_id = NULL")


def test_the_environments_secrets_are_known_by_their_seller_and_another_stores_nothing(
    opside, simulator
):
    env = simulator("--orders", "20", "--other-seller", OTHER)
    assert seller_of(opside, **env) == (None, "active")  # nobody has asked yet
    assert opside("sync", **env).code == 0
    seller, state = seller_of(opside, **env)
    assert seller.startswith("A")
    assert state == "active"
    before = stored(opside)
    others = {**env, NAMES[2]: OTHER}
    refused = opside("sync", "--json", **others)
    assert refused.code == 3
    sync = refused.json
    assert (sync["status"], sync["errorCode"]) == ("failed", "auth_revoked")
    assert "another seller" in sync["error"]
    assert seller in sync["error"]
    assert "accounts add --user ID" in sync["error"]
    assert stored(opside) == before
    # It is not said to be that seller's, and what is stored can be read.
    assert seller_of(opside, **others) == (None, "reconnect_required")
    assert opside("list", "orders", "--json", **others).json["pagination"]["total"] == 20
    assert "another seller" in opside("accounts", "test", **others).err
    # The right token goes on, and the other seller has a place of its own.
    assert opside("sync", **env).code == 0
    assert seller_of(opside, **env) == (seller, "active")
    assert opside("sync", **others, OPSIDE_USER="ann").code == 0
    ann = opside("accounts", "list", "--json", **others, OPSIDE_USER="ann").json["accounts"]
    assert ann[0]["sellerId"] not in (None, seller)


def test_a_new_token_of_the_same_seller_is_taken(opside, simulator):
    env = simulator("--orders", "20", "--other-seller", OTHER)
    assert opside("sync", **env).code == 0
    seller = seller_of(opside, **env)
    renewed = {**env, NAMES[2]: "Atzr|renewed" + "z" * 1500}
    assert opside("sync", **renewed).code == 0
    assert seller_of(opside, **renewed) == seller


def test_where_amazon_does_not_tell_whose_a_token_is_nothing_is_claimed(opside, simulator):
    env = simulator("--orders", "20", "--faults", "denied=transactions")
    for token in (SECRETS[NAMES[2]], OTHER):
        given = {**env, NAMES[2]: token}
        synced = opside("sync", "--json", **given)
        assert (synced.code, synced.json["status"]) == (0, "completed")
        assert seller_of(opside, **given) == (None, "active")
    [[state]] = query(opside, "SELECT state FROM sync_checkpoints WHERE dataset = 'seller'")
    assert json.loads(state)["seller_id"] is None


def test_a_database_that_never_knew_its_seller_learns_it_from_the_first_sync(opside, simulator):
    env = simulator("--orders", "20", "--other-seller", OTHER)
    assert opside("sync", **env).code == 0
    seller = seller_of(opside, **env)
    forget_seller(opside)
    assert opside("sync", **env).code == 0
    assert seller_of(opside, **env) == seller
    assert opside("sync", **{**env, NAMES[2]: OTHER}).code == 3


@pytest.mark.skipif(sys.platform != "linux", reason="the private key store is Linux's")
@pytest.mark.parametrize("is_known", [True, False], ids=["known", "never noted"])
def test_another_sellers_token_replaces_nothing(with_key_store, simulator, is_known):
    opside = with_key_store
    env = hosts(simulator("--orders", "20", "--other-seller", OTHER))
    add = ("accounts", "add", "--region", "NA")
    mine = typed(SECRETS[NAMES[2]])
    assert opside(*add, stdin=mine, **env).code == 0
    assert opside("sync", **env).code == 0
    before, account = stored(opside), opside("accounts", "list", "--json", **env).json
    if not is_known:
        forget_seller(opside)
    refused = opside(*add, "--replace", stdin=typed(OTHER), **env)
    assert refused.code == 3
    assert "another seller" in refused.err
    assert "accounts add --user ID" in refused.err
    assert opside("sync", **env).code == 0  # with the secrets as they were
    assert opside("accounts", "list", "--json", **env).json == account
    after = stored(opside)
    assert {table: len(rows) for table, rows in after.items()} == {
        table: len(rows) for table, rows in before.items()
    }
    # Its rows outlive the account's entry, and so does whose they are.
    assert opside("accounts", "remove", "--yes", **env).code == 0
    refused = opside(*add, stdin=typed(OTHER), **env)
    assert (refused.code, "another seller" in refused.err) == (3, True)
    assert opside("accounts", "list", "--json", **env).json["accounts"] == []
    assert opside(*add, "--user", "ann", stdin=typed(OTHER), **env).code == 0
    assert opside(*add, stdin=mine, **env).code == 0
    for user in ("ann", "local-user"):
        assert opside("accounts", "remove", "--user", user, "--yes", **env).code == 0
    # Without rows nobody is kept out.
    assert opside("accounts", "delete-data", "--yes", **env).code == 0
    assert opside(*add, stdin=typed(OTHER), **env).code == 0
    assert opside("accounts", "remove", "--yes", **env).code == 0


@pytest.mark.parametrize("fault", ["revoked=1", "secretexpired=1"])
def test_what_was_copied_stays_readable_when_amazon_withdraws_access(
    opside, simulator, tmp_path, fault
):
    env = simulator("--orders", "20")
    assert opside("sync", **env).code == 0
    before = stored(opside)
    withdrawn = simulator("--orders", "20", "--faults", fault)
    refused = opside("sync", "--json", **withdrawn)
    assert refused.code == 3
    assert refused.json["errorCode"] == "auth_revoked"
    assert seller_of(opside, **withdrawn)[1] == "reconnect_required"
    assert stored(opside) == before
    for name in ("claims", "inventory", "orders"):
        listed = opside("list", name, "--json", **withdrawn)
        assert (listed.code, listed.json["pagination"]["total"] > 0) == (0, True)
        file = tmp_path / f"{name}.csv"
        exported = opside("export", name, "--format", "csv", "--out", str(file), **withdrawn)
        assert exported.code == 0, exported.err
        assert file.stat().st_size > 1000
    assert refused.json["error"] in opside("status", **withdrawn).out.replace("\n", " ")
    assert opside("history", **withdrawn).code == 0


def test_another_marketplace_keeps_the_former_stock(opside, simulator):
    env = simulator("--skus", "60")
    canada = {**env, "AMAZON_MARKETPLACE_ID": "A2EUQ1WTGCTBG2"}
    assert opside("sync", "--only", "inventory", **env).code == 0
    before = {row[0]: row for row in stored(opside)["inventory"]}
    changed = opside("sync", "--only", "inventory", "--json", **canada).json
    after = {row[0]: row for row in stored(opside)["inventory"]}
    left = [row for key, row in before.items() if after[key] == row]
    quantities = query(opside, "SELECT id, quantity_total FROM amazon_inventory")
    with_stock = {key for key, total in quantities if total}
    count = len(with_stock.intersection(row[0] for row in left))
    assert count >= 20
    [told] = changed["results"]["inventory"]["warnings"]
    assert "Stock is read of Canada now, before it was of United States." in told
    assert f" {count} SKUs of which" in told
    again = opside("sync", "--only", "inventory", "--json", **canada).json
    assert again["results"]["inventory"]["warnings"] == []
    assert set(left) <= set(stored(opside)["inventory"])
