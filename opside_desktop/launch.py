"""Opening the window, or saying what works where there is none. Imports nothing slow."""

import gc
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from opside_desktop.domain.errors import OpsideError
    from opside_desktop.program import Program
    from opside_desktop.settings.environment import Settings

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
  opside-desktop --demo               copy a sample seller's data, to try it out
All of them: opside-desktop --help"""


def has_display() -> bool:
    """Tell whether a window can be shown: elsewhere than on Linux and its kin, always."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(n) for n in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def open_window(*, demo: bool, read_only: bool, user: str | None) -> int:
    """Open the window until it is closed, or say why not; return the exit code."""
    if not has_display():
        _write(NO_DISPLAY)
        return 2
    # Nothing of what is loaded at the start is garbage: collecting in between takes longer than
    # some of the imports. The open window switches collecting on again.
    gc.disable()
    from opside_desktop.domain.errors import OpsideError
    from opside_desktop.settings.environment import read_settings

    try:
        settings = read_settings(os.environ, demo=demo, user=user)
        return _run_window(settings, read_only=read_only)
    except OpsideError as error:
        _write(error.sentence)
        if sys.stderr is None or not sys.stderr.isatty():
            _show(error)
        return 2


def _write(text: str) -> None:
    if sys.stderr is not None:  # a program without a console has none
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def _show(error: "OpsideError") -> None:
    """Tell in a window of its own what nobody reads on a terminal."""
    try:
        from opside_desktop.ui.life.fault_window import show_fault
    except ImportError:
        return  # the fault may be just that: Qt cannot be loaded
    show_fault(error)


def _run_window(settings: "Settings", *, read_only: bool) -> int:
    try:
        from opside_desktop.ui.life import application
    except ImportError as error:
        if not (error.name or "").startswith(("PySide6", "shiboken6")):
            raise
        from opside_desktop.domain.errors import EnvironmentFault

        raise EnvironmentFault(
            "The window cannot be opened, because Qt's libraries cannot be loaded.",
            why=f"The system says: {error}.",
            fix="Install what is missing, or use the commands that opside-desktop --help lists.",
        ) from None
    try:
        return application.run(settings, _open_program, read_only=read_only)
    finally:
        from opside_desktop.logs.file import stop_logging

        stop_logging()


def _open_program(settings: "Settings") -> "AbstractAsyncContextManager[Program]":
    """Load and open the program; called when the window has painted its first frame."""
    from opside_desktop.app import open_program, prepare

    fault = prepare(settings)
    if fault is not None:
        _write(f"{fault.sentence} Until then nothing is logged.")
    return open_program(settings)
