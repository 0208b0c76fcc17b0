"""Checks of this installation: each gives one line, and where something is wrong, what to do."""

import asyncio
import contextlib
import logging
import os
import platform
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from opside_desktop.about.stamp import version_line
from opside_desktop.domain.accounts import Account, CredentialSource
from opside_desktop.domain.clock import SYSTEM_CLOCK, Clock
from opside_desktop.domain.errors import (
    DatabaseFault,
    KeyStoreFault,
    NetworkDown,
    OpsideError,
    SettingsFault,
)
from opside_desktop.logs.bugs import log_bug
from opside_desktop.logs.file import MAX_BYTES
from opside_desktop.settings.environment import Settings
from opside_desktop.settings.home import prepare_home
from opside_desktop.settings.options import OPTIONS

if TYPE_CHECKING:
    from opside_desktop.app import Program
    from opside_desktop.domain.waits import Wait

LOW_DISK_BYTES = 500 * 1024 * 1024
CLOCK_OFF_S = 60.0
"""Amazon refuses times that lie in its future, and ours decide how far a sync reads."""


class DoctorTimings(NamedTuple):
    """How long an answer is waited for.

    Attributes:
        amazon_s: somebody waits for it, and a network that is down is one.
        qt_s: for Qt to be loaded.
    """

    amazon_s: float = 10.0
    qt_s: float = 30.0


SHIPPED: Final = DoctorTimings()
"""What the program goes by."""


log = logging.getLogger(__name__)


class State(StrEnum):
    """How a check ended. A warning harms nothing yet."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the examination."""

    name: str
    state: State
    message: str
    fix: str = ""


_Answer = Check | list[Check]


def failed(name: str, error: OpsideError, state: State = State.FAILED) -> Check:
    """Turn an error into a line."""
    message = " ".join(part for part in (error.what, error.why) if part)
    return Check(name, state, message, error.fix)


def check_program() -> Check:
    """Name what runs here."""
    return Check(
        "Program",
        State.OK,
        f"Opside Desktop {version_line()}, Python {platform.python_version()}, "
        f"{platform.platform()}.",
    )


def check_home(settings: Settings) -> Check:
    """See whether the data folder can be written and has room."""
    try:
        prepare_home(settings.home)
        free = shutil.disk_usage(settings.home).free
    except SettingsFault as error:
        return failed("Data folder", error)
    except OSError as error:
        why = error.strerror or type(error).__name__
        return Check(
            "Data folder",
            State.WARNING,
            f"{settings.home} can be written; how much room it has cannot be told ({why}).",
        )
    room = f"{free / 1024**3:,.1f} GB free"
    if free < LOW_DISK_BYTES:
        return Check(
            "Data folder", State.WARNING, f"{settings.home}: only {room}.", "Make room on the disk."
        )
    return Check("Data folder", State.OK, f"{settings.home} can be written, {room}.")


def check_log(settings: Settings, fault: SettingsFault | None) -> Check:
    """Say where the log is, or why there is none (`fault`)."""
    path = settings.log_file
    if fault is not None:
        return failed("Log", fault)
    try:
        size = path.stat().st_size
    except OSError as error:
        why = error.strerror or type(error).__name__
        return Check("Log", State.WARNING, f"{path}: {why}.", "Look at the data folder.")
    return Check(
        "Log",
        State.OK,
        f"{path}, {size / 1000:,.0f} kB of at most {MAX_BYTES / 1000:,.0f}, "
        f"level {settings.log_level}.",
    )


def check_environment(environ: Mapping[str, str], settings: Settings) -> list[Check]:
    """Name the variables that are set, never their values, and what contradicts itself."""
    lines: list[Check] = []
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
    lines.append(Check("Environment", State.OK, text))
    for option in OPTIONS:
        values = {environ[name].strip() for name in option.names if environ.get(name, "").strip()}
        if len(values) > 1:
            lines.append(
                Check(
                    "Environment",
                    State.WARNING,
                    f"{' and '.join(option.names)} differ; {option.names[0]} counts.",
                    "Unset one of them.",
                )
            )
    if settings.missing_secrets:
        lines.append(
            Check(
                "Environment",
                State.WARNING,
                f"Amazon's secrets are incomplete: {', '.join(settings.missing_secrets)} missing.",
                "Set all three, or none.",
            )
        )
    return lines


async def check_database(program: "Program") -> Check:
    """Name the open database, and what may only be read or travels in the open."""
    from opside_desktop.store.maintenance import describe

    db = program.db
    text = f"{db.url_for_people} is open and up to date ({await describe(db)})."
    if db.read_only is not None:
        return Check("Database", State.WARNING, f"{text} {db.read_only.why}", db.read_only.fix)
    if db.warning:
        return Check("Database", State.WARNING, f"{text} {db.warning}")
    return Check("Database", State.OK, text)


async def check_key_store(program: "Program | None", settings: Settings) -> Check:
    """Ask the key store something. It matters only to accounts whose secrets lie there."""
    from opside_desktop.accounts.key_store import KeyStore

    if settings.demo:
        return Check("Key store", State.OK, "The demo needs none.")
    try:
        name = await KeyStore().check()
    except KeyStoreFault as error:
        needed = False
        if program is not None:
            needed = any(
                program.connections.credential_source(account) is CredentialSource.KEYRING
                for account in await program.connections.accounts()
            )
        return failed("Key store", error, State.FAILED if needed else State.WARNING)
    return Check("Key store", State.OK, f"The {name} answers.")


