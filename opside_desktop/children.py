"""Processes of our own: how this program starts itself again for a piece of work."""

import os
import sys

NO_CONSOLE = 0x0800_0000 if sys.platform == "win32" else 0
"""On Windows a child would open a console of its own, or share that of a terminal.

Windows' CREATE_NO_WINDOW, which `subprocess` names too: the window's start does without that.
"""

WRITE_WORKBOOK = "write-workbook"
"""The word by which the program starts itself to write a workbook; no command for people."""

_SETTINGS = ("OPSIDE_", "AMAZON_", "DATABASE_URL", "JWT_SECRET", "MOCK_SCENARIO")


def own_command() -> list[str]:
    """Give the words that start this program, installed or packaged."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    return [sys.executable, "-m", "opside_desktop"]


def bare_environment() -> dict[str, str]:
    """Give the environment without our settings: such a child needs neither them nor a secret."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_SETTINGS)}
