"""Paths, arguments and variables whose bytes are no text: what works with any other works here."""

import os
import sys

import pytest

from tests.cli.conftest import SECRETS, Opside

ODD = os.fsdecode(b"odd-\xff-\xc3")
SHOWN = "odd-\N{REPLACEMENT CHARACTER}-\N{REPLACEMENT CHARACTER}"

pytestmark = pytest.mark.skipif(
    sys.platform in ("win32", "darwin"), reason="file names are texts there"
)


@pytest.fixture
def odd(synced):
    """The program in a data folder whose name is no text, synced once."""
    home = synced.home.with_name(ODD)
    synced.home.rename(home)
    return Opside(home)


@pytest.mark.parametrize("form", ["csv", "xlsx", "json"])
def test_an_export_to_such_a_file_succeeds_and_says_so(odd, tmp_path, form):
    target = tmp_path / f"{ODD}.{form}"
    done = odd("--demo", "export", "claims", "--out", target, "--json")
    assert done.code == 0, done.err
    assert done.json["file"] == f"{tmp_path}/{SHOWN}.{form}"
    assert done.json["sizeBytes"] == target.stat().st_size
    told = odd("--demo", "export", "claims", "--out", target)
    assert (told.code, told.out) == (0, f"37 claims written to {tmp_path}/{SHOWN}.{form}.\n")


def test_a_copy_to_such_a_file_succeeds_and_says_so(odd, tmp_path):
    target = tmp_path / ODD / "copy.db"
    done = odd("--demo", "db", "copy", "--to", target, "--json")
    assert done.code == 0, done.err
    assert done.json["database"] == f"{tmp_path}/{SHOWN}/copy.db"
    assert target.exists()
    again = odd("--demo", "db", "copy", "--to", target, "--json")
    assert (again.code, again.json["error"]) == (1, "bad_request")
    assert SHOWN in again.json["message"]
    in_words = odd("--demo", "db", "copy", "--to", target, "--replace")
    assert in_words.code == 0
    assert f"Copied to {tmp_path}/{SHOWN}/copy.db:" in in_words.out


@pytest.mark.parametrize("escaped", [ODD, "odd-%FF-%C3"])
def test_a_database_at_such_a_path_is_opened(opside, tmp_path, escaped):
    address = {"OPSIDE_DATABASE_URL": f"sqlite:///{tmp_path}/{escaped}/rows.db"}
    done = opside("db", "check", "--json", **address)
    assert done.code == 0, done.err
    assert done.json["database"] == f"{tmp_path}/{SHOWN}/rows.db"
    assert (tmp_path / ODD / "rows.db").exists()


@pytest.mark.parametrize(
    "words", [("doctor",), ("db", "check"), ("db", "upgrade"), ("status",), ("list", "orders")]
)
def test_every_answer_of_such_a_folder_is_a_document(odd, words):
    done = odd("--demo", *words, "--json")
    assert done.code == 0, done.err
    assert done.json
    in_words = odd("--demo", *words)
    assert in_words.code == 0
    assert "?" not in in_words.out


def test_a_failure_names_such_a_path_too(odd, tmp_path):
    missing = tmp_path / f"no {ODD}" / "claims.csv"
    done = odd("--demo", "export", "claims", "--out", missing, "--json")
    assert (done.code, done.json["error"]) == (2, "file")
    assert f"There is no folder {tmp_path}/no {SHOWN}." in done.json["message"]


def test_arguments_that_are_no_text(synced):
    unknown = synced("--demo", "cancel", ODD, "--json")
    assert (unknown.code, unknown.json["error"]) == (1, "sync_not_found")
    found = synced("--demo", "list", "claims", "--search", f"{ODD}RMB-", "--json")
    assert (found.code, found.json["claims"]) == (0, [])
    for words in (("list", ODD), ("sync", "--since", ODD), ("--user", ODD, "status")):
        refused = synced(*words, "--json")
        assert (refused.code, refused.json["error"]) == (2, "bad_request"), words


@pytest.mark.parametrize("name", [*SECRETS, "OPSIDE_USER", "MOCK_SCENARIO", "JWT_SECRET"])
def test_variables_that_are_no_text_are_named(opside, name):
    words = ("serve",) if name == "JWT_SECRET" else ("sync",)
    done = opside(*words, "--json", **{**SECRETS, name: ODD * 10})
    assert (done.code, done.json["error"]) == (2, "settings")
    assert done.json["message"].startswith(f"{name} is not a text in UTF-8.")
