"""What commands answer: documents for programs, tables for people, sentences for mistakes."""

import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from opside_desktop import __version__
from opside_desktop.cli import app
from opside_desktop.domain.datasets import Dataset
from opside_desktop.store.reading.cursors import CURSOR_PATTERN
from tests.cli.conftest import PROGRAM
from tests.waiting import LIMIT_S

SYNC_KEYS = {
    "syncId", "status", "progress", "message", "step", "totalSteps", "startedAt", "updatedAt",
    "completedAt", "durationSeconds", "estimatedCompletion", "ordersProcessed", "totalOrders",
    "inventoryCount", "claimsDetected", "results", "error", "errorCode", "isMock",
}  # fmt: skip
ROW_KEYS = {
    "claims": {
        "claimId", "orderId", "amount", "currency", "status", "type", "description", "createdAt",
        "maturesAt", "sku", "quantity", "reimbursementId", "caseId", "hiddenReason",
        "syncedAt", "isMock", "mockScenario",
    },
    "inventory": {
        "sku", "asin", "fnsku", "productName", "quantityAvailable", "quantityReserved",
        "quantityInbound", "quantityTotal", "condition", "warehouseLocation", "syncedAt", "isMock",
        "mockScenario",
    },
    "orders": {
        "orderId", "purchaseDate", "lastUpdateDate", "status", "fulfillmentChannel",
        "salesChannel", "marketplaceId", "totalAmount", "currency", "itemsOrdered",
        "itemsShipped", "syncedAt", "isMock", "mockScenario", "items",
    },
}  # fmt: skip


@pytest.mark.parametrize(("what", "total"), [("claims", 37), ("inventory", 150), ("orders", 250)])
def test_lists_answer_as_documented(synced, what, total):
    answer = synced("list", what, "--demo", "--json", "--limit", "2").json
    assert answer.keys() == {"success", what, "pagination"}
    assert answer["success"] is True
    assert len(answer[what]) == 2
    assert {frozenset(row) for row in answer[what]} == {frozenset(ROW_KEYS[what])}
    cursor = answer["pagination"].pop("nextCursor")
    assert re.fullmatch(CURSOR_PATTERN[Dataset(what)], cursor)
    assert cursor.startswith(("2_", "2~"))
    assert answer["pagination"] == {"total": total, "limit": 2, "offset": 0, "hasMore": True}


def test_the_last_page_has_no_next(synced):
    answer = synced("list", "claims", "--demo", "--json", "--offset", "30").json
    assert len(answer["claims"]) == 7
    assert answer["pagination"]["hasMore"] is False
    assert answer["pagination"]["nextCursor"] is None


def test_amounts_are_json_numbers_with_two_places(synced):
    text = synced("--demo", "list", "claims", "--json").out
    amounts = [part.split(",")[0] for part in text.split('"amount":')[1:]]
    assert len(amounts) == 37
    assert all(amount.lstrip("-").replace(".", "").isdigit() for amount in amounts)
    assert {len(amount.partition(".")[2]) for amount in amounts} == {2}


def test_a_search_narrows_the_list(synced):
    everything = synced("--demo", "list", "inventory", "--json", "--limit", "1000").json
    sku = everything["inventory"][0]["sku"]
    found = synced("--demo", "list", "inventory", "--search", sku.lower(), "--json").json
    assert [item["sku"] for item in found["inventory"]] == [sku]
    assert found["pagination"]["total"] == 1


def test_a_table_keeps_all_spaces_and_no_power_over_the_terminal(synced):
    title = "宇治\u3000抹茶 50\u00a0g 👩\u200d🍳 \x1b[2J\x07\u202e!"
    with closing(sqlite3.connect(synced.home / "demo" / "opside.db")) as db, db:
        db.execute("UPDATE amazon_inventory SET product_name = ?", (title,))
    shown = "宇治\u3000抹茶 50\u00a0g 👩\u200d🍳 �[2J��!"
    assert shown in synced("--demo", "list", "inventory", "--limit", "1").out


def test_a_table_shows_whole_values(synced):
    claims = synced("--demo", "list", "claims", "--json").json["claims"]
    table = synced("--demo", "list", "claims").out
    for claim in claims:
        line = next(line for line in table.splitlines() if line.startswith(claim["claimId"]))
        assert f"{claim['amount']:.2f} " in line
        assert claim["description"] in line
        assert claim["type"] in line


def test_an_empty_list_says_so(opside):
    done = opside("list", "claims")
    assert done.code == 0
    assert "No claims" in done.out
    assert opside("list", "claims", "--json").json["claims"] == []


def test_history_and_status_answer_as_documented(synced):
    history = synced("history", "--demo", "--json").json
    assert history.keys() == {"success", "syncs", "pagination"}
    assert history["syncs"][0].keys() == SYNC_KEYS
    assert synced("status", "--demo", "--json").json == history["syncs"][0]
    assert history["pagination"]["total"] == 1
    failed = synced("history", "--demo", "--json", "--status", "failed").json
    assert failed["syncs"] == []


