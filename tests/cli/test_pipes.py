"""A reader that goes away, such as `head`, ends no command and brings no complaint."""

import subprocess
import sys

import pytest

from tests.cli.conftest import PROGRAM
from tests.waiting import LIMIT_S

COMMANDS = {
    "--help": 0,
    "sync --help": 0,
    "--version": 0,
    "--demo status": 0,
    "--demo status --json": 0,
    "--demo history": 0,
    "--demo list claims": 0,
    "--demo list orders --json": 0,
    "--demo cancel sync_nobody_1 --json": 1,
    "db check --demo": 0,
    "sync --json": 3,
}


@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_whose_reader_has_gone_ends_with_its_own_code(synced, words):
    process = subprocess.Popen(
        [*PROGRAM, *words.split()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=synced.environment(),
    )
    process.stdout.close()
    _, complaints = process.communicate(timeout=LIMIT_S)
    assert process.returncode == COMMANDS[words], complaints
    assert complaints == b""


def test_windows_word_for_a_reader_that_has_gone_is_understood():
    code = (
        "import errno; from opside_desktop.cli.terminal import written\n"
        "with written(): raise OSError(errno.EINVAL, 'Invalid argument')\n"
        "print('to nobody')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, timeout=LIMIT_S, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_sync_that_nobody_listens_to_completes(synced):
    process = subprocess.Popen(
        [*PROGRAM, "--demo", "sync"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=synced.environment(),
    )
    process.stdout.close()
    assert process.wait(LIMIT_S) == 0
    history = synced("--demo", "history", "--json").json
    assert [one["status"] for one in history["syncs"]] == ["completed"] * 2
