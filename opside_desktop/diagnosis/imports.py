"""Loads every module that the program's own code names, also those that it loads late.

A package may lack a module which only a rarely used function imports. The names stand in the byte
code, so nobody has to keep a list of them.
"""

import dis
import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from types import CodeType

PACKAGE = "opside_desktop"

_RUN_BY_OTHERS = (f"{PACKAGE}.store.schema.migrations.env",)
"""Alembic runs it; it cannot be imported."""

_EXTRA = "litestar"
_OF_THE_EXTRA = (f"{PACKAGE}.api", _EXTRA, "jwt")

_LOADED_BY_NAME = ("anyio._backends._asyncio", "sqlalchemy.dialects.postgresql.asyncpg")
"""What libraries load by names that stand nowhere in our code."""

_KEY_STORES = {
    "linux": ("keyring.backends.SecretService", "secretstorage", "jeepney.io.blocking"),
    "darwin": ("keyring.backends.macOS", "keyring.backends.macOS.api"),
    "win32": ("keyring.backends.Windows", "win32ctypes.pywin32"),
}


def load_all() -> tuple[int, list[str]]:
    """Load everything; tells how many modules there were, and which are missing, and why."""
    names: dict[str, None] = dict.fromkeys((*_LOADED_BY_NAME, *_KEY_STORES.get(sys.platform, ())))
    missing: list[str] = []
    is_served = importlib.util.find_spec(_EXTRA) is not None
    for name in own_modules():
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


def own_modules() -> Iterator[str]:
    """Name every module of the program."""
    yield PACKAGE
    paths = importlib.import_module(PACKAGE).__path__
    for found in pkgutil.walk_packages(paths, f"{PACKAGE}.", onerror=lambda _: None):
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
