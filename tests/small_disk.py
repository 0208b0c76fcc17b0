"""A small disk of its own for a test, as only the superuser of Linux can make one."""

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager

import pytest

from tests.waiting import LIMIT_S

# The disk goes when nobody holds the pipe any more: also where the tests themselves were killed. A
# disk that stayed behind could not be removed by a later run, which would count that as a fault.
UNTIL_LET_GO = """
mount -t tmpfs -o size="$1" none "$2" 2>/dev/null || exit 1
echo here
cat >/dev/null
umount -l "$2"
"""


@contextmanager
def small_disk(folder, size):
    """Make `folder` a disk of this size, such as 4m; skips the test where none can be made."""
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only the superuser of Linux can make a small disk")
    folder.mkdir()
    keeper = subprocess.Popen(
        ["sh", "-c", UNTIL_LET_GO, "sh", size, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    with keeper:
        assert keeper.stdout is not None
        if keeper.stdout.readline() != b"here\n":
            pytest.skip("no disk can be made here")
        try:
            yield folder
        finally:
            assert keeper.stdin is not None
            keeper.stdin.close()
            assert keeper.wait(LIMIT_S) == 0
