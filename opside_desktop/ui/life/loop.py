"""The event loop of the window: asyncio on Qt's own loop.

qasync does the joining. Three of its habits are cured here, all measured: its timers wake up to
24 ms early (coarse Qt timers, milliseconds cut off), a cancelled timer stays alive until its time
(httpx makes two for every request), and every `call_soon` costs a Qt timer.
"""

import asyncio
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from contextvars import Context
from typing import Any

import qasync
from PySide6.QtCore import QObject, Qt, QTimerEvent, Signal
from PySide6.QtWidgets import QApplication
from shiboken6 import delete, isValid

from opside_desktop.ui.kit.override import override

MAX_TIMER_MS = 24 * 60 * 60 * 1000
"""Longer waits are slept in days: Qt counts milliseconds in 31 bits."""


TURN_S = 0.004
"""After so long, what else is ready waits until Qt has painted and heard its timers."""


class _Alarms(QObject):
    """All waiting callbacks of one loop: those due now, in order, and those due later."""

    wake = Signal()

    def __init__(self, is_loop_running: Callable[[], bool]) -> None:
        super().__init__()
        self._is_loop_running = is_loop_running
        self._ready: deque[asyncio.Handle] = deque()
        self._ready_timer = 0
        self._later: dict[int, asyncio.TimerHandle] = {}
        self._ids: dict[asyncio.TimerHandle, int] = {}
        self.wake.connect(self._arm, Qt.ConnectionType.QueuedConnection)

    def soon(self, handle: asyncio.Handle) -> None:
        self._ready.append(handle)
        self._arm()

    def soon_from_any_thread(self, handle: asyncio.Handle) -> None:
        self._ready.append(handle)
        self.wake.emit()

    def at(self, handle: asyncio.TimerHandle) -> None:
        delay_ms = math.ceil((handle.when() - time.monotonic()) * 1000)
        timer = self.startTimer(min(max(delay_ms, 0), MAX_TIMER_MS), Qt.TimerType.PreciseTimer)
        self._later[timer] = handle
        self._ids[handle] = timer

    def drop(self, handle: asyncio.TimerHandle) -> None:
        timer = self._ids.pop(handle, None)
        if timer is not None:
            self.killTimer(timer)
            del self._later[timer]

    def clear(self) -> None:
        for timer in self._later:
            self.killTimer(timer)
        self._later.clear()
        self._ids.clear()
        self._ready.clear()
        if self._ready_timer:
            self.killTimer(self._ready_timer)
            self._ready_timer = 0

    def _arm(self) -> None:
        if self._ready and not self._ready_timer:
            self._ready_timer = self.startTimer(0)

    @override
    def timerEvent(self, event: QTimerEvent) -> None:
        if not self._is_loop_running():
            # Qt's events are handled without asyncio's loop: the timer comes again.
            return
        timer = event.timerId()
        if timer == self._ready_timer:
            self._run_ready()
            return
        handle = self._later.get(timer)
        if handle is None:
            self.killTimer(timer)
            return
        self.drop(handle)
        if handle.when() > time.monotonic():
            self.at(handle)
            return
        handle._run()  # noqa: SLF001 - this is how an asyncio loop runs a handle

    def _run_ready(self) -> None:
        # Only what was ready when the turn began, and no longer than a turn: Qt goes in between.
        end = time.monotonic() + TURN_S
        for _ in range(len(self._ready)):
            if not self._ready or time.monotonic() > end:
                break
            handle = self._ready.popleft()
            if not handle.cancelled():
                handle._run()  # noqa: SLF001 - as above
        if not self._ready and self._ready_timer:
            self.killTimer(self._ready_timer)
            self._ready_timer = 0
            # Another thread may have appended between the look and the kill.
            self._arm()


class QtLoop(qasync.QEventLoop):  # type: ignore[misc]  # qasync builds its class at run time
    """An asyncio loop that runs in Qt's, never wakes early and forgets cancelled timers."""

    def __init__(self, app: QApplication) -> None:
        self._alarms = _Alarms(self.is_running)
        self._thread = threading.get_ident()
        super().__init__(app)

    def call_soon(
        self, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """Run `callback` on the next turn of the loop."""
        self._check_closed()
        handle = asyncio.Handle(callback, args, self, context)
        self._alarms.soon(handle)
        return handle

    def call_soon_threadsafe(
        self, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """Run `callback` on the next turn; the only method that other threads may call."""
        self._check_closed()
        handle = asyncio.Handle(callback, args, self, context)
        if threading.get_ident() == self._thread:
            self._alarms.soon(handle)
        else:
            self._alarms.soon_from_any_thread(handle)
        return handle

    def call_at(
        self, when: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Run `callback` at `when`, in seconds of the loop's own clock."""
        self._check_closed()
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        self._alarms.at(handle)
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        self._alarms.drop(handle)

    # As asyncio does it, by `call_at`, and with exceptions that nobody awaits.
    call_later = asyncio.BaseEventLoop.call_later
    set_exception_handler = asyncio.BaseEventLoop.set_exception_handler
    default_exception_handler = asyncio.BaseEventLoop.default_exception_handler
    call_exception_handler = asyncio.BaseEventLoop.call_exception_handler

    def close(self) -> None:
        """Forget every waiting callback and release the loop."""
        super().close()
        if isValid(self._alarms):
            self._alarms.clear()
            # Here and now: the garbage collector may run in any thread, and a timer that is
            # destroyed in another one than its own takes the program down.
            delete(self._alarms)
