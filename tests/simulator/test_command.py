"""The command: what it says, how it ends, what it refuses."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

import httpx
import pytest

from tests.waiting import LIMIT_S, wait_until

LINE = re.compile(r"Simulator of scenario (\w+) listening on (http://127\.0\.0\.1:\d+)\n")


def test_it_says_where_it_listens_and_serves_there(start_process):
    started = time.perf_counter()
    with start_process("--port", "0") as (process, line):
        assert time.perf_counter() - started < 10
        scenario, base_url = LINE.fullmatch(line).groups()
        assert scenario == "normal_week"
        answer = httpx.get(f"{base_url}/orders/v0/orders", trust_env=False)
        assert answer.status_code == 403
        process.stdin.close()
        assert process.wait(10) == 0
        assert process.stdout.read() == ""
        assert process.stderr.read() == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_at_once_though_connections_are_open(start_process, number):
    with start_process("--port", "0", "--faults", "latency=60") as (process, line):
        base_url = LINE.fullmatch(line)[2]
        host, port = base_url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=LIMIT_S) as waiting:
            waiting.sendall(b"GET /orders/v0/orders HTTP/1.1\r\nHost: x\r\n\r\n")
            started = time.perf_counter()
            process.send_signal(number)
            assert process.wait(10) == 0
            assert time.perf_counter() - started < 3
        assert process.stderr.read() == ""


CHILD = """
import subprocess, sys
command = [sys.executable, "-m", "opside_desktop.simulator", "--port", "0", "--until-eof"]
child = subprocess.Popen(command, stdin=subprocess.PIPE)
child.wait()
"""


def test_it_dies_with_its_parent_even_of_kill_9():
    parent = subprocess.Popen([sys.executable, "-c", CHILD], stdout=subprocess.PIPE, text=True)
    with parent:
        base_url = LINE.fullmatch(parent.stdout.readline())[2]
        assert httpx.get(base_url, trust_env=False).status_code == 403
        parent.kill()
        host, port = base_url.removeprefix("http://").split(":")

        def is_gone():
            try:
                socket.create_connection((host, int(port)), timeout=LIMIT_S).close()
            except ConnectionRefusedError:
                return True
            return False

        wait_until(is_gone)


@pytest.mark.parametrize("before", [True, False])
def test_the_options_of_every_command_are_its_too(before):
    shared = ["--json", "--demo", "--user", "ann"]
    own = ["simulator", "--port", "0", "--until-eof"]
    done = subprocess.run(
        [sys.executable, "-m", "opside_desktop", *(shared + own if before else own + shared)],
        input="",
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    answer = json.loads(done.stdout)
    assert (answer["success"], answer["scenario"]) == (True, "normal_week")
    assert answer["url"].startswith("http://127.0.0.1:")


def test_a_taken_port_is_explained_to_programs_too():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "opside_desktop", "simulator", "--json", "--port", str(port)],
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
    assert done.returncode == 2
    assert (
        f"port {port} of 127.0.0.1: another program uses it." in json.loads(done.stdout)["message"]
    )


def test_the_environment_names_the_scenario_unless_the_option_does(start_process):
    with start_process("--port", "0", MOCK_SCENARIO="With_Issues ") as (_, line):
        assert LINE.fullmatch(line)[1] == "with_issues"
    with start_process("--port", "0", "--scenario", "high_volume", MOCK_SCENARIO="with_issues") as (
        _,
        line,
    ):
        assert LINE.fullmatch(line)[1] == "high_volume"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--scenario", "busy_year"], "busy_year"),
        (["--faults", "explode=1"], "explode"),
        (["--faults", "429=2"], "429"),
        (["--orders", "-1"], "--orders"),
        (["--epoch", "last week"], "--epoch"),
        (["--epoch", "1969-12-31"], "epoch"),
        (["--usage-plans", "mine"], "--usage-plans"),
        (["--time-scale", "0"], "time scale"),
        (["--port", "70000"], "--port"),
        (["--now", "noon"], "--now"),
        (["--now", "1969-12-31"], "1971"),
        (["--ledger", "/nowhere/ledger.json"], "ledger cannot be written"),
    ],
)
def test_what_it_does_not_understand_it_names(start_process, arguments, named):
    with start_process("--port", "0", *arguments) as (process, line):
        assert line == ""
        assert process.wait(10) == 2
        text = process.stderr.read()
    assert named in re.sub(r"[\s│]+", " ", text)
    assert "Traceback" not in text


def test_it_starts_when_it_is_told_to_and_keeps_its_ledger_in_a_file(start_process, tmp_path):
    file = tmp_path / "ledger.json"
    options = ("--scenario", "with_issues", "--epoch", "2026-11-16", "--now", "2026-11-23T12:00:00")
    with start_process("--port", "0", *options, "--live", "--ledger", str(file)) as (_, line):
        base_url = LINE.fullmatch(line)[2]
        first = json.loads(file.read_text())
        move = {"advanceDays": 20}
        answer = httpx.post(f"{base_url}/_simulator/clock", json=move, trust_env=False)
        second = json.loads(file.read_text())
    assert first["now"].startswith("2026-11-23T12:")
    assert second["now"] == answer.json()["now"]
    assert second["now"].startswith("2026-12-13T12:")
    assert answer.headers["date"].startswith("Sun, 13 Dec 2026 12:")
    assert "DEFERRED" in {event["status"] for event in first["events"]}
    assert max(event["postedAt"] for event in first["events"]) > "2026-11-22"  # it lives


@pytest.mark.parametrize(
    "moment", ["2026-11-23T12:00", "2026-11-23T12:00:00.000Z", "2026-11-23T14:00:00+02:00"]
)
def test_its_time_is_utc_unless_a_zone_is_named(start_process, moment):
    with start_process("--port", "0", "--now", moment) as (_, line):
        answer = httpx.get(f"{LINE.fullmatch(line)[2]}/_simulator/clock", trust_env=False)
    assert answer.json()["now"].startswith("2026-11-23T12:00:")


def test_a_taken_port_is_explained(start_process):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with start_process("--port", str(port)) as (process, line):
            assert line == ""
            assert process.wait(10) == 2
            said = process.stderr.read()
    assert f"cannot listen on port {port} of 127.0.0.1: another program uses it" in said


def test_importing_the_command_loads_no_server():
    code = (
        "import sys, opside_desktop.simulator.command\n"
        "print(sorted({'uvicorn', 'msgspec', 'httpx', 'PySide6', 'sqlalchemy'} & set(sys.modules)))"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ}
    ).stdout
    assert output.strip() == "[]"
