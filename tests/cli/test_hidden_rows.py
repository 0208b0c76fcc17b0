"""`--hidden`: claims that lists leave out, and how they are told apart; and pending ones."""

import json
import sqlite3
from contextlib import closing

import pytest


@pytest.fixture
def hiding(synced):
    """The demo with three hidden claims, and one that is pending."""
    with closing(sqlite3.connect(synced.home / "demo" / "opside.db")) as db, db:
        ids = [row[0] for row in db.execute("SELECT claim_id FROM amazon_claims ORDER BY claim_id")]
        for reason, claim_id in zip(("double", "zero", "unknown"), ids, strict=False):
            db.execute(
                "UPDATE amazon_claims SET hidden_reason = ? WHERE claim_id = ?", (reason, claim_id)
            )
        db.execute(
            "UPDATE amazon_claims SET status = 'pending', matures_at = '2026-12-03 12:00:00.000000'"
            " WHERE claim_id = ?",
            (ids[3],),
        )
    synced.hidden = set(ids[:3])
    synced.pending = ids[3]
    return synced


def test_a_list_leaves_them_out_and_says_so(hiding):
    listed = hiding("--demo", "list", "claims", "--json").json
    assert listed["pagination"]["total"] == len(listed["claims"]) == 34
    assert hiding.hidden.isdisjoint(one["claimId"] for one in listed["claims"])
    shown = hiding("--demo", "list", "claims", COLUMNS="300").out
    assert "Hidden" not in shown
    assert shown.endswith("Left out as hidden: 3 claims. --hidden shows what is left out, too.\n")
    for what in ("inventory", "orders"):
        done = hiding("--demo", "list", what, "--hidden")
        assert done.code == 0, done.err
        assert "Left out" not in done.out


def test_a_list_with_them_says_of_each_why(hiding):
    listed = hiding("--demo", "list", "claims", "--hidden", "--json").json
    assert listed["pagination"]["total"] == len(listed["claims"]) == 37
    found = {one["claimId"] for one in listed["claims"] if one["hiddenReason"]}
    assert found == hiding.hidden
    shown = hiding("--demo", "list", "claims", "--hidden", COLUMNS="300").out
    assert "Left out" not in shown
    heading, *lines = shown.splitlines()
    assert "Hidden" in heading
    for words in ("double", "exactly 0.00", "unknown kind"):
        assert len([line for line in lines if words in line]) == 1


def test_a_pending_claim_is_listed_with_its_day(hiding):
    shown = hiding("--demo", "list", "claims", "--search", hiding.pending, COLUMNS="300").out
    assert "pending, due 2026-12-03" in shown


def test_an_export_holds_them_only_with_the_option(hiding, tmp_path):
    out = tmp_path / "claims.jsonl"
    for more, count in (((), 34), (("--hidden",), 37)):
        done = hiding("--demo", "export", "claims", "--out", out, *more)
        assert done.out == f"{count} claims written to {out}.\n"
        rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
        hidden = {row["claimId"] for row in rows if row["hiddenReason"]}
        assert hidden == (hiding.hidden if more else set())
