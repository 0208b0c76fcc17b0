"""Which build this is: commit and day, which the package's build leaves beside this module."""

import json
from pathlib import Path

from opside_desktop import __version__

FILE = "build.json"


def version_line() -> str:
    """Give the version, and in a packaged program also the build: `0.1.0 (1a2b3c4, 2026-11-23)`."""
    build = build_stamp()
    return f"{__version__} ({build})" if build else __version__


def build_stamp() -> str | None:
    """Give the commit and the day of the source, or None where the program was not packaged."""
    try:
        found = json.loads(Path(__file__).with_name(FILE).read_bytes())
        return f"{found['commit']}, {found['date']}"
    except (OSError, ValueError, KeyError, TypeError):
        return None
