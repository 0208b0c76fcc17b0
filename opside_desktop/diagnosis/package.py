"""The package: whether every part of the program came along, and its licence.

A package may lack a module which only a rarely used function imports. The names of all stand in the
byte code, so nobody has to keep a list of them.
"""

import asyncio
import dis
import importlib
import importlib.util
import pkgutil
import platform
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from types import CodeType

from opside_desktop.about.stamp import version_line
from opside_desktop.diagnosis.check import Unsound

_PACKAGE = "opside_desktop"

_RUN_BY_OTHERS = (f"{_PACKAGE}.store.schema.migrations.env",)
"""Alembic runs it; it cannot be imported."""

_EXTRA = "litestar"
_OF_THE_EXTRA = (f"{_PACKAGE}.api", _EXTRA, "jwt")

_LOADED_BY_NAME = ("anyio._backends._asyncio", "sqlalchemy.dialects.postgresql.asyncpg")
"""What libraries load by names that stand nowhere in our code."""

_KEY_STORES = {
    "linux": ("keyring.backends.SecretService", "secretstorage", "jeepney.io.blocking"),
    "darwin": ("keyring.backends.macOS", "keyring.backends.macOS.api"),
    "win32": ("keyring.backends.Windows", "win32ctypes.pywin32"),
}


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
    number, missing = _load_all()
    if missing:
        raise Unsound(f"{len(missing)} of {number} modules cannot be loaded: {'; '.join(missing)}.")
    return f"All {number} modules that the program names can be loaded."


async def check_licences() -> str:
    """See that every part of the program has its licence with it."""
    from opside_desktop.about.licences import all_components

    found = await asyncio.to_thread(all_components)
    silent = [each.name for each in found if not each.text]
    if silent:
        raise Unsound(f"The licences of these parts have no text: {', '.join(silent)}.")
    return f"About shows the licences of {len(found)} parts."


def _load_all() -> tuple[int, list[str]]:
    """Load everything; tells how many modules there were, and which are missing, and why."""
    names: dict[str, None] = dict.fromkeys((*_LOADED_BY_NAME, *_KEY_STORES.get(sys.platform, ())))
    missing: list[str] = []
    is_served = importlib.util.find_spec(_EXTRA) is not None
    for name in _own_modules():
        if not is_served and name.startswith(_OF_THE_EXTRA):
            continue
        if name not in _RUN_BY_OTHERS:
            names[name] = None
        names.update(dict.fromkeys(_named_in(name)))
    for name in names:
        if not is_served and name.startswith(_OF_THE_EXTRA):
            continue
        try:
            importlib.import_module(name)
        except Exception as error:  # noqa: BLE001  # a module's own code may raise anything
            missing.append(f"{name} ({type(error).__name__}: {error})")
    if not any(entry_points(group="keyring.backends")):
        missing.append("keyring (its list of key stores is not in the package)")
    return len(names), missing


def _own_modules() -> Iterator[str]:
    """Name every module of the program."""
    yield _PACKAGE
    paths = importlib.import_module(_PACKAGE).__path__
    for found in pkgutil.walk_packages(paths, f"{_PACKAGE}.", onerror=lambda _: None):
        if not found.name.endswith(".__main__"):
            yield found.name


def _named_in(name: str) -> Iterator[str]:
    spec = importlib.util.find_spec(name)
    loader = None if spec is None else spec.loader
    get_code: Callable[[str], CodeType | None] | None = getattr(loader, "get_code", None)
    code = None if get_code is None else get_code(name)
    if code is not None:
        yield from _imports_of(code)


def _imports_of(code: CodeType) -> Iterator[str]:
    """Find the absolute imports of some code and of the functions in it."""
    wanted: object = None
    for step in dis.get_instructions(code):
        if step.opname == "IMPORT_NAME":
            yield step.argval
            yield from _submodules(step.argval, wanted)
        wanted = step.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _imports_of(constant)


def _submodules(name: str, wanted: object) -> Iterator[str]:
    """Tell which names of `from name import wanted` are modules."""
    if not isinstance(wanted, tuple):
        return
    try:
        parent = importlib.import_module(name)
    except Exception:  # noqa: BLE001  # told when it is loaded itself
        return
    if not hasattr(parent, "__path__"):
        return
    for each in wanted:
        if each != "*" and not hasattr(parent, each):
            yield f"{name}.{each}"
