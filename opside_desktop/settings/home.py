"""The data folder: where it is, and that it can be written."""

import os
from collections.abc import Mapping
from pathlib import Path

from opside_desktop.domain.errors import SettingsFault
from opside_desktop.settings.options import HOME, given


def find_home(environ: Mapping[str, str]) -> Path:
    """Tell where the data folder is, made or not.

    Raises:
        SettingsFault: the variable that names it holds no path.
    """
    named = given(environ, HOME)
    if named is None:
        from platformdirs import user_data_path

        return user_data_path("opside-desktop", appauthor=False)
    name, value = named
    try:
        return Path(value).expanduser().absolute()
    except (RuntimeError, ValueError, OSError):
        raise SettingsFault(
            f"{name} does not name a folder.", fix="Give the full path of a folder."
        ) from None


def prepare_home(home: Path) -> None:
    """Make the data folder, readable by its owner only, and see that it can be written.

    Raises:
        SettingsFault: the folder cannot be made or written; the sentence says where and why.
    """
    probe = home / f".writable-{os.getpid()}"
    try:
        make_home(home)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise SettingsFault(
            f"The data folder {home} cannot be written.",
            why=f"The system says: {error.strerror or type(error).__name__}.",
            fix="Make it writable, or name another folder with OPSIDE_HOME.",
        ) from None


def make_home(home: Path) -> None:
    """Make the data folder, readable by its owner only.

    Raises:
        OSError: it cannot be made.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
