"""The command `doctor`."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from opside_desktop.app import prepare
from opside_desktop.cli.execute import run_async
from opside_desktop.cli.terminal import Demo, Exit, Json, Terminal, User, scope_of
from opside_desktop.diagnosis.check import CheckResult, State
from opside_desktop.domain.errors import SettingsFault
from opside_desktop.settings.environment import read_settings

if TYPE_CHECKING:
    from opside_desktop.contract import program as wire

_MARKS = {State.OK: "ok     ", State.WARNING: "warning", State.FAILED: "FAILED "}


def doctor(
    ctx: typer.Context, demo: Demo = False, user: User = None, as_json: Json = False
) -> None:
    """Check this installation: folder, database, key store, clock, environment, window.

    Names of variables are shown, never their values. Amazon has ten seconds to answer. Exit code 2
    if something must be mended.
    """
    from opside_desktop.diagnosis.doctor import examine, examine_without_settings

    scope = scope_of(ctx, demo, user, as_json)
    terminal = Terminal(as_json=scope.as_json)
    lines: list[CheckResult] = []
    try:
        settings = read_settings(os.environ, demo=scope.demo, user=scope.user)
    except SettingsFault as fault:
        checks = examine_without_settings(fault)
    else:
        checks = examine(settings, prepare(settings))

    async def main() -> None:
        async for line in checks:
            lines.append(line)
            show_check(terminal, line)

    run_async(main())
    healthy = all(line.state is not State.FAILED for line in lines)
    terminal.answer(examination_of(lines, is_well=healthy))
    raise typer.Exit(Exit.DONE if healthy else Exit.ENVIRONMENT)


def show_check(terminal: Terminal, line: CheckResult) -> None:
    """Write one line for people, at once: what comes next may take long."""
    terminal.say(f"{_MARKS[line.state]}  {line.name}: {line.message}")
    if line.fix and line.state is not State.OK:
        terminal.say(f"         {line.fix}")
    terminal.out.file.flush()


def examination_of(lines: Sequence[CheckResult], *, is_well: bool) -> "wire.Examination":
    """Give an examination's answer."""
    from opside_desktop.contract import program as wire
    from opside_desktop.contract.wire import built

    checks = [built(wire.Check, line, fix=line.fix or None) for line in lines]
    return wire.Examination(success=is_well, checks=checks)
