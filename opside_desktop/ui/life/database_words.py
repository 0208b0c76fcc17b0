"""What the status line says about the database."""

import asyncio
from pathlib import Path

from opside_desktop.ui.program.services import Services


async def database_words(services: Services) -> str:
    """Give a file's size, or a server's address without its password; empty where unknown."""
    file = services.db.file
    if file is None:
        return services.db.shown_address
    try:
        return services.formats.size(await asyncio.to_thread(_size_of, file))
    except OSError:
        return ""


def _size_of(path: Path) -> int:
    parts = [path, path.with_name(path.name + "-wal")]
    return sum(part.stat().st_size for part in parts if part.exists())
