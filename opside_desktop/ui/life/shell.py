"""Runs asyncio in Qt's loop and keeps the program open behind the window."""

import asyncio
import gc
import logging
import signal
import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication

from opside_desktop.domain.clock import SYSTEM_CLOCK, Clock
from opside_desktop.domain.errors import OpsideError
from opside_desktop.settings.environment import Settings
from opside_desktop.ui.frame.main_window import Appearance, MainWindow
from opside_desktop.ui.kit.tasks import TaskOwner
from opside_desktop.ui.kit.timings import SHIPPED, WindowTimings
from opside_desktop.ui.life.leaving import Leaving
from opside_desktop.ui.life.loop import QtLoop
from opside_desktop.ui.program.serving import Serving

if TYPE_CHECKING:
    from opside_desktop.program import Program
    from opside_desktop.ui.life.controller import WindowController
    from opside_desktop.ui.program.services import OpenProgram
    from opside_desktop.ui.program.updates import Updates
    from opside_desktop.updates.signed_news import ReleaseNews

log = logging.getLogger(__name__)


def run_window(
    app: QApplication,
    window: MainWindow,
    appearance: Appearance,
    settings: Settings,
    open_program: "OpenProgram",
    *,
    read_only: bool,
) -> int:
    """Open the program behind a shown window and run both until the window closes.

    Gives the exit code: 2 where the window closes without having been able to open the program.
    """
    shell = Shell(window, appearance, settings, open_program, read_only=read_only)
    shell.opened.connect(_settle)
    with asyncio.Runner(loop_factory=lambda: QtLoop(app)) as runner:
        runner.run(_until_closed(app, window, shell))
    window.save_layout()
    window.deleteLater()
    return 2 if isinstance(shell.fault, OpsideError) else 0


async def _until_closed(app: QApplication, window: MainWindow, shell: "Shell") -> None:
    closing = asyncio.Event()
    loop = asyncio.get_running_loop()
    window.closed.connect(closing.set)
    # Nobody is asked: who ends the session, or the process, has decided.
    app.commitDataRequest.connect(closing.set)
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, closing.set)
        except NotImplementedError:  # Windows' loop knows no signals
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(closing.set))
    if not window.is_closed:
        shell.start()
        await closing.wait()
    window.hide()
    await shell.close()


def _settle() -> None:
    # What is loaded by now lives as long as the program: no collection, which would take 45 ms,
    # has to look at it again.
    gc.freeze()
    # A full collection of the rest still takes 20 ms; most of what a sync makes dies young.
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, 200)
    gc.enable()
    # Threads that read and store rows hand the interpreter over after half a millisecond, not 5.
    sys.setswitchinterval(0.0005)


