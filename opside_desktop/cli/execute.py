"""Running a command: settings, log, open program, and every error to its sentence and exit code."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, Concatenate, NoReturn, TypeVar

import typer

from opside_desktop.app import open_program, prepare
from opside_desktop.cli.terminal import (
    Exit,
    Scope,
    Terminal,
    command_like,
    drop_output,
    exit_code,
    open_outputs,
)
from opside_desktop.domain.errors import BadInput, Bug, Cancelled, OpsideError
from opside_desktop.logs.bugs import log_bug
from opside_desktop.logs.file import stop_logging
from opside_desktop.program import Program
from opside_desktop.settings.environment import Settings, read_settings

log = logging.getLogger(__name__)

# Newer Typers bring their own Click along: its errors are found by way of one that is public.
ClickProblem: type[Exception] = typer.BadParameter.__mro__[2]

T = TypeVar("T")
Work = Callable[[Terminal, Program], Awaitable[int]]
Command = Callable[..., None]


def begin(scope: Scope) -> tuple[Terminal, Settings]:
    """Read the settings of a command and make its folder and log ready.

    A log that cannot be written is told on standard error and stops no command.

    Raises:
        SettingsFault, BadInput: an option or a variable cannot be used.
    """
    settings = read_settings(os.environ, demo=scope.demo, user=scope.user)
    terminal = Terminal(as_json=scope.as_json)
    fault = prepare(settings)
    if fault is not None:
        terminal.hint(f"{fault.sentence} Until then nothing is logged.")
    return terminal, settings


def on_program(work: Callable[Concatenate[Terminal, Program, ...], Awaitable[int]]) -> Command:
    """Make a command of what is done with the open program, for its user; see `execute`."""

    def run(scope: Scope, **own: Any) -> None:
        execute(scope, lambda terminal, program: work(terminal, program, **own))

    return command_like(work, 2, run)


def execute(scope: Scope, work: Work, *, of_user: bool = True) -> NoReturn:
    """Run a command on the open program and leave with its exit code.

    Raises:
        UnknownUser: the command is about a user's rows, and nobody knows the one who was named.
        OpsideError: the command failed; `guarded` shows it.
    """
    terminal, settings = begin(scope)

    async def main() -> int:
        async with open_program(settings) as program:
            if of_user:
                await program.connections.asked_user()
            return await work(terminal, program)

    raise typer.Exit(run_async(main()))


def run_async(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end.

    Raises:
        Cancelled: Ctrl-C ended it.
    """
    try:
        return asyncio.run(main)
    except KeyboardInterrupt:
        raise Cancelled("The command was stopped.") from None


async def is_done(work: asyncio.Future[Any], stop: asyncio.Event) -> bool:
    """Wait until some work is done or the command is to stop; tell whether it is done."""
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return work.done()
    finally:
        stopping.cancel()


async def until_done(work: Coroutine[Any, Any, T], stopped: Cancelled) -> T:
    """Do the work; the first Ctrl-C or SIGTERM stops it, and waits until it has cleaned up.

    Raises:
        Cancelled: `stopped`, if it was stopped.
    """
    stop = asyncio.Event()
    with interrupts(stop):
        return await unless_stopped(work, stop, stopped)


async def unless_stopped(
    work: Coroutine[Any, Any, T], stop: asyncio.Event, stopped: Cancelled
) -> T:
    """Do the work; `stop` cancels it, and waits until it has cleaned up.

    Raises:
        Cancelled: `stopped`, if it was stopped.
    """
    working = asyncio.ensure_future(work)
    try:
        if not await is_done(working, stop):
            working.cancel()
            await asyncio.wait({working})
        if working.cancelled():
            raise stopped
        return working.result()
    finally:
        working.cancel()


@contextlib.contextmanager
def interrupts(stop: asyncio.Event) -> Iterator[None]:
    """Set `stop` at the first Ctrl-C or SIGTERM; a second one ends the program the hard way.

    So does a terminal that is closed, unless `nohup` lets the program outlive it.
    """
    loop = asyncio.get_running_loop()
    numbers = [signal.SIGINT, signal.SIGTERM]
    hang_up = getattr(signal, "SIGHUP", None)  # Windows has none
    if hang_up is not None and signal.getsignal(hang_up) != signal.SIG_IGN:
        numbers.append(hang_up)

    def on_signal() -> None:
        stop.set()
        restore()

    def restore() -> None:
        for number in numbers:
            try:
                loop.remove_signal_handler(number)
            except NotImplementedError:
                signal.signal(number, former[number])

    former = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        try:
            loop.add_signal_handler(number, on_signal)
        except NotImplementedError:  # Windows' loop knows no signals
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(on_signal))
    try:
        yield
    finally:
        restore()


def guarded(command: Callable[[], int | None], *, as_json: bool) -> int:
    """Run the command line; show whatever ends it as a sentence, and give the exit code."""
    open_outputs()
    # Without any handler Python itself would print log entries, tracebacks included.
    logging.getLogger().addHandler(logging.NullHandler())
    logging.captureWarnings(True)
    terminal = Terminal(as_json=as_json)
    try:
        return int(command() or 0)
    except OpsideError as error:
        log.info("Ended with %s: %s", error.code, error)
        terminal.failure(error)
        return exit_code(error)
    except ClickProblem as problem:
        terminal.failure(_usage(problem))
        return Exit.ENVIRONMENT
    except (KeyboardInterrupt, typer.Abort):
        terminal.failure(Cancelled("The command was stopped."))
        return Exit.CANCELLED
    except SystemExit as leave:
        # Help and version are written by libraries, which leave so when the reader has gone.
        if not isinstance(leave.__context__, BrokenPipeError):
            raise
        drop_output(sys.stdout)
        return Exit.DONE
    except Exception as error:  # noqa: BLE001  # the top of the program
        bug: Bug = log_bug(log, "The command did not finish.", error)
        terminal.failure(bug)
        if not as_json:
            terminal.hint("The log tells more; `opside-desktop doctor` says where it is.")
        return Exit.FAILED
    finally:
        logging.captureWarnings(False)
        stop_logging()


def _usage(problem: Exception) -> BadInput:
    """Turn Click's complaint into ours."""
    complaint = getattr(problem, "format_message", lambda: str(problem))().strip()
    complaint = " ".join(complaint.replace("Value error, ", "").split())
    if not complaint.endswith((".", "?")):
        complaint += "."
    ctx = getattr(problem, "ctx", None)
    path = ctx.command_path if ctx is not None else "opside-desktop"
    return BadInput(complaint, fix=f"See `{path} --help`.")
