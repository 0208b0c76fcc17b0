"""Started, started twice, and ended: the program works and leaves nothing behind."""

import json
import signal
import socket
import urllib.request
import zipfile

import psutil

from tests.frozen.program import PACKAGED, ended, is_open, posix_only, until


def test_it_tells_its_version_and_the_build_where_there_is_one(opside):
    done = opside("--version", "--json")
    assert done.code == 0
    assert set(done.json) == {"success", "version"} | ({"build"} if PACKAGED else set())
    assert opside("--version").out.startswith(f"opside-desktop {done.json['version']}")


def test_it_finds_itself_whole(opside):
    done = opside("--self-test", "--json")
    assert done.code == 0, done.out
    states = {check["name"]: check["state"] for check in done.json["checks"]}
    assert {"Modules", "Database", "Certificates", "Sync", "HTTP API", "Window"} <= set(states)
    assert set(states.values()) <= {"ok", "warning"}


def test_a_sync_of_the_sample_seller_stores_all_rows(synced):
    assert synced.totals("--demo") == [37, 150, 250]
    assert synced("--demo", "db", "check").code == 0


def test_a_workbook_is_written_by_a_process_of_its_own(synced, tmp_path):
    book = tmp_path / "claims.xlsx"
    done = synced("--demo", "export", "claims", "--format", "xlsx", "--out", str(book))
    assert done.code == 0, done.err
    with zipfile.ZipFile(book) as parts:
        assert parts.testzip() is None
        assert parts.read("xl/worksheets/sheet1.xml").count(b"<row ") == 37 + 1


@posix_only
def test_a_second_start_brings_the_open_window_to_the_front(synced):
    first = synced.window("--demo")
    until(lambda: is_open(first), first)
    second = synced.window("--demo")
    _, told = second.communicate(timeout=60)
    assert second.returncode == 0
    assert "already open" in told
    assert str(synced.home / "demo") in told
    until(lambda: "brought this window to the front" in synced.log("demo"), first)
    assert ended(first).code == 0
    third = synced.window("--demo")
    until(lambda: is_open(third), third)
    assert ended(third).code == 0
    assert synced.rows("demo") == [37, 150, 250]


@posix_only
def test_a_window_that_was_killed_keeps_no_other_from_opening(synced):
    first = synced.window("--demo")
    until(lambda: is_open(first), first)
    first.kill()
    first.wait(10)
    assert list((synced.home / "demo").glob("window-*.lock"))
    second = synced.window("--demo")
    until(lambda: is_open(second), second)
    assert ended(second).code == 0
    assert synced.rows("demo") == [37, 150, 250]


def test_of_two_syncs_at_once_one_waits_for_no_other(opside):
    both = [opside.start("--demo", "sync") for _ in range(2)]
    told = {each.communicate(timeout=60)[1]: each.returncode for each in both}
    assert sorted(told.values()) == [0, 4]
    [refusal] = [text for text, code in told.items() if code == 4]
    assert "Sync already in progress (sync_demo-user_" in refusal
    assert opside.rows("demo") == [37, 150, 250]


def test_two_commands_that_make_the_database_at_once_both_work(opside):
    both = [opside.start("history") for _ in range(2)]
    for each in both:
        _, told = each.communicate(timeout=60)
        assert each.returncode == 0, told
    assert opside("db", "check").code == 0


@posix_only
def test_a_closed_window_leaves_no_process_and_no_lock(synced):
    window = synced.window("--demo")
    until(lambda: is_open(window), window)
    processes = [window, *window.children(recursive=True)]
    assert ended(window).code == 0
    assert not [each for each in processes if each.is_running()]
    left = {each.name for each in (synced.home / "demo").iterdir()}
    assert left == {"epoch", "logs", "opside.db", "window.json"}


@posix_only
def test_a_server_that_ends_takes_the_sample_seller_with_it(opside):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    words = ("--demo", "serve", "--demo-user", "--port", str(port))
    server = opside.start(*words, JWT_SECRET="x" * 32)
    url = f"http://127.0.0.1:{port}"

    def answers():
        try:
            return ask(f"{url}/health")["status"] == "ok"
        except OSError:
            return False

    until(answers, server)
    started = ask(f"{url}/api/v1/integrations/amazon/sync", b"{}")
    assert started["success"] is True
    until(lambda: ask(f"{url}/api/sync/status")["status"] == "completed", server)
    seller = server.children(recursive=True)
    assert seller
    assert ended(server).code in (0, -signal.SIGTERM, 130)
    psutil.wait_procs(seller, timeout=10)
    assert not [each for each in seller if each.is_running()]
    assert opside.rows("demo") == [37, 150, 250]


def ask(url, body=None):
    request = urllib.request.Request(  # noqa: S310  # our own server
        url, body, {"Content-Type": "application/json"} if body else {}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return json.loads(answer.read())


@posix_only
def test_a_program_that_was_killed_takes_the_sample_seller_with_it(opside):
    program = opside.start("--demo", "sync")
    until(lambda: program.children(), program)
    seller = program.children(recursive=True)
    program.kill()
    gone, alive = psutil.wait_procs(seller, timeout=30)
    assert gone
    assert not alive
    assert opside("--demo", "sync").code == 0
    assert opside.rows("demo") == [37, 150, 250]
