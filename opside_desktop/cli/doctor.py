"""The command `doctor`."""

from collections.abc import Sequence
from typing import Any

import typer

from opside_desktop.cli.running import run_async, settings_of
from opside_desktop.cli.terminal import Demo, Exit, Json, Terminal, User, scope_of
from opside_desktop.doctor import Check, State, examine

_MARKS = {State.OK: "ok     ", State.WARNING: "warning", State.FAILED: "FAILED "}


def doctor(
    ctx: typer.Context, demo: Demo = False, user: User = None, as_json: Json = False
) -> None:
    """Check this installation: folder, database, key store, clock, environment, window.

    Names of variables are shown, never their values. Exit code 2 if something must be mended.
    """
    scope = scope_of(ctx, demo, user, as_json)
    settings = settings_of(scope)
    terminal = Terminal(as_json=scope.as_json)
    lines: list[Check] = []

    async def main() -> int:
        async for line in examine(settings):
            lines.append(line)
            show_check(terminal, line)
        return Exit.DONE

    run_async(main)
    healthy = all(line.state is not State.FAILED for line in lines)
    if scope.as_json:
        terminal.answer(check_answer(lines, is_well=healthy))
    raise typer.Exit(Exit.DONE if healthy else Exit.ENVIRONMENT)


def show_check(terminal: Terminal, line: Check) -> None:
    """Write one line for people, at once: what comes next may take long."""
    terminal.say(f"{_MARKS[line.state]}  {line.name}: {line.message}")
    if line.fix and line.state is not State.OK:
        terminal.say(f"         {line.fix}")
    terminal.out.file.flush()


def check_answer(lines: Sequence[Check], *, is_well: bool) -> dict[str, Any]:
    """Give the JSON document of an examination."""
    return {
        "success": is_well,
        "checks": [
            {
                "name": line.name,
                "state": line.state,
                "message": line.message,
                "fix": line.fix or None,
            }
            for line in lines
        ],
    }
