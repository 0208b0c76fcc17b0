"""This computer: the data folder, the log, the environment, its certificates and its window."""

import asyncio
import shutil
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from opside_desktop.diagnosis.check import CheckResult, Doubtful, State, Unsound
from opside_desktop.domain.errors import SettingsFault
from opside_desktop.logs.file import MAX_BYTES
from opside_desktop.settings.environment import Settings
from opside_desktop.settings.home import prepare_home
from opside_desktop.settings.options import OPTIONS

LOW_DISK_BYTES: Final = 500 * 1024 * 1024
QT_S: Final = 30.0
"""So long Qt may take to be loaded."""


def check_home(settings: Settings) -> str:
    """See whether the data folder can be written and has room."""
    prepare_home(settings.home)
    try:
        free = shutil.disk_usage(settings.home).free
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise Doubtful(
            f"{settings.home} can be written; how much room it has cannot be told ({why})."
        ) from None
    room = f"{free / 1024**3:,.1f} GB free"
    if free < LOW_DISK_BYTES:
        raise Doubtful(f"{settings.home}: only {room}.", fix="Make room on the disk.")
    return f"{settings.home} can be written, {room}."


def check_log(settings: Settings, fault: SettingsFault | None) -> str:
    """Say where the log is, or why there is none (`fault`)."""
    path = settings.log_file
    if fault is not None:
        raise fault
    try:
        size = path.stat().st_size
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise Doubtful(f"{path}: {why}.", fix="Look at the data folder.") from None
    return (
        f"{path}, {size / 1000:,.0f} kB of at most {MAX_BYTES / 1000:,.0f}, "
        f"level {settings.log_level}."
    )


def check_environment(environ: Mapping[str, str], settings: Settings) -> list[CheckResult]:
    """Name the variables that are set, never their values, and what contradicts itself."""
    doubts: list[tuple[str, str]] = []
    known = {name for option in OPTIONS for name in option.names}
    found = sorted(name for name in known if environ.get(name, "").strip())
    unheeded = [
        name
        for option in OPTIONS
        for name in option.names
        if settings.demo and not option.in_demo and name in found
    ]
    text = f"Set: {', '.join(found)}." if found else "No variable of this program is set."
    if unheeded:
        text += f" The demo does not look at {', '.join(unheeded)}."
    for option in OPTIONS:
        values = {environ[name].strip() for name in option.names if environ.get(name, "").strip()}
        if len(values) > 1:
            differ = f"{' and '.join(option.names)} differ; {option.names[0]} counts."
            doubts.append((differ, "Unset one of them."))
    if settings.missing_secrets:
        missing = ", ".join(settings.missing_secrets)
        incomplete = f"Amazon's secrets are incomplete: {missing} missing."
        doubts.append((incomplete, "Set all three, or none."))
    warnings = [CheckResult("Environment", State.WARNING, *doubt) for doubt in doubts]
    return [CheckResult("Environment", State.OK, text), *warnings]


async def check_qt() -> str:
    """Load Qt in a process of its own: this one must work without."""
    if getattr(sys, "frozen", False):
        return "Qt is part of this package."
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "import PySide6.QtWidgets, PySide6; print(PySide6.__version__)",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(QT_S):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise Doubtful("Qt takes very long to load.", fix="Try again.") from None
    if process.returncode != 0:
        last = err.decode(errors="replace").strip().rpartition("\n")[2]
        raise Doubtful(
            f"Qt cannot be loaded: {last}. The commands work without it.",
            fix="Install the missing library to use the window.",
        )
    return f"Qt {out.decode().strip()} can be loaded."


async def check_certificates() -> str:
    """See that the system's store names somebody whose certificates are trusted."""
    import truststore

    # Truststore loads the system's authorities when a connection begins; this one never does.
    tls = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    line = tls.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost")
    if sys.platform == "darwin":
        return "The system's own check of certificates can be used."
    if sys.platform == "win32":
        found = len(ssl.enum_certificates("ROOT"))
    else:
        found = line.context.cert_store_stats()["x509_ca"] or _authorities_in_files()
    if not found:
        raise Unsound(
            "The system's store holds no certificate authority, so no server could be trusted.",
            fix="Install the system's certificates; on Debian, the package ca-certificates.",
        )
    return f"The system's store holds {found} certificate authorities."


def _authorities_in_files() -> int:
    """Count those that lie one in a file, which are loaded when a server names them."""
    folder = ssl.get_default_verify_paths().capath
    return len(list(Path(folder).glob("*.0"))) if folder else 0
