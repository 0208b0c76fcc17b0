"""Closing the window while something runs: a person is asked first.

With nothing of its own under way the window closes. Otherwise there are three answers: to go on
without the window, which then ends with the work; to stop after the page under way; or not to
close. Syncs of other programs go on by themselves and are no reason to ask. The end of the session
and a signal do not come here: they end the program in order at once.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from opside_desktop.ui.frame.main_window import MainWindow
from opside_desktop.ui.kit.tasks import TaskOwner
from opside_desktop.ui.life.single_instance import bring_forward

if TYPE_CHECKING:
    from opside_desktop.ui.dialogs.closing import ClosingDialog
    from opside_desktop.ui.life.controller import WindowController


class Leaving(QObject):
    """Decides whether the window may close, and does what was answered.

    `controller` gives what fills the window now; None before and after.
    """

    def __init__(
        self,
        window: MainWindow,
        tasks: TaskOwner,
        controller: Callable[[], "WindowController | None"],
        *,
        finish_s: float,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._tasks = tasks
        self._controller = controller
        self._finish_s = finish_s
        self._dialog: ClosingDialog | None = None
        self._is_stopping = False
        window.may_close = self._may_close

    def _may_close(self) -> bool:
        controller = self._controller()
        if self._is_stopping:
            return False  # it closes by itself in a moment
        if controller is None or not controller.work.is_any:
            return True
        if self._dialog is None:
            self._ask(controller)
        return False

    def _ask(self, controller: "WindowController") -> None:
        from opside_desktop.ui.dialogs.closing import ClosingDialog

        if not self._window.isVisible():
            bring_forward(self._window)
        self._dialog = dialog = ClosingDialog(
            controller.work.syncs, controller.work.exports, self._window
        )
        dialog.going_on.connect(self._on_going_on)
        dialog.stopping.connect(self._on_stopping)
        dialog.finished.connect(self._on_answered)
        dialog.open()
        # Nothing is in the way any more when all is done.
        dialog.tasks.start("wait", self._close_when_done(controller))

    def _on_answered(self) -> None:
        self._dialog = None

    def _on_going_on(self) -> None:
        controller = self._controller()
        if controller is None:
            return
        self._window.save_layout()
        self._window.hide()
        self._tasks.start("go on without the window", self._end_when_done(controller))

    def _on_stopping(self) -> None:
        controller = self._controller()
        if controller is not None:
            self._is_stopping = True
            self._tasks.start("stop after this page", self._stop(controller))

    async def _close_when_done(self, controller: "WindowController") -> None:
        await controller.work.until_idle()
        if self._dialog is not None:
            self._dialog.accept()
            self._window.close()

    async def _end_when_done(self, controller: "WindowController") -> None:
        await controller.work.until_idle()
        # Another start of the program may have brought it back meanwhile.
        if not self._window.isVisible():
            self._window.close()

    async def _stop(self, controller: "WindowController") -> None:
        try:
            await controller.work.stop(self._finish_s)
        finally:
            self._is_stopping = False
            self._window.close()
