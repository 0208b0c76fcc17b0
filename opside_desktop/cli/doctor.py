"""The command `doctor`, and the option `--self-test`."""

import os
from collections.abc import Sequence

import typer

from opside_desktop.app import prepare
from opside_desktop.cli.execute import run_async
from opside_desktop.cli.terminal import Exit, Scope, Terminal, with_scope
from opside_desktop.diagnosis.check import CheckResult, State
from opside_desktop.domain.errors import SettingsFault
from opside_desktop.settings.environment import read_settings

_MARKS = {State.OK: "ok     ", State.WARNING: "warning", State.FAILED: "FAILED "}


@with_scope
def doctor(scope: Scope) -> None:
    """Check this installation: folder, database, key store, clock, environment, window.

    Names of variables are shown, never their values. Amazon has ten seconds to answer. Exit code 2
    if something must be mended.
    """
    from opside_desktop.diagnosis.doctor import examine, examine_without_settings

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
            _show(terminal, line)

    run_async(main())
    healthy = all(line.state is not State.FAILED for line in lines)
    _answer(terminal, lines, is_well=healthy)
    raise typer.Exit(Exit.DONE if healthy else Exit.ENVIRONMENT)


def self_test(*, as_json: bool) -> int:
    """Run the self-test, show each line at once, and give the exit code.

    Raises:
        EnvironmentFault: there is no place for temporary files.
    """
    from opside_desktop.diagnosis.self_test import check_all

    terminal = Terminal(as_json=as_json)
    lines: list[CheckResult] = []

    def show(line: CheckResult) -> None:
        lines.append(line)
        _show(terminal, line)

    is_well = check_all(show)
    _answer(terminal, lines, is_well=is_well)
    terminal.say("All is well." if is_well else "This program is not whole: install it again.")
    return Exit.DONE if is_well else Exit.FAILED


def _show(terminal: Terminal, line: CheckResult) -> None:
    """Write one line for people, at once: what comes next may take long."""
    terminal.say(f"{_MARKS[line.state]}  {line.name}: {line.message}")
    if line.fix and line.state is not State.OK:
        terminal.say(f"         {line.fix}")
    terminal.out.file.flush()


def _answer(terminal: Terminal, lines: Sequence[CheckResult], *, is_well: bool) -> None:
    from opside_desktop.contract.program import Check, Examination
    from opside_desktop.contract.wire import built

    checks = [built(Check, line, fix=line.fix or None) for line in lines]
    terminal.answer(Examination(success=is_well, checks=checks))