@pytest.mark.parametrize(
    ("source", "noted"), [("transactions", False), ("transactions+events-v0", True)]
)
def test_status_tells_where_rows_came_from_and_history_where_from_the_second_best(
    synced, source, noted
):
    with closing(sqlite3.connect(synced.home / "demo" / "opside.db")) as db, db:
        db.execute(
            "UPDATE sync_progress SET metadata = json_set(metadata, '$.results.claims.source', ?)",
            (source,),
        )
    status = synced("status", "--demo").out
    assert re.search(rf"claims +37 +done by {re.escape(source)}\n", status)
    assert "done by inventory-v1\n" in status
    history = synced("history", "--demo", COLUMNS="300").out
    assert (f"claims by {source}" in history) is noted
    assert "by inventory-v1" not in history


def test_status_without_any_sync_is_idle(opside):
    answer = opside("status", "--json").json
    assert answer.keys() == SYNC_KEYS
    assert (answer["status"], answer["syncId"], answer["progress"]) == ("idle", None, 0)


@pytest.mark.parametrize("words", [("--json", "--demo"), ("--demo", "--json")])
def test_options_hold_before_a_nested_command_too(synced, words):
    before = synced(*words, "accounts", "list").json
    between = synced("accounts", *words, "list").json
    after = synced("accounts", "list", *words).json
    assert before == between == after
    assert before["accounts"][0]["userId"] == "demo-user"
    assert before["accounts"][0]["isMock"] is True


def test_the_user_option_holds_on_either_side(opside):
    for words in (("--user", "ann", "status"), ("status", "--user", "ann"), ("status",)):
        assert "The user ann is unknown." in opside(*words, OPSIDE_USER="ann").err


@pytest.mark.parametrize(
    "words",
    [
        ("list", "returns"),
        ("list",),
        ("list", "claims", "--limit", "0"),
        ("list", "claims", "--limit", "1001"),
        ("list", "claims", "--offset", "99999999999999999999"),
        ("history", "--offset", "99999999999999999999"),
        ("history", "--limit", "many"),
        ("cancel",),
        ("nonsense",),
        ("accounts",),
        ("--read-only", "sync"),
    ],
)
def test_mistakes_exit_2_with_a_sentence_or_an_error_body(command, words):
    people = command(*words)
    assert people.code == 2
    assert people.err.strip().endswith((".", "`"))
    assert not people.out
    program = command(*words, "--json")
    assert program.code == 2
    assert program.json.keys() == {"success", "message", "error"}
    assert program.json["error"] == "bad_request"


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("OPSIDE_LOG_LEVEL", "loud", "settings"),
        ("OPSIDE_TIME_SCALE", "3", "settings"),
        ("AMAZON_SPAPI_BASE_URL", "http://amazon.example", "settings"),
        ("DATABASE_URL", "sqlite:////proc/nowhere/x.db", "service_unavailable"),
        ("DATABASE_URL", "mysql://u:canary@h/db", "settings"),
    ],
)
def test_a_broken_environment_exits_2(command, name, value, error):
    done = command("status", "--json", **{name: value})
    assert done.code == 2
    assert done.json["error"] == error
    assert "canary" not in done.out + done.err


def test_a_data_folder_that_cannot_be_used_exits_2(opside, tmp_path):
    (tmp_path / "file").touch()
    done = opside("status", OPSIDE_HOME=str(tmp_path / "file" / "x"))
    assert done.code == 2
    assert "OPSIDE_HOME" in done.err


def test_a_foreign_file_in_place_of_the_database_exits_2(opside):
    opside.home.mkdir(parents=True)
    (opside.home / "opside.db").write_bytes(b"not a database at all" * 100)
    done = opside("status")
    assert done.code == 2
    assert "opside.db" in done.err


@pytest.mark.parametrize("words", [("--version", "--json"), ("--json", "--version")])
def test_the_version_is_told_to_programs_too(command, words):
    done = command(*words)
    assert (done.code, done.json) == (0, {"success": True, "version": __version__})


def test_the_demo_says_how_to_sync_itself(opside):
    assert "Run `opside-desktop --demo sync`." in opside("--demo", "status").out


def test_a_complaint_ends_before_the_advice_begins(command):
    done = command("status", "extra")
    assert done.err.endswith("(extra). See `opside-desktop status --help`.\n")


def test_the_version_is_told():
    result = CliRunner().invoke(app, ["--version"])
    assert result.output == f"opside-desktop {__version__}\n"


def test_every_command_explains_itself():
    groups = {
        (): (
            "sync",
            "status",
            "history",
            "cancel",
            "list",
            "export",
            "accounts",
            "db",
            "serve",
            "doctor",
        ),
        ("accounts",): ("list", "add", "test", "remove"),
        ("db",): ("upgrade", "check"),
    }
    for group, commands in groups.items():
        overview = CliRunner().invoke(app, [*group, "--help"]).output
        for command in commands:
            assert f" {command} " in overview
            page = CliRunner().invoke(app, [*group, command, "--help"])
            assert page.exit_code == 0
            if command not in ("accounts", "db"):
                for option in ("--demo", "--user", "--json"):
                    assert option in page.output


