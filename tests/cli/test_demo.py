"""The demo: the sample seller, apart from everything real, on any computer."""

import sqlite3
import subprocess
import sys
from contextlib import closing

import psutil
import pytest

from opside_desktop.domain.ids import DEMO_USER, stored_user_id
from tests.waiting import LIMIT_S


def test_the_demo_copies_the_sample_seller(synced):
    status = synced("status", "--demo", "--json").json
    assert status["status"] == "completed"
    assert status["progress"] == 100
    assert status["syncId"].startswith("sync_demo-user_")
    assert (status["claimsDetected"], status["inventoryCount"]) == (37, 150)
    assert (status["ordersProcessed"], status["totalOrders"]) == (250, 250)
    assert status["isMock"] is True


def test_syncing_twice_adds_nothing(synced):
    before = synced("--demo", "list", "claims", "--json", "--limit", "1000").json
    again = synced("--demo", "--json", "sync")
    assert again.code == 0
    assert again.json["status"] == "completed"
    after = synced("--demo", "list", "claims", "--json", "--limit", "1000").json
    assert after["pagination"]["total"] == 37
    ids = [[claim["claimId"] for claim in listed["claims"]] for listed in (before, after)]
    assert ids[0] == ids[1]


def test_without_a_display_the_demo_syncs_in_the_terminal(opside):
    done = opside("--demo")
    assert done.code == 0
    assert "37" in done.out
    assert "MOCK (normal_week)" in done.out


def test_without_a_display_the_window_names_the_commands(opside):
    done = opside()
    assert done.code == 2
    assert not done.out
    for command in ("sync", "status", "list", "accounts", "doctor", "--demo"):
        assert f"opside-desktop {command}" in done.err


def test_the_demos_seller_has_one_name(opside):
    told = opside().err + opside("--help").out
    told += opside("--demo", "accounts", "add").err
    assert told.count("sample seller") == 3
    assert "simulated" not in told


def test_the_demo_advises_no_setting_that_it_does_not_follow(command, private_home):
    folder = private_home / "demo"
    folder.mkdir(parents=True)
    with closing(sqlite3.connect(folder / "opside.db")) as other:
        other.execute("CREATE TABLE bookmarks (url TEXT)")
    told = command("--demo", "status")
    assert told.code == 2
    assert "belongs to another program" in told.err
    assert f"Move {folder} away" in told.err
    assert "OPSIDE_DATABASE_URL" not in told.err


def test_a_computer_without_qts_libraries_is_told_what_is_missing(opside, tmp_path):
    broken = tmp_path / "PySide6"
    broken.mkdir()
    (broken / "__init__.py").write_text("")
    fault = 'raise ImportError("libGL.so.1: cannot open shared object file", name=__name__)'
    for module in ("QtCore", "QtGui", "QtWidgets"):
        (broken / f"{module}.py").write_text(fault)
    done = opside(QT_QPA_PLATFORM="offscreen", PYTHONPATH=str(tmp_path))
    assert done.code == 2
    assert "libGL.so.1" in done.err
    assert "opside-desktop --help" in done.err
    assert "Qt cannot be loaded" in opside("doctor", PYTHONPATH=str(tmp_path)).out


@pytest.mark.parametrize(
    "words", [("--demo", "sync"), ("sync", "--demo"), ("--user", "ann", "sync", "--demo")]
)
def test_the_demo_never_touches_the_real_account(opside, simulator, words):
    real = simulator("--faults", "revoked=1")
    wrong = opside.home / "wrong.db"
    done = opside(*words, "--only", "inventory", DATABASE_URL=f"sqlite:///{wrong}", **real)
    assert done.code == 0, done.err
    assert not wrong.exists()
    assert not (opside.home / "opside.db").exists()
    assert sorted(path.name for path in opside.home.iterdir()) == ["demo"]
    history = opside("--demo", "history", "--json").json
    assert [sync["syncId"].split("_")[1] for sync in history["syncs"]] == ["demo-user"]


def test_the_demo_keeps_its_epoch(synced):
    epoch = synced.home / "demo" / "epoch"
    assert epoch.read_text()
    epoch.write_text("2026-06-01")
    done = synced("--demo", "sync", "--only", "orders", "--since", "2026-03-01", "--json")
    assert done.code == 0, done.err
    newest = synced("--demo", "list", "orders", "--json", "--limit", "1000").json["orders"]
    assert any("2026-05-01" < order["purchaseDate"] < "2026-06-01" for order in newest)


def test_the_scenario_can_be_chosen(opside):
    done = opside("--demo", "sync", "--only", "inventory", "--json", MOCK_SCENARIO="with_issues")
    assert done.code == 0, done.err
    listed = opside("--demo", "list", "inventory", "--json", "--limit", "1").json
    assert listed["inventory"][0]["mockScenario"] == "with_issues"


def test_mock_rows_say_so_for_people_too(synced):
    for what in ("claims", "inventory", "orders"):
        assert "MOCK (normal_week)" in synced("--demo", "list", what, "--limit", "1").out
    assert "MOCK (normal_week)" in synced("--demo", "history").out
    assert "MOCK (normal_week)" in synced("--demo", "status").out


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to die of")
def test_the_sample_seller_dies_with_a_killed_program(opside):
    running = opside.start("--demo", "sync", MOCK_SCENARIO="high_volume")
    running.wait_for_line("Fetching|Processing|Orders")
    children = psutil.Process(running.process.pid).children()
    assert len(children) == 1
    running.process.kill()
    running.process.wait(10)
    _, alive = psutil.wait_procs(children, timeout=LIMIT_S)
    assert not alive
    # What it left behind is closed by the next program of this computer, at once.
    status = opside("--demo", "status", "--json").json
    assert (status["status"], status["errorCode"]) == ("failed", "interrupted")
    assert f"Sync {status['syncId']}: interrupted after" in opside("--demo", "status").out


def test_the_user_id_of_the_demo_is_the_contracts():
    assert stored_user_id(DEMO_USER) == "07b4f03d-352e-473f-a316-af97d9017d69"


def test_commands_load_no_qt(synced):
    code = (
        "import sys; from opside_desktop.cli import run; run(['--demo', 'sync', '--json']);"
        "sys.exit(any(name.startswith(('PySide6', 'qasync')) for name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=synced.environment(), capture_output=True, timeout=LIMIT_S
    )
    assert done.returncode == 0, done.stderr


def test_the_way_to_every_command_loads_only_what_all_of_them_need():
    code = (
        "import sys, opside_desktop.cli;"
        "slow = ('opside_desktop.contract.', 'opside_desktop.store.exports',"
        "'opside_desktop.store.reading', 'opside_desktop.domain.records', 'sqlalchemy', 'httpx');"
        "sys.exit(', '.join(name for name in sys.modules if name.startswith(slow)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=LIMIT_S)
    assert done.returncode == 0, done.stderr


def test_the_windows_way_loads_nothing_slow():
    code = (
        "import sys, opside_desktop.__main__, opside_desktop.launch, opside_desktop.app,"
        "opside_desktop.settings.environment;"
        "slow = {'sqlalchemy', 'httpx', 'typer', 'rich', 'alembic', 'msgspec', 'keyring'};"
        "sys.exit(', '.join(slow & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=LIMIT_S)
    assert done.returncode == 0, done.stderr
