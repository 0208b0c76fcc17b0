"""Folders and disks that cannot be written: what is stored is read, and `doctor` says it all."""

import os
import shutil
import socket
import subprocess
import sys

import pytest

from opside_desktop.app import prepare
from opside_desktop.diagnosis.check import State
from opside_desktop.diagnosis.doctor import AMAZON_S, examine
from opside_desktop.logs.file import stop_logging
from opside_desktop.settings.environment import read_settings
from tests.cli.conftest import SECRETS, Opside
from tests.small_disk import small_disk

READING = (("status",), ("list", "inventory"), ("db", "check"))
LIST = ["Program", "Data folder", "Log", "Environment", "Window", "Database", "Key store", "Amazon"]


def names(answer):
    """The names of an examination's lines, each once."""
    return list(dict.fromkeys(check["name"] for check in answer.json["checks"]))


def lines(answer):
    return {check["name"]: check for check in answer.json["checks"]}


@pytest.fixture
def disk(tmp_path, synced):
    """The program on a small disk of its own, synced once."""
    with small_disk(tmp_path / "disk", "4m") as folder:
        shutil.copytree(synced.home, folder / "home")
        yield Opside(folder / "home")


def close_disk(opside):
    subprocess.run(["mount", "-o", "remount,ro", str(opside.home.parent)], check=True, timeout=10)


def fill_disk(opside):
    with (opside.home.parent / "other").open("wb", buffering=0) as other:
        try:
            while other.write(b"x" * 4096):
                pass
        except OSError:
            return


@pytest.mark.parametrize("spoil", [close_disk, fill_disk])
@pytest.mark.parametrize("log_of_writes", [False, True], ids=["closed", "killed"])
def test_a_disk_that_takes_nothing_is_read(disk, tmp_path, spoil, log_of_writes):
    database = disk.home / "demo" / "opside.db"
    write_and_die(database, "A lamp")
    before = {words: disk("--demo", *words, "--json") for words in READING}
    if log_of_writes:
        # As a killed program leaves it: rows that are not yet in the file itself.
        write_and_die(database, "A light")
    spoil(disk)
    for words, answer in before.items():
        done = disk("--demo", *words, "--json")
        assert done.code == 0, done.err
        if words[0] != "db":
            name = "A light" if log_of_writes else "A lamp"
            assert done.out == answer.out.replace("A lamp", name)
    target = tmp_path / "claims.csv"
    assert disk("--demo", "export", "claims", "--out", target).code == 0
    assert target.read_text().count("\n") == 38
    refused = disk("--demo", "sync")
    # The room that the log of writes has already may take a dataset before the disk is full.
    assert refused.code in ({2, 5} if log_of_writes and spoil is fill_disk else {2})
    assert f"{database}" in refused.err
    told = disk("--demo", "doctor", "--json")
    assert names(told) == [*LIST, "Clock"]
    assert lines(told)["Database"]["state"] != "failed"
    assert lines(told)["Data folder"]["state"] == ("failed" if spoil is close_disk else "warning")
    assert lines(told)["Amazon"]["state"] == "ok"


def test_a_disk_that_was_full_is_read_when_it_takes_nothing_at_all(disk):
    """SQLite leaves the beginning of a file for readers on a disk that had no room for it."""
    (disk.home / "demo" / "opside.db-shm").write_bytes(b"\0\0\0")
    close_disk(disk)
    done = disk("--demo", "list", "claims", "--json")
    assert (done.code, done.json["pagination"]["total"]) == (0, 37)


WRITER = """
import os, sqlite3, sys
file = sqlite3.connect(sys.argv[1])
file.execute("PRAGMA wal_autocheckpoint = 0")
file.execute("UPDATE amazon_inventory SET product_name = ?", (sys.argv[2],))
file.commit()
os.kill(os.getpid(), 9)
"""


def write_and_die(path, name):
    done = subprocess.run([sys.executable, "-c", WRITER, path, name], check=False, timeout=60)
    assert done.returncode == -9
    assert path.with_name(f"{path.name}-wal").stat().st_size


def test_a_disk_with_room_again_is_written_again(disk):
    fill_disk(disk)
    assert disk("--demo", "status").code == 0
    (disk.home.parent / "other").unlink()
    done = disk("--demo", "sync", "--json")
    assert (done.code, done.json["status"]) == (0, "completed")