async def check_amazon(program: "Program", clock: Clock, limit_s: float) -> list[Check]:
    """Exchange the user's permission, and compare this computer's clock with Amazon's."""
    account = await program.connections.account(program.settings.user)
    if account is None or program.connections.credential_source(account) is None:
        return [
            Check(
                "Amazon",
                State.WARNING,
                f"No account is connected for the user {program.settings.user}.",
                "Run `opside-desktop accounts add`.",
            )
        ]
    try:
        return await _ask_amazon(program, account, clock, limit_s)
    except KeyStoreFault:
        # What is wrong with the key store has its own line.
        text = "Amazon was not asked, because the account's secrets lie in the key store."
        return [Check("Amazon", State.WARNING, text)]
    except OpsideError as error:
        return [failed("Amazon", error)]


async def _ask_amazon(
    program: "Program", account: Account, clock: Clock, limit_s: float
) -> list[Check]:
    waits: list[Wait] = []
    async with await program.connections.open(account) as session:
        try:
            async with asyncio.timeout(limit_s):
                await session.sign_in(lambda wait: waits.append(wait) if wait else None)
        except TimeoutError:
            raise NetworkDown(
                f"Amazon did not answer within {limit_s:g} seconds.",
                why=waits[-1].why if waits else "",
                fix="See whether this computer is online, and whether a firewall or a proxy stands "
                "in between.",
            ) from None
        off_s = clock.now() - session.now().timestamp()
    source = program.connections.credential_source(account)
    host = program.connections.endpoint(account)
    mark = f" MOCK ({host.mock_scenario})." if host.is_mock else ""
    lines = [
        Check("Amazon", State.OK, f"The permission is accepted (secrets from the {source}).{mark}")
    ]
    if abs(off_s) > CLOCK_OFF_S:
        way = "ahead of" if off_s > 0 else "behind"
        lines.append(
            Check(
                "Clock",
                State.FAILED,
                f"This computer's clock is {abs(off_s):,.0f} s {way} Amazon's.",
                "Let the system set the clock from the network.",
            )
        )
    else:
        lines.append(Check("Clock", State.OK, "This computer's clock agrees with Amazon's."))
    return lines


async def check_window(limit_s: float = SHIPPED.qt_s) -> Check:
    """Load Qt in a process of its own: this one must work without."""
    if getattr(sys, "frozen", False):
        return Check("Window", State.OK, "Qt is part of this package.")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "import PySide6.QtWidgets, PySide6; print(PySide6.__version__)",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(limit_s):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return Check("Window", State.WARNING, "Qt takes very long to load.", "Try again.")
    if process.returncode != 0:
        last = err.decode(errors="replace").strip().rpartition("\n")[2]
        return Check(
            "Window",
            State.WARNING,
            f"Qt cannot be loaded: {last}. The commands work without it.",
            "Install the missing library to use the window.",
        )
    return Check("Window", State.OK, f"Qt {out.decode().strip()} can be loaded.")


async def examine(
    settings: Settings,
    log_fault: SettingsFault | None,
    *,
    clock: Clock = SYSTEM_CLOCK,
    timings: DoctorTimings = SHIPPED,
) -> AsyncIterator[Check]:
    """Run all checks, and give each line as soon as it is known.

    Whatever is broken, the list is finished: what cannot be checked because something before it
    failed says so.

    Args:
        log_fault: why nothing is logged, if so.
    """
    yield check_program()
    for name, check in (
        ("Data folder", lambda: [check_home(settings)]),
        ("Log", lambda: [check_log(settings, log_fault)]),
        ("Environment", lambda: check_environment(os.environ, settings)),
        ("Window", lambda: check_window(timings.qt_s)),
    ):
        for line in await _checked(name, check):
            yield line
    async for line in _with_database(settings, clock, timings):
        yield line


async def examine_without_settings(fault: SettingsFault) -> AsyncIterator[Check]:
    """Check what hangs on no setting, where the environment holds one that cannot be used."""
    yield check_program()
    yield failed("Environment", fault)
    for line in await _checked("Window", check_window):
        yield line
    for name in ("Data folder", "Log", "Database", "Key store", "Amazon"):
        yield Check(name, State.WARNING, "Not checked, because of what the environment says.")


async def _with_database(
    settings: Settings, clock: Clock, timings: DoctorTimings
) -> AsyncIterator[Check]:
    """Check what the open program can tell, or say why it could not be opened."""
    from opside_desktop.app import open_program

    async with contextlib.AsyncExitStack() as stack:
        program: Program | None = None
        try:
            program = await stack.enter_async_context(open_program(settings))
        except SettingsFault as error:
            yield failed("Settings", error)
            why = "Not checked, because the settings that name it cannot be read."
            yield Check("Database", State.WARNING, why)
        except (DatabaseFault, KeyStoreFault) as error:
            yield failed("Database", error)
        except Exception as error:  # noqa: BLE001  # the list goes on
            yield failed("Database", log_bug(log, "The database could not be opened.", error))
        else:
            for line in await _checked("Database", lambda: check_database(program)):
                yield line
        for line in await _checked("Key store", lambda: check_key_store(program, settings)):
            yield line
        if program is None:
            yield Check(
                "Amazon",
                State.WARNING,
                "Not checked, because the database that knows the account could not be opened.",
            )
            return
        limit_s = timings.amazon_s
        for line in await _checked("Amazon", lambda: check_amazon(program, clock, limit_s)):
            yield line


async def _checked(name: str, check: Callable[[], _Answer | Awaitable[_Answer]]) -> list[Check]:
    """Give the lines of one check, which may fail in any way."""
    try:
        found = check()
        lines = await found if isinstance(found, Awaitable) else found
    except OpsideError as error:
        return [failed(name, error)]
    except Exception as error:  # noqa: BLE001  # the list goes on
        return [failed(name, log_bug(log, f"The check of {name} failed.", error))]
    return [lines] if isinstance(lines, Check) else lines
