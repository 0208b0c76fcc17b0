"""Opening the window, or saying what works where there is none. Imports nothing slow."""

import os
import sys

NO_DISPLAY = """\
Opside Desktop cannot open its window, because this session has no display.

These commands work without one:
  opside-desktop sync                 copy claims, inventory and orders from Amazon
  opside-desktop status               show the running or the last sync
  opside-desktop history              show past syncs
  opside-desktop cancel SYNC_ID       stop a sync
  opside-desktop list claims          show stored rows (claims, inventory or orders)
  opside-desktop accounts             connect, test or remove seller accounts
  opside-desktop db                   look after the database
  opside-desktop doctor               check this installation
  opside-desktop --demo               copy a simulated seller's data, to try it out
All of them: opside-desktop --help"""


def has_display() -> bool:
    """Tell whether a window can be shown: elsewhere than on Linux and its kin, always."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(n) for n in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def open_window(*, demo: bool, read_only: bool, user: str | None) -> int:
    """Open the window until it is closed, or say why not; return the exit code."""
    if not has_display():
        sys.stderr.write(f"{NO_DISPLAY}\n")
        return 2
    from opside_desktop.app import run_window
    from opside_desktop.domain.errors import OpsideError
    from opside_desktop.settings import read_settings

    try:
        settings = read_settings(os.environ, demo=demo, user=user)
        return run_window(settings, read_only=read_only)
    except OpsideError as error:
        sys.stderr.write(f"{error.sentence}\n")
        return 2
