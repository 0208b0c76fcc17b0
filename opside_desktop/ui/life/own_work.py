"""What this program is doing that would end with it: its syncs and its exports."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from opside_desktop.ui.frame.main_window import MainWindow
from opside_desktop.ui.kit.layouts import take_away
from opside_desktop.ui.program.services import Services
from opside_desktop.ui.program.sync_actions import SyncActions

if TYPE_CHECKING:
    from opside_desktop.store.exports.plan import Export
    from opside_desktop.ui.frame.export_bar import ExportArea


class OwnWork(QObject):
    """Knows what runs, waits for its end and stops it. Other programs' syncs are none of it."""

    def __init__(self, window: MainWindow, services: Services, actions: SyncActions) -> None:
        super().__init__(window)
        self._window = window
        self._services = services
        self._actions = actions
        self._area: ExportArea | None = None

    @property
    def is_any(self) -> bool:
        """Whether anything runs, waits, or is about to begin."""
        return self.syncs > 0 or self.exports > 0

    @property
    def syncs(self) -> int:
        """How many syncs run or are about to begin, of whichever users."""
        return len(self._services.board.own_runs) or self._actions.starting

    @property
    def exports(self) -> int:
        """How many exports run or wait."""
        return 0 if self._area is None else self._area.count

    def export(self, export: "Export") -> None:
        """Begin an export, in a line above the strip."""
        if self._area is None:
            from opside_desktop.ui.frame.export_bar import ExportArea

            self._area = ExportArea(self._services, self._window)
            self._window.add_bar(self._area)
        self._area.start(export)

    async def until_idle(self) -> None:
        """Wait until nothing of it runs any more."""
        while self.is_any:
            await self._actions.until_started()
            await self._services.manager.until_idle()
            if self._area is not None:
                await self._area.until_idle()

    async def stop(self, grace_s: float) -> None:
        """End the exports, and the syncs as interrupted once their pages are stored.

        No sync can be started any more.

        Args:
            grace_s: so long a page under way may take.
        """
        manager = self._services.manager
        if self._area is not None:
            self._area.stop()
        for run in self._services.board.own_runs:
            self._window.strip.show_stopping(run.key)
        await manager.close(grace_s=grace_s)
        if self._area is not None:
            await self._area.until_idle()

    def clear(self) -> None:
        """Take the lines of the exports out of the window."""
        if self._area is not None:
            take_away(self._area)
        self.deleteLater()
