"""The self-test of a program: which checks, in which order, in a folder that goes away."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from functools import partial

from opside_desktop.app import open_program, prepare
from opside_desktop.diagnosis.check import Check, CheckResult, State, failed, run
from opside_desktop.diagnosis.computer import check_certificates
from opside_desktop.diagnosis.package import check_licences, check_modules, name_package
from opside_desktop.diagnosis.sample import check_api, check_export, check_sync, check_window
from opside_desktop.diagnosis.stores import check_new_database, try_key_store
from opside_desktop.domain.errors import EnvironmentFault
from opside_desktop.logs.file import stop_logging
from opside_desktop.settings.environment import Settings, read_settings


def check_all(show: Callable[[CheckResult], None]) -> bool:
    """Run all checks in a folder of their own; `show` gets each line at once.

    Tells whether everything is well. To be called outside any event loop.

    Raises:
        EnvironmentFault: there is no place for temporary files.
    """
    is_well = True

    def note(line: CheckResult) -> None:
        nonlocal is_well
        is_well &= line.state is State.OK
        show(line)

    async def headless(settings: Settings) -> None:
        async for line in _examine_headless(settings):
            note(line)

    with _temporary_home() as folder:
        # The sample seller's settings, whatever the environment says.
        settings = read_settings({"OPSIDE_HOME": folder}, demo=True, user=None)
        asyncio.run(headless(settings))
        try:
            note(CheckResult("Window", State.OK, check_window(settings)))
        except Exception as error:  # noqa: BLE001  # said in the line, and the test has failed
            note(failed("Window", error))
        stop_logging()
    return is_well


def _temporary_home() -> "tempfile.TemporaryDirectory[str]":
    try:
        return tempfile.TemporaryDirectory(prefix="opside-self-test-", ignore_cleanup_errors=True)
    except OSError as error:
        raise EnvironmentFault(
            "The self-test found no place for its temporary files.",
            why=f"The system says: {error.strerror or type(error).__name__}.",
            fix="Make room on the disk, or name another folder with TMPDIR.",
        ) from None


async def _examine_headless(settings: Settings) -> AsyncIterator[CheckResult]:
    async for line in run(
        Check("Program", name_package),
        # Not in a thread: the window's modules are loaded by the thread that shows the window.
        Check("Modules", check_modules),
        Check("Licences", check_licences),
        Check("Key store", try_key_store),
        Check("Certificates", check_certificates),
    ):
        yield line
    try:
        if (fault := prepare(settings)) is not None:
            raise fault
        async with open_program(settings) as program:
            async for line in run(
                Check("Database", partial(check_new_database, program)),
                Check("Sync", partial(check_sync, program)),
                Check("Export", partial(check_export, program, settings)),
                Check("HTTP API", partial(check_api, program)),
            ):
                yield line
    except Exception as error:  # noqa: BLE001  # said in the line, and the test has failed
        yield failed("Database", error)
