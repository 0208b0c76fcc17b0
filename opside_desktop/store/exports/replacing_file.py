"""A file that appears under its name only when it is whole. Blocking."""

import errno
import os
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from opside_desktop.domain.errors import FileFault

PREFIX = ".opside-export-"
"""How the folders begin in which files are made."""

FORGOTTEN_AFTER_S = 24 * 60 * 60
"""Where nothing was written for so long, the program was killed: a living export writes."""

_NO_ROOM = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_SQLITE = b"SQLite format 3\0"
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextmanager
def replaced(target: Path) -> Iterator[Path]:
    """Give an empty folder beside the target; the file `new` made in it becomes the target.

    The folder goes in any case, and with an exception everything in it: what stood under the
    target's name before then stays as it was.

    Raises:
        FileFault: the file cannot be written there; the sentence says why.
    """
    target = Path(os.path.realpath(target))
    with explained(target):
        if target.exists() and not stat.S_ISREG(target.stat().st_mode):
            raise FileFault(f"{target} is not a file.", fix="Choose another name.")
        if _is_database(target):
            raise FileFault(
                f"{target} is not replaced.",
                why="It belongs to a database, which would be lost.",
                fix="Choose another name.",
            )
        # Beside the target, because only within one disk a file changes its name at once.
        folder = target.with_name(f"{PREFIX}{token_hex(6)}")
        folder.mkdir(mode=0o700)
        _remove_forgotten(target.parent)
    try:
        yield folder
        with explained(target):
            _replace(folder / "new", target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_forgotten(parent: Path) -> None:
    """Remove what exports left that were killed: it may fill gigabytes that nobody sees."""
    # The system stamped them by its own clock.
    oldest = time.time() - FORGOTTEN_AFTER_S
    for folder in parent.glob(f"{PREFIX}*"):
        with suppress(OSError):
            if all(one.lstat().st_mtime < oldest for one in (folder, *folder.iterdir())):
                shutil.rmtree(folder, ignore_errors=True)


def _is_database(target: Path) -> bool:
    """Tell whether a file is an SQLite database, or what lies beside one and belongs to it."""
    name = target.name
    for ending in ("", "-wal", "-shm", "-journal"):
        file = target.with_name(name.removesuffix(ending))
        if name.endswith(ending) and file.name and file.is_file():
            with file.open("rb") as opened:
                if opened.read(len(_SQLITE)) == _SQLITE:
                    return True
    return False


def _replace(made: Path, target: Path) -> None:
    with made.open("rb+") as file:
        os.fsync(file.fileno())
    with suppress(FileNotFoundError):
        shutil.copymode(target, made)
    try:
        made.replace(target)
    except PermissionError:
        if sys.platform != "win32":
            raise
        raise FileFault(
            f"{target} cannot be replaced.",
            why="Another program, such as Excel, has it open.",
            fix="Close it there and export again, or choose another name.",
        ) from None
    with suppress(OSError):  # Windows opens no folders
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def explained(target: Path) -> Iterator[None]:
    """Raise FileFault in place of the system's errors."""
    try:
        yield
    except OSError as error:
        raise _fault(error, target) from error


def _fault(error: OSError, target: Path) -> FileFault:
    if error.errno in _NO_ROOM:
        why = "The disk is full."
        fix = "Free some space or choose another disk, then export again."
    elif error.errno in (errno.ENOENT, errno.ENOTDIR):
        why, fix = f"There is no folder {target.parent}.", "Make it, or choose another."
    elif error.errno in _FORBIDDEN:
        why = f"The folder {target.parent} may not be written."
        fix = "Choose a folder of your own."
    else:
        why = f"The system says: {error.strerror or type(error).__name__}."
        fix = "Choose another name or folder."
    return FileFault(f"{target} could not be written.", why=why, fix=fix)
