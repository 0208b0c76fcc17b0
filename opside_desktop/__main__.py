"""The program's one entry point.

The window's way is the short one: it reads its few options itself, because the command line's
libraries would cost a tenth of a second that nobody needs to wait.
"""

import sys
from collections.abc import Sequence

from opside_desktop.children import WRITE_WORKBOOK


class WindowOptions:
    """What may be said without a subcommand."""

    demo = False
    read_only = False
    user: str | None = None


def window_options(words: Sequence[str]) -> WindowOptions | None:
    """Read the window's options; None where anything else is among the words."""
    options = WindowOptions()
    left = iter(words)
    for word in left:
        if word == "--demo":
            options.demo = True
        elif word == "--read-only":
            options.read_only = True
        elif word.startswith("--user="):
            options.user = word.removeprefix("--user=")
        elif word == "--user":
            options.user = next(left, None)
            if options.user is None:
                return None
        else:
            return None
    return options


def main() -> None:
    """Open the window, or run a command."""
    from opside_desktop.launch import has_display, open_window

    words = sys.argv[1:]
    if words == [WRITE_WORKBOOK]:
        from opside_desktop.store.exports.workbook_process import write_workbook

        sys.exit(write_workbook())
    options = window_options(words)
    if options is not None and (has_display() or not options.demo):
        sys.exit(open_window(demo=options.demo, read_only=options.read_only, user=options.user))
    from opside_desktop.cli import run

    sys.exit(run(words))


if __name__ == "__main__":
    main()