def test_the_database_can_be_checked_and_its_sql_printed(synced):
    checked = synced("db", "check", "--demo", "--json").json
    assert checked["success"] is True
    assert checked["rows"]["amazon_claims"] == 37
    assert "whole" in synced("--demo", "db", "check").out
    assert synced("db", "--demo", "upgrade").code == 0
    sql = synced("--demo", "db", "upgrade", "--sql").out
    assert "CREATE TABLE amazon_claims" in sql


def test_a_damaged_database_is_found(synced):
    path = synced.home / "demo" / "opside.db"
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 20_000] = b"\xa5" * 20_000
    path.write_bytes(data)
    done = synced("db", "check", "--demo")
    assert done.code == 2
    assert "damaged" in done.out + done.err


def test_a_list_of_accounts_is_one_document_though_their_syncs_cannot_be_read(synced):
    with closing(sqlite3.connect(synced.home / "demo" / "opside.db")) as file, file:
        file.execute("UPDATE sync_progress SET created_at = 'last Tuesday'")
    assert synced("--demo", "accounts", "list").code == 2  # people are told how the newest ended
    listed = synced("--demo", "accounts", "list", "--json")
    assert listed.code == 0, listed.err
    assert len(listed.json["accounts"]) == 1


def test_output_cut_short_by_its_reader_is_no_error(synced):
    writer = subprocess.Popen(
        [*PROGRAM, "--demo", "list", "orders", "--limit", "1000", "--json"],
        env=synced.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert writer.stdout.read(10) == b'{"success"'
    writer.stdout.close()
    assert writer.stderr.read() == b""
    writer.wait(60)
    writer.stderr.close()


def test_the_doctor_examines_the_installation(synced):
    done = synced("doctor", "--demo", "--json", AMAZON_CLIENT_SECRET="canary-value-1")
    assert done.code == 0
    states = {check["name"]: check["state"] for check in done.json["checks"]}
    for name in ("Data folder", "Log", "Database", "Key store", "Amazon", "Clock", "Window"):
        assert states[name] == "ok"
    assert "AMAZON_CLIENT_SECRET" in done.out
    assert "canary" not in done.out + done.err


def test_the_doctor_finds_what_is_wrong(opside):
    opside.home.mkdir(parents=True)
    (opside.home / "opside.db").write_bytes(b"not a database at all" * 100)
    done = opside("doctor", AMAZON_CLIENT_ID="a", AMAZON_SPAPI_CLIENT_ID="b")
    assert done.code == 2
    assert "FAILED   Database" in done.out
    assert "AMAZON_CLIENT_ID and AMAZON_SPAPI_CLIENT_ID differ" in done.out
    assert "no key store" in done.out
    assert "opside.log" in done.out


SERVER = {"host": "db.example.com", "database": "claims", "user": "acme"}


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        ({"servePort": 0}, "Settings", '"servePort" has a value that cannot be used'),
        ({"database": "server", "server": SERVER}, "Database", "password"),
    ],
)
def test_the_doctor_finds_what_is_wrong_with_the_settings(opside, content, name, said):
    opside.home.mkdir(parents=True)
    (opside.home / "settings.json").write_text(json.dumps(content))
    done = opside("doctor", "--json")
    assert (done.code, done.json["success"]) == (2, False)
    checks = {check["name"]: check for check in done.json["checks"]}
    assert checks[name]["state"] == "failed"
    assert said in checks[name]["message"]
    assert {"Data folder", "Window", "Key store"} <= checks.keys()


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("created_at", "last Tuesday", "'last Tuesday' is no date with a time."),
        ("created_at", 1_700_000_000, "1700000000 is no date with a time."),
        ("amount", "12,50", "'12,50' is no amount."),
    ],
)
def test_a_value_that_another_program_wrote_wrongly_is_told(synced, tmp_path, column, value, said):
    with closing(sqlite3.connect(synced.home / "demo" / "opside.db")) as db, db:
        db.execute(f"UPDATE amazon_claims SET {column} = ? WHERE rowid = 1", (value,))  # noqa: S608
    for words in (("list", "claims"), ("export", "claims", "--out", tmp_path / "claims.csv")):
        done = synced("--demo", *words)
        assert done.code == 2
        assert done.err.endswith(
            f"holds a value that cannot be read. {said} Another program wrote it. "
            "Correct or delete that row with the program that wrote it.\n"
        )
    assert not list(tmp_path.glob("claims*"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk always full")
@pytest.mark.parametrize("words", [("list", "claims"), ("list", "claims", "--json"), ("status",)])
def test_an_answer_that_does_not_fit_on_the_disk_is_told(synced, words):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*PROGRAM, "--demo", *words],
            stdout=full,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env=synced.environment(),
            timeout=LIMIT_S,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr == (
        "The answer could not be written. The system says: No space left on device. "
        "Make room on the disk, or send the output elsewhere.\n"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell that closes outputs")
@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_a_program_started_without_outputs_works(synced, closed):
    command = f'"{sys.executable}" -m opside_desktop --demo list claims --json {closed}'
    done = subprocess.run(
        ["sh", "-c", command],
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=synced.environment(),
        timeout=LIMIT_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
