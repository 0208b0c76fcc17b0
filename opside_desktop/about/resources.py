"""Finds the files that ship with the program."""

import sys
from pathlib import Path
from typing import Final

import opside_desktop

BUNDLE: Final[str | None] = getattr(sys, "_MEIPASS", None)
"""The folder of a frozen program's files; None where it is not frozen."""


def resource(name: str, bundle: str | None = BUNDLE) -> Path:
    """Give the path of a shipped file, such as `icons/check.svg`.

    In an installed package the files lie inside it, in a checkout beside it, and in a frozen
    program in the folder of its bundle.

    Raises:
        FileNotFoundError: the installation lacks that file.
    """
    package = Path(opside_desktop.__file__).parent
    roots = [package / "resources", package.parent / "resources"]
    if bundle is not None:
        roots.insert(0, Path(bundle) / "resources")
    for root in roots:
        if (path := root / name).is_file():
            return path
    raise FileNotFoundError(f"The program's file {name} is missing. Install the program again.")
