"""Homes, disks and rights for the program as a person starts it."""

import shutil
import subprocess
import sys
from contextlib import ExitStack

import pytest

from tests.frozen.program import BOUND, IS_ROOT, Opside
from tests.small_disk import small_disk


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
def disk_of(tmp_path):
    """Make a disk of its own, of this size."""
    with ExitStack() as disks:
        yield lambda size: disks.enter_context(small_disk(tmp_path / "disk", size))