class Shell(QObject):
    """Holds the open program for the window, and opens it again where that failed."""

    opened = Signal()
    """The program is open and the window is filled."""

    def __init__(
        self,
        window: MainWindow,
        appearance: Appearance,
        settings: Settings,
        open_program: "OpenProgram",
        *,
        read_only: bool = False,
        clock: Clock = SYSTEM_CLOCK,
        timings: WindowTimings = SHIPPED,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._appearance = appearance
        self._settings = settings
        self._open_program = open_program
        self._read_only = read_only
        self._clock = clock
        self._timings = timings
        self._tasks = TaskOwner(self, window.report)
        self._end = asyncio.Event()
        self._is_closing = False
        self.fault: BaseException | None = None
        """Why the program is not open, where it could not be opened."""
        self._chosen_database = ""
        """The database that was chosen in the window, until that is told."""
        self._holder: asyncio.Task[None] | None = None
        self._program: Program | None = None
        self._controller: WindowController | None = None
        self._serving = Serving(self._read_only, clock, self)
        self._updates: Updates | None = None
        self._leaving = Leaving(
            window, self._tasks, lambda: self._controller, finish_s=timings.finish_s
        )
        window.retry_clicked.connect(self.start)
        window.settings_clicked.connect(self.open_settings)

    def start(self) -> None:
        """Open the program behind the window; nothing happens while it is open."""
        holder = self._tasks.start("program", self._hold())
        if holder is not None:
            self._holder = holder
            self._window.show_opening()

    def restart(self, address: str) -> None:
        """Close the program in its own order, and open it again with the database now chosen."""
        self._chosen_database = address
        self._tasks.start("restart", self._restart())

    async def close(self) -> None:
        """Stop all work of the window, then close the program in its own order."""
        self._is_closing = True
        await self._close_program()
        await self._tasks.close()

    def open_settings(self) -> None:
        """Show the settings, also where the program could not be opened."""
        from opside_desktop.ui.settings.dialog import SettingsDialog
        from opside_desktop.ui.settings.section import SettingsContext

        context = SettingsContext(
            window=self._window,
            appearance=self._appearance,
            settings=self._settings,
            program=self._program,
            serving=self._serving,
            read_only=self._read_only,
            refusal=self._refusal,
            restart=self.restart,
            updates=self._updates_made(),
        )
        SettingsDialog(context).open()

    def _refusal(self) -> str:
        if self._controller is not None:
            return self._controller.refusal
        if self._holder is not None and not self._holder.done():
            return self.tr("The program is still opening its database. Wait a moment.")
        return ""

    async def _restart(self) -> None:
        self._window.show_opening()
        controller = self._controller
        await self._close_program()
        if controller is not None:
            controller.clear()
        if not self._is_closing:
            self._end = asyncio.Event()
            self.start()

    async def _close_program(self) -> None:
        if self._controller is not None:
            self._controller.close()
        await self._serving.stop()
        owners = [each for each in self._window.findChildren(TaskOwner) if each is not self._tasks]
        await asyncio.gather(*(owner.close() for owner in owners))
        self._end.set()
        if self._holder is not None and not self._holder.done():
            await asyncio.wait([self._holder], timeout=self._timings.close_s)
        self._controller = None

    async def _hold(self) -> None:
        """Keep the program open until it is to end; show a page where it cannot open."""
        end = self._end
        try:
            async with self._open_program(self._settings) as program:
                if not end.is_set():
                    self.fault = None
                    self._controller = await self._fill(program)
                    self._program = program
                    self.opened.emit()
                    self._announce_database()
                    self._tasks.start("load", self._load(program))
                await end.wait()
        except Exception as error:
            if end.is_set():
                raise
            if isinstance(error, OpsideError):
                log.warning("The program could not be opened: %s", error)
            else:
                log.error("The program could not be opened.", exc_info=error)
            self.fault = error
            self._window.show_fault(error)
            _settle()
        finally:
            self._program = None

    def _announce_database(self) -> None:
        if self._chosen_database:
            from opside_desktop.ui.kit.banner import Message
            from opside_desktop.ui.kit.theme import Role

            what = self.tr("This window now works with {address}.").format(
                address=self._chosen_database
            )
            rest = self.tr("The other database stays as it was.")
            self._window.banners.say(Message(what, rest=rest, role=Role.INFO))
            self._chosen_database = ""

    async def _load(self, program: "Program") -> None:
        """Load what the first sync needs while nobody waits for it."""
        await self._clock.sleep(self._timings.load_after_s)
        await program.manager.load()
        if self._controller is not None:
            self._controller.prepare_claims(program.preparation)
            self._controller.resume_interrupted()
        program.db.listen()
        updates = self._updates_made()
        program.board.subscribe(updates.on_run)
        self._tasks.start("updates", updates.watch())
        await self._serving.restore(program)

    def _updates_made(self) -> "Updates":
        """Give what looks for new versions; made when it is first needed."""
        if self._updates is None:
            from opside_desktop.ui.program.updates import Updates

            self._updates = Updates(
                self._settings,
                self._appearance.window_state,
                self._is_syncing,
                self,
                clock=self._clock,
                timings=self._timings,
            )
            self._updates.found.connect(self._on_update_found)
        return self._updates

    def _is_syncing(self) -> bool:
        return self._controller is not None and self._controller.is_syncing

    def _on_update_found(self, news: "ReleaseNews") -> None:
        self._window.banners.say(self._updates_made().message(news))
        self._window.status.show_update(news.version)

    async def _fill(self, program: "Program") -> "WindowController":
        from opside_desktop.ui.life.controller import WindowController
        from opside_desktop.ui.program.database_health import DatabaseHealth
        from opside_desktop.ui.program.services import Services
        from opside_desktop.ui.program.sync_signals import SyncSignals

        appearance, window = self._appearance, self._window
        database = DatabaseHealth(
            program.db, window.report, window, clock=self._clock, timings=self._timings
        )
        services = Services(
            db=program.db,
            manager=program.manager,
            connections=program.connections,
            key_store=program.key_store,
            settings=program.settings,
            theme=appearance.theme,
            formats=appearance.formats,
            window_state=appearance.window_state,
            board=program.board,
            sync_signals=SyncSignals(program.board, window),
            database_health=database,
            report=database.report,
            clock=self._clock,
            timings=self._timings,
            read_only_reason=self._read_only_reason(program),
        )
        controller = WindowController(window, services)
        try:
            await controller.open()
        except BaseException:
            controller.close()
            controller.deleteLater()
            raise
        notes = [services.read_only_reason, program.db.warning]
        window.status.show_note("  ·  ".join(note for note in notes if note))
        return controller

    def _read_only_reason(self, program: "Program") -> str:
        if program.db.read_only is not None:
            return self.tr("Read-only: {why}").format(why=program.db.read_only.why)
        if self._read_only:
            return self.tr("Opened read-only: nothing is synced or changed.")
        return ""
