"""What the program says of its sample seller, word for word, as it was said before.

Every document of `--json`, every answer over HTTP and every export of the demo is compared with the
file of its name in `golden/`. Where a change of them is wanted, write them anew with
`WRITE_GOLDEN=1 python -m pytest tests/frozen/test_golden.py`, and read what differs.
"""

import csv
import hashlib
import json
import os
import re
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import pytest

from tests.frozen.program import Opside

GOLDEN = Path(__file__).parent / "golden"
EPOCH = "2026-11-16"
SINCE = "2026-09-01"
DATASETS = ("claims", "inventory", "orders")
LISTS = "/api/v1/integrations/amazon"

COMMANDS = {
    "sync": ("sync", "--since", SINCE),
    "sync-again": ("sync", "--only", "inventory"),
    "status": ("status",),
    "history": ("history",),
    "list-claims": ("list", "claims", "--limit", "1000"),
    "list-claims-found": ("list", "claims", "--search", "lost", "--offset", "1", "--limit", "3"),
    "list-inventory": ("list", "inventory", "--limit", "40"),
    "list-orders": ("list", "orders", "--limit", "40"),
    "accounts-list": ("accounts", "list"),
    "accounts-test": ("accounts", "test"),
    "db-check": ("db", "check"),
    "db-upgrade": ("db", "upgrade"),
    "doctor": ("doctor",),
    "cancel-nothing": ("cancel", "sync_demo-user_1"),
    "refused": ("list", "claims", "--limit", "0"),
}
"""In this order, in one home."""

PATHS = {
    "openapi": "/schema/openapi.json",
    "http-health": "/health",
    "http-status": f"{LISTS}/status",
    "http-claims": f"{LISTS}/claims?limit=3",
    "http-inventory": f"{LISTS}/inventory?limit=3",
    "http-orders": f"{LISTS}/orders?limit=3&offset=2",
    "http-sync-status": "/api/sync/status",
    "http-history": "/api/sync/history",
    "http-no-such-sync": "/api/sync/status/nothing",
    "http-refused": f"{LISTS}/claims?limit=none",
    "http-nowhere": "/api/nowhere",
}

# What differs from run to run: ids of syncs, moments and lengths of time, sizes, places, and what
# is said of the days since the sample seller's last order.
CHANGING = {
    *("syncId", "startedAt", "updatedAt", "completedAt", "syncedAt", "syncCompletedAt"),
    *("syncStartedAt", "durationSeconds", "estimatedCompletion", "estimatedDuration", "lastSync"),
    *("timestamp", "uptime", "nextCursor", "warnings", "database", "sizeBytes", "version"),
    *("sync_events", "file"),
}
WORDS = {re.compile(r"sync_demo-user_\d+"): "sync_demo-user_…", re.compile(r"\d\.\d+\.\d+"): "…"}
NOT_SAID_HERE = ("Program", "Data folder", "Log", "Environment", "Window", "Database", "Clock")
"""Lines of the doctor whose words are about the machine."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The program with a sample seller of a fixed day."""
    program = Opside(tmp_path_factory.mktemp("golden"))
    (program.home / "demo").mkdir(parents=True)
    (program.home / "demo" / "epoch").write_text(EPOCH, encoding="ascii")
    yield program
    program.close()


@pytest.fixture(scope="module")
def answers(demo):
    """Every document of the command line, by name."""
    found = {}
    for name, words in COMMANDS.items():
        done = demo("--demo", *words, "--json")
        found[name] = {"exit": done.code, "document": done.json}
    return found


@pytest.fixture(scope="module")
def served(demo, answers):
    """Every answer over HTTP, by name."""
    serving = demo.start(
        "--demo", "serve", "--port", "0", "--demo-user", "--json", JWT_SECRET="k" * 40
    )
    url = json.loads(serving.stdout.readline())["url"]
    return {name: ask(url + path) for name, path in PATHS.items()}


def ask(url):
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310  # our own server
            return {"status": answer.status, "document": json.load(answer)}
    except urllib.error.HTTPError as error:
        return {"status": error.code, "document": json.loads(error.read())}


def told(value, key=""):
    """The same document without what changes from run to run."""
    if key in CHANGING and value is not None:
        return "…"
    if isinstance(value, dict):
        if value.get("name") in NOT_SAID_HERE:
            return {**value, "message": "…"}
        return {name: told(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [told(one) for one in value]
    if isinstance(value, str):
        for pattern, instead in WORDS.items():
            value = pattern.sub(instead, value)
    return value


def compare(name, text):
    path = GOLDEN / name
    if os.environ.get("WRITE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    kept = path.read_text(encoding="utf-8")
    # The keys of an object have no order.
    assert json.loads(text) == json.loads(kept) if path.suffix == ".json" else text == kept


def as_text(answer):
    return json.dumps(told(answer), indent=1, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_command_line_answers_as_before(answers, name):
    compare(f"{name}.json", as_text(answers[name]))


@pytest.mark.parametrize("name", PATHS)
def test_the_server_answers_as_before(served, name):
    compare(f"{name}.json", as_text(served[name]))


@pytest.mark.parametrize("form", ["csv", "json", "xlsx"])
@pytest.mark.parametrize("dataset", DATASETS)
def test_an_export_is_as_before(demo, answers, dataset, form):
    """Its first lines, and a digest of all."""
    path = demo.home / f"{dataset}.{form}"
    done = demo("--demo", "export", dataset, "--format", form, "--out", str(path), "--json")
    lines = list(LINES[form](path))
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    head = [json.dumps(told(done.json)), f"{len(lines)} lines, sha256 {digest}", *lines[:4]]
    compare(f"{dataset}.{form}.txt", "\n".join(head) + "\n")


def lines_of_csv(path):
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield " | ".join(f"{name}={told(text, name)}" for name, text in row.items())


def lines_of_json(path):
    for line in path.read_text("utf-8").splitlines():
        yield json.dumps(told(json.loads(line)), ensure_ascii=False)


def lines_of_workbook(path):
    """Each part of the workbook and each of its rows, without the moment of their making."""
    with zipfile.ZipFile(path) as parts:
        yield from sorted(parts.namelist())
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
        yield parts.read("xl/styles.xml").decode()
    column = re.search(r'r="([A-Z]+)1"[^>]*><is><t>syncedAt', sheet)
    changing = re.compile(rf'(<c r="{column[1]}\d+"[^>]*><v>)[^<]*') if column else None
    for line in sheet.replace("<row ", "\n<row ").splitlines():
        yield changing.sub(r"\1…", line) if changing else line


LINES = {"csv": lines_of_csv, "json": lines_of_json, "xlsx": lines_of_workbook}
