"""asyncio on Qt's loop keeps its promises."""

import asyncio
import sys
import threading
import time

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal

from opside_desktop.ui.life.loop import QtLoop
from tests.waiting import LIMIT_S, turns


async def test_tests_run_on_the_loop_of_the_window():
    assert isinstance(asyncio.get_running_loop(), QtLoop)


async def test_no_sleep_ends_early():
    for seconds in (0.0005, 0.003, 0.02, 0.05):
        start = time.monotonic()
        await asyncio.sleep(seconds)
        assert time.monotonic() - start >= seconds


async def test_a_cancelled_timer_lets_go_of_what_it_would_have_called():
    class Thing:
        def __call__(self):
            raise AssertionError("The timer was cancelled.")

    import weakref

    thing = Thing()
    gone = weakref.ref(thing)
    handle = asyncio.get_running_loop().call_later(3600, thing)
    handle.cancel()
    del thing, handle
    await turns()
    assert gone() is None


async def test_callbacks_run_in_the_order_of_their_calls():
    loop, seen = asyncio.get_running_loop(), []
    for number in range(5):
        loop.call_soon(seen.append, number)
    await turns()
    assert seen == [0, 1, 2, 3, 4]


async def test_a_callback_cancelled_in_the_same_turn_does_not_run():
    loop, seen = asyncio.get_running_loop(), []
    later: list[asyncio.Handle] = []
    loop.call_soon(lambda: later[0].cancel())
    later.append(loop.call_soon(seen.append, "ran"))
    await turns(3)
    assert seen == []


async def test_other_threads_wake_the_loop():
    loop, woken = asyncio.get_running_loop(), asyncio.Event()
    thread = threading.Thread(target=lambda: loop.call_soon_threadsafe(woken.set))
    thread.start()
    async with asyncio.timeout(LIMIT_S):
        await woken.wait()
    thread.join(LIMIT_S)


async def test_calls_from_threads_are_all_made(until):
    loop, seen = asyncio.get_running_loop(), []

    def call():
        for number in range(500):
            loop.call_soon_threadsafe(seen.append, number)

    threads = [threading.Thread(target=call) for _ in range(3)]
    for thread in threads:
        thread.start()
    await until(lambda: len(seen) == 1500)
    for thread in threads:
        thread.join(LIMIT_S)


async def test_qt_goes_on_while_tasks_keep_yielding():
    fired = []
    timer = QTimer()
    timer.setInterval(1)
    timer.timeout.connect(lambda: fired.append(1))
    timer.start()
    async with asyncio.timeout(LIMIT_S):
        while len(fired) < 10:
            await turns()
    timer.stop()


async def test_blocking_work_runs_beside_the_loop():
    assert await asyncio.to_thread(threading.get_ident) != threading.get_ident()


async def test_a_context_variable_reaches_its_callback():
    import contextvars

    variable = contextvars.ContextVar("variable")
    loop, seen = asyncio.get_running_loop(), []
    context = contextvars.copy_context()
    context.run(variable.set, "kept")
    loop.call_soon(lambda: seen.append(variable.get(None)), context=context)
    await turns(3)
    assert seen == ["kept"]


class Sender(QObject):
    sent = Signal(object)


def test_qt_calls_lose_no_reference_to_none(qapp):
    """PySide6 6.12 on Python before 3.12 drops one with every void call, until it crashes."""
    sender = Sender()
    sender.sent.connect(lambda value: None)
    QCoreApplication.processEvents()
    before = sys.getrefcount(None), sys.getrefcount(True)
    for _ in range(1000):
        QCoreApplication.processEvents()
        sender.sent.emit(None)
    lost = before[0] - sys.getrefcount(None), before[1] - sys.getrefcount(True)
    assert max(lost) < 100
