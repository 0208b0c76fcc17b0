"""Who owns which piece of running work."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from opside_desktop.domain.errors import OpsideError

log = logging.getLogger(__name__)

Report = Callable[[BaseException], None]
"""Where a failure goes so that a person sees it."""

CLOSE_LIMIT_S = 2.0


class TaskOwner(QObject):
    """Runs coroutines under names, one at a time for each name, and ends them with its window.

    A failure is logged and reported once; being cancelled is a normal end and never reported.
    Belongs to the loop's thread.
    """

    failed = Signal(object)
    """Exception: a task of this owner ended with it."""

    drained = Signal()
    """The last running task has ended."""

    def __init__(self, parent: QObject, report: Report) -> None:
        super().__init__(parent)
        self._report = report
        self._tasks: dict[str, asyncio.Task[Any]] = {}
        self._leaving: set[asyncio.Task[Any]] = set()
        """Replaced tasks that were asked to stop, until they have."""
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self, key: str, coro: Coroutine[Any, Any, Any]) -> asyncio.Task[Any] | None:
        """Run `coro` under `key`. None (and `coro` closed) while that key is busy."""
        if self._closed or self.is_busy(key):
            coro.close()
            return None
        # Qt also delivers events between two runs of the loop; their work begins with the next.
        self._loop = _running_loop() or self._loop or asyncio.get_running_loop()
        task = self._loop.create_task(coro, name=key)
        self._tasks[key] = task
        task.add_done_callback(self._on_task_done)
        return task

    def replace(self, key: str, coro: Coroutine[Any, Any, Any]) -> asyncio.Task[Any] | None:
        """Run `coro` under `key`, cancelling what runs under it. None after `close`."""
        self.cancel(key)
        old = self._tasks.pop(key, None)
        if old is not None and not old.done():
            self._leaving.add(old)
        return self.start(key, coro)

    def debounce(
        self, key: str, delay_s: float, work: Callable[[], Coroutine[Any, Any, Any]]
    ) -> None:
        """Do `work` under `key`, once nobody has asked for it again for `delay_s` seconds."""

        async def rest_and_work() -> None:
            await asyncio.sleep(delay_s)  # a hand rests by no other clock
            await work()

        self.replace(key, rest_and_work())

    def is_busy(self, key: str) -> bool:
        """Tell whether something runs under `key`."""
        task = self._tasks.get(key)
        return task is not None and not task.done()

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs."""
        return not self._running()

    def _running(self) -> list[asyncio.Task[Any]]:
        return [task for task in (*self._tasks.values(), *self._leaving) if not task.done()]

    async def until_idle(self) -> None:
        """Wait until nothing runs."""
        while running := self._running():
            await asyncio.wait(running)

    def cancel(self, key: str) -> None:
        """Ask what runs under `key` to stop."""
        if self.is_busy(key):
            self._tasks[key].cancel()

    def cancel_all(self) -> None:
        """Ask everything to stop, and refuse anything new."""
        self._closed = True
        for key in list(self._tasks):
            self.cancel(key)

    async def close(self, limit_s: float = CLOSE_LIMIT_S) -> None:
        """Stop everything and wait for it, at most `limit_s` seconds."""
        self.cancel_all()
        if running := self._running():
            _, late = await asyncio.wait(running, timeout=limit_s)
            for task in late:
                log.warning("The task %s has not stopped within %.0f s.", task.get_name(), limit_s)

    def _on_task_done(self, task: asyncio.Task[Any]) -> None:
        key = task.get_name()
        self._leaving.discard(task)
        if self._tasks.get(key) is task:
            del self._tasks[key]
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._notify(key, error)
        if self.is_idle and isValid(self):
            self.drained.emit()

    def _notify(self, key: str, error: BaseException) -> None:
        if isinstance(error, OpsideError):
            log.warning("%s: %s", key, error)
        else:
            log.error("%s failed.", key, exc_info=error)
        # A task that did not stop in time may outlive its window.
        if isValid(self):
            self.failed.emit(error)
            self._report(error)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
