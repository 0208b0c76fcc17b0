"""The program in a process that is forked from one which has imported it: a start costs no import.

What a process is given at its start, it is given here: words, environment, files to read from and
to write to.
"""

import os
import sys
from typing import Any

from opside_desktop.__main__ import main
from opside_desktop.cli import run  # noqa: F401  # what takes longest
from opside_desktop.simulator import server  # noqa: F401
from opside_desktop.store.sqlite import database  # noqa: F401


def run_program(words: tuple[str, ...], environment: dict[str, str], files: list[Any]) -> None:
    """Become the program; `files` are its input, its output and its errors, as `DupFd`s."""
    os.environ.clear()
    os.environ.update(environment)
    for number, file in enumerate(files):
        os.dup2(file.detach(), number)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115
    sys.argv = ["opside-desktop", *map(str, words)]
    main()
