"""Lets build.spec run as on another system, in a copy of the source."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.waiting import LIMIT_S

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Built:
    """What build.spec asked PyInstaller for. `root` is the copy of the source."""

    root: Path
    programs: list[dict[str, Any]]
    folder: dict[str, Any]
    bundle: dict[str, Any] | None


def dry_build(platform: str, folder: Path, **environment: str) -> Built:
    """Run it; see dry_build.py."""
    for name in ("opside_desktop", "resources"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("build.spec", "LICENSE"):
        shutil.copyfile(ROOT / name, folder / name)
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("dry_build.py"), platform],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    assert done.returncode == 0, done.stderr
    return Built(root=folder, **json.loads(done.stdout.splitlines()[-1]))
