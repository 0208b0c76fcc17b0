"""Holds what a text tells people or machines to run against what there is."""

import os
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FILE = re.compile(r"[\w.-]+(?:[/\\][\w.-]+)+|\b[\w-]+\.(?:spec|py|txt|toml)\b")
_MAKE = re.compile(r"(?:^|&&)\s*make ([\w-]+)", re.MULTILINE)
_MADE = ("dist", "build", ".venv", "all")
"""Folders that building makes."""


def missing(text: str) -> list[str]:
    """Name the files, folders and targets of `make` in commands that are not there.

    A file that is run by its name must also be one that can be run, where the system asks for that.
    """
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    lost = [f"make {name}" for name in _MAKE.findall(text) if name not in targets]
    for name in _FILE.findall(text):
        path = ROOT / name.replace("\\", "/")
        if path.relative_to(ROOT).parts[0] in _MADE or not is_ours(name):
            continue
        if not path.exists():
            lost.append(name)
        elif re.search(rf"^\s*(?:- run: )?{re.escape(name)}", text, re.MULTILINE):
            is_started = path.suffix in ("", ".sh") and path.is_file()
            if is_started and not os.access(path, os.X_OK):
                lost.append(f"{name} cannot be run")
    return lost


def is_ours(name: str) -> bool:
    """Tell a file of this source from other words with a slash or a dot."""
    first = re.split(r"[/\\]", name)[0]
    return (ROOT / first).exists() or Path(name).suffix in (".spec", ".py", ".toml")
