"""The examination of an installation: which checks, in which order, and what hangs on what."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from functools import partial
from typing import TYPE_CHECKING, Final

from opside_desktop.app import open_program
from opside_desktop.diagnosis.amazon import check_amazon
from opside_desktop.diagnosis.check import Check, CheckResult, State, failed, run
from opside_desktop.diagnosis.computer import check_environment, check_home, check_log, check_qt
from opside_desktop.diagnosis.package import name_program
from opside_desktop.diagnosis.stores import check_key_store, check_open_database
from opside_desktop.domain.clock import SYSTEM_CLOCK, Clock
from opside_desktop.domain.errors import SettingsFault
from opside_desktop.settings.environment import Settings

if TYPE_CHECKING:
    from opside_desktop.program import Program


AMAZON_S: Final = 10.0
"""So long Amazon may take: somebody waits for it, and a network that is down is one."""

_PROGRAM: Final = Check("Program", name_program)
_WINDOW: Final = Check("Window", check_qt)


async def examine(
    settings: Settings,
    log_fault: SettingsFault | None,
    *,
    clock: Clock = SYSTEM_CLOCK,
    amazon_s: float = AMAZON_S,
) -> AsyncIterator[CheckResult]:
    """Run all checks, and give each line as soon as it is known.

    Whatever is broken, the list is finished: what cannot be checked because something before it
    failed says so.

    Args:
        log_fault: why nothing is logged, if so.
    """
    async for line in run(
        _PROGRAM,
        Check("Data folder", partial(asyncio.to_thread, check_home, settings)),
        Check("Log", partial(asyncio.to_thread, check_log, settings, log_fault)),
        Check("Environment", partial(asyncio.to_thread, check_environment, os.environ, settings)),
        _WINDOW,
    ):
        yield line
    async for line in _with_database(settings, clock, amazon_s):
        yield line


async def examine_without_settings(fault: SettingsFault) -> AsyncIterator[CheckResult]:
    """Check what hangs on no setting, where the environment holds one that cannot be used."""
    async for line in run(_PROGRAM):
        yield line
    yield failed("Environment", fault)
    async for line in run(_WINDOW):
        yield line
    for name in ("Data folder", "Log", "Database", "Key store", "Amazon"):
        yield _unchecked(name, "because of what the environment says")


async def _with_database(
    settings: Settings, clock: Clock, amazon_s: float
) -> AsyncIterator[CheckResult]:
    """Check what the open program can tell, or say why it could not be opened."""
    async with contextlib.AsyncExitStack() as stack:
        program: Program | None = None
        try:
            program = await stack.enter_async_context(open_program(settings, clock=clock))
        except SettingsFault as error:
            yield failed("Settings", error)
            yield _unchecked("Database", "because the settings that name it cannot be read")
        except Exception as error:  # noqa: BLE001  # said in the line, and the list goes on
            yield failed("Database", error)
        else:
            async for line in run(Check("Database", partial(check_open_database, program))):
                yield line
        async for line in run(Check("Key store", partial(check_key_store, program, settings))):
            yield line
        if program is None:
            yield _unchecked(
                "Amazon", "because the database that knows the account could not be opened"
            )
            return
        ask = partial(check_amazon, program, clock, amazon_s)
        async for line in run(Check("Amazon", ask)):
            yield line


def _unchecked(name: str, why: str) -> CheckResult:
    return CheckResult(name, State.WARNING, f"Not checked, {why}.")
