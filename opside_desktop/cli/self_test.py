"""The option `--self-test`."""

from opside_desktop.cli.doctor import examination_of, show_check
from opside_desktop.cli.terminal import Exit, Terminal
from opside_desktop.diagnosis.check import CheckResult


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
        show_check(terminal, line)

    is_well = check_all(show)
    terminal.answer(examination_of(lines, is_well=is_well))
    terminal.say("All is well." if is_well else "This program is not whole: install it again.")
    return Exit.DONE if is_well else Exit.FAILED
