"""The package: whether every part of the program came along, and its licence."""

import asyncio
import platform
import sys

from opside_desktop.about.stamp import version_line
from opside_desktop.diagnosis.check import Unsound
from opside_desktop.diagnosis.imports import load_all


async def name_program() -> str:
    """Name what runs here, and on what."""
    return (
        f"Opside Desktop {version_line()}, Python {platform.python_version()}, "
        f"{platform.platform()}."
    )


async def name_package() -> str:
    """Name what runs here, and whether it was packaged."""
    packaged = "packaged" if getattr(sys, "frozen", False) else "not packaged"
    return f"Opside Desktop {version_line()}, {packaged}, Python {platform.python_version()}."


async def check_modules() -> str:
    """Load every module that the program names, also those that it loads late."""
    number, missing = load_all()
    if missing:
        named = "; ".join(missing)
        raise Unsound(f"{len(missing)} of {number} modules cannot be loaded: {named}.")
    return f"All {number} modules that the program names can be loaded."


async def check_licences() -> str:
    """See that every part of the program has its licence with it."""
    from opside_desktop.about.licences import all_components

    found = await asyncio.to_thread(all_components)
    silent = [each.name for each in found if not each.text]
    if silent:
        raise Unsound(f"The licences of these parts have no text: {', '.join(silent)}.")
    return f"About shows the licences of {len(found)} parts."
