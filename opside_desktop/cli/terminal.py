"""What every command shares: options that hold everywhere, output, exit codes."""

import contextlib
import errno
import functools
import inspect
import os
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, Concatenate

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from opside_desktop.domain.errors import (
    AuthRevoked,
    BadInput,
    Cancelled,
    EnvironmentFault,
    ErrorCode,
    NotConnected,
    OpsideError,
    SyncInProgress,
)
from opside_desktop.domain.syncs import DatasetStatus, SyncRun, SyncStatus

if TYPE_CHECKING:
    from opside_desktop.contract.wire import Wire


Demo = Annotated[
    bool,
    typer.Option(
        "--demo",
        metavar="",
        help="Work with the built-in sample seller, apart from everything real.",
    ),
]
User = Annotated[
    str | None,
    typer.Option("--user", metavar="ID", help="Whose account and rows; default: OPSIDE_USER."),
]
Json = Annotated[
    bool,
    typer.Option(
        "--json", metavar="", help="Print one JSON document on standard output, nothing else."
    ),
]

FOLDED = 24
"""Columns left at least to the text that is folded."""

FARTHEST = 2**62
"""More rows cannot be passed over: no database counts further."""

WIDE = 10_000
"""Columns of a table that goes to a file or another program: nothing is folded there."""


class Exit(IntEnum):
    """The exit codes of the program's contract."""

    DONE = 0
    FAILED = 1
    ENVIRONMENT = 2
    NOT_CONNECTED = 3
    SYNC_IN_PROGRESS = 4
    PARTLY = 5
    CANCELLED = 130


@dataclass(frozen=True, slots=True)
class Scope:
    """The options that hold before or after any subcommand."""

    demo: bool = False
    user: str | None = None
    as_json: bool = False


def scope_of(
    ctx: typer.Context, demo: Demo = False, user: User = None, as_json: Json = False
) -> Scope:
    """Join what was said before the subcommand with what was said after it; the latter wins."""
    outer = ctx.obj if isinstance(ctx.obj, Scope) else Scope()
    return Scope(
        demo=demo or outer.demo,
        user=user if user is not None else outer.user,
        as_json=as_json or outer.as_json,
    )


def keep_scope(
    ctx: typer.Context, demo: Demo = False, user: User = None, as_json: Json = False
) -> None:
    """Hand on what was said before a group's subcommand."""
    ctx.obj = scope_of(ctx, demo, user, as_json)


def with_scope(command: Callable[Concatenate[Scope, ...], None]) -> Callable[..., None]:
    """Put the options that hold everywhere behind a command's own; it takes them as a `Scope`."""
    return command_like(command, 1, command)


def command_like(
    described: Callable[..., object], taken: int, run: Callable[..., None]
) -> Callable[..., None]:
    """Make a command with the name, help and options of a function, and those that hold everywhere.

    Args:
        taken: so many of the function's first parameters are no options.
        run: called with the scope and the function's own options.
    """
    shared = inspect.signature(scope_of).parameters
    own = list(inspect.signature(described).parameters.values())[taken:]

    @functools.wraps(described)
    def command(**given: Any) -> None:
        scope = scope_of(**{name: given.pop(name) for name in shared})
        run(scope, **given)

    options = [one.replace(kind=one.KEYWORD_ONLY) for one in (*own, *shared.values())]
    vars(command)["__signature__"] = inspect.Signature(options)  # where Typer looks for them
    return command


class Unwritable(EnvironmentFault):
    """The answer cannot be written to standard output."""


@contextlib.contextmanager
def written() -> Iterator[None]:
    """Write to standard output, and understand why it does not work.

    A reader that has gone, such as `head`, has what it wanted: the command goes on to its end.

    Raises:
        Unwritable: for any other reason, such as a full disk.
    """
    try:
        yield
    except OSError as error:
        drop_output(sys.stdout)
        # Windows calls a pipe that nobody reads any more an invalid argument.
        if isinstance(error, BrokenPipeError) or error.errno == errno.EINVAL:
            return
        raise Unwritable(
            "The answer could not be written.",
            why=f"The system says: {error.strerror or type(error).__name__}.",
            fix="Make room on the disk, or send the output elsewhere.",
        ) from None


