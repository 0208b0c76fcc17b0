"""The program's one entry point.

The window's way is the short one: it reads its few options itself, because the command line's
libraries would cost a tenth of a second that nobody needs to wait.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

NO_DISPLAY = """\
Opside Desktop cannot open its window, because this session has no display.

These commands work without one:
  opside-desktop sync                 copy claims, inventory and orders from Amazon
  opside-desktop status               show the running or the last sync
  opside-desktop history              show past syncs
  opside-desktop cancel SYNC_ID       stop a sync
  opside-desktop list claims          show stored rows (claims, inventory or orders)
  opside-desktop accounts             connect, test or remove seller accounts
  opside-desktop doctor               check this installation
  opside-desktop --demo               copy a simulated seller's data, to try it out
All of them: opside-desktop --help"""


@dataclass(slots=True)
class WindowOptions:
    """What may be said without a subcommand."""

    demo: bool = False
    read_only: bool = False
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


def has_display() -> bool:
    """Tell whether a window can be shown: elsewhere than on Linux and its kin, always."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(n) for n in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def open_window(options: WindowOptions) -> int:
    """Open the window, or say what works without one; return the exit code."""
    if not has_display():
        if options.demo:
            from opside_desktop.cli import run

            return run(["--demo", "sync"])
        sys.stderr.write(f"{NO_DISPLAY}\n")
        return 2
    from opside_desktop.app import run_window
    from opside_desktop.domain.errors import OpsideError
    from opside_desktop.settings import read_settings

    try:
        settings = read_settings(os.environ, demo=options.demo, user=options.user)
        return run_window(settings, read_only=options.read_only)
    except OpsideError as error:
        sys.stderr.write(f"{error.sentence}\n")
        return 2


def main() -> None:
    """Open the window, or run a command."""
    words = sys.argv[1:]
    options = window_options(words)
    if options is not None:
        sys.exit(open_window(options))
    from opside_desktop.cli import run

    sys.exit(run(words))


if __name__ == "__main__":
    main()
