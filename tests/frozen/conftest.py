"""Homes, disks and rights for the program as a person starts it."""

import shutil
import subprocess
import sys

import pytest

from tests.frozen.program import BOUND, IS_ROOT, Opside


@pytest.fixture
def opside(tmp_path):
    program = Opside(tmp_path)
    yield program
    program.close()


@pytest.fixture(scope="session")
def synced_home(tmp_path_factory):
    """A data folder whose demo has been synced once; not to be changed."""
    program = Opside(tmp_path_factory.mktemp("synced"))
    done = program("--demo", "sync")
    assert done.code == 0, done.err
    return program.home


@pytest.fixture
def synced(opside, synced_home):
    """The program with a data folder whose demo has been synced once."""
    shutil.copytree(synced_home, opside.home)
    return opside


@pytest.fixture
def obedient(opside):
    """The program as somebody to whom the rights of files apply, unlike to the superuser."""
    if sys.platform == "win32":
        pytest.skip("folders have no such rights on Windows")
    if IS_ROOT:
        probe = subprocess.run([*BOUND, "true"], capture_output=True, timeout=10, check=False)
        if probe.returncode:
            pytest.skip("this superuser cannot give up a right")
        opside.before = BOUND
    return opside


@pytest.fixture
def small_disk(tmp_path):
    """Make a disk of its own, of this size."""
    if not IS_ROOT or shutil.which("mount") is None:
        pytest.skip("only the superuser of Linux can make a small disk")
    made = []

    def small_disk(size):
        folder = tmp_path / "disk"
        folder.mkdir()
        words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
        if subprocess.run(words, capture_output=True, timeout=10, check=False).returncode:
            pytest.skip("no disk can be made here")
        made.append(folder)
        return folder

    yield small_disk
    for folder in made:
        subprocess.run(["umount", "-l", str(folder)], check=True, timeout=10)