def drop_output(stream: IO[str]) -> None:
    """Send an output nowhere from now on: Python would complain once more at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


class _Console(Console):
    """A console whose reader may go away, which ends no command."""

    def on_broken_pipe(self) -> None:
        """Write to nobody from now on."""
        self.quiet = True
        drop_output(self.file)


def open_outputs() -> None:
    """Give a program that was started without standard output or error (`>&-`) silent ones.

    Without them the next file it opens would take their place.
    """
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115


class Terminal:
    """Where a command's answer goes: one JSON document, or texts for people."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                # A console that cannot show a character shows a question mark instead.
                stream.reconfigure(errors="replace")
        self.out = _Console(
            highlight=False, soft_wrap=False, width=None if sys.stdout.isatty() else WIDE
        )
        self.err = _Console(stderr=True, highlight=False, soft_wrap=True)

    def answer(self, document: "Wire") -> None:
        """Write the one JSON document, if that is wanted."""
        if not self.as_json:
            return
        from opside_desktop.contract.wire import encode

        with written():
            sys.stdout.flush()
            sys.stdout.buffer.write(encode(document) + b"\n")
            sys.stdout.buffer.flush()

    def say(self, *lines: str) -> None:
        """Write lines of the answer for people."""
        if not self.as_json:
            with written():
                for line in lines:
                    self.out.print(Text(printable(line)), soft_wrap=True)

    def hint(self, text: str) -> None:
        """Write a line that is not part of the answer."""
        self.err.print(Text(printable(text)))

    def table(
        self,
        columns: Sequence[str],
        rows: Iterable[Sequence[str]],
        *,
        right: Sequence[str] = (),
        folds: str = "",
    ) -> None:
        """Write a table for people.

        Args:
            right: the columns that hold numbers.
            folds: the column that is folded where the terminal is narrow. The others are always
                whole, so that an id can be copied.
        """
        if self.as_json:
            return
        cells = [[Text(printable(cell)) for cell in row] for row in rows]
        widths = [
            FOLDED
            if name == folds
            else max(cell_len(name), *(row[number].cell_len for row in cells), 0)
            for number, name in enumerate(columns)
        ]
        table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
        for name in columns:
            table.add_column(
                name,
                justify="right" if name in right else "left",
                overflow="fold",
                no_wrap=name != folds,
            )
        for row in cells:
            table.add_row(*row)
        needed = sum(widths) + 2 * len(widths)
        with written():
            if self.out.width < needed:
                _Console(highlight=False, width=needed).print(table)
            else:
                self.out.print(table)

    def failure(self, error: OpsideError) -> None:
        """Write what went wrong: the error body with --json, else the sentence for people."""
        if self.as_json and not isinstance(error, Unwritable):
            from opside_desktop.contract.refusals import refusal_of

            self.answer(refusal_of(error))
        else:
            self.hint(error.sentence)


def printable(text: str) -> str:
    """Take the power to control a terminal away from a text that came from elsewhere."""
    if text.isprintable():
        return text
    return "".join(char if _is_harmless(char) else "�" for char in text)


def _is_harmless(char: str) -> bool:
    # Python calls no space printable but one; titles have others, such as those of Japanese, and
    # joiners between the parts of an emoji.
    return char.isprintable() or char in _JOINERS or unicodedata.category(char) == "Zs"


_JOINERS = ("\n", "\u200c", "\u200d")


def exit_code(error: OpsideError) -> Exit:
    """Give the exit code of an error that ended a command."""
    match error:
        case NotConnected() | AuthRevoked():
            return Exit.NOT_CONNECTED
        case SyncInProgress():
            return Exit.SYNC_IN_PROGRESS
        case EnvironmentFault() | BadInput():
            return Exit.ENVIRONMENT
        case Cancelled():
            return Exit.CANCELLED
    return Exit.FAILED


_CODES = {
    ErrorCode.AMAZON_NOT_CONNECTED: Exit.NOT_CONNECTED,
    ErrorCode.AUTH_REVOKED: Exit.NOT_CONNECTED,
}
_ENVIRONMENT_CODES = (ErrorCode.DATABASE, ErrorCode.KEY_STORE, ErrorCode.SETTINGS)


def run_exit_code(run: SyncRun) -> Exit:
    """Give the exit code of a sync that has ended."""
    if run.status is SyncStatus.COMPLETED:
        return Exit.DONE
    if run.status is SyncStatus.CANCELLED:
        return Exit.CANCELLED
    if run.error_code in _CODES:
        return _CODES[run.error_code]
    if any(result.status is DatasetStatus.SUCCESS for result in run.results.values()):
        return Exit.PARTLY
    return Exit.ENVIRONMENT if run.error_code in _ENVIRONMENT_CODES else Exit.FAILED
