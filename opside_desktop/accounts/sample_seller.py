"""The demo's Amazon: the built-in simulator, a child process that lives as long as this one."""

import asyncio
import contextlib
import logging
import os
import re
from datetime import date, timedelta
from pathlib import Path

from opside_desktop.accounts.timings import AccountTimings
from opside_desktop.children import NO_CONSOLE, bare_environment, own_command
from opside_desktop.domain.clock import Clock, utc
from opside_desktop.domain.errors import EnvironmentFault
from opside_desktop.settings.environment import Settings

log = logging.getLogger(__name__)

_URL = re.compile(rb"http://127\.0\.0\.1:\d+")


class DemoSimulator:
    """Starts the simulator at first need and ends it at `close`.

    The child holds the read end of a pipe from us and ends when that closes, so it does not
    outlive this program even where this program is killed.
    """

    def __init__(self, settings: Settings, clock: Clock, timings: AccountTimings) -> None:
        self._settings = settings
        self._clock = clock
        self._timings = timings
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._url: str | None = None
        self._starting = asyncio.Lock()

    async def url(self) -> str:
        """Give the simulator's base URL, starting it if it does not run.

        Raises:
            EnvironmentFault: it did not start in time.
        """
        async with self._starting:
            if self._url is None or self._process is None or self._process.returncode is not None:
                await self.close()
                self._url = await self._start()
            return self._url

    async def close(self) -> None:
        """End the simulator and wait until it has gone."""
        process, self._process, self._url = self._process, None, None
        if process is not None:
            if process.stdin is not None:
                process.stdin.close()
            for end in (None, process.terminate, process.kill):
                with contextlib.suppress(TimeoutError, ProcessLookupError):
                    if end is not None:
                        end()
                    async with asyncio.timeout(self._timings.seller_end_s):
                        await process.wait()
                    break
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reader

    async def _start(self) -> str:
        epoch = demo_epoch(self._settings.home, utc(self._clock.now()).date())
        options = {
            "--port": "0",
            "--scenario": self._settings.scenario,
            "--epoch": epoch.isoformat(),
            "--time-scale": f"{self._settings.time_scale:g}",
        }
        words = [word for option in options.items() for word in option]
        # Ctrl-C in a terminal reaches the whole group, on Windows all who share the console: the
        # child must not die of it before the sync that talks to it has ended.
        self._process = await asyncio.create_subprocess_exec(
            *own_command(),
            "simulator",
            *words,
            "--until-eof",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            creationflags=NO_CONSOLE,
            env={**bare_environment(), "PYTHONUNBUFFERED": "1"},
        )
        announced: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._reader = asyncio.create_task(self._read(self._process, announced), name="simulator")
        try:
            async with asyncio.timeout(self._timings.seller_start_s):
                url = await announced
        except (TimeoutError, EOFError):
            await self.close()
            raise EnvironmentFault(
                "The sample seller of the demo did not start.",
                why="Another program, such as a firewall, may keep it from listening on this "
                "computer.",
                fix="The log holds what it said; try again.",
            ) from None
        except asyncio.CancelledError:
            await self.close()
            raise
        scenario = self._settings.scenario
        log.info("The sample seller (%s, epoch %s) answers at %s.", scenario, epoch, url)
        return url

    async def _read(
        self, process: asyncio.subprocess.Process, announced: asyncio.Future[str]
    ) -> None:
        """Find the address in what the simulator says, and keep its pipe from filling up."""
        assert process.stdout is not None  # noqa: S101  # asked for above
        while line := await process.stdout.readline():
            if announced.done():
                continue
            if found := _URL.search(line):
                announced.set_result(found[0].decode())
            else:
                log.warning("The simulator says: %s", line.decode(errors="replace").rstrip())
        if not announced.done():
            announced.set_exception(EOFError())


def demo_epoch(folder: Path, today: date) -> date:
    """Give the midnight all of the demo's data lies before; chosen and kept at first use.

    The first epoch is Monday of last week, so that the demo shows recent dates, and stays, so that
    its rows do not change from one week to the next.
    """
    path = folder / "epoch"
    with contextlib.suppress(OSError, ValueError):
        return date.fromisoformat(path.read_text(encoding="ascii").strip())
    epoch = today - timedelta(days=today.weekday() + 7)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text(epoch.isoformat(), encoding="ascii")
    draft.replace(path)
    return epoch
