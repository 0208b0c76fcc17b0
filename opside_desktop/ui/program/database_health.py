"""Whether the database answers: its silence is said once, its return takes that back.

What the banner says of it is made of the fault itself (`ui.kit.banner`).
"""

from contextlib import suppress
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from opside_desktop.domain.clock import Clock
from opside_desktop.domain.errors import DatabaseGone, OpsideError
from opside_desktop.ui.kit.tasks import Report, TaskOwner
from opside_desktop.ui.kit.timings import WindowTimings

if TYPE_CHECKING:
    from opside_desktop.store.database import Database


class DatabaseHealth(QObject):
    """Reports errors to the person, and notices where one is that the database is away."""

    answered = Signal()
    """The database answers again after a silence that was reported."""

    def __init__(
        self,
        db: "Database",
        report: Report,
        parent: QObject,
        *,
        clock: Clock,
        timings: WindowTimings,
    ) -> None:
        super().__init__(parent)
        self._db = db
        self._report = report
        self._clock = clock
        self._timings = timings
        self._tasks = TaskOwner(self, self.report)
        self._is_silent = False

    def start(self) -> None:
        """Notice a silent database sooner than those do who wait for their rows.

        And one whose file was moved away, which nobody notices who only reads.
        """
        self._tasks.replace("ping", self._ping())

    def stop(self) -> None:
        """Ask nothing any more."""
        self._tasks.cancel_all()

    def report(self, error: BaseException) -> None:
        """Show an error to the person, as the pages do; notice where the database is away."""
        self._is_silent |= isinstance(error, DatabaseGone)
        self._report(error)

    def on_look(self, fault: OpsideError | None) -> None:
        """Take in how reading rows went, which others do in turns."""
        if fault is not None:
            self._on_silence(fault)
        elif self._is_silent:
            self._tasks.start("answer", self._see_whether_usable())

    async def _ping(self) -> None:
        while True:
            await self._clock.sleep(self._timings.look_every_s)
            try:
                await self._db.check_usable()
            except OpsideError as error:
                self._on_silence(error)

    async def _see_whether_usable(self) -> None:
        # Of a file that was moved away, rows can still be read.
        with suppress(OpsideError):
            await self._db.check_usable()
            self._is_silent = False
            self.answered.emit()

    def _on_silence(self, error: OpsideError) -> None:
        # Said once; the database may come back.
        if not self._is_silent:
            self._is_silent = True
            self._report(error)
