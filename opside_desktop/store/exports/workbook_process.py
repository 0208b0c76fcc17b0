"""A workbook written by a process of its own. Blocking.

A row of a workbook takes Python twenty times as long as a line of CSV. In a thread of the window's
process, that would make the window wait for the interpreter. The rows go through a pipe to a child,
which answers once: the workbook is whole, or why it is not.
"""

import logging
import os
import pickle
import subprocess
import sys
import traceback
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import psutil

from opside_desktop.children import NO_CONSOLE, WRITE_WORKBOOK, bare_environment, own_command
from opside_desktop.domain.errors import FileFault
from opside_desktop.store.exports.csv_and_json_lines import Batch
from opside_desktop.store.exports.plan import Export

if TYPE_CHECKING:
    from opside_desktop.store.offload import Keep

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.05
NICE = 10
"""How far the child steps back behind the window, in the system's steps of priority."""


class _Answer(msgspec.Struct, frozen=True):
    """What the child says at its end: `cut` texts, or what went wrong."""

    cut: int = 0
    errno: int | None = None
    strerror: str = ""
    trace: str = ""


class WorkbookProcess:
    """Hands rows to the child; closing it early ends the child.

    `keep` is asked while the workbook is packed, which takes long for many rows.
    """

    def __init__(self, path: Path, export: Export, keep: "Keep") -> None:
        self._keep = keep
        # Of a million rows even the ids are much for a pipe.
        self._asked = path, replace(export, ids=None, names={})
        self._running: subprocess.Popen[bytes] | None = None

    def open(self) -> None:
        """Start the child.

        Raises:
            OSError: it cannot be started.
        """
        self._running = subprocess.Popen(  # noqa: S603  # ourselves
            [*own_command(), WRITE_WORKBOOK],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=bare_environment(),
            creationflags=NO_CONSOLE,
            # Ctrl-C in a terminal is for us; we end the child.
            process_group=None if sys.platform == "win32" else 0,
        )
        self._send(self._asked)

    def write(self, batch: Batch) -> None:
        """Add rows."""
        # A driver's own kind of row is nothing for a pipe.
        self._send([tuple(row) for row in batch])

    def finish(self) -> int:
        """Wait until the workbook is whole. Gives how many texts had to be cut.

        Raises:
            OSError: the file could not be written.
            FileFault: the child failed otherwise.
        """
        self._send(None)
        self._pipe_in.close()
        while True:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(LOOK_EVERY_S)
                return self._outcome()
            self._keep()

    def close(self) -> None:
        """End the child."""
        process = self._running
        if process is None:
            return
        if process.poll() is None:
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):  # rows that nobody wants any more
                    pipe.close()

    @property
    def _process(self) -> subprocess.Popen[bytes]:
        if self._running is None:
            raise RuntimeError("The file is not open.")
        return self._running

    @property
    def _pipe_in(self) -> Any:
        return self._process.stdin

    def _send(self, what: object) -> None:
        try:
            pickle.dump(what, self._pipe_in, pickle.HIGHEST_PROTOCOL)
        except OSError:
            # It has ended: on Windows a broken pipe has other names.
            self._process.wait()
            self._outcome()
            raise

    def _outcome(self) -> int:
        out = self._process.stdout
        said = b"" if out is None else out.read()
        answer = msgspec.json.decode(said, type=_Answer) if said else _Answer(trace="no answer")
        if answer.errno is not None:
            raise OSError(answer.errno, answer.strerror)
        if answer.trace:
            log.error("Writing a workbook failed (%s): %s", self._process.returncode, answer.trace)
            raise FileFault(
                "The workbook could not be written.",
                why="The process that writes workbooks ended unexpectedly.",
                fix="Export again, or export as CSV. The log tells more.",
            )
        return answer.cut


def write_workbook() -> int:
    """Write the workbook whose rows come through standard input: the child's whole life."""
    _step_back()
    try:
        answer = _Answer(cut=_write(sys.stdin.buffer))
    except EOFError:
        return 1  # whoever wanted it has gone
    except OSError as error:
        answer = _Answer(errno=error.errno or 0, strerror=error.strerror or type(error).__name__)
    except Exception:  # noqa: BLE001  # whatever it is, the parent tells of it
        answer = _Answer(trace=traceback.format_exc())
    sys.stdout.buffer.write(msgspec.json.encode(answer))
    sys.stdout.flush()
    return 0


def _step_back() -> None:
    with suppress(OSError):
        if sys.platform == "win32":
            psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            os.nice(NICE)


def _write(source: Any) -> int:
    # Loaded in the child only.
    from opside_desktop.store.exports.workbook import WorkbookFile

    path, export = pickle.load(source)  # noqa: S301  # our own parent's words
    with closing(WorkbookFile(path, export)) as file:
        while (batch := pickle.load(source)) is not None:  # noqa: S301
            file.write(batch)
        return file.finish()