def test_a_log_that_cannot_be_written_stops_no_command(synced):
    logs = synced.home / "demo" / "logs"
    shutil.rmtree(logs)
    logs.touch()
    for words in (*READING, ("sync",)):
        done = synced("--demo", *words, "--json")
        assert done.code == 0, done.err
        assert done.json
        assert done.err.count("opside.log cannot be written.") == 1
        assert "Until then nothing is logged." in done.err
    told = synced("--demo", "doctor", "--json")
    assert told.code == 2
    assert names(told) == [*LIST, "Clock"]
    assert [name for name, line in lines(told).items() if line["state"] == "failed"] == ["Log"]


def test_a_data_folder_that_cannot_be_made_is_told_by_a_whole_list(tmp_path):
    (tmp_path / "file").touch()
    opside = Opside(tmp_path / "file" / "home")
    for words in ((), ("--demo",)):
        told = opside(*words, "doctor", "--json")
        assert told.code == 2
        assert names(told) == LIST
        states = {name: line["state"] for name, line in lines(told).items()}
        assert {states[name] for name in ("Data folder", "Log", "Database")} == {"failed"}
        assert "could not be opened" in lines(told)["Amazon"]["message"]
        in_words = opside(*words, "doctor")
        assert in_words.code == 2
        assert all(f"{name}: " in in_words.out for name in LIST)
    status = opside("status", "--json")
    assert (status.code, status.json["error"]) == (2, "service_unavailable")
    assert "OPSIDE_HOME" in status.json["message"]


def test_a_server_is_worked_with_where_the_data_folder_cannot_be_made(tmp_path, postgres_url):
    (tmp_path / "file").touch()
    opside = Opside(tmp_path / "file" / "home")
    address = {"OPSIDE_DATABASE_URL": postgres_url}
    assert opside("list", "claims", "--json", **address).json["claims"] == []
    told = opside("doctor", "--json", **address)
    assert lines(told)["Database"]["state"] == "ok"
    assert names(told) == LIST


@pytest.mark.parametrize(
    "spoil",
    [
        lambda home: (home / "opside.db").write_bytes(b"no database" * 1000),
        lambda home: (home / "opside.db").mkdir(),
        lambda home: (home / "settings.json").write_bytes(b"{"),
        lambda home: (home / "settings.json").mkdir(),
    ],
    ids=["damaged database", "folder as database", "damaged settings", "folder as settings"],
)
def test_whatever_is_damaged_the_list_is_finished(opside, spoil):
    opside.home.mkdir()
    spoil(opside.home)
    told = opside("doctor", "--json")
    assert told.code == 2
    assert [name for name in names(told) if name != "Settings"] == LIST
    failed = "Settings" if (opside.home / "settings.json").exists() else "Database"
    assert lines(told)[failed]["state"] == "failed"
    assert names(told)[-1] == "Amazon"
    assert "unexpected" not in told.out


def test_a_variable_that_cannot_be_used_is_a_line_of_the_list(opside):
    told = opside("doctor", "--json", OPSIDE_LOG_LEVEL="loud")
    assert told.code == 2
    assert set(names(told)) == set(LIST)
    assert "OPSIDE_LOG_LEVEL" in lines(told)["Environment"]["message"]
    assert lines(told)["Window"]["state"] == "ok"


async def test_doctor_waits_ten_seconds_for_amazon(monkeypatch):
    assert AMAZON_S == 10
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    with socket.create_server(("127.0.0.1", 0)) as silent, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        # One takes the question and never answers, the other takes none.
        for place in (silent, closed):
            url = f"http://127.0.0.1:{place.getsockname()[1]}"
            environ = {**os.environ, **SECRETS, "AMAZON_SPAPI_BASE_URL": url}
            settings = read_settings(environ, demo=False, user=None)
            checks = examine(settings, prepare(settings), amazon_s=0.2)
            found = {check.name: check async for check in checks}
            stop_logging()
            assert list(found) == LIST
            amazon = found["Amazon"]
            assert amazon.state is State.FAILED
            assert amazon.message.startswith("Amazon did not answer within 0.2 seconds.")
            assert "online" in amazon.fix
